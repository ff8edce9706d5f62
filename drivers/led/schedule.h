/* What happens next on one LED bus: a pure core. Time and results in, the next transaction and reports out.
 *
 * It keeps, for each unit, what is wanted, what is confirmed, and what is left to do on the way from the one
 * to the other: who is it (once per connection), init block (once per connection and at each refresh), text,
 * blinking, colour, read-back, brightness. Per unit the newest wish wins; nothing is ever queued. The order
 * between units:
 *
 *   1. calls: a fresh text for a unit that answers; in the order of the wishes
 *   2. fresh texts for units that were not tried yet, or whose frame was lost once
 *   3. the rest of a call: blinking, colour
 *   4. verification by read-back
 *   5. a new brightness
 *   6. refresh (everything again, each reassert_ms) and tries of units that did not answer; by due time
 *
 * So a call waits for its own frame and for one transaction in flight. A unit that does not answer is tried
 * again after 0.1, 0.5, 1, 1.5 … 10 s, by longer steps if its time-outs are long, from the second time on behind
 * all work of living units: it delays them by at most one time-out per try. Any valid answer, also a Modbus
 * exception, counts as alive; a unit that refuses is asked
 * again by the same steps. The writer itself is the probe, so a unit that cannot be read comes back as well.
 *
 * Who it is. A profile may know a question (led_profile_identity()). It is the first transaction with a unit
 * after the port was opened, and the first one after a unit that was dead is heard again; nothing is written
 * before it is settled:
 *   - it answers as its profile says: go on;
 *   - it answers as another device: wishes fail with -EMEDIUMTYPE, nothing is written to it, and no frame to
 *     all goes out on this bus; it is asked again by back-off;
 *   - an exception: it does not know the question. Go on: clones are known for this;
 *   - silence, or twice a damaged answer: it may be dead, or a clone that is mute to what it does not know.
 *     The next tries are reads (of a unit that cannot be read: the write and the question in turn). Silence to
 *     the question and an answer to anything else within SCHEDULE_MUTE_US mean that it is mute: go on. If they
 *     are farther apart, it was not there when it was asked, and is asked now.
 * So a clone costs one extra time-out per connection, and a board that was exchanged while it was dead is found
 * out before a write reaches it.
 *
 * Group frames. A profile may have a frame that carries the texts of boards with consecutive addresses to unit
 * 0 (led_profile_group()). It is used when a call is due and others with it, and the frame with the rest of
 * the line after it is shorter than the single transactions that it saves, device's delays included. Gaps
 * between the addresses are filled with units whose text is then merely repeated, never with addresses that
 * are not on this bus. As a frame to unit 0 reaches each device on the line, there are none unless all units
 * have that profile. Nobody acknowledges it: the certainty is LED_SENT until the read-back, and so units that
 * cannot be read get no part in it. What reads back wrong after it is written singly.
 *
 * Registers that read back right prove nothing about the glass of a board that a cut of power, which nobody
 * noticed, has put back into another mode. So where the profile names its mode, that is read behind the text, last:
 * still as the init block left it, the power has not been away since. (Writing the mode with each text would cost
 * more wire time, and would miss what else was lost.)
 *
 * A read-back that differs is made good once in silence: the write may have been lost and a stale answer taken
 * for its own. The second one in a row is a failure.
 *
 * Dark by a sequence of the profile's own (`blank`): it takes the place of the init block and the text, so that a
 * refresh lights nothing for a moment, and ends at LED_ACKED, because no register tells that it worked. The init
 * block goes ahead of the next text.
 *
 * Time-outs are not adapted to the answers that were seen. A shorter one would only move time to the quiet
 * after it, because a late answer must find nobody else on the line: the sum, which is what a dead unit costs
 * the others, stays what the device's profile allows; and a busy device would be taken for dead.
 *
 * Not thread-safe; one owner. Allocates nothing. Between schedule_next() and its schedule_done() only the
 * owner's clock may move: wishes that arrive meanwhile are given after schedule_done().
 */
#pragma once

#include "drivers/led/led.h"
#include "drivers/led/profile_data.h"

#define SCHEDULE_FIRST_RETRY_US                                                                              \
    INT64_C(100000) /* other units have the wire meanwhile; a late answer passes by */
/* The tries of a dead unit take DEAD_PERMILLE of the line, so that four of 32 cost less than 6 %; but it is tried
 * each 30 s, to be shown within 35 s (a refresh is reassert_ms after the last one, too) whatever it costs then:
 * that is 200 ms of delay, twice what the slowest known device takes. */
#define SCHEDULE_BACKOFF_STEPS  20
#define SCHEDULE_BACKOFF_MIN_US INT64_C(10000000)
#define SCHEDULE_BACKOFF_MAX_US INT64_C(30000000)
#define SCHEDULE_DEAD_PERMILLE  14
#define SCHEDULE_MARGIN_US                                                                                   \
    20000 /* of a response time-out: how late Linux may deliver bytes of a serial port */

#define SCHEDULE_MUTE_US  INT64_C(1000000)

#define LED_SERVER_ID_MAX 64

enum schedule_phase {
    SCHEDULE_IDENTIFY,
    SCHEDULE_PROBE, /* a read: is anybody there? */
    SCHEDULE_INIT,
    SCHEDULE_TEXT,
    SCHEDULE_BLINK,
    SCHEDULE_STYLE, /* colour or brightness */
    SCHEDULE_VERIFY
};

/* One transaction. */
struct schedule_step {
    uint8_t index; /* of the unit in the configuration */
    uint8_t unit;  /* 0: to all, answered by none; then timeout_us is the rest of the line after it */
    uint8_t phase; /* enum schedule_phase */
    struct led_serial serial; /* the line settings it is made at: the bus's own, but for a job */
    struct led_write write;   /* .function 3 or 1 when it reads, 17 when it asks for the server id */
    bool is_probe; /* of a job: bytes behind the answer are damage, because a second unit has answered */
    uint32_t timeout_us; /* from handing over the last byte to the first byte of the answer */
    uint32_t
        quiet_us; /* how long to listen after the time-out has run out, so that a late answer is not taken
                          for the next one's: when nothing came, and also when something damaged did, because
                          the answer itself may still follow */
};

/* How it ended. error: 0; -ETIMEDOUT nothing came; -EREMOTEIO an exception (code in `exception`); -EBADMSG
 * damaged (CRC); -EPROTO an answer to something else. A lost port is no result: schedule_close(). */
struct schedule_result {
    int error;
    uint8_t exception;
    union {
        uint16_t value[LED_REGS_MAX]; /* function 3: what was read; 1: LED_COIL_ON or 0 */
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
    bool is_fresh;       /* its text was not sent yet, or got lost */
    bool is_told;        /* the final report about the token is out */
    bool is_known;       /* who it is: it said so, or cannot say */
    bool is_initialised; /* since it last failed to answer */
    bool is_refreshing;  /* this pass is no call */
    bool is_whole;       /* this pass includes the init block */
    bool is_unconfirmed; /* its text went by a group frame */
    bool is_single;      /* gets its texts by its own frames until the next refresh */
    bool blink_due, colour_due, verify_due, brightness_due;
    bool is_text_equal; /* as read in this pass; the mode is still to be read */
    int8_t blink;       /* as acknowledged: 0, 1, or -1 not known */
    int16_t colour;     /* as acknowledged: enum led_colour, or -1 */
    int16_t brightness; /* as acknowledged: per cent, or -1 */
    uint8_t init_at, text_at, ntext;
    uint8_t setbacks; /* since its last complete pass */
    uint8_t losses;   /* answers, in a row */
    uint8_t style_losses;
    uint8_t doubts; /* about the question who it is: 2 are enough */
    uint8_t mismatches, lit_tries;
    enum led_certainty reached; /* by the token */
    int told_error;             /* of its life, as told last: 0, -ETIMEDOUT, -EMEDIUMTYPE */
    uint64_t token, order;
    int64_t next_try_us;       /* back-off */
    int64_t not_before_us;     /* the device's own rest */
    int64_t mute_us, heard_us; /* last silence to the question; last answer to anything else */
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
    uint8_t brightness; /* per cent, or LED_BRIGHTNESS_OWN */
    uint64_t group_frames;
    struct {
        uint8_t count, index[LED_UNITS_MAX];
    } group; /* whose fresh texts are in the frame to all that is on its way */
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
/* Of all units that have one: 0 to 100, or LED_BRIGHTNESS_OWN: nothing is written (any more). Written when it
 * changes, after init blocks, and at each refresh. */
void schedule_brightness(struct schedule *schedule, uint8_t percent);
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

/* ---- line arithmetic -------------------------------------------------------------------------
 * A character has start, 8 data, parity if any, and stop bits. */

uint32_t schedule_wire_us(const struct led_bus_config *config, unsigned bytes);
/* Silence between frames: 3.5 characters, 1.75 ms above 19200 baud (Modbus over Serial Line V1.02, 2.5.1.1).
 */
uint32_t schedule_gap_us(const struct led_bus_config *config);
/* Bytes of a frame with address and CRC. The answer to function 17 counts with the longest server id that is
 * kept; devices say a dozen bytes. */
unsigned schedule_request_bytes(const struct led_write *write);
unsigned schedule_answer_bytes(const struct led_write *write);
/* Silence, request, the device's longest delay, answer. Without the adapter's latency. */
uint32_t schedule_exchange_us(const struct led_bus_config *config, const struct led_profile *profile,
                              const struct led_write *write);
/* Silence, request to all, rest of the line. */
uint32_t schedule_broadcast_us(const struct led_bus_config *config, const struct led_profile *profile,
                               const struct led_write *write);
/* How long to wait for the answer to step->write: fills timeout_us and quiet_us. The time-out reaches to the
 * answer's first byte. The quiet covers a device that is late by its whole delay once more; an answer that
 * has begun by then is listened to until it ends. */
void schedule_set_times(const struct led_bus_config *config, const struct led_profile *profile,
                        struct schedule_step *step);

/* ---- who it is -------------------------------------------------------------------------------
 * `result` is the answer to the question `write`, function 17 or 3, without error. */

/* False also when that is not the profile's own question. */
bool schedule_is_identified(const struct led_profile *profile, const struct led_write *write,
                            const struct schedule_result *result);
/* What it said, for people: text; registers as text if they are, else in hexadecimal figures. */
void schedule_identity_text(const struct led_write *write, const struct schedule_result *result, char *out,
                            size_t size);
