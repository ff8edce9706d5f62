/* The voice, seen from the board: sentences go in, samples come out. The work is done by a process of its own, kezek-voice
 * (board/speech): the board process decodes no sound file and waits for none.
 *
 * That process gets one request at a time and VOICES_PATIENCE_US for each sentence of it. One that dies, hangs or answers nonsense costs
 * the requests that wait, each told with the reason, and is started again with the back-off of a child; until then
 * voices_render() answers -EAGAIN. Chimes never notice.
 *
 * At most VOICES_REQUESTS_MAX requests are known, and at most VOICES_BYTES_MAX bytes of samples are held; what would need more waits
 * until voices_release(). Samples are a sealed memory file, mapped for reading. Nothing here allocates after voices_create(). All functions
 * belong to the thread of the loop, and on_ready is called from the loop only, never from within a function of this header.
 */
#pragma once

#include "board/config/config.h"
#include "board/loop.h"
#include "board/voice/sentence.h"

#include <sys/types.h>

#define VOICES_REQUESTS_MAX 8         /* nobody hears more than two waiting calls before they are too old */
#define VOICES_SENTENCES    LANGS_MAX /* of a request */
#define VOICES_BYTES_MAX    (16 << 20)
#define VOICES_PATIENCE_US  INT64_C(3000000) /* a sentence takes 0.5 s on the slowest board */

/* error 0: `count` samples at CHIME_VOICE_HZ, yours to read until voices_release(token). Otherwise a negative errno, `why` is a line for people, and
 * the token is forgotten: -ENOENT (no pack has a word, and nothing else may speak), -E2BIG (more than a minute), -ETIMEDOUT, -EIO. */
typedef void (*voices_ready_fn)(void *data, uint64_t token, int error, const char *why,
                                const int16_t *samples, size_t count);

struct voices;
/* Starts the process. NULL with errno. The config outlives the voices. */
struct voices *voices_create(struct loop *loop, const struct config *config, voices_ready_fn on_ready,
                             void *data);
void voices_destroy(struct voices *voices); /* ends the process; samples are gone; NULL is fine */

/* Asks for n sentences (1..VOICES_SENTENCES) as one sound, with a short pause between them. 0: on_ready follows. -EINVAL: none, too many,
 * or one without words; -EEXIST: the token is in use; -EBUSY: VOICES_REQUESTS_MAX are known; -EAGAIN: the process is down. */
__attribute__((warn_unused_result)) int voices_render(struct voices *voices, const struct sentence *sentence,
                                                      unsigned n, uint64_t token);
/* Not wanted (any more): samples are unmapped, a request that waits is forgotten. An unknown token is fine. */
void voices_release(struct voices *voices, uint64_t token);

/* The board reaped a child (status of waitpid): true if it was the voice's. */
bool voices_died(struct voices *voices, pid_t pid, int status, int64_t now_us);
