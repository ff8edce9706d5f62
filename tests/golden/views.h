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
    for (int i = 0; i < config->nlangs; i++)
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
