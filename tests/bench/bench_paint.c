/* The painter against a plain memcpy of the same frame, taken in turn in the same process: so the ratio holds
 * on any machine, and the copy has emptied the caches of the frame buffer before each paint. A call is timed
 * from the state to the last pixel: shaping, layout, comparison, painting. The repair of the other buffer is
 * off that path, and timed alone.
 */
#include "board/paint.h"
#include "tests/bench/wall.h"

#include <sys/mman.h>

#define ROUNDS 200

struct output {
    struct fonts *fonts;
    struct painter *painter;
    int height;
    struct screen_buffer buffer[2];
    size_t bytes;
    uint8_t *copy_from, *copy_to;
    unsigned back;
    struct picture picture;
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

static void put_wall(struct output *output, const struct wall *wall)
{
    picture_init(&output->picture, output->height * 16 / 9, output->height, 0x081528);
    for (unsigned i = 0; i < wall->nboxes; i++) {
        const struct wall_box *box = &wall->box[i];

        picture_region(&output->picture,
                       (struct rect){ (int16_t)px(output, box->x), (int16_t)px(output, box->y),
                                      (int16_t)px(output, box->w), (int16_t)px(output, box->h) },
                       box->color, px(output, box->radius));
    }
    for (unsigned i = 0; i < wall->ntexts; i++) {
        const struct wall_text *text = &wall->text[i];

        if (text->kind == WALL_ARROW_LEFT || text->kind == WALL_ARROW_RIGHT)
            picture_icon(&output->picture, text->kind == WALL_ARROW_LEFT ? ICON_ARROW_LEFT : ICON_ARROW_RIGHT,
                         px(output, text->x), px(output, text->y), px(output, text->size), text->color);
        else
            put_text(output, text);
    }
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

static void open_output(struct output *output, struct fonts *fonts, int height, enum pixel_format format)
{
    const uint32_t width = (uint32_t)height * 16 / 9, stride = width * (format == PIXEL_RGB565 ? 2 : 4);

    output->fonts = fonts;
    output->height = height;
    output->bytes = (size_t)stride * (size_t)height;
    output->painter = painter_create(fonts, (int)width, height, format);
    output->copy_from = map_frame(output->bytes);
    output->copy_to = map_frame(output->bytes);
    for (unsigned i = 0; i < 2; i++)
        output->buffer[i] =
            (struct screen_buffer){ map_frame(output->bytes), stride,          (uint16_t)width,
                                    (uint16_t)height,         (uint8_t)format, (uint8_t)i };
}

static void close_output(struct output *output)
{
    for (unsigned i = 0; i < 2; i++)
        munmap(output->buffer[i].pixels, output->bytes);
    munmap(output->copy_from, output->bytes);
    munmap(output->copy_to, output->bytes);
    painter_destroy(output->painter);
}

static double time_copy(struct output *output)
{
    const double start = wall_ms();

    memcpy(output->copy_to, output->copy_from, output->bytes);
    __asm__ volatile("" : : "r"(output->copy_to) : "memory");
    return wall_ms() - start;
}

/* Brings the screen to the state; pixels written for it. */
static uint64_t show(struct output *output, const struct wall_state *state)
{
    struct rect damage[DAMAGE_MAX];
    unsigned ndamage;
    struct wall wall;

    wall_build(&wall, state);
    put_wall(output, &wall);
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
    double copy[ROUNDS], paint[ROUNDS], repair[ROUNDS];
    uint64_t pixels_sum, pixels_max;
};

static void round_of(struct output *output, struct wall_state *state, enum wall_change change,
                     unsigned number, struct figures *figures, unsigned i)
{
    double start;
    uint64_t pixels;

    if (change == WALL_CALL_AFTER_DWELL) {
        state->is_new = false;
        show(output, state);
        repair(output);
    }
    wall_next(state, change, number);
    figures->copy[i] = time_copy(output);
    if (change == WALL_FULL)
        painter_forget(output->painter);
    start = wall_ms();
    pixels = show(output, state);
    figures->paint[i] = wall_ms() - start;
    start = wall_ms();
    repair(output);
    figures->repair[i] = wall_ms() - start;
    figures->pixels_sum += pixels;
    if (pixels > figures->pixels_max)
        figures->pixels_max = pixels;
}

static void bench_change(struct output *output, const char *name, enum wall_change change)
{
    static struct figures figures;
    struct wall_state state;

    memset(&figures, 0, sizeof(figures));
    wall_init(&state);
    show(output, &state);
    repair(output);
    for (unsigned i = 0; i < ROUNDS; i++)
        round_of(output, &state, change, 10 + i, &figures, i % ROUNDS);

    const struct wall_figure copy = wall_figure(figures.copy, ROUNDS),
                             paint = wall_figure(figures.paint, ROUNDS),
                             after = wall_figure(figures.repair, ROUNDS);

    printf("paint %-14s %-24s median %6.3f ms, p99 %6.3f ms; %5.3f x memcpy (%.3f ms); repair %6.3f ms; "
           "%" PRIu64 " px, most %" PRIu64 "\n",
           name, wall_change_names[change], paint.median, paint.p99, paint.median / copy.median, copy.median,
           after.median, figures.pixels_sum / ROUNDS, figures.pixels_max);
    fflush(stdout);
}

static bool is_wanted(const char *name, enum wall_change change, const char *part)
{
    char full[100];

    snprintf(full, sizeof(full), "%s %s", name, wall_change_names[change]);
    return strstr(full, part) != NULL;
}

/* With an argument: only the figures whose name contains it. */
int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int height;
        enum pixel_format format;
    } rows[] = { { "1080p xrgb8888", 1080, PIXEL_XRGB8888 },
                 { "1080p rgb565", 1080, PIXEL_RGB565 },
                 { "4K xrgb8888", 2160, PIXEL_XRGB8888 },
                 { "4K rgb565", 2160, PIXEL_RGB565 } };
    char error[200];
    struct fonts *fonts = fonts_create(&font_files_debian, error, sizeof(error));

    if (!fonts) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static struct output output;

        memset(&output, 0, sizeof(output));
        open_output(&output, fonts, rows[i].height, rows[i].format);
        for (enum wall_change change = 0; change < WALL_CHANGES; change++)
            if (argc < 2 || is_wanted(rows[i].name, change, argv[1]))
                bench_change(&output, rows[i].name, change);
        close_output(&output);
    }
    fonts_destroy(fonts);
    return 0;
}
