/* One wall screen: the device, who is featured on it, and the picture. Turns "the hall has changed" into at
 * most one frame a vblank; while a flip is pending only the state changes.
 */
#pragma once

#include "board/announce.h"
#include "board/loop.h"
#include "board/paint.h"
#include "board/receipts.h"
#include "board/scene.h"

enum wall_state { WALL_ABSENT, WALL_ON };

struct wall {
    const struct config_screen *config;
    struct announce announce;
    /* private */
    struct loop *loop;
    struct outputs *outputs; /* borrowed; NULL: memory screens only */
    struct loop_source *source;
    const struct screen_ops *ops;
    struct screen *screen;
    struct painter *painter;
    struct picture *picture;
    struct fonts *fonts;
    void (*on_flip)(void *data, struct wall *wall);
    void *data;
    enum wall_state state;
    bool is_dirty, is_flipping;
    int64_t retry_us; /* when to try an absent device again */
    int64_t retry_delay_us;
    uint64_t frames;
    int64_t flip_us; /* of the last flip */
    uint64_t pixels; /* written since the start */
    uint8_t ncarried;
    uint64_t carried[ANNOUNCE_SLOTS]; /* tokens whose first picture is in the queued frame */
    uint32_t notice_page;
    int64_t notice_until_us;
    char detail[160];
};

/* `on_flip` is called after each flip, when wall->carried[0..ncarried) came on scan-out at wall->flip_us. */
void wall_init(struct wall *wall, struct loop *loop, struct outputs *outputs, struct fonts *fonts,
               const struct config *config, unsigned index, void (*on_flip)(void *data, struct wall *wall),
               void *data);
void wall_finish(struct wall *wall);
/* Opens the device if it is absent and its time has come. True if the state changed. */
bool wall_try(struct wall *wall, int64_t now_us);
/* Paints and queues a frame if the picture differs and no flip is pending. `input` is filled but for screen
 * and announce. */
void wall_present(struct wall *wall, const struct scene_input *input, int64_t now_us);
int64_t wall_deadline_us(const struct wall *wall);
/* A copy of the picture on scan-out (malloc in buffer->pixels). 0 or -errno. */
int wall_snapshot(struct wall *wall, struct screen_buffer *buffer);
