#include "tests/doubles/drm/outputs_double.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PERIOD_US 16667
#define WAIT_MS   2000

static char folder[] = "/tmp/kezek-screen-XXXXXX";

struct device {
    const struct screen_ops *ops;
    struct outputs *outputs; /* kms only */
    struct screen *screen;
    struct screen_config config;
    unsigned nflips;
    struct screen_flip flip; /* the last one */
};

/* Each backend once in each format; kms with both ways to talk to the kernel, and the oddities of some drivers. */
static const struct {
    const char *driver;
    enum pixel_format format;
    bool is_atomic, needs_plane;
    enum kms_calls calls;
} variants[] = {
    { "memory", PIXEL_XRGB8888, false, false, KMS_AUTO }, { "memory", PIXEL_RGB565, false, false, KMS_AUTO },
    { "kms", PIXEL_XRGB8888, true, false, KMS_AUTO },     { "kms", PIXEL_RGB565, true, true, KMS_AUTO },
    { "kms", PIXEL_XRGB8888, false, false, KMS_AUTO },    { "kms", PIXEL_RGB565, false, false, KMS_AUTO },
    { "kms", PIXEL_XRGB8888, true, false, KMS_LEGACY }
};

#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void flipped(void *data, const struct screen_flip *flip)
{
    struct device *output = data;

    output->flip = *flip;
    output->nflips++;
}

static int reopen(struct device *output, char *error, size_t error_size)
{
    const struct screen_events events = { output, flipped };

    return output->ops->open(&output->screen, output->outputs, &output->config, &events, error, error_size);
}

static void plug_a_display(struct device *output, size_t variant)
{
    const drmModeModeInfo mode = drm_double_mode(203, 101, 60);

    drm_double_reset();
    struct double_card *card = drm_double_add("card0", 1);

    card->is_atomic = variants[variant].is_atomic;
    card->needs_plane = variants[variant].needs_plane;
    drm_double_plug(drm_double_connector(card, DRM_MODE_CONNECTOR_HDMIA, 1), "Wall", 1, &mode);
    output->outputs = outputs_create();
    strcpy(output->config.output, "HDMI-A-1");
}

static void open_output(struct device *output, size_t variant)
{
    char error[200] = "";

    memset(output, 0, sizeof(*output));
    output->ops = screen_backend(variants[variant].driver);
    assert_non_null(output->ops);
    output->config = (struct screen_config){ .id = "main",
                                             .width = 203,
                                             .height = 101,
                                             .format = variants[variant].format,
                                             .kms = variants[variant].calls };
    strcpy(output->config.driver, variants[variant].driver);
    if (strcmp(variants[variant].driver, "kms") == 0)
        plug_a_display(output, variant);
    if (reopen(output, error, sizeof(error)) < 0)
        fail_msg("%s", error);
}

static void close_output(struct device *output)
{
    output->ops->close(output->screen);
    if (!output->outputs)
        return;
    outputs_destroy(output->outputs);
    assert_int_equal(drm_double.nopen + drm_double.nmapped + drm_double.nfbs + drm_double.nbuffers, 0);
    assert_int_equal(drm_double.nblobs, 0);
}

static struct screen_buffer begin(struct device *output)
{
    struct screen_buffer back;

    assert_int_equal(output->ops->begin(output->screen, &back), 0);
    return back;
}

static uint64_t commit(struct device *output)
{
    const struct rect damage = { 0, 0, 10, 10 };
    uint64_t frame = 0;

    assert_int_equal(output->ops->commit(output->screen, &damage, 1, &frame), 0);
    return frame;
}

static struct screen_flip wait_flip(struct device *output)
{
    struct pollfd pollfd = { .fd = output->ops->fd(output->screen), .events = POLLIN };
    const unsigned before = output->nflips;

    while (output->nflips == before) {
        assert_int_equal(poll(&pollfd, 1, WAIT_MS), 1);
        output->ops->dispatch(output->screen);
    }
    return output->flip;
}

static void paint(const struct screen_buffer *buffer, uint8_t value)
{
    memset(buffer->pixels, value, (size_t)buffer->stride * buffer->height);
}

static unsigned count_fds(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* ---- what every backend does ----------------------------------------------------------------- */

static void the_back_buffer_has_the_size_and_format_asked_for(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        struct device output;

        open_output(&output, v);
        const struct screen_buffer back = begin(&output);

        assert_int_equal(back.width, 203);
        assert_int_equal(back.height, 101);
        assert_int_equal(back.format, variants[v].format);
        assert_true(back.stride >= 203u * (back.format == PIXEL_RGB565 ? 2 : 4));
        assert_int_equal((uintptr_t)back.pixels % 64, 0);
        assert_int_equal(back.stride % 64, 0);
        paint(&back, 1);
        close_output(&output);
    }
}

static void a_frame_is_queued_then_on_scan_out(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        struct device output;
        struct screen_buffer back, front;

        open_output(&output, v);
        for (int i = 0; i < 3; i++) {
            back = begin(&output);
            paint(&back, (uint8_t)(i + 1));
            const uint64_t frame = commit(&output);

            assert_int_equal(output.ops->begin(output.screen, &front), -EBUSY);
            assert_int_equal(output.ops->commit(output.screen, NULL, 0, &(uint64_t){ 0 }), -EBUSY);
            assert_int_equal(wait_flip(&output).frame, frame);
            assert_int_equal(output.ops->front(output.screen, &front), 0);
            assert_int_equal(front.index, back.index);
            assert_int_equal(front.pixels[0], i + 1);
            assert_int_not_equal(begin(&output).index, back.index);
        }
        close_output(&output);
    }
}

static void frames_are_numbered_upwards(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        struct device output;

        open_output(&output, v);
        begin(&output);
        const uint64_t first = commit(&output);

        wait_flip(&output);
        begin(&output);
        assert_int_equal(commit(&output), first + 1);
        close_output(&output);
    }
}

static void a_flip_happens_at_the_next_vblank(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        struct device output;
        int64_t previous_us = 0;

        open_output(&output, v);
        for (int i = 0; i < 4; i++) {
            const int64_t committed_us = now_us();

            begin(&output);
            commit(&output);
            const int64_t queued_us = now_us();
            const struct screen_flip flip = wait_flip(&output);

            assert_true(flip.at_us >= committed_us);
            assert_true(flip.at_us <= queued_us + PERIOD_US);
            assert_true(now_us() >= flip.at_us);
            if (i > 0) {
                const int64_t off = (flip.at_us - previous_us) % PERIOD_US;

                assert_true(off < 30 || off > PERIOD_US - 30);
            }
            previous_us = flip.at_us;
        }
        close_output(&output);
    }
}

static void an_idle_screen_wakes_nobody(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        struct device output;

        open_output(&output, v);
        struct pollfd pollfd = { .fd = output.ops->fd(output.screen), .events = POLLIN };

        begin(&output);
        commit(&output);
        wait_flip(&output);
        output.ops->dispatch(output.screen);
        assert_int_equal(output.nflips, 1);
        assert_int_equal(poll(&pollfd, 1, 3 * PERIOD_US / 1000), 0);
        close_output(&output);
    }
}

static void a_screen_in_standby_takes_no_frame_and_keeps_its_picture(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        struct device output;
        struct screen_status status;
        struct screen_buffer front;

        open_output(&output, v);
        const struct screen_buffer back = begin(&output);

        paint(&back, 7);
        commit(&output);
        wait_flip(&output);
        output.ops->status(output.screen, &status);
        assert_int_equal(status.state, SCREEN_SHOWN);
        assert_int_equal(output.ops->power(output.screen, false), 0);
        output.ops->status(output.screen, &status);
        assert_int_equal(status.state, SCREEN_STANDBY);
        assert_int_equal(output.ops->begin(output.screen, &front), -EAGAIN);
        assert_int_equal(output.ops->power(output.screen, true), 0);
        if (output.ops->begin(output.screen, &front) == -EBUSY) /* the picture that is put back flips, too */
            wait_flip(&output);
        begin(&output);
        commit(&output);
        wait_flip(&output);
        output.ops->status(output.screen, &status);
        assert_int_equal(status.state, SCREEN_SHOWN);
        close_output(&output);
    }
}

static void a_turned_screen_has_an_upright_picture(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        for (uint16_t rotation = 0; rotation < 360; rotation = (uint16_t)(rotation + 90)) {
            struct device output;
            char error[300];

            open_output(&output, v);
            output.ops->close(output.screen);
            output.config.rotation = rotation;
            if (reopen(&output, error, sizeof(error)) < 0)
                fail_msg("%s", error);
            const struct screen_buffer back = begin(&output);

            assert_int_equal(back.rotation, rotation);
            assert_int_equal(back.width, rotation % 180 ? 101 : 203);
            assert_int_equal(back.height, rotation % 180 ? 203 : 101);
            close_output(&output);
        }
    }
}

static void closing_gives_everything_back_also_with_a_frame_queued(void **state)
{
    const unsigned before = count_fds();

    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        struct device output;

        open_output(&output, v);
        begin(&output);
        commit(&output);
        close_output(&output);
        output.ops->close(NULL);
    }
    assert_int_equal(count_fds(), before);
}

static void a_backend_that_does_not_exist_is_no_backend(void **state)
{
    (void)state;
    assert_null(screen_backend("hologram"));
    assert_null(screen_backend(""));
    assert_string_equal(screen_backend("memory")->name, "memory");
    assert_string_equal(screen_backend("kms")->name, "kms");
}

/* ---- the memory screen ----------------------------------------------------------------------- */

static void impossible_configurations_are_refused_with_a_reason(void **state)
{
    static const struct {
        struct screen_config config;
        const char *reason;
    } rows[] = {
        { { .id = "main", .width = 0, .height = 1080 }, "size" },
        { { .id = "main", .width = 1920, .height = 9000 }, "size" },
        { { .id = "main", .width = 100, .height = 100, .path = "/nonexistent/folder/screen" },
          "No such file" },
        { { .id = "main", .width = 100, .height = 100, .rotation = 45 }, "rotation of 0, 90, 180 or 270" },
        { { .id = "main", .width = 100, .height = 100, .path = "/proc/self/screen" }, "/proc/self/screen" },
    };
    const unsigned before = count_fds();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct device output = { .ops = &screen_memory, .config = rows[i].config };
        char error[300] = "";

        assert_true(reopen(&output, error, sizeof(error)) < 0);
        assert_null(output.screen);
        assert_non_null(strstr(error, rows[i].reason));
    }
    assert_int_equal(count_fds(), before);
}

static struct screen_config shared_config(void)
{
    struct screen_config config = { .id = "main", .driver = "memory", .width = 320, .height = 200 };

    snprintf(config.path, sizeof(config.path), "%s/screen", folder);
    return config;
}

static void open_shared(struct device *output)
{
    char error[300];

    *output = (struct device){ .ops = &screen_memory, .config = shared_config() };
    if (reopen(output, error, sizeof(error)) < 0)
        fail_msg("%s", error);
}

static const struct screen_share *map_share(const char *path, size_t *bytes)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat stat;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &stat), 0);
    *bytes = (size_t)stat.st_size;
    const void *memory = mmap(NULL, *bytes, PROT_READ, MAP_SHARED, fd, 0);

    assert_true(memory != MAP_FAILED);
    close(fd);
    return memory;
}

static void others_can_read_the_picture_from_the_file(void **state)
{
    struct device output;
    open_shared(&output);
    size_t bytes;
    const struct screen_share *share = map_share(output.config.path, &bytes);

    (void)state;
    assert_int_equal(share->magic, SCREEN_SHARE_MAGIC);
    assert_int_equal(share->version, 1);
    assert_int_equal(share->width, 320);
    assert_int_equal(share->height, 200);
    assert_int_equal(share->rotation, 0);
    assert_int_equal(share->frame, 0);
    for (uint8_t i = 1; i < 4; i++) {
        const struct screen_buffer back = begin(&output);

        paint(&back, i);
        commit(&output);
        const struct screen_flip flip = wait_flip(&output);

        assert_int_equal(share->frame, flip.frame);
        assert_int_equal(share->flip_us, flip.at_us);
        assert_int_equal(share->front, back.index);
        assert_true(share->offset[share->front] + (size_t)share->stride * share->height <= bytes);
        assert_int_equal(((const uint8_t *)share)[share->offset[share->front]], i);
    }
    munmap((void *)share, bytes);
    close_output(&output);
    assert_int_equal(access(output.config.path, F_OK), -1);
}

static void a_reader_of_an_old_file_is_left_alone_when_it_is_replaced(void **state)
{
    struct device first;
    open_shared(&first);
    size_t bytes;
    const struct screen_share *share = map_share(first.config.path, &bytes);

    (void)state;
    struct device second;
    open_shared(&second);

    assert_int_equal(share->width, 320);
    assert_int_equal(((const uint8_t *)share)[bytes - 1], 0);
    munmap((void *)share, bytes);
    close_output(&first);
    assert_int_equal(access(second.config.path, F_OK), 0);
    close_output(&second);
}

struct reader {
    const struct screen_share *share;
    bool is_over;
    unsigned whole, torn;
};

static void read_once(struct reader *reader)
{
    const struct screen_share *share = reader->share;
    const uint64_t frame = __atomic_load_n(&share->frame, __ATOMIC_ACQUIRE);
    const uint32_t front = __atomic_load_n(&share->front, __ATOMIC_RELAXED);
    const size_t bytes = (size_t)share->stride * share->height;
    static uint8_t copy[320 * 4 * 200];

    memcpy(copy, (const uint8_t *)share + share->offset[front], bytes);
    __sync_synchronize();
    if (__atomic_load_n(&share->frame, __ATOMIC_RELAXED) != frame)
        return;
    for (size_t i = 1; i < bytes; i++)
        if (copy[i] != copy[0]) {
            reader->torn++;
            return;
        }
    reader->whole++;
}

static void *read_on(void *data)
{
    struct reader *reader = data;

    while (!__atomic_load_n(&reader->is_over, __ATOMIC_RELAXED))
        read_once(reader);
    return NULL;
}

static void a_copy_is_whole_if_the_frame_did_not_change(void **state)
{
    struct device output;
    open_shared(&output);
    struct reader reader = { 0 };
    pthread_t thread;
    size_t bytes;

    (void)state;
    reader.share = map_share(output.config.path, &bytes);
    assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);
    for (uint8_t i = 1; i < 15; i++) {
        const struct screen_buffer back = begin(&output);

        for (int again = 0; again < 40; again++) /* keeps the buffer in disorder for a while */
            for (unsigned y = 0; y < back.height; y++)
                memset(back.pixels + y * back.stride, again < 39 ? (int)y : i, back.stride);
        commit(&output);
        wait_flip(&output);
    }
    __atomic_store_n(&reader.is_over, true, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    assert_int_equal(reader.torn, 0);
    assert_true(reader.whole > 0);
    munmap((void *)reader.share, bytes);
    close_output(&output);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_back_buffer_has_the_size_and_format_asked_for),
        cmocka_unit_test(a_frame_is_queued_then_on_scan_out),
        cmocka_unit_test(frames_are_numbered_upwards),
        cmocka_unit_test(a_flip_happens_at_the_next_vblank),
        cmocka_unit_test(an_idle_screen_wakes_nobody),
        cmocka_unit_test(a_screen_in_standby_takes_no_frame_and_keeps_its_picture),
        cmocka_unit_test(a_turned_screen_has_an_upright_picture),
        cmocka_unit_test(closing_gives_everything_back_also_with_a_frame_queued),
        cmocka_unit_test(a_backend_that_does_not_exist_is_no_backend),
        cmocka_unit_test(impossible_configurations_are_refused_with_a_reason),
        cmocka_unit_test(others_can_read_the_picture_from_the_file),
        cmocka_unit_test(a_reader_of_an_old_file_is_left_alone_when_it_is_replaced),
        cmocka_unit_test(a_copy_is_whole_if_the_frame_did_not_change),
    };

    return cmocka_run_group_tests_name("screen", tests, make_folder, remove_folder);
}
