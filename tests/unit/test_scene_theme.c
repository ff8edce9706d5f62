/* No scene sets letters or icons in a pair of colours that theme_pairs does not have: so every theme that was taken can be read. */
#include "board/scene/theme.h"
#include "tests/unit/scene_bench.h"

/* Each colour says which it is. */
static void number_colors(void)
{
    for (unsigned i = 0; i < THEME_KEYS; i++)
        theme_set(&room.config.theme, i, 0x010101 * (i + 1));
}

static unsigned key_of(color value)
{
    return (value & 255) - 1;
}

/* The region that was painted last where the ink is. */
static unsigned ground_under(const struct picture *p, struct ink ink)
{
    int x = (ink.left + ink.right) / 2, y = (ink.top + ink.bottom) / 2;
    color ground = p->background;
    for (int i = 0; i < p->nregions; i++) {
        struct ink box = ink_of_box(p->region[i].box);
        if (x >= box.left && x < box.right && y >= box.top && y < box.bottom)
            ground = p->region[i].fill;
    }
    return key_of(ground);
}

static bool is_checked(unsigned ink, unsigned ground)
{
    for (unsigned i = 0; i < THEME_PAIRS; i++)
        if (theme_pairs[i].ink == ink && theme_pairs[i].ground == ground)
            return theme_pairs[i].least >= THEME_LEAST_TEXT;
    return false;
}

static bool seen[THEME_KEYS][THEME_KEYS];

static void all_pairs_are_checked(int width, int height)
{
    build(&picture, width, height);
    assert_true(picture.nglyphs > 0);
    for (int i = 0; i < picture.nglyphs; i++) {
        unsigned ink = key_of(picture.glyph[i].ink);
        unsigned ground = ground_under(&picture, ink_of(&picture.glyph[i]));
        assert_true(ink < THEME_KEYS && ground < THEME_KEYS);
        seen[ink][ground] = true;
        if (!is_checked(ink, ground))
            fail_wall(&picture, "%s stands on %s: add the pair to theme_pairs", theme_keys[ink],
                      theme_keys[ground]);
    }
}

static void fill_hall(int ncalls)
{
    for (int i = 0; i < ncalls; i++) {
        struct announce_slot *slot = room_call(&room, "А042", i + 1, i % 2);
        slot->is_recall = i % 3 == 1;
        slot->lane = i % 3 == 2 ? LANE_BOOKED : LANE_WALKIN;
        slot->from = (int16_t)(i % 4 == 3 ? 9 : NONE);
    }
    room_recent(&room, "Б117", 12);
    room_missed(&room, "К007", 10);
    room_notice(&room, "Телефон: 1308", "Телефон: 1308", "Phone: 1308");
}

static void every_pair_of_every_wall_is_one_that_themes_are_held_against(void **state)
{
    static const enum feed_truth truths[] = { FEED_NOTHING, FEED_FRESH, FEED_STALE, FEED_BLANK };
    (void)state;
    for (unsigned truth = 0; truth < 4; truth++)
        for (int ncalls = -1; ncalls <= 8; ncalls++)
            for (int alert = 0; alert < 2; alert++) {
                room_init(&room, 3);
                number_colors();
                room.input.truth = truths[truth];
                if (ncalls >= 0)
                    fill_hall(ncalls);
                if (alert)
                    room_alert(&room, "Назар аударыңыз! Шығыңыз.", "Внимание! Выходите.", "Leave.");
                all_pairs_are_checked(1280, 720);
                all_pairs_are_checked(720, 1280);
            }
    for (unsigned i = 0; i < THEME_PAIRS; i++) /* none is checked for nothing */
        if (theme_pairs[i].least >= THEME_LEAST_TEXT)
            if (!seen[theme_pairs[i].ink][theme_pairs[i].ground])
                fail_msg("nothing sets %s on %s: take the pair out of theme_pairs",
                         theme_keys[theme_pairs[i].ink], theme_keys[theme_pairs[i].ground]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_every_wall_is_one_that_themes_are_held_against),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
