/* Class led: one serial bus with its LED boards. Backends: modbus (libmodbus, one worker thread a bus),
 * memory.
 *
 * Level, not edge: the caller says what each board shall show, the newest value wins, and the bus gets there
 * by itself, also after the board or the adapter was away. No function here waits for the bus.
 */
#pragma once

#include "drivers/led/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LED_UNITS_MAX 32 /* of one bus: RS-485 unit loads */

/* How sure we are. Each level includes the ones before. */
enum led_certainty {
    LED_UNKNOWN,  /* nothing sent yet */
    LED_SENT,     /* request is on the wire, device cannot answer (broadcast) */
    LED_ACKED,    /* the device acknowledged the write */
    LED_VERIFIED, /* read back and equal */
    LED_LIT,      /* the device says which segments are lit, and they are right */
    LED_CERTAINTIES
};
extern const char *const led_certainty_names[LED_CERTAINTIES];

struct led_unit_config {
    uint8_t unit;                      /* 1..247 */
    const struct led_profile *profile; /* borrowed, outlives the bus */
};
struct led_bus_config {
    char id[33];
    char driver[16];  /* modbus | memory */
    char device[128]; /* stable path of the serial device, or of a pty */
    int baud;
    char parity; /* 'N' 'E' 'O' */
    uint8_t stop_bits;
    uint16_t adapter_latency_ms; /* of a USB adapter: added to the response time-out (FTDI default 16) */
    uint32_t reassert_ms;        /* everything is written again after this; 30000 */
    uint8_t nunits;
    struct led_unit_config unit[LED_UNITS_MAX];
};

/* What a board shall show. */
struct led_text {
    char text[LED_CELLS_MAX * 4 + 1]; /* UTF-8, already checked by led_fold(); "" is blank */
    bool is_blinking;
};

/* What became of a wish. Each token that led_want() gets ends in exactly one report with is_final; before it
 * there may be reports of rising certainty (acked, then verified). Final are
 *   - the highest certainty that profile and device give (error 0);
 *   - a failure (error): the adapter is gone, the unit was silent twice in a row or is known to be dead, it
 * answered with an exception, reads back something else, or cannot show the text. The wish stays: when the
 * unit comes back it shows it, which unit_status() tells, not a report;
 *   - is_superseded: a newer wish for the unit took its place; `certainty` says how far this one had come.
 * Besides, a report with is_status tells that a unit has died or come back, or that the bus was opened or lost (then index
 * is 0): it is about no wish, and unit_status() and bus_status() say what is true now.
 * Reports wait in a mailbox of LED_REPORTS_MAX. A reader that lets it fill up loses superseded reports first;
 * reports about the newest wish of each unit are kept until there is room. */
#define LED_REPORTS_MAX 256
struct led_report {
    uint8_t index;  /* of the unit in the configuration */
    bool is_status; /* about no wish: token is 0, is_final false */
    uint64_t token; /* of the led_want() this is about */
    enum led_certainty certainty;
    int error; /* 0, or negative errno: -ETIMEDOUT no reply, -ENODEV adapter gone, -EREMOTEIO exception … */
    bool is_superseded; /* a newer wish took its place before it was confirmed */
    bool is_final;   /* no further report about this token will follow (acked and nothing to verify, verified,
                        failed …) */
    int64_t wire_us; /* when the kernel had the last byte of the request with the text; 0 if never */
    int64_t done_us;
    char detail[80]; /* for people, when error */
};

struct led_unit_status {
    enum led_certainty certainty;
    bool is_dead;
    int64_t confirmed_us; /* when the certainty was reached */
    int64_t next_try_us;
    uint32_t requests, timeouts, crc_errors, exceptions;
    uint32_t round_trip_us;            /* last */
    char shown[LED_CELLS_MAX * 4 + 1]; /* the text that is confirmed */
};
struct led_bus_status {
    bool is_open;
    int error;              /* why not, negative errno */
    uint32_t busy_permille; /* of the last 10 s */
    char detail[80];
};

struct led_bus;
struct led_ops {
    const char *name;
    /* Starts the worker; a device that is absent is no error here (it is retried). `config` is copied.
     * -EINVAL with a reason in `error` for what can never work: a baud rate that no adapter has, a unit twice
     * or out of 1..247; -ENOMEM, -EAGAIN. */
    int (*open)(struct led_bus **bus, const struct led_bus_config *config, char *error, size_t error_size);
    /* Ends the worker, after the transaction in flight: at most one response time-out. What the boards show
     * stays. */
    void (*close)(struct led_bus *bus);
    /* Copies and returns; takes a lock that is never held across I/O. A text that was shown already is
     * written again: a recall wants its own proof. */
    void (*want)(struct led_bus *bus, unsigned index, const struct led_text *text, uint64_t token);
    int (*fd)(struct led_bus *bus); /* readable while there are reports */
    bool (*take)(struct led_bus *bus, struct led_report *report);
    void (*unit_status)(struct led_bus *bus, unsigned index, struct led_unit_status *status);
    void (*bus_status)(struct led_bus *bus, struct led_bus_status *status);
};
extern const struct led_ops led_modbus;
extern const struct led_ops led_memory;
const struct led_ops *led_backend(const char *name); /* NULL: no such backend */

/* Line speeds that libmodbus and termios both know; it takes any other for 9600 without a word. */
bool led_baud_is_usable(int baud);
#define LED_BAUDS "1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400"
/* What every backend checks at open. 0, or -EINVAL with a reason. */
int led_bus_check(const struct led_bus_config *config, char *error, size_t error_size);
