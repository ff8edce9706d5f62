/* Gives one new unit its address and the settings of the bus. */
#include "drivers/led/job_kinds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define GOOD_ENOUGH    3 /* answers in which two units would have damaged each other */
#define DAMAGED_ENOUGH 2
#define SILENT_ENOUGH  3
#define AGAIN_US       INT64_C(300000)
#define POWER_US       INT64_C(1000000)
#define PLACES         5

#define SILENT_AT_BOTH 4

enum stage { CHECK, FREE, WRITE, FOLLOW, VERIFY, POWER, LOCATE, SHOW };
/* Of led_address_steps[]. */
static const uint8_t steps_before[] = {
    [CHECK] = 0, [FREE] = 1, [WRITE] = 2, [FOLLOW] = 2, [VERIFY] = 3, [POWER] = 3, [LOCATE] = 0, [SHOW] = 4,
};

static const struct led_profile *profile_of(const struct job *job)
{
    return job->what.profile[0];
}

static struct job_place place_before(const struct job *job)
{
    return (struct job_place){ job->what.serial[0], job->what.first };
}

static bool is_same_place(const struct job_place *a, const struct job_place *b)
{
    return a->unit == b->unit && job_serial_equals(&a->serial, &b->serial);
}

static bool is_damaged(const struct schedule_result *result)
{
    return result->error == -EBADMSG;
}

static bool is_answered(const struct schedule_result *result)
{
    return !result->error || result->error == -EREMOTEIO;
}

static void enter(struct job *job, enum stage stage)
{
    job->address.stage = stage;
    job->at = job->good = job->damaged = job->silent = 0;
    if (steps_before[stage] > job->status.nsteps)
        job->status.nsteps = steps_before[stage];
}

static void wait(struct job *job, const struct schedule_result *result, int64_t wait_us)
{
    job->not_before_us = result->done_us + wait_us;
}

/* What shows that the unit is there, and who it is if it can say so (then true). One that can only be written
 * is asked by making it dark. */
static bool own_question(const struct led_profile *profile, struct led_write *write)
{
    struct led_write dark[LED_WRITES_MAX];
    if (led_profile_identity(profile, write))
        return true;
    if (profile->verify_regs) {
        *write = (struct led_write){ profile->verify_reg, profile->verify_regs, 3, { 0 } };
    } else {
        led_profile_writes(profile, "", dark);
        *write = dark[0];
    }
    return false;
}

static void ask(const struct job *job, const struct job_place *place, struct schedule_step *step)
{
    struct led_write write;
    own_question(profile_of(job), &write);
    job_step(job, place, &write, profile_of(job), step);
}

/* ---- last: it shows its address -------------------------------------------------------------- */

/* How many writes bring "n 07", or as much of it as the cells can show, onto them. */
static unsigned address_writes(const struct job *job, char text[LED_CELLS_MAX * 4 + 1],
                               struct led_write writes[LED_WRITES_MAX])
{
    static const char *const prefix[] = { "n ", "n", "" };
    for (unsigned i = 0; i < sizeof prefix / sizeof prefix[0]; i++) {
        char wanted[8], why[80];
        snprintf(wanted, sizeof wanted, "%s%02u", prefix[i], job->what.address);
        int count = led_fold(profile_of(job), wanted, text, LED_CELLS_MAX * 4 + 1, why, sizeof why);
        if (count == 0)
            count = led_profile_writes(profile_of(job), text, writes);
        if (count > 0)
            return (unsigned)count;
    }
    *text = '\0';
    return 0;
}

static unsigned show_writes(const struct job *job)
{
    char text[LED_CELLS_MAX * 4 + 1];
    struct led_write writes[LED_WRITES_MAX];
    return profile_of(job)->ninit + address_writes(job, text, writes);
}

static void next_show(const struct job *job, struct schedule_step *step)
{
    const struct led_profile *profile = profile_of(job);
    char text[LED_CELLS_MAX * 4 + 1];
    struct led_write writes[LED_WRITES_MAX] = { 0 };
    if (job->at >= profile->ninit)
        address_writes(job, text, writes);
    job_step(job, &job->address.there,
             job->at < profile->ninit ? &profile->init[job->at] : &writes[job->at - profile->ninit], profile,
             step);
}

static void finish_show(struct job *job, const struct schedule_result *result)
{
    char place[JOB_PLACE_SIZE], text[LED_CELLS_MAX * 4 + 1];
    struct led_write writes[LED_WRITES_MAX];
    job_place_text(&job->address.there, place);
    if (result->error)
        job_finish(job, result->error, "it is %s now, but does not show its address: test it with a text",
                   place);
    else if (address_writes(job, text, writes)) {
        job->status.nsteps = LED_ADDRESS_STEPS;
        job_finish(job, 0, "it is %s now, and shows %s", place, text);
    } else
        job_finish(job, 0, "it is %s now; its cells cannot show that", place);
}

static void done_show(struct job *job, const struct schedule_step *step, const struct schedule_result *result)
{
    (void)step;
    if (result->error && ++job->silent < SILENT_ENOUGH) {
        wait(job, result, AGAIN_US);
        return;
    }
    if (result->error || ++job->at >= show_writes(job))
        finish_show(job, result);
}

static void arrive(struct job *job)
{
    job->status.nfound = 1;
    job->status.found[0].serial = job->address.there.serial;
    job->status.found[0].unit = job->address.there.unit;
    enter(job, SHOW);
}

/* ---- whatever went wrong: where is it? ------------------------------------------------------- */

static struct job_place place_at(const struct job *job, unsigned at)
{
    struct job_place before = place_before(job), there = job->address.there;
    const struct job_place places[PLACES] = {
        job->address.here, there, before, { before.serial, there.unit }, { there.serial, before.unit },
    };
    return places[at];
}

static bool was_asked(const struct job *job, unsigned at)
{
    struct job_place place = place_at(job, at);
    for (unsigned i = 0; i < at; i++) {
        struct job_place other = place_at(job, i);
        if (is_same_place(&place, &other))
            return true;
    }
    return false;
}

static void next_locate(const struct job *job, struct schedule_step *step)
{
    struct job_place place = place_at(job, job->at);
    ask(job, &place, step);
}

static void next_place(struct job *job)
{
    job->silent = 0;
    do
        job->at++;
    while (job->at < PLACES && was_asked(job, job->at));
    if (job->at == PLACES)
        job_finish(
            job, -ETIMEDOUT,
            "it answers neither at its old nor at its new place: switch it off and on, then scan for it");
}

static void done_locate(struct job *job, const struct schedule_step *step,
                        const struct schedule_result *result)
{
    struct job_place place = place_at(job, job->at), before = place_before(job);
    char text[JOB_PLACE_SIZE];
    (void)step;
    if (result->error == -ETIMEDOUT) {
        if (++job->silent == 2)
            next_place(job);
        return;
    }
    job_place_text(&place, text);
    if (is_same_place(&place, &job->address.there))
        arrive(job);
    else if (is_same_place(&place, &before))
        job_finish(job, -EIO,
                   "it did not take its new place and is still %s: switch it off and on, and see "
                   "where it answers then",
                   text);
    else
        job_finish(
            job, -EIO,
            "it took a part only and is %s now: switch it off and on; if it then stays there, start again "
            "from there",
            text);
}

/* ---- at its new place ------------------------------------------------------------------------ */

static void next_there(const struct job *job, struct schedule_step *step)
{
    ask(job, &job->address.there, step);
}

static void done_verify(struct job *job, const struct schedule_step *step,
                        const struct schedule_result *result)
{
    (void)step;
    wait(job, result, is_answered(result) ? 0 : AGAIN_US);
    if (is_answered(result))
        arrive(job);
    else if (++job->silent == SILENT_ENOUGH)
        enter(job, LOCATE);
}

static void done_power(struct job *job, const struct schedule_step *step,
                       const struct schedule_result *result)
{
    (void)step;
    wait(job, result, is_answered(result) ? 0 : POWER_US);
    if (is_answered(result))
        arrive(job);
    else if (result->done_us >= job->address.give_up_us)
        enter(job, LOCATE);
}

/* ---- the writes ------------------------------------------------------------------------------ */

static void next_write(const struct job *job, struct schedule_step *step)
{
    job_step(job, &job->address.here, &job->address.step[job->at].write, profile_of(job), step);
}

static void finish_writes(struct job *job, const struct schedule_result *result)
{
    bool is_effective = is_same_place(&job->address.here, &job->address.there);
    enter(job, is_effective ? VERIFY : POWER);
    job->address.give_up_us = result->done_us + JOB_WAIT_US;
    if (!is_effective)
        snprintf(job->status.detail, sizeof job->status.detail,
                 "written; switch the unit off and on now: it takes its new place then");
}

static struct job_place place_after(const struct job *job, const struct led_commission_step *step)
{
    const struct job_place *there = &job->address.there;
    struct job_place after = step->is_effective && !step->is_doubtful ? *there : job->address.here;
    if (step->takes & LED_TAKES_UNIT)
        after.unit = there->unit;
    if (step->takes & LED_TAKES_BAUD)
        after.serial.baud = there->serial.baud;
    if (step->takes & LED_TAKES_PARITY)
        after.serial.parity = there->serial.parity;
    if (step->takes & LED_TAKES_STOP_BITS)
        after.serial.stop_bits = there->serial.stop_bits;
    return after;
}

static void go_on_from(struct job *job, const struct job_place *place, const struct schedule_result *result)
{
    job->address.here = *place;
    job->address.stage = WRITE;
    job->silent = 0;
    if (++job->at == job->address.nsteps)
        finish_writes(job, result);
}

static void take_step(struct job *job, const struct schedule_result *result)
{
    const struct led_commission_step *step = &job->address.step[job->at];
    job->address.after = place_after(job, step);
    wait(job, result, step->rest_ms * INT64_C(1000));
    if (!step->is_doubtful || is_same_place(&job->address.after, &job->address.here)) {
        go_on_from(job, &job->address.after, result);
        return;
    }
    job->address.stage = FOLLOW; /* `at` stays: which write */
    job->silent = 0;
}

/* Did it count at once? */
static const struct job_place *place_to_follow(const struct job *job)
{
    return job->silent < SILENT_AT_BOTH / 2 ? &job->address.after : &job->address.here;
}

static void next_follow(const struct job *job, struct schedule_step *step)
{
    ask(job, place_to_follow(job), step);
}

static void done_follow(struct job *job, const struct schedule_step *step,
                        const struct schedule_result *result)
{
    (void)step;
    if (is_answered(result)) {
        go_on_from(job, place_to_follow(job), result);
        return;
    }
    wait(job, result, AGAIN_US);
    if (++job->silent == SILENT_AT_BOTH)
        enter(job, LOCATE);
}

static void done_write(struct job *job, const struct schedule_step *step,
                       const struct schedule_result *result)
{
    const struct led_commission_step *write = &job->address.step[job->at];
    char place[JOB_PLACE_SIZE];
    job->status.has_written = true;
    if (result->error == -EREMOTEIO)
        job_finish(job, -EREMOTEIO,
                   "it refuses register %u (exception %u) and is %s: is it locked, or another type?",
                   step->write.reg, result->exception, job_place_text(&job->address.here, place));
    else if (!result->error || write->is_silent || write->is_answered_anew)
        take_step(job, result);
    else if (++job->silent == SILENT_ENOUGH)
        enter(job, LOCATE);
    else
        wait(job, result, AGAIN_US);
}

/* ---- first: it is alone, and nobody is where it shall go ------------------------------------- */

/* Boards that only listen are found by what they can do: they are made dark, until their next refresh. */
static unsigned free_questions(const struct job *job)
{
    struct led_write ignored;
    bool is_mute = !own_question(profile_of(job), &ignored) && !profile_of(job)->verify_regs;
    return job->nquestions + is_mute;
}

static void next_free(const struct job *job, struct schedule_step *step)
{
    struct led_write write;
    if (job->at < job->nquestions)
        write = job_question(&job->question[job->at]);
    else
        own_question(profile_of(job), &write);
    job_step(job, &job->address.there, &write, profile_of(job), step);
}

static void done_free(struct job *job, const struct schedule_step *step, const struct schedule_result *result)
{
    char place[JOB_PLACE_SIZE];
    (void)step;
    job->damaged += is_damaged(result);
    if (is_answered(result) || result->error == -EPROTO || job->damaged == DAMAGED_ENOUGH)
        job_finish(job, -EADDRINUSE, "somebody answers already as %s: choose another address",
                   job_place_text(&job->address.there, place));
    else if (result->error == -ETIMEDOUT && ++job->at == free_questions(job))
        enter(job, WRITE);
}

static void next_check(const struct job *job, struct schedule_step *step)
{
    ask(job, &job->address.here, step);
}

/* True: it is what its profile says, as far as it can say it. */
static bool is_right_type(struct job *job, const struct schedule_step *step,
                          const struct schedule_result *result)
{
    struct led_found *found = &job->status.found[0];
    struct led_write ignored;
    found->round_trip_us = (uint32_t)(result->done_us - result->wire_us);
    if (!own_question(profile_of(job), &ignored))
        return true;
    schedule_identity_text(&step->write, result, found->identity, sizeof found->identity);
    if (!schedule_is_identified(profile_of(job), &step->write, result))
        return false;
    found->profile = profile_of(job);
    return true;
}

static void refuse_type(struct job *job, const char *place)
{
    job_finish(job, -EMEDIUMTYPE, "%s says of itself \"%s\": it is no %s", place,
               job->status.found[0].identity, profile_of(job)->name);
}

static void done_check(struct job *job, const struct schedule_step *step,
                       const struct schedule_result *result)
{
    char place[JOB_PLACE_SIZE];
    job_place_text(&job->address.here, place);
    if (is_damaged(result) && ++job->damaged == DAMAGED_ENOUGH)
        job_finish(job, -ENOTUNIQ, "two units answer as %s: connect one at a time", place);
    else if (result->error == -ETIMEDOUT && ++job->silent == SILENT_ENOUGH)
        job_finish(job, -ETIMEDOUT, "nobody answers as %s: look at its power, swap A and B, or scan for it",
                   place);
    else if (result->error == -EPROTO)
        job_finish(job, -EMEDIUMTYPE, "%s answers, but not as %s would: it is another type", place,
                   profile_of(job)->name);
    else if (result->error == -EREMOTEIO)
        job_finish(job, -EREMOTEIO, "%s refuses the question who it is (exception %u): it is no %s", place,
                   result->exception, profile_of(job)->name);
    else if (!result->error && !is_right_type(job, step, result))
        refuse_type(job, place);
    else if (!result->error && ++job->good == GOOD_ENOUGH)
        enter(job, FREE);
}

/* ---- its life -------------------------------------------------------------------------------- */

static const struct {
    void (*next)(const struct job *job, struct schedule_step *step);
    void (*done)(struct job *job, const struct schedule_step *step, const struct schedule_result *result);
} stages[] = {
    [CHECK] = { next_check, done_check },    [FREE] = { next_free, done_free },
    [WRITE] = { next_write, done_write },    [FOLLOW] = { next_follow, done_follow },
    [VERIFY] = { next_there, done_verify },  [POWER] = { next_there, done_power },
    [LOCATE] = { next_locate, done_locate }, [SHOW] = { next_show, done_show },
};

void job_address_next(const struct job *job, struct schedule_step *step)
{
    stages[job->address.stage].next(job, step);
}

void job_address_done(struct job *job, const struct schedule_step *step, const struct schedule_result *result)
{
    stages[job->address.stage].done(job, step, result);
}

int job_address_start(struct job *job)
{
    struct job_place before = place_before(job), there = { job_bus_serial(job), job->what.address };
    char why[120];
    if (job->what.nserials != 1 || job->what.nprofiles != 1 || !there.unit || there.unit > 247) {
        job_finish(job, -EINVAL, "one unit, one type, and an address from 1 to 247");
        return -EINVAL;
    }
    if (is_same_place(&before, &there)) {
        job_finish(job, -EINVAL, "it has that address and these settings already");
        return -EINVAL;
    }
    int count = led_profile_commission(
        profile_of(job), there.unit, job_serial_equals(&before.serial, &there.serial) ? NULL : &there.serial,
        job->address.step, why, sizeof why);
    if (count <= 0) {
        job_finish(job, count, "%s", why);
        return count;
    }
    job->address.here = before;
    job->address.there = there;
    job->address.nsteps = (uint8_t)count;
    job->status.total = GOOD_ENOUGH + free_questions(job) + (uint32_t)count + 1 + show_writes(job);
    return 0;
}
