#include "drivers/led/schedule_unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LOSSES_TO_DIE 2 /* one lost frame is noise; the second one in a row means that it is not there */
#define STYLE_TRIES   3 /* in a row; clones are silent to registers that they do not have */
#define LIT_TRIES     3
#define LIT_RETRY_US  500000 /* a device may light its segments a little after it has acknowledged them */

/* ---- what is to be done ---------------------------------------------------------------------- */

bool unit_has_writes(const struct schedule_unit *unit)
{
    return unit->init_at < unit->profile->ninit || unit->text_at < unit->ntext || unit->blink_due ||
           unit->colour_due;
}

bool unit_has_work(const struct schedule_unit *unit)
{
    return !unit->is_known || unit_has_writes(unit) || unit->verify_due || unit->brightness_due;
}

bool unit_is_blanked(const struct schedule_unit *unit)
{
    return !*unit->wish.text && unit->profile->nblank;
}

static bool wants_blink(const struct schedule_unit *unit)
{
    return unit->wish.is_blinking && *unit->wish.text;
}

static bool wants_colour(const struct schedule_unit *unit)
{
    struct led_write ignored;
    return unit->style_losses < STYLE_TRIES && unit->colour != unit->wish.colour &&
           led_profile_colour(unit->profile, unit->wish.colour, &ignored);
}

bool unit_wants_brightness(const struct schedule *schedule, const struct schedule_unit *unit)
{
    struct led_write ignored;
    return schedule->brightness != LED_BRIGHTNESS_OWN && unit->style_losses < STYLE_TRIES &&
           unit->brightness != schedule->brightness &&
           led_profile_brightness(unit->profile, schedule->brightness, &ignored);
}

void unit_begin_pass(const struct schedule *schedule, struct schedule_unit *unit, bool is_whole)
{
    unit->is_whole = is_whole;
    unit->init_at = is_whole && !unit_is_blanked(unit) ? 0 : unit->profile->ninit;
    unit->text_at = 0;
    unit->is_unconfirmed = unit->is_text_equal = false;
    if (is_whole)
        unit->blink = -1, unit->colour = unit->brightness = -1;
    unit->blink_due = unit->profile->has_blink && unit->blink != wants_blink(unit);
    unit->colour_due = wants_colour(unit);
    unit->verify_due = unit->profile->verify_regs > 0 && !unit_is_blanked(unit);
    unit->brightness_due = unit_wants_brightness(schedule, unit);
}

/* A style that was given up is tried once more: the board may have been deaf for other reasons. */
void unit_begin_refresh(const struct schedule *schedule, struct schedule_unit *unit)
{
    unit->is_refreshing = true;
    if (unit->style_losses == STYLE_TRIES)
        unit->style_losses--;
    unit_begin_pass(schedule, unit, true);
}

static void restart(const struct schedule *schedule, struct schedule_unit *unit)
{
    unit->is_initialised = false;
    unit->is_refreshing = !unit->is_fresh;
    unit_begin_pass(schedule, unit, true);
}

void unit_forget_link(const struct schedule *schedule, struct schedule_unit *unit)
{
    unit->link = LINK_UNTRIED;
    unit->setbacks = unit->losses = unit->style_losses = unit->mismatches = 0;
    unit->is_single = false;
    unit->next_try_us = unit->not_before_us = 0;
    unit->status.certainty = LED_UNKNOWN;
    unit->status.is_dead = false;
    unit->status.error = 0;
    identity_forget(unit, false);
    unit->told_error = 0; /* the port's loss is told instead */
    restart(schedule, unit);
}

static void complete(struct schedule *schedule, struct schedule_unit *unit, int64_t now_us)
{
    if (unit->is_refreshing)
        unit->is_single = false;
    unit->verify_due = unit->is_refreshing = false;
    unit->setbacks = unit->mismatches = unit->lit_tries = 0;
    if (unit->is_whole)
        unit->reassert_us = now_us + schedule->config->reassert_ms * INT64_C(1000);
}

static void write_step(const struct schedule *schedule, const struct schedule_unit *unit,
                       struct schedule_step *step)
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
        step->phase = SCHEDULE_STYLE;
        if (unit->colour_due)
            led_profile_colour(profile, unit->wish.colour, &step->write);
        else
            led_profile_brightness(profile, schedule->brightness, &step->write);
    }
}

static struct led_write text_read(const struct led_profile *profile)
{
    return (struct led_write){ profile->verify_reg, profile->verify_regs, 3, { 0 } };
}

void unit_step(const struct schedule *schedule, const struct schedule_unit *unit, struct schedule_step *step)
{
    if (!unit->is_known && identity_step(unit, step))
        return;
    if (unit->verify_due && !unit_has_writes(unit)) {
        step->phase = SCHEDULE_VERIFY;
        step->write = unit->is_text_equal ? unit->profile->mode : text_read(unit->profile);
    } else {
        write_step(schedule, unit, step);
    }
}

/* ---- no answer, or a refusal ----------------------------------------------------------------- */

/* `longest_us` is reached step by step. */
static int64_t backoff_us(unsigned setbacks, int64_t longest_us)
{
    unsigned steps = setbacks < SCHEDULE_BACKOFF_STEPS ? setbacks : SCHEDULE_BACKOFF_STEPS;
    return steps ? steps * longest_us / SCHEDULE_BACKOFF_STEPS : SCHEDULE_FIRST_RETRY_US;
}

/* As long as a try that takes so long shall not be repeated. */
static int64_t longest_backoff_us(const struct schedule_result *result)
{
    int64_t try_us = result->done_us - result->start_us,
            longest_us = try_us * 1000 / SCHEDULE_DEAD_PERMILLE - try_us;
    if (longest_us < SCHEDULE_BACKOFF_MIN_US)
        return SCHEDULE_BACKOFF_MIN_US;
    return longest_us < SCHEDULE_BACKOFF_MAX_US ? longest_us : SCHEDULE_BACKOFF_MAX_US;
}

static void back_off(const struct schedule *schedule, struct schedule_unit *unit, int64_t wait_us,
                     int64_t now_us)
{
    if (unit->setbacks < UINT8_MAX)
        unit->setbacks++;
    unit->next_try_us = now_us + wait_us;
    unit->status.next_try_us = unit->next_try_us;
    restart(schedule, unit);
}

/* It answers, but does not take what it is given: told at once, asked again by steps. */
static void refused(struct schedule *schedule, struct schedule_unit *unit, int error, const char *detail,
                    int64_t now_us)
{
    unit->status.certainty = LED_UNKNOWN;
    unit->status.error = error;
    unsigned setbacks = unit->setbacks + 1u;
    back_off(schedule, unit, backoff_us(setbacks, SCHEDULE_BACKOFF_MIN_US), now_us);
    tell_failure(schedule, unit, error, detail, now_us);
}

static void die(struct schedule *schedule, struct schedule_unit *unit, const struct schedule_result *result)
{
    bool is_silent = result->error == -ETIMEDOUT;
    if (is_silent && !unit->status.is_dead)
        identity_forget(unit, true); /* whoever comes back may be another one */
    unit->status.is_dead = is_silent;
    unit->status.certainty = LED_UNKNOWN;
    tell_failure(schedule, unit, result->error, is_silent ? "no reply" : "damaged replies", result->done_us);
}

static void unanswered(struct schedule *schedule, struct schedule_unit *unit,
                       const struct schedule_step *step, const struct schedule_result *result)
{
    bool is_silent = result->error == -ETIMEDOUT;
    unit->status.timeouts += is_silent;
    unit->status.crc_errors += !is_silent;
    unit->status.error = result->error;
    unit->link = LINK_DOWN;
    identity_lost(unit, step, result);
    if (step->phase == SCHEDULE_STYLE && unit->style_losses < STYLE_TRIES)
        unit->style_losses++;
    back_off(schedule, unit, backoff_us(unit->setbacks, longest_backoff_us(result)), result->done_us);
    if (unit->losses < LOSSES_TO_DIE)
        unit->losses++;
    if (unit->losses == LOSSES_TO_DIE)
        die(schedule, unit, result);
}

/* ---- an answer ------------------------------------------------------------------------------- */

/* The right registers and the wrong light: first the device gets time, then everything anew, because it may
 * have lost its init block in a cut of power that nobody noticed. */
static void look_again(const struct schedule *schedule, struct schedule_unit *unit, int64_t now_us)
{
    if (unit->not_before_us < now_us + LIT_RETRY_US)
        unit->not_before_us = now_us + LIT_RETRY_US;
    if (unit->lit_tries + 1 == LIT_TRIES)
        restart(schedule, unit);
}

/* Sent to all and lost, or lost and acknowledged by a stale answer: a second time is none of that. */
static void differs(struct schedule *schedule, struct schedule_unit *unit, int64_t now_us)
{
    unit->is_single |= unit->is_unconfirmed;
    if (unit->mismatches++) {
        unit->mismatches = 1;
        refused(schedule, unit, -EIO, "reads back something else than was written", now_us);
        return;
    }
    unit->status.certainty = LED_UNKNOWN;
    unit->is_fresh = !unit->is_told;
    restart(schedule, unit);
}

static bool is_equal(const struct schedule_unit *unit, const uint16_t *read)
{
    const struct led_write *mode = &unit->profile->mode;
    if (unit->is_text_equal)
        return memcmp(read, mode->value, mode->count * sizeof *read) == 0;
    return led_profile_equals(unit->profile, unit->wish.text, wants_blink(unit), read);
}

/* The mode comes last: as the init block left it, no cut of power has come between the text and now. */
static void verified(struct schedule *schedule, struct schedule_unit *unit,
                     const struct schedule_result *result)
{
    bool is_blinking = wants_blink(unit);
    if (!is_equal(unit, result->value)) {
        differs(schedule, unit, result->done_us);
        return;
    }
    if (unit->profile->mode.count && !unit->is_text_equal) {
        unit->is_text_equal = true;
        return;
    }
    enum led_lit lit = led_profile_lit(unit->profile, unit->wish.text, result->value);
    bool is_wrong =
        lit == LED_LIT_OTHER && !is_blinking; /* while it blinks, dark is right half of the time */
    bool is_worth_another = is_wrong && ++unit->lit_tries < LIT_TRIES;
    tell_progress(schedule, unit, lit == LED_LIT_EQUAL ? LED_LIT : LED_VERIFIED, !is_worth_another,
                  is_wrong ? "other segments are lit than expected" : "", result->done_us);
    if (is_worth_another)
        look_again(schedule, unit, result->done_us);
    else
        complete(schedule, unit, result->done_us);
}

/* A clone that cannot be read: what it acknowledged stays acknowledged, and no more is claimed. */
static void unreadable(struct schedule *schedule, struct schedule_unit *unit, const char *detail,
                       int64_t now_us)
{
    if (unit->is_unconfirmed) {
        unit_begin_pass(schedule, unit, false);
        unit->is_fresh = unit->is_single = true;
        return;
    }
    tell_progress(schedule, unit, LED_ACKED, true, detail, now_us);
    complete(schedule, unit, now_us);
    unit->is_single = true;
}

static void text_written(struct schedule_unit *unit, int64_t wire_us)
{
    if (unit->is_fresh)
        unit->wire_us = wire_us;
    unit->is_fresh = false;
}

void unit_sent(struct schedule *schedule, struct schedule_unit *unit, const struct schedule_result *result)
{
    text_written(unit, result->wire_us);
    unit->text_at = unit->ntext;
    unit->is_unconfirmed = true;
    unit->not_before_us = result->done_us + unit->profile->min_gap_ms * INT64_C(1000);
    tell_progress(schedule, unit, LED_SENT, false, "", result->done_us);
}

static void note_style(const struct schedule *schedule, struct schedule_unit *unit)
{
    if (unit->colour_due) {
        unit->colour = unit->wish.colour;
        unit->colour_due = false;
    } else {
        unit->brightness = schedule->brightness;
        unit->brightness_due = false;
    }
}

static void note_write(const struct schedule *schedule, struct schedule_unit *unit, uint8_t phase,
                       const struct schedule_result *result)
{
    switch (phase) {
    case SCHEDULE_INIT: unit->init_at++; break;
    case SCHEDULE_TEXT:
        if (++unit->text_at == unit->ntext)
            text_written(unit, result->wire_us);
        break;
    case SCHEDULE_BLINK:
        unit->blink = wants_blink(unit);
        unit->blink_due = false;
        break;
    default: note_style(schedule, unit);
    }
    unit->is_initialised = !unit_is_blanked(unit) && /* its sequence may undo the init block */
                           (unit->is_initialised || unit->init_at >= unit->profile->ninit);
}

static void written(struct schedule *schedule, struct schedule_unit *unit, uint8_t phase,
                    const struct schedule_result *result, const char *detail)
{
    bool is_of_wish = unit_has_writes(unit); /* brightness is not */
    note_write(schedule, unit, phase, result);
    if (!is_of_wish || unit_has_writes(unit))
        return;
    tell_progress(schedule, unit, unit->is_unconfirmed ? LED_SENT : LED_ACKED, !unit->verify_due, detail,
                  result->done_us);
    if (!unit->verify_due)
        complete(schedule, unit, result->done_us);
}

static void identified(struct schedule *schedule, struct schedule_unit *unit,
                       const struct schedule_step *step, const struct schedule_result *result)
{
    char detail[80];
    if (identity_answered(unit, step, result))
        return;
    unit->link = LINK_DOWN;
    identity_complain(unit, detail, sizeof detail);
    refused(schedule, unit, -EMEDIUMTYPE, detail, result->done_us);
}

static void answered(struct schedule *schedule, struct schedule_unit *unit, const struct schedule_step *step,
                     const struct schedule_result *result)
{
    unit->status.round_trip_us = (uint32_t)(result->done_us - result->wire_us);
    switch (step->phase) {
    case SCHEDULE_IDENTIFY: identified(schedule, unit, step, result); break;
    case SCHEDULE_PROBE: break;
    case SCHEDULE_VERIFY: verified(schedule, unit, result); break;
    case SCHEDULE_STYLE: unit->style_losses = 0; /* fall through */
    default: written(schedule, unit, step->phase, result, "");
    }
}

static void excepted(struct schedule *schedule, struct schedule_unit *unit, const struct schedule_step *step,
                     const struct schedule_result *result)
{
    char detail[80];
    snprintf(detail, sizeof detail, "exception %u at function %u, register %u", result->exception,
             step->write.function, step->write.reg);
    unit->status.exceptions++;
    switch (step->phase) {
    case SCHEDULE_IDENTIFY: identity_excused(unit); break;
    case SCHEDULE_PROBE: break;
    case SCHEDULE_VERIFY: unreadable(schedule, unit, detail, result->done_us); break;
    case SCHEDULE_STYLE: written(schedule, unit, step->phase, result, detail); break; /* not worth the text */
    default: refused(schedule, unit, -EREMOTEIO, detail, result->done_us);
    }
}

static void heard(struct schedule_unit *unit, const struct schedule_step *step,
                  const struct schedule_result *result)
{
    unit->link = LINK_UP;
    unit->losses = 0;
    unit->next_try_us = unit->status.next_try_us = 0;
    unit->status.is_dead = false;
    unit->status.error = 0;
    if (step->phase != SCHEDULE_IDENTIFY)
        identity_heard(unit, result->done_us);
}

void unit_done(struct schedule *schedule, struct schedule_unit *unit, const struct schedule_step *step,
               const struct schedule_result *result)
{
    unit->status.requests++;
    unit->not_before_us = result->done_us + unit->profile->min_gap_ms * INT64_C(1000);
    bool is_exception = result->error == -EREMOTEIO;
    if (!result->error || is_exception)
        heard(unit, step, result);
    if (is_exception)
        excepted(schedule, unit, step, result);
    else if (result->error)
        unanswered(schedule, unit, step, result);
    else
        answered(schedule, unit, step, result);
    tell_life(schedule, unit, result->done_us);
}
