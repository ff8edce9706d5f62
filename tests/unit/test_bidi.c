/* Lines that run to the left: the order of letters, Arabic that joins, numbers and Latin inside, walls and their damage. */
#include "fonts/bidi.h"
#include "tests/unit/scene_bench.h"

/* ---- order ----------------------------------------------------------------------------------- */

static void levels_give_the_order_of_the_annex(void **state)
{
    (void)state;
    static const struct {
        const uint8_t level[8];
        unsigned count, order[8];
    } rows[] = {
        { { 0, 0, 0 }, 3, { 0, 1, 2 } },
        { { 1, 1, 1 }, 3, { 2, 1, 0 } },
        { { 0, 1, 1, 0 }, 4, { 0, 2, 1, 3 } },
        { { 1, 2, 2, 1 }, 4, { 3, 1, 2, 0 } },
        { { 0, 1, 2, 1, 0 }, 5, { 0, 3, 2, 1, 4 } },
        { { 2, 1, 2, 3, 2 }, 5, { 2, 3, 4, 1, 0 } },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned order[8];
        bidi_order(rows[i].level, rows[i].count, order);
        assert_memory_equal(order, rows[i].order, rows[i].count * sizeof *order);
    }
}

static const struct text_line *shape(bool is_rtl, const char *text)
{
    const struct text_style style = { .weight = WEIGHT_BOLD, .size_px = 40, .lang = "he", .is_rtl = is_rtl };
    return text_shape(fonts, &style, text);
}

/* Each letter of `wanted`, from left to right, alone has the glyph that the line has there. */
static void assert_reads(bool is_rtl, const char *text, const char *wanted)
{
    struct text_line line = *shape(is_rtl, text);
    unsigned at = 0;
    for (const char *letter = wanted; *letter; at++) {
        char one[5] = "";
        size_t bytes = 1;
        while (((uint8_t)letter[bytes] & 0xc0) == 0x80)
            bytes++;
        memcpy(one, letter, bytes);
        letter += bytes;
        assert_true(at < line.nglyphs);
        if (line.glyph[at].key != shape(false, one)->glyph[0].key)
            fail_msg("\"%s\": glyph %u is not %s", text, at, one);
        assert_true(at == 0 || line.glyph[at].x > line.glyph[at - 1].x);
    }
    assert_int_equal(at, line.nglyphs);
}

static void letters_stand_in_the_order_of_their_direction(void **state)
{
    (void)state;
    assert_reads(false, "abc 12", "abc 12");
    assert_reads(true, "אבג", "גבא");
    assert_reads(false, "אבג", "גבא");
    assert_reads(false, "А042 אב", "А042 בא");      /* a line of a language that runs to the right */
    assert_reads(true, "А042 אב", "בא А042");       /* and one of a language that does not */
    assert_reads(true, "אב А042 גד", "דג А042 בא"); /* a ticket keeps its order */
    assert_reads(true, "אב 12 A.", ".A 12 בא");
    assert_reads(true, "אב (1308)", "(1308) בא"); /* brackets turn with their text */
    assert_reads(true, "Open Almaty", "Open Almaty");
    assert_reads(true, "אב…", "…בא");
}

/* A letter at the start, in the middle and at the end of a word has three shapes, and one more alone. */
static void arabic_letters_join(void **state)
{
    (void)state;
    struct text_line one = *shape(true, "ب"), three = *shape(true, "ببب");
    assert_int_equal(three.nglyphs, 3);
    for (int i = 0; i < 3; i++) {
        assert_true(three.glyph[i].key != one.glyph[0].key);
        for (int j = 0; j < i; j++)
            assert_true(three.glyph[i].key != three.glyph[j].key);
    }
}

static void a_line_is_found_again_only_in_its_own_direction(void **state)
{
    (void)state;
    struct text_line right = *shape(false, "7 אב"), left = *shape(true, "7 אב");
    assert_true(right.glyph[0].key != left.glyph[0].key);
    assert_true(shape(false, "7 אב")->glyph[0].key == right.glyph[0].key);
    assert_true(shape(true, "7 אב")->glyph[0].key == left.glyph[0].key);
}

static void any_letters_are_taken(void **state)
{
    (void)state;
    static const char *const piece[] = { "א",      "ب",      "a",      "1", " ", "(", ")",
                                         "\u202e", "\u2067", "\u2069", "٣", "ً",  "…" };
    uint32_t seed = 1;
    for (int i = 0; i < 2000; i++) {
        char text[900] = "";
        size_t used = 0;
        for (unsigned n = (seed >> 8) % 200; n > 0 && used < 890; n--) {
            seed = seed * 1664525u + 1013904223u;
            used += (size_t)snprintf(text + used, sizeof text - used, "%s",
                                     piece[(seed >> 8) % (sizeof piece / sizeof *piece)]);
        }
        seed = seed * 1664525u + 1013904223u;
        assert_true(shape(i & 1, text)->nglyphs <= TEXT_GLYPHS_MAX);
    }
}

/* ---- walls ----------------------------------------------------------------------------------- */

static void two_languages(void)
{
    room_init(&room, 2);
    room_language(&room, 0, "kk-Latn", "Qabyldau bölmesı");
    room_language(&room, 1, "ar", "قاعة استقبال");
}

/* The right edge of ink of each line of `role` in language `lang`. */
static void edges_of(enum text_role role, unsigned lang, int *least_left, int *most_left, int *least_right,
                     int *most_right)
{
    *least_left = *least_right = 9999;
    *most_left = *most_right = 0;
    for (int i = 0; i < picture.nglyphs;) {
        const struct placed *first = &picture.glyph[i];
        int left = 9999, right = 0;
        for (; i < picture.nglyphs && picture.glyph[i].y == first->y &&
               picture.glyph[i].role == first->role && picture.glyph[i].lang == first->lang;
             i++) {
            struct ink ink = ink_of(&picture.glyph[i]);
            if (ink.right > ink.left) {
                left = ink.left < left ? ink.left : left;
                right = ink.right > right ? ink.right : right;
            }
        }
        if (first->role != role || first->lang != lang || !right)
            continue;
        *least_left = left < *least_left ? left : *least_left;
        *most_left = left > *most_left ? left : *most_left;
        *least_right = right < *least_right ? right : *least_right;
        *most_right = right > *most_right ? right : *most_right;
    }
}

static void passages_begin_where_their_language_does(void **state)
{
    (void)state;
    int left[2], right[2];
    two_languages();
    room.input.truth = FEED_BLANK;
    build(&picture, 1920, 1080);
    edges_of(ROLE_MESSAGE, 0, &left[0], &left[1], &right[0], &right[1]);
    assert_in_range(left[1] - left[0], 0, 4);
    assert_in_range(right[1] - right[0], 100, 1900);
    edges_of(ROLE_MESSAGE, 1, &left[0], &left[1], &right[0], &right[1]);
    assert_in_range(right[1] - right[0], 0, 4);
    assert_in_range(left[1] - left[0], 100, 1900);
    assert_true(right[0] > 1700);
}

/* Too long a line loses its end, which is on the left. */
static void what_is_cut_is_the_end(void **state)
{
    (void)state;
    static const char word[] = "استقبال ";
    two_languages();
    room.config.name.text[1][0] = '\0';
    for (unsigned i = 0; i < 16; i++)
        strcat(room.config.name.text[1], word);
    build(&picture, 480, 480);
    const struct text_style style = { .weight = WEIGHT_BOLD, .size_px = 20, .lang = "ar", .is_rtl = true };
    int leftmost = 9999, least = -1;
    for (int i = 0; i < picture.nglyphs; i++)
        if (picture.glyph[i].role == ROLE_HEADER && picture.glyph[i].lang == 1 &&
            glyph_size_px(picture.glyph[i].key) && picture.glyph[i].x < leftmost) {
            leftmost = picture.glyph[i].x;
            least = i;
        }
    assert_true(least >= 0);
    struct text_style same = style;
    same.size_px = glyph_size_px(picture.glyph[least].key);
    if (picture.glyph[least].key != text_shape(fonts, &same, "…")->glyph[0].key)
        fail_wall(&picture, "glyph %d at %d is no ellipsis", least, leftmost);
}

static struct screen_buffer blank_buffer(void)
{
    struct screen_buffer buffer = {
        .stride = 1280 * 4, .width = 1280, .height = 720, .format = PIXEL_XRGB8888
    };
    buffer.pixels = calloc(720, buffer.stride);
    assert_non_null(buffer.pixels);
    return buffer;
}

/* What changes on the wall is painted as a repaint would have it. */
static void damage_is_that_of_what_changed(void **state)
{
    (void)state;
    struct screen_buffer buffer[2] = { blank_buffer(), blank_buffer() }, full = blank_buffer();
    struct painter *painter = painter_create(fonts, 1280, 720, PIXEL_XRGB8888);
    uint64_t all = 0;
    buffer[1].index = 1;
    for (int i = 0; i < 12; i++) {
        struct rect damage[DAMAGE_MAX];
        unsigned ndamage;
        two_languages();
        if (i % 6 == 5)
            room.input.truth = FEED_BLANK;
        room_notice(&room, "Telefon", "", "");
        snprintf(room.config.notice[0].text.text[1], LABEL_SIZE, "هاتف %d استقبال (А%03d)", 1300 + i, i);
        build(&picture, 1280, 720);
        uint64_t written = painter_paint(painter, &buffer[i & 1], &picture, damage, &ndamage);
        uint64_t whole = painter_full(painter, &full, &picture);
        assert_memory_equal(buffer[i & 1].pixels, full.pixels, (size_t)720 * full.stride);
        if (i == 2 || i == 3) /* only the notice is another */
            assert_true(written < whole / 20);
        all += written;
    }
    assert_true(all > 0);
    painter_destroy(painter);
    free(buffer[0].pixels);
    free(buffer[1].pixels);
    free(full.pixels);
}

static void every_letter_of_both_catalogues_has_a_glyph(void **state)
{
    (void)state;
    two_languages();
    for (int lang = 0; lang < 2; lang++)
        for (int i = 0; i < PHRASES; i++)
            for (enum weight weight = 0; weight < WEIGHTS; weight++)
                assert_int_equal(fonts_uncovered(fonts, weight, room.config.phrase[i].text[lang]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_give_the_order_of_the_annex),
        cmocka_unit_test(letters_stand_in_the_order_of_their_direction),
        cmocka_unit_test(arabic_letters_join),
        cmocka_unit_test(a_line_is_found_again_only_in_its_own_direction),
        cmocka_unit_test(any_letters_are_taken),
        cmocka_unit_test(passages_begin_where_their_language_does),
        cmocka_unit_test(what_is_cut_is_the_end),
        cmocka_unit_test(damage_is_that_of_what_changed),
        cmocka_unit_test(every_letter_of_both_catalogues_has_a_glyph),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
