/* The fixed words of the wall, and how a language is written. Catalogues are data: board/phrases/LANG.json, an object of key →
 * text, and of dates and direction; a new language or alphabet is a new file. A hall file may override single phrases.
 *
 * Texts are short, polite and imperative; they never contain a number, so no grammar depends on one. What a place needs is
 * noted at its key: "sign" stands in a panel beside numbers and must stay under some 25 letters.
 */
#pragma once

#include <stdbool.h>

#define PHRASE_LIST(X)                                                                                       \
    X(WINDOW, "window")                 /* sign: Терезе · Окно */                                 \
    X(DESK, "desk")                     /* sign: Үстел · Стол */                                   \
    X(ROOM, "room")                     /* sign: Кабинет */                                           \
    X(CALLED, "called")                 /* heading of the recent list */                                     \
    X(MISSED, "missed")                 /* heading of the list of those who did not come */                  \
    X(RECALLED, "recalled")             /* sign on a repeated call */                                        \
    X(BY_APPOINTMENT, "by_appointment") /* sign on a booked visit */                                         \
    X(BOOKED, "booked")                 /* the same in at most 15 letters, where room is short */            \
    X(PASSED_ON, "passed_on")           /* sign on a visit that another desk passed on; "3 → 7" follows */ \
    X(IN_SERVICE, "in_service")         /* sign over the ticket whose visitor is at the desk */              \
    X(CLOSED, "closed")                 /* of a desk, and headline outside the hours of the hall */          \
    X(OPENS, "opens")                   /* under it; ": 08:30" or ": Monday, 08:30" follows */               \
    X(BREAK, "break")                                                                                        \
    X(FREE, "free")                                                                                          \
    X(PLEASE_WAIT, "please_wait")         /* headline while no number is called */                           \
    X(WAIT_FOR_NUMBER, "wait_for_number") /* the sentence under it */                                        \
    X(NO_CONNECTION, "no_connection")     /* headline of strip and blank wall, no full stop */               \
    X(STALE, "stale")                     /* follows it in the strip, no full stop */                        \
    X(BLANKED, "blanked")                 /* numbers are withheld: ask the staff */                          \
    X(STARTING, "starting")               /* headline: no data since the start */                            \
    X(ATTENTION, "attention")             /* headline of an alert that brings none of its own */             \
    X(WAITING, "waiting")                 /* heading over agencies and how many people wait for each */      \
    X(MINUTES, "minutes")                 /* after a number, short, of any number: мин */

#define X(name, key) PHRASE_##name,
enum phrase { PHRASE_LIST(X) PHRASES };
#undef X
extern const char *const phrase_keys[PHRASES];

/* How a language is written, besides its words. */
#define MONTHS         12
#define WEEKDAYS       7
#define DATE_WORD_SIZE 32
#define DATE_SIZE      128
struct writing {
    bool is_rtl;                            /* "direction": "rtl"; lines begin at the right */
    char month[MONTHS][DATE_WORD_SIZE];     /* "months", from January, as a date needs them (genitive) */
    char weekday[WEEKDAYS][DATE_WORD_SIZE]; /* "weekdays", from Monday */
    char date[DATE_SIZE]; /* "{weekday}, {day} {month} {year}" in any order; the weekday may be left out */
};
