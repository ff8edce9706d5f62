/* Jobs beside the schedule, on a virtual clock, against simulated boards on a line with a speed. */
#include "drivers/led/job.h"

#include "tests/unit/led_world.h"

#define QUESTIONS 8192

struct asked {
    struct led_serial serial;
    uint8_t unit, function;
    uint16_t reg;
    int error;
    int64_t start_us, done_us;
};

static struct {
    struct job job;
    struct led_job what;
    unsigned nasked;
    struct asked asked[QUESTIONS];
    void (*see)(const struct schedule_step *step, const struct schedule_result *result);
} j;

static const struct led_serial slow = { 9600, 'N', 1 }, fast = { 19200, 'N', 1 };

/* ---- a line with both of them ---------------------------------------------------------------- */

/* A port that hears more than one answer; modbus_wire.h. */
static void listen_on(const struct schedule_step *step, struct schedule_result *result)
{
    struct heard more = { 0 };
    int64_t end_us = result->wire_us + step->timeout_us + step->quiet_us;
    if (!step->is_probe || (result->error && result->error != -EREMOTEIO))
        return;
    while (hear(&more, end_us))
        result->error = -EBADMSG;
    w->now_us = w->last_us > end_us ? w->last_us : end_us;
}

static void note(const struct schedule_step *step, const struct schedule_result *result)
{
    assert_true(j.nasked < QUESTIONS);
    j.asked[j.nasked++] =
        (struct asked){ step->serial,     step->unit, step->write.function, step->write.reg, result->error,
                        result->start_us, w->now_us };
}

/* One transaction; what is asked is the job's only when the schedule has nothing to do. */
static void job_turn(void)
{
    struct schedule_step step;
    struct schedule_result result;
    int64_t wake_us, job_wake_us;
    bool is_job = !schedule_next(&w->schedule, w->now_us, &step, &wake_us);
    if (is_job && !job_next(&j.job, w->now_us, wake_us, &step, &job_wake_us)) {
        w->now_us = wake_us < job_wake_us ? wake_us : job_wake_us;
        return;
    }
    slave_bus_set_line(w->bus, &step.serial);
    exchange(&step, &result);
    listen_on(&step, &result);
    w->last_us += 100; /* the boards round the time of a character up, each for itself */
    if (j.see)
        j.see(&step, &result);
    if (is_job) {
        note(&step, &result);
        job_done(&j.job, &step, &result);
        assert_true(j.job.status.done <= j.job.status.total);
    } else {
        schedule_done(&w->schedule, &step, &result);
        w->step[w->nsteps++] = (struct done_step){ step, result.start_us, w->now_us, result.error };
    }
    collect();
}

static void begin_job(enum led_job_kind kind, uint8_t first, uint8_t last, uint8_t address)
{
    memset(&j, 0, sizeof j);
    j.what = (struct led_job){ .kind = kind, .first = first, .last = last, .address = address };
    j.what.serial[j.what.nserials++] = slow;
}

static void know(const char *profile)
{
    j.what.profile[j.what.nprofiles++] = profile_of(profile);
}

static const struct led_job_status *run_job(void)
{
    int error = job_start(&j.job, &w->config, &j.what);
    assert_int_equal(error, j.job.status.error);
    while (j.job.status.is_running)
        job_turn();
    assert_int_equal(j.job.status.done, j.job.status.total);
    return &j.job.status;
}

#define assert_says(status, words)                                                                           \
    do {                                                                                                     \
        if (!strstr((status)->detail, words))                                                                \
            fail_msg("%s", (status)->detail);                                                                \
    } while (0)

/* ---- looking for units ----------------------------------------------------------------------- */

static void a_scan_finds_what_answers_and_knows_what_says_who_it_is(void **state)
{
    (void)state;
    begin(4, 9600);
    begin_job(LED_JOB_SCAN, 1, 20, 0);
    know("owen-smi2");
    know("dm56a04");
    const struct led_job_status *status = run_job();
    assert_int_equal(status->error, 0);
    assert_int_equal(status->nfound, 4);
    for (unsigned i = 0; i < 4; i++) {
        bool is_smi2 = status->found[i].unit % 2;
        assert_ptr_equal(status->found[i].profile, is_smi2 ? profile_of("owen-smi2") : NULL);
        assert_int_equal(strncmp(status->found[i].identity, is_smi2 ? "SMI2 V" : "", is_smi2 ? 6 : 1), 0);
        assert_false(status->found[i].is_collision);
        assert_true(status->found[i].round_trip_us > 0);
        assert_int_equal(status->found[i].serial.baud, 9600);
    }
    assert_says(status, "4 found");
    assert_int_equal(status->done, j.nasked);
}

static void likely_places_are_asked_first(void **state)
{
    (void)state;
    static const uint8_t expected[] = { 16, 7, 3, 1, 2, 4, 5, 6, 8 };
    begin(0, 9600);
    w->config.nunits = 2;
    w->config.unit[0] = (struct led_unit_config){ 7, profile_of("dm56a04") };
    w->config.unit[1] = (struct led_unit_config){ 3, profile_of("dm56a04") };
    begin_job(LED_JOB_SCAN, 1, 247, 0);
    know("owen-smi2");
    run_job();
    unsigned at = 0;
    for (unsigned i = 0; i < j.nasked && at < sizeof expected; i++)
        if (i == 0 || j.asked[i].unit != j.asked[i - 1].unit)
            assert_int_equal(j.asked[i].unit, expected[at++]);
    assert_int_equal(at, sizeof expected);
    assert_int_equal(j.nasked, 247 * 2); /* server id, and one register */
    assert_says(&j.job.status, "nobody answers");
}

static void each_line_setting_is_tried(void **state)
{
    (void)state;
    begin(2, 9600);
    slave_bus_set_line(w->bus, &slow);
    slave_set_settings(w->bus, 1, 9, &fast);
    begin_job(LED_JOB_SCAN, 1, 12, 0);
    j.what.serial[j.what.nserials++] = fast;
    know("owen-smi2");
    const struct led_job_status *status = run_job();
    assert_int_equal(status->nfound, 2);
    assert_int_equal(status->found[0].serial.baud, 9600);
    assert_int_equal(status->found[0].unit, 1);
    assert_int_equal(status->found[1].serial.baud, 19200);
    assert_int_equal(status->found[1].unit, 9);
}

static void two_units_with_one_address_are_told(void **state)
{
    (void)state;
    begin_alike(3, 9600, "owen-smi2");
    slave_bus_set_line(w->bus, &slow);
    slave_set_settings(w->bus, 2, 2, NULL);
    begin_job(LED_JOB_SCAN, 1, 5, 0);
    know("owen-smi2");
    const struct led_job_status *status = run_job();
    assert_int_equal(status->nfound, 2);
    assert_int_equal(status->found[0].unit, 1);
    assert_false(status->found[0].is_collision);
    assert_int_equal(status->found[1].unit, 2);
    assert_true(status->found[1].is_collision);
    assert_null(status->found[1].profile);
}

static void one_damaged_answer(const struct schedule_step *step, struct schedule_result *result)
{
    if (step->is_probe && j.nasked == 0)
        result->error = -EBADMSG;
}

static void one_damaged_answer_is_noise(void **state)
{
    (void)state;
    begin_alike(1, 9600, "owen-smi2");
    begin_job(LED_JOB_SCAN, 1, 3, 0);
    know("owen-smi2");
    w->tamper = one_damaged_answer;
    const struct led_job_status *status = run_job();
    assert_int_equal(status->nfound, 1);
    assert_false(status->found[0].is_collision);
    assert_ptr_equal(status->found[0].profile, profile_of("owen-smi2"));
}

/* Whole frames, as their CRC shows, which no two units make together. */
static void odd_answers(const struct schedule_step *step, struct schedule_result *result)
{
    if (step->is_probe && result->error != -ETIMEDOUT)
        result->error = -EPROTO;
}

static void a_unit_with_a_dialect_of_its_own_is_no_collision(void **state)
{
    (void)state;
    begin_alike(1, 9600, "dm56a04");
    begin_job(LED_JOB_SCAN, 1, 3, 0);
    know("owen-smi2");
    w->tamper = odd_answers;
    const struct led_job_status *status = run_job();
    assert_int_equal(status->nfound, 1);
    assert_false(status->found[0].is_collision);
    assert_null(status->found[0].profile);
}

static void a_unit_with_a_dialect_of_its_own_is_not_addressed(void **state)
{
    (void)state;
    begin_alike(1, 9600, "owen-smi2");
    begin_job(LED_JOB_ADDRESS, 1, 1, 9);
    know("owen-smi2");
    w->tamper = odd_answers;
    const struct led_job_status *status = run_job();
    assert_int_equal(status->error, -EMEDIUMTYPE);
    assert_says(status, "unit 1 at 9600 8N1 answers, but not as owen-smi2 would");
    assert_false(status->has_written);
}

static void nothing_but_noise(const struct schedule_step *step, struct schedule_result *result)
{
    if (step->is_probe)
        result->error = -EBADMSG;
}

static void a_line_of_noise_ends_a_scan(void **state)
{
    (void)state;
    begin(0, 9600);
    begin_job(LED_JOB_SCAN, 1, 247, 0);
    w->tamper = nothing_but_noise;
    const struct led_job_status *status = run_job();
    assert_int_equal(status->error, -ENOSPC);
    assert_int_equal(status->nfound, LED_JOB_FOUND);
    assert_says(status, "noise");
}

/* ---- calls beside it ------------------------------------------------------------------------- */

static void a_call_waits_for_one_question_at_most(void **state)
{
    (void)state;
    int64_t longest_us = 0;
    begin_alike(8, 9600, "owen-smi2");
    w->config.unit[7].unit = 8;
    want_all("8888", 1);
    begin_job(LED_JOB_SCAN, 1, 247, 0);
    j.what.serial[j.what.nserials++] = fast;
    know("owen-smi2");
    assert_int_equal(job_start(&j.job, &w->config, &j.what), 0);
    for (unsigned call = 0; j.job.status.is_running && w->nsteps < STEPS - 100; call++) {
        unsigned before = j.nasked;
        for (unsigned i = 0; i < 1 + call % 7 && j.job.status.is_running; i++) {
            before = j.nasked;
            job_turn();
        }
        /* It came right after the question had begun. */
        int64_t called_us = j.nasked > before ? j.asked[before].start_us + 1 : w->now_us;
        unsigned first = w->nsteps, asked = j.nasked;
        want(call % 8, call % 2 ? "A105" : "A106", false, 1000 + call);
        while (w->nsteps == first)
            job_turn();
        assert_int_equal(j.nasked, asked); /* no further question before it */
        assert_int_equal(w->step[first].step.serial.baud, 9600);
        int64_t waited_us = w->step[first].start_us - called_us;
        longest_us = waited_us > longest_us ? waited_us : longest_us;
    }
    assert_false(j.job.status.is_running);
    assert_true(j.nasked > 247 * 2);
    int64_t longest_question_us = 0;
    for (unsigned i = 0; i < j.nasked; i++)
        if (j.asked[i].done_us - j.asked[i].start_us > longest_question_us)
            longest_question_us = j.asked[i].done_us - j.asked[i].start_us;
    assert_true(longest_us <= longest_question_us + profile_of("owen-smi2")->min_gap_ms * 1000);
}

/* ---- giving addresses ------------------------------------------------------------------------ */

static struct slave_view view_of(unsigned index)
{
    struct slave_view view;
    slave_view(w->bus, index, &view);
    return view;
}

/* A bus at `serial` that has no board yet, and `count` new ones as they come. */
static void begin_new(unsigned count, const char *model, uint8_t factory_unit,
                      const struct led_serial *serial)
{
    begin_alike(count, serial->baud, model);
    for (unsigned i = 0; i < count; i++)
        slave_set_settings(w->bus, i, factory_unit, &slow);
    w->config.nunits = 0;
    begin_job(LED_JOB_ADDRESS, factory_unit, 0, 7);
    know(model);
}

static void a_new_board_gets_its_address_and_shows_it(void **state)
{
    (void)state;
    begin_new(1, "owen-smi2", 16, &slow);
    const struct led_job_status *status = run_job();
    if (status->error)
        fail_msg("%s", status->detail);
    assert_int_equal(view_of(0).address, 7);
    assert_string_equal(view_of(0).text, "n 07");
    assert_says(status, "unit 7 at 9600 8N1 now, and shows n 07");
    assert_int_equal(status->nfound, 1);
    assert_int_equal(status->found[0].unit, 7);
    assert_ptr_equal(status->found[0].profile, profile_of("owen-smi2"));
    slave_set_power(w->bus, 0, false); /* it has been saved */
    slave_set_power(w->bus, 0, true);
    assert_int_equal(view_of(0).address, 7);
}

static void a_board_that_is_deaf_to_reading_keeps_its_address(void **state)
{
    (void)state;
    begin_new(2, "led-485", 1, &slow);
    slave_set_settings(w->bus, 1, 7, NULL);
    const struct led_job_status *status = run_job();
    assert_int_equal(status->error, -EADDRINUSE);
    assert_says(status, "somebody answers already as unit 7 at 9600 8N1: choose another address");
    assert_false(status->has_written);
}

static void a_new_board_gets_the_speed_of_the_bus_too(void **state)
{
    (void)state;
    begin_new(1, "owen-smi2", 16, &fast);
    const struct led_job_status *status = run_job();
    if (status->error)
        fail_msg("%s", status->detail);
    assert_int_equal(view_of(0).address, 7);
    assert_int_equal(slave_settings(w->bus, 0).baud, 19200);
    assert_string_equal(view_of(0).text, "n 07");
}

static void an_answer_from_the_new_place_is_not_insisted_on(void **state)
{
    (void)state;
    begin_new(1, "owen-smi2", 16, &fast);
    slave_answer_anew(w->bus, 0, true);
    assert_int_equal(run_job()->error, 0);
    assert_int_equal(view_of(0).address, 7);
}

static void a_board_that_cannot_say_who_it_is_gets_its_address(void **state)
{
    (void)state;
    begin_new(1, "dm56a04", 1, &slow);
    const struct led_job_status *status = run_job();
    if (status->error)
        fail_msg("%s", status->detail);
    assert_int_equal(view_of(0).address, 7);
    assert_string_equal(view_of(0).text, "n 07");
    assert_null(status->found[0].profile);
}

/* It is deaf to every question; its own one is a write. */
static void a_board_that_can_only_be_written_gets_its_address(void **state)
{
    (void)state;
    begin_new(1, "led-485", 1, &slow);
    const struct led_job_status *status = run_job();
    if (status->error)
        fail_msg("%s", status->detail);
    assert_int_equal(view_of(0).address, 7);
    assert_string_equal(view_of(0).text, "n 07  ");
}

static void nobody_at_the_old_address_is_told(void **state)
{
    (void)state;
    begin_new(1, "owen-smi2", 17, &slow);
    j.what.first = 16;
    const struct led_job_status *status = run_job();
    assert_int_equal(status->error, -ETIMEDOUT);
    assert_says(status, "nobody answers as unit 16 at 9600 8N1");
}

static void two_new_boards_at_once_are_refused(void **state)
{
    (void)state;
    begin_new(2, "owen-smi2", 16, &slow);
    const struct led_job_status *status = run_job();
    assert_int_equal(status->error, -ENOTUNIQ);
    assert_says(status, "one at a time");
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(view_of(i).address, 16);
}

static void a_board_of_another_type_is_left_alone(void **state)
{
    (void)state;
    struct slave_counters counters;
    begin_new(1, "dm56a04", 16, &slow);
    j.what.nprofiles = 0;
    know("owen-smi2");
    const struct led_job_status *status = run_job();
    assert_int_equal(status->error, -EREMOTEIO);
    assert_says(status, "it is no owen-smi2");
    slave_counters(w->bus, 0, &counters);
    assert_int_equal(counters.writes, 0);
}

static void an_address_that_is_taken_is_refused(void **state)
{
    (void)state;
    begin_new(2, "owen-smi2", 16, &slow);
    slave_set_settings(w->bus, 1, 7, NULL);
    const struct led_job_status *status = run_job();
    assert_int_equal(status->error, -EADDRINUSE);
    assert_says(status, "somebody answers already as unit 7");
    assert_int_equal(view_of(0).address, 16);
}

static void a_board_that_refuses_its_address_stays_where_it_is(void **state)
{
    (void)state;
    begin_new(1, "owen-smi2", 16, &slow);
    const struct led_job_status *status = &j.job.status;
    assert_int_equal(job_start(&j.job, &w->config, &j.what), 0);
    while (status->is_running) {
        job_turn();
        if (j.nasked && j.asked[j.nasked - 1].unit == 7)
            slave_set_exception(w->bus, 0, 8);
    }
    assert_int_equal(status->error, -EREMOTEIO);
    assert_says(status, "refuses register");
    assert_says(status, "unit 16 at 9600 8N1");
}

/* A profile that says otherwise when its settings count. */
static void believe(enum led_effect effect)
{
    static struct led_profile profile;
    profile = *j.what.profile[0];
    profile.commission.effect = effect;
    j.what.profile[0] = &profile;
}

static void a_board_that_is_half_way_is_found_again(void **state)
{
    (void)state;
    begin_new(1, "dm56a04", 1, &fast);
    const struct led_job_status *status = run_job();
    assert_int_equal(status->error, -EIO);
    assert_says(status, "took a part only and is unit 7 at 9600 8N1");
    assert_int_equal(view_of(0).address, 7);
}

static void cut_power_when_told_to(const struct schedule_step *step, const struct schedule_result *result)
{
    (void)step;
    (void)result;
    if (!strstr(j.job.status.detail, "switch the unit off and on now"))
        return;
    slave_set_power(w->bus, 0, false);
    slave_set_power(w->bus, 0, true);
}

static void speed_and_parity_are_both_written_to_a_board_that_takes_them_later(void **state)
{
    (void)state;
    begin_new(1, "dm56a04", 1, &fast);
    w->config.parity = 'E';
    j.see = cut_power_when_told_to;
    const struct led_job_status *status = run_job();
    if (status->error)
        fail_msg("%s", status->detail);
    assert_says(status, "unit 7 at 19200 8E1 now");
    assert_int_equal(slave_settings(w->bus, 0).baud, 19200);
    assert_int_equal(slave_settings(w->bus, 0).parity, 'E');
}

static void cut_power_after_a_write(const struct schedule_step *step, const struct schedule_result *result)
{
    (void)result;
    if (step->is_probe && step->write.function == 6)
        slave_set_power(w->bus, 0, false);
}

static void a_board_that_falls_silent_is_told_to_be_switched_on_again(void **state)
{
    (void)state;
    begin_new(1, "owen-smi2", 16, &slow);
    j.see = cut_power_after_a_write;
    const struct led_job_status *status = run_job();
    assert_int_equal(status->error, -ETIMEDOUT);
    assert_says(status, "switch it off and on, then scan");
}

static void a_board_that_wants_its_power_cut_is_waited_for(void **state)
{
    (void)state;
    begin_new(1, "dm56a04", 1, &fast);
    believe(LED_EFFECT_POWER);
    j.what.address = 1; /* the speed only */
    assert_int_equal(job_start(&j.job, &w->config, &j.what), 0);
    const struct led_job_status *status = &j.job.status;
    while (status->is_running && !strstr(status->detail, "switch the unit off and on now"))
        job_turn();
    assert_true(status->is_running);
    for (int64_t until_us = w->now_us + 20 * SECOND; w->now_us < until_us;)
        job_turn();
    assert_true(status->is_running);
    slave_set_power(w->bus, 0, false);
    slave_set_power(w->bus, 0, true);
    while (status->is_running)
        job_turn();
    if (status->error)
        fail_msg("%s", status->detail);
    assert_string_equal(view_of(0).text, "n 01");
}

static void nobody_is_waited_for_longer_than_two_minutes(void **state)
{
    (void)state;
    begin_new(1, "dm56a04", 1, &fast);
    believe(LED_EFFECT_POWER);
    j.what.address = 1;
    int64_t begun_us = w->now_us;
    const struct led_job_status *status = run_job();
    assert_int_equal(status->error, -EIO);
    assert_says(status, "is still unit 1 at 9600 8N1");
    assert_true(w->now_us - begun_us < JOB_WAIT_US + 30 * SECOND);
    assert_true(w->now_us - begun_us >= JOB_WAIT_US);
}

/* Whatever the profile says: a DM56A04 takes its address at once and its speed when it is switched on,
 * a LED-485 both at once, an SMI2 nothing before it saves. */
static void a_board_is_looked_for_at_its_new_and_its_old_place(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        uint8_t unit;
        bool is_waiting;
    } rows[] = {
        { "dm56a04", 1, true },
        { "led-485", 1, false },
        { "owen-smi2", 16, true },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin_new(1, rows[i].model, rows[i].unit, &fast);
        believe(LED_EFFECT_EACH);
        assert_int_equal(job_start(&j.job, &w->config, &j.what), 0);
        const struct led_job_status *status = &j.job.status;
        while (status->is_running && !strstr(status->detail, "switch the unit off and on now"))
            job_turn();
        assert_int_equal(status->is_running, rows[i].is_waiting);
        slave_set_power(w->bus, 0, false);
        slave_set_power(w->bus, 0, true);
        while (status->is_running)
            job_turn();
        if (status->error)
            fail_msg("%s: %s", rows[i].model, status->detail);
        assert_int_equal(slave_settings(w->bus, 0).baud, 19200);
        assert_int_equal(view_of(0).address, 7);
        if (rows[i].is_waiting)
            assert_string_equal(view_of(0).text, "n 07");
    }
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void a_job_that_is_stopped_half_way_says_so(void **state)
{
    (void)state;
    begin_new(1, "owen-smi2", 16, &slow);
    assert_int_equal(job_start(&j.job, &w->config, &j.what), 0);
    job_turn();
    struct job early = j.job;
    job_stop(&early, -ECANCELED, "stopped");
    assert_string_equal(early.status.detail, "stopped");
    assert_false(early.status.is_running);
    while (!j.job.status.has_written)
        job_turn();
    job_stop(&j.job, -ENODEV, "the serial port went away");
    assert_int_equal(j.job.status.error, -ENODEV);
    assert_says(&j.job.status, "the serial port went away; the unit has been written to: scan for it");
    job_stop(&j.job, -ECANCELED, "stopped");
    assert_int_equal(j.job.status.error, -ENODEV);
}

static void what_can_never_work_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum led_job_kind kind;
        uint8_t first, last, address;
        int baud, error;
        const char *device, *words;
    } rows[] = {
        { LED_JOB_NONE, 1, 2, 0, 9600, -EINVAL, "", "no such job" },
        { LED_JOB_SCAN, 0, 2, 0, 9600, -EINVAL, "", "units are 1 to 247" },
        { LED_JOB_SCAN, 3, 2, 0, 9600, -EINVAL, "", "units are 1 to 247" },
        { LED_JOB_SCAN, 1, 248, 0, 9600, -EINVAL, "", "units are 1 to 247" },
        { LED_JOB_SCAN, 1, 2, 0, 14400, -EINVAL, "", "baud is one of" },
        { LED_JOB_SCAN, 1, 2, 0, 19200, -ENOTSUP, "tcp://gw", "gateway's settings" },
        { LED_JOB_ADDRESS, 16, 0, 0, 9600, -EINVAL, "", "an address from 1 to 247" },
        { LED_JOB_ADDRESS, 16, 0, 248, 9600, -EINVAL, "", "an address from 1 to 247" },
        { LED_JOB_ADDRESS, 16, 0, 16, 9600, -EINVAL, "", "already" },
    };
    begin(0, 9600);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_job(rows[i].kind, rows[i].first, rows[i].last, rows[i].address);
        know("owen-smi2");
        j.what.serial[0].baud = rows[i].baud;
        snprintf(w->config.device, sizeof w->config.device, "%s", rows[i].device);
        assert_int_equal(job_start(&j.job, &w->config, &j.what), rows[i].error);
        assert_false(j.job.status.is_running);
        assert_says(&j.job.status, rows[i].words);
    }
}

#define EACH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(a_scan_finds_what_answers_and_knows_what_says_who_it_is),
        EACH(likely_places_are_asked_first),
        EACH(each_line_setting_is_tried),
        EACH(two_units_with_one_address_are_told),
        EACH(one_damaged_answer_is_noise),
        EACH(a_unit_with_a_dialect_of_its_own_is_no_collision),
        EACH(a_unit_with_a_dialect_of_its_own_is_not_addressed),
        EACH(a_line_of_noise_ends_a_scan),
        EACH(a_call_waits_for_one_question_at_most),
        EACH(a_new_board_gets_its_address_and_shows_it),
        EACH(a_board_that_is_deaf_to_reading_keeps_its_address),
        EACH(a_new_board_gets_the_speed_of_the_bus_too),
        EACH(an_answer_from_the_new_place_is_not_insisted_on),
        EACH(a_board_that_cannot_say_who_it_is_gets_its_address),
        EACH(a_board_that_can_only_be_written_gets_its_address),
        EACH(nobody_at_the_old_address_is_told),
        EACH(two_new_boards_at_once_are_refused),
        EACH(a_board_of_another_type_is_left_alone),
        EACH(an_address_that_is_taken_is_refused),
        EACH(a_board_that_refuses_its_address_stays_where_it_is),
        EACH(a_board_that_is_half_way_is_found_again),
        EACH(a_board_that_falls_silent_is_told_to_be_switched_on_again),
        EACH(speed_and_parity_are_both_written_to_a_board_that_takes_them_later),
        EACH(a_board_that_wants_its_power_cut_is_waited_for),
        EACH(a_board_is_looked_for_at_its_new_and_its_old_place),
        EACH(nobody_is_waited_for_longer_than_two_minutes),
        EACH(a_job_that_is_stopped_half_way_says_so),
        EACH(what_can_never_work_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
