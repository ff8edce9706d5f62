/* The fixed words of the wall. Catalogues are data: board/phrases/LANG.json, an object of key → text. */
#pragma once

#define PHRASE_LIST(X)                                                                                                  \
    X(WINDOW, "window")               /* Терезе · Окно */                                                               \
    X(DESK, "desk")                   /* Үстел · Стол */                                                                \
    X(ROOM, "room")                   /* Кабинет */                                                                     \
    X(CALLED, "called")               /* heading of the recent list */                                                  \
    X(MISSED, "missed")                                                                                                 \
    X(RECALLED, "recalled")           /* sign on a repeated call */                                                     \
    X(BY_APPOINTMENT, "by_appointment")                                                                                 \
    X(CLOSED, "closed")                                                                                                 \
    X(BREAK, "break")                                                                                                   \
    X(FREE, "free")                                                                                                     \
    X(PLEASE_WAIT, "please_wait")     /* shown while no number is called */                                             \
    X(NO_CONNECTION, "no_connection") /* warning strip: no connection, information may be out of date */               \
    X(BLANKED, "blanked")             /* numbers are withheld: please ask the staff */                                  \
    X(STARTING, "starting")           /* no data since the start */                                                     \
    X(ATTENTION, "attention")

enum phrase {
#define X(name, key) PHRASE_##name,
    PHRASE_LIST(X)
#undef X
    PHRASES
};
extern const char *const phrase_keys[PHRASES];
