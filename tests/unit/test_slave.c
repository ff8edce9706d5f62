#include "tests/unit/slave_ask.h"

static void crc_has_the_values_of_published_frames(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[8];
        size_t count;
        uint16_t crc;
    } rows[] = {
        { { 0x02, 0x07 }, 2, 0x1241 }, /* the specification's own example, V1.02 appendix B */
        { { 0x01, 0x03, 0x00, 0x00, 0x00, 0x0A }, 6, 0xCDC5 },
        { { 0x01, 0x04, 0x00, 0x00, 0x00, 0x01 }, 6, 0xCA31 },
        { { 0 }, 0, 0xFFFF },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(slave_crc(rows[i].bytes, rows[i].count), rows[i].crc);
}

static void requests_get_the_answers_of_the_specification(void **state)
{
    (void)state;
    static const struct {
        const char *request, *answer;
    } rows[] = {
        { "10 06 00 11 00 03", "10 06 00 11 00 03" },
        { "10 10 00 1D 00 04 08 41 31 30 35 20 20 20 20", "10 10 00 1D 00 04" },
        { "10 03 00 1D 00 02", "10 03 04 41 31 30 35" },
        { "10 04 00 1D 00 01", "10 04 02 41 31" },
        { "10 03 00 24 00 02", "10 03 04 B6 FC 60 EE" }, /* lit segments of A105, rightmost cell first */
        { "10 11", "10 11 0A 53 4D 49 32 20 56 31 2E 30 32" },
        { "10 03 00 00 00 02", "10 03 04 53 4D 49 32" },
        { "10 03 00 2C 00 02", "10 83 02" }, /* 45 is not there */
        { "10 06 00 24 00 01", "10 86 02" }, /* read only */
        { "10 10 00 23 00 02 04 00 00 00 00", "10 90 02" },
        { "10 03 00 1D 00 00", "10 83 03" },
        { "10 03 00 1D 00 7E", "10 83 03" },
        { "10 10 00 1D 00 02 02 41 31", "10 90 03" },
        { "10 05 00 01 FF 00", "10 85 01" },
        { "11 03 00 1D 00 02", "" },
    };
    struct slave_bus *bus = bus_with("owen-smi2", 16);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t count = ask(bus, rows[i].request);
        if (strcmp(hex(count), rows[i].answer) != 0)
            fail_msg("row %zu: %s → %s", i, rows[i].request, hex(count));
    }
    slave_bus_destroy(bus);
}

static void an_answer_takes_as_long_as_the_device_takes(void **state)
{
    (void)state;
    struct slave_bus *bus = bus_with("owen-smi2", 16);
    int64_t before = now_us + GAP;
    ask(bus, "10 03 00 00 00 01");
    assert_int_equal(now_us - before, 45000);
    slave_set_delay(bus, 0, 7000);
    before = now_us + GAP;
    ask(bus, "10 03 00 00 00 01");
    assert_int_equal(now_us - before, 7000);
    slave_bus_destroy(bus);
}

static void a_group_frame_sets_many_boards_and_none_answers(void **state)
{
    (void)state;
    struct slave_bus *bus = slave_bus_create(GAP);
    struct slave_counters counters;
    for (uint8_t address = 1; address <= 4; address++)
        slave_bus_add(bus, "owen-smi2", address);
    slave_bus_add(bus, "dm56a04", 9);
    assert_int_equal(ask(bus, "00 06 00 11 00 03"), 0);
    assert_int_equal(ask(bus, "00 10 03 E9 00 0C 18 41 30 30 31 20 20 20 20 41 30 30 32 20 20 20 20 "
                              "41 30 30 33 20 20 20 20"),
                     0);
    assert_string_equal(seen(bus, 0), "A001");
    assert_string_equal(seen(bus, 1), "A002");
    assert_string_equal(seen(bus, 2), "A003");
    assert_string_equal(seen(bus, 3), "    ");
    slave_counters(bus, 2, &counters);
    assert_int_equal(counters.broadcasts, 2);
    assert_int_equal(counters.requests, 0);
    slave_bus_destroy(bus);
}

static void without_power_a_board_is_dark_and_deaf_and_forgets(void **state)
{
    (void)state;
    struct slave_view view;
    struct slave_bus *bus = bus_with("dm56a04", 1);
    ask(bus, "01 10 00 00 00 04 08 00 41 00 31 00 30 00 35");
    slave_set_power(bus, 0, false);
    assert_int_equal(ask(bus, "01 03 00 00 00 04"), 0);
    slave_view(bus, 0, &view);
    assert_false(view.is_powered);
    assert_int_equal(view.segments[0], 0);
    slave_set_power(bus, 0, true);
    assert_string_equal(hex(ask(bus, "01 03 00 00 00 01")), "01 03 02 00 20");
    slave_bus_destroy(bus);
}

static void changes_are_counted_only_when_they_can_be_seen(void **state)
{
    (void)state;
    struct slave_view before, after;
    struct slave_bus *bus = bus_with("dm56a04", 1);
    ask(bus, "01 06 00 00 00 41");
    slave_view(bus, 0, &before);
    ask(bus, "01 06 00 00 00 41");
    ask(bus, "01 06 00 05 00 41");
    slave_view(bus, 0, &after);
    assert_int_equal(before.changes, after.changes);
    ask(bus, "01 06 00 00 00 42");
    slave_view(bus, 0, &after);
    assert_true(after.changes > before.changes);
    slave_bus_destroy(bus);
}

static void damaged_and_glued_frames_are_lost_until_the_line_is_silent(void **state)
{
    (void)state;
    static const uint8_t good[] = { 0x01, 0x06, 0x00, 0x08, 0x00, 0x0F, 0x48, 0x0C };
    uint8_t bad[16];
    struct slave_bus_counters counters;
    struct slave_bus *bus = bus_with("dm56a04", 1);
    memcpy(bad, good, 8);
    bad[7] ^= 1;
    slave_bus_feed(bus, now_us += GAP, bad, 8);
    slave_bus_feed(bus, now_us += 100, good, 8); /* still the same frame for a real device */
    assert_int_equal(slave_bus_due_us(bus), INT64_MAX);
    memcpy(bad, good, 8);
    memcpy(bad + 8, good, 8);
    slave_bus_feed(bus, now_us += GAP, bad, 16);
    assert_int_equal(slave_bus_due_us(bus), INT64_MAX);
    slave_bus_feed(bus, now_us += GAP, good, 3);
    slave_bus_feed(bus, now_us += GAP, good, 8); /* three bytes and silence: a cut frame */
    assert_int_not_equal(slave_bus_due_us(bus), INT64_MAX);
    slave_bus_counters(bus, &counters);
    assert_int_equal(counters.frames, 1);
    assert_int_equal(counters.gap_errors, 1);
    assert_int_equal(counters.crc_errors, 2);
    slave_bus_destroy(bus);
}

static void a_request_too_soon_after_another_is_lost(void **state)
{
    (void)state;
    static const uint8_t broadcast[] = { 0x00, 0x06, 0x00, 0x08, 0x00, 0x0F, 0x49, 0xDD };
    struct slave_bus_counters counters;
    struct slave_bus *bus = bus_with("dm56a04", 1);
    slave_bus_feed(bus, now_us += GAP, broadcast, 8);
    slave_bus_feed(bus, now_us += GAP / 2, broadcast, 8);
    slave_bus_feed(bus, now_us += GAP, broadcast, 8);
    slave_bus_counters(bus, &counters);
    assert_int_equal(counters.frames, 2);
    assert_int_equal(counters.gap_errors, 1);
    slave_bus_destroy(bus);
}

static void faults_drop_damage_and_refuse_answers(void **state)
{
    (void)state;
    struct slave_counters counters;
    struct slave_bus *bus = bus_with("dm56a04", 1);
    slave_drop_answers(bus, 0, 3);
    assert_int_equal(ask(bus, "01 06 00 08 00 0F"), 6);
    assert_int_equal(ask(bus, "01 06 00 08 00 0F"), 6);
    assert_int_equal(ask(bus, "01 06 00 09 00 01"), 0);
    assert_int_equal(slave_register(bus, 0, 9), 1); /* carried out all the same */
    assert_int_equal(ask(bus, "01 06 00 08 00 0F"), 6);
    slave_drop_answers(bus, 0, 0);
    slave_set_exception(bus, 0, 6);
    assert_string_equal(hex(ask(bus, "01 06 00 08 00 00")), "01 86 06");
    assert_int_equal(slave_register(bus, 0, 8), 15);
    slave_set_exception(bus, 0, 0);
    slave_counters(bus, 0, &counters);
    assert_int_equal(counters.dropped, 1);
    assert_int_equal(counters.exceptions, 1);
    slave_damage_answers(bus, 0, 1);
    slave_bus_feed(bus, now_us += GAP, (const uint8_t[]){ 0x01, 0x06, 0x00, 0x08, 0x00, 0x0F, 0x48, 0x0C },
                   8);
    size_t count = slave_bus_take(bus, now_us + 100000, answer);
    assert_int_not_equal(slave_crc(answer, count), 0);
    slave_bus_destroy(bus);
}

/* ---- faults by chance ------------------------------------------------------------------------ */

/* What comes back when register 8 is set to `value`, with `fault` at each request: the pieces one after the
 * other. */
static const char *with_fault(struct slave_bus *bus, enum slave_fault fault, uint8_t value)
{
    struct slave_faults faults = { .late_us = 70000, .exception = 8 };
    uint8_t frame[8] = { 1, 6, 0, 8, 0, value };
    uint16_t crc = slave_crc(frame, 6);
    size_t total = 0;
    frame[6] = crc & 255;
    frame[7] = crc >> 8;
    if (fault != SLAVE_FAULTS)
        faults.permille[fault] = 1000;
    slave_set_faults(bus, 0, &faults);
    slave_bus_feed(bus, now_us += GAP, frame, 8);
    int64_t asked_us = now_us;
    while (slave_bus_due_us(bus) != INT64_MAX) {
        uint8_t piece[SLAVE_FRAME_MAX];
        now_us = slave_bus_due_us(bus);
        size_t count = slave_bus_take(bus, now_us, piece);
        memcpy(answer + total, piece, count);
        total += count;
    }
    assert_int_equal(now_us - asked_us, total == 0 ? 0 : fault == SLAVE_LATE ? 75000 : 5000);
    return hex(total);
}

static void each_fault_does_what_it_says(void **state)
{
    (void)state;
    static const struct {
        enum slave_fault fault;
        const char *answer; /* to value 1; NULL: by chance */
        bool is_carried_out;
    } rows[] = {
        { SLAVE_FAULTS, "01 06 00 08 00 01 C9 C8", true },
        { SLAVE_LOST, "", false },
        { SLAVE_MUTE, "", true },
        { SLAVE_LATE, "01 06 00 08 00 01 C9 C8", true },
        { SLAVE_STALE, "01 06 00 08 00 00 08 08", false }, /* the answer to value 0 */
        { SLAVE_WRONG_UNIT, "02 06 00 08 00 01 C9 FB", true },
        { SLAVE_REFUSE, "01 86 08 43 A6", false },
        { SLAVE_ECHO, "01 06 00 08 00 01 C9 C8 01 06 00 08 00 01 C9 C8", true },
        { SLAVE_REBOOT, "", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slave_bus *bus = bus_with("dm56a04", 1);
        struct slave_counters counters;
        with_fault(bus, SLAVE_FAULTS, 0);
        const char *text = with_fault(bus, rows[i].fault, 1);
        if (strcmp(text, rows[i].answer) != 0)
            fail_msg("row %zu: %s", i, text);
        assert_int_equal(slave_register(bus, 0, 8), rows[i].is_carried_out);
        slave_counters(bus, 0, &counters);
        assert_int_equal(counters.faults, rows[i].fault != SLAVE_FAULTS);
        slave_bus_destroy(bus);
    }
}

static void damage_garbage_and_halves_are_never_a_good_answer(void **state)
{
    (void)state;
    static const char good[] = "01 06 00 08 00 01 C9 C8";
    struct slave_bus *bus = bus_with("dm56a04", 1);
    for (int i = 0; i < 200; i++) {
        const char *text = with_fault(bus, SLAVE_NOISE, 1);
        assert_int_equal(strlen(text), strlen(good));
        assert_string_not_equal(text, good);
        text = with_fault(bus, SLAVE_HALF, 1);
        assert_true(strlen(text) < strlen(good) && strncmp(text, good, strlen(text)) == 0);
        text = with_fault(bus, SLAVE_GARBAGE_BEFORE, 1);
        assert_true(strlen(text) > strlen(good));
        assert_string_equal(text + strlen(text) - strlen(good), good);
        text = with_fault(bus, SLAVE_GARBAGE_AFTER, 1);
        assert_true(strlen(text) > strlen(good) && strncmp(text, good, strlen(good)) == 0);
    }
    slave_bus_destroy(bus);
}

static void a_board_that_babbles_talks_while_another_one_is_asked(void **state)
{
    (void)state;
    struct slave_faults faults = { .permille[SLAVE_BABBLE] = 1000 };
    struct slave_bus *bus = bus_with("dm56a04", 1);
    slave_bus_add(bus, "dm56a04", 2);
    slave_set_faults(bus, 1, &faults);
    slave_bus_feed(bus, now_us += GAP, (const uint8_t[]){ 1, 6, 0, 8, 0, 1, 0xC9, 0xC8 }, 8);
    size_t pieces = 0, bytes = 0;
    while (slave_bus_due_us(bus) != INT64_MAX) {
        bytes += slave_bus_take(bus, slave_bus_due_us(bus), answer);
        pieces++;
    }
    assert_int_equal(pieces, 2);
    assert_in_range(bytes, 9, 16);
    slave_bus_destroy(bus);
}

static void faults_keep_to_their_rate_and_their_seed(void **state)
{
    (void)state;
    struct slave_faults faults = { .permille = { [SLAVE_MUTE] = 100, [SLAVE_REFUSE] = 50 } };
    struct slave_counters counters[3];
    for (int i = 0; i < 3; i++) {
        struct slave_bus *bus = bus_with("dm56a04", 1);
        slave_seed(bus, i < 2 ? 7 : 8);
        slave_set_faults(bus, 0, &faults);
        for (int request = 0; request < 10000; request++)
            ask(bus, "01 06 00 08 00 0F");
        slave_counters(bus, 0, &counters[i]);
        assert_in_range(counters[i].exceptions, 400, 550); /* of those, a tenth is not answered */
        assert_in_range(counters[i].faults, 1350, 1650);
        slave_bus_destroy(bus);
    }
    assert_memory_equal(&counters[0], &counters[1], sizeof counters[0]);
    assert_int_not_equal(counters[0].faults, counters[2].faults);
}

static void an_answer_may_come_from_the_new_address(void **state)
{
    (void)state;
    struct slave_bus *bus = bus_with("dm56a04", 1);
    assert_string_equal(hex(ask(bus, "01 06 00 FD 00 02")), "01 06 00 FD 00 02");
    slave_answer_anew(bus, 0, true);
    assert_string_equal(hex(ask(bus, "02 06 00 FD 00 03")), "03 06 00 FD 00 03");
    slave_bus_destroy(bus);
}

static void any_bytes_are_survived(void **state)
{
    (void)state;
    static const char *const others[] = { "dm56a04", "owen-smi2-m", "led-485", "ditel-dn", "icpdas-ikan" };
    struct slave_bus *bus = bus_with("owen-smi2", 1);
    for (uint8_t i = 0; i < 5; i++)
        slave_bus_add(bus, others[i], 2 + i);
    srand(1);
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t bytes[300];
        size_t count = (size_t)rand() % (i % 10 ? 24 : sizeof bytes);
        for (size_t b = 0; b < count; b++)
            bytes[b] = (uint8_t)rand();
        if (count > 8) { /* half of them sound like requests */
            bytes[0] = (uint8_t)(rand() % 7);
            bytes[1] = (uint8_t) "\x01\x03\x04\x05\x06\x0F\x10\x11"[rand() % 8];
            uint16_t crc = slave_crc(bytes, count - 2);
            bytes[count - 2] = crc & 255;
            bytes[count - 1] = crc >> 8;
        }
        slave_bus_feed(bus, now_us += rand() % (2 * GAP), bytes, count);
        slave_bus_take(bus, now_us, answer);
    }
    now_us += 1000000;
    while (slave_bus_take(bus, now_us, answer) > 0)
        ;
    assert_string_equal(hex(ask(bus, "01 03 00 00 00 01")), "01 03 02 53 4D");
    slave_bus_destroy(bus);
}

static void what_cannot_hang_on_a_line_is_refused(void **state)
{
    (void)state;
    struct slave_bus *bus = slave_bus_create(GAP);
    assert_int_equal(slave_bus_add(bus, "nixie", 1), -ENOENT);
    assert_int_equal(slave_bus_add(bus, "dm56a04", 0), -EINVAL);
    assert_int_equal(slave_bus_add(bus, "dm56a04", 248), -EINVAL);
    for (int i = 0; i < SLAVE_UNITS_MAX; i++)
        assert_int_equal(slave_bus_add(bus, "dm56a04", (uint8_t)(i + 1)), i);
    assert_int_equal(slave_bus_add(bus, "dm56a04", 100), -ENOSPC);
    slave_bus_destroy(bus);
    bus = bus_with("dm56a04", 7);
    assert_int_equal(slave_bus_add(bus, "owen-smi2", 7), -EEXIST);
    slave_bus_destroy(bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_has_the_values_of_published_frames),
        cmocka_unit_test(requests_get_the_answers_of_the_specification),
        cmocka_unit_test(an_answer_takes_as_long_as_the_device_takes),
        cmocka_unit_test(a_group_frame_sets_many_boards_and_none_answers),
        cmocka_unit_test(without_power_a_board_is_dark_and_deaf_and_forgets),
        cmocka_unit_test(changes_are_counted_only_when_they_can_be_seen),
        cmocka_unit_test(damaged_and_glued_frames_are_lost_until_the_line_is_silent),
        cmocka_unit_test(a_request_too_soon_after_another_is_lost),
        cmocka_unit_test(faults_drop_damage_and_refuse_answers),
        cmocka_unit_test(each_fault_does_what_it_says),
        cmocka_unit_test(damage_garbage_and_halves_are_never_a_good_answer),
        cmocka_unit_test(a_board_that_babbles_talks_while_another_one_is_asked),
        cmocka_unit_test(faults_keep_to_their_rate_and_their_seed),
        cmocka_unit_test(an_answer_may_come_from_the_new_address),
        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(what_cannot_hang_on_a_line_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
