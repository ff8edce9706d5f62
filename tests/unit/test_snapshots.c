/* Copies of what is on scan-out, while the owner flips and paints. */
#include "board/paint/png.h"
#include "board/snapshots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define W     640
#define H     360
#define BYTES ((size_t)W * H * 4)

/* An output with two buffers, each painted in one value. */
static struct {
    struct scanout scanout;
    struct screen_buffer buffer[2];
    unsigned front;
} output;

static void fill(unsigned index, uint8_t value)
{
    memset(output.buffer[index].pixels, value, BYTES);
}

/* The value stands for the picture, too. */
static void show(void)
{
    const struct screen_buffer *front = &output.buffer[output.front];
    scanout_show(&output.scanout, front, front->pixels[0]);
}

/* As a wall does it: the other buffer is painted only after everybody could know. */
static void flip(uint8_t next)
{
    output.front = 1 - output.front;
    show();
    fill(1 - output.front, next);
}

static int start(void **unused)
{
    (void)unused;
    scanout_init(&output.scanout);
    for (unsigned i = 0; i < 2; i++)
        output.buffer[i] = (struct screen_buffer){ .pixels = calloc(1, BYTES),
                                                   .stride = W * 4,
                                                   .width = W,
                                                   .height = H,
                                                   .format = PIXEL_XRGB8888,
                                                   .index = (uint8_t)i };
    output.front = 0;
    return 0;
}

static int stop(void **unused)
{
    (void)unused;
    scanout_finish(&output.scanout);
    for (unsigned i = 0; i < 2; i++)
        free(output.buffer[i].pixels);
    return 0;
}

static void nothing_is_copied_before_something_is_shown_and_after_it_is_closed(void **unused)
{
    (void)unused;
    assert_int_equal(scanout_enter(&output.scanout), -ENODEV);
    show();
    assert_int_equal(scanout_enter(&output.scanout), 0);
    assert_true(scanout_is_read(&output.scanout));
    scanout_leave(&output.scanout);
    assert_false(scanout_is_read(&output.scanout));
    scanout_close(&output.scanout);
    assert_int_equal(scanout_enter(&output.scanout), -ENODEV);
}

static void a_copy_is_what_is_shown(void **unused)
{
    struct screen_buffer copy;
    uint64_t picture;
    (void)unused;
    fill(1, 7);
    flip(9);
    assert_int_equal(scanout_enter(&output.scanout), 0);
    assert_int_equal(scanout_copy(&output.scanout, &copy, &picture), 0);
    assert_int_equal(copy.width, W);
    assert_int_equal(picture, 7);
    assert_memory_equal(copy.pixels, output.buffer[1].pixels, BYTES);
    assert_false(scanout_is_read(&output.scanout));
    free(copy.pixels);
}

static void another_device_may_have_another_shape(void **unused)
{
    struct screen_buffer copy, small = output.buffer[0];
    uint64_t picture;
    (void)unused;
    show();
    scanout_close(&output.scanout);
    small.width = H / 2;
    small.height = W / 2;
    small.rotation = 90;
    scanout_show(&output.scanout, &small, 5);
    assert_int_equal(scanout_enter(&output.scanout), 0);
    assert_int_equal(scanout_copy(&output.scanout, &copy, &picture), 0);
    assert_int_equal(copy.width, H / 2);
    assert_int_equal(copy.rotation, 90);
    assert_memory_equal(copy.pixels, small.pixels, (size_t)small.stride * small.width);
    free(copy.pixels);
}

struct reader {
    pthread_t thread;
    unsigned taken, refused, torn;
    bool is_done; /* atomic */
};

#define COPIES 200

static void *read_on(void *data)
{
    struct reader *reader = data;
    for (int i = 0; i < COPIES; i++) {
        struct screen_buffer copy;
        uint64_t picture;
        int error = scanout_enter(&output.scanout);
        error = error ? error : scanout_copy(&output.scanout, &copy, &picture);
        if (error) {
            reader->refused++;
            continue;
        }
        reader->taken++;
        reader->torn += memcmp(copy.pixels, copy.pixels + 1, BYTES - 1) != 0 || picture != copy.pixels[0];
        free(copy.pixels);
    }
    __atomic_store_n(&reader->is_done, true, __ATOMIC_RELEASE);
    return NULL;
}

/* Readers enter on another thread here, which is why no scanout is closed meanwhile. */
static void a_copy_is_never_of_two_pictures(void **unused)
{
    struct reader reader = { 0 };
    unsigned flips = 0;
    (void)unused;
    show();
    assert_int_equal(pthread_create(&reader.thread, NULL, read_on, &reader), 0);
    while (!__atomic_load_n(&reader.is_done, __ATOMIC_ACQUIRE))
        flip((uint8_t)++flips);
    pthread_join(reader.thread, NULL);
    assert_int_equal(reader.taken + reader.refused, COPIES);
    assert_int_equal(reader.torn, 0);
    print_message("%u copies taken, %u refused, %u flips\n", reader.taken, reader.refused, flips);
}

static void *copy_once(void *data)
{
    struct screen_buffer copy = { 0 };
    uint64_t picture;
    int *error = data;
    *error = scanout_copy(&output.scanout, &copy, &picture);
    free(copy.pixels);
    return NULL;
}

static void closing_ends_a_copy_and_frees_the_buffers(void **unused)
{
    (void)unused;
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        int error = 1;
        output.front = (unsigned)i % 2;
        show();
        assert_int_equal(scanout_enter(&output.scanout), 0);
        assert_int_equal(pthread_create(&thread, NULL, copy_once, &error), 0);
        scanout_close(&output.scanout);
        free(output.buffer[i % 2].pixels);
        output.buffer[i % 2].pixels = calloc(1, BYTES);
        pthread_join(thread, NULL);
        assert_true(error == 0 || error == -ENODEV);
    }
}

static void *read_until_refused(void *data)
{
    struct reader *reader = data;
    struct screen_buffer copy;
    uint64_t picture;
    int error;
    while ((error = scanout_enter(&output.scanout)) == 0 &&
           (error = scanout_copy(&output.scanout, &copy, &picture)) == 0)
        free(copy.pixels);
    reader->refused += error == -EAGAIN;
    __atomic_store_n(&reader->is_done, true, __ATOMIC_RELEASE);
    return NULL;
}

static void bars_that_never_stand_still_end_in_an_error(void **unused)
{
    struct reader reader = { 0 };
    (void)unused;
    show();
    assert_int_equal(pthread_create(&reader.thread, NULL, read_until_refused, &reader), 0);
    while (!__atomic_load_n(&reader.is_done, __ATOMIC_ACQUIRE)) {
        output.front = 1 - output.front;
        show();
    }
    pthread_join(reader.thread, NULL);
    assert_int_equal(reader.refused, 1);
}

/* ---- as PNG ---------------------------------------------------------------------------------- */
static struct {
    struct loop *loop;
    struct snapshot result;
    unsigned answers, wanted;
} taken;

static void done(void *data, const struct snapshot *snapshot)
{
    (void)data;
    free(taken.result.png);
    taken.result = *snapshot;
    if (++taken.answers == taken.wanted)
        loop_quit(taken.loop, 0);
}

static int start_loop(void **state)
{
    memset(&taken, 0, sizeof taken);
    taken.loop = loop_create();
    return taken.loop ? start(state) : -1;
}

static int stop_loop(void **state)
{
    free(taken.result.png);
    stop(state);
    loop_destroy(taken.loop);
    return 0;
}

static void a_snapshot_is_a_png_of_what_was_shown_though_the_wall_goes(void **unused)
{
    struct snapshots *snapshots = snapshots_create(taken.loop, done, NULL);
    (void)unused;
    fill(1, 7);
    flip(0);
    taken.wanted = 1;
    assert_int_equal(snapshots_take(snapshots, 42, &output.scanout), 0);
    while (scanout_is_read(&output.scanout)) /* else closing ends the copy */
        ;
    scanout_close(&output.scanout);
    loop_run(taken.loop);
    assert_int_equal(taken.result.error, 0);
    assert_int_equal(taken.result.client, 42);
    assert_memory_equal(taken.result.png, "\x89PNG", 4);
    assert_true(taken.result.size > 100);
    assert_int_equal(taken.result.picture, 7);
    assert_non_null(memmem(taken.result.png, taken.result.size, "tEXtkezek-picture\0000000000000000007", 34));
    snapshots_destroy(snapshots);
}

static void a_screen_that_is_not_open_and_too_many_at_once_are_refused(void **unused)
{
    struct snapshots *snapshots = snapshots_create(taken.loop, done, NULL);
    (void)unused;
    assert_int_equal(snapshots_take(snapshots, 1, &output.scanout), -ENODEV);
    show();
    for (unsigned i = 0; i < SNAPSHOTS_MAX; i++)
        assert_int_equal(snapshots_take(snapshots, i, &output.scanout), 0);
    assert_int_equal(snapshots_take(snapshots, 9, &output.scanout), -EBUSY);
    taken.wanted = SNAPSHOTS_MAX;
    loop_run(taken.loop);
    assert_int_equal(taken.answers, SNAPSHOTS_MAX);
    assert_int_equal(taken.result.error, 0);
    assert_int_equal(snapshots_take(snapshots, 10, &output.scanout), 0);
    snapshots_destroy(snapshots); /* waits for it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_copied_before_something_is_shown_and_after_it_is_closed,
                                        start, stop),
        cmocka_unit_test_setup_teardown(a_copy_is_what_is_shown, start, stop),
        cmocka_unit_test_setup_teardown(another_device_may_have_another_shape, start, stop),
        cmocka_unit_test_setup_teardown(a_copy_is_never_of_two_pictures, start, stop),
        cmocka_unit_test_setup_teardown(closing_ends_a_copy_and_frees_the_buffers, start, stop),
        cmocka_unit_test_setup_teardown(bars_that_never_stand_still_end_in_an_error, start, stop),
        cmocka_unit_test_setup_teardown(a_snapshot_is_a_png_of_what_was_shown_though_the_wall_goes,
                                        start_loop, stop_loop),
        cmocka_unit_test_setup_teardown(a_screen_that_is_not_open_and_too_many_at_once_are_refused,
                                        start_loop, stop_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
