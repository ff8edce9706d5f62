/* Who is on this line? */
#include "drivers/led/job_kinds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DAMAGED_ENOUGH 2 /* in a row of questions to one unit: one may be noise */

static unsigned units_of(const struct job *job)
{
    return 1u + job->what.last - job->what.first;
}

static const struct led_serial *serial_of(const struct job *job)
{
    return &job->what.serial[job->scan.serial];
}

/* ---- the order of units ---------------------------------------------------------------------- */

static unsigned put(struct job *job, unsigned count, uint8_t unit)
{
    if (unit < job->what.first || unit > job->what.last || memchr(job->scan.order, unit, count))
        return count;
    job->scan.order[count] = unit;
    return count + 1;
}

static void set_order(struct job *job)
{
    struct led_serial own = job_bus_serial(job);
    unsigned count = 0;
    for (unsigned i = 0; i < job->what.nprofiles; i++)
        if (job_serial_equals(&job->what.profile[i]->factory.serial, serial_of(job)))
            count = put(job, count, job->what.profile[i]->factory.unit);
    for (unsigned i = 0; i < job->config->nunits; i++)
        if (job_serial_equals(&own, serial_of(job)))
            count = put(job, count, job->config->unit[i].unit);
    for (unsigned unit = job->what.first; unit <= job->what.last; unit++)
        count = put(job, count, (uint8_t)unit);
}

int job_scan_start(struct job *job)
{
    set_order(job);
    job->status.total = (uint32_t)job->what.nserials * units_of(job) * job->nquestions;
    return 0;
}

/* ---- question by question -------------------------------------------------------------------- */

static const struct led_profile *slowest(const struct job *job)
{
    const struct led_profile *slow = NULL;
    for (unsigned i = 0; i < job->what.nprofiles; i++)
        if (!slow || job->what.profile[i]->turnaround_ms > slow->turnaround_ms)
            slow = job->what.profile[i];
    return slow;
}

void job_scan_next(const struct job *job, struct schedule_step *step)
{
    struct job_place place = { *serial_of(job), job->scan.order[job->scan.unit] };
    struct led_write write = job_question(&job->question[job->at]);
    job_step(job, &place, &write, slowest(job), step);
}

static void finish(struct job *job)
{
    if (job->status.nfound)
        job_finish(job, 0, "%u found", job->status.nfound);
    else
        job_finish(job, 0, "nobody answers: look at the power, swap A and B, try other line settings");
}

static void next_unit(struct job *job)
{
    job->at = job->damaged = 0;
    job->scan.is_heard = false;
    if (++job->scan.unit < units_of(job))
        return;
    job->scan.unit = 0;
    if (++job->scan.serial < job->what.nserials)
        set_order(job);
    else
        finish(job);
}

/* The questions that are left need not be asked. */
static void skip_unit(struct job *job)
{
    job->status.total -= (uint32_t)(job->nquestions - job->at - 1);
    next_unit(job);
}

static void next_question(struct job *job)
{
    if (++job->at == job->nquestions)
        next_unit(job);
}

/* The entry of the unit that is asked; NULL: no room for it. */
static struct led_found *found(struct job *job, const struct schedule_step *step,
                               const struct schedule_result *result)
{
    if (job->scan.is_heard)
        return &job->status.found[job->status.nfound - 1];
    if (job->status.nfound == LED_JOB_FOUND)
        return NULL;
    job->scan.is_heard = true;
    struct led_found *entry = &job->status.found[job->status.nfound++];
    *entry = (struct led_found){ .serial = step->serial,
                                 .unit = step->unit,
                                 .round_trip_us = (uint32_t)(result->done_us - result->wire_us) };
    return entry;
}

static const struct led_profile *recognise(const struct job *job, const struct schedule_step *step,
                                           const struct schedule_result *result)
{
    for (unsigned i = 0; i < job->what.nprofiles; i++)
        if (schedule_is_identified(job->what.profile[i], &step->write, result))
            return job->what.profile[i];
    return NULL;
}

/* True: nothing more is to be asked. */
static bool note_answer(const struct job *job, struct led_found *entry, const struct schedule_step *step,
                        const struct schedule_result *result)
{
    if (result->error)
        return false;
    entry->profile = recognise(job, step, result);
    if (entry->profile || !*entry->identity)
        schedule_identity_text(&step->write, result, entry->identity, sizeof entry->identity);
    return entry->profile;
}

void job_scan_done(struct job *job, const struct schedule_step *step, const struct schedule_result *result)
{
    bool is_damaged = result->error == -EBADMSG; /* -EPROTO is a whole frame: one unit, and an odd one */
    struct led_found *entry = NULL;
    if (is_damaged && ++job->damaged < DAMAGED_ENOUGH) {
        job->status.total++; /* once more */
        return;
    }
    if (result->error != -ETIMEDOUT && !(entry = found(job, step, result))) {
        job_finish(job, -ENOSPC, "more than %d answers: this line is noise", LED_JOB_FOUND);
        return;
    }
    if (is_damaged)
        entry->is_collision = true;
    if (is_damaged || (entry && note_answer(job, entry, step, result)) ||
        (job->scan.is_heard && job->at + 1 >= job->ntelling))
        skip_unit(job);
    else
        next_question(job);
}
