/* The board process: everything that is true comes in from the link's socket, everything that is shown or
 * heard goes out to devices. Shell around the pure parts; this header is for board.c and the files that
 * answer for it (calls.c, commands.c, health.c, reload.c, walls.c).
 *
 * One turn of the loop: messages → feed → hall → announce → (scene → paint → commit), desks, speakers →
 * receipts. While a flip is pending the link's socket is not read: state changes wait there, and the link
 * stops reading the broker. Between flips it is read for half a vblank at most, so that a flood is painted, too.
 */
#pragma once

#include "board/child.h"
#include "board/control.h"
#include "board/desks.h"
#include "board/fire_alarm.h"
#include "board/hall/receipts.h"
#include "board/snapshots.h"
#include "board/speakers.h"
#include "board/standby.h"
#include "board/wall.h"
#include "board/watchdog.h"
#include "protocol/feed.h"
#include "protocol/record.h"

struct board {
    struct loop *loop;
    struct config *config;
    struct config *fresh; /* accepted at a reload, in force from the next turn on */
    struct config_paths paths;
    struct fonts *fonts;
    struct control *control;
    struct snapshots *snapshots; /* NULL before the first request */

    struct feed *feed;
    struct feed_memory *memory; /* mapped from the run directory; NULL: not there, `forgetful` serves */
    struct feed_memory forgetful;
    struct hall hall;
    struct receipts receipts;
    struct wall wall[SCREENS_MAX];
    struct standby standby[SCREENS_MAX]; /* of each wall */
    struct outputs *outputs;             /* NULL: no screen of the hall file is kms */
    struct loop_source *outputs_source;
    int64_t probe_us; /* when to ask the displays again; INT64_MAX: with the clock */
    struct desks *desks;
    unsigned nspares; /* LED profiles that a job wanted and the hall file does not name */
    struct led_profile *spare[LED_JOB_PROFILES];
    struct speakers *speakers;
    struct fire_alarm *fire_alarm; /* NULL: the hall file has none */

    struct child link_child, console_child;
    int64_t link_start_us,
        console_start_us; /* when to start the child again; INT64_MAX: it runs, or is not wanted */
    int link_fd;          /* our end of the record socket; -1 */
    struct loop_source *link_source;
    uint32_t link_events; /* what link_source waits for now */
    struct record_link link;

    struct loop_timer *turn_timer, *watchdog_timer;
    int64_t turn_due_us; /* the next turn */
    struct watchdog watchdog;
    int clock_fd, signal_fd;
    struct loop_source *clock_source, *signal_source;
    struct scene_clock clock;

    int64_t
        first_wish_us; /* LED boards keep what they show until then: a restart is over before anyone sees it */
    bool is_manual;    /* events from the control socket rule, no server is there */
    enum feed_truth truth;
    const char *profile;             /* health_profile() at the last turn */
    int64_t job_until_us[BUSES_MAX]; /* when a job that nobody asks about any more is ended; 0: none */
    int64_t health_due_us;
    bool is_health_changed; /* perhaps: health_digest() tells */
    uint64_t health_told;   /* digest of the last message */
    bool has_unsent;        /* `outgoing` waits for room in the link's socket */
    struct record outgoing;
    struct record incoming;
    int64_t started_us;
    char boot[9];
    char lacking[160]; /* what no font has of a notice, and what to do; "" nothing */
    uint64_t invalid, unknown_desks, events;
};

/* Runs the service until SIGTERM or SIGINT. Exit status: 0, or 1 when it cannot start (no run directory, no
 * fonts …). The configuration and the fonts are taken over. */
int board_run(struct config *config, const struct config_paths *paths, struct fonts *fonts);

/* A hall comes and goes, with its devices but for the outputs and the screens that `fresh` (or NULL) has, too; for reload.c. 0
 * or -ENOMEM. */
int board_set_up(struct board *board);
void board_take_down(struct board *board, const struct config *fresh);
/* Receipts and answers that the link has been given are sent before it ends. */
void board_stop_children(struct board *board);
/* Reads the hall file again. 0: it is in force when the next turn begins; -EINVAL: refused whole, `error` has its first complaint, the
 * log has all. */
int board_reload(struct board *board, char *error, size_t error_size);
/* Puts board->fresh in force: devices and processes are set up anew, what is known of the hall stays. Not in a callback of a
 * device. -ENOMEM: the loop ends. */
int reload_put_in_force(struct board *board);
/* An event from the control socket. -EBUSY while a server rules. -ENOENT: no such desk. */
int board_manual(struct board *board, const struct event *event);
/* Something has changed: a turn follows before the loop sleeps again. */
void board_soon(struct board *board);
/* The token of a new receipt. Finished ones are sent first, if they take up all the places. */
uint64_t board_open_receipt(struct board *board, const struct event *event, int64_t received_us);
/* Sends `text` as it is. A receipt that finds the socket full waits; anything else is dropped. */
void board_publish(struct board *board, enum publish_topic topic, const char *text);

/* commands.c */
void commands_answer(void *board, struct control_client *client, const cJSON *request);
void commands_reply(struct board *board, uint64_t client, cJSON *reply); /* takes it */
void commands_mqtt(struct board *board, const struct command *command);
/* jobs.c: led-scan, led-address, led-job, led-stop; false: another command. */
bool jobs_answer(struct board *board, uint64_t client, const char *name, const cJSON *request);
void jobs_tick(struct board *board, int64_t now_us);
int64_t jobs_deadline_us(const struct board *board);
void jobs_forget(struct board *board); /* the spare profiles; no job runs any more */
/* health.c: the health message, for MQTT; cJSON_free() the result. */
/* As in the contract, shorter than PUBLISH_BYTES_MAX: where that asks for it, the last LED boards' details are left out, and
 * counted. NULL: out of memory. */
char *health_text(struct board *board);
/* Of what a health message is sent for at once when it changes: states, not counters and ages. */
uint64_t health_digest(struct board *board);
const char *health_profile(const struct board *board); /* undecided basic full manual */
cJSON *health_status(struct board *board);             /* the reply of `status` */
cJSON *health_screens(struct board *board);            /* parts of it (health_screens.c) */
cJSON *health_outputs(struct board *board); /* of all cards; not in the status: a television lists 40 modes */
cJSON *health_buses(struct board *board);   /* health_leds.c */
/* Of the LED board of a desk: what is wrong with it, or with its bus; why[LED_TROUBLE_SIZE]. */
void health_led_why(const struct board *board, int desk, const struct led_unit_status *status, char *why);
cJSON *health_chimes(struct board *board);
void health_picture(cJSON *object, const struct wall *wall); /* the hash of what is on scan-out */
cJSON *health_item(cJSON *array);                            /* a new object at its end */
double health_ms_since(int64_t at_us);                       /* -1: never (0) */
extern const char *const feed_truth_words[]; /* by enum feed_truth: nothing fresh stale blank */
