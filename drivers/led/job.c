#include "drivers/led/job.h"

#include "drivers/led/job_kinds.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- what the kinds share -------------------------------------------------------------------- */

void job_finish(struct job *job, int error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(job->status.detail, sizeof job->status.detail, format, args);
    va_end(args);
    job->status.is_running = false;
    job->status.error = error;
    job->status.total = job->status.done;
}

struct led_serial job_bus_serial(const struct job *job)
{
    return (struct led_serial){ job->config->baud, job->config->parity, job->config->stop_bits };
}

bool job_serial_equals(const struct led_serial *a, const struct led_serial *b)
{
    return a->baud == b->baud && a->parity == b->parity && a->stop_bits == b->stop_bits;
}

const char *job_place_text(const struct job_place *place, char out[JOB_PLACE_SIZE])
{
    snprintf(out, JOB_PLACE_SIZE, "unit %u at %d 8%c%u", place->unit, place->serial.baud,
             place->serial.parity, place->serial.stop_bits);
    return out;
}

struct led_write job_question(const struct job_question *question)
{
    return (
        struct led_write){ .reg = question->reg, .count = question->count, .function = question->function };
}

void job_step(const struct job *job, const struct job_place *place, const struct led_write *write,
              const struct led_profile *profile, struct schedule_step *step)
{
    /* No device that is known takes longer; a scan would with more. */
    static const struct led_profile anybody = { .turnaround_ms = 50 };
    const struct led_bus_config line = { .baud = place->serial.baud,
                                         .parity = place->serial.parity,
                                         .stop_bits = place->serial.stop_bits,
                                         .adapter_latency_ms = job->config->adapter_latency_ms };
    *step = (struct schedule_step){
        .unit = place->unit, .serial = place->serial, .write = *write, .is_probe = true
    };
    schedule_set_times(&line, profile && profile->turnaround_ms > anybody.turnaround_ms ? profile : &anybody,
                       step);
}

/* ---- its questions --------------------------------------------------------------------------- */

static void add_question(struct job *job, const struct led_write *write)
{
    struct job_question question = { (uint8_t)write->function, write->reg, write->count };
    for (unsigned i = 0; i < job->nquestions; i++)
        if (job->question[i].function == question.function && job->question[i].reg == question.reg &&
            job->question[i].count == question.count)
            return;
    job->question[job->nquestions++] = question;
}

static void add_questions(struct job *job)
{
    struct led_write write = { .function = 17 };
    add_question(job, &write);
    for (unsigned i = 0; i < job->what.nprofiles; i++)
        if (led_profile_identity(job->what.profile[i], &write))
            add_question(job, &write);
    job->ntelling = job->nquestions;
    add_question(job, &(struct led_write){ .count = 1, .function = 3 });
}

/* ---- its life -------------------------------------------------------------------------------- */

static bool is_unit(unsigned unit)
{
    return unit >= 1 && unit <= 247;
}

static bool is_usable(const struct led_serial *serial)
{
    return led_baud_is_usable(serial->baud) && serial->parity && strchr("NEO", serial->parity) &&
           (serial->stop_bits == 1 || serial->stop_bits == 2);
}

static int refuse(struct job *job, int error, const char *detail)
{
    job_finish(job, error, "%s", detail);
    return error;
}

static int check_serials(struct job *job)
{
    struct led_serial own = job_bus_serial(job);
    for (unsigned i = 0; i < job->what.nserials; i++) {
        if (!is_usable(&job->what.serial[i]))
            return refuse(job, -EINVAL, "no serial line has these settings; baud is one of " LED_BAUDS);
        if (led_bus_is_gateway(job->config) && !job_serial_equals(&job->what.serial[i], &own))
            return refuse(job, -ENOTSUP,
                          "the line behind a gateway has the gateway's settings; set them there, or connect "
                          "the unit to a serial adapter");
    }
    return 0;
}

static int check(struct job *job)
{
    const struct led_job *what = &job->what;
    if (what->kind != LED_JOB_SCAN && what->kind != LED_JOB_ADDRESS)
        return refuse(job, -EINVAL, "no such job");
    if (!what->nserials || what->nserials > LED_JOB_SERIALS || what->nprofiles > LED_JOB_PROFILES)
        return refuse(job, -EINVAL, "a job has 1 to 16 line settings, and 16 profiles at most");
    if (!is_unit(what->first) ||
        (what->kind == LED_JOB_SCAN && (!is_unit(what->last) || what->last < what->first)))
        return refuse(job, -EINVAL, "units are 1 to 247, the first one not behind the last one");
    return check_serials(job);
}

int job_start(struct job *job, const struct led_bus_config *config, const struct led_job *what)
{
    *job = (struct job){ .config = config, .what = *what, .status = { .kind = what->kind } };
    int error = check(job);
    if (error)
        return error;
    add_questions(job);
    error = what->kind == LED_JOB_SCAN ? job_scan_start(job) : job_address_start(job);
    job->status.is_running = !error;
    return error;
}

void job_stop(struct job *job, int error, const char *detail)
{
    if (!job->status.is_running)
        return;
    job_finish(job, error, "%s%s", detail,
               job->status.has_written
                   ? "; the unit has been written to: scan for it, its address or its settings may be new"
                   : "");
}

bool job_next(struct job *job, int64_t now_us, int64_t busy_us, struct schedule_step *step, int64_t *wake_us)
{
    *wake_us = INT64_MAX;
    if (!job->status.is_running)
        return false;
    if (now_us < job->not_before_us) {
        *wake_us = job->not_before_us;
        return false;
    }
    if (busy_us - now_us < JOB_CLEARANCE_US)
        return false;
    if (job->what.kind == LED_JOB_SCAN)
        job_scan_next(job, step);
    else
        job_address_next(job, step);
    job->status.serial = step->serial;
    job->status.unit = step->unit;
    return true;
}

/* Devices want some rest after they have answered. */
static void give_rest(struct job *job, const struct schedule_result *result)
{
    uint16_t rest_ms = 0;
    for (unsigned i = 0; i < job->what.nprofiles; i++)
        if (job->what.profile[i]->min_gap_ms > rest_ms)
            rest_ms = job->what.profile[i]->min_gap_ms;
    if (result->error != -ETIMEDOUT && job->not_before_us < result->done_us + rest_ms * INT64_C(1000))
        job->not_before_us = result->done_us + rest_ms * INT64_C(1000);
}

void job_done(struct job *job, const struct schedule_step *step, const struct schedule_result *result)
{
    if (!job->status.is_running)
        return;
    job->status.done++;
    if (job->what.kind == LED_JOB_SCAN)
        job_scan_done(job, step, result);
    else
        job_address_done(job, step, result);
    give_rest(job, result);
    if (job->status.total < job->status.done)
        job->status.total = job->status.done;
}
