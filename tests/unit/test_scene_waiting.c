/* Who waits, as visitors see it: only what is known, where its agency is, in the hall's languages. */
#include "board/check/languages.h"
#include "tests/unit/scene_bench.h"

#define AGENCIES 7

static void start(void)
{
    static const char *const name[][3] = {
        { "Әкімдік", "Акимат", "City" },          { "Прокуратура", "Прокуратура", "Prosecutor" },
        { "Полиция", "Департамент", "Police" },   { "Кіріс", "Доходы", "Revenue" },
        { "Жағдай", "Ситуации", "Emergencies" },  { "Азамат", "Граждане", "Citizens" },
        { "Медиатор", "Медиаторы", "Mediators" },
    };
    room_init(&room, 3);
    room_view(&room, "info");
    room.config.nagencies = AGENCIES;
    for (int i = 0; i < AGENCIES; i++) {
        for (int lang = 0; lang < 3; lang++)
            snprintf(room.config.agency[i].name.text[lang], LABEL_SIZE, "%s", name[i][lang]);
        room.config.desk[i].agency = (int8_t)i;
    }
}

static void tell(int agency, unsigned count, int wait_min)
{
    room.hall.waiting[agency] = (struct hall_waiting){ true, (uint16_t)count, (int16_t)wait_min };
}

static bool says(const char *text, enum weight weight, bool is_number, int lang)
{
    struct found found;
    build(&picture, 1920, 1080);
    return find_from(&picture, 0, lang, weight, is_number, text, &found);
}

static bool has_heading(void)
{
    return says("Кезекте", WEIGHT_BOLD, false, 0);
}

static void what_is_not_known_is_not_there(void **state)
{
    (void)state;
    start();
    assert_false(has_heading());
    tell(0, 0, -1);
    assert_true(has_heading()); /* nobody waits: that is known */
    assert_true(says("0", WEIGHT_BOLD, true, 0));
    assert_false(says("Прокуратура", WEIGHT_REGULAR, false, 0));
    room.screen.zones = 2; /* of another hall's part */
    assert_false(has_heading());
}

/* A wall that may be out of date says no number that somebody would wait by. */
static void what_may_be_old_is_not_there(void **state)
{
    static const enum feed_truth truths[] = { FEED_NOTHING, FEED_STALE, FEED_BLANK };
    (void)state;
    start();
    tell(0, 7, 12);
    assert_true(has_heading());
    for (unsigned i = 0; i < 3; i++) {
        room.input.truth = truths[i];
        assert_false(has_heading());
    }
    room.input.truth = FEED_FRESH;
    room.input.has_lease = false; /* the server that said it has gone */
    assert_false(has_heading());
}

static void minutes_stand_where_they_are_told(void **state)
{
    (void)state;
    start();
    tell(0, 7, 12);
    tell(2, 3, -1);
    tell(3, 0, 0);
    tell(4, 2, 0);
    assert_true(says("≈ 12 мин", WEIGHT_REGULAR, true, 0));
    assert_true(says("≈ 1 мин", WEIGHT_REGULAR, true, 0)); /* less than one is one */
    unsigned labels = 0;
    for (unsigned i = 0; i < picture.nglyphs; i++)
        labels += picture.glyph[i].role == ROLE_LABEL && picture.glyph[i].lang == PICTURE_LANGS &&
                  picture.glyph[i].x > 900 && picture.glyph[i].x < 1180;
    assert_int_equal(labels, strlen("~ 12 min") + strlen("~ 1 min"));
}

static void the_whole_hall_stands_where_agencies_are_not_told(void **state)
{
    (void)state;
    start();
    room.hall.waiting_in_all = (struct hall_waiting){ true, 31, 25 };
    assert_true(has_heading());
    assert_true(says("31", WEIGHT_BOLD, true, 0));
    tell(1, 4, -1);
    assert_false(says("31", WEIGHT_BOLD, true, 0));
    assert_true(says("4", WEIGHT_BOLD, true, 0));
}

static void languages_stand_in_their_order_at_one_size(void **state)
{
    char why[256];
    (void)state;
    start();
    for (int i = 0; i < AGENCIES; i++)
        tell(i, 88, 88);
    for (unsigned page = 0; page < 2; page++)
        for (unsigned size = 0; size < 2; size++) {
            room.input.notice_page = page;
            build(&picture, size ? 1080 : 1920, size ? 1920 : 1080);
            if (!languages_hold(&room.config, &picture, why, sizeof why))
                fail_wall(&picture, "%s", why);
        }
    assert_true(says("Акимат", WEIGHT_REGULAR, false, 1) || says("Граждане", WEIGHT_REGULAR, false, 1));
    /* A name that is the same in two languages stands once. */
    room.input.notice_page = 0;
    build(&picture, 1080, 1920);
    unsigned names[3] = { 0 };
    for (unsigned i = 0; i < picture.nglyphs; i++)
        if (picture.glyph[i].role == ROLE_AGENCY)
            names[picture.glyph[i].lang]++;
    assert_int_equal(names[0], 7 + 11 + 7 + 5); /* letters of the first four */
    assert_int_equal(names[1], 6 + 0 + 11 + 6);
}

/* So that a column can be compared at a glance. */
static void figures_stand_under_each_other(void **state)
{
    int pen[4], figures = 0;
    (void)state;
    start();
    for (int i = 0; i < 4; i++)
        tell(i, i % 2 ? 8 : 1, -1);
    build(&picture, 1920, 1080);
    for (unsigned i = 0; i < picture.nglyphs; i++)
        if (picture.glyph[i].role == ROLE_WAITING && figures < 4)
            pen[figures++] = picture.glyph[i].x;
    assert_int_equal(figures, 4);
    for (int i = 1; i < 4; i++)
        assert_int_equal(pen[i], pen[0]);
}

/* Four at once; seven take turns with the notices, each page as long as one of those, and nothing else moves. */
static void many_agencies_take_turns(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 4; i++)
        tell(i, 20 + (unsigned)i, -1);
    room_notice(&room, "Қысқа", "Коротко", "Short");
    assert_int_equal(scene_notice_us(&room.input), 0);
    for (int i = 4; i < AGENCIES; i++)
        tell(i, 20 + (unsigned)i, -1);
    assert_int_equal(scene_notice_us(&room.input), 5000000);
    assert_true(says("23", WEIGHT_BOLD, true, 0));
    assert_false(says("24", WEIGHT_BOLD, true, 0));
    build(&other, 1920, 1080);
    room.input.notice_page = 1;
    assert_false(says("23", WEIGHT_BOLD, true, 0));
    assert_true(says("26", WEIGHT_BOLD, true, 0));
    assert_int_equal(picture.nregions, other.nregions);
    for (unsigned i = 0; i < picture.nregions; i++)
        assert_memory_equal(&picture.region[i].box, &other.region[i].box, sizeof(struct rect));
    room.input.notice_page = 2;
    assert_true(says("23", WEIGHT_BOLD, true, 0));
}

/* Calls are what a wall is for. */
static void beside_large_calls_there_are_two_at_once(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 4; i++)
        tell(i, 20 + (unsigned)i, -1);
    assert_true(says("23", WEIGHT_BOLD, true, 0));
    room_view(&room, "calls");
    assert_false(has_heading());
    room_add_counts(&room);
    assert_true(has_heading());
    assert_true(says("21", WEIGHT_BOLD, true, 0));
    assert_false(says("22", WEIGHT_BOLD, true, 0));
    room.input.notice_page = 1;
    assert_true(says("22", WEIGHT_BOLD, true, 0));
}

/* As if the part were not in the layout. */
static void an_absent_part_leaves_no_hole(void **state)
{
    (void)state;
    start();
    build(&picture, 1920, 1080);
    struct layout_grid *grid = &room.screen.layout.landscape;
    for (unsigned i = 0; i < grid->nregions; i++)
        if (grid->region[i].part == PART_WAITING)
            grid->region[i] = grid->region[--grid->nregions];
    build(&other, 1920, 1080);
    assert_int_equal(picture.nregions, other.nregions);
    assert_int_equal(picture.nglyphs, other.nglyphs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_known_is_not_there),
        cmocka_unit_test(what_may_be_old_is_not_there),
        cmocka_unit_test(minutes_stand_where_they_are_told),
        cmocka_unit_test(the_whole_hall_stands_where_agencies_are_not_told),
        cmocka_unit_test(languages_stand_in_their_order_at_one_size),
        cmocka_unit_test(figures_stand_under_each_other),
        cmocka_unit_test(many_agencies_take_turns),
        cmocka_unit_test(beside_large_calls_there_are_two_at_once),
        cmocka_unit_test(an_absent_part_leaves_no_hole),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
