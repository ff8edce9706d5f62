#include "board/speech/speech.h"

#include "board/log.h"
#include "board/sandbox/sandbox.h"
#include "board/speech/render.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(SOUND_HZ == CHIME_VOICE_HZ && SOUND_MAX == CHIME_VOICE_MAX, "what a chime says");

struct speech {
    int fd;
    struct render *render;
    struct speech_request request;
    int16_t samples[SOUND_MAX];
};

/* A memory file that nobody can change any more, so that the board may map it and rely on it; or -errno. */
static int seal(const int16_t *samples, size_t size)
{
    const char *bytes = (const char *)samples;
    int fd = memfd_create("kezek-speech", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    size_t done = 0;
    while (fd >= 0 && done < size) {
        ssize_t n = write(fd, bytes + done, size - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (fd >= 0 && done == size &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
        return fd;
    int error = errno ? -errno : -EIO;
    if (fd >= 0)
        close(fd);
    return error;
}

static void answer(struct speech *speech)
{
    struct speech_answer answer = { .token = speech->request.token };
    int fd = -1,
        count = render_sentences(speech->render, speech->request.sentence, speech->request.nsentences,
                                 speech->samples, answer.why, sizeof answer.why);
    if (count >= 0 && (fd = seal(speech->samples, (size_t)count * sizeof(int16_t))) < 0) {
        count = fd;
        snprintf(answer.why, sizeof answer.why, "no memory file: %s", strerror(-count));
    }
    answer.error = count < 0 ? count : 0;
    answer.count = count < 0 ? 0 : (uint32_t)count;
    if (wire_answer(speech->fd, &answer, fd) < 0)
        log_warn("voice: the board does not take an answer");
    if (fd >= 0)
        close(fd);
}

/* False: the board is gone, or speaks another language. */
static bool next(struct speech *speech)
{
    ssize_t n;
    do
        n = recv(speech->fd, &speech->request, sizeof speech->request, 0);
    while (n < 0 && errno == EINTR);
    struct speech_request *request = &speech->request;
    if (n != (ssize_t)sizeof *request || request->nsentences < 1 || request->nsentences > WIRE_SENTENCES)
        return false;
    for (unsigned i = 0; i < request->nsentences; i++) {
        struct sentence *sentence = &request->sentence[i];
        if (sentence->nwords > SENTENCE_WORDS_MAX)
            return false;
        sentence->lang[LANG_SIZE - 1] = '\0';
        for (unsigned w = 0; w < sentence->nwords; w++)
            sentence->word[w][WORD_SIZE - 1] = '\0';
    }
    return true;
}

int speech_run(int fd, const struct config *config)
{
    const char *packs[LANGS_MAX + 1] = { NULL };
    unsigned npacks = 0;
    for (unsigned i = 0; i < config->nlangs; i++)
        if (config->voice.pack[i][0])
            packs[npacks++] = config->voice.pack[i];
    signal(SIGINT, SIG_IGN); /* the board decides when to stop */
    struct speech *speech = calloc(1, sizeof *speech);
    if (!speech)
        return 1;
    speech->fd = fd;
    sandbox_hide(SANDBOX_VOICE, packs);
    speech->render = render_create(config); /* espeak-ng starts a thread */
    if (speech->render)
        sandbox_filter("voice", SANDBOX_VOICE);
    while (speech->render && next(speech))
        answer(speech);
    int status = speech->render ? 0 : 1;
    render_destroy(speech->render);
    free(speech);
    return status;
}
