/* A wall screen as plain boxes and texts: what bench_paint and bench_cairo both paint, so that their figures
 * compare. All sizes are in units of 1/1080 of the height.
 */
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WALL_ROWS  5
#define WALL_BOXES 10
#define WALL_TEXTS 40

struct wall_call {
    char ticket[16];
    int desk;
};

/* What is on the wall: call[0] is featured, the others are listed. */
struct wall_state {
    struct wall_call call[1 + WALL_ROWS];
    int minute;
    bool is_new; /* the featured panel is yellow */
};

struct wall_box {
    int x, y, w, h, radius;
    uint32_t color;
};

enum wall_kind { WALL_TEXT, WALL_NUMBER, WALL_ARROW_LEFT, WALL_ARROW_RIGHT };

struct wall_text {
    enum wall_kind kind;
    bool is_bold, is_right; /* right: x is the right end */
    int x, y, size;         /* y: baseline; of arrows: top */
    uint32_t color;
    char text[160];
};

struct wall {
    unsigned nboxes, ntexts;
    struct wall_box box[WALL_BOXES];
    struct wall_text text[WALL_TEXTS];
};

static inline void wall_box(struct wall *wall, int x, int y, int w, int h, int radius, uint32_t ink)
{
    wall->box[wall->nboxes++] = (struct wall_box){ x, y, w, h, radius, ink };
}

static inline struct wall_text *wall_text(struct wall *wall, int x, int y, int size, bool is_bold,
                                          uint32_t ink, const char *text)
{
    struct wall_text *entry = &wall->text[wall->ntexts++];

    *entry = (struct wall_text){ .x = x, .y = y, .size = size, .is_bold = is_bold, .color = ink };
    snprintf(entry->text, sizeof(entry->text), "%s", text);
    return entry;
}

static inline struct wall_text *wall_number(struct wall *wall, int x, int y, int size, uint32_t ink,
                                            const char *text)
{
    struct wall_text *entry = wall_text(wall, x, y, size, true, ink, text);

    entry->kind = WALL_NUMBER;
    return entry;
}

static inline void wall_arrow(struct wall *wall, int x, int y, int size, uint32_t ink, int desk)
{
    wall_text(wall, x, y, size, true, ink, "")->kind = desk < 6 ? WALL_ARROW_LEFT : WALL_ARROW_RIGHT;
}

static inline void wall_desk(struct wall *wall, int right, int y, int size, uint32_t ink, int desk)
{
    char text[12];

    snprintf(text, sizeof(text), "%d", desk);
    wall_number(wall, right, y, size, ink, text)->is_right = true;
}

static inline int wall_hour(const struct wall_state *state)
{
    return 9 + state->minute / 60 % 9;
}

static inline void wall_frame(struct wall *wall, const struct wall_state *state)
{
    char clock[12];

    wall_box(wall, 0, 110, 1920, 2, 0, 0x1d3a66);
    wall_box(wall, 0, 976, 1920, 2, 0, 0x1d3a66);
    wall_text(wall, 48, 46, 38, true, 0xffffff, "«Open Almaty» қоғамдық қабылдау бөлмесі");
    wall_text(wall, 48, 91, 38, true, 0xffffff, "Общественная приёмная «Open Almaty»");
    wall_text(wall, 1645, 48, 28, false, 0xb9c6dc, "2026 ж. 22 қараша, жексенбі")->is_right = true;
    wall_text(wall, 1645, 83, 28, false, 0xb9c6dc, "воскресенье, 22 ноября 2026 г.")->is_right = true;
    snprintf(clock, sizeof(clock), "%02d:%02d", wall_hour(state), state->minute % 60);
    wall_number(wall, 1872, 87, 76, 0xffffff, clock)->is_right = true;
    wall_text(wall, 48, 1043, 40, false, 0xffffff,
              "Қабылдау бөлмесінің телефоны: 1308  Телефон приёмной: 1308");
}

static inline void wall_featured(struct wall *wall, const struct wall_state *state)
{
    const uint32_t ink = state->is_new ? 0x0b1424 : 0xffffff;

    wall_box(wall, 48, 140, 1124, 808, 14, state->is_new ? 0xffd400 : 0x0f2344);
    wall_box(wall, 104, 544, 1012, 3, 0, state->is_new ? 0xc0a000 : 0x1d3a66);
    wall_number(wall, 104, 470, 300, ink, state->call[0].ticket);
    wall_arrow(wall, 112, 650, 174, ink, state->call[0].desk);
    wall_text(wall, 339, 723, 64, true, ink, "Терезе");
    wall_text(wall, 339, 797, 64, true, ink, "Окно");
    wall_desk(wall, 1116, 852, 300, ink, state->call[0].desk);
}

static inline void wall_build(struct wall *wall, const struct wall_state *state)
{
    wall->nboxes = wall->ntexts = 0;
    wall_frame(wall, state);
    wall_featured(wall, state);
    wall_text(wall, 1229, 177, 36, true, 0xb9c6dc, "Шақырылды · Вызваны");
    for (int i = 0; i < WALL_ROWS; i++) {
        const int y = 200 + i * 152;

        wall_box(wall, 1200, y, 672, 140, 14, 0x0c1c37);
        wall_number(wall, 1229, y + 117, 120, 0xffffff, state->call[1 + i].ticket);
        wall_arrow(wall, 1593, y + 37, 66, 0x36c3dc, state->call[1 + i].desk);
        wall_desk(wall, 1843, y + 117, 120, 0xffffff, state->call[1 + i].desk);
    }
}

/* ---- changes --------------------------------------------------------------------------------- */

enum wall_change {
    WALL_FULL,
    WALL_CALL,
    WALL_CALL_NEXT,
    WALL_CALL_AFTER_DWELL,
    WALL_ROW,
    WALL_CLOCK,
    WALL_CHANGES
};

static const char *const wall_change_names[WALL_CHANGES] = { "full repaint",     "call, all rows move",
                                                             "call, next digit", "call, panel turns yellow",
                                                             "one row",          "clock tick" };

static inline void wall_ticket(struct wall_call *call, unsigned number)
{
    static const char *const letters[] = { "А", "Б", "К", "Д", "П" };

    snprintf(call->ticket, sizeof(call->ticket), "%s %03u", letters[number * 7 / 3 % 5], number * 97 % 1000);
    call->desk = 1 + (int)(number * 5 % 12);
}

static inline void wall_push(struct wall_state *state, unsigned number)
{
    memmove(&state->call[1], &state->call[0], WALL_ROWS * sizeof(state->call[0]));
    wall_ticket(&state->call[0], number);
}

static inline void wall_init(struct wall_state *state)
{
    *state = (struct wall_state){ .is_new = true, .minute = 300 };
    for (unsigned i = 0; i <= WALL_ROWS; i++)
        wall_push(state, i);
}

static inline void wall_next(struct wall_state *state, enum wall_change change, unsigned number)
{
    state->is_new = true;
    switch (change) {
    case WALL_CALL: wall_push(state, number); break;
    case WALL_CALL_NEXT:
        snprintf(state->call[0].ticket, sizeof(state->call[0].ticket), "А %03u", number % 1000);
        break;
    case WALL_CALL_AFTER_DWELL: wall_push(state, number); break;
    case WALL_ROW: wall_ticket(&state->call[3], number); break;
    case WALL_CLOCK: state->minute++; break;
    default: break;
    }
}

/* ---- figures --------------------------------------------------------------------------------- */

static inline double wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int wall_by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct wall_figure {
    double median, p99;
};

static inline struct wall_figure wall_figure(double *ms, unsigned count)
{
    qsort(ms, count, sizeof(*ms), wall_by_value);
    return (struct wall_figure){ ms[count / 2], ms[count * 99 / 100] };
}
