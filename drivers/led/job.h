/* The course of a technician's job on a bus, question by question: a pure core beside the schedule. Answers in,
 * the next transaction out; led.h says what a job does and tells. Allocates nothing; one owner.
 *
 * The owner does a step only when schedule_next() has nothing to do just now, and sees to the line settings
 * (schedule_step.serial). step.index is 0 and means nothing. A step that would be in the way of something that
 * comes soon is not begun: a call whose board wants a moment of rest first shall not wait for a silent unit.
 *
 * Scan. At each line setting, in the order given, first the units that are likely there (the factory addresses
 * of the profiles, the units of this bus), then the rest by number. A silent unit costs one time-out a
 * question, because devices are known that are mute to a function which they do not know. Two damaged answers
 * of one unit are two units.
 *
 * Address. The unit is asked three times who it is; then the new place must be silent to all questions; then
 * the writes. When a write counts is not known for sure: where the profile says at once, the unit is looked for
 * after each one at its new place and at its old one. A unit that takes its settings only when it is switched on is
 * waited for, two minutes at most.
 * Whatever goes wrong after the first write, the unit is looked for at the old and the new address at the old
 * and the new settings, and the job's detail says where it was found.
 */
#pragma once

#include "drivers/led/schedule.h"

#define JOB_QUESTIONS_MAX (LED_JOB_PROFILES + 2)
#define JOB_CLEARANCE_US  INT64_C(50000)     /* longer than any board's rest */
#define JOB_WAIT_US       INT64_C(120000000) /* for a unit to be switched off and on */

/* Where a unit may listen. */
struct job_place {
    struct led_serial serial;
    uint8_t unit;
};

struct job_question {
    uint8_t function;
    uint16_t reg, count;
};

struct job {
    const struct led_bus_config *config;
    struct led_job what;
    struct led_job_status status;
    int64_t not_before_us;        /* the unit is deaf until then, or is given time */
    uint8_t nquestions, ntelling; /* the last one may serve only to hear somebody */
    struct job_question question[JOB_QUESTIONS_MAX];
    uint8_t at;                    /* which question, write or place; as the stage has it */
    uint8_t good, damaged, silent; /* answers so far, to one unit or at one stage */
    union {
        struct {
            uint8_t serial, unit; /* where in what.serial and in order */
            bool is_heard;        /* this unit is the last one of status.found */
            uint8_t order[247];
        } scan;
        struct {
            uint8_t stage, nsteps;
            int64_t give_up_us;
            struct job_place here, there; /* where it listens now, as far as is known; where it shall */
            struct job_place after;       /* where it listens if the last write counted at once */
            struct led_commission_step step[LED_COMMISSION_MAX];
        } address;
    };
};

/* 0, or -EINVAL, -ENOTSUP with status.detail. `config` is borrowed. */
int job_start(struct job *job, const struct led_bus_config *config, const struct led_job *what);
/* Ends it with `error` and `detail`; nothing if it is not running. */
void job_stop(struct job *job, int error, const char *detail);
/* `busy_us`: when the schedule has something to do again. True: do *step, and then job_done(). False: nothing
 * before *wake_us, or it has ended. */
bool job_next(struct job *job, int64_t now_us, int64_t busy_us, struct schedule_step *step, int64_t *wake_us);
void job_done(struct job *job, const struct schedule_step *step, const struct schedule_result *result);
