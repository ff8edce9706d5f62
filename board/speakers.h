/* The chimes of the hall: who is heard when, one sound at a time on each. A device that is absent is reported
 * and retried; nothing here waits for a sound.
 */
#pragma once

#include "board/announcer.h"
#include "board/hall/receipts.h"
#include "board/loop.h"

struct speakers;
/* `on_report`: a sound has started or ended, receipts may be finished and the next one may start. */
struct speakers *speakers_create(struct loop *loop, const struct config *config, struct receipts *receipts,
                                 void (*on_report)(void *data), void *data);
void speakers_destroy(struct speakers *speakers);
/* A call asks to be heard in the zone of its desk; expires_us: later its sound is worthless. */
void speakers_ask(struct speakers *speakers, uint64_t token, enum chime_kind kind,
                  const struct announcer_call *call, int64_t expires_us, int64_t now_us);
/* The call is shown silently: its receipt says so for each chime of the zone. */
void speakers_mute(struct speakers *speakers, int zone, uint64_t token);
/* It is not decided yet: the receipt waits for ask or mute. */
void speakers_expect(struct speakers *speakers, int zone, uint64_t token);
/* The fire alarm: what sounds stops at once and nothing begins until it is over; receipts say "muted_alarm". */
void speakers_silence(struct speakers *speakers, bool is_silenced);
/* A technician's test, at once also where a zone has just heard a chime: 0, -ENOENT no such chime or melody, -EBUSY, -ENODEV absent, -ECANCELED silenced. */
int speakers_play(struct speakers *speakers, const char *chime, const char *melody);
void speakers_tick(struct speakers *speakers, int64_t now_us);
int64_t speakers_deadline_us(const struct speakers *speakers);
struct speaker_status {
    const char *id, *driver;
    bool is_ready, is_realtime;
    uint64_t played, failed;
    char detail[160];
};
void speakers_status(const struct speakers *speakers, unsigned index, struct speaker_status *status);
/* The board reaped a child: true if it was the voice's. */
bool speakers_died(struct speakers *speakers, pid_t pid, int status, int64_t now_us);
