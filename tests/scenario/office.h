/* The office behind the wall: the queue server (sim/server.h) with its heartbeat, the broker, and the link process, which is the
 * other end of the board's record socket. No byte of MQTT; what the link would have sent is sent.
 */
#pragma once

#include "sim/visitors.h"

void office_begin(const struct config *config, int64_t wall_ms, uint64_t seed);
void office_end(void);

/* Something happens at a desk, and is published. 0 or -errno of sim/server.h. */
int office_do(const struct action *action);
const struct queue_server *office_truth(void);
void office_broker(bool is_there);
void office_server(bool is_there);             /* mute: no heartbeats, no events, no answers */
void office_restart(bool keeps_desks);         /* the server: a new epoch */
void office_board_died(bool has_said_goodbye); /* before the board ends: is what it says at its end heard? */
/* Since when the board cannot know the truth; MOMENT_MAX: it can. */
int64_t office_silent_us(void);

/* Visitors, until `until_us`: `per_minute` calls, each `burst_every`-th moment a burst of `burst` at once (0: none). Desks take
 * turns by chance; visits are served and end, one of ten is a no-show, one of ten is called again. Each desk has one visit. */
struct rush {
    double per_minute;
    unsigned burst, burst_every_s;
    int64_t until_us;
};
void office_rush(const struct rush *rush);
unsigned long office_calls(void); /* and recalls, published since the beginning */
