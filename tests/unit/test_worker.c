/* Threads for what may block: who waits, who is told, and what is left behind. */
#include "drivers/clock.h"
#include "drivers/screen/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE INT64_C(10000000) /* us: more than anything takes */

static struct workers *workers;
static char left[200]; /* "HDMI-A-1, " */
static unsigned nlate;

/* A job that takes until the gate is open, and says so. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_moved = PTHREAD_COND_INITIALIZER;
static bool is_gate_shut;
static unsigned nstarted, nended;

void outputs_leave(struct outputs *outputs, struct kms_card *card, const char *output);
void outputs_leave(struct outputs *outputs, struct kms_card *card, const char *output)
{
    (void)outputs, (void)card;
    size_t length = strlen(left);
    snprintf(left + length, sizeof left - length, "%s, ", output);
}

static void late(void *data)
{
    (void)data;
    nlate++;
}

static int job(void *data)
{
    pthread_mutex_lock(&lock);
    nstarted++;
    pthread_cond_broadcast(&is_moved);
    while (is_gate_shut)
        pthread_cond_wait(&is_moved, &lock);
    nended++;
    pthread_cond_broadcast(&is_moved);
    pthread_mutex_unlock(&lock);
    return data ? *(const int *)data : 0;
}

static void move_gate(bool is_shut)
{
    pthread_mutex_lock(&lock);
    is_gate_shut = is_shut;
    pthread_cond_broadcast(&is_moved);
    pthread_mutex_unlock(&lock);
}

static void wait_for_jobs(const unsigned *counter, unsigned count)
{
    pthread_mutex_lock(&lock);
    while (*counter < count)
        pthread_cond_wait(&is_moved, &lock);
    pthread_mutex_unlock(&lock);
}

static bool rings(int64_t patience_us)
{
    struct pollfd bell = { .fd = workers_fd(workers), .events = POLLIN };
    return poll(&bell, 1, (int)(patience_us / 1000)) > 0;
}

static int start(void **unused)
{
    (void)unused;
    left[0] = '\0';
    nlate = nstarted = nended = 0;
    is_gate_shut = false;
    workers = workers_create(NULL, 1);
    return workers ? 0 : -1;
}

static int stop(void **unused)
{
    (void)unused;
    if (workers && !workers_wait(workers, monotonic_us() + PATIENCE))
        return -1;
    workers_destroy(workers);
    return 0;
}

static struct worker *create(const char *output)
{
    struct worker *worker = worker_create(workers, NULL, output, output[0] ? NULL : late, NULL);
    assert_non_null(worker);
    return worker;
}

static void a_job_that_is_done_in_time_is_answered_and_told_to_nobody(void **unused)
{
    (void)unused;
    int status = -ENOSPC;
    struct worker *worker = create("HDMI-A-1");
    assert_int_equal(worker_run(worker, job, &status, PATIENCE), -ENOSPC);
    assert_int_equal(worker_busy_us(worker, NULL), 0);
    assert_false(worker_take(worker, &status));
    assert_false(rings(0));
    assert_false(workers_reap(workers));
    worker_let_go(worker, NULL, NULL, PATIENCE);
    assert_string_equal(left, "HDMI-A-1, ");
}

static void a_job_that_takes_longer_is_told_once_when_it_has_ended(void **unused)
{
    (void)unused;
    int status = 7;
    struct worker *worker = create("HDMI-A-1"), *card = create("");
    move_gate(true);
    int64_t before_us = monotonic_us();
    assert_int_equal(worker_run(worker, job, &status, 1000), -EINPROGRESS);
    assert_int_equal(worker_run(card, job, NULL, 0), -EINPROGRESS);
    assert_in_range(worker_busy_us(worker, NULL), before_us, monotonic_us());
    assert_true(workers_are_busy(workers, NULL));
    assert_true(workers_are_asking(workers, NULL));
    assert_false(worker_take(worker, &status));
    assert_false(workers_reap(workers));
    move_gate(false);
    bool is_told = false;
    while (!is_told || nlate == 0) {
        assert_true(rings(PATIENCE));
        is_told |= workers_reap(workers);
    }
    assert_false(workers_reap(workers));
    assert_int_equal(nlate, 1);
    status = 0;
    assert_true(worker_take(worker, &status));
    assert_int_equal(status, 7);
    assert_false(worker_take(worker, &status));
    assert_false(workers_are_busy(workers, NULL) || workers_are_asking(workers, NULL));
    worker_let_go(worker, NULL, NULL, 0);
    worker_let_go(card, NULL, NULL, 0);
}

static void what_is_done_quietly_is_told_only_if_it_fails(void **unused)
{
    (void)unused;
    int status = -EINVAL;
    struct worker *worker = create("HDMI-A-1");
    assert_int_equal(worker_run(worker, job, NULL, WORKER_QUIETLY), -EINPROGRESS);
    for (int64_t us = 0; workers_are_busy(workers, NULL) && us < PATIENCE; us += 100)
        usleep(100);
    assert_false(workers_are_busy(workers, NULL)); /* though nobody has taken it */
    for (status = -1; !worker_take(worker, &status);)
        usleep(100);
    assert_int_equal(status, 0);
    assert_false(rings(0));
    status = -EINVAL;
    assert_int_equal(worker_run(worker, job, &status, WORKER_QUIETLY), -EINPROGRESS);
    assert_true(rings(PATIENCE));
    assert_true(workers_reap(workers));
    worker_let_go(worker, NULL, NULL, PATIENCE);
}

static void who_is_let_go_ends_its_job_then_the_last_one_and_leaves(void **unused)
{
    (void)unused;
    struct worker *worker = create("HDMI-A-1"), *other = create("HDMI-A-2");
    move_gate(true);
    assert_int_equal(worker_run(worker, job, NULL, 0), -EINPROGRESS);
    worker_let_go(worker, job, NULL, 1000);
    assert_ptr_equal(workers_leaving(workers, "HDMI-A-1"), worker);
    assert_null(workers_leaving(workers, "HDMI-A-2"));
    assert_false(workers_wait(workers, monotonic_us() + 1000));
    assert_string_equal(left, "");
    worker_let_go(other, NULL, NULL, PATIENCE); /* does not wait for the other one */
    assert_string_equal(left, "HDMI-A-2, ");
    move_gate(false);
    assert_true(workers_wait(workers, monotonic_us() + PATIENCE));
    assert_int_equal(nended, 2);
    assert_string_equal(left, "HDMI-A-2, HDMI-A-1, ");
    assert_null(workers_leaving(workers, "HDMI-A-1"));
}

static int free_job(void *data)
{
    free(data);
    return job(NULL);
}

/* Sanitizers say whether all is freed, and nothing too early. */
static void who_still_hangs_at_the_end_frees_what_is_left_by_itself(void **unused)
{
    (void)unused;
    struct worker *first = create("HDMI-A-1"), *second = create("HDMI-A-2");
    move_gate(true);
    assert_int_equal(worker_run(first, job, NULL, 0), -EINPROGRESS);
    worker_let_go(first, free_job, malloc(100), 0);
    worker_let_go(second, free_job, malloc(100), 0);
    wait_for_jobs(&nstarted, 2);
    assert_false(workers_wait(workers, monotonic_us() + 1000));
    workers_destroy(workers);
    workers = NULL;
    move_gate(false);
    wait_for_jobs(&nended, 3);
    assert_string_equal(left, ""); /* there is nothing any more that could be left */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_that_is_done_in_time_is_answered_and_told_to_nobody),
        TEST(a_job_that_takes_longer_is_told_once_when_it_has_ended),
        TEST(what_is_done_quietly_is_told_only_if_it_fails),
        TEST(who_is_let_go_ends_its_job_then_the_last_one_and_leaves),
        TEST(who_still_hangs_at_the_end_frees_what_is_left_by_itself),
    };
    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
