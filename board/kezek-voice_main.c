/* kezek-voice: the process of the service that makes speech of sentences, from recorded words or by espeak-ng. kezekd starts it (child.h);
 * a program of its own, so that the board process parses no sound files, and waits for none. By hand it makes a voice pack (build.h).
 */
#include "board/child.h"
#include "board/speech/build.h"
#include "board/speech/speech.h"

#include <string.h>

static int run_voice(struct config *config)
{
    return speech_run(CHILD_FD_SOCKET, config);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--build") == 0)
        return build_pack(argv[2], argv[3]);
    return child_main(argc, argv, "voice", run_voice);
}
