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
/* Who switches the direction of the pair. Adapters with automatic direction (most on USB) need nothing. */
struct led_rs485 {
    bool is_wanted;               /* by the kernel, with RTS: TIOCSRS485; false: the port is left as it is */
    bool is_rts_low;              /* RTS is low, not high, while sending */
    bool has_termination;         /* the port's own terminating resistor is switched on, where it has one */
    uint16_t before_ms, after_ms; /* RTS ahead of the first and behind the last bit; 0 to 100 */
};
struct led_bus_config {
    char id[33];
    char driver[16];  /* modbus | memory */
    char device[128]; /* stable path of the serial device or of a pty; or tcp://HOST[:PORT], a Modbus TCP
                         gateway (port 502), whose line has the settings below */
    int baud;
    char parity; /* 'N' 'E' 'O' */
    uint8_t stop_bits;
    uint16_t adapter_latency_ms; /* of a USB adapter or gateway: added to the response time-out (FTDI default
                                    16; where the adapter lets itself be set to 1 ms, 1 is used instead) */
    uint32_t reassert_ms;        /* everything is written again after this; 30000 */
    struct led_rs485 rs485;
    uint8_t nunits;
    struct led_unit_config unit[LED_UNITS_MAX];
};

/* What a board shall show. */
struct led_text {
    char text[LED_CELLS_MAX * 4 + 1]; /* UTF-8, already checked by led_fold(); "" is blank */
    bool is_blinking;
    uint8_t colour; /* enum led_colour; a board without it shows its own */
};

/* What became of a wish. Each token that led_want() gets ends in exactly one report with is_final; before it
 * there may be reports of rising certainty (acked, then verified). Final are
 *   - the highest certainty that profile and device give (error 0);
 *   - a failure (error): the adapter is gone, the unit was silent twice in a row or is known to be dead, it
 * answered with an exception, reads back something else, or cannot show the text. The wish stays: when the
 * unit comes back it shows it, which unit_status() tells, not a report;
 *   - is_superseded: a newer wish for the unit took its place; `certainty` says how far this one had come.
 * Besides, a report with is_status tells that a unit has died, come back or answers as another device, or that the bus
 * was opened or lost (then index is 0): it is about no wish, and unit_status() and bus_status() say what is true now.
 * Reports wait in a mailbox of LED_REPORTS_MAX. A reader that lets it fill up loses superseded reports first;
 * reports about the newest wish of each unit are kept until there is room. */
#define LED_REPORTS_MAX 256
struct led_report {
    uint8_t index;  /* of the unit in the configuration */
    bool is_status; /* about no wish: token is 0, is_final false */
    uint64_t token; /* of the led_want() this is about */
    enum led_certainty certainty;
    int error; /* 0, or negative errno: -ETIMEDOUT no reply, -ENODEV adapter gone, -EREMOTEIO exception,
                          -EMEDIUMTYPE another device than its profile … */
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
    int error; /* why its text is not sure, as in reports; 0: its last answer was as it should be */
    uint32_t requests, timeouts, crc_errors, exceptions;
    uint32_t round_trip_us;            /* last */
    char shown[LED_CELLS_MAX * 4 + 1]; /* the text that is confirmed */
    bool is_other;     /* it answers as another device than its profile: nothing is written to it */
    char identity[48]; /* what it said of itself when it was asked, printable; "" not asked, or mute */
};
struct led_bus_status {
    bool is_open;
    int error;              /* why not, negative errno */
    uint32_t busy_permille; /* of the last 10 s */
    uint16_t latency_ms;    /* of the adapter, as it is counted with */
    bool hears_itself;      /* the adapter or gateway receives what it sends */
    uint64_t group_frames;  /* requests that carried the texts of several boards */
    int64_t waiting_us;     /* since when something waits for a worker that does not turn; 0: nothing waits */
    char detail[80];
};

#define LED_BRIGHTNESS_OWN 255 /* left as the boards have it */

/* Work of a technician on a bus, beside the calls: one transaction at a time, and only when no call,
 * verification or refresh of a board that answers is due, so that visitors do not notice. A transaction may
 * need other line settings than the bus; the port is set back before the next call.
 *
 * LED_JOB_SCAN asks each unit from `first` to `last` who it is, at each of `serial`: function 17, then what
 * the `profile`s ask (a read), then a read of one register. A unit counts as found when anything comes back,
 * also an exception. Damaged answers that repeat are two units with one address (a gateway hides them: then
 * nobody answers). A board that is deaf to reading, as some are, is not found.
 *
 * LED_JOB_ADDRESS gives one new unit (at unit `first`, serial[0], of type profile[0]) the address `address`
 * and the settings of the bus: it must answer alone and as what its profile says, and nobody may answer at
 * `address` yet; the writes of led_profile_commission(); and it must answer at its new place. Then it shows
 * its address. Each step that fails ends the job with what to do. */
enum led_job_kind { LED_JOB_NONE, LED_JOB_SCAN, LED_JOB_ADDRESS };
#define LED_JOB_SERIALS  16
#define LED_JOB_PROFILES 16
#define LED_JOB_FOUND    64
struct led_job {
    enum led_job_kind kind;
    uint8_t first, last, address; /* 1..247 */
    uint8_t nserials, nprofiles;
    struct led_serial serial[LED_JOB_SERIALS];
    const struct led_profile *profile[LED_JOB_PROFILES]; /* borrowed until the job has ended */
};
struct led_found {
    struct led_serial serial;
    uint8_t unit;
    bool is_collision;                 /* two answers at once */
    const struct led_profile *profile; /* the one it answers as; NULL: not known */
    char identity[48];                 /* what it said, printable */
    uint32_t round_trip_us;
};
struct led_job_status {
    enum led_job_kind kind;
    bool is_running;
    uint32_t done, total; /* questions; an estimate of the rest, never below done */
    struct led_serial serial;
    uint8_t unit;     /* asked just now, or last */
    int error;        /* of a job that has ended: 0, or negative errno with `detail`; -ECANCELED: stopped */
    char detail[160]; /* for people: what was done, or what went wrong and what to do */
    bool has_written; /* LED_JOB_ADDRESS: the unit's address or settings may be new */
    uint8_t nsteps;   /* LED_JOB_ADDRESS: how many of led_address_steps[] are behind it */
    uint8_t nfound;
    struct led_found found[LED_JOB_FOUND];
};
#define LED_ADDRESS_STEPS 5
extern const char *const led_address_steps[LED_ADDRESS_STEPS]; /* for people, in their order */

struct led_bus;
struct led_ops {
    const char *name;
    /* Starts the worker; a device that is absent is no error here (it is retried). `config` is copied.
     * -EINVAL with a reason in `error` for what can never work: a baud rate that no adapter has, a unit twice
     * or out of 1..247; -ENOMEM, -EAGAIN. */
    int (*open)(struct led_bus **bus, const struct led_bus_config *config, char *error, size_t error_size);
    /* Ends the worker, after the transaction in flight: at most one response time-out, and 1.5 s more if a
     * gateway still waits for a silent unit. What the boards show stays. A job ends with it: who wants its
     * last words stops it before. */
    void (*close)(struct led_bus *bus);
    /* Copies and returns; takes a lock that is never held across I/O. A text that was shown already is
     * written again: a recall wants its own proof. */
    void (*want)(struct led_bus *bus, unsigned index, const struct led_text *text, uint64_t token);
    int (*fd)(struct led_bus *bus); /* readable while there are reports */
    bool (*take)(struct led_bus *bus, struct led_report *report);
    /* Of all boards that have one, 0 to 100, or LED_BRIGHTNESS_OWN; kept over reconnections. */
    void (*brightness)(struct led_bus *bus, uint8_t percent);
    /* Starts a job; `job` is copied, its profiles are borrowed. 0, -EBUSY: one is running, -ENODEV: the port
     * is not there (one that was not looked at yet is waited for), -ENOTSUP: other line settings than the bus's own through a gateway, or a driver without a
     * wire, -EINVAL. Progress comes as reports with is_status. stop_job() ends it after the transaction in
     * flight. */
    int (*start_job)(struct led_bus *bus, const struct led_job *job);
    void (*stop_job)(struct led_bus *bus);
    void (*job_status)(struct led_bus *bus, struct led_job_status *status);
    void (*unit_status)(struct led_bus *bus, unsigned index, struct led_unit_status *status);
    void (*bus_status)(struct led_bus *bus, struct led_bus_status *status);
};
extern const struct led_ops led_modbus;
extern const struct led_ops led_memory;
const struct led_ops *led_backend(const char *name); /* NULL: no such backend */

/* Its device is a Modbus TCP gateway. */
bool led_bus_is_gateway(const struct led_bus_config *config);

/* Line speeds that libmodbus and termios both know; it takes any other for 9600 without a word. */
bool led_baud_is_usable(int baud);
#define LED_BAUDS "1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400"
/* What every backend checks at open. 0, or -EINVAL with a reason. */
int led_bus_check(const struct led_bus_config *config, char *error, size_t error_size);
