/* Random faults on a virtual clock. Whatever happens, no receipt claims more than is true when it is given, each
 * wish ends in exactly one final report, no register of never_write is touched, and within 35 s after the last
 * fault every board shows what is wanted.
 *
 * KEZEK_SEEDS=FIRST-LAST runs others than the usual seeds.
 */
#include "tests/unit/led_world.h"

#define UNITS_MAX  8
#define EVENTS     200
#define CALM_US    (35 * SECOND)
#define SEED_FIRST 1
#define SEED_LAST  1000

enum fault {
    LOST_REQUEST, /* also of frames to all */
    LOST_ANSWER,
    LATE_ANSWER,
    WRONG_UNIT,
    DAMAGED_REQUEST,
    DAMAGED_ANSWER,
    GARBAGE_BEFORE,
    GARBAGE_AFTER,
    HALF_FRAME,
    EXCEPTION,
    BABBLE,
    FAULTS
};

static struct run {
    unsigned seed;
    uint64_t next_token;
    unsigned permille[FAULTS];
    uint32_t delay_us[UNITS_MAX];
    uint16_t never[UNITS_MAX][32]; /* the first registers of the ranges that nobody may write */
    unsigned pace_us;              /* from one event to the next, at most */
    bool is_stale;   /* much of what makes stale acknowledgements: answers that are late or not waited for,
                         and the next request lost */
    int64_t echo_us; /* the adapter has begun to hear itself then */
    unsigned acks, proofs, frames_to_all;
    struct led_text wanted[UNITS_MAX];
} run;

static bool happens(enum fault fault)
{
    return (unsigned)rand() % 1000 < run.permille[fault];
}

/* ---- the fault layer ------------------------------------------------------------------------- */

static void put_garbage(int64_t at_us)
{
    uint8_t bytes[12];
    size_t count = 1 + (unsigned)rand() % sizeof bytes;
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)rand();
    put_on_line(at_us, bytes, count);
}

static size_t seal(uint8_t *frame, size_t count)
{
    uint16_t crc = slave_crc(frame, count);
    frame[count] = crc & 255;
    frame[count + 1] = crc >> 8;
    return count + 2;
}

static void refuse(const struct schedule_step *step)
{
    static const uint8_t codes[] = { 1, 2, 3, 4, 8 };
    uint8_t frame[8] = { step->unit, step->write.function | 0x80, codes[rand() % 5] };
    put_on_line(w->now_us + run.delay_us[step->index], frame, seal(frame, 3));
}

static bool meet_request(const struct schedule_step *step, uint8_t *frame, size_t count)
{
    if (w->hears_itself)
        put_on_line(w->now_us - schedule_wire_us(&w->config, (unsigned)count), frame, count);
    for (unsigned i = 0; happens(BABBLE) && i < 40; i++)
        put_garbage(w->now_us + i * 6000);
    if (happens(LOST_REQUEST))
        return false;
    if (happens(DAMAGED_REQUEST))
        frame[(unsigned)rand() % count] ^= (uint8_t)(1 << rand() % 8);
    else if (step->unit && happens(EXCEPTION)) {
        refuse(step);
        return false;
    }
    return true;
}

/* As late as quiet and the first wait exclude that it is taken for the next one's. */
static int64_t late_us(const struct schedule_step *step, int64_t at_us)
{
    int64_t wire_us = w->now_us - schedule_wire_us(&w->config, schedule_request_bytes(&step->write)),
            last_us = wire_us + step->timeout_us + step->quiet_us + SCHEDULE_FIRST_RETRY_US;
    return last_us > at_us ? at_us + rand() % (last_us - at_us) : at_us;
}

static void meet_answer(const struct schedule_step *step, int64_t at_us, uint8_t *frame, size_t count)
{
    if (happens(LOST_ANSWER))
        return;
    /* Not both: it might be right for the next request, and there is no rule that could tell. */
    bool is_late = happens(LATE_ANSWER);
    if (is_late)
        at_us = late_us(step, at_us);
    else if (happens(WRONG_UNIT)) {
        frame[0] = (uint8_t)(frame[0] % UNITS_MAX + 1);
        count = seal(frame, count - 2);
    }
    if (happens(DAMAGED_ANSWER))
        frame[(unsigned)rand() % count] ^= (uint8_t)(1 << rand() % 8);
    if (happens(HALF_FRAME))
        count = 1 + (unsigned)rand() % (count - 1);
    if (happens(GARBAGE_BEFORE))
        put_garbage(at_us - rand() % 5000);
    put_on_line(at_us, frame, count);
    if (happens(GARBAGE_AFTER))
        put_garbage(at_us + schedule_wire_us(&w->config, (unsigned)count));
}

/* ---- what is true ---------------------------------------------------------------------------- */

static bool holds(unsigned index, const struct led_write *write)
{
    for (unsigned i = 0; i < write->count; i++)
        if (slave_register(w->bus, index, (uint16_t)(write->reg + i)) != write->value[i])
            return false;
    return true;
}

/* A write that is believed was taken; and nobody writes what is never to be written. */
static void see(const struct schedule_step *step, const struct schedule_result *result)
{
    bool is_write = step->write.function == 6 || step->write.function == 16;
    run.frames_to_all += step->unit == 0;
    if (is_write && !led_profile_may_write(w->config.unit[step->index].profile, &step->write))
        fail_msg("seed %u: register %u is written", run.seed, step->write.reg);
    if (!is_write || !step->unit || result->error)
        return;
    run.acks++;
    bool is_just_heard = w->hears_itself && w->now_us - run.echo_us < EAR_US &&
                         (step->write.function == 5 || step->write.function == 6);
    if (!holds(step->index, &step->write) && !is_just_heard)
        fail_msg("seed %u: unit %u did not take what it is believed to have taken, register %u", run.seed,
                 step->unit, step->write.reg);
}

/* The wanted text as a glass would show it. */
static bool shows(unsigned index)
{
    const struct led_profile *profile = w->config.unit[index].profile;
    char folded[32], glass[64], joined[64];
    unsigned used = 0;
    snprintf(glass, sizeof glass, "%s", seen(index));
    led_fold(profile, run.wanted[index].text, folded, sizeof folded, NULL, 0);
    for (const char *c = folded; *c; c++) {
        if (*c == '.' && profile->text.dot == LED_DOT_CELL)
            joined[used++] = ' ';
        joined[used++] = *c;
    }
    joined[used] = '\0';
    size_t blank = strspn(glass, " ");
    if (glass[blank] == '.' && blank > 0)
        blank--; /* a cell with nothing but its dot */
    return strncmp(glass + blank, joined, used) == 0 &&
           strspn(glass + blank + used, " ") == strlen(glass + blank + used);
}

/* Colour and brightness, where the board has them and somebody wanted them. */
static bool is_styled(unsigned index)
{
    const struct schedule_unit *unit = &w->schedule.unit[index];
    struct led_write ignored, brightness;
    struct slave_view view;
    slave_view(w->bus, index, &view);
    bool has_colour = led_profile_colour(unit->profile, run.wanted[index].colour, &ignored),
         has_brightness = w->schedule.brightness != LED_BRIGHTNESS_OWN &&
                          led_profile_brightness(unit->profile, w->schedule.brightness, &brightness);
    return (!has_colour || view.colour == run.wanted[index].colour) &&
           (!has_brightness || holds(index, &brightness));
}

static bool reads_back(unsigned index)
{
    struct led_write write[LED_WRITES_MAX];
    int count = led_profile_writes(w->config.unit[index].profile, run.wanted[index].text, write);
    for (int i = 0; i < count; i++)
        if (!holds(index, &write[i]))
            return false;
    return true;
}

static void check_claims(unsigned first)
{
    for (unsigned i = first; i < w->nreports; i++) {
        const struct led_report *report = &w->report[i];
        if (report->is_superseded || report->error || report->certainty < LED_VERIFIED)
            continue;
        run.proofs++;
        /* A board without lit segments that reads back right shows it; one with them may be on its way. */
        bool is_shown = w->config.unit[report->index].profile->lit_regs && report->certainty < LED_LIT;
        if (!reads_back(report->index) || (!is_shown && !shows(report->index)))
            fail_msg("seed %u: \"%s\" is claimed to be %s, the glass of unit %u shows \"%s\"", run.seed,
                     run.wanted[report->index].text, led_certainty_names[report->certainty], report->index,
                     seen(report->index));
    }
}

static void check_converged(void)
{
    for (unsigned i = 0; i < w->config.nunits; i++) {
        const struct schedule_unit *unit = &w->schedule.unit[i];
        bool is_readable = unit->profile->verify_regs && (*run.wanted[i].text || !unit->profile->nblank);
        enum led_certainty least = is_readable ? LED_VERIFIED : LED_ACKED;
        if (unit->has_wish && !is_styled(i))
            fail_msg("seed %u: unit %u (%s) has another colour or brightness", run.seed, i,
                     unit->profile->name);
        if (unit->has_wish && (!shows(i) || unit->status.certainty < least))
            fail_msg("seed %u: unit %u (%s) shows \"%s\", wanted \"%s\", is %s", run.seed, i,
                     unit->profile->name, seen(i), run.wanted[i].text,
                     led_certainty_names[unit->status.certainty]);
    }
}

static void note_never(uint16_t (*never)[32])
{
    for (unsigned i = 0; i < w->config.nunits; i++) {
        const struct led_profile *profile = w->config.unit[i].profile;
        for (unsigned range = 0, at = 0; range < profile->nnever; range++)
            for (unsigned reg = profile->never_write[range].first;
                 reg <= profile->never_write[range].last && at < 32; reg++)
                never[i][at++] = slave_register(w->bus, i, (uint16_t)reg);
    }
}

/* ---- a run ----------------------------------------------------------------------------------- */

static void turn_and_check(int64_t until_us)
{
    unsigned before = w->nreports;
    turn(until_us);
    check_claims(before);
}

static void random_wish(unsigned index)
{
    static const char *const texts[] = { "A042", "7", "", "Н-15", "1.5", "Қ1", "8888" };
    char folded[64];
    struct led_text wish = { .is_blinking = rand() % 4 == 0, .colour = (uint8_t)(rand() % LED_COLOURS) };
    snprintf(wish.text, sizeof wish.text, "%s", texts[rand() % 7]);
    run.wanted[index] = wish;
    if (led_fold(w->config.unit[index].profile, wish.text, folded, sizeof folded, NULL, 0))
        run.wanted[index] = (struct led_text){ 0 }; /* it stays dark rather than to show what is old */
    want_text(index, &wish, ++run.next_token);
}

static void random_wishes(void)
{
    unsigned first = (unsigned)rand() % w->config.nunits,
             count = rand() % 8 ? 1 + (unsigned)rand() % 3 : w->config.nunits;
    for (unsigned i = 0; i < count; i++)
        random_wish((first + i) % w->config.nunits);
    if (rand() % 16 == 0)
        schedule_brightness(&w->schedule, (uint8_t)(rand() % 120));
}

static void replug(void)
{
    schedule_close(&w->schedule, -ENODEV, "gone", w->now_us);
    collect();
    for (int64_t end_us = w->now_us + rand() % 2000000; w->now_us < end_us;)
        turn_and_check(end_us);
    schedule_open(&w->schedule);
    w->ear = DEAF;
    w->is_suspect = false;
    w->listened_us = 0;
}

/* A jumper is moved, or another adapter is plugged in. */
static void change_echo(void)
{
    w->hears_itself = !w->hears_itself;
    run.echo_us = w->now_us;
}

static void random_event(void)
{
    unsigned index = (unsigned)rand() % w->config.nunits;
    switch (rand() % 8) {
    case 0: slave_set_power(w->bus, index, false); break;
    case 1: slave_set_power(w->bus, index, true); break;
    case 2: /* a blink of the mains that nobody notices */
        slave_set_power(w->bus, index, false);
        slave_set_power(w->bus, index, true);
        break;
    case 3:
        if (!run.is_stale)
            run.permille[rand() % FAULTS] = rand() % 3 ? 0 : (unsigned)rand() % 400;
        break;
    case 4:
        if (!run.is_stale)
            memset(run.permille, 0, sizeof run.permille);
        break;
    case 5:
        run.delay_us[index] =
            (unsigned)rand() % (led_profile_turnaround_ms(w->config.unit[index].profile) * 1000);
        slave_set_delay(w->bus, index, run.delay_us[index]);
        break;
    case 6:
        if (rand() % 4 == 0)
            replug();
        if (rand() % 4 == 0)
            change_echo();
        break;
    default: break;
    }
}

static void end_faults(void)
{
    memset(run.permille, 0, sizeof run.permille);
    for (unsigned i = 0; i < w->config.nunits; i++)
        slave_set_power(w->bus, i, true);
}

/* Lines of one kind know group frames, or go straight from one text to the next; on short ones nobody else's
 * transaction comes between. */
static void begin_random(unsigned seed)
{
    static const char *const kinds[][2] = { { "owen-smi2", "owen-smi2" }, { "dm56a04", "dm56a04" },
                                            { "owen-smi2", "dm56a04" },   { "owen-smi2-m", "owen-smi2-m" },
                                            { "led-485", "dm36b06" },     { "owen-smi2", "owen-smi2" },
                                            { "dm56a04", "dm56a04" },     { "icpdas-ikan", "ditel-dn" },
                                            { "owen-smi2-m", "led-485" } };
    static const int bauds[] = { 9600, 19200, 115200 };
    static const unsigned paces_us[] = { 50000, 200000, 1000000 };
    run = (struct run){ .seed = seed };
    srand(seed);
    begin_kinds(1 + (unsigned)rand() % UNITS_MAX, bauds[rand() % 3], kinds[seed % 9], 2);
    w->meet_request = meet_request;
    w->meet_answer = meet_answer;
    w->see = see;
    for (unsigned i = 0; i < w->config.nunits; i++)
        run.delay_us[i] = 5000;
    for (unsigned i = 0; i < FAULTS; i++)
        run.permille[i] = rand() % 4 ? 0 : (unsigned)rand() % 300;
    run.pace_us = paces_us[rand() % 3];
    run.is_stale = rand() % 4 == 0;
    if (run.is_stale)
        run.permille[LATE_ANSWER] = run.permille[LOST_REQUEST] = 400;
    w->hears_itself = rand() % 4 == 0;
    run.echo_us = w->now_us - EAR_US;
}

static void run_seed(unsigned seed)
{
    uint16_t never[UNITS_MAX][32] = { { 0 } };
    begin_random(seed);
    note_never(run.never);
    for (unsigned i = 0; i < EVENTS; i++) {
        for (int64_t end_us = w->now_us + rand() % (i % 8 ? run.pace_us : 2000000); w->now_us < end_us;)
            turn_and_check(end_us);
        random_event();
        random_wishes();
    }
    end_faults();
    note_never(never);
    assert_memory_equal(never, run.never, sizeof never);
    for (int64_t end_us = w->now_us + CALM_US; w->now_us < end_us;)
        turn_and_check(end_us);
    check_converged();
    for (uint64_t token = 1; token <= run.next_token; token++)
        if (!final_of(token))
            fail_msg("seed %u: token %u has no final report", seed, (unsigned)token);
}

static void after_random_faults_every_board_shows_what_is_wanted(void **state)
{
    unsigned first = SEED_FIRST, last = SEED_LAST, acks = 0, proofs = 0, frames_to_all = 0;
    const char *seeds = getenv("KEZEK_SEEDS");
    (void)state;
    if (seeds)
        assert_int_equal(sscanf(seeds, "%u-%u", &first, &last), 2);
    for (unsigned seed = first; seed <= last; seed++) {
        run_seed(seed);
        acks += run.acks;
        proofs += run.proofs;
        frames_to_all += run.frames_to_all;
    }
    printf("%u runs: %u writes acknowledged, %u texts proved, %u frames to all\n", last - first + 1, acks,
           proofs, frames_to_all);
    assert_true(acks > 0 && proofs > 0 && frames_to_all > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_random_faults_every_board_shows_what_is_wanted),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
