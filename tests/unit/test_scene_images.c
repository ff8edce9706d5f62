/* Where images stand on a wall, and what makes room for them. */
#include "tests/unit/scene_bench.h"

static struct images images;

static struct image *plain(int width, int height)
{
    struct image_scaler *scaler = image_scaler_create(1, 1, width, height);
    image_scaler_take(scaler, (const uint8_t[]){ 200, 100, 50, 255 });
    struct image *image = image_scaler_finish(scaler);
    image_scaler_destroy(scaler);
    return image;
}

/* The place of the only one; w = 0: there is none. */
static struct rect place_of_image(const struct picture *p)
{
    struct rect place = { 0 };
    for (int i = 0; i < p->nregions; i++)
        if (p->region[i].image) {
            assert_int_equal(place.w, 0);
            place = p->region[i].box;
            assert_int_equal(p->region[i].image->width, place.w);
            assert_int_equal(p->region[i].image->height, place.h);
        }
    return place;
}

static void no_letter_stands_on_it(const struct picture *p, struct rect place)
{
    for (int i = 0; i < p->nglyphs; i++) {
        struct ink ink = ink_of(&p->glyph[i]);
        assert_false(ink.left < place.x + place.w && ink.right > place.x && ink.top < place.y + place.h &&
                     ink.bottom > place.y);
    }
}

static void start(const char *view)
{
    room_init(&room, 2);
    room_view(&room, view);
    room.input.images = &images;
}

static void side(enum layout_logo logo)
{
    for (unsigned i = 0; i < LAYOUT_REGIONS_MAX; i++) {
        room.screen.layout.landscape.region[i].logo = (uint8_t)logo;
        room.screen.layout.portrait.region[i].logo = (uint8_t)logo;
    }
}

static void the_logo_stands_where_the_layout_says(void **state)
{
    static const int sizes[][2] = { { 1920, 1080 }, { 720, 1280 }, { 3840, 2160 } };
    (void)state;
    start("calls");
    struct image *logo = room.config.theme.logo = plain(300, 200);
    for (unsigned i = 0; i < 3; i++) {
        side(LOGO_LEFT);
        build(&picture, sizes[i][0], sizes[i][1]);
        struct rect left = place_of_image(&picture);
        side(LOGO_RIGHT);
        build(&picture, sizes[i][0], sizes[i][1]);
        struct rect right = place_of_image(&picture);
        no_letter_stands_on_it(&picture, right);
        assert_true(left.w > 0 && left.x < sizes[i][0] / 8);
        assert_int_equal(left.x, sizes[i][0] - right.x - right.w);   /* as far from the edge */
        assert_in_range(left.w * 2, left.h * 3 - 3, left.h * 3 + 3); /* keeps its shape */
        side(LOGO_NONE);
        build(&picture, sizes[i][0], sizes[i][1]);
        assert_int_equal(place_of_image(&picture).w, 0);
    }
    image_drop(logo);
}

/* A banner leaves the name its room. */
static void a_wide_logo_takes_a_quarter_of_the_head(void **state)
{
    (void)state;
    start("calls");
    struct image *logo = room.config.theme.logo = plain(1000, 40);
    build(&picture, 1920, 1080);
    struct rect place = place_of_image(&picture);
    assert_in_range(place.w, 1920 * 20 / 100, 1920 * 26 / 100);
    assert_int_equal(place.h, place.w * 40 / 1000);
    no_letter_stands_on_it(&picture, place);
    image_drop(logo);
}

static struct config_notice *picture_notice(struct image *image)
{
    room_notice(&room, "Құжаттарды баспалдақтың жанында көшіруге болады.",
                "Документы можно скопировать рядом с лестницей.", "Copies can be made beside the stairs.");
    struct config_notice *notice = &room.config.notice[room.config.nnotices - 1];
    notice->picture = image;
    return notice;
}

static void a_picture_keeps_its_shape_beside_its_text(void **state)
{
    static const int shapes[][2] = { { 900, 300 }, { 300, 300 }, { 200, 700 } };
    static const int sizes[][2] = { { 1920, 1080 }, { 1080, 1920 } };
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        for (unsigned size = 0; size < 2; size++) {
            start("info");
            struct image *image = plain(shapes[i][0], shapes[i][1]);
            picture_notice(image);
            build(&picture, sizes[size][0], sizes[size][1]);
            struct rect place = place_of_image(&picture);
            int skew = place.w * shapes[i][1] - place.h * shapes[i][0];
            assert_true(abs(skew) <= shapes[i][0] + shapes[i][1]); /* a pixel */
            assert_true(place.w * place.h > 1920 * 1080 / 25);
            no_letter_stands_on_it(&picture, place);
            find(&picture, 0, WEIGHT_REGULAR, false, "Құжаттарды");
            find(&picture, 1, WEIGHT_REGULAR, false, "Документы");
            image_drop(image);
        }
    images_clear(&images);
}

static void a_page_with_a_picture_stays_longer_where_it_is_shown(void **state)
{
    (void)state;
    struct image *image = plain(30, 20);
    start("info");
    picture_notice(NULL);
    picture_notice(image);
    const int64_t text_us = scene_notice_us(&room.input);
    room.input.notice_page = 1;
    assert_int_equal(scene_notice_us(&room.input), text_us + 4000000);
    room_view(&room, "calls");
    assert_int_equal(scene_notice_us(&room.input), text_us);
    build(&picture, 1920, 1080);
    assert_int_equal(place_of_image(&picture).w, 0);
    image_drop(image);
}

/* `check` measures the text of walls whose images nobody has fitted. */
static void a_place_is_kept_where_images_are_not_shown(void **state)
{
    (void)state;
    struct image *image = plain(300, 200), *logo = plain(40, 40);
    start("info");
    picture_notice(image);
    room.config.theme.logo = logo;
    build(&picture, 1920, 1080);
    room.input.images = NULL;
    build(&other, 1920, 1080);
    assert_int_equal(place_of_image(&other).w, 0);
    assert_int_equal(picture.nglyphs, other.nglyphs);
    assert_memory_equal(picture.glyph, other.glyph, picture.nglyphs * sizeof picture.glyph[0]);
    image_drop(image);
    image_drop(logo);
}

/* What a wall holds: 4 bytes for each pixel that stands on it. */
static void a_wall_holds_its_pictures_as_large_as_they_stand(void **state)
{
    (void)state;
    size_t bytes = 0;
    struct image *image[HALL_NOTICES_MAX];
    start("info");
    images_clear(&images);
    for (unsigned i = 0; i < HALL_NOTICES_MAX; i++) {
        image[i] = plain(1000 + (int)i, 1000);
        picture_notice(image[i]);
    }
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < HALL_NOTICES_MAX; i++) {
            room.input.notice_page = i;
            build(&picture, 1920, 1080);
            struct rect place = place_of_image(&picture);
            bytes += round ? 0 : sizeof(struct image) + (size_t)place.w * (size_t)place.h * 4;
        }
    assert_int_equal(images_bytes(&images), bytes);
    assert_true(bytes < (size_t)HALL_NOTICES_MAX * 1920 * 1080 * 4 / 4); /* a quarter of the screen each */
    for (unsigned i = 0; i < HALL_NOTICES_MAX; i++)
        image_drop(image[i]);
    images_clear(&images);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_logo_stands_where_the_layout_says),
        cmocka_unit_test(a_wide_logo_takes_a_quarter_of_the_head),
        cmocka_unit_test(a_picture_keeps_its_shape_beside_its_text),
        cmocka_unit_test(a_page_with_a_picture_stays_longer_where_it_is_shown),
        cmocka_unit_test(a_place_is_kept_where_images_are_not_shown),
        cmocka_unit_test(a_wall_holds_its_pictures_as_large_as_they_stand),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
