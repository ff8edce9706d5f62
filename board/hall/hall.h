/* The hall now: what each desk shows, who was called, who did not come. Pure: plain value, time as argument, no allocation.
 *
 * The feed decides what is true; this applies it. Everything shown anywhere is derived from this value.
 *
 * What an event does:
 *   call, recall  the desk shows the ticket as called and is open; the ticket leads the recent list and leaves the missed one
 *   serve         the desk shows the ticket as being served; the lists stay
 *   clear         the desk shows no ticket any more, unless it has called another one meanwhile. The recent list keeps a visit
 *                 that is done; one that was transferred or parked leaves it (it would send the visitor to the wrong desk),
 *                 and a no-show moves to the missed list. What another desk has called since stays as it is
 *   desk          open, paused or closed; a ticket on the desk stays
 *   notice        comes, changes or goes
 */
#pragma once

#include "board/config/config.h"

struct hall_desk {
    uint8_t status, phase, lane;
    bool is_recall;
    char ticket[TICKET_SIZE]; /* "" none */
    char booked_at[6];
    int16_t from; /* desk index the visit came from, or NONE */
    uint64_t seq;
    int64_t since_us; /* of ticket and phase */
};
struct hall_call {
    char ticket[TICKET_SIZE];
    int16_t desk;
    uint8_t lane;
    uint64_t seq;
    int64_t at_us; /* when it was called, 0 if from a snapshot */
};
/* As the newest snapshot says; it lives and dies with that. */
struct hall_waiting {
    bool is_known; /* false: not told, which is not nobody */
    uint16_t count;
    int16_t wait_min; /* -1: not told */
};
struct hall {
    const struct config *config;
    struct hall_desk desk[DESKS_MAX];
    uint16_t nrecent, nmissed, nnotices;
    struct hall_call recent[RECENT_MAX]; /* newest first; a ticket stands once */
    struct hall_call missed[MISSED_MAX]; /* newest first; leaves when called again */
    /* From the feed, oldest first; the hall file's notices are in config. A further one takes the place of the oldest
     * info, or of the oldest if all are alerts. */
    struct notice notice[NOTICES_MAX];
    struct hall_waiting waiting[AGENCIES_MAX], waiting_in_all;
    struct notice standing; /* the first alert of the hall file; ntexts 0: none */
};

enum hall_change {
    HALL_DESK = 1,  /* what a desk shows */
    HALL_LISTS = 2, /* recent, missed */
    HALL_NOTICE = 4,
    HALL_WAITING = 8,
};

void hall_init(struct hall *hall, const struct config *config);
/* After a reload: takes over what `old` knows of the desks that both halls have, its lists and notices. `old` has its own
 * configuration, still alive. */
void hall_adopt(struct hall *hall, const struct hall *old);
/* Applies an event that the feed calls current. Returns enum hall_change bits (0: nothing changed), or -ENOENT for a desk
 * that the hall file does not have. *desk becomes its index (NONE for notices). */
int hall_apply(struct hall *hall, const struct event *event, int64_t now_us, int *desk);
/* A desk as a snapshot has it. Same results; a desk that is not in the hall file is ignored (-ENOENT). */
int hall_set_desk(struct hall *hall, const struct state_desk *state, int64_t now_us);
int hall_clear_desk(struct hall *hall, const char *desk, int64_t now_us);
/* Lists, notices and waiting counts of a snapshot; counts of agencies that the hall file does not have are left out. */
int hall_set_lists(struct hall *hall, const struct state *state, int64_t now_us);
/* The alert to show: the newest notice of level alert from the feed, else that of the hall file, NULL if none. */
const struct notice *hall_alert(const struct hall *hall);
/* Notices whose until_ms is over on the server's clock go. */
int hall_expire(struct hall *hall, int64_t server_ms);
/* When the next notice ends, of the same clock. INT64_MAX: none does. */
int64_t hall_expires_ms(const struct hall *hall);

/* A ticket as this hall writes it. Latin capitals that look like Cyrillic ones (A B E K M H O P C T X Y) become Cyrillic in
 * the prefix (what stands before the first digit), if the hall's first language is written in Cyrillic and every letter of
 * the prefix then is: "A042" becomes "А042", "VIP7" stays. So a ticket is one ticket, whichever keyboard wrote it, and
 * speech reads its letter right. hall_apply() and the snapshot functions do this by themselves. */
void hall_ticket(const struct config *config, const char *ticket, char out[TICKET_SIZE]);
