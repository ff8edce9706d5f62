/* The hall file as plain values: one allocation, indices instead of pointers, everything checked before it exists.
 *
 * config_load() prints every error of a file, not only the first; a file with errors yields no config at all, so a reload
 * of a wrong file changes nothing. Schema: board/hall.schema.json (the same rules, for editors).
 */
#pragma once

#include "board/config/board_profile.h"
#include "board/config/layout.h"
#include "board/hall/dimming.h"
#include "board/hall/hours.h"
#include "board/scene/phrases.h"
#include "board/scene/theme.h"
#include "drivers/chime/chime.h"
#include "drivers/led/led.h"
#include "drivers/screen/screen.h"
#include "protocol/message.h"

#define LABEL_SIZE       256 /* the evacuation notice needs 220 bytes in Kazakh */
#define AGENCIES_MAX     32  /* one front office has fewer bodies */
#define ZONES_MAX        16  /* half of what a screen's mask holds; one board has 8 screens for them */
#define BUSES_MAX        16  /* each is a thread and a serial adapter */
#define SCREENS_MAX      8   /* no board of this class has more outputs */
#define CHIMES_MAX       8   /* each is a real-time thread */
#define HALL_NOTICES_MAX 8   /* at 5 s a page the last one comes after 40 s */
#define MELODIES_MAX     16  /* of a hall's own: nobody tells more apart */
#define PROFILES_MAX     16  /* board types in one hall: nobody keeps spares for so many */
#define URLS_MAX         4   /* as MQTT_URLS_MAX */
#define SERIES_MAX       64  /* as LED_LETTERS_MAX */
#define VOICE_PATH_SIZE  256
#define NONE             (-1)

/* Text in the hall's languages, indexed like config.lang. */
struct label {
    char text[LANGS_MAX][LABEL_SIZE];
};

enum desk_kind { KIND_WINDOW, KIND_DESK, KIND_ROOM, KINDS };
enum direction {
    ARROW_NONE,
    ARROW_LEFT,
    ARROW_RIGHT,
    ARROW_UP,
    ARROW_DOWN,
    ARROW_UP_LEFT,
    ARROW_UP_RIGHT,
    ARROW_DOWN_LEFT,
    ARROW_DOWN_RIGHT,
    ARROWS
};

struct config_desk {
    char id[ID_SIZE];
    char label[TICKET_SIZE]; /* what stands above the desk: "7", "12А" */
    uint8_t kind;            /* enum desk_kind */
    uint8_t arrow;           /* enum direction */
    int8_t zone;
    int8_t agency;     /* or NONE */
    int8_t bus;        /* or NONE: no LED board */
    uint8_t bus_index; /* of the unit in buses[bus].unit */
};
struct config_named {
    char id[ID_SIZE];
    struct label name;
};
struct config_screen {
    struct screen_config device;
    char view[ID_SIZE]; /* name of the layout */
    struct layout layout;
    uint8_t panels;                           /* at once, at most: 1, 2, 4 or 8 */
    uint32_t zones;                           /* bit per zone */
    int32_t dwell_ms;                         /* 0: the hall's */
    int8_t recent;                            /* rows of the recent list, or NONE: the hall's */
    int16_t desk;                             /* the only one that it shows, or NONE: all of its zones */
    double diagonal_in, height_m, farthest_m; /* 0: not given */
    double off_axis_deg;                      /* of the eyes farthest aside, from the middle; 0: not given */
    bool accept_illegible;                    /* a called number that is too small is no error */
    double overscan;                          /* fraction of each edge kept free, 0.025 */
    struct hours hours;                       /* when it is wanted; the hall's unless it has its own */
    uint16_t awake_minutes;                   /* how long a call keeps it on outside them; likewise */
};
struct config_chime {
    struct chime_config device;
    uint32_t zones;
    char melody[3][33]; /* by enum chime_kind: of a call, a recall, a booked call */
    uint8_t volume_percent;
    bool is_speaking;   /* says the calls behind its melody, if its driver can and `voice` is on */
    int8_t standby_for; /* silent while that chime is there; -1 none */
};
/* What all LED boards have in common. */
struct config_led {
    struct dimming dimming;
    struct led_letters letters;
    uint8_t called, serving, closed; /* enum led_colour */
};
struct config_notice {
    char id[ID_SIZE];
    uint8_t level;
    struct label text;
    struct image *picture; /* owned; NULL: none. Views with large notices show it */
};

struct config {
    char path[256];
    char hall[ID_SIZE], board[ID_SIZE];
    struct board_profile board_profile; /* the kind of computer; name "": not given */
    struct theme theme;                 /* its logo is owned */
    struct label name;
    uint8_t nlangs;
    char lang[LANGS_MAX][LANG_SIZE];
    struct writing writing[LANGS_MAX]; /* of each language */
    char timezone[64];
    struct hours hours; /* of screens that have none */
    uint16_t awake_minutes;
    struct {
        uint8_t nurls;
        char url[URLS_MAX][128];
        char username[64], password_file[256], ca_file[256], cert_file[256], key_file[256];
        uint8_t protocol; /* enum mqtt_protocol: auto 5 3.1.1 */
    } broker;
    uint16_t nagencies, nzones, ndesks, nbuses, nscreens, nchimes, nnotices, nprofiles;
    uint16_t nmelodies;
    struct config_named agency[AGENCIES_MAX], zone[ZONES_MAX];
    struct config_desk desk[DESKS_MAX];
    struct led_bus_config bus[BUSES_MAX];
    struct config_screen screen[SCREENS_MAX];
    struct config_chime chime[CHIMES_MAX];
    struct melody melody[MELODIES_MAX]; /* without a defect */
    struct config_notice notice[HALL_NOTICES_MAX];
    struct led_profile *profile[PROFILES_MAX]; /* owned */
    struct {
        int32_t ttl_ms, dwell_ms;
        uint8_t recent;    /* rows of the recent list, 0: as many as fit */
        uint8_t is_steady; /* new calls stand still: no bar comes and goes (highlight.h) */
    } calls;
    struct config_led led;
    struct {
        uint8_t nseries, digits; /* 0: the file does not say; `digits` follow the series */
        char series[SERIES_MAX][TICKET_SIZE];
    } tickets;
    struct {
        bool is_on, is_espeak; /* calls are spoken; by espeak-ng where no pack has the words */
        char pack[LANGS_MAX][VOICE_PATH_SIZE]; /* folder of the pack of each language; "": there is none */
        uint8_t nlangs, lang[LANGS_MAX]; /* what is spoken of a call, in this order: indices of config.lang */
        struct grammar *grammar[LANGS_MAX]; /* owned; by config.lang; NULL: the language has no sentences */
    } voice;
    struct config_fire_alarm {
        char chip[64];               /* as that of a chime */
        char line[33];               /* "": there is none */
        uint8_t is_active_low, bias; /* enum gpio_bias */
    } fire_alarm;
    struct {
        char host[64]; /* "" off */
        uint16_t port;
    } console;
    struct label phrase[PHRASES]; /* catalogue with the hall's overrides, in the hall's languages */
};

/* Where data files are. NULL (or NULL members): $KEZEK_DATADIR/profiles, /boards, /phrases and /themes if that is set, else the source tree's when the program runs from its build folder, else what was installed with it. Profiles are also
 * looked for in /etc/kezek/profiles, boards and themes, where a technician puts own ones. */
struct config_paths {
    const char *profiles; /* folder of LED profiles */
    const char *boards;   /* folder of board profiles */
    const char *phrases;  /* folder of phrase catalogues */
    const char *themes;   /* folder of themes */
    const char *layouts;  /* folder of views */
    const char *voices;   /* folder of voice packs, by language */
    const char *grammars; /* folder of LANG.json: how a call is said (board/voice/grammar.h) */
};

/* Loads and checks. NULL with report->count > 0 on errors. Paths inside the file are relative to it. A report without a
 * file gets `path` as its prefix. Reads files; call it at the start, at a reload, or in a tool. */
struct config *config_load(const char *path, const struct config_paths *paths, struct json_report *report);
void config_destroy(struct config *config);

/* Loads the LED profile `name`, or all that are installed (NULL): how many; the caller destroys them. 0 with a complaint:
 * there is none, or it is wrong. A wrong one among all is complained about and left out. */
unsigned config_load_profiles(const struct config_paths *paths, const char *name, struct led_profile **out,
                              unsigned max, struct json_report *report);

/* The layout NAME.json of the views that are installed. False with complaints. */
bool config_load_layout(const struct config_paths *paths, const char *name, struct layout *layout,
                        struct json_report *report);

extern const char *const pixel_format_names[PIXEL_FORMATS]; /* "xrgb8888", "rgb565" */

/* Of the hall file, else a built-in one; NULL if there is none. */
const struct melody *config_melody(const struct config *config, const char *id);
/* All of them, those of the hall file first; NULL past the end. */
const struct melody *config_melody_at(const struct config *config, unsigned index);
/* Linear; 256 desks at most. */
int config_desk_index(const struct config *config, const char *id); /* or NONE */
/* What holds for the screen: its own, or the hall's. */
int32_t config_dwell_ms(const struct config *config, const struct config_screen *screen);
unsigned config_recent(const struct config *config, const struct config_screen *screen);
/* Does the screen show calls to the desk (an index, or NONE)? */
bool config_screen_has_desk(const struct config *config, const struct config_screen *screen, int desk);
/* Every text that the wall may show (phrases, names, notices, labels): calls fn(data, where, text). For coverage checks. */
void config_each_text(const struct config *config,
                      void (*fn)(void *data, const char *where, const char *text), void *data);
