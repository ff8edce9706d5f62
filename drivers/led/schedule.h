/* What happens next on one LED bus: a pure core. Time and results in, the next transaction and reports out.
 *
 * It keeps, for each unit, what is wanted, what is confirmed, and what is left to do on the way from the one
 * to the other: init block (once per connection and at each refresh), text, blinking, read-back. Per unit the
 * newest wish wins; nothing is ever queued. The order between units:
 *
 *   1. calls: a fresh text for a unit that answers; in the order of the wishes
 *   2. fresh texts for units that were not tried yet
 *   3. the rest of a call: blinking
 *   4. verification by read-back
 *   5. refresh (everything again, each reassert_ms) and tries of units that did not answer; by due time
 *
 * So a call waits for its own frame and for one transaction in flight. A unit that does not answer is tried
 * again after 0, 0.5, 1, 1.5 … 10 s, always behind all work of living units: it delays them by at most one
 * time-out per try. Any valid answer, also a Modbus exception, counts as alive; a unit that refuses is asked
 * again by the same steps. The writer itself is the probe, so a unit that cannot be read comes back as well.
 *
 * Not thread-safe; one owner. Allocates nothing. Between schedule_next() and its schedule_done() only the
 * owner's clock may move: wishes that arrive meanwhile are given after schedule_done().
 */
#pragma once

#include "drivers/led/led.h"
#include "drivers/led/profile_data.h"

#define SCHEDULE_FIRST_RETRY_US                                                                              \
    INT64_C(100000) /* other units have the wire meanwhile; a late answer passes by */
#define SCHEDULE_BACKOFF_STEP_US INT64_C(500000)
#define SCHEDULE_BACKOFF_MAX_US  INT64_C(10000000)
#define SCHEDULE_MARGIN_US                                                                                   \
    20000 /* of a response time-out: how late Linux may deliver bytes of a serial port */

#define LED_SERVER_ID_MAX 64

enum schedule_phase { SCHEDULE_INIT, SCHEDULE_TEXT, SCHEDULE_BLINK, SCHEDULE_VERIFY };

/* One transaction. */
struct schedule_step {
    uint8_t index; /* of the unit in the configuration */
    uint8_t unit;  /* 0: to all, answered by none; then timeout_us is the rest of the line after it */
    uint8_t phase; /* enum schedule_phase */
    struct led_serial serial; /* the line settings it is made at: the bus's own, but for a job */
    struct led_write write;   /* .function 3 when it reads, 17 when it asks for the server id */
    bool is_probe; /* of a job: bytes behind the answer are damage, because a second unit has answered */
    uint32_t timeout_us; /* from handing over the last byte to the first byte of the answer */
    uint32_t quiet_us; /* how long to listen after a time-out, so that a late answer is not taken for the next
                          one's */
};

/* How it ended. error: 0; -ETIMEDOUT nothing came; -EREMOTEIO an exception (code in `exception`); -EBADMSG
 * damaged (CRC); -EPROTO an answer to something else. A lost port is no result: schedule_close(). */
struct schedule_result {
    int error;
    uint8_t exception;
    union {
        uint16_t value[LED_REGS_MAX]; /* function 3: what was read */
        struct {
            uint8_t count, byte[LED_SERVER_ID_MAX];
        } id; /* function 17: what follows the byte count; longer ones are cut */
    };
    int64_t start_us, wire_us, done_us;
};

struct schedule_unit {
    const struct led_profile *profile;
    uint8_t unit;
    uint8_t link; /* untried, up, down */
    bool has_wish;
    bool is_fresh;       /* its text was not acknowledged yet */
    bool is_known_dead;  /* as told last */
    bool is_told;        /* the final report about the token is out */
    bool is_initialised; /* since it last failed to answer */
    bool is_refreshing;  /* this pass is no call */
    bool is_whole;       /* this pass includes the init block */
    bool blink_due, verify_due;
    int8_t blink; /* as acknowledged: 0, 1, or -1 not known */
    uint8_t init_at, text_at, ntext;
    uint8_t setbacks, lit_tries;
    enum led_certainty reached; /* by the token */
    uint64_t token, order;
    int64_t next_try_us;   /* back-off */
    int64_t not_before_us; /* the device's own rest */
    int64_t reassert_us;
    int64_t wire_us;
    struct led_text wish;
    struct led_unit_status status;
};

#define SCHEDULE_REPORTS (4 * LED_UNITS_MAX) /* wishes for all units add two each, a lost port one more */
#define SCHEDULE_SECONDS 10

/* How long the wire was in use, second by second. */
struct schedule_use {
    struct {
        int64_t second;
        uint32_t busy_us;
    } last[SCHEDULE_SECONDS];
};

struct schedule {
    const struct led_bus_config *config;
    bool is_open;
    uint64_t orders;
    struct schedule_unit unit[LED_UNITS_MAX];
    unsigned nreports, first_report;
    struct led_report report[SCHEDULE_REPORTS];
    struct schedule_use use;
};

/* `config` is borrowed. The bus is closed at first. */
void schedule_init(struct schedule *schedule, const struct led_bus_config *config);
/* The port is there (again): everything that is wanted is written anew, init blocks first. */
void schedule_open(struct schedule *schedule);
/* The port is gone: open wishes end with `error`, and stay wanted. */
void schedule_close(struct schedule *schedule, int error, const char *detail, int64_t now_us);

void schedule_want(struct schedule *schedule, unsigned index, const struct led_text *text, uint64_t token,
                   int64_t now_us);
/* True: do *step, and then schedule_done(). False: nothing to do before *wake_us (INT64_MAX: before the next
 * wish). */
bool schedule_next(struct schedule *schedule, int64_t now_us, struct schedule_step *step, int64_t *wake_us);
void schedule_done(struct schedule *schedule, const struct schedule_step *step,
                   const struct schedule_result *result);
/* Reports, in order. To be emptied after each of the functions above: there is room for what one of them can
 * add. */
bool schedule_take(struct schedule *schedule, struct led_report *report);

const struct led_unit_status *schedule_status(const struct schedule *schedule, unsigned index);
uint32_t schedule_use_permille(const struct schedule_use *use,
                               int64_t now_us); /* of the last SCHEDULE_SECONDS */

/* Line arithmetic. A character has start, 8 data, parity if any, and stop bits. */
uint32_t schedule_wire_us(const struct led_bus_config *config, unsigned bytes);
/* Silence between frames: 3.5 characters, 1.75 ms above 19200 baud (Modbus over Serial Line V1.02, 2.5.1.1).
 */
uint32_t schedule_gap_us(const struct led_bus_config *config);
/* Bytes of a frame with address and CRC; function 3 reads. */
unsigned schedule_request_bytes(const struct led_write *write);
unsigned schedule_answer_bytes(const struct led_write *write);
/* How long to wait for the answer to step->write: fills timeout_us and quiet_us. */
void schedule_set_times(const struct led_bus_config *config, const struct led_profile *profile,
                        struct schedule_step *step);
