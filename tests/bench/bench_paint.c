/* The painter against a plain memcpy of the same frame, taken in turn in the same process: so the ratio holds on any
 * machine. A change is timed from the state of the hall to the last pixel: layout, shaping, comparison, painting. The
 * repair of the other buffer is off that path, and timed alone. "cold": 64 MiB are read before each copy and each paint, so
 * that neither finds the frame in a cache, as after minutes of quiet. The layouts: "scene" is the program's own, "sketch"
 * the one that bench_cairo paints, too. "turned": the buffer is rotated. With an argument: only figures whose name contains it.
 *
 * Below a full repaint stands what no painter can go below on this machine: a frame "filled" with one value, and one whose
 * every row is "stored" from the same line in the first cache. Two frames are copied and two are written in each of their
 * rounds, as in those of the painter, so that the caches hold as much of them.
 */
#include "board/paint/paint.h"
#include "tests/bench/wall.h"
#include "tests/wall_fixture.h"

#include <sys/mman.h>

#define ROUNDS      200
#define COLD_ROUNDS 60
#define COLD_BYTES  ((size_t)64 << 20)

enum drawing { SKETCH, SCENE };

struct output {
    struct fonts *fonts;
    struct painter *painter;
    enum drawing drawing;
    int height;
    struct screen_buffer buffer[2];
    size_t bytes;
    uint8_t *copy_from, *copy_to, *sweep; /* sweep: NULL unless cold */
    unsigned back;
    struct picture picture;
    struct room room;
};

static int px(const struct output *output, int units)
{
    return (units * output->height + 540) / 1080;
}

static void put_text(struct output *output, const struct wall_text *text)
{
    const struct text_style style = { .weight = text->is_bold ? WEIGHT_BOLD : WEIGHT_REGULAR,
                                      .size_px = px(output, text->size),
                                      .lang = "kk",
                                      .is_number = text->kind == WALL_NUMBER };
    const struct text_line *line = text_shape(output->fonts, &style, text->text);
    const int x = px(output, text->x) - (text->is_right ? line->width_px : 0);

    picture_line(&output->picture, line, x, px(output, text->y), text->color);
}

static void put_sketch(struct output *output, const struct wall_state *state)
{
    struct wall wall;

    wall_build(&wall, state);
    picture_init(&output->picture, output->height * 16 / 9, output->height, 0x081528);
    for (unsigned i = 0; i < wall.nboxes; i++) {
        const struct wall_box *box = &wall.box[i];

        picture_region(&output->picture,
                       (struct rect){ (int16_t)px(output, box->x), (int16_t)px(output, box->y),
                                      (int16_t)px(output, box->w), (int16_t)px(output, box->h) },
                       box->color, px(output, box->radius));
    }
    for (unsigned i = 0; i < wall.ntexts; i++) {
        const struct wall_text *text = &wall.text[i];

        if (text->kind == WALL_ARROW_LEFT || text->kind == WALL_ARROW_RIGHT)
            picture_icon(&output->picture, text->kind == WALL_ARROW_LEFT ? ICON_ARROW_LEFT : ICON_ARROW_RIGHT,
                         px(output, text->x), px(output, text->y), px(output, text->size), text->color);
        else
            put_text(output, text);
    }
}

static void put_scene(struct output *output, const struct wall_state *state)
{
    struct room *room = &output->room;

    room->hall.nrecent = 0;
    memset(room->announce.slot, 0, sizeof(room->announce.slot));
    room_call(room, state->call[0].ticket, state->call[0].desk, state->is_new);
    for (int i = 1; i <= WALL_ROWS; i++)
        room_recent(room, state->call[i].ticket, state->call[i].desk);
    room->input.clock.hour = wall_hour(state);
    room->input.clock.minute = state->minute % 60;
    scene_build(&output->picture, output->fonts, &room->input, output->height * 16 / 9, output->height);
}

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

struct row {
    const char *name;
    enum drawing drawing;
    int height;
    enum pixel_format format;
    bool is_cold;
    unsigned rotation;
};

static void open_output(struct output *output, struct fonts *fonts, const struct row *row)
{
    const uint32_t width = (uint32_t)row->height * 16 / 9, height = (uint32_t)row->height;
    const bool is_sideways = row->rotation % 180 != 0;
    const uint32_t stride =
        ((is_sideways ? height : width) * (row->format == PIXEL_RGB565 ? 2 : 4) + 63) / 64 * 64;

    output->fonts = fonts;
    output->drawing = row->drawing;
    output->height = row->height;
    output->bytes = (size_t)stride * (is_sideways ? width : height);
    output->painter = painter_create(fonts, (int)width, row->height, row->format);
    output->copy_from = map_frame(output->bytes);
    output->copy_to = map_frame(output->bytes);
    output->sweep = row->is_cold ? map_frame(COLD_BYTES) : NULL;
    room_init(&output->room, 2);
    room_notice(&output->room, "Қабылдау бөлмесінің телефоны: 1308", "Телефон приёмной: 1308",
                "Telephone: 1308");
    for (unsigned i = 0; i < 2; i++)
        output->buffer[i] = (struct screen_buffer){ .pixels = map_frame(output->bytes),
                                                    .stride = stride,
                                                    .width = (uint16_t)width,
                                                    .height = (uint16_t)height,
                                                    .rotation = (uint16_t)row->rotation,
                                                    .format = (uint8_t)row->format,
                                                    .index = (uint8_t)i };
}

static void close_output(struct output *output)
{
    for (unsigned i = 0; i < 2; i++)
        munmap(output->buffer[i].pixels, output->bytes);
    munmap(output->copy_from, output->bytes);
    munmap(output->copy_to, output->bytes);
    if (output->sweep)
        munmap(output->sweep, COLD_BYTES);
    painter_destroy(output->painter);
}

static void cool(const struct output *output)
{
    uint64_t sum = 0;

    for (size_t i = 0; output->sweep && i < COLD_BYTES; i += 64)
        sum += output->sweep[i];
    __asm__ volatile("" : : "r"(sum));
}

static void copy_frame(const struct output *output)
{
    memcpy(output->copy_to, output->copy_from, output->bytes);
}

static void fill_frame(const struct output *output)
{
    memset(output->buffer[0].pixels, 0x28, output->bytes);
}

static void store_lines(const struct output *output)
{
    const uint32_t stride = output->buffer[1].stride;

    for (size_t at = 0; at + stride <= output->bytes; at += stride)
        memcpy(output->buffer[1].pixels + at, output->copy_from, stride);
}

static double time_of(const struct output *output, void (*act)(const struct output *output))
{
    cool(output);
    const double start = wall_ms();

    act(output);
    __asm__ volatile("" : : "r"(output) : "memory");
    return wall_ms() - start;
}

/* Brings the screen to the state; pixels written for it. */
static uint64_t show(struct output *output, const struct wall_state *state)
{
    struct rect damage[DAMAGE_MAX];
    unsigned ndamage;

    if (output->drawing == SCENE)
        put_scene(output, state);
    else
        put_sketch(output, state);
    const uint64_t written =
        painter_paint(output->painter, &output->buffer[output->back], &output->picture, damage, &ndamage);

    output->back = 1 - output->back;
    return written;
}

static void repair(struct output *output)
{
    painter_repair(output->painter, &output->buffer[output->back]);
}

struct figures {
    double copy[ROUNDS], paint[ROUNDS], repair[ROUNDS], pixels[ROUNDS];
};

static void round_of(struct output *output, struct wall_state *state, enum wall_change change,
                     unsigned number, struct figures *figures, unsigned i)
{
    double start;

    if (change == WALL_CALL_AFTER_DWELL) {
        state->is_new = false;
        show(output, state);
        repair(output);
    }
    wall_next(state, change, number);
    figures->copy[i] = time_of(output, copy_frame);
    if (change == WALL_FULL)
        painter_forget(output->painter);
    cool(output);
    start = wall_ms();
    figures->pixels[i] = (double)show(output, state);
    figures->paint[i] = wall_ms() - start;
    start = wall_ms();
    repair(output);
    figures->repair[i] = wall_ms() - start;
}

static void bench_floor(struct output *output, const char *name)
{
    static double copied[ROUNDS], filled[ROUNDS], stored[ROUNDS];
    const unsigned rounds = output->sweep ? COLD_ROUNDS : ROUNDS;

    for (unsigned i = 0; i < rounds; i++) {
        copied[i] = time_of(output, copy_frame);
        filled[i] = time_of(output, fill_frame);
        stored[i] = time_of(output, store_lines);
    }
    const double copy = wall_figure(copied, rounds).median, fill = wall_figure(filled, rounds).median,
                 store = wall_figure(stored, rounds).median;

    printf("paint %-21s %-24s %.3f ms filled, %.2f x memcpy (%.3f ms); %.3f ms stored, %.2f x memcpy\n", name,
           "full repaint: floor", fill, fill / copy, copy, store, store / copy);
    painter_forget(output->painter);
}

static void bench_change(struct output *output, const char *name, enum wall_change change)
{
    static struct figures figures;
    struct wall_state state;

    const unsigned rounds = output->sweep ? COLD_ROUNDS : ROUNDS;

    memset(&figures, 0, sizeof(figures));
    wall_init(&state);
    show(output, &state);
    repair(output);
    for (unsigned i = 0; i < rounds; i++)
        round_of(output, &state, change, 10 + i, &figures, i);

    const struct wall_figure copy = wall_figure(figures.copy, rounds),
                             paint = wall_figure(figures.paint, rounds),
                             after = wall_figure(figures.repair, rounds),
                             pixels = wall_figure(figures.pixels, rounds);

    printf("paint %-21s %-24s median %.3f ms, p99 %.3f ms; %.2f x memcpy (%.3f ms); repair %.3f ms; %.0f px, "
           "most %.0f\n",
           name, wall_change_names[change], paint.median, paint.p99, paint.median / copy.median, copy.median,
           after.median, pixels.median, figures.pixels[rounds - 1]);
    fflush(stdout);
}

static bool is_wanted(const struct row *row, enum wall_change change, const char *part)
{
    char full[100];

    snprintf(full, sizeof(full), "%s %s", row->name, wall_change_names[change]);
    return !part || strstr(full, part) != NULL;
}

static void bench_row(struct fonts *fonts, const struct row *row, const char *part)
{
    static struct output output;

    memset(&output, 0, sizeof(output));
    open_output(&output, fonts, row);
    for (enum wall_change change = 0; change < WALL_CHANGES; change++)
        if (is_wanted(row, change, part))
            bench_change(&output, row->name, change);
    if (is_wanted(row, WALL_FULL, part))
        bench_floor(&output, row->name);
    close_output(&output);
}

int main(int argc, char **argv)
{
    static const struct row rows[] = {
        { "scene 1080p xrgb8888", SCENE, 1080, PIXEL_XRGB8888, false, 0 },
        { "scene 1080p rgb565", SCENE, 1080, PIXEL_RGB565, false, 0 },
        { "scene 4K xrgb8888", SCENE, 2160, PIXEL_XRGB8888, false, 0 },
        { "scene 4K rgb565", SCENE, 2160, PIXEL_RGB565, false, 0 },
        { "scene 1080p turned 90", SCENE, 1080, PIXEL_XRGB8888, false, 90 },
        { "scene 1080p turned 180", SCENE, 1080, PIXEL_XRGB8888, false, 180 },
        { "scene 1080p turned 270", SCENE, 1080, PIXEL_XRGB8888, false, 270 },
        { "scene 1080p rgb565 turned 90", SCENE, 1080, PIXEL_RGB565, false, 90 },
        { "scene 4K turned 90", SCENE, 2160, PIXEL_XRGB8888, false, 90 },
        { "scene 1080p cold", SCENE, 1080, PIXEL_XRGB8888, true, 0 },
        { "scene 1080p rgb565 cold", SCENE, 1080, PIXEL_RGB565, true, 0 },
        { "scene 4K cold", SCENE, 2160, PIXEL_XRGB8888, true, 0 },
        { "sketch 1080p xrgb8888", SKETCH, 1080, PIXEL_XRGB8888, false, 0 },
        { "sketch 4K xrgb8888", SKETCH, 2160, PIXEL_XRGB8888, false, 0 },
    };
    char error[200];
    struct fonts *fonts = fonts_create(&font_files_debian, error, sizeof(error));

    if (!fonts) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        bench_row(fonts, &rows[i], argc > 1 ? argv[1] : NULL);
    fonts_destroy(fonts);
    return 0;
}
