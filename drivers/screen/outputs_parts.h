/* The outputs of this machine, between their files. Private to drivers/screen: those three only.
 *
 *   outputs.c         when to look and to ask, messages, beginning and end
 *   outputs_cards.c   which cards there are, and who has a screen on them
 *   outputs_list.c    what is plugged into them, and what is known of an output by its name
 */
#pragma once

#include "drivers/screen/errands.h"
#include "drivers/screen/kms.h"
#include "drivers/screen/outputs.h"
#include "drivers/screen/reader.h"
#include "drivers/screen/vt.h"

#define CARD      "card" /* and its number: the name of a card's node */
#define CARDS_MAX 8

/* A node of the folder. One that went stays, nameless, until the last screen has left it. */
struct card {
    char name[32];         /* "card1"; "" it went */
    struct reader *reader; /* NULL: not opened; with no name either: the slot is free */
    struct kms_card *kms;  /* NULL until the reader has opened it */
    bool is_new;           /* not read yet */
    unsigned screens;
    bool is_there;     /* in the folder, in this look */
    char trouble[160]; /* why it is not open */
};

struct use {
    char output[32];
    struct kms_card *card;
};

/* Versions outlive the outputs, so that one that comes back is another one. */
struct track {
    char name[32];
    uint32_t version;
    bool is_changed;      /* in this look */
    bool has_wish, is_on; /* over CEC */
    bool is_told;         /* the worker */
    char cec[48];         /* what came of it */
};
#define TRACKS_MAX (2 * OUTPUTS_MAX)

struct outputs {
    int fd, uevent_fd, timer_fd; /* fd: the epoll of all */
    struct vt *vt;               /* NULL: no terminal of our own */
    bool is_away;
    struct errands *errands;
    struct workers *workers;
    int64_t last_us;     /* the end waits no longer; 0: it does not end yet */
    int64_t patience_us; /* for cards to be read: at the start pictures wait for it anyway */
    struct card card[CARDS_MAX];
    struct use use[OUTPUTS_MAX];
    unsigned nuses;
    struct track track[TRACKS_MAX];
    uint32_t versions; /* the newest one given */
    struct output lists[2][OUTPUTS_MAX];
    struct output *list, *next; /* the valid one, and the one in the making */
    unsigned count, ncoming;
    char trouble[160];
    bool is_look_wanted, is_probe_wanted;
    bool is_deaf; /* events wait in the socket until hear_us */
    int64_t hear_us;
    int64_t probe_us; /* the next probe, not before */
    int64_t again_us; /* when silent displays are asked again; NEVER */
    unsigned nagain;  /* how often they were, since the last event */
};

/* ---- outputs_cards.c ------------------------------------------------------------------------- */
/* NULL: there is none. "": a free slot. */
struct card *card_find(struct outputs *outputs, const char *name);
/* Open or being opened, and not gone. */
bool card_is_there(const struct card *card);
/* Its reader has opened it; or could not: then it is tried again in the next look. */
void card_note_open(struct card *card, int error);
/* It went. Outputs of the same names on another card are others. */
void card_lose(struct outputs *outputs, struct card *card);
/* Begins to open the cards that are new. */
void cards_scan(struct outputs *outputs);
/* As reader_read(), each of those that are there. */
void cards_read(struct outputs *outputs, bool is_probe);
/* Of those that are there. */
bool cards_any(const struct outputs *outputs, bool (*is_it)(const struct reader *reader));
/* To another session; screens take them again. */
void cards_give(struct outputs *outputs);
/* For outputs_trouble(); true if it is another one. */
bool cards_renew_trouble(struct outputs *outputs);
/* For the end, whoever is still on them. */
void cards_close(struct outputs *outputs);
/* A screen of ours is on that output. */
bool output_is_used(const struct outputs *outputs, const char *name);

/* ---- outputs_list.c -------------------------------------------------------------------------- */
/* The list from what the cards have read; true if anything has changed that is worth a question to the screens. */
bool list_renew(struct outputs *outputs);
/* In the list too, which is not read again for it. True if it is another result than before. */
bool list_note_cec(struct outputs *outputs, const struct errand_report *report);
