/* The inside of the hall file's loader: sections and fields as tables, read by one small engine.
 *
 * Each section of the file is a table of fields; a field says its key, what kind of value it is and where in
 * the plain struct it goes. From the same table come the known keys, so that a key cannot be read and yet be
 * "unknown". Everything is read to the end whatever is wrong, so that all errors are reported at once.
 *
 * Only config*.c include this.
 */
#pragma once

#include "board/config/config.h"

#define CONFIG_PATH_SIZE 256
#define LOCAL_PROFILES   "/etc/kezek/profiles"
#define LOCAL_THEMES     "/etc/kezek/themes"
#define LOCAL_VOICES     "/etc/kezek/voices"
#define THEME_DEPTH_MAX  1 /* a base of a base is a riddle */

struct reader {
    const cJSON *root;
    struct json_at at; /* of the root */
    struct config *config;
    char folder
        [CONFIG_PATH_SIZE]; /* of the hall file, or of the theme that is read; "" for the working directory */
    bool has_wrong_language;             /* then nobody can tell which texts are wanted */
    char profile[PROFILES_MAX][ID_SIZE]; /* names of config->profile */
    char profiles[CONFIG_PATH_SIZE], boards[CONFIG_PATH_SIZE], phrases[CONFIG_PATH_SIZE],
        themes[CONFIG_PATH_SIZE], layouts[CONFIG_PATH_SIZE], voices[CONFIG_PATH_SIZE],
        grammars[CONFIG_PATH_SIZE];
    int theme_depth; /* bases above the theme that is read */
};

enum field_kind {
    FIELD_ID,    /* char[ID_SIZE] */
    FIELD_TEXT,  /* char[]: printable, not empty, from a technician (device names, user names) */
    FIELD_PATH,  /* char[]: made absolute or relative to the working directory from relative to the hall file
                  */
    FIELD_LABEL, /* struct label: an object with a text in every language of the hall */
    FIELD_INTEGER, /* integer of 1, 2 or 4 bytes within min..max */
    FIELD_NUMBER,  /* double within min..max */
    FIELD_BOOL,
    FIELD_CHOICE,  /* uint8_t: index in names */
    FIELD_WORD,    /* char[]: one of names itself */
    FIELD_REF,     /* int8_t: index of the item with that id in the section `of` */
    FIELD_ZONES,   /* uint32_t: bit per zone; absent: all */
    FIELD_OBJECT,  /* an object with fields of its own, in the same struct */
    FIELD_SECTION, /* an array of items, in struct config */
    FIELD_CUSTOM,  /* read() */
};
struct section;

struct field {
    const char *key;
    uint8_t kind; /* enum field_kind */
    bool is_required;
    uint32_t offset, size; /* in the struct of the section */
    double min, max;
    const char *const *names;
    unsigned nnames;
    const char *of;            /* FIELD_REF */
    const struct field *field; /* FIELD_OBJECT */
    unsigned nfields;
    const struct section *section; /* FIELD_SECTION */
    /* FIELD_CUSTOM: `value` is never NULL, `at` is its own place, `out` is what offset points to. */
    void (*read)(struct reader *reader, const struct json_at *at, const cJSON *value, void *out);
};
#define IN(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define NAMES(array)     .names = array, .nnames = sizeof(array) / sizeof(*array)
#define AWAKE_MINUTES                                                                                        \
    .min = 1, .max = 240 /* 4 h: a call late on one evening lights no display the next day */
#define DWELL_MS      .min = 1000, .max = 60000
#define FIELDS(array) .field = array, .nfields = sizeof(array) / sizeof(*array)

/* An array of objects with an id. */
struct section {
    bool is_needed; /* at least one */
    unsigned max;
    const char *why_max; /* the reason of the limit, for the complaint */
    const struct field *field;
    unsigned nfields;
    uint32_t items, item_size; /* offset of the array in struct config, size of one */
    uint32_t count;            /* offset of the uint16_t */
    const void *defaults;      /* one item; NULL: zeroes */
    /* What concerns more than one field of the item; every field has been read (or complained about). */
    void (*check)(struct reader *reader, const struct json_at *at, const cJSON *item, unsigned index);
};

#define FIELDS_MAX 32

/* Reads the fields of one object into `target`; complains about keys that are in no field. */
void read_fields(struct reader *reader, const struct json_at *at, const cJSON *object,
                 const struct field *field, unsigned nfields, void *target);
/* Index of the item of section `of` whose id is `id`, or NONE with a complaint that names the nearest or all.
 */
int read_ref(struct reader *reader, const struct json_at *at, const char *of, const char *id);
/* A path of the file as the program needs it. False with a complaint if it is too long. */
bool read_path(struct reader *reader, const struct json_at *at, const char *text, char *out, size_t size);
/* Fits, is printable and not empty. Complains otherwise. */
bool read_text(struct reader *reader, const struct json_at *at, const cJSON *value, char *out, size_t size);
bool read_id(const struct json_at *at, const cJSON *value, char out[ID_SIZE]);
/* "1920x1080" or "1920x1080@60" into width, height and refresh_hz (60). Leaves *device alone after a complaint. */
void read_mode_text(const struct json_at *at, const cJSON *value, struct screen_config *device);
void read_label(struct reader *reader, const struct json_at *at, const cJSON *value, struct label *label);

/* Complains that `key` is missing, with `remedy`, unless it is there (right or wrong). */
void require(const struct json_at *at, const cJSON *item, const char *key, const char *remedy);
/* "a, b, c" of the names, cut at the size. */
const char *joined(const char *const *names, unsigned count, char *out, size_t size);

extern const struct section section_agencies, section_zones, section_buses, section_desks, section_screens,
    section_melodies, section_chimes, section_notices;

/* Also loads the catalogues of the languages; overrides come later. */
void read_languages(struct reader *reader, const struct json_at *at, const cJSON *value, void *out);
/* Into a struct hours. */
void read_fire_alarm(struct reader *reader, const struct json_at *at, const cJSON *value, void *out);
void read_hours(struct reader *reader, const struct json_at *at, const cJSON *value, void *out);
/* "08:00" into a uint16_t: the minute of the day. */
void read_from(struct reader *reader, const struct json_at *at, const cJSON *value, void *out);
/* Into the `voice` of the struct config. */
void read_voice(struct reader *reader, const struct json_at *at, const cJSON *value, void *out);
/* Into a struct board_profile. */
void read_board_profile(struct reader *reader, const struct json_at *at, const cJSON *value, void *out);
/* Into a struct theme, which is read only where no complaint was made. */
void read_theme(struct reader *reader, const struct json_at *at, const cJSON *value, void *out);
/* PNG files, into the theme and into a struct image *: in the place of what was there, or a complaint. */
void read_logo(struct reader *reader, const struct json_at *at, const cJSON *value, struct theme *theme);
void read_picture(struct reader *reader, const struct json_at *at, const cJSON *value, void *out);
void read_default_theme(struct reader *reader, struct theme *theme);
/* The layout of a screen, into a struct config_screen: by name, or also by a path that ends in .json. */
void load_view(struct reader *reader, const struct json_at *at, const char *name,
               struct config_screen *screen);
void read_view(struct reader *reader, const struct json_at *at, const cJSON *value, void *out);
void read_phrases(struct reader *reader, const struct json_at *at, const cJSON *value, void *out);
/* Loads (once) the LED profile `name`: its index, or NONE with a complaint. */
int read_profile(struct reader *reader, const struct json_at *at, const char *name);
/* Fields of `led` and `tickets`, in struct config (config_led.c); what the boards make of the tickets. */
#define LED_SECTION_FIELDS 4
#define TICKET_FIELDS      2
extern const struct field led_section_fields[LED_SECTION_FIELDS], ticket_fields[TICKET_FIELDS];
void rule_tickets_are_tickets(struct reader *reader);
void rule_boards_show_tickets(struct reader *reader);
/* What concerns several sections: shared units, outputs and devices, zones that nobody shows. */
void read_rules(struct reader *reader);

/* Paths from now on are relative to the folder of this file. */
void set_folder(struct reader *reader, const char *path);
/* The folders of `paths`, or the ones found: see config_paths. */
void find_folders(struct reader *reader, const struct config_paths *paths);
/* Calls fn(data, name) for each NAME.json in the folder but schema.json. */
void each_json(const char *folder, void (*fn)(void *data, const char *name), void *data);
/* NAME.json in the first of the two folders that has it. */
bool find_json(const char *const folders[2], const char *name, char *file, size_t size);
/* "a, b, c": the names that find_json() would find, cut at the size; "none". Returns `out`. */
const char *list_json(const char *const folders[2], char *out, size_t size);
/* The JSON of a file of at most max bytes. NULL with a complaint. The caller deletes it. */
cJSON *read_json(const char *path, size_t max, struct json_report *report);
