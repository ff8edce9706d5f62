/* States of the views `desk`, `info` and `zone`. Part of test_golden.c, which has the room. */
#pragma once

/* ---- the screen above desk 3 ------------------------------------------------------------------- */

static struct hall_desk *desk_screen(void)
{
    struct config *config = &room.config;
    static const char *const name[] = { "Алматы қаласының әкімдігі", "Акимат города Алматы",
                                        "City administration" };
    room_view(&room, "desk");
    room.screen.desk = room.announce.desk = 2;
    config->nagencies = 1;
    for (int i = 0; i < config->nlangs && i < 3; i++)
        snprintf(config->agency[0].name.text[i], LABEL_SIZE, "%s", name[i]);
    config->desk[2].agency = 0;
    room.hall.desk[2].from = NONE;
    room_notice(&room, "Онлайн жазылу: www.open-almaty.kz", "Запись онлайн: www.open-almaty.kz", "");
    return &room.hall.desk[2];
}

static void desk_new(void)
{
    struct hall_desk *desk = desk_screen();
    desk->phase = PHASE_CALLED;
    snprintf(desk->ticket, sizeof desk->ticket, "Д064");
    room_call(&room, "Д064", 3, true);
}

static void desk_passed(void)
{
    desk_screen();
    struct announce_slot *slot = room_call(&room, "А042", 3, true);
    slot->from = 8;
    slot->lane = LANE_BOOKED;
    snprintf(slot->booked_at, sizeof slot->booked_at, "10:30");
}

static void desk_serving(void)
{
    struct hall_desk *desk = desk_screen();
    desk->phase = PHASE_SERVING;
    snprintf(desk->ticket, sizeof desk->ticket, "А042");
}

static void desk_free(void)
{
    desk_screen();
}

static void desk_break(void)
{
    desk_screen()->status = DESK_PAUSED;
}

static void desk_closed(void)
{
    desk_screen()->status = DESK_CLOSED;
}

static void desk_starting(void)
{
    desk_screen();
    room.input.truth = FEED_NOTHING;
}

static void desk_stale(void)
{
    desk_serving();
    room.input.truth = FEED_STALE;
}

static void desk_blank(void)
{
    desk_serving();
    room.input.truth = FEED_BLANK;
}

/* ---- what to read while one waits -------------------------------------------------------------- */

static void info(void)
{
    room_view(&room, "info");
    room_call(&room, "А042", 7, true);
    room_recent(&room, "Б117", 12);
    room_recent(&room, "К008", 10);
    room_recent(&room, "А040", 1);
    room_notice(&room, "Жеке куәлігіңізді дайындап қойыңыз. Баспалдақтың жанында құжаттарды көшіруге болады.",
                "Подготовьте удостоверение личности. Документы можно скопировать рядом с лестницей.",
                "Please have your identity card ready. Copies can be made beside the stairs.");
}

static void info_empty(void)
{
    room_view(&room, "info");
    room.input.clock.is_known = false;
}

static void info_stale(void)
{
    info();
    room.input.truth = FEED_STALE;
}

static void info_blank(void)
{
    info();
    room.input.truth = FEED_BLANK;
}

/* ---- a hall with a logo and pictures --------------------------------------------------------------- */

/* Each is loaded once and stays. */
static struct image *data_image(const char *name)
{
    static struct {
        char name[32];
        struct image *image;
    } known[4];
    const char *root = getenv("KEZEK_SOURCE");
    char path[512], why[PNG_WHY_SIZE];
    unsigned i = 0;
    while (known[i].image && strcmp(known[i].name, name) != 0)
        i++;
    if (known[i].image)
        return known[i].image;
    snprintf(path, sizeof path, "%s/tests/data/images/%s.png", root ? root : ".", name);
    known[i].image = png_load(path, IMAGE_KEPT_PX, why);
    if (!known[i].image)
        fail_msg("%s %s", path, why);
    snprintf(known[i].name, sizeof known[i].name, "%s", name);
    return known[i].image;
}

static void with_images(const char *logo)
{
    static struct images images;
    room.input.images = &images;
    room.config.theme.logo = data_image(logo);
}

static void logo(void)
{
    with_images("logo-dark");
    one_new();
}

static void logo_beside_long_names(void)
{
    with_images("logo-dark");
    long_names();
}

static void logo_on_light(void)
{
    with_images("logo-light");
    two();
}

static void info_logo(void)
{
    with_images("logo-dark");
    room_view(&room, "info");
    room_recent(&room, "Б117", 12);
}

static void info_picture(void)
{
    info_logo();
    struct config_notice *notice = &room.config.notice[0];
    static const char *const text[] = { "Құжаттарды баспалдақтың жанында көшіруге болады.",
                                        "Документы можно скопировать рядом с лестницей.",
                                        "Copies can be made beside the stairs." };
    room.config.nnotices = 1;
    *notice = (struct config_notice){ .level = NOTICE_INFO, .picture = data_image("plan") };
    for (int i = 0; i < room.config.nlangs; i++)
        snprintf(notice->text.text[i], LABEL_SIZE, "%s", text[i]);
}

/* ---- who waits ----------------------------------------------------------------------------------------- */

static void agencies(int count)
{
    static const char *const name[][3] = {
        { "Әкімдік басқармалары", "Управления акимата", "City departments" },
        { "Прокуратура", "Прокуратура", "Prosecutor's office" },
        { "Ішкі істер департаменті", "Департамент внутренних дел", "Department of internal affairs" },
        { "Төтенше жағдайлар департаменті", "Департамент по чрезвычайным ситуациям",
          "Department of emergency situations" },
        { "«Азаматтарға арналған үкімет» КЕАҚ", "НАО «Правительство для граждан»",
          "Government for Citizens" },
    };
    static const struct hall_waiting waiting[] = {
        { true, 7, 12 }, { true, 0, 0 }, { true, 14, 45 }, { true, 3, -1 }, { true, 26, 110 }
    };
    struct config *config = &room.config;
    config->nagencies = (uint16_t)count;
    for (int i = 0; i < count; i++) {
        for (int lang = 0; lang < config->nlangs; lang++)
            snprintf(config->agency[i].name.text[lang], LABEL_SIZE, "%s", name[i][lang]);
        config->desk[i].agency = (int8_t)i;
        room.hall.waiting[i] = waiting[i];
    }
}

static void info_waiting(void)
{
    info();
    agencies(4);
}

static void info_waiting_pages(void)
{
    info_picture();
    agencies(5);
    room.input.notice_page = 1;
}

/* A city's own layout. */
static void calls_waiting(void)
{
    logo();
    agencies(4);
    room_add_counts(&room);
}

static void info_waiting_hall(void)
{
    info_logo();
    room.hall.waiting_in_all = (struct hall_waiting){ true, 31, 25 };
}

/* ---- every desk of a zone, while the truth is not known ------------------------------------------ */

static void zone_starting(void)
{
    zone();
    room.input.truth = FEED_NOTHING;
}

static void zone_stale(void)
{
    zone();
    room.input.truth = FEED_STALE;
}

static void zone_blank(void)
{
    zone();
    room.input.truth = FEED_BLANK;
}
