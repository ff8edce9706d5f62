/* What is set on a wall and where, found again in its picture: for tests of scenes. */
#pragma once

#include "board/paint/paint.h"
#include "board/paint/png.h"
#include "tests/wall_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct fonts *fonts;
static struct room room;
static struct picture picture;
__attribute__((unused)) static struct picture other;

static inline void build(struct picture *out, int width, int height)
{
    scene_build(out, fonts, &room.input, width, height);
    assert_false(out->is_full);
}

/* The first wall that fails is left as a picture. */
static inline void leave(const struct picture *p)
{
    static bool is_left;
    if (is_left)
        return;
    is_left = true;
    struct screen_buffer buffer = { .stride = (uint32_t)p->width * 4,
                                    .width = (uint16_t)p->width,
                                    .height = (uint16_t)p->height };
    buffer.pixels = calloc(buffer.height, buffer.stride);
    struct painter *painter = painter_create(fonts, p->width, p->height, PIXEL_XRGB8888);
    if (painter && buffer.pixels) {
        painter_full(painter, &buffer, p);
        if (png_write(&buffer, "build/test_scene.png") == 0)
            print_error("the wall is in build/test_scene.png\n");
    }
    painter_destroy(painter);
    free(buffer.pixels);
}
#define fail_wall(p, ...)                                                                                    \
    do {                                                                                                     \
        leave(p);                                                                                            \
        fail_msg(__VA_ARGS__);                                                                               \
    } while (0)

/* ---- ink ------------------------------------------------------------------------------------- */

struct ink {
    int left, top, right, bottom;
};

static inline struct ink ink_of(const struct placed *placed)
{
    const struct glyph *glyph = glyph_get(fonts, placed->key);
    int left = placed->x + glyph->left, top = placed->y + glyph->top;
    return (struct ink){ left, top, left + glyph->width, top + glyph->height };
}

static inline bool is_inside(struct ink a, struct ink b)
{
    return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
}

static inline struct ink ink_of_box(struct rect box)
{
    return (struct ink){ box.x, box.y, box.x + box.w, box.y + box.h };
}

/* ---- finding what was set -------------------------------------------------------------------- */

struct found {
    int size_px, x, y, width, index;
};

static inline bool is_at(const struct picture *p, int index, const struct text_line *line)
{
    if (index + line->nglyphs > p->nglyphs)
        return false;
    int x = p->glyph[index].x - line->glyph[0].x, y = p->glyph[index].y - line->glyph[0].y;
    for (int i = 0; i < line->nglyphs; i++)
        if (p->glyph[index + i].key != line->glyph[i].key || p->glyph[index + i].x - line->glyph[i].x != x ||
            p->glyph[index + i].y - line->glyph[i].y != y)
            return false;
    return true;
}

static inline bool find_from(const struct picture *p, int from, int lang, enum weight weight, bool is_number,
                             const char *text, struct found *found)
{
    struct text_style style = { .weight = weight, .is_number = is_number };
    strcpy(style.lang, room.config.lang[lang]);
    for (style.size_px = 10; style.size_px < 500; style.size_px++) {
        const struct text_line *line = text_shape(fonts, &style, text);
        for (int i = from; i < p->nglyphs; i++)
            if (p->glyph[i].key == line->glyph[0].key && is_at(p, i, line)) {
                *found = (struct found){ style.size_px, p->glyph[i].x - line->glyph[0].x,
                                         p->glyph[i].y - line->glyph[0].y, line->width_px, i };
                return true;
            }
    }
    return false;
}

static inline struct found find(const struct picture *p, int lang, enum weight weight, bool is_number,
                                const char *text)
{
    struct found found = { 0 };
    if (!find_from(p, 0, lang, weight, is_number, text, &found))
        fail_wall(p, "\"%s\" is not in the picture", text);
    return found;
}

static inline bool is_shown(const struct picture *p, const char *text)
{
    struct found found;
    return find_from(p, 0, 0, WEIGHT_BOLD, true, text, &found);
}

/* ---- what differs ---------------------------------------------------------------------------- */

static inline bool is_same_glyph(const struct placed *a, const struct placed *b)
{
    return a->key == b->key && a->x == b->x && a->y == b->y && a->ink == b->ink;
}

static inline struct ink difference(const struct picture *a, const struct picture *b, int *nglyphs)
{
    struct ink sum = { 9999, 9999, 0, 0 };
    assert_int_equal(a->nglyphs, b->nglyphs);
    *nglyphs = 0;
    for (int i = 0; i < a->nglyphs; i++) {
        if (is_same_glyph(&a->glyph[i], &b->glyph[i]))
            continue;
        struct ink ink = ink_of(&b->glyph[i]);
        sum.left = ink.left < sum.left ? ink.left : sum.left;
        sum.top = ink.top < sum.top ? ink.top : sum.top;
        sum.right = ink.right > sum.right ? ink.right : sum.right;
        sum.bottom = ink.bottom > sum.bottom ? ink.bottom : sum.bottom;
        ++*nglyphs;
    }
    return sum;
}

static inline bool is_same_region(const struct region *a, const struct region *b)
{
    return a->box.x == b->box.x && a->box.y == b->box.y && a->box.w == b->box.w && a->box.h == b->box.h &&
           a->fill == b->fill && a->radius_px == b->radius_px;
}

static inline bool has_same_regions(const struct picture *a, const struct picture *b)
{
    for (int i = 0; i < a->nregions && i < b->nregions; i++)
        if (!is_same_region(&a->region[i], &b->region[i]))
            return false;
    return a->nregions == b->nregions;
}

static inline int setup(void **state)
{
    (void)state;
    char error[256];
    fonts = fonts_create(&font_files_debian, error, sizeof error);
    if (!fonts)
        fprintf(stderr, "%s\n", error);
    return fonts ? 0 : -1;
}

static inline int teardown(void **state)
{
    (void)state;
    fonts_destroy(fonts);
    return 0;
}
