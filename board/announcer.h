/* What is spoken behind the chimes: which sentences, when, and what became of them. A shell between the words (board/voice), the process
 * that renders them (board/voices.h) and the speakers; it decides by board/hall/voice_gate.h.
 *
 * A call is noted when it asks for its chime. When that chime begins, its sentences are asked for, so they are ready when the gong has
 * died away; each language is a sentence of its own, the next one is rendered while the one before is heard. A voice that is late,
 * fails or has no words costs the voice only: the chime ends its turn, the receipt `voice/CHIME` says why.
 *
 * Loop only. Nothing here allocates after announcer_create().
 */
#pragma once

#include "board/hall/receipts.h"
#include "board/hall/voice_gate.h"
#include "board/loop.h"
#include "board/voice/grammar.h"

#include <sys/types.h>

/* A call, as it is said. */
struct announcer_call {
    enum saying saying;
    int desk; /* index of config.desk */
    char ticket[TICKET_SIZE];
    int lang; /* index of config.lang: its visitor's own; NONE: the hall's */
};

struct announcer;
struct announcer_sinks {
    void *data;
    /* Speaks on that chime: 0 or -errno. `samples` stay until announcer_said(). */
    int (*say)(void *data, unsigned chime, const int16_t *samples, size_t count);
    /* All is said, or there was no time: the turn of the chime is over. Never called from within announcer_begin(). */
    void (*ended)(void *data, unsigned chime);
};
/* Starts the voice's process. NULL with errno. All are borrowed. */
struct announcer *announcer_create(struct loop *loop, const struct config *config, struct chime_gates *gates,
                                   struct receipts *receipts, const struct announcer_sinks *sinks);
void announcer_destroy(struct announcer *announcer); /* NULL is fine */

/* The call asks for the chime; its receipt waits for `voice/CHIME`. */
void announcer_note(struct announcer *announcer, unsigned chime, uint64_t token,
                    const struct announcer_call *call, int64_t now_us);
/* Another chime asks for a call that is noted already. */
void announcer_again(struct announcer *announcer, unsigned chime, uint64_t token);
/* It was not sounded: nor will it be spoken. */
void announcer_mute(struct announcer *announcer, unsigned chime, uint64_t token, const char *result,
                    const char *detail);
/* The chime begins, for these calls. */
void announcer_begin(struct announcer *announcer, unsigned chime, const struct chime_turn *turn);
/* It has ended. True: the voice follows, and `ended` after it. */
bool announcer_chimed(struct announcer *announcer, unsigned chime, int64_t now_us);
/* What say() began has begun (`is_final` false), or has ended; error 0, or why;
 * -ECANCELED: silenced. */
void announcer_said(struct announcer *announcer, unsigned chime, int error, const char *detail, int64_t at_us,
                    bool is_final);
void announcer_tick(struct announcer *announcer, int64_t now_us);
int64_t announcer_deadline_us(const struct announcer *announcer); /* INT64_MAX: none */
/* The board reaped a child: true if it was the voice's. */
bool announcer_died(struct announcer *announcer, pid_t pid, int status, int64_t now_us);
