#include "board/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct outbox outbox;
static struct record_publish publish;

static int start(void **state)
{
    (void)state;
    outbox_init(&outbox);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    outbox_finish(&outbox);
    return 0;
}

/* Texts that begin with their number. */
static void put(unsigned number, uint16_t length)
{
    memset(publish.text, ' ', length);
    publish.length = length;
    publish.topic = PUBLISH_RECEIPT;
    memcpy(publish.text, &number, sizeof number);
    assert_true(outbox_put(&outbox, &publish));
}

static unsigned take(void)
{
    unsigned number;
    assert_non_null(outbox.first);
    memcpy(&number, outbox.first->bytes, sizeof number);
    outbox_drop_first(&outbox);
    return number;
}

static void texts_leave_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 2; round++) { /* the second time it was empty in between */
        for (unsigned i = 1; i <= 3; i++)
            put(i, 100);
        assert_int_equal(outbox.first->topic, PUBLISH_RECEIPT);
        assert_int_equal(outbox.first->length, 100);
        for (unsigned i = 1; i <= 3; i++)
            assert_int_equal(take(), i);
        assert_null(outbox.first);
        assert_int_equal(outbox.count, 0);
        assert_int_equal(outbox.bytes, 0);
    }
    outbox_drop_first(&outbox);
}

static void one_too_many_takes_the_place_of_the_oldest(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= OUTBOX_TEXTS; i++) {
        assert_int_equal(outbox_is_crowded(&outbox), i > OUTBOX_TEXTS / 2 + 1);
        assert_false(outbox_is_full(&outbox));
        put(i, 8);
    }
    assert_true(outbox_is_full(&outbox));
    assert_int_equal(outbox.dropped, 0);
    put(OUTBOX_TEXTS + 1, 8);
    assert_int_equal(outbox.dropped, 1);
    assert_int_equal(outbox.count, OUTBOX_TEXTS);
    assert_int_equal(take(), 2);
}

static void long_texts_fill_it_by_their_bytes(void **state)
{
    (void)state;
    const unsigned fitting = OUTBOX_BYTES / PUBLISH_BYTES_MAX;
    for (unsigned i = 1; i <= fitting; i++) {
        assert_int_equal(outbox_is_crowded(&outbox), i > fitting / 2 + 1);
        assert_false(outbox_is_full(&outbox));
        put(i, PUBLISH_BYTES_MAX);
    }
    assert_true(outbox_is_full(&outbox));
    put(99, 8);
    assert_int_equal(outbox.dropped, 1);
    assert_int_equal(take(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts_leave_in_the_order_in_which_they_came, start, stop),
        cmocka_unit_test_setup_teardown(one_too_many_takes_the_place_of_the_oldest, start, stop),
        cmocka_unit_test_setup_teardown(long_texts_fill_it_by_their_bytes, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
