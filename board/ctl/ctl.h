/* kezekctl as a library: ctl_main() is the whole program, so that tests can call it with their own streams.
 *
 * A verb is one row of ctl_verbs[] and one function. Verbs talk to the board over the control socket
 * (board/control.h) with ctl_ask(); `check` needs no board. With --json the reply lines of the board are
 * printed as they came, nothing else.
 */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit statuses: sysexits.h where it has a name for the case. */
enum ctl_exit {
    CTL_OK = 0,
    CTL_REFUSED = 1,      /* the board said no; its reason is on stderr */
    CTL_USAGE = 64,       /* EX_USAGE */
    CTL_UNREACHABLE = 69, /* EX_UNAVAILABLE: no board at the socket, or it does not answer */
    CTL_NO_FILE = 73,     /* EX_CANTCREAT: the output file */
    CTL_CONFIG = 78,      /* EX_CONFIG: the hall file has errors */
};

#define CTL_WORDS_MAX   8
#define CTL_OPTIONS_MAX 6
#define CTL_REPLY_MAX   (4u << 20)  /* one reply line; the status of 256 desks needs 70 KiB */
#define CTL_BYTES_MAX   (64u << 20) /* raw bytes after a reply; a PNG of 4K needs at most 25 MiB */
#define CTL_WAIT_MS     20000       /* a 4K snapshot on a small board takes 5 s */

struct ctl {
    const char *socket; /* NULL: the run folder's, see ctl_socket_path() */
    bool is_json;
    FILE *out, *err;
    int fd; /* -1: not connected yet */
    char *in;
    size_t at, end, capacity;
};

struct ctl_args;
struct ctl_verb {
    const char *name;     /* "led identify" */
    const char *synopsis; /* of what follows the name */
    const char *summary;  /* one line, for the list */
    const char *help;     /* more, or NULL */
    uint8_t min_words, max_words;
    const char *options[CTL_OPTIONS_MAX]; /* "--seconds"; each takes a value */
    const char *flag;                     /* "--modes": takes none; or NULL */
    int (*run)(struct ctl *ctl, const struct ctl_args *args);
};
extern const struct ctl_verb ctl_verbs[];
extern const unsigned ctl_nverbs;

struct ctl_args {
    const struct ctl_verb *verb;
    unsigned nwords;
    const char *word[CTL_WORDS_MAX];
    const char *value[CTL_OPTIONS_MAX]; /* NULL: not given; index as in verb->options */
    bool has_flag;
};
/* 0 or CTL_USAGE with a complaint on ctl->err. Words after "--" are never options. */
int ctl_args_parse(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv,
                   struct ctl_args *args);
/* The value of an option of the verb, NULL if it was not given. */
const char *ctl_option(const struct ctl_args *args, const char *name);
/* A whole number within [min, max]; 0 or CTL_USAGE with a complaint. An option that is absent leaves *out. */
int ctl_option_number(struct ctl *ctl, const struct ctl_args *args, const char *name, long min, long max,
                      long *out);

/* Runs the program; an exit status. */
int ctl_main(int argc, char **argv, FILE *out, FILE *err);
int ctl_complain(struct ctl *ctl, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- the socket (ctl_socket.c) ---- */
/* Where the board listens: the run folder's socket, or the service's one when that does not exist. 0 or
 * -errno. */
int ctl_socket_path(char *out, size_t size);
/* Sends a request (taken) and waits for its reply. CTL_OK and *reply, which the caller deletes; otherwise
 * *reply is NULL and the complaint is printed. With --json the reply line is printed here. */
int ctl_ask(struct ctl *ctl, cJSON *request, cJSON **reply);
/* The same, and with --json nothing is printed either. */
int ctl_ask_quietly(struct ctl *ctl, cJSON *request, cJSON **reply);
/* The same for requests whose reply says nothing more; prints the formatted line when it was accepted. */
int ctl_do(struct ctl *ctl, cJSON *request, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The next line of the connection without newline, valid until the next call. timeout_ms -1: for ever. CTL_OK
 * or CTL_UNREACHABLE with a complaint. */
int ctl_line(struct ctl *ctl, int timeout_ms, char **line, size_t *length);
/* `size` raw bytes after a reply, to `file`. CTL_OK, CTL_UNREACHABLE or CTL_NO_FILE. */
int ctl_bytes(struct ctl *ctl, size_t size, FILE *file);
void ctl_close(struct ctl *ctl);

cJSON *ctl_request(const char *command);
/* Members of a reply; absent or of another type: "", 0, false. */
const char *ctl_text(const cJSON *object, const char *key);
double ctl_number(const cJSON *object, const char *key);
bool ctl_bool(const cJSON *object, const char *key);
const cJSON *ctl_member(const cJSON *object, const char *key);

/* ---- tables for people (ctl_table.c) ---- */
#define CTL_COLUMNS_MAX 12
#define CTL_CELLS_MAX   4096

struct ctl_table {
    unsigned ncolumns, ncells;
    char *cell[CTL_CELLS_MAX];
    bool is_right[CTL_COLUMNS_MAX];
};
/* `headings`: separated by '|'; one that begins with '>' is aligned right. */
void ctl_table_init(struct ctl_table *table, const char *headings);
/* Appends a cell, row by row. Characters that a terminal would obey are replaced by '?'. Over CTL_CELLS_MAX:
 * ignored. */
void ctl_cell(struct ctl_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints (nothing if there is no row) and frees. */
void ctl_table_print(struct ctl_table *table, FILE *out);
/* Columns of a terminal that a UTF-8 text takes: combining marks none, East Asian wide characters two. */
unsigned ctl_width(const char *text);
/* Replaces in place what a terminal would obey, and malformed UTF-8, by '?'. */
void ctl_clean(char *text);
/* A cleaned line and a newline; at most 1023 bytes of it. */
void ctl_say(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What a technician should look at: under one heading, only if there is something; wrapped at CTL_WRAP columns. */
#define CTL_WRAP 90
struct ctl_trouble {
    FILE *out;
    const char *heading;
    unsigned count;
};
void ctl_trouble(struct ctl_trouble *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "850 ms", "12.4 s", "7 min", "3 h", "5 d". Negative: "–". */
const char *ctl_duration(double ms, char buffer[24]);

/* ---- the verbs ---- */
int ctl_status(struct ctl *ctl, const struct ctl_args *args);
int ctl_watch(struct ctl *ctl, const struct ctl_args *args);
int ctl_check(struct ctl *ctl, const struct ctl_args *args);
int ctl_call(struct ctl *ctl, const struct ctl_args *args); /* and recall */
int ctl_serve(struct ctl *ctl, const struct ctl_args *args);
int ctl_clear(struct ctl *ctl, const struct ctl_args *args);
int ctl_desk(struct ctl *ctl, const struct ctl_args *args);
int ctl_notice(struct ctl *ctl, const struct ctl_args *args);
int ctl_screen_list(struct ctl *ctl, const struct ctl_args *args);
int ctl_screen_test(struct ctl *ctl, const struct ctl_args *args);
int ctl_screen_snapshot(struct ctl *ctl, const struct ctl_args *args);
int ctl_led_list(struct ctl *ctl, const struct ctl_args *args);
int ctl_led_show(struct ctl *ctl, const struct ctl_args *args);
int ctl_led_identify(struct ctl *ctl, const struct ctl_args *args);
int ctl_led_scan(struct ctl *ctl, const struct ctl_args *args);
int ctl_led_address(struct ctl *ctl, const struct ctl_args *args);
int ctl_led_walk(struct ctl *ctl, const struct ctl_args *args);
int ctl_chime_list(struct ctl *ctl, const struct ctl_args *args);
int ctl_chime_play(struct ctl *ctl, const struct ctl_args *args);
int ctl_reload(struct ctl *ctl, const struct ctl_args *args);

/* Tables that `status` shares with the lists. `items` is the reply's array. */
void ctl_print_screens(FILE *out, const cJSON *items);
void ctl_print_buses(FILE *out, const cJSON *items);
void ctl_print_units(FILE *out, const cJSON *buses);
void ctl_print_chimes(FILE *out, const cJSON *items);
/* Of buses and their boards: what is wrong, and what to do. */
void ctl_trouble_leds(struct ctl_trouble *list, const cJSON *buses);
