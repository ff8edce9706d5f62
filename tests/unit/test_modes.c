/* Which modes are tried, in which order. */
#include "drivers/screen/kms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <drm_mode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED 16

/* "1920x1080@60", "1920x1080@59.94*" (preferred), "1920x1080i@50", "…!" (3D), "…d" (double scan). Blanking of 10 % and
 * 4 %, so that a mode of a list is never taken for a standard timing. */
static struct output_mode parse(const char *text)
{
    unsigned width, height;
    int used = 0;
    struct output_mode mode = { 0 };
    assert_int_equal(sscanf(text, "%ux%u%n", &width, &height, &used), 2);
    bool is_interlaced = text[used] == 'i';
    text += used + is_interlaced + 1;
    char *rest;
    double hz = strtod(text, &rest);
    mode.width = (uint16_t)width;
    mode.height = (uint16_t)height;
    mode.htotal = (uint16_t)(width * 11 / 10);
    mode.vtotal = (uint16_t)(height * 26 / 25);
    mode.clock_khz = (uint32_t)(hz * mode.htotal * mode.vtotal / 1000 / (is_interlaced ? 2 : 1) + 0.5);
    mode.refresh_mhz = (uint32_t)(hz * 1000 + 0.5);
    mode.is_preferred = strchr(rest, '*');
    mode.flags = (is_interlaced ? DRM_MODE_FLAG_INTERLACE : 0) |
                 (strchr(rest, 'd') ? DRM_MODE_FLAG_DBLSCAN : 0) |
                 (strchr(rest, '!') ? DRM_MODE_FLAG_3D_FRAME_PACKING : 0);
    return mode;
}

struct row {
    const char *what;
    bool has_edid;
    const char *current; /* NULL: dark */
    uint16_t width, height, refresh_hz;
    const char *list[LISTED];
    const char *expected; /* of mode_text() without " Hz" and with "@", by blanks */
};

static void describe(const struct output_mode *tried, unsigned count, char *out, size_t size)
{
    out[0] = '\0';
    for (unsigned i = 0; i < count; i++) {
        char text[40];
        mode_text(&tried[i], text, sizeof text);
        *strstr(text, " Hz") = '\0';
        char *at = strstr(text, " at ");
        size_t length = strlen(out);
        snprintf(out + length, size - length, "%s%.*s@%s", i ? " " : "", (int)(at - text), text, at + 4);
    }
}

static void check(const struct row *row)
{
    struct output output = { .state = OUTPUT_PLUGGED, .has_edid = row->has_edid };
    for (; output.nmodes < LISTED && row->list[output.nmodes]; output.nmodes++)
        output.mode[output.nmodes] = parse(row->list[output.nmodes]);
    if (row->current)
        output.current = parse(row->current);
    struct output_mode tried[MODES_TRIED_MAX];
    char text[400];
    describe(tried, modes_choose(&output, row->width, row->height, row->refresh_hz, tried), text,
             sizeof text);
    if (strcmp(text, row->expected) != 0)
        fail_msg("%s:\n  got      %s\n  expected %s", row->what, text, row->expected);
}

#define CHECK(rows)                                                                                          \
    for (size_t r = 0; r < sizeof(rows) / sizeof((rows)[0]); r++)                                            \
    check(&(rows)[r])

#define TELEVISION                                                                                           \
    {                                                                                                        \
        "3840x2160@60*", "3840x2160@59.94", "3840x2160@50", "3840x2160@30", "1920x1080@60",                  \
            "1920x1080@59.94", "1920x1080@50", "1920x1080i@50", "1280x720@60", "1280x720@50", "1024x768@60", \
            "800x600@60", "640x480@59.94"                                                                    \
    }

static void the_mode_of_the_hall_file_comes_first_then_what_is_most_like_it(void **unused)
{
    (void)unused;
    static const struct row rows[] = {
        { "as listed", true, NULL, 1920, 1080, 60, TELEVISION,
          "1920x1080@60 1280x720@60 3840x2160@60 1024x768@60 640x480@59.94 1920x1080i@50" },
        { "at another refresh", true, NULL, 1920, 1080, 50, TELEVISION,
          "1920x1080@50 1280x720@50 3840x2160@60 3840x2160@50 1024x768@60 640x480@59.94 1920x1080i@50" },
        { "large, and lighter, and smaller", true, NULL, 3840, 2160, 60, TELEVISION,
          "3840x2160@60 3840x2160@30 1920x1080@60 1024x768@60 640x480@59.94 1920x1080i@50" },
        { "at a refresh that it does not have", true, NULL, 1280, 720, 75, TELEVISION,
          "1280x720@60 3840x2160@60 1024x768@60 640x480@59.94 1920x1080i@50" },
        { "none of that size: smaller, of the same shape", true, NULL, 2560, 1440, 60, TELEVISION,
          "1920x1080@60 3840x2160@60 1024x768@60 640x480@59.94 1920x1080i@50" },
        { "1366x768 has the shape of 1920x1080",
          true,
          NULL,
          1920,
          1080,
          60,
          { "1366x768@60*", "1024x768@60", "1600x1200@60" },
          "1366x768@60 1600x1200@60 1024x768@60" },
        { "1280x800 has not",
          true,
          NULL,
          1920,
          1080,
          60,
          { "1280x800@60*", "1280x720@60" },
          "1280x720@60 1280x800@60" },
        { "an upright display",
          true,
          NULL,
          1080,
          1920,
          60,
          { "1920x1080@60*", "720x1280@60" },
          "720x1280@60 1920x1080@60" },
    };
    CHECK(rows);
}

static void without_a_wish_the_preferred_mode_comes_first(void **unused)
{
    (void)unused;
    static const struct row rows[] = {
        { "preferred",
          true,
          NULL,
          0,
          0,
          60,
          { "1920x1080@60", "1280x1024@60*", "1280x1024@75" },
          "1280x1024@60 1920x1080@60" },
        { "preferred at its own refresh",
          true,
          NULL,
          0,
          0,
          60,
          { "3840x2160@60", "3840x2160@30*" },
          "3840x2160@30" },
        { "none is preferred: the largest, at the refresh of the hall file",
          true,
          NULL,
          0,
          0,
          60,
          { "1280x720@60", "1920x1080@50", "1920x1080@60" },
          "1920x1080@60 1280x720@60" },
        { "interlaced only", true, NULL, 0, 0, 60, { "1920x1080i@50*", "720x576i@50" }, "1920x1080i@50" },
    };
    CHECK(rows);
}

static void sixty_hertz_may_be_59_94(void **unused)
{
    (void)unused;
    static const struct row rows[] = {
        { "exactly 60 is there too",
          true,
          NULL,
          1920,
          1080,
          60,
          { "1920x1080@59.94*", "1920x1080@60" },
          "1920x1080@60 1920x1080@59.94" },
        { "only 59.94",
          true,
          NULL,
          1920,
          1080,
          60,
          { "1920x1080@50", "1920x1080@59.94" },
          "1920x1080@59.94" },
        { "59.94 is on scan-out",
          true,
          "1920x1080@59.94",
          1920,
          1080,
          60,
          { "1920x1080@60*", "1920x1080@59.94" },
          "1920x1080@59.94 1920x1080@60" },
    };
    CHECK(rows);
}

static void the_mode_on_scan_out_stays_where_it_is_as_good(void **unused)
{
    (void)unused;
    static const struct row rows[] = {
        { "another refresh is not",
          true,
          "1920x1080@50",
          1920,
          1080,
          60,
          { "1920x1080@60", "1920x1080@50*" },
          "1920x1080@60 1920x1080@50" },
        { "another size is not",
          true,
          "1280x720@60",
          1920,
          1080,
          60,
          { "1920x1080@60", "1280x720@60" },
          "1920x1080@60 1280x720@60" },
        { "without a wish, beside the preferred",
          true,
          "1920x1080@59.94",
          0,
          0,
          60,
          { "1920x1080@60*", "1920x1080@59.94" },
          "1920x1080@59.94 1920x1080@60" },
        { "not any more one of this display",
          true,
          "1920x1080@59.95",
          1920,
          1080,
          60,
          { "1920x1080@60" },
          "1920x1080@60" },
    };
    CHECK(rows);
}

/* The same timing is listed for 16:9 and for 64:27; the kernel would set the mode anew for the other one. */
static void of_two_equal_timings_the_one_with_the_flags_on_scan_out_is_tried(void **unused)
{
    (void)unused;
    struct output output = { .state = OUTPUT_PLUGGED, .has_edid = true, .nmodes = 3 };
    for (unsigned i = 0; i < 3; i++) {
        output.mode[i] = parse("1920x1080@60");
        output.mode[i].flags = i << 19; /* DRM_MODE_FLAG_PIC_AR_… */
    }
    output.current = output.mode[2];
    struct output_mode tried[MODES_TRIED_MAX];
    assert_int_equal(modes_choose(&output, 1920, 1080, 60, tried), 1);
    assert_int_equal(tried[0].flags, output.current.flags);
}

static void odd_modes_come_last(void **unused)
{
    (void)unused;
    static const struct row rows[] = {
        { "interlaced",
          true,
          NULL,
          1920,
          1080,
          60,
          { "1920x1080i@60*", "1280x720@60", "640x480@60" },
          "1280x720@60 640x480@60 1920x1080i@60" },
        { "3D and double scan",
          true,
          NULL,
          1920,
          1080,
          60,
          { "1920x1080@60!", "1920x1080@60d", "800x600@60" },
          "800x600@60 1920x1080@60" },
    };
    CHECK(rows);
}

#define GUESSES                                                                                              \
    {                                                                                                        \
        "1024x768@60", "800x600@60.32", "800x600@56.25", "640x480@59.94"                                     \
    }

/* A television that wakes in the morning: connected, its EDID not yet there, and the kernel guesses. */
static void a_late_edid_does_not_make_the_picture_small(void **unused)
{
    (void)unused;
    static const struct row rows[] = {
        { "by standard timings", false, NULL, 1920, 1080, 60, GUESSES,
          "1920x1080@60 1024x768@60 640x480@59.94" },
        { "4K", false, NULL, 3840, 2160, 30, GUESSES, "3840x2160@30 1024x768@60 640x480@59.94" },
        { "what is on scan-out", false, "1920x1080@59.94", 1920, 1080, 60, GUESSES,
          "1920x1080@59.94 1920x1080@60 1024x768@60 640x480@59.94" },
        { "not what the wish is not", false, "1024x768@60", 1920, 1080, 60, GUESSES,
          "1920x1080@60 1024x768@60 640x480@59.94" },
        { "no wish: what is on scan-out", false, "1920x1080@60", 0, 0, 60, GUESSES,
          "1920x1080@60 1024x768@60 800x600@60.32 640x480@59.94" },
        { "no wish, dark: a guess", false, NULL, 0, 0, 60, GUESSES,
          "1024x768@60 800x600@60.32 640x480@59.94" },
        { "no wish, something smaller on scan-out: a guess", false, "640x480@59.94", 0, 0, 60, GUESSES,
          "1024x768@60 800x600@60.32 640x480@59.94" },
        { "a size that no standard knows", false, NULL, 1111, 777, 60, GUESSES, "1024x768@60 640x480@59.94" },
        { "with an EDID only its modes count", true, NULL, 1920, 1080, 60, GUESSES,
          "1024x768@60 640x480@59.94" },
    };
    CHECK(rows);
}

static void a_display_without_modes_gets_none(void **unused)
{
    (void)unused;
    static const struct row rows[] = {
        { "waking", false, "1920x1080@60", 1920, 1080, 60, { NULL }, "" },
        { "waking, no wish", false, NULL, 0, 0, 60, { NULL }, "" },
    };
    CHECK(rows);
}

static struct output_mode first_without_edid(uint16_t width, uint16_t height, uint16_t refresh_hz)
{
    struct output output = { .state = OUTPUT_PLUGGED, .nmodes = 1 };
    output.mode[0] = parse("320x200@60");
    struct output_mode tried[MODES_TRIED_MAX];
    assert_in_range(modes_choose(&output, width, height, refresh_hz, tried), 1, MODES_TRIED_MAX);
    return tried[0];
}

/* The oldest is the least exact: 800x600 "at 60 Hz" is at 60.32. */
static void every_standard_timing_is_sound_and_has_the_refresh_of_its_name(void **unused)
{
    (void)unused;
    static const uint16_t rows[][3] = {
        { 3840, 2160, 60 }, { 3840, 2160, 50 }, { 3840, 2160, 30 }, { 3840, 2160, 25 }, { 3840, 2160, 24 },
        { 1920, 1080, 60 }, { 1920, 1080, 50 }, { 1920, 1080, 30 }, { 1920, 1080, 25 }, { 1920, 1080, 24 },
        { 1280, 720, 60 },  { 1280, 720, 50 },  { 1920, 1200, 60 }, { 1680, 1050, 60 }, { 1600, 1200, 60 },
        { 1600, 900, 60 },  { 1440, 900, 60 },  { 1366, 768, 60 },  { 1360, 768, 60 },  { 1280, 1024, 60 },
        { 1280, 800, 60 },  { 1024, 768, 60 },  { 800, 600, 60 },   { 640, 480, 60 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct output_mode mode = first_without_edid(rows[i][0], rows[i][1], rows[i][2]);
        assert_int_equal(mode.width, rows[i][0]);
        assert_int_equal(mode.height, rows[i][1]);
        assert_in_range(mode.refresh_mhz, rows[i][2] * 994, rows[i][2] * 1006);
        assert_int_equal(mode.refresh_mhz, mode_refresh_mhz(&mode));
        assert_true(mode.width < mode.hsync_start && mode.hsync_start < mode.hsync_end &&
                    mode.hsync_end < mode.htotal);
        assert_true(mode.height < mode.vsync_start && mode.vsync_start < mode.vsync_end &&
                    mode.vsync_end < mode.vtotal);
    }
}

static void the_refresh_counts_fields_and_repeated_lines(void **unused)
{
    (void)unused;
    struct output_mode mode = { .clock_khz = 74250, .htotal = 2640, .vtotal = 1125 };
    assert_int_equal(mode_refresh_mhz(&mode), 25000);
    mode.flags = DRM_MODE_FLAG_INTERLACE;
    assert_int_equal(mode_refresh_mhz(&mode), 50000);
    mode.flags = DRM_MODE_FLAG_DBLSCAN;
    assert_int_equal(mode_refresh_mhz(&mode), 12500);
    mode.flags = 0;
    mode.vscan = 5;
    assert_int_equal(mode_refresh_mhz(&mode), 5000);
    mode = (struct output_mode){ .clock_khz = 148352, .htotal = 2200, .vtotal = 1125 };
    assert_int_equal(mode_refresh_mhz(&mode), 59940);
    mode = (struct output_mode){ .clock_khz = 148352 };
    assert_int_equal(mode_refresh_mhz(&mode), 0);
}

static void a_mode_is_named_as_a_technician_would(void **unused)
{
    (void)unused;
    static const struct {
        const char *mode, *text;
    } rows[] = {
        { "1920x1080@60", "1920x1080 at 60 Hz" },        { "1920x1080@59.94", "1920x1080 at 59.94 Hz" },
        { "1920x1080@23.976", "1920x1080 at 23.98 Hz" }, { "1920x1080i@50", "1920x1080i at 50 Hz" },
        { "640x480@72.5", "640x480 at 72.5 Hz" },        { "1920x1080@100", "1920x1080 at 100 Hz" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct output_mode mode = parse(rows[i].mode);
        char text[40];
        mode_text(&mode, text, sizeof text);
        assert_string_equal(text, rows[i].text);
    }
    char dark[40];
    mode_text(&(struct output_mode){ 0 }, dark, sizeof dark);
    assert_string_equal(dark, "0x0 at 0 Hz");
}

static void whatever_a_display_lists_there_are_at_most_eight_and_no_two_alike(void **unused)
{
    (void)unused;
    srand(7);
    for (int round = 0; round < 20000; round++) {
        struct output output = { .nmodes = (uint16_t)(rand() % (OUTPUT_MODES_MAX + 1)),
                                 .has_edid = rand() % 2 };
        for (unsigned i = 0; i < output.nmodes; i++)
            output.mode[i] = (struct output_mode){ .width = (uint16_t)(rand() % 4 * 640),
                                                   .height = (uint16_t)(rand() % 4 * 360),
                                                   .clock_khz = (uint32_t)rand() % 600000,
                                                   .flags = rand() % 3 ? 0 : (uint32_t)rand(),
                                                   .refresh_mhz = (uint32_t)rand() % 120000,
                                                   .is_preferred = rand() % 9 == 0 };
        output.current = output.mode[rand() % OUTPUT_MODES_MAX];
        struct output_mode tried[MODES_TRIED_MAX];
        unsigned n = modes_choose(&output, (uint16_t)(rand() % 4 * 640), (uint16_t)(rand() % 4 * 360),
                                  (uint16_t)(rand() % 100), tried);
        assert_in_range(n, output.nmodes > 0, MODES_TRIED_MAX);
        for (unsigned i = 0; i < n; i++)
            for (unsigned j = 0; j < i; j++)
                assert_memory_not_equal(&tried[i], &tried[j], sizeof tried[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mode_of_the_hall_file_comes_first_then_what_is_most_like_it),
        cmocka_unit_test(without_a_wish_the_preferred_mode_comes_first),
        cmocka_unit_test(sixty_hertz_may_be_59_94),
        cmocka_unit_test(the_mode_on_scan_out_stays_where_it_is_as_good),
        cmocka_unit_test(of_two_equal_timings_the_one_with_the_flags_on_scan_out_is_tried),
        cmocka_unit_test(odd_modes_come_last),
        cmocka_unit_test(a_late_edid_does_not_make_the_picture_small),
        cmocka_unit_test(a_display_without_modes_gets_none),
        cmocka_unit_test(every_standard_timing_is_sound_and_has_the_refresh_of_its_name),
        cmocka_unit_test(the_refresh_counts_fields_and_repeated_lines),
        cmocka_unit_test(a_mode_is_named_as_a_technician_would),
        cmocka_unit_test(whatever_a_display_lists_there_are_at_most_eight_and_no_two_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
