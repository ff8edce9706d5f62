/* Can it be read? By somebody else: Tesseract, from the picture as it reaches the eyes on the farthest seat.
 *
 * Those eyes are weak: 20/40. Such an eye tells strokes of 2 minutes of arc apart (20/20: of 1 minute), and nothing finer: the
 * picture is averaged over squares of 2 minutes, in linear light as optics do, and sampled each minute, which is all that such
 * a blur holds (Nyquist). A minute on the wall is distance * tan(1/60 degree): 4.6 pixels of a 55" Full HD screen at 10 m; the
 * letters that are left are 23 samples high. The eye adapts to brightness, and light letters are as good as dark ones: each
 * crop is stretched to full contrast, dark on light. The reader gets it twice as large, by straight lines between samples,
 * which adds nothing to it.
 *
 * The number is cropped where the display list has it, as a visitor looks at it. A visitor knows from the slip in the hand how
 * tickets are built, a letter of the hall's series and then figures, and so does the reader: letters and figures are read
 * apart, figures and desk as one line. There is no dictionary of numbers in it, nor is it told how many there are.
 */
#include "board/check/legibility.h"
#include "board/paint/paint.h"
#include "board/scene/scene.h"
#include "tests/unit/chance.h"
#include "tests/wall_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#define CALLS       200
#define PANELS      4
#define STROKE_MIN  2 /* of 20/40 */
#define WIDTH       1920
#define HEIGHT      1080
#define ZOOM        2
#define SEEN_HEIGHT 48 /* of a row of a sheet, in samples */
#define SEEN_WIDTH  320
#define ROW_HEIGHT  (SEEN_HEIGHT * ZOOM)
#define ROW_WIDTH   (SEEN_WIDTH * ZOOM)
#define ROWS        50
#define SHEETS      (CALLS / ROWS)
#define LETTERS     8 /* in a row */
#define FOLDER      "build/reader"

static struct config *config;
static struct fonts *fonts;
static struct hall hall;
static struct announce announce;
static struct picture picture;
static double linear[256];

static void complain(void *data, const char *line)
{
    (void)data;
    print_error("%s\n", line);
}

static int set_up(void **state)
{
    char path[512], error[256];
    const char *root = getenv("KEZEK_SOURCE");
    struct json_report report = { .line = complain };
    (void)state;
    snprintf(path, sizeof path, "%s/board/halls/open-almaty.json", root ? root : ".");
    config = config_load(path, NULL, &report);
    fonts = fonts_create(&font_files_debian, error, sizeof error);
    for (int i = 0; i < 256; i++)
        linear[i] = i <= 10 ? i / 255.0 / 12.92 : pow((i / 255.0 + 0.055) / 1.055, 2.4);
    return config && fonts ? system("mkdir -p " FOLDER) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    fonts_destroy(fonts);
    config_destroy(config);
    return 0;
}

/* ---- the wall --------------------------------------------------------------------------------- */

struct called {
    char ticket[TICKET_SIZE], desk[TICKET_SIZE];
};
static struct called called[CALLS];

static void call_four(struct called *calls)
{
    hall_init(&hall, config);
    announce_init(&announce, config, config->screen[0].zones, 1000000);
    for (unsigned i = 0; i < PANELS; i++) {
        struct event event = { .type = EVENT_CALL, .seq = i + 1 };
        int desk = (int)((chance_below(3) + 3 * i) % config->ndesks);
        const char *series = config->tickets.series[chance_below(config->tickets.nseries)];
        snprintf(event.ticket, sizeof event.ticket, "%.8s%03u", series, chance_below(1000));
        snprintf(event.desk, sizeof event.desk, "%s", config->desk[desk].id);
        memcpy(calls[i].ticket, event.ticket, TICKET_SIZE);
        memcpy(calls[i].desk, config->desk[desk].label, TICKET_SIZE);
        assert_true(hall_apply(&hall, &event, 0, &desk) > 0);
        announce_call(&announce, &hall, desk, i + 1, 0);
    }
    for (unsigned i = 0; i < PANELS; i++)
        announce.slot[i].is_new = chance_below(2);
}

/* Of `letters` letters of that role, from the nth on. */
static struct rect ink_of(enum text_role role, unsigned nth, unsigned letters)
{
    int left = INT16_MAX, top = INT16_MAX, right = 0, bottom = 0;
    unsigned seen = 0;
    for (unsigned i = 0; i < picture.nglyphs; i++) {
        const struct placed *placed = &picture.glyph[i];
        if (placed->role != role || seen++ < nth || seen > nth + letters)
            continue;
        const struct glyph *glyph = glyph_get(fonts, placed->key);
        int x = placed->x + glyph->left, y = placed->y + glyph->top;
        left = x < left ? x : left;
        top = y < top ? y : top;
        right = x + glyph->width > right ? x + glyph->width : right;
        bottom = y + glyph->height > bottom ? y + glyph->height : bottom;
    }
    return (struct rect){ (int16_t)left, (int16_t)top, (int16_t)(right - left), (int16_t)(bottom - top) };
}

/* ---- the eye ---------------------------------------------------------------------------------- */

static double sum[HEIGHT + 1][WIDTH + 1]; /* of the light left of and above each pixel */

static void add_up(const struct screen_buffer *wall)
{
    for (int y = 0; y < HEIGHT; y++) {
        const uint8_t *p = (const uint8_t *)wall->pixels + (size_t)y * wall->stride;
        double row = 0;
        for (int x = 0; x < WIDTH; x++, p += 4) {
            row += 0.2126 * linear[p[2]] + 0.7152 * linear[p[1]] + 0.0722 * linear[p[0]];
            sum[y + 1][x + 1] = sum[y][x + 1] + row;
        }
    }
}

static int within(double at, int most)
{
    return at < 0 ? 0 : at > most ? most : (int)at;
}

/* The mean of a square. */
static double light_around(double x, double y, double half)
{
    int left = within(ceil(x - half), WIDTH - 1), right = within(floor(x + half) + 1, WIDTH);
    int top = within(ceil(y - half), HEIGHT - 1), bottom = within(floor(y + half) + 1, HEIGHT);
    double all = sum[bottom][right] - sum[top][right] - sum[bottom][left] + sum[top][left];
    return fmax(0, all / ((right - left) * (bottom - top)));
}

/* A reader that wants larger letters gets them, and nothing more: a straight line from sample to sample. */
static double between(double seen[SEEN_HEIGHT][SEEN_WIDTH], double x, double y)
{
    int u = (int)x, v = (int)y;
    double dx = x - u, dy = y - v;
    return (1 - dy) * ((1 - dx) * seen[v][u] + dx * seen[v][u + 1]) +
           dy * ((1 - dx) * seen[v + 1][u] + dx * seen[v + 1][u + 1]);
}

/* Sets what is seen of the box into the sheet at x, in the middle of a row; returns its width. */
static int see(struct rect box, double minute_px, uint8_t *sheet, int x, int row)
{
    static double seen[SEEN_HEIGHT][SEEN_WIDTH];
    double least = 1, most = 0, middle = 0;
    int width = (int)ceil(box.w / minute_px) + 8, height = (int)ceil(box.h / minute_px) + 8;
    assert_true(x + width <= SEEN_WIDTH && height <= SEEN_HEIGHT);
    for (int v = 0; v < height; v++)
        for (int u = 0; u < width; u++) {
            double light = light_around(box.x + (u - 4) * minute_px, box.y + (v - 4) * minute_px,
                                        STROKE_MIN * minute_px / 2);
            seen[v][u] = pow(light, 1 / 2.2);
            least = fmin(least, seen[v][u]);
            most = fmax(most, seen[v][u]);
        }
    middle = seen[0][0];
    for (int v = 0; v < (height - 1) * ZOOM; v++)
        for (int u = 0; u < (width - 1) * ZOOM; u++) {
            double shade = (between(seen, (double)u / ZOOM, (double)v / ZOOM) - least) / (most - least);
            shade = middle - least > most - middle ? shade : 1 - shade;
            int y = row * ROW_HEIGHT + (SEEN_HEIGHT - height) / 2 * ZOOM + v;
            sheet[(size_t)y * ROW_WIDTH + (size_t)(x * ZOOM + u)] = (uint8_t)(shade * 255);
        }
    return width;
}

/* Sheets are read as pages: the figures and desks of fifty calls on each, and on the last all letters. */
static uint8_t sheet[SHEETS + 1][ROWS * ROW_HEIGHT * ROW_WIDTH];

static void write_sheets(void)
{
    for (unsigned n = 0; n <= SHEETS; n++) {
        char path[64];
        snprintf(path, sizeof path, FOLDER "/%u.pgm", n);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fprintf(file, "P5 %d %d 255\n", ROW_WIDTH, ROWS * ROW_HEIGHT);
        assert_int_equal(fwrite(sheet[n], sizeof sheet[n], 1, file), 1);
        assert_int_equal(fclose(file), 0);
    }
}

static void see_call(unsigned call, double minute_px)
{
    static unsigned desks;
    unsigned place = call % PANELS, ndesk = (unsigned)strlen(called[call].desk);
    desks = place ? desks : 0;
    int row = (int)(call % ROWS), letter = (int)(call % LETTERS);
    int x = 10 + see(ink_of(ROLE_TICKET, 4 * place + 1, 3), minute_px, sheet[call / ROWS], 10, row);
    see(ink_of(ROLE_DESK, desks, ndesk), minute_px, sheet[call / ROWS], x + 24, row);
    see(ink_of(ROLE_TICKET, 4 * place, 1), minute_px, sheet[SHEETS], 4 + letter * SEEN_WIDTH / LETTERS,
        (int)(call / LETTERS));
    desks += ndesk;
}

/* All walls of a theme, seen from `distance_m`. */
static void look(const char *theme, double distance_m)
{
    const struct config_screen *screen = &config->screen[0];
    double pitch_mm = legibility_pitch_mm(screen->diagonal_in, WIDTH, HEIGHT);
    double minute_px = 1000 * distance_m * tan(M_PI / 180 / 60) / pitch_mm;
    struct screen_buffer wall = { .stride = WIDTH * 4, .width = WIDTH, .height = HEIGHT };
    wall.pixels = calloc(wall.height, wall.stride);
    struct painter *painter = painter_create(fonts, WIDTH, HEIGHT, PIXEL_XRGB8888);
    const struct scene_input input = {
        .config = config, .screen = screen, .hall = &hall, .announce = &announce, .truth = FEED_FRESH
    };
    assert_true(wall.pixels && painter);
    room_theme(config, theme);
    memset(sheet, 255, sizeof sheet);
    for (unsigned i = 0; i < CALLS; i++) {
        if (i % PANELS == 0) {
            call_four(&called[i]);
            scene_build(&picture, fonts, &input, WIDTH, HEIGHT);
            painter_full(painter, &wall, &picture);
            add_up(&wall);
        }
        see_call(i, minute_px);
    }
    write_sheets();
    painter_destroy(painter);
    free(wall.pixels);
}

/* ---- the reader ------------------------------------------------------------------------------- */

static void squeeze(char *text)
{
    char *to = text;
    for (; *text; text++)
        if (*text != ' ' && *text != '\n' && *text != '\f')
            *to++ = *text;
    *to = '\0';
}

/* 77 where it is not installed: skipped, and said to be. */
static bool is_there(void)
{
    return system("tesseract --list-langs 2>/dev/null | grep -qx kaz") == 0;
}

/* What one process reads on the sheets from `first` to `last`, without blanks. */
static void read_sheets(unsigned first, unsigned last, const char *symbols, char *text, size_t size)
{
    char command[512], line[256];
    size_t length = 0;
    FILE *list = fopen(FOLDER "/sheets", "w");
    assert_non_null(list);
    for (unsigned i = first; i <= last; i++)
        fprintf(list, FOLDER "/%u.pgm\n", i);
    fclose(list);
    snprintf(command, sizeof command,
             "OMP_THREAD_LIMIT=1 tesseract " FOLDER "/sheets - --psm 6 --dpi 150 -l kaz "
             "-c tessedit_char_whitelist=%s 2>/dev/null",
             symbols);
    FILE *reader = popen(command, "r");
    assert_non_null(reader);
    text[0] = '\0';
    while (fgets(line, sizeof line, reader)) {
        squeeze(line);
        if (line[0] && length < size)
            length += (size_t)snprintf(text + length, size - length, "%s\n", line);
    }
    assert_int_equal(pclose(reader), 0);
}

/* Of the calls that were looked at: how many were read right. Prints what was read instead. */
static unsigned count_right(void)
{
    static char figures[16384], letters[16384];
    char series[256] = "", *line = NULL, *rest = figures;
    unsigned right = 0;
    for (unsigned i = 0; i < config->tickets.nseries; i++)
        strcat(series, config->tickets.series[i]);
    read_sheets(0, SHEETS - 1, "0123456789", figures, sizeof figures);
    read_sheets(SHEETS, SHEETS, series, letters, sizeof letters);
    const char *letter = letters;
    for (unsigned i = 0; i < CALLS; i++) {
        char wanted[2 * TICKET_SIZE];
        line = strsep(&rest, "\n");
        letter += *letter == '\n';
        snprintf(wanted, sizeof wanted, "%s%s", called[i].ticket + 2, called[i].desk);
        if (line && strcmp(line, wanted) == 0 && strncmp(letter, called[i].ticket, 2) == 0)
            right++;
        else
            print_message("%s to desk %s was read as %.2s %s\n", called[i].ticket, called[i].desk, letter,
                          line ? line : "nothing");
        letter += *letter && *letter != '\n' ? 2 : 0;
    }
    return right;
}

static double farthest_m(void)
{
    return legibility_distance_m(config->screen[0].farthest_m, config->screen[0].height_m);
}

static void every_number_is_read_from_the_farthest_seat(void **state)
{
    glob_t themes;
    char pattern[512];
    const char *root = getenv("KEZEK_SOURCE");
    (void)state;
    snprintf(pattern, sizeof pattern, "%s/board/themes/*.json", root ? root : ".");
    assert_int_equal(glob(pattern, 0, NULL, &themes), 0);
    assert_true(themes.gl_pathc >= 3);
    for (size_t i = 0; i < themes.gl_pathc; i++) {
        char *name = strrchr(themes.gl_pathv[i], '/') + 1;
        *strstr(name, ".json") = '\0';
        chance_state = i;
        look(name, farthest_m());
        unsigned right = count_right();
        if (right < CALLS)
            fail_msg("theme %s: %u of %u calls were read; the sheets are in " FOLDER, name, right, CALLS);
    }
    globfree(&themes);
}

static void a_number_that_is_too_small_is_not_read(void **state)
{
    (void)state;
    look("dark", 2.5 * farthest_m()); /* D/390 */
    unsigned right = count_right();
    if (right > CALLS / 2)
        fail_msg("%u of %u calls were read at two and a half times the distance", right, CALLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_is_read_from_the_farthest_seat),
        cmocka_unit_test(a_number_that_is_too_small_is_not_read),
    };
    if (!is_there()) {
        puts("needs the packages tesseract-ocr and tesseract-ocr-kaz");
        return 77;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
