/* The wire on a virtual clock, alone and with simulated boards at its end. */
#include "sim/relay.h"
#include "sim/slave.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct led_serial at_9600 = { 9600, 'N', 1 }, at_9600_even = { 9600, 'E', 1 },
                               at_19200 = { 19200, 'N', 1 }, at_38400_even = { 38400, 'E', 2 };

static void a_character_takes_its_bits(void **state)
{
    (void)state;
    assert_int_equal(relay_bytes_us(&at_9600, 1), 1042);
    assert_int_equal(relay_bytes_us(&at_9600, 3), 3125);
    assert_int_equal(relay_bytes_us(&at_9600_even, 1), 1146);
    assert_int_equal(relay_bytes_us(&at_38400_even, 1), 313);
    assert_int_equal(relay_gap_us(&at_9600), 3645);
    assert_int_equal(relay_gap_us(&at_19200), 1822);
    assert_int_equal(relay_gap_us(&at_38400_even), 1750);
}

static void bytes_arrive_one_after_the_other_each_in_its_time(void **state)
{
    (void)state;
    static struct relay relay;
    static const int64_t ends_us[] = { 2042, 3084, 4125, 5167 };
    uint8_t byte;
    int64_t at_us;
    relay_init(&relay, &at_9600);
    assert_int_equal(relay_due_us(&relay, RELAY_UNITS), INT64_MAX);
    relay_send(&relay, RELAY_MASTER, 1000, (const uint8_t *)"abc", 3);
    relay_send(&relay, RELAY_MASTER, 1500, (const uint8_t *)"d", 1); /* behind what is on the line */
    assert_int_equal(relay_due_us(&relay, RELAY_UNITS), 2042);
    assert_int_equal(relay_last_us(&relay, RELAY_UNITS), 1000 + 3125 + 1042);
    assert_int_equal(relay_due_us(&relay, RELAY_MASTER), INT64_MAX);
    assert_int_equal(relay_wake_us(&relay, RELAY_UNITS, 0), 2042);
    assert_int_equal(relay_wake_us(&relay, RELAY_UNITS, 2000), 3000);
    assert_int_equal(relay_wake_us(&relay, RELAY_UNITS, 4500),
                     5167); /* the last one: nobody is to wait for more */
    assert_int_equal(relay_wake_us(&relay, RELAY_MASTER, 0), INT64_MAX);
    assert_false(relay_take(&relay, RELAY_UNITS, 2041, &byte, &at_us));
    for (int i = 0; i < 4; i++) {
        assert_true(relay_take(&relay, RELAY_UNITS, 10000, &byte, &at_us));
        assert_int_equal(byte, 'a' + i);
        assert_int_equal(at_us, ends_us[i]);
    }
    assert_false(relay_take(&relay, RELAY_UNITS, 10000, &byte, &at_us));
    assert_int_equal(relay.way[RELAY_MASTER].bytes, 4);
}

static void bytes_of_both_ends_at_one_time_are_damaged(void **state)
{
    (void)state;
    static struct relay relay;
    uint8_t byte;
    int64_t at_us;
    relay_init(&relay, &at_9600);
    relay_send(&relay, RELAY_MASTER, 0, (const uint8_t *)"ab", 2);
    relay_send(&relay, RELAY_UNITS, 1500, (const uint8_t *)"xy", 2);
    relay_take(&relay, RELAY_UNITS, 9999, &byte, &at_us);
    assert_int_equal(byte, 'a');
    relay_take(&relay, RELAY_UNITS, 9999, &byte, &at_us);
    assert_int_not_equal(byte, 'b');
    relay_take(&relay, RELAY_MASTER, 9999, &byte, &at_us);
    assert_int_not_equal(byte, 'x');
    relay_take(&relay, RELAY_MASTER, 9999, &byte, &at_us);
    assert_int_equal(byte, 'y');
    assert_int_equal(relay.way[RELAY_MASTER].collisions + relay.way[RELAY_UNITS].collisions, 2);
}

static void ends_with_other_settings_read_rubbish(void **state)
{
    (void)state;
    static struct relay relay;
    uint8_t byte;
    int64_t at_us;
    relay_init(&relay, &at_9600);
    relay_set(&relay, RELAY_UNITS, &at_9600_even);
    relay_send(&relay, RELAY_MASTER, 0, (const uint8_t *)"a", 1);
    relay_take(&relay, RELAY_UNITS, 9999, &byte, &at_us);
    assert_int_not_equal(byte, 'a');
    relay_set(&relay, RELAY_UNITS, &at_9600);
    relay_send(&relay, RELAY_MASTER, 10000, (const uint8_t *)"a", 1);
    relay_take(&relay, RELAY_UNITS, 99999, &byte, &at_us);
    assert_int_equal(byte, 'a');
}

static void what_finds_no_room_is_lost(void **state)
{
    (void)state;
    static struct relay relay;
    static const uint8_t bytes[RELAY_BYTES + 5];
    uint8_t byte;
    int64_t at_us;
    relay_init(&relay, &at_9600);
    relay_send(&relay, RELAY_MASTER, 0, bytes, sizeof bytes);
    assert_int_equal(relay.way[RELAY_MASTER].lost, 5);
    unsigned count = 0;
    while (relay_take(&relay, RELAY_UNITS, INT64_MAX - 1, &byte, &at_us))
        count++;
    assert_int_equal(count, RELAY_BYTES);
}

/* ---- with boards ----------------------------------------------------------------------------- */

struct wired {
    struct relay relay;
    struct slave_bus *bus;
};

static void wire_up(struct wired *wired, const struct led_serial *serial)
{
    relay_init(&wired->relay, serial);
    wired->bus = slave_bus_create(relay_gap_us(serial));
    slave_bus_set_line(wired->bus, serial);
    assert_int_equal(slave_bus_add(wired->bus, "dm56a04", 1), 0);
}

/* Function 6 to `unit`: register 8 becomes 15. Returns when the last byte is at the boards. */
static int64_t ask(struct wired *wired, uint8_t unit, int64_t at_us)
{
    uint8_t frame[8] = { unit, 6, 0, 8, 0, 15 }, byte;
    uint16_t crc = slave_crc(frame, 6);
    frame[6] = crc & 255;
    frame[7] = crc >> 8;
    relay_send(&wired->relay, RELAY_MASTER, at_us, frame, sizeof frame);
    while (relay_take(&wired->relay, RELAY_UNITS, INT64_MAX - 1, &byte, &at_us))
        slave_bus_feed(wired->bus, at_us, &byte, 1);
    return at_us;
}

static void a_frame_is_whole_at_the_speed_of_the_line_and_answered_after_the_delay(void **state)
{
    (void)state;
    static struct wired wired;
    uint8_t frame[SLAVE_FRAME_MAX];
    wire_up(&wired, &at_9600);
    int64_t heard_us = ask(&wired, 1, 100000);
    assert_int_equal(heard_us, 100000 + 8334);
    assert_int_equal(slave_bus_due_us(wired.bus), heard_us + 5000);
    assert_int_equal(slave_bus_take(wired.bus, heard_us + 5000, frame), 8);
    slave_bus_destroy(wired.bus);
}

/* 3.5 characters behind an answer, or the boards take the request for its tail. */
static void a_request_too_soon_after_an_answer_is_lost(void **state)
{
    (void)state;
    static struct wired wired;
    struct slave_bus_counters counters;
    uint8_t frame[SLAVE_FRAME_MAX];
    wire_up(&wired, &at_9600);
    int64_t due_us = ask(&wired, 1, 100000) + 5000, end_us = due_us + 8334;
    slave_bus_take(wired.bus, due_us, frame);
    ask(&wired, 1, end_us + 3600);
    assert_int_equal(slave_bus_due_us(wired.bus), INT64_MAX);
    slave_bus_counters(wired.bus, &counters);
    assert_int_equal(counters.gap_errors, 1);
    int64_t heard_us = ask(&wired, 1, end_us + 3600 + 8334 + 3646);
    assert_int_equal(slave_bus_due_us(wired.bus), heard_us + 5000);
    slave_bus_destroy(wired.bus);
}

static void a_board_with_other_settings_is_deaf_until_the_port_is_set_to_them(void **state)
{
    (void)state;
    static struct wired wired;
    wire_up(&wired, &at_9600);
    slave_set_settings(wired.bus, 0, 1, &at_9600_even);
    ask(&wired, 1, 100000);
    assert_int_equal(slave_bus_due_us(wired.bus), INT64_MAX);
    relay_init(&wired.relay, &at_9600_even);
    slave_bus_set_line(wired.bus, &at_9600_even);
    ask(&wired, 1, 200000);
    assert_int_not_equal(slave_bus_due_us(wired.bus), INT64_MAX);
    slave_bus_destroy(wired.bus);
}

static void two_boards_with_one_address_answer_rubbish(void **state)
{
    (void)state;
    static struct wired wired;
    struct slave_bus_counters counters;
    uint8_t frame[SLAVE_FRAME_MAX];
    wire_up(&wired, &at_9600);
    assert_int_equal(slave_bus_add(wired.bus, "dm56a04", 2), 1);
    slave_set_settings(wired.bus, 1, 1, NULL);
    for (uint32_t apart_us = 0; apart_us < 5000; apart_us += 1250) {
        slave_set_delay(wired.bus, 1, 5000 + apart_us);
        ask(&wired, 1, 100000 + 100 * apart_us);
        size_t count = slave_bus_take(wired.bus, slave_bus_due_us(wired.bus), frame);
        assert_in_range(count, 8, 12);
        assert_int_not_equal(slave_crc(frame, 8), 0);
        assert_int_equal(slave_bus_due_us(wired.bus), INT64_MAX);
    }
    slave_bus_counters(wired.bus, &counters);
    assert_int_equal(counters.collisions, 4);
    slave_bus_destroy(wired.bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_character_takes_its_bits),
        cmocka_unit_test(bytes_arrive_one_after_the_other_each_in_its_time),
        cmocka_unit_test(bytes_of_both_ends_at_one_time_are_damaged),
        cmocka_unit_test(ends_with_other_settings_read_rubbish),
        cmocka_unit_test(what_finds_no_room_is_lost),
        cmocka_unit_test(a_frame_is_whole_at_the_speed_of_the_line_and_answered_after_the_delay),
        cmocka_unit_test(a_request_too_soon_after_an_answer_is_lost),
        cmocka_unit_test(a_board_with_other_settings_is_deaf_until_the_port_is_set_to_them),
        cmocka_unit_test(two_boards_with_one_address_answer_rubbish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
