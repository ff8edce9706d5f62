/* People: who comes when, how long the way to the desk and the talk take, who does not come, is passed on, or comes back;
 * and clerks who pause and close desks. Pure: the same seed gives the same day, however late the caller is, as long as
 * nobody else calls at these desks.
 *
 * The caller asks visitors_next() for what is due and performs it with visitors_act(), again until there is nothing, and comes
 * back at visitors_deadline_us().
 */
#pragma once

#include "sim/server.h"

enum pace {
    PACE_NONE,  /* nobody: the demo page and scenarios do everything */
    PACE_QUIET, /* a call every 10 s in a hall of 12 desks */
    PACE_RUSH,  /* a call every 2 s in a hall of 12 desks, queues are long */
    PACES
};
extern const char *const pace_names[PACES]; /* none quiet rush */

enum act {
    ACT_ARRIVE,
    ACT_CALL_NEXT,
    ACT_CALL,
    ACT_RECALL,
    ACT_SERVE,
    ACT_CLEAR,
    ACT_DESK,
    ACT_NOTICE,
    ACTS
};
/* One step of a visitor or clerk; also what buttons and scenarios do. */
struct action {
    uint8_t act;      /* enum act */
    uint8_t reason;   /* enum clear_reason: ACT_CLEAR */
    uint8_t status;   /* enum desk_status: ACT_DESK */
    uint8_t agency;   /* ACT_ARRIVE */
    uint16_t desk;    /* index in the hall file: all but ACT_ARRIVE and ACT_NOTICE */
    char to[ID_SIZE]; /* ACT_CLEAR, CLEAR_TRANSFERRED */
    struct server_visit
        visit; /* ACT_ARRIVE without ticket, ACT_CALL with; .from = NONE unless it was passed on */
    const struct notice *notice; /* ACT_NOTICE, borrowed */
};
/* Performs it. 1: *event is to be published; 0: done, nothing to tell; -errno of sim/server.h. */
int visitors_act(struct queue_server *server, const struct action *action, int64_t now_us,
                 struct event *event);

struct visitors {
    const struct config *config;
    uint64_t random;
    enum pace pace;
    int64_t start_us, arrival_us[SERVER_AGENCIES_MAX];
    uint8_t early[SERVER_AGENCIES_MAX]; /* that wait when the doors open */
    uint16_t first_minute; /* of the day at start_us, for booked times; 09:00 unless the caller changes it */
    struct visitors_desk {
        uint8_t plan;   /* what follows at due_us */
        bool will_miss; /* this visitor does not come */
        int64_t due_us; /* INT64_MAX: waits for a visitor */
    } desk[DESKS_MAX];
};

/* Some visitors wait already. A hall of up to 256 desks. */
void visitors_init(struct visitors *visitors, const struct config *config, uint64_t seed, enum pace pace,
                   int64_t now_us);
/* True: perform *action, then ask again. The order is that of the due times. */
bool visitors_next(struct visitors *visitors, const struct queue_server *server, int64_t now_us,
                   struct action *action);
int64_t visitors_deadline_us(const struct visitors *visitors); /* INT64_MAX: nothing will happen by itself */
