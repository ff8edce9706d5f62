#include "tests/unit/paint_bench.h"

static void make_two_of_each(struct picture *picture)
{
    picture_region(picture, (struct rect){ 10, 20, 30, 40 }, 0x102030, 5);
    picture_gradient(picture, (struct rect){ 50, 20, 30, 40 }, 0x102030, 0x405060);
    picture_icon(picture, ICON_WARNING, 10, 20, 30, 0xffffff);
    picture_icon(picture, ICON_ARROW_UP, 50, 20, 30, 0xffffff);
}

#define MEMBER(name)                                                                                         \
    {                                                                                                        \
#name, offsetof(struct picture, name), sizeof(((struct picture *)0)->name)                           \
    }

static void a_hash_differs_for_each_kind_of_change(void **state)
{
    static const struct {
        const char *name;
        size_t at, size;
    } members[] = { MEMBER(width),
                    MEMBER(height),
                    MEMBER(background),
                    MEMBER(nregions),
                    MEMBER(region[1].box.x),
                    MEMBER(region[1].box.y),
                    MEMBER(region[1].box.w),
                    MEMBER(region[1].box.h),
                    MEMBER(region[1].fill),
                    MEMBER(region[1].until),
                    MEMBER(region[1].radius_px),
                    MEMBER(nglyphs),
                    MEMBER(glyph[1].key),
                    MEMBER(glyph[1].x),
                    MEMBER(glyph[1].y) };
    struct picture *picture = &((struct bench *)*state)->picture;

    make_two_of_each(picture);
    picture_icon(picture, ICON_CORNER, 90, 20, 30, 0xffffff);
    picture->nglyphs = 2; /* there is a third that may come */
    const uint64_t hash = picture_hash(picture, fonts);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        for (size_t byte = 0; byte < members[i].size; byte++)
            for (unsigned bit = 0; bit < 8; bit++) {
                uint8_t *value = (uint8_t *)picture + members[i].at + byte;

                if (strncmp(members[i].name, "n", 1) == 0 && (byte || bit > 1))
                    continue; /* no more items than there are */
                *value ^= (uint8_t)(1 << bit);
                if (picture_hash(picture, fonts) == hash)
                    fail_msg("bit %u of byte %zu of %s is lost", bit, byte, members[i].name);
                *value ^= (uint8_t)(1 << bit);
            }
    for (unsigned bit = 0; bit < 24; bit++) {
        picture->glyph[1].ink ^= 1u << bit;
        assert_int_not_equal(picture_hash(picture, fonts), hash);
        picture->glyph[1].ink ^= 1u << bit;
    }
    picture->glyph[1].role ^= 1; /* paints nothing */
    assert_int_equal(picture_hash(picture, fonts), hash);
}

static void a_hash_differs_for_each_image_and_place(void **state)
{
    struct picture *picture = &((struct bench *)*state)->picture;
    struct image *small = image_scale(some_image(), 20, 10), *other = image_scale(some_image(), 20, 11);

    picture_image(picture, small, 5, 6);
    const uint64_t hash = picture_hash(picture, fonts);
    picture->region[0].fill = 0x123456; /* paints nothing */
    assert_true(picture_hash(picture, fonts) == hash);
    picture->region[0].image = other;
    assert_true(picture_hash(picture, fonts) != hash);
    picture->region[0].image = small;
    picture->region[0].box.x++;
    assert_true(picture_hash(picture, fonts) != hash);
    image_drop(small);
    image_drop(other);
}

static void a_hash_differs_for_each_order(void **state)
{
    struct picture *picture = &((struct bench *)*state)->picture;
    const struct region region = {
        .box = { 10, 20, 30, 40 }, .fill = 0x102030, .until = 0x102030, .radius_px = 5
    };

    make_two_of_each(picture);
    const uint64_t first = picture_hash(picture, fonts);
    picture->region[0] = picture->region[1];
    picture->region[1] = region;
    const uint64_t second = picture_hash(picture, fonts);
    assert_int_not_equal(second, first);
    const struct placed placed = picture->glyph[0];
    picture->glyph[0] = picture->glyph[1];
    picture->glyph[1] = placed;
    const uint64_t third = picture_hash(picture, fonts);
    assert_int_not_equal(third, second);
    assert_int_not_equal(third, first);
}

static void a_hash_is_that_of_what_is_shown_and_of_nothing_else(void **state)
{
    struct picture *picture = &((struct bench *)*state)->picture, *other = malloc(sizeof(*other));

    memset(other, 0xa5, sizeof(*other));
    picture_init(other, WIDTH, HEIGHT, 0x081528);
    make_two_of_each(picture);
    make_two_of_each(other);
    assert_int_equal(picture_hash(picture, fonts), picture_hash(other, fonts));
    free(other);
}

static void put_telephone(struct picture *picture, struct fonts *set)
{
    const struct text_style style = { .weight = WEIGHT_BOLD, .size_px = 40, .lang = "kk" };

    picture_init(picture, WIDTH, HEIGHT, 0x081528);
    picture_line(picture, text_shape(set, &style, "\u260e"), 10, 60, 0xffffff);
}

/* Noto has no telephone: here it is of the second face, there of the only one. */
static void a_hash_tells_coverage_and_not_the_number_of_a_face(void **state)
{
    static const char *const dejavu[] = { "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", NULL };
    const struct font_files files = { .path = { dejavu, dejavu } };
    struct picture *picture = &((struct bench *)*state)->picture;
    char error[200];
    struct fonts *other = fonts_create(&files, error, sizeof(error));

    assert_non_null(other);
    put_telephone(picture, fonts);
    const glyph_key key = picture->glyph[0].key;
    const uint64_t hash = picture_hash(picture, fonts);
    put_telephone(picture, other);
    assert_true(picture->glyph[0].key != key);
    assert_true(picture_hash(picture, other) == hash);
    assert_true(picture_hash(picture, fonts) != hash); /* that key is another letter there */
    fonts_destroy(other);
}

static void what_paints_nothing_is_no_part_of_the_hash(void **state)
{
    struct picture *picture = &((struct bench *)*state)->picture;
    const struct text_style style = { .weight = WEIGHT_BOLD, .size_px = 40, .lang = "kk" };

    make_two_of_each(picture);
    const uint64_t hash = picture_hash(picture, fonts);
    picture_line(picture, text_shape(fonts, &style, " "), 10, 60, 0xffffff);
    assert_int_equal(picture->nglyphs, 3);
    assert_true(picture_hash(picture, fonts) == hash);
}

static void a_hash_is_written_in_16_figures(void **state)
{
    char text[PICTURE_HASH_SIZE];

    (void)state;
    picture_hash_text(0x5f0c91d2, text);
    assert_string_equal(text, "000000005f0c91d2");
    picture_hash_text(0, text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(a_hash_differs_for_each_kind_of_change),
        BENCH_TEST(a_hash_differs_for_each_order),
        BENCH_TEST(a_hash_differs_for_each_image_and_place),
        BENCH_TEST(a_hash_is_that_of_what_is_shown_and_of_nothing_else),
        BENCH_TEST(a_hash_tells_coverage_and_not_the_number_of_a_face),
        BENCH_TEST(what_paints_nothing_is_no_part_of_the_hash),
        cmocka_unit_test(a_hash_is_written_in_16_figures),
    };

    return cmocka_run_group_tests_name("picture", tests, open_fonts, close_fonts);
}
