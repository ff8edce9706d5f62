#include "board/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct state {
    struct loop *loop;
    struct loop_source *source[2];
    struct loop_timer *timer;
    int fd[2];
    int calls[2];
    int order[4], norder;
    int64_t fired_us;
};

static void remove_both(void *data, uint32_t events)
{
    (void)events;
    struct state *state = data;
    state->calls[0]++;
    loop_remove(state->source[0]);
    loop_remove(state->source[1]);
    loop_quit(state->loop, 7);
}

static void a_source_removed_in_the_batch_is_not_called(void **unused)
{
    (void)unused;
    struct state state = { .loop = loop_create() };
    for (int i = 0; i < 2; i++) {
        state.fd[i] = eventfd(1, EFD_NONBLOCK);
        state.source[i] = loop_add(state.loop, state.fd[i], EPOLLIN, "test", remove_both, &state);
        assert_non_null(state.source[i]);
    }
    assert_int_equal(loop_run(state.loop), 7);
    assert_int_equal(state.calls[0], 1);
    loop_destroy(state.loop);
    close(state.fd[0]);
    close(state.fd[1]);
}

static void first(void *data, int64_t now_us)
{
    (void)now_us;
    struct state *state = data;
    state->order[state->norder++] = 1;
}

static void second(void *data, int64_t now_us)
{
    struct state *state = data;
    state->order[state->norder++] = 2;
    state->fired_us = now_us;
    loop_quit(state->loop, 0);
}

static void timers_fire_in_order_once_and_never_early(void **unused)
{
    (void)unused;
    struct state state = { .loop = loop_create() };
    struct loop_timer *late = loop_timer(state.loop, "late", second, &state);
    struct loop_timer *early = loop_timer(state.loop, "early", first, &state);
    int64_t now_us = clock_us();
    loop_timer_at(late, now_us + 20000);
    loop_timer_at(early, now_us + 5000);
    assert_int_equal(loop_run(state.loop), 0);
    assert_true(state.fired_us >= now_us + 20000);
    assert_int_equal(state.norder, 2);
    assert_int_equal(state.order[0], 1);
    loop_timer_remove(late);
    loop_timer_remove(early);
    loop_destroy(state.loop);
}

static void rearm(void *data, int64_t now_us)
{
    struct state *state = data;
    state->norder++;
    if (state->norder == 3)
        loop_quit(state->loop, 0);
    else
        loop_timer_at(state->timer, now_us);
}

static void a_timer_may_arm_itself_again(void **unused)
{
    (void)unused;
    struct state state = { .loop = loop_create() };
    state.timer = loop_timer(state.loop, "again", rearm, &state);
    loop_timer_at(state.timer, 0);
    assert_int_equal(loop_run(state.loop), 0);
    assert_int_equal(state.norder, 3);
    loop_timer_remove(state.timer);
    loop_destroy(state.loop);
}

static void a_bad_descriptor_is_refused(void **unused)
{
    (void)unused;
    struct loop *loop = loop_create();
    assert_null(loop_add(loop, -1, EPOLLIN, "bad", remove_both, NULL));
    loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_removed_in_the_batch_is_not_called),
        cmocka_unit_test(timers_fire_in_order_once_and_never_early),
        cmocka_unit_test(a_timer_may_arm_itself_again),
        cmocka_unit_test(a_bad_descriptor_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
