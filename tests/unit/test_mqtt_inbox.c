#include "protocol/mqtt_inbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct mqtt_inbox inbox;
static char giant[2 * MQTT_PACKET_MAX];

static int open_inbox(void **context)
{
    (void)context;
    inbox_init(&inbox);
    return 0;
}

static int close_inbox(void **context)
{
    (void)context;
    inbox_finish(&inbox);
    return 0;
}

static bool put(const char *payload, size_t length, uint64_t conn)
{
    struct mqtt_message message = { .topic = "a/b", .payload = payload, .length = length, .received_us = 7 };
    return inbox_put(&inbox, &message, conn);
}

static void letters_leave_in_the_order_in_which_they_came(void **context)
{
    (void)context;
    char first[] = "one";
    assert_true(put(first, 3, 1));
    memset(first, 'x', 3); /* it has a copy */
    assert_true(put("two!", 4, 2));
    assert_memory_equal(inbox.first->message.payload, "one", 3);
    assert_string_equal(inbox.first->message.topic, "a/b");
    assert_int_equal(inbox.first->message.received_us, 7);
    assert_int_equal(inbox.first->conn, 1);
    inbox_drop_first(&inbox);
    assert_int_equal(inbox.first->message.length, 4);
    assert_int_equal(inbox.first->conn, 2);
    inbox_drop_first(&inbox);
    assert_null(inbox.first);
    assert_int_equal(inbox.bytes, 0);
    assert_true(put("", 0, 3));
    assert_int_equal(inbox.first->message.length, 0);
}

static void a_giant_is_cut_where_nobody_takes_it_for_whole(void **context)
{
    (void)context;
    assert_true(put(giant, sizeof giant, 1));
    assert_int_equal(inbox.first->message.length, MQTT_PACKET_MAX + 1);
}

static void it_takes_a_thousand_letters_and_no_more(void **context)
{
    (void)context;
    for (unsigned i = 0; i < INBOX_MAX; i++)
        assert_true(put("x", 1, 1));
    assert_false(put("x", 1, 1));
    inbox_drop_first(&inbox);
    assert_true(put("x", 1, 1));
}

static void it_takes_eight_mebibytes_and_no_more(void **context)
{
    (void)context;
    unsigned count = 0;
    while (put(giant, sizeof giant, 1))
        count++;
    assert_int_equal(count, INBOX_BYTES_MAX / (MQTT_PACKET_MAX + 5));
    assert_true(inbox.bytes <= INBOX_BYTES_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_inbox, close_inbox)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(letters_leave_in_the_order_in_which_they_came),
        TEST(a_giant_is_cut_where_nobody_takes_it_for_whole),
        TEST(it_takes_a_thousand_letters_and_no_more),
        TEST(it_takes_eight_mebibytes_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
