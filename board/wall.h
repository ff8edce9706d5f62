/* One wall screen: the device, who is featured on it, and the picture. Turns "the hall has changed" into at
 * most one frame a vblank; while a flip is pending only the state changes.
 *
 * Level, not edge: the device is driven from what is wanted now. A screen that cannot be opened, sleeps, was unplugged or
 * given to another program is looked at again when its outputs change (wall_look), or else ever later, and comes back with
 * one frame, whose flip is the proof that it shows again. A device that once failed (a frame refused, a flip that never
 * came) is believed again at its next flip, not when it can be opened: a broken one is told of once, not at every try.
 *
 * A wall does not flash (flash.h): a picture that would be one large step too many waits, a second at most. Test pictures do not.
 *
 * Whatever a wall carries counts as shown only if it flips while the wall is WALL_SHOWN.
 */
#pragma once

#include "board/hall/announce.h"
#include "board/hall/receipts.h"
#include "board/loop.h"
#include "board/paint/flash.h"
#include "board/paint/paint.h"
#include "board/scene/scene_test.h"
#include "board/snapshots.h"

#define FLIP_LATE_US 500000 /* thirty vblanks; from here on the link is read again, and it is an error */
#define FLIP_SET_US                                                                                          \
    2000000 /* the same for the first one after opening, waking or plugging in: it may set a mode */
#define FLIP_LOST_US 3000000 /* a display takes up to two seconds to follow a new mode */

enum wall_state {
    WALL_ABSENT,    /* cannot be opened, or refuses frames */
    WALL_SHOWN,     /* visitors see it */
    WALL_UNPLUGGED, /* no display is connected */
    WALL_STANDBY,   /* switched off by wall_set_power() */
    WALL_AWAY,      /* another program or the text console has the card */
    WALL_STUCK,     /* a frame was queued and did not flip, or the driver does not answer */
    WALL_STATES
};
extern const char *const wall_state_names[WALL_STATES]; /* "absent", "shown" … */

struct wall;
struct wall_events {
    void *data;
    /* After each flip: wall->carried[0..ncarried) came on scan-out at wall->flip_us, and was seen if the state is WALL_SHOWN. */
    void (*flipped)(void *data, struct wall *wall);
    /* State or detail are others than before; the log has it already. Must not call back into the wall. */
    void (*changed)(void *data, struct wall *wall);
};

struct wall {
    const struct config_screen *config;
    struct announce announce;
    enum wall_state state;
    char detail
        [160]; /* why it is not shown, or not as the hall file wants it, and what to do; "" all is well */
    struct screen_status
        status;          /* of the open device, as last looked at; state SCREEN_AWAY and zeros before */
    bool is_dirty;       /* set by whoever changed what it shows */
    uint64_t frames;     /* flips since the wall exists */
    int64_t flip_us;     /* of the last one, 0: none */
    uint64_t hash;       /* picture_hash() of what is on scan-out, 0: nothing of ours */
    uint64_t late_flips; /* frames that did not flip within FLIP_LATE_US or FLIP_SET_US */
    uint64_t pixels;     /* written since the wall exists */
    uint8_t ncarried;
    uint64_t carried[ANNOUNCE_SLOTS]; /* tokens whose first picture is in the queued frame */
    /* private */
    struct loop *loop;
    struct outputs *outputs; /* borrowed; NULL: memory screens only */
    struct loop_source *source;
    const struct screen_ops *ops;
    struct screen *screen; /* NULL: not open */
    struct painter *painter;
    struct picture *picture;
    struct fonts *fonts;
    struct images images; /* of the hall file, as large as they stand here */
    struct scanout scanout;
    struct wall_events events;
    uint64_t queued_hash;
    struct {
        int16_t desk;
        char ticket[TICKET_SIZE];
    } carried_call[ANNOUNCE_SLOTS];
    bool is_on;      /* wall_set_power() */
    bool is_suspect; /* the device failed and has not flipped since */
    bool must_look;  /* at the next wall_set_power() */
    bool must_flip;  /* a frame is owed, also if no pixel differs */
    bool may_set;    /* the next flip may come with a mode set */
    bool is_flipping, is_late;
    int64_t commit_us;      /* of the pending frame */
    int64_t busy_us;        /* since when the device takes no frame, though none is pending; 0: it does */
    int64_t again_us;       /* when to ask it again, if busy_us or stuck */
    int64_t retry_us;       /* when to open the device again */
    int64_t retry_delay_us; /* after the next failure */
    uint32_t notice_page;
    int64_t notice_until_us;
    struct flash flash;
    int64_t calm_us; /* until then the next picture waits, so that the wall does not flash; 0: none does */
    int64_t test_until_us; /* 0: no test picture stands */
    enum test_pattern test_pattern;
    uint64_t test_frame;
};

/* A wall that is on, and not open yet. `config`, `outputs`, `fonts` and `loop` are borrowed. */
void wall_init(struct wall *wall, struct loop *loop, struct outputs *outputs, struct fonts *fonts,
               const struct config *config, unsigned index, const struct wall_events *events);
void wall_finish(struct wall *wall);
/* Over a reload: the device stays open, with its picture, and all else is as after wall_init(). Screen `index` of the new
 * configuration must have the same device. */
void wall_change(struct wall *wall, const struct config *config, unsigned index);
/* Once a turn, before wall_present(): opens the device if it is not open and its time has come, and watches over the pending
 * flip. */
void wall_tick(struct wall *wall, int64_t now_us);
/* Something has changed about the outputs: asks the device for its status; one that is not open is tried in the next
 * wall_tick(). */
void wall_look(struct wall *wall, int64_t now_us);
/* Display on or in stand-by, from now on, whatever is plugged in when. Costs nothing if it is so already. */
void wall_set_power(struct wall *wall, bool is_on, int64_t now_us);
/* Can nobody see the calls now, for whatever reason: an alert, a test picture, numbers that are not known, a screen that is away? */
bool wall_hides_calls(const struct wall *wall, const struct scene_input *input);
/* Paints and queues a frame if the picture differs and no flip is pending. `input` is filled but for screen
 * and announce. Nothing is painted in stand-by and away. */
void wall_present(struct wall *wall, const struct scene_input *input, int64_t now_us);
/* A test picture takes the place of everything until then, and wakes a display that is in stand-by. Calls are not shown
 * meanwhile; an alert ends it. */
void wall_test(struct wall *wall, enum test_pattern pattern, int64_t until_us, int64_t now_us);
void wall_test_end(struct wall *wall, int64_t now_us);
/* Its name; NULL: none stands. */
const char *wall_test_name(const struct wall *wall);
/* Is a flip pending that is worth waiting for? Then new messages may wait, too. Not for a test picture: bars that move
 * would hold them up for as long as it stands. */
bool wall_is_flipping(const struct wall *wall);
int64_t wall_deadline_us(const struct wall *wall);
/* Should its device have been given a frame? Not if it is away, switched off, hangs, or is busy with the one before. */
bool wall_is_owing(const struct wall *wall);
/* The picture on scan-out, as snapshots_take() gives it. 0 or -errno; -ENODEV: the device is not open, or shows nothing yet. */
int wall_snapshot(struct wall *wall, struct snapshots *snapshots, uint64_t client);
