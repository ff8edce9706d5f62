/* What must hold for every wall, whatever a hall is called and however many are called at once. */
#include "board/check/languages.h"
#include "protocol/utf8.h"
#include "tests/heap_count.h"
#include "tests/unit/scene_bench.h"

/* Of the short side of a wall of 1080. Below it a text is not worth its place. */
static const int least_units[ROLES] = {
    [ROLE_TICKET] = 32, [ROLE_DESK] = 32,    [ROLE_ROW] = 32,    [ROLE_MISSED] = 24,
    [ROLE_LABEL] = 12,  [ROLE_AGENCY] = 14,  [ROLE_NOTICE] = 22, [ROLE_CLOCK] = 66,
    [ROLE_HEADER] = 22, [ROLE_MESSAGE] = 22, [ROLE_ALERT] = 20,  [ROLE_WAITING] = 60,
};

#define HALLS       1000
#define HAIRLINE_PX 8 /* flat regions up to this are separators */

static bool is_empty(struct ink a)
{
    return a.left >= a.right || a.top >= a.bottom;
}

/* The outermost row and column of a glyph hold its faintest shades: touching there is not overlapping. */
static bool meet(struct ink a, struct ink b)
{
    return a.left + 1 < b.right && b.left + 1 < a.right && a.top + 1 < b.bottom && b.top + 1 < a.bottom;
}

/* Glyphs that follow each other to the right on one baseline are one line. */
static bool continues(const struct placed *before, const struct placed *glyph)
{
    return before->y == glyph->y && before->ink == glyph->ink && glyph->x > before->x;
}

static void no_ink_meets_other_ink(const struct picture *p)
{
    static struct ink ink[PICTURE_GLYPHS_MAX];
    for (int i = 0; i < p->nglyphs; i++)
        ink[i] = ink_of(&p->glyph[i]);
    for (int i = 1; i < p->nglyphs; i++) {
        if (is_empty(ink[i]))
            continue;
        bool is_same_line = true;
        for (int j = i - 1; j >= 0; j--) {
            is_same_line = is_same_line && continues(&p->glyph[j], &p->glyph[j + 1]);
            /* Neighbours of a line may lean over each other (ТА). */
            if (!(is_same_line && j >= i - 2) && !is_empty(ink[j]) && meet(ink[i], ink[j]))
                fail_wall(p, "glyph %d at %d,%d lies on glyph %d at %d,%d of %d x %d", i, ink[i].left,
                          ink[i].top, j, ink[j].left, ink[j].top, p->width, p->height);
        }
    }
}

static bool is_hairline(const struct region *region)
{
    return region->box.h <= HAIRLINE_PX && region->box.w > 4 * region->box.h;
}

static void ink_stays_in_its_region(const struct picture *p, struct ink safe)
{
    for (int i = 0; i < p->nglyphs; i++) {
        struct ink ink = ink_of(&p->glyph[i]);
        if (is_empty(ink))
            continue;
        if (!is_inside(ink, safe))
            fail_wall(p, "glyph %d at %d,%d..%d,%d leaves the safe area of %d x %d", i, ink.left, ink.top,
                      ink.right, ink.bottom, p->width, p->height);
        for (int r = 0; r < p->nregions; r++) {
            struct ink box = ink_of_box(p->region[r].box);
            if (!meet(ink, box))
                continue;
            if (p->region[r].image || is_hairline(&p->region[r]) || !is_inside(ink, box))
                fail_wall(p, "glyph %d at %d,%d..%d,%d crosses region %d at %d,%d..%d,%d", i, ink.left,
                          ink.top, ink.right, ink.bottom, r, box.left, box.top, box.right, box.bottom);
        }
    }
}

static void regions_stay_on_the_screen(const struct picture *p)
{
    struct ink all = { 0, 0, p->width, p->height };
    for (int r = 0; r < p->nregions; r++)
        assert_true(is_inside(ink_of_box(p->region[r].box), all));
}

static int base_of(const struct picture *p)
{
    bool is_portrait = p->height > p->width;
    int narrow = is_portrait ? p->width : p->height, wide = is_portrait ? p->height : p->width;
    return narrow < wide * 9 / 16 ? narrow : wide * 9 / 16;
}

/* ---- colours --------------------------------------------------------------------------------- */

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

static bool is_in_theme_pairs(unsigned ink, unsigned ground)
{
    for (unsigned i = 0; i < THEME_PAIRS; i++)
        if (theme_pairs[i].ink == ink && theme_pairs[i].ground == ground)
            return theme_pairs[i].least >= THEME_LEAST_TEXT;
    return false;
}

static bool pairs_seen[THEME_KEYS][THEME_KEYS];

/* So every theme that was taken can be read. */
static void inks_stand_on_grounds_that_themes_are_held_against(const struct picture *p)
{
    for (int i = 0; i < p->nglyphs; i++) {
        if (is_empty(ink_of(&p->glyph[i])))
            continue;
        unsigned ink = key_of(p->glyph[i].ink), ground = ground_under(p, ink_of(&p->glyph[i]));
        assert_true(ink < THEME_KEYS && ground < THEME_KEYS);
        pairs_seen[ink][ground] = true;
        if (!is_in_theme_pairs(ink, ground))
            fail_wall(p, "%s stands on %s: add the pair to theme_pairs", theme_keys[ink], theme_keys[ground]);
    }
}

static void no_pair_of_colours_is_judged_for_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < THEME_PAIRS; i++)
        if (theme_pairs[i].least >= THEME_LEAST_TEXT &&
            !pairs_seen[theme_pairs[i].ink][theme_pairs[i].ground])
            fail_msg("no wall sets %s on %s: take the pair out of theme_pairs",
                     theme_keys[theme_pairs[i].ink], theme_keys[theme_pairs[i].ground]);
}

static void languages_stand_as_the_law_asks(const struct picture *p)
{
    char reason[160];
    if (!languages_hold(&room.config, p, reason, sizeof reason))
        fail_wall(p, "%s", reason);
}

static bool is_view(const char *name)
{
    return strcmp(room.screen.view, name) == 0;
}

/* No letter without a role, and none below the least size of its role. */
static void letters_are_large_enough(const struct picture *p)
{
    for (int i = 0; i < p->nglyphs; i++) {
        const struct placed *placed = &p->glyph[i];
        int size_px = glyph_size_px(placed->key);
        int least_px = least_units[placed->role] * base_of(p) / 1080;
        if (is_view("zone") && placed->role != ROLE_NOTICE) /* 64 desks of eight letters each */
            least_px /= 3;
        if (size_px > 0 && (placed->role == ROLE_NONE || size_px < least_px))
            fail_wall(p, "glyph %d at %d,%d, role %d: %d px of at least %d", i, placed->x, placed->y,
                      placed->role, size_px, least_px);
    }
}

static unsigned letters_of(const struct picture *p, enum text_role role)
{
    unsigned letters = 0;
    for (int i = 0; i < p->nglyphs; i++)
        letters += p->glyph[i].role == role;
    return letters;
}

/* Long names may end in an ellipsis, tickets and desks never: each letter of theirs stands. */
static void numbers_are_whole(const struct picture *p)
{
    unsigned tickets = 0, desks = 0;
    for (int i = 0; i < ANNOUNCE_SLOTS && !scene_hides_calls(&room.input); i++) {
        const struct announce_slot *slot = &room.announce.slot[i];
        tickets += slot->is_used ? (unsigned)utf8_count(slot->ticket) : 0;
        desks += slot->is_used ? (unsigned)utf8_count(room.config.desk[slot->desk].label) : 0;
    }
    if (letters_of(p, ROLE_TICKET) != tickets || letters_of(p, ROLE_DESK) != desks)
        fail_wall(p, "%u of %u letters of tickets, %u of %u of desks", letters_of(p, ROLE_TICKET), tickets,
                  letters_of(p, ROLE_DESK), desks);
}

/* Of the only desk. What it is stands whatever is known of calls. */
static void the_desk_is_whole(const struct picture *p)
{
    const struct hall_desk *desk = &room.hall.desk[room.screen.desk];
    const char *ticket = desk->ticket;
    for (int i = ANNOUNCE_SLOTS - 1; i >= 0; i--) {
        const struct announce_slot *slot = &room.announce.slot[i];
        if (slot->is_used && slot->is_new && slot->desk == room.screen.desk)
            ticket = slot->ticket;
    }
    bool has_alert = hall_alert(&room.hall) != NULL;
    unsigned tickets = scene_hides_calls(&room.input) ? 0 : (unsigned)utf8_count(ticket);
    unsigned letters = has_alert ? 0 : (unsigned)utf8_count(room.config.desk[room.screen.desk].label);
    if (letters_of(p, ROLE_TICKET) != tickets || letters_of(p, ROLE_DESK) != letters)
        fail_wall(p, "%u of %u letters of the ticket, %u of %u of the desk", letters_of(p, ROLE_TICKET),
                  tickets, letters_of(p, ROLE_DESK), letters);
}

/* ---- random halls ---------------------------------------------------------------------------- */

static uint32_t seed;

static unsigned any(unsigned n)
{
    seed = seed * 1664525 + 1013904223;
    return (unsigned)((uint64_t)(seed >> 8) * n >> 24);
}

static const char *const words[] = {
    "Алматы",
    "қаласы",
    "Әкімдігінің",
    "халыққа",
    "қызмет",
    "көрсету",
    "орталығы",
    "Ң",
    "Өтініш",
    "Приёмная",
    "аппарата",
    "акима",
    "Йод",
    "документов",
    "государственных",
    "Щучинск",
    "и",
    "по",
    "Reception",
    "for",
    "citizens",
    "Wednesday",
    "«Open",
    "Almaty»",
    "№",
    "1308",
    "www.open-almaty.kz",
    "достопримечательностей-и-прочего",
    "ҰЙЫМДАСТЫРЫЛҒАН",
};

static void any_text(char *out, size_t size, unsigned nwords)
{
    size_t length = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < nwords; i++) {
        const char *word = words[any(sizeof words / sizeof *words)];
        if (length + strlen(word) + 2 > size)
            return;
        length += (size_t)snprintf(out + length, size - length, "%s%s", i ? " " : "", word);
    }
}

static void any_ticket(char out[TICKET_SIZE])
{
    static const char *const letters[] = { "А", "Б", "Д", "Й", "Щ", "Қ", "Ғ", "Ж",
                                           "Ё", "W", "I", "j", "-", "Ң", "ф" };
    static const char *const figures[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" };
    bool is_usual = any(2) == 0;
    unsigned points = is_usual ? 4 : 1 + any(8);
    out[0] = '\0';
    for (unsigned i = 0; i < points; i++)
        strcat(out, (is_usual ? i == 0 : any(3) == 0) ? letters[any(is_usual ? 8 : 15)] : figures[any(10)]);
}

static void any_desks(void)
{
    room.config.ndesks = 0;
    for (unsigned i = 0, n = 1 + any(64); i < n; i++) {
        char label[TICKET_SIZE];
        if (any(4) == 0)
            any_ticket(label);
        else
            snprintf(label, sizeof label, "%u", i + 1);
        room_desk(&room, label, (enum desk_kind)any(KINDS), (enum direction)any(ARROWS));
        room.config.desk[i].zone = (int8_t)any(2);
    }
}

static void any_calls(void)
{
    static const uint16_t places[] = { 1, 2, 4, 8 };
    unsigned n = any(ANNOUNCE_SLOTS + 1);
    for (unsigned i = 0; i < n; i++) {
        char ticket[TICKET_SIZE];
        any_ticket(ticket);
        struct announce_slot *slot = room_call(&room, ticket, 1 + (int)any(room.config.ndesks), any(2));
        slot->is_recall = any(3) == 0;
        slot->lane = (uint8_t)any(LANES);
        slot->from = (int16_t)((int)any(3) - 1);
        if (any(2))
            snprintf(slot->booked_at, sizeof slot->booked_at, "10:30");
    }
    if (any(4) == 0)
        room.announce.nslots = places[any(4)] > n ? 8 : room.announce.nslots;
}

static void any_lists(void)
{
    while (room.hall.nrecent < any(RECENT_MAX)) {
        char ticket[TICKET_SIZE];
        any_ticket(ticket);
        room_recent(&room, ticket, 1 + (int)any(room.config.ndesks));
    }
    for (unsigned i = any(10); i > 2; i--) {
        char ticket[TICKET_SIZE];
        any_ticket(ticket);
        room_missed(&room, ticket, 1 + (int)any(room.config.ndesks));
    }
}

static void any_notices(void)
{
    char text[3][NOTICE_SIZE];
    for (unsigned i = any(3); i > 0; i--) {
        for (int lang = 0; lang < 3; lang++)
            any_text(text[lang], LABEL_SIZE, any(14));
        room_notice(&room, text[0], text[1], text[2]);
    }
    if (any(8) > 0)
        return;
    for (int lang = 0; lang < 3; lang++)
        any_text(text[lang], NOTICE_SIZE, 1 + any(40));
    room_alert(&room, text[0], text[1], text[2]);
}

/* All that exist. */
static const char *const views[] = { "calls", "zone", "desk", "info" };
#define VIEWS (sizeof views / sizeof *views)

static void any_view(void)
{
    room_view(&room, views[any(VIEWS)]);
    if (!is_view("info") && any(3) == 0)
        room_add_counts(&room);
    if (!is_view("desk"))
        return;
    room.screen.desk = (int16_t)any(room.config.ndesks);
    room.screen.zones = 1u << room.config.desk[room.screen.desk].zone;
}

static void any_visits(void)
{
    for (int i = 0; i < room.config.ndesks; i++) {
        struct hall_desk *desk = &room.hall.desk[i];
        desk->status = (uint8_t)any(DESK_STATUSES);
        desk->phase = (uint8_t)any(PHASES);
        desk->lane = (uint8_t)any(LANES);
        desk->is_recall = any(4) == 0;
        desk->from = (int16_t)((int)any(3) - 1);
        if (desk->phase != PHASE_IDLE)
            any_ticket(desk->ticket);
    }
}

/* As authorities are really called: the languages of room_init(). */
static const char *const long_names[][3] = {
    { "Алматы қаласы бойынша Мемлекеттік кірістер департаменті",
      "Департамент государственных доходов по городу Алматы", "State Revenue Department of Almaty" },
    { "«Азаматтарға арналған үкімет» мемлекеттік корпорациясының Алматы қаласы бойынша филиалы",
      "Филиал государственной корпорации «Правительство для граждан» по городу Алматы",
      "Almaty branch of the state corporation “Government for Citizens”" },
    { "Алматы қаласы Жұмыспен қамту және әлеуметтік бағдарламалар басқармасы",
      "Управление занятости и социальных программ города Алматы",
      "Department of Employment and Social Programmes of Almaty" },
};
#define LONG_NAMES (sizeof long_names / sizeof *long_names)

static void name_agency(int agency, unsigned name)
{
    for (int lang = 0; lang < room.config.nlangs && lang < 3; lang++)
        snprintf(room.config.agency[agency].name.text[lang], LABEL_SIZE, "%s", long_names[name][lang]);
}

static void any_agencies(void)
{
    room.config.nagencies = (uint16_t)any(9);
    for (int i = 0; i < room.config.nagencies; i++)
        for (int lang = 0; lang < room.config.nlangs; lang++)
            any_text(room.config.agency[i].name.text[lang], LABEL_SIZE, 1 + any(9));
    for (int i = 0; i < room.config.nagencies; i += 2)
        name_agency(i, any(LONG_NAMES));
    for (int i = 0; i < room.config.ndesks; i++)
        room.config.desk[i].agency = (int8_t)((int)any(room.config.nagencies + 1u) - 1);
}

/* Loaded ones, of any shape; they stay. */
static struct image *any_image(void)
{
    static struct image *image[8];
    const unsigned at = any(8);
    if (image[at])
        return image[at];
    struct image_scaler *scaler =
        image_scaler_create(1, 1, 20 + (int)at * (int)at * 9, 20 + (int)(7 - at) * (int)(7 - at) * 9);
    image_scaler_take(scaler, (const uint8_t[]){ 1, 2, 3, 255 });
    image[at] = image_scaler_finish(scaler);
    image_scaler_destroy(scaler);
    return image[at];
}

static void any_images(void)
{
    static struct images images;
    room.input.images = &images;
    room.config.theme.logo = any(3) ? NULL : any_image();
    for (int i = 0; i < room.config.nnotices; i++)
        room.config.notice[i].picture = any(3) ? NULL : any_image();
    for (unsigned i = 0; i < LAYOUT_REGIONS_MAX; i++)
        room.screen.layout.landscape.region[i].logo = room.screen.layout.portrait.region[i].logo =
            (uint8_t)any(LAYOUT_LOGOS);
}

static void any_waiting(void)
{
    for (unsigned i = 0; i < AGENCIES_MAX; i++)
        room.hall.waiting[i] = (struct hall_waiting){ any(3) > 0, (uint16_t)(any(2) ? any(100) : any(10000)),
                                                      (int16_t)((int)any(1001) - 1) };
    room.hall.waiting_in_all = room.hall.waiting[any(AGENCIES_MAX)];
}

static void any_room(void)
{
    static const double overscan[] = { 0, 0.025, 0.05 };
    room_init(&room, 1 + (int)any(3));
    if (any(6) == 0) { /* a language without words */
        room.config.writing[room.config.nlangs] = room.config.writing[0];
        strcpy(room.config.lang[room.config.nlangs++], "ky");
    }
    for (int lang = 0; lang < room.config.nlangs; lang++)
        if (any(2))
            any_text(room.config.name.text[lang], LABEL_SIZE, 1 + any(12));
    room.config.calls.recent = (uint8_t)(any(3) ? 0 : any(13));
    room.screen.zones = 1 + any(3);
    room.screen.overscan = overscan[any(3)];
    room.input.truth = (enum feed_truth)(any(3) ? (unsigned)FEED_FRESH : any(4));
    room.input.has_lease = any(2);
    room.input.notice_page = any(9);
    room.input.clock = (struct scene_clock){ 2026,         1 + (int)any(12), 1 + (int)any(28), (int)any(7),
                                             (int)any(24), (int)any(60),     any(8) > 0 };
    any_desks();
    any_agencies();
    any_visits();
    any_calls();
    any_lists();
    any_notices();
    any_waiting();
}

static void nothing_overlaps_or_leaves_its_place_in_any_hall(void **state)
{
    (void)state;
    static const int size[][2] = { { 1920, 1080 }, { 1280, 720 }, { 1080, 1920 },
                                   { 720, 1280 },  { 1024, 768 }, { 1366, 768 },
                                   { 1280, 800 },  { 1920, 540 }, { 3840, 2160 } };
    for (unsigned i = 0; i < HALLS; i++) {
        seed = i * 7919 + 1;
        any_room();
        any_view();
        any_images();
        number_colors();
        const int *s = size[i % 50 == 0 ? 8 : any(8)];
        build(&picture, s[0], s[1]);
        int dx = (int)(s[0] * room.screen.overscan), dy = (int)(s[1] * room.screen.overscan);
        regions_stay_on_the_screen(&picture);
        ink_stays_in_its_region(&picture, (struct ink){ dx, dy, s[0] - dx, s[1] - dy });
        no_ink_meets_other_ink(&picture);
        languages_stand_as_the_law_asks(&picture);
        inks_stand_on_grounds_that_themes_are_held_against(&picture);
        letters_are_large_enough(&picture);
        if (is_view("calls"))
            numbers_are_whole(&picture);
        if (is_view("desk"))
            the_desk_is_whole(&picture);
    }
}

static unsigned letters_in(const char *text)
{
    unsigned letters = 0;
    for (const char *at = text, *end = text + strlen(text); at < end;)
        letters += utf8_next(&at, end) != ' ';
    return letters;
}

static unsigned drawn_of(const struct picture *p, enum text_role role)
{
    unsigned drawn = 0;
    for (int i = 0; i < p->nglyphs; i++)
        drawn += p->glyph[i].role == role && !is_empty(ink_of(&p->glyph[i]));
    return drawn;
}

/* Smaller or on more lines, but whole: nobody looks for an ellipsis. */
static void long_names_stand_whole_above_a_desk(void **state)
{
    static const int size[][2] = { { 1280, 720 }, { 1920, 1080 }, { 1080, 1920 }, { 720, 1280 } };
    (void)state;
    for (unsigned i = 0; i < 4 * LONG_NAMES; i++) {
        const char *const *name = long_names[i / 4];
        room_init(&room, 3);
        room_view(&room, "desk");
        room.screen.desk = 2;
        room.config.nagencies = 1;
        room.config.desk[2].agency = 0;
        name_agency(0, i / 4);
        build(&picture, size[i % 4][0], size[i % 4][1]);
        no_ink_meets_other_ink(&picture);
        unsigned letters = letters_in(name[0]) + letters_in(name[1]), drawn = drawn_of(&picture, ROLE_AGENCY);
        if (drawn != letters)
            fail_wall(&picture, "%u of %u letters of %s at %d x %d", drawn, letters, name[0], size[i % 4][0],
                      size[i % 4][1]);
    }
}

/* Tails reach to what stands below. */
static void letters_that_hang_below_keep_their_place(void **state)
{
    (void)state;
    static const char *const labels[] = { "j", "Қ", "р", "Щ1", "Й", "7" };
    for (unsigned i = 0; i < 6 * 4; i++) {
        room_init(&room, 2 + (int)(i & 1));
        room_desk(&room, labels[i / 4], KIND_DESK, i & 2 ? ARROW_LEFT : ARROW_NONE);
        for (unsigned n = 0; n < 3; n++) {
            struct announce_slot *slot = room_call(&room, "Ж957", room.config.ndesks, n == 0);
            slot->is_recall = true;
            slot->from = 0;
        }
        for (int portrait = 0; portrait < 2; portrait++) {
            build(&picture, portrait ? 1080 : 1920, portrait ? 1920 : 1080);
            no_ink_meets_other_ink(&picture);
            languages_stand_as_the_law_asks(&picture);
        }
    }
}

static void building_the_same_wall_again_allocates_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        seed = i + 77;
        any_room();
        any_images();
        build(&picture, 1920, 1080);
        unsigned before = allocations;
        build(&other, 1920, 1080);
        assert_int_equal(allocations, before);
        int changed;
        difference(&picture, &other, &changed);
        assert_int_equal(changed, 0);
    }
    assert_true(!COUNTS_HEAP || allocations > 100); /* the counting works */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_overlaps_or_leaves_its_place_in_any_hall),
        cmocka_unit_test(no_pair_of_colours_is_judged_for_nothing), /* after it */
        cmocka_unit_test(long_names_stand_whole_above_a_desk),
        cmocka_unit_test(letters_that_hang_below_keep_their_place),
        cmocka_unit_test(building_the_same_wall_again_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
