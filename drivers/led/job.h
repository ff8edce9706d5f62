/* The course of a technician's job on a bus, question by question: a pure core beside the schedule. Answers in,
 * the next transaction out; led.h says what a job does and tells. Allocates nothing; one owner.
 *
 * The owner does a step only when schedule_next() has nothing to do just now, and sees to the line settings
 * (schedule_step.serial). step.index is 0 and means nothing.
 */
#pragma once

#include "drivers/led/schedule.h"

struct job {
    const struct led_bus_config *config;
    struct led_job what;
    struct led_job_status status;
    int64_t not_before_us; /* the unit is deaf until then */
    union {
        struct {
            uint8_t serial, unit, question, damaged;
        } scan;
        struct {
            uint8_t stage, at, nsteps, tries;
            struct led_commission_step step[LED_COMMISSION_MAX];
        } address;
    };
};

/* 0, or -EINVAL, -ENOTSUP with status.detail. `config` is borrowed. */
int job_start(struct job *job, const struct led_bus_config *config, const struct led_job *what);
/* Ends it with `error` and `detail`; nothing if it is not running. */
void job_stop(struct job *job, int error, const char *detail);
/* True: do *step, and then job_done(). False: nothing before *wake_us, or it has ended. */
bool job_next(struct job *job, int64_t now_us, struct schedule_step *step, int64_t *wake_us);
void job_done(struct job *job, const struct schedule_step *step, const struct schedule_result *result);
