#include "drivers/led/schedule_unit.h"

#include <errno.h>
#include <stdio.h>

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

void tell_superseded(struct schedule *schedule, struct schedule_unit *unit, int64_t now_us)
{
    if (!unit->has_wish || unit->is_told)
        return;
    struct led_report *report = add_report(schedule, unit, now_us);
    report->is_superseded = report->is_final = true;
}

void tell_failure(struct schedule *schedule, struct schedule_unit *unit, int error, const char *detail,
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

void tell_life(struct schedule *schedule, struct schedule_unit *unit, int64_t now_us)
{
    int error = unit->status.is_dead ? -ETIMEDOUT : unit->status.is_other ? -EMEDIUMTYPE : 0;
    if (error == unit->told_error)
        return;
    unit->told_error = error;
    struct led_report *report = add_report(schedule, unit, now_us);
    report->is_status = true;
    report->token = 0;
    report->wire_us = 0;
    report->certainty = unit->status.certainty;
    report->error = error;
    if (unit->status.is_dead)
        snprintf(report->detail, sizeof report->detail, "no reply");
    else if (error)
        identity_complain(unit, report->detail, sizeof report->detail);
}

void tell_progress(struct schedule *schedule, struct schedule_unit *unit, enum led_certainty certainty,
                   bool is_final, const char *detail, int64_t now_us)
{
    if (certainty >= unit->status.certainty) {
        unit->status.certainty = certainty;
        unit->status.confirmed_us = now_us;
        if (certainty >= LED_ACKED)
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
