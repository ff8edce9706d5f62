/* The sketch of bench_paint painted by Cairo and Pango, as a careful program would: an image surface in cached memory,
 * layouts kept, a change redraws the boxes that differ, clipped, and copies their rows to the frame buffer. Ends with the
 * start: from creating everything to the first frame in the buffer.
 */
#include "tests/bench/wall.h"

#include <pango/pangocairo.h>
#include <sys/mman.h>

#define ROUNDS      60
#define LAYOUTS_MAX 4096
#define DAMAGE_MAX  (2 * (WALL_BOXES + WALL_TEXTS))

struct cached_layout {
    PangoLayout *layout;
    struct wall_text text;
};

struct output {
    int width, height;
    cairo_surface_t *surface;
    cairo_t *cairo;
    uint8_t *frame, *copy_from, *copy_to;
    size_t bytes;
    struct wall shown;
    bool is_known;
    unsigned nlayouts;
    struct cached_layout layout[LAYOUTS_MAX];
};

struct box {
    int x, y, w, h;
};

static double scaled(const struct output *output, int units)
{
    return (double)units * output->height / 1080;
}

static void set_ink(cairo_t *cairo, uint32_t ink)
{
    cairo_set_source_rgb(cairo, (ink >> 16 & 0xff) / 255.0, (ink >> 8 & 0xff) / 255.0, (ink & 0xff) / 255.0);
}

static PangoLayout *make_layout(struct output *output, const struct wall_text *text)
{
    PangoLayout *layout = pango_cairo_create_layout(output->cairo);
    PangoFontDescription *font = pango_font_description_new();

    pango_font_description_set_family(font, "Noto Sans");
    pango_font_description_set_weight(font, text->is_bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(font, scaled(output, text->size) * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_text(layout, text->text, -1);
    if (text->kind == WALL_NUMBER) {
        PangoAttrList *attributes = pango_attr_list_new();

        pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum, zero"));
        pango_layout_set_attributes(layout, attributes);
        pango_attr_list_unref(attributes);
    }
    return layout;
}

static PangoLayout *find_layout(struct output *output, const struct wall_text *text)
{
    for (unsigned i = 0; i < output->nlayouts; i++) {
        const struct wall_text *known = &output->layout[i].text;

        if (known->size == text->size && known->is_bold == text->is_bold && known->kind == text->kind &&
            strcmp(known->text, text->text) == 0)
            return output->layout[i].layout;
    }
    if (output->nlayouts == LAYOUTS_MAX)
        exit(1);
    output->layout[output->nlayouts] = (struct cached_layout){ make_layout(output, text), *text };
    return output->layout[output->nlayouts++].layout;
}

static struct box box_of_text(struct output *output, const struct wall_text *text)
{
    PangoRectangle ink, logical;

    if (text->kind == WALL_ARROW_LEFT || text->kind == WALL_ARROW_RIGHT)
        return (struct box){ (int)scaled(output, text->x), (int)scaled(output, text->y),
                             (int)scaled(output, text->size) + 2, (int)scaled(output, text->size) + 2 };
    PangoLayout *layout = find_layout(output, text);

    pango_layout_get_pixel_extents(layout, &ink, &logical);
    const int x = (int)scaled(output, text->x) - (text->is_right ? logical.width : 0);
    const int y = (int)scaled(output, text->y) - pango_layout_get_baseline(layout) / PANGO_SCALE;

    return (struct box){ x + ink.x - 1, y + ink.y - 1, ink.width + 2, ink.height + 2 };
}

static struct box box_of_box(struct output *output, const struct wall_box *box)
{
    return (struct box){ (int)scaled(output, box->x), (int)scaled(output, box->y),
                         (int)scaled(output, box->w) + 1, (int)scaled(output, box->h) + 1 };
}

/* ---- drawing --------------------------------------------------------------------------------- */

static void draw_box(struct output *output, const struct wall_box *box)
{
    cairo_t *cairo = output->cairo;
    const double x = scaled(output, box->x), y = scaled(output, box->y), w = scaled(output, box->w),
                 h = scaled(output, box->h), r = scaled(output, box->radius);

    set_ink(cairo, box->color);
    if (r > 0) {
        cairo_new_sub_path(cairo);
        cairo_arc(cairo, x + w - r, y + r, r, -G_PI_2, 0);
        cairo_arc(cairo, x + w - r, y + h - r, r, 0, G_PI_2);
        cairo_arc(cairo, x + r, y + h - r, r, G_PI_2, G_PI);
        cairo_arc(cairo, x + r, y + r, r, G_PI, 3 * G_PI_2);
        cairo_close_path(cairo);
    } else {
        cairo_rectangle(cairo, x, y, w, h);
    }
    cairo_fill(cairo);
}

static void draw_arrow(struct output *output, const struct wall_text *text)
{
    cairo_t *cairo = output->cairo;
    const double size = scaled(output, text->size);

    cairo_save(cairo);
    cairo_translate(cairo, scaled(output, text->x) + size / 2, scaled(output, text->y) + size / 2);
    cairo_scale(cairo, text->kind == WALL_ARROW_LEFT ? -size : size, size);
    cairo_set_line_width(cairo, 0.2);
    cairo_move_to(cairo, -0.5, 0);
    cairo_line_to(cairo, 0.4, 0);
    cairo_move_to(cairo, 0.0, -0.4);
    cairo_line_to(cairo, 0.4, 0);
    cairo_line_to(cairo, 0.0, 0.4);
    cairo_stroke(cairo);
    cairo_restore(cairo);
}

static void draw_text(struct output *output, const struct wall_text *text)
{
    PangoRectangle logical;

    set_ink(output->cairo, text->color);
    if (text->kind == WALL_ARROW_LEFT || text->kind == WALL_ARROW_RIGHT) {
        draw_arrow(output, text);
        return;
    }
    PangoLayout *layout = find_layout(output, text);

    pango_layout_get_pixel_extents(layout, NULL, &logical);
    cairo_move_to(output->cairo, (int)scaled(output, text->x) - (text->is_right ? logical.width : 0),
                  (int)scaled(output, text->y) - pango_layout_get_baseline(layout) / PANGO_SCALE);
    pango_cairo_show_layout(output->cairo, layout);
}

static bool overlaps(struct box a, struct box b)
{
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

static void copy_out(struct output *output, struct box box)
{
    const uint8_t *pixels = cairo_image_surface_get_data(output->surface);
    const size_t stride = (size_t)cairo_image_surface_get_stride(output->surface);

    for (int y = box.y; y < box.y + box.h; y++)
        memcpy(output->frame + (size_t)y * stride + (size_t)box.x * 4,
               pixels + (size_t)y * stride + (size_t)box.x * 4, (size_t)box.w * 4);
}

static struct box clipped(const struct output *output, struct box box)
{
    const int right = box.x + box.w < output->width ? box.x + box.w : output->width;
    const int bottom = box.y + box.h < output->height ? box.y + box.h : output->height;
    const int x = box.x > 0 ? box.x : 0, y = box.y > 0 ? box.y : 0;

    return (struct box){ x, y, right > x ? right - x : 0, bottom > y ? bottom - y : 0 };
}

static uint64_t draw(struct output *output, const struct wall *wall, struct box box)
{
    box = clipped(output, box);
    cairo_save(output->cairo);
    cairo_rectangle(output->cairo, box.x, box.y, box.w, box.h);
    cairo_clip(output->cairo);
    set_ink(output->cairo, 0x081528);
    cairo_paint(output->cairo);
    for (unsigned i = 0; i < wall->nboxes; i++)
        if (overlaps(box_of_box(output, &wall->box[i]), box))
            draw_box(output, &wall->box[i]);
    for (unsigned i = 0; i < wall->ntexts; i++)
        if (overlaps(box_of_text(output, &wall->text[i]), box))
            draw_text(output, &wall->text[i]);
    cairo_restore(output->cairo);
    cairo_surface_flush(output->surface);
    copy_out(output, box);
    return (uint64_t)box.w * (uint64_t)box.h;
}

/* ---- what differs ---------------------------------------------------------------------------- */

static struct box join(struct box a, struct box b)
{
    const int x = a.x < b.x ? a.x : b.x, y = a.y < b.y ? a.y : b.y;
    const int right = a.x + a.w > b.x + b.w ? a.x + a.w : b.x + b.w;
    const int bottom = a.y + a.h > b.y + b.h ? a.y + a.h : b.y + b.h;

    return (struct box){ x, y, right - x, bottom - y };
}

static unsigned add_damage(struct box *damage, unsigned count, struct box box)
{
    for (unsigned i = 0; i < count; i++)
        if (overlaps(damage[i], box)) {
            const struct box joined = join(damage[i], box);

            damage[i] = damage[count - 1];
            return add_damage(damage, count - 1, joined);
        }
    damage[count] = box;
    return count + 1;
}

static unsigned find_damage(struct output *output, const struct wall *now, struct box *damage)
{
    const struct wall *before = &output->shown;
    unsigned count = 0;

    for (unsigned i = 0; i < now->nboxes; i++)
        if (memcmp(&before->box[i], &now->box[i], sizeof(now->box[i])) != 0)
            count = add_damage(damage, count, box_of_box(output, &now->box[i]));
    for (unsigned i = 0; i < now->ntexts; i++) {
        const struct wall_text *a = &before->text[i], *b = &now->text[i];

        if (strcmp(a->text, b->text) == 0 && a->color == b->color && a->kind == b->kind)
            continue;
        count = add_damage(damage, count, join(box_of_text(output, a), box_of_text(output, b)));
    }
    return count;
}

/* Pixels written to the frame. */
static uint64_t show(struct output *output, const struct wall_state *state)
{
    struct box damage[DAMAGE_MAX] = { { 0, 0, output->width, output->height } };
    unsigned count = 1;
    uint64_t pixels = 0;
    struct wall wall;

    wall_build(&wall, state);
    if (output->is_known)
        count = find_damage(output, &wall, damage);
    for (unsigned i = 0; i < count; i++)
        pixels += draw(output, &wall, damage[i]);
    output->shown = wall;
    output->is_known = true;
    return pixels;
}

/* ---- figures --------------------------------------------------------------------------------- */

static uint8_t *map_frame(size_t bytes)
{
    const int fd = memfd_create("bench", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0)
        exit(1);
    uint8_t *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);

    if (memory == MAP_FAILED)
        exit(1);
    close(fd);
    return memory;
}

static void open_output(struct output *output, int height)
{
    memset(output, 0, sizeof(*output));
    output->height = height;
    output->width = height * 16 / 9;
    output->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, output->width, output->height);
    output->cairo = cairo_create(output->surface);
    output->bytes = (size_t)cairo_image_surface_get_stride(output->surface) * (size_t)height;
    output->frame = map_frame(output->bytes);
    output->copy_from = map_frame(output->bytes);
    output->copy_to = map_frame(output->bytes);
}

static void close_output(struct output *output)
{
    for (unsigned i = 0; i < output->nlayouts; i++)
        g_object_unref(output->layout[i].layout);
    cairo_destroy(output->cairo);
    cairo_surface_destroy(output->surface);
    munmap(output->frame, output->bytes);
    munmap(output->copy_from, output->bytes);
    munmap(output->copy_to, output->bytes);
}

static void bench_change(struct output *output, const char *name, enum wall_change change)
{
    static double paint[ROUNDS], copy[ROUNDS], pixels[ROUNDS];
    struct wall_state state;

    wall_init(&state);
    show(output, &state);
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (change == WALL_CALL_AFTER_DWELL) {
            state.is_new = false;
            show(output, &state);
        }
        wall_next(&state, change, 10 + i);
        double start = wall_ms();
        memcpy(output->copy_to, output->copy_from, output->bytes);
        __asm__ volatile("" : : "r"(output->copy_to) : "memory");
        copy[i] = wall_ms() - start;
        output->is_known = output->is_known && change != WALL_FULL;
        start = wall_ms();
        pixels[i] = (double)show(output, &state);
        paint[i] = wall_ms() - start;
    }
    const struct wall_figure painted = wall_figure(paint, ROUNDS), copied = wall_figure(copy, ROUNDS);

    printf("cairo %-21s %-24s median %.3f ms, p99 %.3f ms; %.2f x memcpy (%.3f ms); %.0f px\n", name,
           wall_change_names[change], painted.median, painted.p99, painted.median / copied.median,
           copied.median, wall_figure(pixels, ROUNDS).median);
    fflush(stdout);
}

static void bench_height(const char *name, int height)
{
    static struct output output;
    struct wall_state state;
    const double start = wall_ms();

    open_output(&output, height);
    wall_init(&state);
    show(&output, &state);
    printf("cairo %-21s first frame from nothing: %.1f ms\n", name, wall_ms() - start);
    for (enum wall_change change = 0; change < WALL_CHANGES; change++)
        bench_change(&output, name, change);
    close_output(&output);
}

int main(void)
{
    bench_height("sketch 1080p xrgb8888", 1080);
    bench_height("sketch 4K xrgb8888", 2160);
    return 0;
}
