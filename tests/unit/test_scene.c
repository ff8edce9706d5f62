/* What must hold for every wall, whatever a hall is called and however many are called at once. */
#include "board/paint.h"
#include "board/png.h"
#include "board/stage.h"
#include "tests/wall_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define HAIRLINE_PX 8 /* flat regions up to this are separators */

static struct fonts *fonts;
static struct room room;
static struct picture picture, other;

static unsigned long allocations;
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}
void *__wrap_calloc(size_t n, size_t size)
{
    allocations++;
    return __real_calloc(n, size);
}
void *__wrap_realloc(void *old, size_t size)
{
    allocations++;
    return __real_realloc(old, size);
}

static void build(struct picture *out, int width, int height)
{
    scene_build(out, fonts, &room.input, width, height);
    assert_false(out->is_full);
}

/* The first wall that fails is left as a picture. */
static void leave(const struct picture *p)
{
    static bool is_left;
    if (is_left)
        return;
    is_left = true;
    struct screen_buffer buffer = { .stride = (uint32_t)p->width * 4,
                                    .width = (uint16_t)p->width,
                                    .height = (uint16_t)p->height };
    buffer.pixels = calloc(buffer.height, buffer.stride);
    struct painter *painter = painter_create(fonts, p->width, p->height, PIXEL_XRGB8888);
    if (painter && buffer.pixels) {
        painter_full(painter, &buffer, p);
        if (png_write(&buffer, "build/test_scene.png") == 0)
            print_error("the wall is in build/test_scene.png\n");
    }
    painter_destroy(painter);
    free(buffer.pixels);
}
#define fail_wall(p, ...)                                                                                    \
    do {                                                                                                     \
        leave(p);                                                                                            \
        fail_msg(__VA_ARGS__);                                                                               \
    } while (0)

/* ---- ink -------------------------------------------------------------------------------------------------
 */

struct ink {
    int left, top, right, bottom;
};

static struct ink ink_of(const struct placed *placed)
{
    const struct glyph *glyph = glyph_get(fonts, placed->key);
    int left = placed->x + glyph->left, top = placed->y + glyph->top;
    return (struct ink){ left, top, left + glyph->width, top + glyph->height };
}

static bool is_empty(struct ink a)
{
    return a.left >= a.right || a.top >= a.bottom;
}

/* The outermost row and column of a glyph hold its faintest shades: touching there is not overlapping. */
static bool meet(struct ink a, struct ink b)
{
    return a.left + 1 < b.right && b.left + 1 < a.right && a.top + 1 < b.bottom && b.top + 1 < a.bottom;
}

static bool is_inside(struct ink a, struct ink b)
{
    return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
}

static struct ink ink_of_box(struct rect box)
{
    return (struct ink){ box.x, box.y, box.x + box.w, box.y + box.h };
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
            if (is_hairline(&p->region[r]) || !is_inside(ink, box))
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

static void any_room(void)
{
    static const double overscan[] = { 0, 0.025, 0.05 };
    room_init(&room, 1 + (int)any(3));
    if (any(6) == 0) /* a language without a catalogue */
        strcpy(room.config.lang[room.config.nlangs++], "ky");
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
    any_calls();
    any_lists();
    any_notices();
}

static void nothing_overlaps_or_leaves_its_place_in_any_hall(void **state)
{
    (void)state;
    static const int size[][2] = { { 1920, 1080 }, { 1280, 720 }, { 1080, 1920 },
                                   { 720, 1280 },  { 1024, 768 }, { 1366, 768 },
                                   { 1280, 800 },  { 1920, 540 }, { 3840, 2160 } };
    for (unsigned i = 0; i < 500; i++) {
        seed = i * 7919 + 1;
        any_room();
        const int *s = size[i % 50 == 0 ? 8 : any(8)];
        build(&picture, s[0], s[1]);
        int dx = (int)(s[0] * room.screen.overscan), dy = (int)(s[1] * room.screen.overscan);
        regions_stay_on_the_screen(&picture);
        ink_stays_in_its_region(&picture, (struct ink){ dx, dy, s[0] - dx, s[1] - dy });
        no_ink_meets_other_ink(&picture);
    }
}

/* ---- finding what was set -------------------------------------------------------------------- */

struct found {
    int size_px, x, y, width, index;
};

static bool is_at(const struct picture *p, int index, const struct text_line *line)
{
    if (index + line->nglyphs > p->nglyphs)
        return false;
    int x = p->glyph[index].x - line->glyph[0].x, y = p->glyph[index].y - line->glyph[0].y;
    for (int i = 0; i < line->nglyphs; i++)
        if (p->glyph[index + i].key != line->glyph[i].key || p->glyph[index + i].x - line->glyph[i].x != x ||
            p->glyph[index + i].y - line->glyph[i].y != y)
            return false;
    return true;
}

static bool find_from(const struct picture *p, int from, int lang, enum weight weight, bool is_number,
                      const char *text, struct found *found)
{
    struct text_style style = { .weight = weight, .is_number = is_number };
    strcpy(style.lang, room.config.lang[lang]);
    for (style.size_px = 10; style.size_px < 500; style.size_px++) {
        const struct text_line *line = text_shape(fonts, &style, text);
        for (int i = from; i < p->nglyphs; i++)
            if (p->glyph[i].key == line->glyph[0].key && is_at(p, i, line)) {
                *found = (struct found){ style.size_px, p->glyph[i].x - line->glyph[0].x,
                                         p->glyph[i].y - line->glyph[0].y, line->width_px, i };
                return true;
            }
    }
    return false;
}

static struct found find(const struct picture *p, int lang, enum weight weight, bool is_number,
                         const char *text)
{
    struct found found = { 0 };
    if (!find_from(p, 0, lang, weight, is_number, text, &found))
        fail_wall(p, "\"%s\" is not in the picture", text);
    return found;
}

static bool is_shown(const struct picture *p, const char *text)
{
    struct found found;
    return find_from(p, 0, 0, WEIGHT_BOLD, true, text, &found);
}

/* Law on languages, article 21: Kazakh left or above, letters of the same size. */
static void kazakh_leads(const struct picture *p, enum weight weight, const char *kk, const char *ru)
{
    struct found first = find(p, 0, weight, false, kk), second = find(p, 1, weight, false, ru);
    assert_int_equal(first.size_px, second.size_px);
    assert_int_equal(p->glyph[first.index].ink, p->glyph[second.index].ink);
    assert_true(first.y < second.y || (first.y == second.y && first.x + first.width < second.x));
}

static void kazakh_stands_first_at_the_size_of_russian(void **state)
{
    (void)state;
    static const int size[][2] = { { 1920, 1080 }, { 1280, 720 }, { 1080, 1920 } };
    for (int i = 0; i < 3; i++) {
        room_init(&room, 2 + i % 2);
        room_notice(&room, "Қабылдау бөлмесінің телефоны: 1308", "Телефон приёмной: 1308", "Phone: 1308");
        build(&picture, size[i][0], size[i][1]);
        kazakh_leads(&picture, WEIGHT_BOLD, room.config.name.text[0], room.config.name.text[1]);
        kazakh_leads(&picture, WEIGHT_REGULAR, "2026 ж. 22 қараша, жексенбі",
                     "воскресенье, 22 ноября 2026 г.");
        if (size[i][0] > size[i][1]) /* a narrow wall breaks it */
            kazakh_leads(&picture, WEIGHT_BOLD, "Күте тұрыңыз", "Пожалуйста, подождите");
        kazakh_leads(&picture, WEIGHT_REGULAR, "Қабылдау бөлмесінің телефоны: 1308",
                     "Телефон приёмной: 1308");
        room_call(&room, "А042", 7, true);
        room.input.truth = FEED_STALE;
        build(&picture, size[i][0], size[i][1]);
        kazakh_leads(&picture, WEIGHT_BOLD, "Терезе", "Окно");
        kazakh_leads(&picture, WEIGHT_BOLD, "Байланыс жоқ. Деректер ескірген болуы мүмкін",
                     "Нет связи. Данные могут быть неактуальны");
    }
}

static void names_of_different_length_have_one_size(void **state)
{
    (void)state;
    room_init(&room, 2);
    strcpy(room.config.name.text[0], "Әкімдік");
    strcpy(room.config.name.text[1], "Приёмная аппарата акима Алмалинского района города Алматы по вопросам");
    build(&picture, 1920, 1080);
    kazakh_leads(&picture, WEIGHT_BOLD, room.config.name.text[0], room.config.name.text[1]);
}

static void numbers_of_the_list_stand_in_columns(void **state)
{
    (void)state;
    static const char *const figures[] = { "117", "041", "9", "040" };
    static const char *const desk[] = { "12", "3", "10", "11" };
    room_init(&room, 2);
    room_recent(&room, "Б117", 12);
    room_recent(&room, "А041", 3);
    room_recent(&room, "Ж9", 10);
    room_recent(&room, "А040", 11);
    build(&picture, 1920, 1080);
    int size = 0, right = 0, desk_right = 0;
    for (int i = 0; i < 4; i++) {
        struct found number = find(&picture, 0, WEIGHT_BOLD, true, figures[i]), label;
        assert_true(find_from(&picture, number.index + 1, 0, WEIGHT_BOLD, true, desk[i], &label));
        if (i == 0) {
            size = number.size_px;
            right = number.x + number.width;
            desk_right = label.x + label.width;
        }
        assert_int_equal(number.size_px, size);
        assert_int_equal(label.size_px, size);
        assert_int_equal(number.y, label.y);
        assert_int_equal(number.x + number.width, right);
        assert_int_equal(label.x + label.width, desk_right);
    }
}

static void ticket_and_desk_of_a_call_have_one_size(void **state)
{
    (void)state;
    static const uint16_t places[] = { 1, 2, 4, 8 };
    for (int i = 0; i < 4; i++) {
        room_init(&room, 2);
        room_call(&room, "А042", 7, true);
        room.announce.nslots = places[i];
        build(&picture, 1920, 1080);
        assert_int_equal(find(&picture, 0, WEIGHT_BOLD, true, "042").size_px,
                         find(&picture, 0, WEIGHT_BOLD, true, "7").size_px);
    }
}

/* ---- what changes ---------------------------------------------------------------------------- */

static bool is_same_glyph(const struct placed *a, const struct placed *b)
{
    return a->key == b->key && a->x == b->x && a->y == b->y && a->ink == b->ink;
}

static struct ink difference(const struct picture *a, const struct picture *b, int *nglyphs)
{
    struct ink sum = { 9999, 9999, 0, 0 };
    assert_int_equal(a->nglyphs, b->nglyphs);
    *nglyphs = 0;
    for (int i = 0; i < a->nglyphs; i++) {
        if (is_same_glyph(&a->glyph[i], &b->glyph[i]))
            continue;
        struct ink ink = ink_of(&b->glyph[i]);
        sum.left = ink.left < sum.left ? ink.left : sum.left;
        sum.top = ink.top < sum.top ? ink.top : sum.top;
        sum.right = ink.right > sum.right ? ink.right : sum.right;
        sum.bottom = ink.bottom > sum.bottom ? ink.bottom : sum.bottom;
        ++*nglyphs;
    }
    return sum;
}

static bool is_same_region(const struct region *a, const struct region *b)
{
    return a->box.x == b->box.x && a->box.y == b->box.y && a->box.w == b->box.w && a->box.h == b->box.h &&
           a->fill == b->fill && a->radius_px == b->radius_px;
}

static bool has_same_regions(const struct picture *a, const struct picture *b)
{
    for (int i = 0; i < a->nregions && i < b->nregions; i++)
        if (!is_same_region(&a->region[i], &b->region[i]))
            return false;
    return a->nregions == b->nregions;
}

static void a_tick_of_the_clock_changes_only_its_figures(void **state)
{
    (void)state;
    static const struct {
        int hour, minute, then_hour, then_minute, figures;
    } rows[] = { { 14, 5, 14, 6, 1 }, { 14, 9, 14, 10, 2 }, { 19, 59, 20, 0, 4 } };
    for (int i = 0; i < 3; i++) {
        room_init(&room, 2);
        room_call(&room, "А042", 7, true);
        room.input.clock.hour = rows[i].hour;
        room.input.clock.minute = rows[i].minute;
        build(&picture, 1920, 1080);
        room.input.clock.hour = rows[i].then_hour;
        room.input.clock.minute = rows[i].then_minute;
        build(&other, 1920, 1080);
        int changed;
        difference(&picture, &other, &changed);
        assert_int_equal(changed, rows[i].figures);
        assert_true(has_same_regions(&picture, &other));
    }
}

static void a_call_that_ages_changes_only_its_panel(void **state)
{
    (void)state;
    room_init(&room, 2);
    room_call(&room, "А042", 7, true);
    room_call(&room, "Б118", 12, true);
    room_call(&room, "К009", 2, true);
    build(&picture, 1920, 1080);
    room.announce.slot[1].is_new = false;
    build(&other, 1920, 1080);
    int changed, differing = 0;
    struct ink area = difference(&picture, &other, &changed);
    assert_true(changed > 0);
    for (int i = 0; i < picture.nregions; i++)
        if (!is_same_region(&picture.region[i], &other.region[i]) && differing++ == 0)
            assert_true(is_inside(area, ink_of_box(picture.region[i].box)));
    assert_int_equal(differing, 2); /* the panel and its hairline */
}

static void a_new_call_leaves_head_and_foot_alone(void **state)
{
    (void)state;
    room_init(&room, 2);
    room_notice(&room, "Қабылдау бөлмесінің телефоны: 1308", "Телефон приёмной: 1308", "");
    room_call(&room, "А042", 7, false);
    build(&picture, 1920, 1080);
    room.announce.slot[0].is_used = false;
    room_call(&room, "Б118", 12, true);
    build(&other, 1920, 1080);
    for (int i = 0; i < picture.nglyphs; i++) {
        const struct placed *old = &picture.glyph[i];
        bool is_body = old->y > 140 && old->y < 960, is_kept = false;
        for (int j = 0; j < other.nglyphs && !is_kept; j++)
            is_kept = is_same_glyph(old, &other.glyph[j]);
        assert_true(is_body || is_kept);
    }
}

static void an_empty_place_keeps_its_room(void **state)
{
    (void)state;
    room_init(&room, 2);
    room_call(&room, "А042", 7, true);
    room_call(&room, "Б118", 12, true);
    room_call(&room, "К009", 2, true);
    build(&picture, 1920, 1080);
    struct found before = find(&picture, 0, WEIGHT_BOLD, true, "118");
    room_call(&room, "Д064", 9, true);
    build(&other, 1920, 1080);
    struct found after = find(&other, 0, WEIGHT_BOLD, true, "118");
    assert_int_equal(before.x, after.x);
    assert_int_equal(before.y, after.y);
    assert_int_equal(before.size_px, after.size_px);
}

/* ---- what is shown --------------------------------------------------------------------------- */

static void no_number_is_shown_when_nothing_can_be_trusted(void **state)
{
    (void)state;
    static const enum feed_truth truths[] = { FEED_NOTHING, FEED_BLANK };
    for (int i = 0; i < 2; i++) {
        room_init(&room, 3);
        room.input.truth = truths[i];
        build(&picture, 1920, 1080);
        room_call(&room, "А042", 7, true);
        room_recent(&room, "Б117", 12);
        room_missed(&room, "К008", 3);
        build(&other, 1920, 1080);
        int changed;
        difference(&picture, &other, &changed);
        assert_int_equal(changed, 0);
        assert_true(has_same_regions(&picture, &other));
    }
}

static void the_strip_of_a_lost_connection_needs_a_lease(void **state)
{
    (void)state;
    room_init(&room, 2);
    room_call(&room, "А042", 7, false);
    room.input.truth = FEED_STALE;
    room.input.has_lease = false;
    build(&picture, 1920, 1080);
    struct found found;
    assert_false(find_from(&picture, 0, 0, WEIGHT_BOLD, false, "Байланыс жоқ. Деректер ескірген болуы мүмкін",
                           &found));
    room.input.has_lease = true;
    build(&picture, 1920, 1080);
    find(&picture, 0, WEIGHT_BOLD, false, "Байланыс жоқ. Деректер ескірген болуы мүмкін");
}

static void calls_of_other_zones_are_not_listed(void **state)
{
    (void)state;
    room_init(&room, 2);
    room.config.desk[11].zone = 1;
    room_recent(&room, "Б117", 12);
    room_recent(&room, "А041", 3);
    room_missed(&room, "К006", 12);
    room_missed(&room, "К009", 3);
    build(&picture, 1920, 1080);
    assert_true(is_shown(&picture, "041"));
    assert_true(is_shown(&picture, "009"));
    assert_false(is_shown(&picture, "117"));
    assert_false(is_shown(&picture, "006"));
}

static void a_featured_call_is_not_listed_twice(void **state)
{
    (void)state;
    room_init(&room, 2);
    room_call(&room, "А042", 7, true);
    room_recent(&room, "Б117", 12);
    build(&picture, 1920, 1080);
    struct found first = find(&picture, 0, WEIGHT_BOLD, true, "042"), second;
    assert_false(find_from(&picture, first.index + 1, 0, WEIGHT_BOLD, true, "042", &second));
}

static int count_plates(void)
{
    int plates = 0;
    build(&picture, 1920, 1080);
    for (int i = 0; i < picture.nregions; i++)
        plates += picture.region[i].fill == 0x0c1c37;
    return plates;
}

static void the_hall_file_may_say_how_many_rows_stand(void **state)
{
    (void)state;
    room_init(&room, 2);
    for (int i = 0; i < 12; i++)
        room_recent(&room, "Б117", 1 + i);
    assert_int_equal(count_plates(), 5);
    for (uint8_t rows = 1; rows <= 8; rows++) {
        room.config.calls.recent = rows;
        assert_int_equal(count_plates(), rows);
    }
    room.config.calls.recent = 30; /* more than can be read */
    assert_in_range(count_plates(), 9, 11);
}

static void an_alert_replaces_everything(void **state)
{
    (void)state;
    room_init(&room, 3);
    room_call(&room, "А042", 7, true);
    room_alert(&room, "Назар аударыңыз! Өрт.", "Внимание! Пожар.", "Attention! Fire.");
    build(&picture, 1920, 1080);
    assert_false(is_shown(&picture, "042"));
    kazakh_leads(&picture, WEIGHT_BOLD, "Назар аударыңыз!", "Внимание!");
    kazakh_leads(&picture, WEIGHT_BOLD, "Өрт.", "Пожар."); /* the band has said "attention" */
    assert_int_equal(find(&picture, 2, WEIGHT_BOLD, false, "Fire.").size_px,
                     find(&picture, 0, WEIGHT_BOLD, false, "Өрт.").size_px);
}

static void a_board_without_time_shows_no_clock(void **state)
{
    (void)state;
    room_init(&room, 2);
    build(&picture, 1920, 1080);
    assert_true(is_shown(&picture, "14:05"));
    room.input.clock.is_known = false;
    build(&picture, 1920, 1080);
    assert_false(is_shown(&picture, "14:05"));
}

static double luminance(color ink)
{
    double sum = 0;
    static const double share[] = { 0.0722, 0.7152, 0.2126 };
    for (int i = 0; i < 3; i++) {
        double c = (ink >> (8 * i) & 255) / 255.0;
        sum += share[i] * (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static double contrast(color a, color b)
{
    double la = luminance(a) + 0.05, lb = luminance(b) + 0.05;
    return la > lb ? la / lb : lb / la;
}

static void inks_contrast_with_their_grounds(void **state)
{
    (void)state;
    const struct theme *t = &theme_night;
    const struct {
        color ink, ground;
        double least;
    } rows[] = {
        { t->ink, t->background, 15 }, { t->ink, t->panel, 15 },       { t->ink, t->row, 15 },
        { t->soft, t->background, 9 }, { t->soft, t->panel, 9 },       { t->soft, t->row, 9 },
        { t->arrow, t->row, 7 },       { t->fresh_ink, t->fresh, 12 }, { t->paper_ink, t->paper, 18 },
        { t->band_ink, t->band, 18 },  { t->band_sign, t->band, 12 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (contrast(rows[i].ink, rows[i].ground) < rows[i].least)
            fail_msg("#%06x on #%06x is only %.1f : 1", rows[i].ink, rows[i].ground,
                     contrast(rows[i].ink, rows[i].ground));
}

/* ---- dates and pages ------------------------------------------------------------------------- */

static void dates_are_written_as_each_language_does(void **state)
{
    (void)state;
    static const struct {
        const char *lang;
        struct scene_clock clock;
        const char *text;
    } rows[] = {
        { "kk", { .year = 2026, .month = 11, .day = 22, .weekday = 6 }, "2026 ж. 22 қараша, жексенбі" },
        { "ru", { .year = 2026, .month = 11, .day = 22, .weekday = 6 }, "воскресенье, 22 ноября 2026 г." },
        { "en", { .year = 2026, .month = 11, .day = 22, .weekday = 6 }, "Sunday, 22 November 2026" },
        { "kk", { .year = 2026, .month = 9, .day = 23, .weekday = 2 }, "2026 ж. 23 қыркүйек, сәрсенбі" },
        { "ru", { .year = 2026, .month = 9, .day = 23, .weekday = 2 }, "среда, 23 сентября 2026 г." },
        { "kk", { .year = 2027, .month = 1, .day = 1, .weekday = 4 }, "2027 ж. 1 қаңтар, жұма" },
        { "ru", { .year = 2027, .month = 5, .day = 9, .weekday = 0 }, "понедельник, 9 мая 2027 г." },
        { "en", { .year = 2027, .month = 12, .day = 16, .weekday = 3 }, "Thursday, 16 December 2027" },
        { "ru-KZ", { .year = 2027, .month = 2, .day = 2, .weekday = 1 }, "вторник, 2 февраля 2027 г." },
        { "kk-Latn", { .year = 2026, .month = 9, .day = 3, .weekday = 3 }, "03.09.2026" },
        { "uz", { .year = 2026, .month = 11, .day = 22, .weekday = 6 }, "22.11.2026" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[128];
        int length = scene_date(text, sizeof text, rows[i].lang, &rows[i].clock);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(length, strlen(text));
    }
}

static void every_month_and_weekday_has_a_name(void **state)
{
    (void)state;
    static const char *const langs[] = { "kk", "ru", "en" };
    char seen[12][128];
    for (int lang = 0; lang < 3; lang++)
        for (int month = 1; month <= 12; month++) {
            struct scene_clock clock = { .year = 2026, .month = month, .day = 5, .weekday = (month - 1) % 7 };
            assert_true(scene_date(seen[month - 1], sizeof seen[0], langs[lang], &clock) > 10);
            for (int i = 0; i < month - 1; i++)
                assert_string_not_equal(seen[i], seen[month - 1]);
        }
    struct scene_clock wrong = { .year = 2026, .month = 13, .day = 5 };
    assert_true(scene_date(seen[0], sizeof seen[0], "kk", &wrong) < 0);
    wrong.month = 12;
    assert_true(scene_date(seen[0], 8, "kk", &wrong) < 0);
}

static void a_page_of_notices_stays_as_long_as_it_takes_to_read(void **state)
{
    (void)state;
    room_init(&room, 2);
    assert_int_equal(scene_notice_us(&room.input), 0);
    room_notice(&room, "Қысқа", "Коротко", "");
    assert_int_equal(scene_notice_us(&room.input), 0); /* one page stays */
    room_notice(&room, "0123456789012345678901234567890123456789", "Коротко", "");
    assert_int_equal(scene_notice_us(&room.input), 5000000);
    room.input.notice_page = 1;
    assert_int_equal(scene_notice_us(&room.input), 6000000);
    room.input.notice_page = 7;
    assert_int_equal(scene_notice_us(&room.input), 6000000);
    build(&picture, 1920, 1080);
    find(&picture, 0, WEIGHT_REGULAR, false, "0123456789012345678901234567890123456789");
}

/* ---- cost ------------------------------------------------------------------------------------ */

static void building_the_same_wall_again_allocates_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        seed = i + 77;
        any_room();
        build(&picture, 1920, 1080);
        unsigned long before = allocations;
        build(&other, 1920, 1080);
        assert_int_equal(allocations, before);
        int changed;
        difference(&picture, &other, &changed);
        assert_int_equal(changed, 0);
    }
}

/* One frame on a pair of buffers, as the board paints: pixels written for it. */
static uint64_t paint(struct painter *painter, struct screen_buffer buffer[2])
{
    static unsigned back;
    struct rect damage[DAMAGE_MAX];
    unsigned ndamage;
    build(&picture, 1920, 1080);
    uint64_t pixels = painter_paint(painter, &buffer[back], &picture, damage, &ndamage);
    back ^= 1;
    painter_repair(painter, &buffer[back]);
    return pixels;
}

static void what_changes_on_the_wall_is_all_that_is_written(void **state)
{
    (void)state;
    struct screen_buffer buffer[2];
    for (uint8_t i = 0; i < 2; i++) {
        buffer[i] = (struct screen_buffer){ .stride = 1920 * 4, .width = 1920, .height = 1080, .index = i };
        assert_non_null(buffer[i].pixels = calloc(1080, buffer[i].stride));
    }
    struct painter *painter = painter_create(fonts, 1920, 1080, PIXEL_XRGB8888);
    room_init(&room, 2);
    struct announce_slot *slot = room_call(&room, "А042", 7, false);
    for (int i = 0; i < 5; i++)
        room_recent(&room, "Б117", 12);
    paint(painter, buffer);
    for (int minute = 0; minute < 60; minute++) {
        room.input.clock.minute = minute;
        uint64_t pixels = paint(painter, buffer);
        if (minute % 10 > 0) /* one figure */
            assert_in_range(pixels, 400, 1300);
    }
    const struct rect panel = picture.region[1].box;
    slot->is_new = true;
    assert_in_range(paint(painter, buffer), 700000, (uint64_t)panel.w * (uint64_t)panel.h);
    room_recent(&room, "А042", 7);
    strcpy(slot->ticket, "А043"); /* another call in a panel that is yellow already */
    assert_in_range(paint(painter, buffer), 10000, 320000);
    assert_int_equal(paint(painter, buffer), 0);
    painter_destroy(painter);
    free(buffer[0].pixels);
    free(buffer[1].pixels);
}

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void report_cost(const char *name)
{
    int64_t best = INT64_MAX;
    for (int i = 0; i < 50; i++) {
        int64_t start = now_ns();
        build(&picture, 1920, 1080);
        int64_t took = now_ns() - start;
        best = took < best ? took : best;
    }
    print_message("cost of %s: %.1f us, %d glyphs, %d regions\n", name, (double)best / 1e3, picture.nglyphs,
                  picture.nregions);
}

static void the_cost_is_reported(void **state)
{
    (void)state;
    room_init(&room, 3);
    for (int i = 0; i < 8; i++)
        room_call(&room, "А042", 1 + i, true)->is_recall = i % 2;
    for (int i = 0; i < 8; i++)
        room_recent(&room, "Б117", 1 + i);
    room_notice(&room, "Қабылдау бөлмесінің телефоны: 1308", "Телефон приёмной: 1308", "Phone: 1308");
    report_cost("eight calls");
    room.announce.nslots = 1;
    for (int i = 1; i < 8; i++)
        room.announce.slot[i].is_used = false;
    report_cost("one call");
    room_alert(&room, "Ғимараттан дереу шығыңыз. Эвакуациялық баспалдақтармен жүріңіз. Лифтті пайдаланбаңыз.",
               "Немедленно покиньте здание. Двигайтесь по эвакуационным лестницам. Не пользуйтесь лифтом.",
               "Leave the building immediately. Use the emergency stairs. Do not use the lifts.");
    report_cost("an alert");
}

static int setup(void **state)
{
    (void)state;
    char error[256];
    fonts = fonts_create(&font_files_debian, error, sizeof error);
    if (!fonts)
        fprintf(stderr, "%s\n", error);
    return fonts ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    fonts_destroy(fonts);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_overlaps_or_leaves_its_place_in_any_hall),
        cmocka_unit_test(kazakh_stands_first_at_the_size_of_russian),
        cmocka_unit_test(names_of_different_length_have_one_size),
        cmocka_unit_test(numbers_of_the_list_stand_in_columns),
        cmocka_unit_test(ticket_and_desk_of_a_call_have_one_size),
        cmocka_unit_test(a_tick_of_the_clock_changes_only_its_figures),
        cmocka_unit_test(a_call_that_ages_changes_only_its_panel),
        cmocka_unit_test(a_new_call_leaves_head_and_foot_alone),
        cmocka_unit_test(an_empty_place_keeps_its_room),
        cmocka_unit_test(no_number_is_shown_when_nothing_can_be_trusted),
        cmocka_unit_test(the_strip_of_a_lost_connection_needs_a_lease),
        cmocka_unit_test(calls_of_other_zones_are_not_listed),
        cmocka_unit_test(a_featured_call_is_not_listed_twice),
        cmocka_unit_test(the_hall_file_may_say_how_many_rows_stand),
        cmocka_unit_test(an_alert_replaces_everything),
        cmocka_unit_test(a_board_without_time_shows_no_clock),
        cmocka_unit_test(inks_contrast_with_their_grounds),
        cmocka_unit_test(dates_are_written_as_each_language_does),
        cmocka_unit_test(every_month_and_weekday_has_a_name),
        cmocka_unit_test(a_page_of_notices_stays_as_long_as_it_takes_to_read),
        cmocka_unit_test(building_the_same_wall_again_allocates_nothing),
        cmocka_unit_test(what_changes_on_the_wall_is_all_that_is_written),
        cmocka_unit_test(the_cost_is_reported),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
