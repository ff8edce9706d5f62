/* One wall on a memory screen: when it paints, when what it carries counts as shown, and snapshots of it. */
#include "board/paint/png.h"
#include "tests/unit/wall_bench.h"

#include <errno.h>
#include <unistd.h>

static void an_absent_wall_paints_nothing(void **unused)
{
    (void)unused;
    present();
    assert_int_equal(bench.wall.pixels, 0);
    assert_false(bench.wall.is_flipping);
}

static void it_opens_paints_and_flips_once(void **unused)
{
    (void)unused;
    open_calm();
    assert_int_equal(bench.nshown, 0);
    assert_int_equal(bench.changes, 1);
    wall_tick(&bench.wall, clock_us());
    assert_int_equal(bench.changes, 1);
}

static void it_presents_only_when_something_changed(void **unused)
{
    (void)unused;
    open_calm();
    uint64_t pixels = bench.wall.pixels;
    present();
    assert_false(bench.wall.is_flipping);
    bench.wall.is_dirty = true; /* marked, but the picture is the same */
    present();
    assert_false(bench.wall.is_flipping);
    assert_false(bench.wall.is_dirty);
    assert_int_equal(bench.wall.pixels, pixels);
}

static struct image *plain_image(uint8_t light)
{
    struct image_scaler *scaler = image_scaler_create(1, 1, 60, 40);
    image_scaler_take(scaler, (const uint8_t[]){ light, light, light, 255 });
    struct image *image = image_scaler_finish(scaler);
    image_scaler_destroy(scaler);
    return image;
}

/* The old picture stands until the new one flips, and its images with it; after that nobody has them. */
static void a_reload_takes_the_logo_away_from_a_wall_that_shows_it(void **unused)
{
    (void)unused;
    static struct config config;
    config = *bench.config;
    struct image *logo = config.theme.logo = plain_image(200), *fitted;
    bench.input.config = &config;
    wall_change(&bench.wall, &config, 0);
    open_calm();
    fitted = image_keep(bench.wall.images.slot[0].image);
    assert_non_null(fitted);
    assert_true(fitted->shares > 2); /* the wall's, the painter's, and this one */
    wall_change(&bench.wall, bench.config, 0);
    image_drop(logo); /* as config_destroy() does: the sanitizer watches */
    assert_true(fitted->shares > 1);
    bench.input.config = bench.config;
    for (unsigned i = 0; i < 3; i++) { /* both buffers, and the one that was repaired */
        bench.wall.is_dirty = bench.wall.must_flip = true;
        present();
        until_flip();
    }
    assert_int_equal(images_bytes(&bench.wall.images), 0);
    assert_true(fitted->shares <= 2); /* a list of the painter that stands in no buffer may keep one */
    image_drop(fitted);
}

/* As long as its own text takes to read, not that of the page before. */
static void a_page_of_notices_stays_for_its_own_time(void **unused)
{
    (void)unused;
    static struct config config;
    config = *bench.config;
    config.nnotices = 2;
    for (unsigned i = 0; i < 2; i++) {
        config.notice[i] = (struct config_notice){ .level = NOTICE_INFO };
        memset(config.notice[i].text.text[0], 'a', i ? 90 : 1);
    }
    wall_change(&bench.wall, &config, 0);
    open_calm();
    int64_t turn_us = bench.wall.notice_until_us;
    bench.input.config = &config;
    for (unsigned i = 1; i < 7; i++) {
        wall_present(&bench.wall, &bench.input, turn_us);
        assert_int_equal(bench.wall.notice_page, i);
        assert_int_equal(bench.wall.notice_until_us - turn_us, i % 2 ? 11 * S : 5 * S);
        turn_us = bench.wall.notice_until_us;
        if (bench.wall.is_flipping)
            until_flip();
    }
}

static void a_call_counts_as_shown_at_its_flip(void **unused)
{
    (void)unused;
    open_calm();
    call("3", "А042", 7);
    int64_t before_us = clock_us();
    present();
    assert_true(bench.wall.is_flipping);
    assert_int_equal(bench.flips, 1);
    until_flip();
    assert_int_equal(bench.flips, 2);
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(bench.shown[0], 7);
    assert_true(bench.wall.flip_us > before_us);
    call("4", "А043", 8);
    present();
    until_flip();
    assert_int_equal(bench.nshown, 1); /* the first one is not told again */
    assert_int_equal(bench.shown[0], 8);
}

static void while_a_flip_is_pending_nothing_is_painted_and_the_next_frame_has_it(void **unused)
{
    (void)unused;
    open_calm();
    call("3", "А042", 7);
    present();
    uint64_t pixels = bench.wall.pixels;
    call("4", "А043", 8);
    call("5", "А044", 9);
    present();
    assert_int_equal(bench.wall.pixels, pixels);
    assert_true(bench.wall.is_dirty);
    until_flip();
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(bench.shown[0], 7);
    present();
    until_flip();
    assert_int_equal(bench.nshown, 2);
    assert_int_equal(bench.shown[0] + bench.shown[1], 17);
}

static void the_hash_is_that_of_the_picture_on_scan_out(void **unused)
{
    (void)unused;
    open_calm();
    uint64_t calm = bench.wall.hash;
    assert_true(calm == picture_hash(bench.wall.picture, bench.fonts));
    call("3", "А042", 7);
    present();
    assert_true(bench.wall.hash == calm); /* not there yet */
    until_flip();
    assert_true(bench.wall.hash != calm);
    assert_true(bench.wall.hash == picture_hash(bench.wall.picture, bench.fonts));
}

static void a_call_that_changes_no_pixel_is_shown_already(void **unused)
{
    (void)unused;
    open_calm();
    call("3", "А042", 7);
    present();
    until_flip();
    assert_true(announce_call(&bench.wall.announce, &bench.hall, config_desk_index(bench.config, "3"), 8,
                              clock_us()));
    bench.wall.is_dirty = true;
    present();
    assert_false(bench.wall.is_flipping);
    assert_int_equal(bench.flips, 3);
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(bench.shown[0], 8);
    assert_int_equal(bench.wall.ncarried, 0);
}

static void a_call_behind_an_alert_or_a_blank_wall_is_not_shown(void **unused)
{
    (void)unused;
    open_calm();
    put_alert(true);
    call("3", "А042", 7);
    present();
    until_flip();
    assert_int_equal(bench.nshown, 0);
    put_alert(false);
    bench.input.truth = FEED_BLANK;
    present();
    until_flip();
    assert_int_equal(bench.nshown, 0);
    bench.wall.flash = (struct flash){ 0 }; /* a quiet second later */
    bench.input.truth = FEED_FRESH;
    bench.wall.is_dirty = true;
    present();
    until_flip();
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(bench.shown[0], 7);
}

static struct {
    struct snapshots *snapshots;
    struct snapshot taken;
} snap;

static void keep_snapshot(void *data, const struct snapshot *snapshot)
{
    (void)data;
    snap.taken = *snapshot;
    loop_quit(bench.loop, 0);
}

static struct screen_buffer read_snapshot(void)
{
    char path[] = "/tmp/kezek-wall-XXXXXX";
    struct screen_buffer picture;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, snap.taken.png, snap.taken.size), snap.taken.size);
    close(fd);
    assert_int_equal(png_read(path, &picture), 0);
    unlink(path);
    free(snap.taken.png);
    return picture;
}

static struct screen_buffer take_snapshot(void)
{
    snap.snapshots = snapshots_create(bench.loop, keep_snapshot, NULL);
    assert_int_equal(wall_snapshot(&bench.wall, snap.snapshots, 1), -ENODEV);
    open_calm();
    assert_int_equal(wall_snapshot(&bench.wall, snap.snapshots, 1), 0);
    until_flip(); /* nothing flips: ended by the answer */
    assert_int_equal(snap.taken.error, 0);
    snapshots_destroy(snap.snapshots);
    return read_snapshot();
}

static void a_snapshot_is_what_the_wall_shows(void **unused)
{
    (void)unused;
    struct screen_buffer front, picture = take_snapshot();
    assert_int_equal(bench.wall.ops->front(bench.wall.screen, &front), 0);
    assert_int_equal(picture.width, front.width);
    assert_int_equal(picture.height, front.height);
    for (int y = 0; y < front.height; y++)
        assert_memory_equal(picture.pixels + (size_t)y * picture.stride,
                            front.pixels + (size_t)y * front.stride, (size_t)front.width * 4);
    free(picture.pixels);
}

static uint64_t picture_of_snapshot(void)
{
    assert_int_equal(wall_snapshot(&bench.wall, snap.snapshots, 1), 0);
    until_flip(); /* nothing flips: ended by the answer */
    assert_int_equal(snap.taken.error, 0);
    free(snap.taken.png);
    return snap.taken.picture;
}

/* Also when the same buffer had another when somebody last asked. */
static void a_snapshot_says_which_picture_it_is(void **unused)
{
    (void)unused;
    snap.snapshots = snapshots_create(bench.loop, keep_snapshot, NULL);
    open_calm();
    const uint64_t calm = bench.wall.hash;
    assert_true(calm && picture_of_snapshot() == calm);
    put_alert(true);
    present();
    until_flip();
    put_alert(false);
    call("3", "А042", 7);
    present();
    until_flip();
    assert_true(bench.wall.hash != calm);
    assert_true(picture_of_snapshot() == bench.wall.hash);
    snapshots_destroy(snap.snapshots);
}

static void a_copy_that_meets_a_flip_is_of_the_picture_that_came(void **unused)
{
    (void)unused;
    struct screen_buffer front, copy;
    uint64_t picture;
    open_calm();
    assert_int_equal(bench.wall.ops->front(bench.wall.screen, &front), 0);
    scanout_show(&bench.wall.scanout, &front, bench.wall.hash);
    assert_int_equal(scanout_enter(&bench.wall.scanout), 0);
    call("3", "А042", 7);
    present();
    until_flip();
    assert_int_equal(scanout_copy(&bench.wall.scanout, &copy, &picture), 0);
    assert_true(picture == bench.wall.hash);
    free(copy.pixels);
}

static void a_snapshot_of_a_turned_screen_is_upright(void **unused)
{
    (void)unused;
    struct screen_config *device = &bench.config->screen[0].device;
    device->width = 320;
    device->height = 240;
    device->rotation = 90;
    struct screen_buffer front, picture = take_snapshot();
    assert_int_equal(bench.wall.ops->front(bench.wall.screen, &front), 0);
    assert_int_equal(picture.width, 240);
    assert_int_equal(picture.height, 320);
    for (size_t y = 0; y < 320; y++)
        for (size_t x = 0; x < 240; x++)
            assert_memory_equal(picture.pixels + y * picture.stride + x * 4,
                                front.pixels + x * front.stride + (319 - y) * 4, 4);
    free(picture.pixels);
}

/* A device that goes takes its buffers with it. */
static void a_wall_that_closes_ends_its_snapshots(void **unused)
{
    (void)unused;
    const struct wall_events events = bench.wall.events;
    snap.snapshots = snapshots_create(bench.loop, keep_snapshot, NULL);
    open_calm();
    assert_int_equal(wall_snapshot(&bench.wall, snap.snapshots, 1), 0);
    wall_finish(&bench.wall);
    wall_init(&bench.wall, bench.loop, NULL, bench.fonts, bench.config, 0, &events);
    until_flip();
    assert_true(snap.taken.error == 0 || snap.taken.error == -ENODEV);
    free(snap.taken.png);
    snapshots_destroy(snap.snapshots);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_absent_wall_paints_nothing),
        TEST(it_opens_paints_and_flips_once),
        TEST(it_presents_only_when_something_changed),
        TEST(a_page_of_notices_stays_for_its_own_time),
        TEST(a_reload_takes_the_logo_away_from_a_wall_that_shows_it),
        TEST(a_call_counts_as_shown_at_its_flip),
        TEST(while_a_flip_is_pending_nothing_is_painted_and_the_next_frame_has_it),
        TEST(the_hash_is_that_of_the_picture_on_scan_out),
        TEST(a_call_that_changes_no_pixel_is_shown_already),
        TEST(a_call_behind_an_alert_or_a_blank_wall_is_not_shown),
        TEST(a_snapshot_is_what_the_wall_shows),
        TEST(a_snapshot_says_which_picture_it_is),
        TEST(a_copy_that_meets_a_flip_is_of_the_picture_that_came),
        TEST(a_snapshot_of_a_turned_screen_is_upright),
        TEST(a_wall_that_closes_ends_its_snapshots),
    };
    return cmocka_run_group_tests_name("wall", tests, NULL, NULL);
}
