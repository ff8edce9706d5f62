/* What is said of the size of texts is what is drawn, and what is said to help does help. */
#include "board/check/check.h"
#include "board/check/legibility.h"
#include "board/check/trial.h"
#include "tests/unit/chance.h"
#include "tests/unit/demo_hall.h"

#include <math.h>
#include <string.h>

static struct config *config;
static struct config_screen *screen;
static struct fonts *fonts;
static char said[16384];

static int set_up(void **state)
{
    char error[256];
    (void)state;
    config = demo_hall();
    fonts = fonts_create(&font_files_debian, error, sizeof error);
    assert_true(config && fonts);
    config->nscreens = 1;
    screen = &config->screen[0];
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fonts_destroy(fonts);
    config_destroy(config);
    return 0;
}

static int check(void)
{
    FILE *out = fmemopen(said, sizeof said, "w");
    assert_non_null(out);
    int errors = check_screens(config, fonts, out);
    fclose(out);
    return errors;
}

static bool says(const char *text)
{
    return strstr(said, text) != NULL;
}

#define assert_says(text)                                                                                    \
    do {                                                                                                     \
        if (!says(text))                                                                                     \
            fail_msg("\"%s\" is not in:\n%s", text, said);                                                   \
    } while (0)

/* The number behind `before` in what was said. */
static double told(const char *before)
{
    const char *at = strstr(said, before);
    if (!at)
        fail_msg("\"%s\" is not in:\n%s", before, said);
    return at ? atof(at + strlen(before)) : 0;
}

/* ---- what is measured ------------------------------------------------------------------------ */

/* Calls as they come in a hall; the ink of the letter that stands flat on its line is the height of capitals. */
static int ink_of_called_numbers(unsigned calls, int width, int height)
{
    static struct hall hall;
    static struct announce announce;
    static struct picture picture;
    hall_init(&hall, config);
    announce_init(&announce, config, screen->zones, 1000000);
    announce.most = screen->panels;
    for (unsigned i = 0; i < calls; i++) {
        struct event event = { .type = EVENT_CALL, .seq = i + 1, .lane = LANE_BOOKED, .booked_at = "10:30" };
        int desk;
        memcpy(event.desk, config->desk[i].id, sizeof event.desk);
        snprintf(event.ticket, sizeof event.ticket, "Ш%03u", i);
        assert_true(hall_apply(&hall, &event, 0, &desk) > 0);
        assert_true(announce_call(&announce, &hall, desk, i + 1, 0));
    }
    const struct scene_input input = {
        .config = config, .screen = screen, .hall = &hall, .announce = &announce, .truth = FEED_FRESH
    };
    scene_build(&picture, fonts, &input, width, height);
    const struct text_style style = {
        .weight = WEIGHT_BOLD, .size_px = 100, .lang = "kk", .is_number = true
    };
    const uint32_t letter = (uint32_t)text_shape(fonts, &style, "Ш")->glyph[0].key;
    int least = 0;
    for (unsigned i = 0; i < picture.nglyphs; i++) {
        const struct placed *placed = &picture.glyph[i];
        int ink = (uint32_t)placed->key == letter ? glyph_get(fonts, placed->key)->height : 0;
        if (placed->role == ROLE_TICKET && ink && (!least || ink < least))
            least = ink;
    }
    return least;
}

static void what_is_measured_is_what_is_drawn(void **state)
{
    static const int sizes[][2] = { { 1920, 1080 }, { 1280, 720 }, { 3840, 2160 }, { 1920, 1200 } };
    (void)state;
    for (unsigned panels = 1; panels <= 8; panels *= 2)
        for (unsigned i = 0; i < 8; i++) {
            struct trial_sizes measured;
            screen->panels = (uint8_t)panels;
            screen->device.width = (uint16_t)sizes[i / 2][0];
            screen->device.height = (uint16_t)sizes[i / 2][1];
            screen->device.rotation = i % 2 ? 90 : 0;
            struct trial *trial = trial_create(config, fonts);
            trial_measure(trial, 0, (struct trial_limits){ 0 }, &measured);
            trial_destroy(trial);
            assert_int_equal(measured.panels, panels);
            assert_int_equal(measured.width_px, sizes[i / 2][i % 2]);
            int ink_px = ink_of_called_numbers(panels, measured.width_px, measured.height_px);
            if (abs(measured.cap_px[ROLE_TICKET] - ink_px) > 1)
                fail_msg("%u panels, %d x %d: %d px are said, %d px are drawn", panels, measured.width_px,
                         measured.height_px, measured.cap_px[ROLE_TICKET], ink_px);
        }
}

static void longer_tickets_and_labels_are_measured(void **state)
{
    struct trial_sizes usual, longer;
    (void)state;
    struct trial *trial = trial_create(config, fonts);
    trial_measure(trial, 0, (struct trial_limits){ 0 }, &usual);
    trial_destroy(trial);
    strcpy(config->desk[11].label, "Кабинет1");
    config->tickets.nseries = 2;
    config->tickets.digits = 5;
    strcpy(config->tickets.series[0], "А");
    strcpy(config->tickets.series[1], "АБВ");
    trial = trial_create(config, fonts);
    trial_measure(trial, 0, (struct trial_limits){ 0 }, &longer);
    trial_destroy(trial);
    assert_true(longer.cap_px[ROLE_TICKET] < usual.cap_px[ROLE_TICKET] * 3 / 4);
    assert_true(longer.cap_px[ROLE_DESK] < usual.cap_px[ROLE_DESK]);
    assert_true(longer.cap_px[ROLE_ROW] < usual.cap_px[ROLE_ROW]);
    assert_int_equal(longer.cap_px[ROLE_CLOCK], usual.cap_px[ROLE_CLOCK]);
}

static void the_table_has_each_text_of_the_wall(void **state)
{
    static const char *const rows[] = { "called number",        "its desk", "rows of the list",
                                        "missed calls",         "clock",    "name and date",
                                        "words beside numbers", "notices",  "walls without calls" };
    (void)state;
    assert_int_equal(check(), 0);
    assert_says("screen main: calls, 1920x1080, 55 in, 0.634 mm a pixel, 10.1 m from the farthest eyes\n");
    assert_says(
        "when the hall is at its fullest, 4 calls at once, 5 rows in the list; ADA 703.5.5 asks for ");
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_says(rows[i]);
    assert_false(says("alert"));
    config->notice[config->nnotices].level = NOTICE_ALERT;
    strcpy(config->notice[config->nnotices++].text.text[0], "Назар аударыңыз!");
    check();
    assert_says("\n  alert ");
}

/* ---- any hall -------------------------------------------------------------------------------- */

static void any_letters(char *out, unsigned most)
{
    static const char *const letters[] = { "А", "Й", "Щ", "Ж", "Қ", "Ш", "І", "A", "7" };
    out[0] = '\0';
    for (unsigned i = chance_below(most + 1); i > 0; i--)
        strcat(out, letters[chance_below(9)]);
}

static void any_hall(void)
{
    static const uint8_t panels[] = { 1, 2, 4, 8 };
    static const uint16_t sizes[][2] = { { 1920, 1080 }, { 1280, 720 }, { 3840, 2160 }, { 1366, 768 } };
    unsigned size = chance_below(4);
    config->tickets.nseries = (uint8_t)(1 + chance_below(5));
    config->tickets.digits = (uint8_t)(1 + chance_below(5));
    for (unsigned i = 0; i < config->tickets.nseries; i++)
        any_letters(config->tickets.series[i], 3);
    for (unsigned i = 0; i < config->ndesks; i++) {
        config->desk[i].arrow = (uint8_t)chance_below(ARROWS);
        any_letters(config->desk[i].label, 3);
        strcat(config->desk[i].label, chance_below(2) ? "7" : "12");
    }
    screen->panels = panels[chance_below(4)];
    screen->device.width = sizes[size][0];
    screen->device.height = sizes[size][1];
    screen->device.rotation = chance_below(2) ? 90 : 0;
    screen->diagonal_in = 32 + chance_below(60);
    screen->farthest_m = 2 + chance_below(10);
}

static void any_calls(struct hall *hall, struct announce *announce)
{
    hall_init(hall, config);
    announce_init(announce, config, screen->zones, 1000000);
    announce->most = screen->panels;
    for (unsigned i = 0, calls = 1 + chance_below(10); i < calls; i++) {
        struct event event = { .type = EVENT_CALL, .seq = i + 1, .lane = (uint8_t)chance_below(LANES) };
        int desk = (int)chance_below(config->ndesks);
        memcpy(event.desk, config->desk[desk].id, sizeof event.desk);
        memcpy(event.ticket, config->tickets.series[chance_below(config->tickets.nseries)], TICKET_SIZE);
        for (unsigned d = 0; d < config->tickets.digits; d++)
            sprintf(event.ticket + strlen(event.ticket), "%u", chance_below(10));
        if (hall_apply(hall, &event, 0, &desk) > 0)
            announce_call(announce, hall, desk, i + 1, 0);
    }
}

/* Whoever is told that the called number can be read must never see a smaller one. */
static void no_call_of_any_hall_is_smaller_than_was_said(void **state)
{
    static struct hall hall;
    static struct announce announce;
    static struct picture picture;
    char reason[512];
    unsigned refused = 0;
    (void)state;
    chance_state = 7;
    for (unsigned i = 0; i < 80; i++) {
        any_hall();
        struct trial_sizes said_sizes;
        struct trial *trial = trial_create(config, fonts);
        trial_measure(trial, 0, (struct trial_limits){ 0 }, &said_sizes);
        trial_destroy(trial);
        bool is_legible = check_legible(config, fonts, reason, sizeof reason);
        double pitch_mm = legibility_pitch_mm(screen->diagonal_in, said_sizes.width_px, said_sizes.height_px);
        double distance_m = legibility_distance_m(screen->farthest_m, screen->height_m);
        int need_px = legibility_need_px(pitch_mm, distance_m, legibility_called.least_k);
        int smallest_px = said_sizes.cap_px[ROLE_TICKET];
        refused += !is_legible;
        assert_int_equal(is_legible, smallest_px >= need_px && said_sizes.cap_px[ROLE_DESK] >= need_px);
        any_calls(&hall, &announce);
        const struct scene_input input = {
            .config = config, .screen = screen, .hall = &hall, .announce = &announce, .truth = FEED_FRESH
        };
        scene_build(&picture, fonts, &input, said_sizes.width_px, said_sizes.height_px);
        for (unsigned g = 0; g < picture.nglyphs; g++) {
            enum text_role role = picture.glyph[g].role;
            int size_px = glyph_size_px(picture.glyph[g].key);
            int cap_px = size_px ? fonts_metrics(fonts, WEIGHT_BOLD, size_px).cap_px : 0;
            if (cap_px && (role == ROLE_TICKET || role == ROLE_DESK) && cap_px < said_sizes.cap_px[role])
                fail_msg("hall %u: %d px are drawn, %d px were said", i, cap_px, said_sizes.cap_px[role]);
        }
    }
    assert_true(refused > 10 && refused < 70); /* both kinds came */
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static void a_hall_whose_number_cannot_be_read_is_refused_unless_that_is_known(void **state)
{
    char reason[512];
    (void)state;
    assert_true(check_legible(config, fonts, reason, sizeof reason));
    screen->panels = 8;
    assert_int_equal(check(), 1);
    assert_says("screens[0]: the called number cannot be read from the farthest seat: capitals of ");
    assert_false(check_legible(config, fonts, reason, sizeof reason));
    assert_says(reason);
    screen->accept_illegible = true;
    assert_int_equal(check(), 0);
    assert_says("\"accept_illegible\" says that this is known  WARN\n");
    assert_true(check_legible(config, fonts, reason, sizeof reason));
}

/* Each remedy is tried: just enough turns the verdict, and a little less does not. */
static void what_is_said_to_help_does_help(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        const struct config_screen before = *screen;
        screen->panels = 8;
        screen->device.rotation = i ? 90 : 0;
        assert_int_equal(check(), 1);
        unsigned panels = (unsigned)told("called number: for WARN \"panels\": ");
        assert_true(panels < 8);
        double inches = told(", or a screen of ");
        double seat_m = told(" in, or no seat beyond ");

        screen->panels = (uint8_t)panels;
        assert_int_equal(check(), 0);
        screen->panels = (uint8_t)(panels * 2);
        assert_int_equal(check(), 1);

        screen->panels = 8;
        screen->diagonal_in = inches;
        assert_int_equal(check(), 0);
        screen->diagonal_in = inches - 1;
        assert_int_equal(check(), 1);

        screen->diagonal_in = before.diagonal_in;
        screen->farthest_m = seat_m;
        assert_int_equal(check(), 0);
        screen->farthest_m = seat_m + 0.11;
        assert_int_equal(check(), 1);
        *screen = before;
    }
}

static void take_view(const char *view)
{
    struct json_report report = { .line = complain };
    snprintf(screen->view, sizeof screen->view, "%s", view);
    assert_true(config_load_layout(NULL, view, &screen->layout, &report));
}

/* Cells get larger only when there are fewer: as many as are told pass, one more does not. */
static void fewer_desks_are_advised_where_cells_are_small(void **state)
{
    static const char *const verdicts[] = { "WARN", "PASS" };
    (void)state;
    take_view("zone");
    for (uint16_t i = 0; i < config->ndesks; i++)
        config->desk[i].zone = 0;
    screen->zones = 1;
    const uint16_t all = config->ndesks;
    for (unsigned i = 0; i < 2; i++) {
        char advice[80], help[64];
        snprintf(help, sizeof help, "called number: for %s ", verdicts[i]);
        snprintf(advice, sizeof advice, "%szones of ", help);
        config->ndesks = all;
        assert_int_equal(check(), 1);
        assert_says("take zones of ");
        unsigned desks = (unsigned)told(advice);
        assert_true(desks > 0 && desks < all);
        config->ndesks = (uint16_t)desks;
        check();
        assert_false(says(help));
        config->ndesks = (uint16_t)(desks + 1);
        check();
        assert_says(advice);
    }
}

/* Each of the views that are installed; one without calls has no number to be refused for. */
static void every_view_is_measured(void **state)
{
    static const struct {
        const char *view;
        enum text_role roles[5];
    } rows[] = { { "zone", { ROLE_TICKET, ROLE_DESK, ROLE_ROW, ROLE_CLOCK, ROLE_HEADER } },
                 { "desk", { ROLE_TICKET, ROLE_DESK, ROLE_AGENCY, ROLE_LABEL, ROLE_NOTICE } },
                 { "info", { ROLE_ROW, ROLE_NOTICE, ROLE_CLOCK, ROLE_HEADER, ROLE_WAITING } } };
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct trial_sizes sizes;
        take_view(rows[i].view);
        screen->desk = strcmp(rows[i].view, "desk") == 0 ? 2 : NONE;
        struct trial *trial = trial_create(config, fonts);
        trial_measure(trial, 0, (struct trial_limits){ 0 }, &sizes);
        trial_destroy(trial);
        for (unsigned r = 0; r < 5; r++)
            assert_true(sizes.cap_px[rows[i].roles[r]] > 0);
    }
    assert_int_equal(check(), 0);
    assert_false(says("called number"));
    assert_false(says("at once"));
    assert_says("waiting counts ");
    assert_says("5 rows in the list; ADA ");
}

static void fewer_rows_are_advised_where_they_help(void **state)
{
    (void)state;
    config->calls.recent = 9;
    screen->farthest_m = 7.5;
    check();
    assert_says("9 rows in the list");
    unsigned rows = (unsigned)told("rows of the list: for PASS \"recent\": ");
    assert_true(rows > 0 && rows < 9);
    config->calls.recent = (uint8_t)rows;
    check();
    assert_false(says("rows of the list: for PASS"));
    config->calls.recent = (uint8_t)(rows + 1);
    check();
    assert_says("rows of the list: for PASS");
}

static void letters_seen_from_aside_count_as_smaller(void **state)
{
    (void)state;
    screen->off_axis_deg = 30;
    assert_int_equal(check(), 1);
    assert_says("  from 30 degrees aside letters are narrower by 13 %, and count as that much smaller\n");
    screen->panels = 2;
    assert_int_equal(check(), 0);
    screen->off_axis_deg = 50;
    screen->farthest_m = 4;
    assert_int_equal(check(), 0);
    assert_says("count as that much smaller  WARN: ");
}

static void a_screen_without_measures_is_said_to_be_unchecked(void **state)
{
    (void)state;
    screen->panels = 8;
    screen->diagonal_in = 0;
    screen->device.width = 0; /* the preferred mode */
    assert_int_equal(check(), 0);
    assert_says("screen main: calls, 1920x1080; not calculated: give diagonal_in and farthest_m\n");
}

static void a_turned_screen_is_calculated_upright(void **state)
{
    (void)state;
    screen->device.rotation = 90;
    check();
    assert_says("screen main: calls, 1080x1920, 55 in, 0.634 mm a pixel, 10.1 m from the farthest eyes\n");
    screen->device.width = 0;
    screen->device.rotation = 270;
    check();
    assert_says("screen main: calls, 1080x1920, 55 in, 0.634 mm");
}

static void letters_that_look_like_figures_are_warned_about(void **state)
{
    (void)state;
    config->tickets.nseries = 3;
    strcpy(config->tickets.series[0], "А");
    strcpy(config->tickets.series[1], "КО");
    strcpy(config->tickets.series[2], "I");
    FILE *out = fmemopen(said, sizeof said, "w");
    check_tickets(config, out);
    fclose(out);
    assert_says("tickets.series[1]: \"КО\" looks like 0 from afar  WARN: ");
    assert_says("tickets.series[2]: \"I\" looks like 1 from afar  WARN: ");
    assert_false(says("tickets.series[0]"));
}

/* ---- formulas -------------------------------------------------------------------------------- */

static void heights_follow_the_published_rules(void **state)
{
    static const struct {
        double diagonal_in;
        int width, height;
        double distance_m;
        int minimum_px, target_px, ada_px;
    } rows[] = {
        { 43, 1920, 1080, 8, 105, 147, 176 },  { 43, 1920, 1080, 10, 131, 184, 218 },
        { 43, 1920, 1080, 15, 196, 276, 324 }, { 43, 1920, 1080, 20, 261, 367, 430 },
        { 55, 1920, 1080, 8, 82, 115, 138 },   { 55, 1920, 1080, 10, 102, 144, 171 },
        { 55, 1920, 1080, 15, 153, 216, 253 }, { 55, 1920, 1080, 20, 204, 287, 336 },
        { 65, 3840, 2160, 8, 138, 195, 233 },  { 65, 3840, 2160, 10, 173, 243, 289 },
        { 65, 3840, 2160, 15, 259, 364, 429 }, { 65, 3840, 2160, 20, 345, 486, 569 },
    };
    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        double pitch_mm = legibility_pitch_mm(rows[i].diagonal_in, rows[i].width, rows[i].height);
        assert_int_equal(legibility_need_px(pitch_mm, rows[i].distance_m, legibility_called.least_k),
                         rows[i].minimum_px);
        assert_int_equal(legibility_need_px(pitch_mm, rows[i].distance_m, legibility_called.good_k),
                         rows[i].target_px);
        assert_int_equal(legibility_ada_px(pitch_mm, rows[i].distance_m, 2.4), rows[i].ada_px);
    }
}

static void the_verdict_turns_at_the_rules(void **state)
{
    (void)state;
    double pitch_mm = legibility_pitch_mm(55, 1920, 1080);
    assert_int_equal(legibility_verdict(&legibility_called, pitch_mm, 10, 144), VERDICT_PASS);
    assert_int_equal(legibility_verdict(&legibility_called, pitch_mm, 10, 143), VERDICT_WARN);
    assert_int_equal(legibility_verdict(&legibility_called, pitch_mm, 10, 102), VERDICT_WARN);
    assert_int_equal(legibility_verdict(&legibility_called, pitch_mm, 10, 101), VERDICT_FAIL);
    assert_int_equal(legibility_verdict(&legibility_other, pitch_mm, 10, 102), VERDICT_PASS);
    assert_int_equal(legibility_verdict(&legibility_other, pitch_mm, 10, 101), VERDICT_WARN);
    assert_int_equal(legibility_verdict(&legibility_other, pitch_mm, 10, 64), VERDICT_WARN);
    assert_int_equal(legibility_verdict(&legibility_other, pitch_mm, 10, 63), VERDICT_FAIL);
    assert_true(legibility_reach_m(pitch_mm, 144, legibility_called.good_k) >= 10);
    assert_true(legibility_reach_m(pitch_mm, 143, legibility_called.good_k) < 10);
}

/* 4 arctan(1 / 2k) of a circle: D/110 are 31', D/155 22', D/250 14'. */
static void angles_are_those_of_the_rules(void **state)
{
    (void)state;
    assert_true(fabs(legibility_angle_min(1, 110, 1000) - 31.25) < 0.01);
    assert_true(fabs(legibility_angle_min(1, 155, 1000) - 22.18) < 0.01);
    assert_true(fabs(legibility_angle_min(0.5, 250, 2000) - 13.75) < 0.01);
    assert_true(fabs(legibility_seen_mm(0.6, 60) - 0.3) < 1e-9);
    assert_true(legibility_seen_mm(0.6, 0) == 0.6);
}

static void a_screen_high_up_is_farther_away(void **state)
{
    (void)state;
    assert_true(legibility_distance_m(3, 0) == 3);
    assert_true(legibility_distance_m(3, LEGIBILITY_EYE_M + 4) == 5);
    assert_true(legibility_distance_m(3, LEGIBILITY_EYE_M) == 3);
    assert_true(legibility_seat_m(5, LEGIBILITY_EYE_M + 4) == 3);
    assert_true(legibility_seat_m(5, 0) == 5);
    assert_true(legibility_seat_m(3, LEGIBILITY_EYE_M + 4) == 0); /* too high for any seat */
    assert_int_equal(legibility_ada_px(1, 5, 3.0), 56); /* 51 mm and 3.2 mm for each 305 mm beyond 4.57 m */
    assert_int_equal(legibility_ada_px(1, 5, 3.1), 75);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_measured_is_what_is_drawn),
        TEST(longer_tickets_and_labels_are_measured),
        TEST(no_call_of_any_hall_is_smaller_than_was_said),
        TEST(the_table_has_each_text_of_the_wall),
        TEST(a_hall_whose_number_cannot_be_read_is_refused_unless_that_is_known),
        TEST(what_is_said_to_help_does_help),
        TEST(fewer_desks_are_advised_where_cells_are_small),
        TEST(every_view_is_measured),
        TEST(fewer_rows_are_advised_where_they_help),
        TEST(letters_seen_from_aside_count_as_smaller),
        TEST(a_screen_without_measures_is_said_to_be_unchecked),
        TEST(a_turned_screen_is_calculated_upright),
        TEST(letters_that_look_like_figures_are_warned_about),
        cmocka_unit_test(heights_follow_the_published_rules),
        cmocka_unit_test(the_verdict_turns_at_the_rules),
        cmocka_unit_test(angles_are_those_of_the_rules),
        cmocka_unit_test(a_screen_high_up_is_farther_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
