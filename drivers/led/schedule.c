#include "drivers/led/schedule.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LIT_TRIES    3
#define LIT_RETRY_US 500000 /* a device may light its segments a little after it has acknowledged them */

enum { UNTRIED, UP, DOWN };

/* Lower goes first; see the header. */
enum rank { RANK_CALL, RANK_FIRST, RANK_REST, RANK_VERIFY, RANK_REFRESH };

/* ---- line arithmetic ------------------------------------------------------------------------- */

uint32_t schedule_wire_us(const struct led_bus_config *config, unsigned bytes)
{
    unsigned bits = 9u + (config->parity != 'N') + config->stop_bits;
    return (uint32_t)((UINT64_C(1000000) * bits * bytes + (unsigned)config->baud - 1) /
                      (unsigned)config->baud);
}

uint32_t schedule_gap_us(const struct led_bus_config *config)
{
    return config->baud > 19200 ? 1750 : (schedule_wire_us(config, 7) + 1) / 2;
}

unsigned schedule_request_bytes(const struct led_write *write)
{
    return write->function == 16 ? 9u + 2u * write->count : 8;
}

unsigned schedule_answer_bytes(const struct led_write *write)
{
    return write->function == 3 ? 5u + 2u * write->count : 8;
}

/* The clock of the time-out starts when the kernel has the bytes, so their time on the wire is part of it. */
void schedule_set_times(const struct led_bus_config *config, const struct led_profile *profile,
                        struct schedule_step *step)
{
    uint32_t turnaround_us = profile->turnaround_ms * 1000u;
    step->timeout_us = schedule_wire_us(config, schedule_request_bytes(&step->write) + 1) + turnaround_us +
                       config->adapter_latency_ms * 1000u + SCHEDULE_MARGIN_US;
    step->quiet_us = turnaround_us + schedule_wire_us(config, schedule_answer_bytes(&step->write));
}

/* ---- reports --------------------------------------------------------------------------------- */

static struct led_report *add_report(struct schedule *schedule, const struct schedule_unit *unit,
                                     int64_t now_us)
{
    unsigned at = (schedule->first_report + schedule->nreports) % SCHEDULE_REPORTS;
    if (schedule->nreports == SCHEDULE_REPORTS)
        schedule->first_report = (schedule->first_report + 1) % SCHEDULE_REPORTS;
    else
        schedule->nreports++;
    schedule->report[at] = (struct led_report){ .index = (uint8_t)(unit - schedule->unit),
                                                .token = unit->token,
                                                .certainty = unit->reached,
                                                .wire_us = unit->wire_us,
                                                .done_us = now_us };
    return &schedule->report[at];
}

bool schedule_take(struct schedule *schedule, struct led_report *report)
{
    if (schedule->nreports == 0)
        return false;
    *report = schedule->report[schedule->first_report];
    schedule->first_report = (schedule->first_report + 1) % SCHEDULE_REPORTS;
    schedule->nreports--;
    return true;
}

static void tell_superseded(struct schedule *schedule, struct schedule_unit *unit, int64_t now_us)
{
    if (!unit->has_wish || unit->is_told)
        return;
    struct led_report *report = add_report(schedule, unit, now_us);
    report->is_superseded = report->is_final = true;
}

static void tell_failure(struct schedule *schedule, struct schedule_unit *unit, int error, const char *detail,
                         int64_t now_us)
{
    if (!unit->has_wish || unit->is_told)
        return;
    unit->is_told = true;
    struct led_report *report = add_report(schedule, unit, now_us);
    report->error = error;
    report->is_final = true;
    snprintf(report->detail, sizeof report->detail, "%s", detail);
}

/* Deaths and returns are told once each, whether or not somebody waits for a wish. */
static void tell_life(struct schedule *schedule, struct schedule_unit *unit, int64_t now_us)
{
    if (unit->status.is_dead == unit->is_known_dead)
        return;
    unit->is_known_dead = unit->status.is_dead;
    struct led_report *report = add_report(schedule, unit, now_us);
    report->is_status = true;
    report->token = 0;
    report->wire_us = 0;
    report->certainty = unit->status.certainty;
    report->error = unit->is_known_dead ? -ETIMEDOUT : 0;
    snprintf(report->detail, sizeof report->detail, "%s", unit->is_known_dead ? "no reply" : "");
}

/* The token has come further; `is_final` when it cannot come further still. */
static void tell_progress(struct schedule *schedule, struct schedule_unit *unit, enum led_certainty certainty,
                          bool is_final, const char *detail, int64_t now_us)
{
    if (certainty >= unit->status.certainty) {
        unit->status.certainty = certainty;
        unit->status.confirmed_us = now_us;
        snprintf(unit->status.shown, sizeof unit->status.shown, "%s", unit->wish.text);
    }
    if (unit->is_told || (certainty <= unit->reached && !is_final))
        return;
    unit->reached = certainty;
    unit->is_told = is_final;
    struct led_report *report = add_report(schedule, unit, now_us);
    report->is_final = is_final;
    snprintf(report->detail, sizeof report->detail, "%s", detail);
}

/* ---- a pass over one unit: init, text, blinking, verification -------------------------------- */

static bool has_writes(const struct schedule_unit *unit)
{
    return unit->init_at < unit->profile->ninit || unit->text_at < unit->ntext || unit->blink_due;
}

static bool wants_blink(const struct schedule_unit *unit)
{
    return unit->wish.is_blinking && *unit->wish.text;
}

static void begin_pass(struct schedule_unit *unit, bool is_whole)
{
    unit->is_whole = is_whole;
    unit->init_at = is_whole ? 0 : unit->profile->ninit;
    unit->text_at = 0;
    if (is_whole)
        unit->blink = -1;
    unit->blink_due = unit->profile->has_blink && unit->blink != wants_blink(unit);
    unit->verify_due = unit->profile->verify_regs > 0;
}

static void restart(struct schedule_unit *unit)
{
    unit->is_initialised = false;
    unit->is_refreshing = !unit->is_fresh;
    begin_pass(unit, true);
}

static void complete(struct schedule *schedule, struct schedule_unit *unit, int64_t now_us)
{
    unit->verify_due = false;
    unit->is_refreshing = false;
    unit->setbacks = unit->lit_tries = 0;
    unit->status.is_dead = false;
    if (unit->is_whole)
        unit->reassert_us = now_us + schedule->config->reassert_ms * INT64_C(1000);
}

void schedule_init(struct schedule *schedule, const struct led_bus_config *config)
{
    *schedule = (struct schedule){ .config = config };
    for (unsigned i = 0; i < config->nunits; i++)
        schedule->unit[i] = (struct schedule_unit){ .profile = config->unit[i].profile,
                                                    .unit = config->unit[i].unit,
                                                    .blink = -1 };
}

void schedule_open(struct schedule *schedule)
{
    schedule->is_open = true;
}

static void forget_link(struct schedule_unit *unit)
{
    unit->link = UNTRIED;
    unit->setbacks = 0;
    unit->next_try_us = unit->not_before_us = 0;
    unit->status.certainty = LED_UNKNOWN;
    unit->status.is_dead = unit->is_known_dead = false; /* the port's loss is told instead */
    restart(unit);
}

void schedule_close(struct schedule *schedule, int error, const char *detail, int64_t now_us)
{
    schedule->is_open = false;
    for (unsigned i = 0; i < schedule->config->nunits; i++) {
        tell_failure(schedule, &schedule->unit[i], error, detail, now_us);
        forget_link(&schedule->unit[i]);
    }
}

/* A text that the cells cannot show leaves them dark: what they showed before is not true any more either. */
static int take_text(struct schedule_unit *unit, const struct led_text *text)
{
    struct led_write writes[LED_WRITES_MAX];
    unit->wish = *text;
    int count = led_profile_writes(unit->profile, text->text, writes);
    if (count >= 0) {
        unit->ntext = (uint8_t)count;
        return 0;
    }
    unit->wish = (struct led_text){ 0 };
    unit->ntext = (uint8_t)led_profile_writes(unit->profile, "", writes);
    return count;
}

static void tell_at_once(struct schedule *schedule, struct schedule_unit *unit, int error, int64_t now_us)
{
    if (error)
        tell_failure(schedule, unit, error, "this board cannot show that text", now_us);
    else if (!schedule->is_open)
        tell_failure(schedule, unit, -ENODEV, "the serial port is not there", now_us);
    else if (unit->status.is_dead)
        tell_failure(schedule, unit, -ETIMEDOUT, "no reply for some time", now_us);
}

void schedule_want(struct schedule *schedule, unsigned index, const struct led_text *text, uint64_t token,
                   int64_t now_us)
{
    struct schedule_unit *unit = &schedule->unit[index];
    tell_superseded(schedule, unit, now_us);
    int error = take_text(unit, text);
    unit->token = token;
    unit->order = ++schedule->orders;
    unit->has_wish = unit->is_fresh = true;
    unit->is_told = unit->is_refreshing = false;
    unit->reached = unit->status.certainty = LED_UNKNOWN;
    unit->wire_us = 0;
    unit->lit_tries = 0;
    if (unit->link == UP)
        unit->next_try_us = 0; /* it refused another text; this one may please it */
    begin_pass(unit, !unit->is_initialised);
    tell_at_once(schedule, unit, error, now_us);
}

/* ---- which unit is next ---------------------------------------------------------------------- */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool has_work(const struct schedule_unit *unit)
{
    return has_writes(unit) || unit->verify_due;
}

static int64_t due_us(const struct schedule_unit *unit)
{
    if (!unit->has_wish)
        return INT64_MAX;
    int64_t due = later(unit->next_try_us, unit->not_before_us);
    return has_work(unit) ? due : later(due, unit->reassert_us);
}

static enum rank rank_of(const struct schedule_unit *unit)
{
    if (unit->link == DOWN || unit->is_refreshing || !has_work(unit))
        return RANK_REFRESH;
    if (unit->is_fresh)
        return unit->link == UP ? RANK_CALL : RANK_FIRST;
    return has_writes(unit) ? RANK_REST : RANK_VERIFY;
}

static bool goes_before(const struct schedule_unit *a, const struct schedule_unit *b)
{
    enum rank rank_a = rank_of(a), rank_b = rank_of(b);
    if (rank_a != rank_b)
        return rank_a < rank_b;
    return rank_a == RANK_REFRESH ? due_us(a) < due_us(b) : a->order < b->order;
}

static struct schedule_unit *choose(struct schedule *schedule, int64_t now_us, int64_t *wake_us)
{
    struct schedule_unit *best = NULL;
    *wake_us = INT64_MAX;
    for (unsigned i = 0; i < schedule->config->nunits; i++) {
        struct schedule_unit *unit = &schedule->unit[i];
        int64_t due = due_us(unit);
        if (due > now_us)
            *wake_us = due < *wake_us ? due : *wake_us;
        else if (!best || goes_before(unit, best))
            best = unit;
    }
    return best;
}

static void fill_step(const struct schedule_unit *unit, struct schedule_step *step)
{
    const struct led_profile *profile = unit->profile;
    if (unit->init_at < profile->ninit) {
        step->phase = SCHEDULE_INIT;
        step->write = profile->init[unit->init_at];
    } else if (unit->text_at < unit->ntext) {
        struct led_write writes[LED_WRITES_MAX];
        led_profile_writes(profile, unit->wish.text, writes);
        step->phase = SCHEDULE_TEXT;
        step->write = writes[unit->text_at];
    } else if (unit->blink_due) {
        step->phase = SCHEDULE_BLINK;
        step->write = wants_blink(unit) ? profile->blink_on : profile->blink_off;
    } else {
        step->phase = SCHEDULE_VERIFY;
        step->write = (struct led_write){ profile->verify_reg, profile->verify_regs, 3, { 0 } };
    }
}

bool schedule_next(struct schedule *schedule, int64_t now_us, struct schedule_step *step, int64_t *wake_us)
{
    *wake_us = INT64_MAX;
    struct schedule_unit *unit = schedule->is_open ? choose(schedule, now_us, wake_us) : NULL;
    if (!unit)
        return false;
    if (!has_work(unit)) {
        unit->is_refreshing = true;
        begin_pass(unit, true);
    }
    *step = (struct schedule_step){ .index = (uint8_t)(unit - schedule->unit), .unit = unit->unit };
    fill_step(unit, step);
    schedule_set_times(schedule->config, schedule->unit[step->index].profile, step);
    return true;
}

/* ---- what became of it ----------------------------------------------------------------------- */

static void back_off(struct schedule_unit *unit, int64_t wait_us, int64_t now_us)
{
    if (unit->setbacks < UINT8_MAX)
        unit->setbacks++;
    unit->next_try_us = now_us + (wait_us < SCHEDULE_BACKOFF_MAX_US ? wait_us : SCHEDULE_BACKOFF_MAX_US);
    unit->status.next_try_us = unit->next_try_us;
    restart(unit);
}

/* It answers, but does not take what it is given: told at once, asked again by steps. */
static void refused(struct schedule *schedule, struct schedule_unit *unit, int error, const char *detail,
                    int64_t now_us)
{
    unit->link = UP;
    unit->status.is_dead = false;
    unit->status.certainty = LED_UNKNOWN;
    back_off(unit, (unit->setbacks + 1) * SCHEDULE_BACKOFF_STEP_US, now_us);
    tell_failure(schedule, unit, error, detail, now_us);
}

static void excepted(struct schedule *schedule, struct schedule_unit *unit, const struct schedule_step *step,
                     const struct schedule_result *result)
{
    char detail[80];
    snprintf(detail, sizeof detail, "exception %u at function %u, register %u", result->exception,
             step->write.function, step->write.reg);
    unit->status.exceptions++;
    if (step->phase != SCHEDULE_VERIFY) {
        refused(schedule, unit, -EREMOTEIO, detail, result->done_us);
        return;
    }
    unit->link =
        UP; /* a clone that cannot be read: what it acknowledged stays acknowledged, and no more is claimed */
    tell_progress(schedule, unit, LED_ACKED, true, detail, result->done_us);
    complete(schedule, unit, result->done_us);
}

/* One lost frame is noise and is made good at once; the second one in a row means that it is not there. */
static void unanswered(struct schedule *schedule, struct schedule_unit *unit,
                       const struct schedule_result *result)
{
    bool is_silent = result->error == -ETIMEDOUT;
    unit->status.timeouts += is_silent;
    unit->status.crc_errors += !is_silent;
    unit->link = DOWN;
    int64_t wait_us = unit->setbacks * SCHEDULE_BACKOFF_STEP_US;
    if (is_silent && !wait_us)
        wait_us = SCHEDULE_FIRST_RETRY_US;
    back_off(unit, wait_us, result->done_us);
    if (unit->setbacks < 2)
        return;
    unit->status.is_dead = is_silent;
    unit->status.certainty = LED_UNKNOWN;
    tell_failure(schedule, unit, result->error, is_silent ? "no reply" : "damaged replies", result->done_us);
}

/* The right registers and the wrong light: first the device gets time, then everything anew, because it may
 * have lost its init block in a cut of power that nobody noticed. */
static void look_again(struct schedule_unit *unit, int64_t now_us)
{
    unit->not_before_us = later(unit->not_before_us, now_us + LIT_RETRY_US);
    if (unit->lit_tries + 1 == LIT_TRIES)
        restart(unit);
}

static void verified(struct schedule *schedule, struct schedule_unit *unit,
                     const struct schedule_result *result)
{
    bool is_blinking = wants_blink(unit);
    if (!led_profile_equals(unit->profile, unit->wish.text, is_blinking, result->value)) {
        refused(schedule, unit, -EIO, "reads back something else than was written", result->done_us);
        return;
    }
    enum led_lit lit = led_profile_lit(unit->profile, unit->wish.text, result->value);
    bool is_wrong =
        lit == LED_LIT_OTHER && !is_blinking; /* while it blinks, dark is right half of the time */
    bool is_worth_another = is_wrong && ++unit->lit_tries < LIT_TRIES;
    tell_progress(schedule, unit, lit == LED_LIT_EQUAL ? LED_LIT : LED_VERIFIED, !is_worth_another,
                  is_wrong ? "other segments are lit than expected" : "", result->done_us);
    if (is_worth_another)
        look_again(unit, result->done_us);
    else
        complete(schedule, unit, result->done_us);
}

static void text_written(struct schedule_unit *unit, const struct schedule_result *result)
{
    if (++unit->text_at < unit->ntext)
        return;
    if (unit->is_fresh)
        unit->wire_us = result->wire_us;
    unit->is_fresh = false;
}

static void note_write(struct schedule_unit *unit, uint8_t phase, const struct schedule_result *result)
{
    if (phase == SCHEDULE_INIT) {
        unit->init_at++;
    } else if (phase == SCHEDULE_TEXT) {
        text_written(unit, result);
    } else {
        unit->blink = wants_blink(unit);
        unit->blink_due = false;
    }
}

static void written(struct schedule *schedule, struct schedule_unit *unit, uint8_t phase,
                    const struct schedule_result *result)
{
    note_write(unit, phase, result);
    unit->is_initialised |= unit->init_at >= unit->profile->ninit;
    if (has_writes(unit))
        return;
    if (!*unit->wish.text && unit->profile->nblank)
        unit->is_initialised = false; /* the blank sequence may have undone the init block */
    tell_progress(schedule, unit, LED_ACKED, !unit->verify_due, "", result->done_us);
    if (!unit->verify_due)
        complete(schedule, unit, result->done_us);
}

static void answered(struct schedule *schedule, struct schedule_unit *unit, uint8_t phase,
                     const struct schedule_result *result)
{
    unit->link = UP;
    unit->next_try_us = unit->status.next_try_us = 0;
    unit->status.is_dead = false;
    unit->status.round_trip_us = (uint32_t)(result->done_us - result->wire_us);
    if (phase == SCHEDULE_VERIFY)
        verified(schedule, unit, result);
    else
        written(schedule, unit, phase, result);
}

static void note_use(struct schedule *schedule, const struct schedule_result *result)
{
    int64_t second = result->done_us / 1000000;
    unsigned at = (unsigned)(second % SCHEDULE_SECONDS);
    if (schedule->use.last[at].second != second)
        schedule->use.last[at].busy_us = 0;
    schedule->use.last[at].second = second;
    schedule->use.last[at].busy_us += (uint32_t)(result->done_us - result->start_us);
}

void schedule_done(struct schedule *schedule, const struct schedule_step *step,
                   const struct schedule_result *result)
{
    struct schedule_unit *unit = &schedule->unit[step->index];
    note_use(schedule, result);
    unit->status.requests++;
    unit->not_before_us = result->done_us + unit->profile->min_gap_ms * INT64_C(1000);
    if (!result->error)
        answered(schedule, unit, step->phase, result);
    else if (result->error == -EREMOTEIO)
        excepted(schedule, unit, step, result);
    else
        unanswered(schedule, unit, result);
    tell_life(schedule, unit, result->done_us);
}

const struct led_unit_status *schedule_status(const struct schedule *schedule, unsigned index)
{
    return &schedule->unit[index].status;
}

uint32_t schedule_use_permille(const struct schedule_use *use, int64_t now_us)
{
    uint64_t busy_us = 0;
    for (unsigned i = 0; i < SCHEDULE_SECONDS; i++)
        if (now_us / 1000000 - use->last[i].second < SCHEDULE_SECONDS)
            busy_us += use->last[i].busy_us;
    uint64_t permille = busy_us / (SCHEDULE_SECONDS * 1000);
    return permille < 1000 ? (uint32_t)permille : 1000;
}
