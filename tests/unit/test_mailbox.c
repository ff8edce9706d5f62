#include "drivers/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>

#define LETTERS 20000

static bool is_readable(const struct mailbox *mailbox)
{
    struct pollfd fd = { .fd = mailbox_fd(mailbox), .events = POLLIN };
    return poll(&fd, 1, 0) == 1;
}

static void letters_arrive_in_order_and_the_descriptor_follows(void **unused)
{
    (void)unused;
    struct mailbox *mailbox = mailbox_create(sizeof(int), 4);
    int letter;
    assert_false(is_readable(mailbox));
    for (int i = 0; i < 4; i++)
        assert_true(mailbox_post(mailbox, &i));
    assert_true(is_readable(mailbox));
    for (int i = 0; i < 4; i++) {
        assert_true(mailbox_take(mailbox, &letter));
        assert_int_equal(letter, i);
    }
    assert_false(mailbox_take(mailbox, &letter));
    assert_false(is_readable(mailbox));
    mailbox_destroy(mailbox);
}

static void a_full_mailbox_refuses_and_loses_nothing(void **unused)
{
    (void)unused;
    struct mailbox *mailbox = mailbox_create(sizeof(int), 2);
    int letter = 1;
    assert_true(mailbox_post(mailbox, &letter));
    assert_true(mailbox_post(mailbox, &letter));
    assert_false(mailbox_post(mailbox, &letter));
    assert_true(mailbox_take(mailbox, &letter));
    assert_true(mailbox_post(mailbox, &letter));
    mailbox_destroy(mailbox);
}

static void *post_all(void *data)
{
    for (int i = 0; i < LETTERS;)
        if (mailbox_post(data, &i))
            i++;
    return NULL;
}

static void a_worker_and_a_reader_exchange_every_letter(void **unused)
{
    (void)unused;
    struct mailbox *mailbox = mailbox_create(sizeof(int), 16);
    pthread_t worker;
    assert_int_equal(pthread_create(&worker, NULL, post_all, mailbox), 0);
    for (int expected = 0; expected < LETTERS;) {
        struct pollfd fd = { .fd = mailbox_fd(mailbox), .events = POLLIN };
        int letter;
        assert_int_equal(poll(&fd, 1, 5000), 1);
        while (mailbox_take(mailbox, &letter))
            assert_int_equal(letter, expected++);
    }
    pthread_join(worker, NULL);
    mailbox_destroy(mailbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_arrive_in_order_and_the_descriptor_follows),
        cmocka_unit_test(a_full_mailbox_refuses_and_loses_nothing),
        cmocka_unit_test(a_worker_and_a_reader_exchange_every_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
