/* A hall on paper for tests of what visitors see: config, hall and announcements as plain values, without a
 * file or a feed. The phrases are the shipped ones. Programs run from the source tree's root, or with
 * KEZEK_SOURCE set. */
#pragma once

#include "board/scene/scene.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct room {
    struct config config;
    struct config_screen screen;
    struct hall hall;
    struct announce announce;
    struct scene_input input;
};

static inline char *fixture_file(const char *path)
{
    const char *root = getenv("KEZEK_SOURCE");
    char full[512];
    snprintf(full, sizeof full, "%s/%s", root ? root : ".", path);
    FILE *file = fopen(full, "rb");
    if (!file) {
        perror(full);
        exit(1);
    }
    char *text = calloc(1, 65536);
    if (!text || fread(text, 1, 65535, file) == 0)
        exit(1);
    fclose(file);
    return text;
}

static inline void room_words(const cJSON *catalogue, const char *key, int count, char (*out)[DATE_WORD_SIZE])
{
    for (int i = 0; i < count; i++)
        snprintf(out[i], DATE_WORD_SIZE, "%.31s",
                 cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(catalogue, key), i)->valuestring);
}

static inline void room_writing(struct writing *writing, const cJSON *catalogue)
{
    const char *direction = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(catalogue, "direction"));
    room_words(catalogue, "months", MONTHS, writing->month);
    room_words(catalogue, "weekdays", WEEKDAYS, writing->weekday);
    snprintf(writing->date, DATE_SIZE, "%s",
             cJSON_GetObjectItemCaseSensitive(catalogue, "date")->valuestring);
    writing->is_rtl = direction && strcmp(direction, "rtl") == 0;
}

/* From board/phrases, or for languages that only tests have from tests/data/phrases. */
static inline void room_phrases(struct config *config, int lang)
{
    char path[64];
    const bool is_shipped = strstr("kk ru en", config->lang[lang]) != NULL;
    snprintf(path, sizeof path, "%s/phrases/%s.json", is_shipped ? "board" : "tests/data",
             config->lang[lang]);
    char *text = fixture_file(path);
    cJSON *catalogue = cJSON_Parse(text);
    for (int i = 0; i < PHRASES; i++) {
        const char *phrase =
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(catalogue, phrase_keys[i]));
        snprintf(config->phrase[i].text[lang], LABEL_SIZE, "%s", phrase ? phrase : "");
    }
    room_writing(&config->writing[lang], catalogue);
    cJSON_Delete(catalogue);
    free(text);
}

static inline void room_theme(struct config *config, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "board/themes/%s.json", name);
    char *text = fixture_file(path);
    cJSON *theme = cJSON_Parse(text);
    for (unsigned i = 0; i < THEME_KEYS; i++) {
        color value = 0;
        const char *color_text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(theme, theme_keys[i]));
        if (!color_text || !color_parse(color_text, &value))
            exit(1);
        theme_set(&config->theme, i, value);
    }
    cJSON_Delete(theme);
    free(text);
}

static inline void room_complain(void *data, const char *line)
{
    (void)data;
    fprintf(stderr, "%s\n", line);
    exit(1);
}

/* Another view than `calls`. */
static inline void room_view(struct room *room, const char *view)
{
    const char *root = getenv("KEZEK_SOURCE");
    char folder[512];
    struct json_report report = { .line = room_complain };
    snprintf(folder, sizeof folder, "%s/board/layouts", root ? root : ".");
    snprintf(room->screen.view, sizeof room->screen.view, "%s", view);
    config_load_layout(&(struct config_paths){ .layouts = folder }, view, &room->screen.layout, &report);
}

/* As a city does it: a row of its own for who waits, above the last one, across all columns. */
static inline void room_add_counts(struct room *room)
{
    struct layout_grid *grids[] = { &room->screen.layout.landscape, &room->screen.layout.portrait };
    for (int g = 0; g < 2; g++) {
        struct layout_grid *grid = grids[g];
        const uint8_t last = grid->nrows++;
        grid->row[last] = grid->row[last - 1];
        grid->row[last - 1] = LAYOUT_AUTO;
        for (unsigned i = 0; i < grid->nregions; i++)
            grid->region[i].row = grid->region[i].row == last - 1 ? last : grid->region[i].row;
        grid->region[grid->nregions++] = (struct layout_region){
            .part = PART_WAITING, .row = (uint8_t)(last - 1), .rows = 1, .columns = grid->ncolumns
        };
    }
}

static inline void room_desk(struct room *room, const char *label, enum desk_kind kind, enum direction arrow)
{
    struct config_desk *desk = &room->config.desk[room->config.ndesks];
    *desk =
        (struct config_desk){ .kind = (uint8_t)kind, .arrow = (uint8_t)arrow, .agency = NONE, .bus = NONE };
    snprintf(desk->id, sizeof desk->id, "d%d", room->config.ndesks++);
    snprintf(desk->label, sizeof desk->label, "%s", label);
}

/* Another language of the hall, in the place of the one at `index`. */
static inline void room_language(struct room *room, int index, const char *lang, const char *name)
{
    snprintf(room->config.lang[index], LANG_SIZE, "%s", lang);
    snprintf(room->config.name.text[index], LABEL_SIZE, "%s", name);
    room_phrases(&room->config, index);
}

/* The reception of the reference hall, Sunday 22 November 2026, 14:05, twelve windows, nothing called. */
static inline void room_init(struct room *room, int nlangs)
{
    static const char *const lang[] = { "kk", "ru", "en" };
    static const char *const name[] = { "«Open Almaty» қоғамдық қабылдау бөлмесі",
                                        "Общественная приёмная «Open Almaty»",
                                        "Open Almaty public reception" };
    memset(room, 0, sizeof *room);
    nlangs = nlangs < 3 ? nlangs : 3;
    struct config *config = &room->config;
    config->nlangs = (uint8_t)nlangs;
    for (int i = 0; i < nlangs; i++) {
        snprintf(config->lang[i], LANG_SIZE, "%s", lang[i]);
        snprintf(config->name.text[i], LABEL_SIZE, "%s", name[i]);
        room_phrases(config, i);
    }
    room_theme(config, "dark");
    config->nzones = 1;
    for (int i = 1; i <= 12; i++) {
        char label[8];
        snprintf(label, sizeof label, "%d", i);
        room_desk(room, label, KIND_WINDOW, i < 8 ? ARROW_LEFT : ARROW_RIGHT);
    }
    room->screen = (struct config_screen){ .zones = 1, .recent = NONE, .desk = NONE, .overscan = 0.025 };
    room_view(room, "calls");
    room->hall.config = config;
    room->announce = (struct announce){ .config = config, .zones = 1, .desk = NONE, .nslots = 1 };
    room->input = (struct scene_input){ .config = config,
                                        .screen = &room->screen,
                                        .hall = &room->hall,
                                        .announce = &room->announce,
                                        .truth = FEED_FRESH,
                                        .has_lease = true,
                                        .clock = { 2026, 11, 22, 6, 14, 5, true } };
}

/* A notice of the hall file. */
static inline void room_notice(struct room *room, const char *kk, const char *ru, const char *en)
{
    struct config_notice *notice = &room->config.notice[room->config.nnotices++];
    const char *const text[] = { kk, ru, en };
    notice->level = NOTICE_INFO;
    for (int i = 0; i < 3; i++)
        snprintf(notice->text.text[i], LABEL_SIZE, "%.*s", LABEL_SIZE - 1, text[i]);
}

static inline void room_alert(struct room *room, const char *kk, const char *ru, const char *en)
{
    static const char *const lang[] = { "kk", "ru", "en" };
    const char *const text[] = { kk, ru, en };
    struct notice *notice = &room->hall.notice[room->hall.nnotices++];
    *notice = (struct notice){ .id = "fire", .level = NOTICE_ALERT, .ntexts = 3 };
    for (int i = 0; i < 3; i++) {
        snprintf(notice->text[i].lang, LANG_SIZE, "%s", lang[i]);
        snprintf(notice->text[i].text, NOTICE_SIZE, "%s", text[i]);
    }
}

/* `desk` counts from 1, as the labels do. */
static inline void room_recent(struct room *room, const char *ticket, int desk)
{
    struct hall_call *call = &room->hall.recent[room->hall.nrecent++];
    *call = (struct hall_call){ .desk = (int16_t)(desk - 1), .lane = LANE_WALKIN };
    snprintf(call->ticket, sizeof call->ticket, "%s", ticket);
}

static inline void room_missed(struct room *room, const char *ticket, int desk)
{
    struct hall_call *call = &room->hall.missed[room->hall.nmissed++];
    *call = (struct hall_call){ .desk = (int16_t)(desk - 1) };
    snprintf(call->ticket, sizeof call->ticket, "%s", ticket);
}

/* The next place of the wall; the grid grows as announcements do. It stands in the recent list, too, as in
 * the hall. */
static inline struct announce_slot *room_call(struct room *room, const char *ticket, int desk, bool is_new)
{
    struct announce *announce = &room->announce;
    int at = 0;
    while (announce->slot[at].is_used)
        at++;
    struct announce_slot *slot = &announce->slot[at];
    *slot = (struct announce_slot){
        .is_used = true, .is_new = is_new, .desk = (int16_t)(desk - 1), .from = NONE
    };
    snprintf(slot->ticket, sizeof slot->ticket, "%s", ticket);
    announce->nslots = at < 1 ? 1 : at < 2 ? 2 : at < 4 ? 4 : 8;
    room_recent(room, ticket, desk);
    return slot;
}
