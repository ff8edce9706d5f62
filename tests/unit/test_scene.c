/* What a wall shows, and where. */
#include "board/scene/stage.h"
#include "tests/unit/scene_bench.h"

/* Law on languages, article 21: Kazakh left or above, letters of the same size. */
static void kazakh_leads(const struct picture *p, enum weight weight, const char *kk, const char *ru)
{
    struct found first = find(p, 0, weight, false, kk), second = find(p, 1, weight, false, ru);
    assert_int_equal(first.size_px, second.size_px);
    assert_int_equal(p->glyph[first.index].ink, p->glyph[second.index].ink);
    assert_true(first.y < second.y || (first.y == second.y && first.x + first.width < second.x));
}

static void kazakh_stands_first_at_the_size_of_russian(void **state)
{
    (void)state;
    static const int size[][2] = { { 1920, 1080 }, { 1280, 720 }, { 1080, 1920 } };
    for (int i = 0; i < 3; i++) {
        room_init(&room, 2 + i % 2);
        room_notice(&room, "Қабылдау бөлмесінің телефоны: 1308", "Телефон приёмной: 1308", "Phone: 1308");
        build(&picture, size[i][0], size[i][1]);
        kazakh_leads(&picture, WEIGHT_BOLD, room.config.name.text[0], room.config.name.text[1]);
        kazakh_leads(&picture, WEIGHT_REGULAR, "2026 ж. 22 қараша, жексенбі",
                     "воскресенье, 22 ноября 2026 г.");
        if (size[i][0] > size[i][1]) /* a narrow wall breaks it */
            kazakh_leads(&picture, WEIGHT_BOLD, "Күте тұрыңыз", "Пожалуйста, подождите");
        kazakh_leads(&picture, WEIGHT_REGULAR, "Қабылдау бөлмесінің телефоны: 1308",
                     "Телефон приёмной: 1308");
        room_call(&room, "А042", 7, true);
        room.input.truth = FEED_STALE;
        build(&picture, size[i][0], size[i][1]);
        kazakh_leads(&picture, WEIGHT_BOLD, "Терезе", "Окно");
        kazakh_leads(&picture, WEIGHT_BOLD, "Байланыс жоқ. Деректер ескірген болуы мүмкін",
                     "Нет связи. Данные могут быть неактуальны");
    }
}

static void names_of_different_length_have_one_size(void **state)
{
    (void)state;
    room_init(&room, 2);
    strcpy(room.config.name.text[0], "Әкімдік");
    strcpy(room.config.name.text[1], "Приёмная аппарата акима Алмалинского района города Алматы по вопросам");
    build(&picture, 1920, 1080);
    kazakh_leads(&picture, WEIGHT_BOLD, room.config.name.text[0], room.config.name.text[1]);
}

/* Sunday, 14:05. */
static void a_closed_hall_says_when_it_opens(void **state)
{
    (void)state;
    room_init(&room, 2);
    room.config.hours = (struct hours){ 1, { { 0x1f, 510, 1140 } } }; /* Monday to Friday, 08:30 to 19:00 */
    build(&picture, 1920, 1080);
    find(&picture, 0, WEIGHT_BOLD, false, "Жабық");
    find(&picture, 0, WEIGHT_REGULAR, false, "Ашылады: дүйсенбі, 08:30");
    find(&picture, 1, WEIGHT_REGULAR, false, "Откроется: понедельник, 08:30");
    room.config.hours.span[0] = (struct hours_span){ 0x40, 900, 1140 }; /* Sunday from 15:00 */
    build(&picture, 1920, 1080);
    find(&picture, 0, WEIGHT_REGULAR, false, "Ашылады: 15:00");
    room.input.clock.hour = 15;
    build(&picture, 1920, 1080);
    find(&picture, 0, WEIGHT_BOLD, false, "Күте тұрыңыз");
    room.input.clock.hour = 14;
    room.input.clock.is_known = false; /* never closed by a guess */
    build(&picture, 1920, 1080);
    find(&picture, 0, WEIGHT_BOLD, false, "Күте тұрыңыз");
}

static void a_desk_of_a_closed_hall_is_closed(void **state)
{
    (void)state;
    room_init(&room, 2);
    room_view(&room, "zone");
    room.config.hours = (struct hours){ 1, { { 0x1f, 510, 1140 } } };
    build(&picture, 1920, 1080);
    find(&picture, 0, WEIGHT_REGULAR, false, "Жабық");
    room.config.hours.nspans = 0;
    build(&picture, 1920, 1080);
    find(&picture, 0, WEIGHT_REGULAR, false, "Бос");
}

static void numbers_of_the_list_stand_in_columns(void **state)
{
    (void)state;
    static const char *const figures[] = { "117", "041", "9", "040" };
    static const char *const desk[] = { "12", "3", "10", "11" };
    room_init(&room, 2);
    room_recent(&room, "Б117", 12);
    room_recent(&room, "А041", 3);
    room_recent(&room, "Ж9", 10);
    room_recent(&room, "А040", 11);
    build(&picture, 1920, 1080);
    int size = 0, right = 0, desk_right = 0;
    for (int i = 0; i < 4; i++) {
        struct found number = find(&picture, 0, WEIGHT_BOLD, true, figures[i]), label = { 0 };
        assert_true(find_from(&picture, number.index + 1, 0, WEIGHT_BOLD, true, desk[i], &label));
        if (i == 0) {
            size = number.size_px;
            right = number.x + number.width;
            desk_right = label.x + label.width;
        }
        assert_int_equal(number.size_px, size);
        assert_int_equal(label.size_px, size);
        assert_int_equal(number.y, label.y);
        assert_int_equal(number.x + number.width, right);
        assert_int_equal(label.x + label.width, desk_right);
    }
}

static void ticket_and_desk_of_a_call_have_one_size(void **state)
{
    (void)state;
    static const uint16_t places[] = { 1, 2, 4, 8 };
    for (int i = 0; i < 4; i++) {
        room_init(&room, 2);
        room_call(&room, "А042", 7, true);
        room.announce.nslots = places[i];
        build(&picture, 1920, 1080);
        assert_int_equal(find(&picture, 0, WEIGHT_BOLD, true, "042").size_px,
                         find(&picture, 0, WEIGHT_BOLD, true, "7").size_px);
    }
}

/* ---- what is shown --------------------------------------------------------------------------- */

static void no_number_is_shown_when_nothing_can_be_trusted(void **state)
{
    (void)state;
    static const enum feed_truth truths[] = { FEED_NOTHING, FEED_BLANK };
    for (int i = 0; i < 2; i++) {
        room_init(&room, 3);
        room.input.truth = truths[i];
        build(&picture, 1920, 1080);
        room_call(&room, "А042", 7, true);
        room_recent(&room, "Б117", 12);
        room_missed(&room, "К008", 3);
        build(&other, 1920, 1080);
        int changed;
        difference(&picture, &other, &changed);
        assert_int_equal(changed, 0);
        assert_true(has_same_regions(&picture, &other));
    }
}

static void the_strip_of_a_lost_connection_needs_a_lease(void **state)
{
    (void)state;
    room_init(&room, 2);
    room_call(&room, "А042", 7, false);
    room.input.truth = FEED_STALE;
    room.input.has_lease = false;
    build(&picture, 1920, 1080);
    struct found found;
    assert_false(find_from(&picture, 0, 0, WEIGHT_BOLD, false, "Байланыс жоқ. Деректер ескірген болуы мүмкін",
                           &found));
    room.input.has_lease = true;
    build(&picture, 1920, 1080);
    find(&picture, 0, WEIGHT_BOLD, false, "Байланыс жоқ. Деректер ескірген болуы мүмкін");
}

static void calls_of_other_zones_are_not_listed(void **state)
{
    (void)state;
    room_init(&room, 2);
    room.config.desk[11].zone = 1;
    room_recent(&room, "Б117", 12);
    room_recent(&room, "А041", 3);
    room_missed(&room, "К006", 12);
    room_missed(&room, "К009", 3);
    build(&picture, 1920, 1080);
    assert_true(is_shown(&picture, "041"));
    assert_true(is_shown(&picture, "009"));
    assert_false(is_shown(&picture, "117"));
    assert_false(is_shown(&picture, "006"));
}

static void a_featured_call_is_not_listed_twice(void **state)
{
    (void)state;
    room_init(&room, 2);
    room_call(&room, "А042", 7, true);
    room_recent(&room, "Б117", 12);
    build(&picture, 1920, 1080);
    struct found first = find(&picture, 0, WEIGHT_BOLD, true, "042"), second;
    assert_false(find_from(&picture, first.index + 1, 0, WEIGHT_BOLD, true, "042", &second));
}

static int count_plates(void)
{
    int plates = 0;
    build(&picture, 1920, 1080);
    for (int i = 0; i < picture.nregions; i++)
        plates += picture.region[i].fill == 0x0c1c37;
    return plates;
}

static void the_hall_file_may_say_how_many_rows_stand(void **state)
{
    (void)state;
    room_init(&room, 2);
    for (int i = 0; i < 12; i++)
        room_recent(&room, "Б117", 1 + i);
    assert_int_equal(count_plates(), 5);
    for (uint8_t rows = 1; rows <= 8; rows++) {
        room.config.calls.recent = rows;
        assert_int_equal(count_plates(), rows);
    }
    room.config.calls.recent = 30; /* more than can be read */
    assert_in_range(count_plates(), 9, 11);
    room.screen.recent = 3; /* this screen has its own */
    assert_int_equal(count_plates(), 3);
    room.screen.recent = 0; /* as many as fit */
    assert_int_equal(count_plates(), 5);
}

/* Where no panels stand the list has the call at once, inverse while it is new. */
static void a_view_without_panels_lists_a_new_call(void **state)
{
    (void)state;
    for (int is_new = 0; is_new < 2; is_new++) {
        room_init(&room, 2);
        room_view(&room, "info");
        room_call(&room, "А042", 7, is_new);
        build(&picture, 1920, 1080);
        assert_true(is_shown(&picture, "042"));
        int inverse = 0;
        for (int i = 0; i < picture.nregions; i++)
            inverse += picture.region[i].fill == room.config.theme.fresh;
        assert_int_equal(inverse, is_new);
    }
}

static void an_alert_replaces_everything(void **state)
{
    (void)state;
    room_init(&room, 3);
    room_call(&room, "А042", 7, true);
    room_alert(&room, "Назар аударыңыз! Өрт.", "Внимание! Пожар.", "Attention! Fire.");
    build(&picture, 1920, 1080);
    assert_false(is_shown(&picture, "042"));
    kazakh_leads(&picture, WEIGHT_BOLD, "Назар аударыңыз!", "Внимание!");
    kazakh_leads(&picture, WEIGHT_BOLD, "Өрт.", "Пожар."); /* the band has said "attention" */
    assert_int_equal(find(&picture, 2, WEIGHT_BOLD, false, "Fire.").size_px,
                     find(&picture, 0, WEIGHT_BOLD, false, "Өрт.").size_px);
}

static void a_board_without_time_shows_no_clock(void **state)
{
    (void)state;
    room_init(&room, 2);
    build(&picture, 1920, 1080);
    assert_true(is_shown(&picture, "14:05"));
    room.input.clock.is_known = false;
    build(&picture, 1920, 1080);
    assert_false(is_shown(&picture, "14:05"));
}

/* ---- dates and pages ------------------------------------------------------------------------- */

static void dates_are_written_as_each_language_does(void **state)
{
    (void)state;
    static const struct {
        int lang;
        struct scene_clock clock;
        const char *text;
    } rows[] = {
        { 0, { .year = 2026, .month = 11, .day = 22, .weekday = 6 }, "2026 ж. 22 қараша, жексенбі" },
        { 1, { .year = 2026, .month = 11, .day = 22, .weekday = 6 }, "воскресенье, 22 ноября 2026 г." },
        { 2, { .year = 2026, .month = 11, .day = 22, .weekday = 6 }, "Sunday, 22 November 2026" },
        { 0, { .year = 2026, .month = 9, .day = 23, .weekday = 2 }, "2026 ж. 23 қыркүйек, сәрсенбі" },
        { 1, { .year = 2026, .month = 9, .day = 23, .weekday = 2 }, "среда, 23 сентября 2026 г." },
        { 0, { .year = 2027, .month = 1, .day = 1, .weekday = 4 }, "2027 ж. 1 қаңтар, жұма" },
        { 1, { .year = 2027, .month = 5, .day = 9, .weekday = 0 }, "понедельник, 9 мая 2027 г." },
        { 2, { .year = 2027, .month = 12, .day = 16, .weekday = 3 }, "Thursday, 16 December 2027" },
    };
    room_init(&room, 3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[128];
        int length = scene_date(text, sizeof text, &room.config.writing[rows[i].lang], &rows[i].clock);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(length, strlen(text));
    }
}

static void every_month_and_weekday_has_a_name(void **state)
{
    (void)state;
    char seen[12][128];
    room_init(&room, 3);
    for (int lang = 0; lang < 3; lang++)
        for (int month = 1; month <= 12; month++) {
            struct scene_clock clock = { .year = 2026, .month = month, .day = 5, .weekday = (month - 1) % 7 };
            assert_true(scene_date(seen[month - 1], sizeof seen[0], &room.config.writing[lang], &clock) > 10);
            for (int i = 0; i < month - 1; i++)
                assert_string_not_equal(seen[i], seen[month - 1]);
        }
    struct scene_clock wrong = { .year = 2026, .month = 13, .day = 5 };
    assert_true(scene_date(seen[0], sizeof seen[0], &room.config.writing[0], &wrong) < 0);
    wrong.month = 12;
    assert_true(scene_date(seen[0], 8, &room.config.writing[0], &wrong) < 0);
}

static void a_page_of_notices_stays_as_long_as_it_takes_to_read(void **state)
{
    (void)state;
    room_init(&room, 2);
    assert_int_equal(scene_notice_us(&room.input), 0);
    room_notice(&room, "Қысқа", "Коротко", "");
    assert_int_equal(scene_notice_us(&room.input), 0); /* one page stays */
    room_notice(&room, "0123456789012345678901234567890123456789", "Коротко", "");
    assert_int_equal(scene_notice_us(&room.input), 5000000);
    room.input.notice_page = 1;
    assert_int_equal(scene_notice_us(&room.input), 6000000);
    room.input.notice_page = 7;
    assert_int_equal(scene_notice_us(&room.input), 6000000);
    build(&picture, 1920, 1080);
    find(&picture, 0, WEIGHT_REGULAR, false, "0123456789012345678901234567890123456789");
}

/* So that sizes can be judged by what a text is. */
static void each_text_says_what_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum weight weight;
        bool is_number;
        enum text_role role;
    } rows[] = {
        { "042", WEIGHT_BOLD, true, ROLE_TICKET },
        { "3", WEIGHT_BOLD, true, ROLE_DESK },
        { "117", WEIGHT_BOLD, true, ROLE_ROW },
        { "Терезе", WEIGHT_BOLD, false, ROLE_LABEL },
        { "Телефон", WEIGHT_REGULAR, false, ROLE_NOTICE },
        { "14:05", WEIGHT_BOLD, true, ROLE_CLOCK },
        { "2026 ж. 22 қараша, жексенбі", WEIGHT_REGULAR, false, ROLE_HEADER },
    };
    room_init(&room, 2);
    room_notice(&room, "Телефон", "", "");
    room_call(&room, "А042", 3, true);
    room_recent(&room, "Б117", 12);
    for (int i = 0; i < 2; i++) {
        build(&picture, i ? 1080 : 1920, i ? 1920 : 1080);
        for (unsigned r = 0; r < sizeof rows / sizeof *rows; r++) {
            struct found found = find(&picture, 0, rows[r].weight, rows[r].is_number, rows[r].text);
            assert_int_equal(picture.glyph[found.index].role, rows[r].role);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kazakh_stands_first_at_the_size_of_russian),
        cmocka_unit_test(names_of_different_length_have_one_size),
        cmocka_unit_test(a_closed_hall_says_when_it_opens),
        cmocka_unit_test(a_desk_of_a_closed_hall_is_closed),
        cmocka_unit_test(numbers_of_the_list_stand_in_columns),
        cmocka_unit_test(ticket_and_desk_of_a_call_have_one_size),
        cmocka_unit_test(no_number_is_shown_when_nothing_can_be_trusted),
        cmocka_unit_test(the_strip_of_a_lost_connection_needs_a_lease),
        cmocka_unit_test(calls_of_other_zones_are_not_listed),
        cmocka_unit_test(a_featured_call_is_not_listed_twice),
        cmocka_unit_test(the_hall_file_may_say_how_many_rows_stand),
        cmocka_unit_test(a_view_without_panels_lists_a_new_call),
        cmocka_unit_test(an_alert_replaces_everything),
        cmocka_unit_test(a_board_without_time_shows_no_clock),
        cmocka_unit_test(dates_are_written_as_each_language_does),
        cmocka_unit_test(every_month_and_weekday_has_a_name),
        cmocka_unit_test(each_text_says_what_it_is),
        cmocka_unit_test(a_page_of_notices_stays_as_long_as_it_takes_to_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
