/* The people in the hall: what they see on the screens and hear from the chimes, whether it is true, and what the board
 * claims in its receipts. Holds at all times, in every scenario:
 *
 *   SIGN     15 s after nothing can be known any more, every screen says so; 60 s after, nothing shows a number
 *   TRUE     a number on a screen or a glass belongs to a visit that was called, and that ended a minute ago at most
 *   DWELL    nobody is featured for less than calls.dwell_ms, in which it can be seen; alerts and the like may come between
 *   FEATURED who was called is featured on every screen of the zone, as long as they could show calls; or its
 *            receipt says that it was not
 *   CHIME    a chime begins 4 s after its last beginning, at the earliest, and never before the melody is over
 *   GLASS    a LED board that can be reached shows what its desk's state asks for; one that cannot is told as dead
 *   RECEIPT  what a receipt says was shown, confirmed or heard, was; and each call gets one
 *
 * Seen is what was painted from (scene_build) when the frame flips.
 */
#pragma once

#include "board/board.h"
#include "sim/server.h"

void eyes_begin(const struct config *config);
void eyes_end(void);
void eyes_called(const struct event *event);        /* has reached the board */
void eyes_truth(const struct queue_server *server); /* has changed */
void eyes_receipt(const char *json, size_t length);
void eyes_board_gone(void);     /* screens are dark from now on */
void eyes_check(void);          /* all of the above */
struct board *eyes_board(void); /* the board that runs; NULL: none */

/* For expectations. */
enum sign { SIGN_DARK, SIGN_NONE, SIGN_STARTING, SIGN_STALE, SIGN_BLANK, SIGN_ALERT, SIGNS };
extern const char *const sign_names[SIGNS];
struct panel {
    int16_t desk;
    bool is_new, is_recall;
    char ticket[TICKET_SIZE];
};
struct view {
    enum sign sign;
    unsigned npanels, nrecent, nmissed;
    struct panel panel[ANNOUNCE_SLOTS];
    char recent[RECENT_MAX][TICKET_SIZE], missed[MISSED_MAX][TICKET_SIZE];
    char clock[24]; /* "2026-11-23 12:00" */
};
const struct view *eyes_view(unsigned screen);
unsigned eyes_chimes(void);
unsigned eyes_frames(void); /* on all screens */
/* The result of the last receipt for this ticket; NULL: there was none. */
const char *eyes_receipt_of(const char *ticket);
