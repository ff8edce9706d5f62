#include "drivers/led/schedule.h"

#include "drivers/led/schedule_unit.h"

#include <errno.h>

/* Lower goes first; see the header. */
enum rank { RANK_CALL, RANK_FIRST, RANK_REST, RANK_VERIFY, RANK_STYLE, RANK_REFRESH };

/* ---- port and wishes ------------------------------------------------------------------------- */

void schedule_init(struct schedule *schedule, const struct led_bus_config *config)
{
    *schedule = (struct schedule){ .config = config, .brightness = LED_BRIGHTNESS_OWN };
    for (unsigned i = 0; i < config->nunits; i++) {
        struct schedule_unit *unit = &schedule->unit[i];
        unit->profile = config->unit[i].profile;
        unit->unit = config->unit[i].unit;
        unit_forget_link(schedule, unit);
    }
}

void schedule_open(struct schedule *schedule)
{
    schedule->is_open = true;
}

void schedule_close(struct schedule *schedule, int error, const char *detail, int64_t now_us)
{
    schedule->is_open = false;
    for (unsigned i = 0; i < schedule->config->nunits; i++) {
        tell_failure(schedule, &schedule->unit[i], error, detail, now_us);
        unit_forget_link(schedule, &schedule->unit[i]);
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
    char detail[80];
    identity_complain(unit, detail, sizeof detail);
    if (error)
        tell_failure(schedule, unit, error, "this board cannot show that text", now_us);
    else if (!schedule->is_open)
        tell_failure(schedule, unit, -ENODEV, "the serial port is not there", now_us);
    else if (unit->status.is_dead)
        tell_failure(schedule, unit, -ETIMEDOUT, "no reply for some time", now_us);
    else if (unit->status.is_other)
        tell_failure(schedule, unit, -EMEDIUMTYPE, detail, now_us);
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
    unit->mismatches = unit->lit_tries = 0;
    if (unit->link == LINK_UP)
        unit->next_try_us = 0; /* it refused another text; this one may please it */
    unit_begin_pass(schedule, unit, !unit->is_initialised);
    tell_at_once(schedule, unit, error, now_us);
}

void schedule_brightness(struct schedule *schedule, uint8_t percent)
{
    schedule->brightness = percent <= 100 ? percent : LED_BRIGHTNESS_OWN;
    for (unsigned i = 0; i < schedule->config->nunits; i++)
        schedule->unit[i].brightness_due = unit_wants_brightness(schedule, &schedule->unit[i]);
}

/* ---- which unit is next ---------------------------------------------------------------------- */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t due_us(const struct schedule_unit *unit)
{
    if (!unit->has_wish)
        return INT64_MAX;
    int64_t due = later(unit->next_try_us, unit->not_before_us);
    return unit_has_work(unit) ? due : later(due, unit->reassert_us);
}

/* A call whose frame was lost once: most likely noise, and a whole refresh is too long to wait. */
static bool is_second_try(const struct schedule_unit *unit)
{
    return unit->link == LINK_DOWN && unit->losses == 1 && unit->is_fresh && !unit->status.is_other;
}

static enum rank rank_of(const struct schedule_unit *unit)
{
    if (is_second_try(unit))
        return RANK_FIRST;
    if (unit->link == LINK_DOWN || unit->is_refreshing || !unit_has_work(unit))
        return RANK_REFRESH;
    if (unit->is_fresh)
        return unit->link == LINK_UP ? RANK_CALL : RANK_FIRST;
    if (unit_has_writes(unit))
        return RANK_REST;
    return unit->verify_due ? RANK_VERIFY : RANK_STYLE;
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

bool schedule_next(struct schedule *schedule, int64_t now_us, struct schedule_step *step, int64_t *wake_us)
{
    const struct led_bus_config *config = schedule->config;
    *wake_us = INT64_MAX;
    struct schedule_unit *unit = schedule->is_open ? choose(schedule, now_us, wake_us) : NULL;
    if (!unit)
        return false;
    if (!unit_has_work(unit))
        unit_begin_refresh(schedule, unit);
    *step = (struct schedule_step){ .index = (uint8_t)(unit - schedule->unit),
                                    .unit = unit->unit,
                                    .serial = { config->baud, config->parity, config->stop_bits } };
    unit_step(schedule, unit, step);
    schedule_set_times(config, unit->profile, step);
    if (step->phase == SCHEDULE_TEXT && unit->is_fresh)
        group_gather(schedule, unit, now_us, step);
    return true;
}

/* ---- what became of it ----------------------------------------------------------------------- */

static void note_use(struct schedule_use *use, const struct schedule_result *result)
{
    int64_t second = result->done_us / 1000000;
    unsigned at = (unsigned)(second % SCHEDULE_SECONDS);
    if (use->last[at].second != second)
        use->last[at].busy_us = 0;
    use->last[at].second = second;
    use->last[at].busy_us += (uint32_t)(result->done_us - result->start_us);
}

void schedule_done(struct schedule *schedule, const struct schedule_step *step,
                   const struct schedule_result *result)
{
    note_use(&schedule->use, result);
    if (step->unit == 0)
        group_done(schedule, result);
    else
        unit_done(schedule, &schedule->unit[step->index], step, result);
}

const struct led_unit_status *schedule_status(const struct schedule *schedule, unsigned index)
{
    return &schedule->unit[index].status;
}
