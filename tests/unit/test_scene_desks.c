/* The part "desks": every desk of a zone in its own place. */
#include "board/scene/stage.h"
#include "tests/unit/scene_bench.h"

static void open_zone(unsigned ndesks)
{
    room_init(&room, 2);
    room_view(&room, "zone");
    room.config.ndesks = 0;
    for (unsigned i = 1; i <= ndesks; i++) {
        char label[8];
        snprintf(label, sizeof label, "%u", 100 + i); /* no ticket reads so */
        room_desk(&room, label, KIND_WINDOW, ARROW_LEFT);
    }
}

static void occupy(int desk, const char *ticket, enum phase phase)
{
    room.hall.desk[desk - 1].phase = (uint8_t)phase;
    snprintf(room.hall.desk[desk - 1].ticket, TICKET_SIZE, "%s", ticket);
}

/* Of the cell: the last ground laid under the label, but for its separator. */
static color ground_of(const struct picture *p, const char *label)
{
    struct found found = find(p, 0, WEIGHT_BOLD, true, label);
    color ground = 0;
    for (int i = 0; i < p->nregions; i++)
        if (is_inside((struct ink){ found.x, found.y, found.x, found.y }, ink_of_box(p->region[i].box)))
            ground = p->region[i].fill;
    return ground;
}

static void only_a_new_call_is_inverse(void **state)
{
    (void)state;
    open_zone(3);
    occupy(1, "А042", PHASE_CALLED);
    occupy(2, "А043", PHASE_CALLED);
    room_call(&room, "А042", 1, true);
    room_call(&room, "А043", 2, false);
    build(&picture, 1920, 1080);
    assert_int_equal(ground_of(&picture, "101"), room.config.theme.fresh);
    assert_int_equal(ground_of(&picture, "102"), room.config.theme.row);
    assert_int_equal(ground_of(&picture, "103"), room.config.theme.row);
}

/* Not by colour alone: a desk may have no arrow, and a theme no softer ink. */
static void who_is_called_and_who_is_served_differ_in_shape(void **state)
{
    struct found found;
    (void)state;
    open_zone(2);
    room_theme(&room.config, "contrast");
    for (int i = 0; i < 2; i++)
        room.config.desk[i].arrow = ARROW_NONE;
    occupy(1, "А042", PHASE_CALLED);
    occupy(2, "А777", PHASE_SERVING);
    build(&picture, 1920, 1080);
    find(&picture, 0, WEIGHT_BOLD, true, "042");
    find(&picture, 0, WEIGHT_REGULAR, true, "777");
    assert_false(find_from(&picture, 0, 0, WEIGHT_BOLD, true, "777", &found));
}

/* Over the one desk of its own screen a word says it as well, in place of how the visitor came there. */
static void a_desk_says_that_its_visitor_has_come(void **state)
{
    struct found found;
    (void)state;
    room_init(&room, 2);
    room_view(&room, "desk");
    room.screen.desk = 2;
    room.hall.desk[2].is_recall = true;
    occupy(3, "А042", PHASE_CALLED);
    build(&picture, 1920, 1080);
    find(&picture, 0, WEIGHT_BOLD, false, "Қайта шақыру · Повторный вызов");
    assert_false(find_from(&picture, 0, 0, WEIGHT_BOLD, false, "Қабылдауда · На приёме", &found));
    occupy(3, "А042", PHASE_SERVING);
    build(&picture, 1920, 1080);
    find(&picture, 0, WEIGHT_BOLD, false, "Қабылдауда · На приёме");
    assert_false(find_from(&picture, 0, 0, WEIGHT_BOLD, false, "Қайта шақыру · Повторный вызов", &found));
}

/* The desk may call the next visitor while the last call is still within its dwell. */
static void a_call_keeps_its_place_for_its_dwell(void **state)
{
    (void)state;
    open_zone(4);
    occupy(2, "А777", PHASE_CALLED);
    struct announce_slot *slot = room_call(&room, "А042", 2, true);
    build(&picture, 1920, 1080);
    assert_true(is_shown(&picture, "042"));
    assert_false(is_shown(&picture, "777"));
    slot->is_new = false;
    build(&picture, 1920, 1080);
    assert_true(is_shown(&picture, "777"));
    assert_false(is_shown(&picture, "042"));
}

static void nothing_moves_when_tickets_come_and_go(void **state)
{
    (void)state;
    open_zone(12);
    build(&picture, 1920, 1080);
    for (int desk = 1; desk <= 12; desk++)
        occupy(desk, desk == 5 ? "ЖШ-99999" : "А001", desk % 2 ? PHASE_CALLED : PHASE_SERVING);
    room_call(&room, "А001", 7, true);
    build(&other, 1920, 1080);
    for (int desk = 1; desk <= 12; desk++) {
        char label[8];
        snprintf(label, sizeof label, "%d", 100 + desk);
        struct found before = find(&picture, 0, WEIGHT_BOLD, true, label);
        struct found after = find(&other, 0, WEIGHT_BOLD, true, label);
        assert_int_equal(before.x, after.x);
        assert_int_equal(before.y, after.y);
        assert_int_equal(before.size_px, after.size_px);
    }
}

static void what_a_desk_does_is_said_in_words(void **state)
{
    (void)state;
    open_zone(3);
    room.hall.desk[0].status = DESK_OPEN;
    room.hall.desk[1].status = DESK_PAUSED;
    room.hall.desk[2].status = DESK_CLOSED;
    build(&picture, 1920, 1080);
    static const char *const word[][2] = { { "Бос", "Свободно" },
                                           { "Үзіліс", "Перерыв" },
                                           { "Жабық", "Закрыто" } };
    for (int i = 0; i < 3; i++) {
        struct found kk = find(&picture, 0, WEIGHT_REGULAR, false, word[i][0]);
        struct found ru = find(&picture, 1, WEIGHT_REGULAR, false, word[i][1]);
        assert_true(kk.y < ru.y);
        assert_int_equal(kk.size_px, ru.size_px);
    }
}

static bool do_touch(struct rect a, struct rect b)
{
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/* Each cell has its own ground, and no letter of a zone leaves the grounds but head and foot. */
static void one_to_64_desks_have_places_of_their_own(void **state)
{
    (void)state;
    static const int size[][2] = { { 1920, 1080 }, { 1080, 1920 }, { 1280, 720 }, { 3840, 2160 } };
    for (unsigned i = 0; i < 4; i++)
        for (unsigned ndesks = 1; ndesks <= LAYOUT_DESKS_MAX; ndesks++) {
            open_zone(ndesks);
            for (unsigned desk = 1; desk <= ndesks; desk += 2)
                occupy((int)desk, "Ш888", PHASE_CALLED);
            build(&picture, size[i][0], size[i][1]);
            unsigned cells = 0;
            for (int a = 0; a < picture.nregions; a++) {
                bool is_cell = picture.region[a].fill == room.config.theme.row;
                cells += is_cell;
                for (int b = 0; is_cell && b < a; b++)
                    assert_false(picture.region[b].fill == room.config.theme.row &&
                                 do_touch(picture.region[a].box, picture.region[b].box));
            }
            assert_int_equal(cells, ndesks);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_new_call_is_inverse),
        cmocka_unit_test(who_is_called_and_who_is_served_differ_in_shape),
        cmocka_unit_test(a_desk_says_that_its_visitor_has_come),
        cmocka_unit_test(a_call_keeps_its_place_for_its_dwell),
        cmocka_unit_test(nothing_moves_when_tickets_come_and_go),
        cmocka_unit_test(what_a_desk_does_is_said_in_words),
        cmocka_unit_test(one_to_64_desks_have_places_of_their_own),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
