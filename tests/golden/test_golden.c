/* Golden pictures: what visitors see in a score of states, pixel by pixel.
 *
 * On a mismatch the picture and its difference are left in build/golden. GOLDEN_UPDATE=1 writes new ones: look at
 * them before you commit them. Beside them, `fingerprint` tells what fonts and rasteriser did when they were made:
 * where they still do the same (Debian 12 and 13), the comparison is exact; elsewhere edges of letters may differ
 * by a shade and a letter may stand a pixel off, so there the mean difference of blocks of 16 x 16 counts. And where the
 * comparison is exact each picture has the hash that `hashes` gives it: on every board, whatever its processor. */
#include "board/paint/paint.h"
#include "board/paint/png.h"
#include "board/scene/scene_test.h"
#include "tests/wall_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

/* Tolerances for another rasteriser, in 1/256 of full intensity. A missing word changes some blocks by 40 and
 * more. */
#define BLOCK_PX  16
#define BLOCK_MAX 28.0
#define MEAN_MAX  0.6

static struct fonts *fonts;
static struct room room;
static struct picture picture;
static bool is_exact;
static char folder[512];

/* ---- states ----------------------------------------------------------------------------------------------
 */

static void fill_list(void)
{
    room_recent(&room, "Б117", 12);
    room_recent(&room, "А041", 3);
    room_recent(&room, "К008", 10);
    room_recent(&room, "А040", 1);
    room_recent(&room, "Д063", 9);
    room_recent(&room, "П015", 5);
    room_recent(&room, "А039", 11);
    room_notice(&room, "Қабылдау бөлмесінің телефоны: 1308", "Телефон приёмной: 1308",
                "Reception phone: 1308");
}

static void starting(void)
{
    room.input.truth = FEED_NOTHING;
}

static void waiting(void)
{
    room_notice(&room, "Қабылдау бөлмесінің телефоны: 1308", "Телефон приёмной: 1308",
                "Reception phone: 1308");
}

static void pause_between(void)
{
    fill_list();
}

static void closed(void)
{
    room.config.hours = (struct hours){ 2, { { 0x1f, 510, 1140 }, { 0x20, 510, 810 } } };
    waiting();
}

static void one_new(void)
{
    room_call(&room, "А042", 7, true);
    fill_list();
}

static void one_dark(void)
{
    room_call(&room, "А042", 7, false);
    fill_list();
    room_missed(&room, "К007", 10);
    room_missed(&room, "А037", 2);
}

static void two(void)
{
    room_call(&room, "А042", 7, true);
    room_call(&room, "Б118", 12, true)->is_recall = true;
    fill_list();
}

static void four(void)
{
    room_call(&room, "А042", 7, true);
    room_call(&room, "Б118", 12, true);
    room_call(&room, "К009", 2, true);
    room_call(&room, "Д064", 9, true);
    fill_list();
}

static void eight(void)
{
    static const char *const ticket[] = { "А042", "Б118", "К009", "Д064", "П017", "А043", "Т205", "М031" };
    static const int desk[] = { 7, 12, 2, 9, 4, 8, 11, 6 };
    for (int i = 0; i < 7; i++)
        room_call(&room, ticket[i], desk[i], i > 1)->is_recall = i == 4;
    room.announce.slot[3].lane = LANE_BOOKED;
    snprintf(room.announce.slot[3].booked_at, 6, "10:30");
    fill_list();
}

static void recall_booked(void)
{
    struct announce_slot *slot = room_call(&room, "Д064", 9, true);
    slot->is_recall = true;
    slot->lane = LANE_BOOKED;
    snprintf(slot->booked_at, sizeof slot->booked_at, "10:30");
    fill_list();
}

static void passed_on(void)
{
    room.config.desk[8].kind = KIND_ROOM;
    snprintf(room.config.desk[8].label, TICKET_SIZE, "214");
    room_call(&room, "А042", 9, true)->from = 2;
    room_call(&room, "Б118", 12, false);
    struct announce_slot *slot = room_call(&room, "К009", 2, true);
    slot->from = 5;
    slot->lane = LANE_BOOKED;
    snprintf(slot->booked_at, sizeof slot->booked_at, "14:00");
    fill_list();
}

static void stale(void)
{
    one_dark();
    room.input.truth = FEED_STALE;
}

static void blank(void)
{
    one_dark();
    room.input.truth = FEED_BLANK;
}

static void alert(void)
{
    fill_list();
    room_alert(
        &room,
        "Назар аударыңыз! Ғимараттан дереу шығыңыз. Эвакуациялық баспалдақтармен жүріңіз. Лифтті "
        "пайдаланбаңыз.",
        "Внимание! Немедленно покиньте здание. Двигайтесь по эвакуационным лестницам. Не пользуйтесь лифтом.",
        "Attention! Leave the building immediately. Use the emergency stairs. Do not use the lifts.");
}

static void long_names(void)
{
    snprintf(room.config.name.text[0], LABEL_SIZE,
             "Алматы қаласы Алмалы ауданы әкімі аппаратының халыққа қызмет көрсету бөлмесі");
    snprintf(room.config.name.text[1], LABEL_SIZE,
             "Приёмная аппарата акима Алмалинского района города Алматы по обслуживанию населения");
    snprintf(room.config.desk[6].label, TICKET_SIZE, "12А");
    room_call(&room, "АБ-10427", 7, true);
    room_recent(&room, "VIP", 12);
    room_recent(&room, "7", 3);
    room_recent(&room, "К1008", 10);
    room_recent(&room, "Щ40", 7);
    room_notice(&room,
                "Кезекке Онлайн жазылу: www.open-almaty.kz немесе қабылдау бөлмесінің 1308 телефоны арқылы",
                "Запись в очередь онлайн: www.open-almaty.kz или по телефону приёмной 1308", "");
}

static void zone(void)
{
    static const char *const ticket[12] = { "А040", "К009", "А041", "",     "П015", "П016",
                                            "А042", "",     "Д063", "К010", "",     "" };
    room_view(&room, "zone");
    for (int i = 0; i < 12; i++) {
        struct hall_desk *desk = &room.hall.desk[i];
        desk->status = i == 7 ? DESK_PAUSED : i == 11 ? DESK_CLOSED : DESK_OPEN;
        desk->phase = !ticket[i][0] ? PHASE_IDLE : i % 3 == 2 ? PHASE_SERVING : PHASE_CALLED;
        snprintf(desk->ticket, sizeof desk->ticket, "%s", ticket[i]);
    }
    room_call(&room, "К009", 2, true);
    room_call(&room, "А042", 7, true);
    room_notice(&room, "Онлайн жазылу: www.open-almaty.kz", "Запись онлайн: www.open-almaty.kz", "");
}

/* One of two in the hall: the head says which. */
static void zone_of_two(void)
{
    static const char *const name[] = { "Екінші қабат, оң қанат", "Второй этаж, правое крыло",
                                        "Second floor, right wing" };
    zone();
    room.config.nzones = 2;
    for (int i = 0; i < room.config.nlangs && i < 3; i++)
        snprintf(room.config.zone[0].name.text[i], LABEL_SIZE, "%s", name[i]);
}

static void zone_of_64(void)
{
    zone();
    for (int i = 13; i <= 64; i++) {
        char label[8];
        snprintf(label, sizeof label, "%d", i);
        room_desk(&room, label, KIND_WINDOW, i % 2 ? ARROW_LEFT : ARROW_RIGHT);
        room.hall.desk[i - 1] = room.hall.desk[i % 12];
    }
}

static void other_languages(void)
{
    room_language(&room, 0, "kk-Latn", "«Open Almaty» qoğamdyq qabyldau bölmesı");
    room_language(&room, 1, "ar", "قاعة استقبال «Open Almaty»");
}

static void two_alphabets(void)
{
    other_languages();
    room_call(&room, "А042", 7, true)->is_recall = true;
    fill_list();
    snprintf(room.config.notice[0].text.text[0], LABEL_SIZE, "Telefon: 1308");
    snprintf(room.config.notice[0].text.text[1], LABEL_SIZE, "هاتف الاستقبال 1308 (Open Almaty)");
}

static void blank_alphabets(void)
{
    other_languages();
    room.input.truth = FEED_BLANK;
}

#include "tests/golden/views.h"

static void named_screen(void)
{
    snprintf(room.config.hall, ID_SIZE, "open-almaty");
    snprintf(room.config.board, ID_SIZE, "hall-1");
    snprintf(room.screen.device.id, ID_SIZE, "main");
    snprintf(room.screen.device.driver, sizeof room.screen.device.driver, "kms");
    snprintf(room.screen.device.output, sizeof room.screen.device.output, "HDMI-A-1");
    room.screen.diagonal_in = 43;
    room.screen.farthest_m = 9;
    room.screen.height_m = 2.2;
}

static void turned_screen(void)
{
    named_screen();
    room.screen.device.rotation = 90;
    room.input.clock.is_known = false;
}

/* The bars of new calls are there (highlight.h). */
static void mark_new(void)
{
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        room.announce.slot[i].is_marked = room.announce.slot[i].is_new;
}

static void one_marked(void)
{
    one_new();
    mark_new();
}

static void eight_marked(void)
{
    eight();
    mark_new();
}

static void zone_marked(void)
{
    zone();
    mark_new();
}

static void desk_marked(void)
{
    desk_new();
    mark_new();
}

static const struct {
    const char *name;
    void (*set)(void);
    int width, height, nlangs;
    const char *pattern; /* NULL: what visitors see */
    const char *theme;   /* NULL: dark */
} states[] = {
    { "starting", starting, 1280, 720, 3, NULL, NULL },
    { "waiting", waiting, 1280, 720, 2, NULL, NULL },
    { "closed", closed, 1280, 720, 3, NULL, NULL },
    { "closed-portrait", closed, 720, 1280, 2, NULL, NULL },
    { "pause", pause_between, 1280, 720, 3, NULL, NULL },
    { "calls-1", one_new, 1920, 1080, 2, NULL, NULL },
    { "calls-1-dark", one_dark, 1280, 720, 3, NULL, NULL },
    { "calls-2", two, 1280, 720, 2, NULL, NULL },
    { "calls-4", four, 1920, 1080, 2, NULL, NULL },
    { "calls-8", eight, 1280, 720, 2, NULL, NULL },
    { "recall-booked", recall_booked, 1280, 720, 3, NULL, NULL },
    { "passed-on", passed_on, 1280, 720, 2, NULL, NULL },
    { "long", long_names, 1280, 720, 2, NULL, NULL },
    { "stale", stale, 1920, 1080, 2, NULL, NULL },
    { "blank", blank, 1280, 720, 3, NULL, NULL },
    { "alert", alert, 1920, 1080, 3, NULL, NULL },
    { "portrait-1", one_new, 720, 1280, 2, NULL, NULL },
    { "portrait-4", four, 720, 1280, 3, NULL, NULL },
    { "portrait-stale", stale, 720, 1280, 2, NULL, NULL },
    { "portrait-alert", alert, 720, 1280, 3, NULL, NULL },
    { "alphabets", two_alphabets, 1280, 720, 2, NULL, NULL },
    { "alphabets-blank", blank_alphabets, 1280, 720, 2, NULL, NULL },
    { "1280x1024", four, 1280, 1024, 2, NULL, NULL },
    { "4k", one_new, 3840, 2160, 2, NULL, NULL },
    { "zone", zone, 1920, 1080, 2, NULL, NULL },
    { "zone-portrait", zone, 1080, 1920, 2, NULL, NULL },
    { "zone-720p", zone, 1280, 720, 2, NULL, NULL },
    { "zone-of-two", zone_of_two, 1280, 720, 3, NULL, NULL },
    { "zone-64", zone_of_64, 1920, 1080, 2, NULL, NULL },
    { "zone-starting", zone_starting, 1280, 720, 2, NULL, NULL },
    { "zone-stale", zone_stale, 1280, 720, 2, NULL, NULL },
    { "zone-blank", zone_blank, 1280, 720, 2, NULL, NULL },
    { "desk", desk_new, 1920, 1080, 2, NULL, NULL },
    { "desk-passed", desk_passed, 1920, 1080, 3, NULL, NULL },
    { "desk-serving", desk_serving, 1280, 720, 2, NULL, NULL },
    { "desk-free", desk_free, 1280, 720, 2, NULL, NULL },
    { "desk-break", desk_break, 1280, 720, 3, NULL, NULL },
    { "desk-closed", desk_closed, 1280, 720, 2, NULL, NULL },
    { "desk-starting", desk_starting, 1280, 720, 2, NULL, NULL },
    { "desk-stale", desk_stale, 1280, 720, 2, NULL, NULL },
    { "desk-blank", desk_blank, 1280, 720, 2, NULL, NULL },
    { "desk-portrait", desk_new, 1080, 1920, 2, NULL, NULL },
    { "desk-portrait-break", desk_break, 720, 1280, 2, NULL, NULL },
    { "desk-portrait-blank", desk_blank, 720, 1280, 2, NULL, NULL },
    { "info", info, 1920, 1080, 2, NULL, NULL },
    { "info-languages", info, 1280, 720, 3, NULL, NULL },
    { "info-empty", info_empty, 1280, 720, 2, NULL, NULL },
    { "info-stale", info_stale, 1280, 720, 2, NULL, NULL },
    { "info-blank", info_blank, 1280, 720, 2, NULL, NULL },
    { "info-portrait", info, 1080, 1920, 2, NULL, NULL },
    { "info-portrait-stale", info_stale, 720, 1280, 3, NULL, NULL },
    { "logo", logo, 1920, 1080, 2, NULL, NULL },
    { "logo-portrait", logo, 720, 1280, 2, NULL, NULL },
    { "logo-long", logo_beside_long_names, 1280, 720, 2, NULL, NULL },
    { "logo-light", logo_on_light, 1280, 720, 2, NULL, "light" },
    { "info-logo", info_logo, 1280, 720, 3, NULL, NULL },
    { "info-picture", info_picture, 1920, 1080, 2, NULL, NULL },
    { "info-picture-languages", info_picture, 1280, 720, 3, NULL, NULL },
    { "info-picture-portrait", info_picture, 1080, 1920, 3, NULL, NULL },
    { "marked-1", one_marked, 1920, 1080, 2, NULL, NULL },
    { "marked-8", eight_marked, 1280, 720, 2, NULL, NULL },
    { "marked-8-portrait", eight_marked, 720, 1280, 2, NULL, "contrast" },
    { "marked-zone", zone_marked, 1280, 720, 3, NULL, "light" },
    { "marked-desk", desk_marked, 1280, 720, 2, NULL, NULL },
    { "info-waiting", info_waiting, 1920, 1080, 2, NULL, NULL },
    { "info-waiting-portrait", info_waiting, 1080, 1920, 3, NULL, NULL },
    { "info-waiting-pages", info_waiting_pages, 1920, 1080, 3, NULL, NULL },
    { "info-waiting-pages-portrait", info_waiting_pages, 720, 1280, 2, NULL, NULL },
    { "calls-waiting", calls_waiting, 1920, 1080, 2, NULL, NULL },
    { "calls-waiting-portrait", calls_waiting, 720, 1280, 2, NULL, NULL },
    { "info-waiting-hall", info_waiting_hall, 1280, 720, 3, NULL, NULL },
    { "info-waiting-light", info_waiting, 1280, 720, 2, NULL, "light" },
    { "test-grid", named_screen, 1920, 1080, 3, "grid", NULL },
    { "test-grid-portrait", turned_screen, 720, 1280, 3, "grid", NULL },
    { "test-grid-1280x1024", named_screen, 1280, 1024, 3, "grid", NULL },
    { "test-grid-4k", named_screen, 3840, 2160, 3, "grid", NULL },
    { "test-bars", named_screen, 1920, 1080, 3, "bars", NULL },
    { "test-bars-portrait", turned_screen, 720, 1280, 3, "bars", NULL },
    { "test-gradient", named_screen, 1920, 1080, 3, "gradient", NULL },
    { "test-gradient-portrait", turned_screen, 720, 1280, 3, "gradient", NULL },
    { "test-text", named_screen, 1920, 1080, 3, "text", NULL },
    { "test-text-portrait", turned_screen, 720, 1280, 3, "text", NULL },
    { "test-text-4k", named_screen, 3840, 2160, 2, "text", NULL },
    { "test-motion", named_screen, 1920, 1080, 3, "motion", NULL },
    { "test-motion-portrait", turned_screen, 720, 1280, 3, "motion", NULL },
    { "calls-light", two, 1280, 720, 2, NULL, "light" },
    { "called-light", one_dark, 1280, 720, 3, NULL, "light" },
    { "stale-light", stale, 1280, 720, 2, NULL, "light" },
    { "blank-light", blank, 1280, 720, 3, NULL, "light" },
    { "zone-light", zone, 1280, 720, 3, NULL, "light" },
    { "desk-light", desk_new, 1280, 720, 2, NULL, "light" },
    { "info-light", info, 1280, 720, 2, NULL, "light" },
    { "alert-light", alert, 1280, 720, 3, NULL, "light" },
    { "calls-contrast", two, 1280, 720, 2, NULL, "contrast" },
    { "called-contrast", one_dark, 1280, 720, 3, NULL, "contrast" },
    { "stale-contrast", stale, 1280, 720, 2, NULL, "contrast" },
    { "blank-contrast", blank, 1280, 720, 3, NULL, "contrast" },
    { "zone-contrast", zone, 1280, 720, 3, NULL, "contrast" },
    { "desk-contrast", desk_break, 1280, 720, 2, NULL, "contrast" },
    { "info-contrast", info, 1280, 720, 2, NULL, "contrast" },
    { "alert-contrast", alert, 1280, 720, 3, NULL, "contrast" },
};

/* ---- pictures --------------------------------------------------------------------------------------------
 */

static struct screen_buffer blank_buffer(int width, int height)
{
    struct screen_buffer buffer = { .stride = (uint32_t)width * 4,
                                    .width = (uint16_t)width,
                                    .height = (uint16_t)height,
                                    .format = PIXEL_XRGB8888 };
    buffer.pixels = calloc((size_t)height, buffer.stride);
    assert_non_null(buffer.pixels);
    return buffer;
}

static void build(unsigned state)
{
    const int width = states[state].width, height = states[state].height;
    enum test_pattern pattern;
    if (!states[state].pattern) {
        scene_build(&picture, fonts, &room.input, width, height);
        return;
    }
    assert_true(scene_test_pattern(states[state].pattern, &pattern));
    scene_test(&picture, fonts, &room.input, pattern, 97, width, height);
}

static struct screen_buffer render(unsigned state)
{
    room_init(&room, states[state].nlangs);
    room_theme(&room.config, states[state].theme ? states[state].theme : "dark");
    states[state].set();
    build(state);
    assert_false(picture.is_full);
    struct screen_buffer buffer = blank_buffer(picture.width, picture.height);
    struct painter *painter = painter_create(fonts, picture.width, picture.height, PIXEL_XRGB8888);
    assert_non_null(painter);
    painter_full(painter, &buffer, &picture);
    painter_destroy(painter);
    return buffer;
}

/* A quarter each way: a 4K picture is kept as a thumbnail. */
static struct screen_buffer thumbnail(const struct screen_buffer *full)
{
    struct screen_buffer small = blank_buffer(full->width / 4, full->height / 4);
    for (int y = 0; y < small.height; y++)
        for (int x = 0; x < small.width * 4; x++) {
            unsigned sum = 8;
            for (int i = 0; i < 16; i++)
                sum += full->pixels[(size_t)(y * 4 + i / 4) * full->stride +
                                    (size_t)(x / 4 * 16 + i % 4 * 4 + x % 4)];
            small.pixels[(size_t)y * small.stride + (size_t)x] = (uint8_t)(sum / 16);
        }
    return small;
}

static int channel(const struct screen_buffer *buffer, int x, int y, int c)
{
    return buffer->pixels[(size_t)y * buffer->stride + (size_t)x * 4 + (size_t)c];
}

static bool is_equal(const struct screen_buffer *a, const struct screen_buffer *b)
{
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++)
            for (int c = 0; c < 3; c++)
                if (channel(a, x, y, c) != channel(b, x, y, c))
                    return false;
    return true;
}

static double block_difference(const struct screen_buffer *a, const struct screen_buffer *b, int left,
                               int top)
{
    int sum = 0, count = 0;
    for (int y = top; y < top + BLOCK_PX && y < a->height; y++)
        for (int x = left; x < left + BLOCK_PX && x < a->width; x++)
            for (int c = 0; c < 3; c++, count++)
                sum += channel(a, x, y, c) - channel(b, x, y, c);
    return count ? (double)abs(sum) / count : 0;
}

static bool is_alike(const struct screen_buffer *a, const struct screen_buffer *b)
{
    double total = 0, worst = 0;
    int blocks = 0;
    for (int y = 0; y < a->height; y += BLOCK_PX)
        for (int x = 0; x < a->width; x += BLOCK_PX, blocks++) {
            double difference = block_difference(a, b, x, y);
            total += difference;
            worst = difference > worst ? difference : worst;
        }
    print_message("differs by %.2f in the worst block, %.4f on average\n", worst, total / blocks);
    return worst <= BLOCK_MAX && total / blocks <= MEAN_MAX;
}

static void leave_difference(const char *name, const struct screen_buffer *now,
                             const struct screen_buffer *golden)
{
    char path[600];
    mkdir("build", 0777);
    mkdir("build/golden", 0777);
    snprintf(path, sizeof path, "build/golden/%s.png", name);
    assert_int_equal(png_write(now, path), 0);
    if (golden->width != now->width || golden->height != now->height)
        return;
    struct screen_buffer difference = blank_buffer(now->width, now->height);
    for (int y = 0; y < now->height; y++)
        for (int x = 0; x < now->width * 4; x++)
            difference.pixels[(size_t)y * difference.stride + (size_t)x] =
                (uint8_t)abs(channel(now, x / 4, y, x % 4) - channel(golden, x / 4, y, x % 4));
    snprintf(path, sizeof path, "build/golden/%s.difference.png", name);
    assert_int_equal(png_write(&difference, path), 0);
    free(difference.pixels);
}

static void compare(const char *name, const struct screen_buffer *now)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s.png", folder, name);
    if (getenv("GOLDEN_UPDATE")) {
        assert_int_equal(png_write(now, path), 0);
        return;
    }
    struct screen_buffer golden;
    int error = png_read(path, &golden);
    if (error < 0)
        fail_msg("%s: %s; GOLDEN_UPDATE=1 writes it", path, strerror(-error));
    bool is_same = golden.width == now->width && golden.height == now->height &&
                   (is_exact ? is_equal(&golden, now) : is_alike(&golden, now));
    if (!is_same)
        leave_difference(name, now, &golden);
    free(golden.pixels);
    if (!is_same)
        fail_msg("%s differs (%s): see build/golden/%s*.png", name,
                 is_exact ? "exactly" : "beyond the tolerance", name);
}

/* ---- what board/paint/picture.h tells of them ------------------------------------------------------------------
 */

static FILE *open_hashes(const char *mode)
{
    char path[600];
    snprintf(path, sizeof path, "%s/hashes", folder);
    FILE *file = fopen(path, mode);
    if (!file)
        fail_msg("%s: %s; GOLDEN_UPDATE=1 writes it", path, strerror(errno));
    return file;
}

/* As it was written; "" if it was not, or stands twice. */
static void find_hash(const char *name, const char *now, char then[PICTURE_HASH_SIZE])
{
    char line_name[64], hash[PICTURE_HASH_SIZE];
    unsigned times = 0;
    then[0] = '\0';
    FILE *file = open_hashes("r");
    while (fscanf(file, "%63s %16s", line_name, hash) == 2) {
        times += strcmp(hash, now) == 0;
        if (strcmp(line_name, name) == 0)
            strcpy(then, hash);
    }
    fclose(file);
    if (times > 1)
        then[0] = '\0';
}

static void compare_hash(const char *name)
{
    char now[PICTURE_HASH_SIZE], then[PICTURE_HASH_SIZE];
    picture_hash_text(picture_hash(&picture, fonts), now);
    if (getenv("GOLDEN_UPDATE")) {
        FILE *file = open_hashes("a");
        fprintf(file, "%s %s\n", name, now);
        fclose(file);
    } else if (is_exact) {
        find_hash(name, now, then);
        assert_string_equal(now, then);
    }
}

static void the_picture_is_the_golden_one(void **data)
{
    unsigned state = *(const unsigned *)*data;
    struct screen_buffer full = render(state), shown = full;
    if (full.width > 1920)
        shown = thumbnail(&full);
    compare(states[state].name, &shown);
    compare_hash(states[state].name);
    if (shown.pixels != full.pixels)
        free(shown.pixels);
    free(full.pixels);
}

#define STATES (sizeof states / sizeof *states)

static bool is_same_wall(unsigned a, unsigned b)
{
    return states[a].set == states[b].set && states[a].nlangs == states[b].nlangs && !states[b].pattern &&
           !states[b].theme;
}

/* What visitors see, in the usual colours; once for states that differ in size only. */
static bool has_all_sizes(unsigned state)
{
    unsigned first = 0;
    while (!is_same_wall(state, first) && first < state)
        first++;
    return first == state && !states[state].pattern && !states[state].theme;
}

static bool is_a_picture(unsigned state, int width, int height)
{
    for (unsigned i = 0; i < STATES; i++)
        if (is_same_wall(state, i) && states[i].width == width && states[i].height == height)
            return true;
    return false;
}

/* Upright and not, at 720p, 1080p and 4K: those that nobody looks at are known by their hash. */
static void every_size_has_its_hash(void **data)
{
    static const int sizes[][2] = { { 1280, 720 }, { 1920, 1080 }, { 3840, 2160 },
                                    { 720, 1280 }, { 1080, 1920 }, { 2160, 3840 } };
    unsigned state = *(const unsigned *)*data;
    char name[64];
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        room_init(&room, states[state].nlangs);
        states[state].set();
        scene_build(&picture, fonts, &room.input, sizes[i][0], sizes[i][1]);
        assert_false(picture.is_full);
        snprintf(name, sizeof name, "%s@%dx%d", states[state].name, sizes[i][0], sizes[i][1]);
        if (!is_a_picture(state, sizes[i][0], sizes[i][1]))
            compare_hash(name);
    }
}

/* ---- what they were made with ----------------------------------------------------------------------------
 */

static uint64_t mix(uint64_t hash, unsigned value)
{
    return (hash ^ value) * UINT64_C(1099511628211);
}

static uint64_t hash_line(uint64_t hash, const struct text_line *line)
{
    for (int i = 0; i < line->nglyphs; i++) {
        const struct glyph *glyph = glyph_get(fonts, line->glyph[i].key);
        hash = mix(hash, (unsigned)line->glyph[i].x);
        for (int y = 0; y < glyph->height; y++)
            for (int x = 0; x < glyph->width; x++)
                hash = mix(hash, glyph->alpha[y * glyph->stride + x]);
    }
    return hash;
}

/* Fonts and rasteriser are known by what they do: letters of several sizes, their places and all their shades. */
static void fingerprint(char out[40])
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (int weight = 0; weight < WEIGHTS; weight++)
        for (int size = 23; size < 400; size += size / 3) {
            struct text_style style = { .weight = (enum weight)weight,
                                        .size_px = size,
                                        .lang = "kk",
                                        .is_number = weight == WEIGHT_BOLD };
            hash = hash_line(hash, text_shape(fonts, &style, "Әқғ&@0583→ЖщR"));
        }
    snprintf(out, 40, "%016llx\n", (unsigned long long)hash);
}

static void take_fingerprint(void)
{
    char path[600], now[40], then[40] = "";
    snprintf(path, sizeof path, "%s/fingerprint", folder);
    fingerprint(now);
    FILE *file = fopen(path, getenv("GOLDEN_UPDATE") ? "w" : "r");
    if (!file)
        return;
    if (getenv("GOLDEN_UPDATE"))
        fputs(now, file);
    else if (!fgets(then, sizeof then, file))
        then[0] = '\0';
    fclose(file);
    is_exact = strcmp(now, then) == 0;
}

static int setup(void **state)
{
    (void)state;
    char error[256];
    const char *root = getenv("KEZEK_SOURCE");
    snprintf(folder, sizeof folder, "%s/tests/golden", root ? root : ".");
    fonts = fonts_create(&font_files_debian, error, sizeof error);
    if (!fonts) {
        fprintf(stderr, "%s\n", error);
        return -1;
    }
    take_fingerprint();
    if (getenv("GOLDEN_UPDATE"))
        fclose(open_hashes("w"));
    printf("comparison: %s\n", is_exact ? "exact" : "with tolerance (other rasteriser or fonts)");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fonts_destroy(fonts);
    return 0;
}

int main(void)
{
    static struct CMUnitTest tests[2 * STATES];
    static unsigned index[STATES];
    size_t ntests = 0;
    for (unsigned i = 0; i < STATES; i++) {
        index[i] = i;
        tests[ntests++] = (struct CMUnitTest){ .name = states[i].name,
                                               .test_func = the_picture_is_the_golden_one,
                                               .initial_state = &index[i] };
        if (has_all_sizes(i))
            tests[ntests++] = (struct CMUnitTest){ .name = "its other sizes",
                                                   .test_func = every_size_has_its_hash,
                                                   .initial_state = &index[i] };
    }
    return _cmocka_run_group_tests("golden", tests, ntests, setup, teardown);
}
