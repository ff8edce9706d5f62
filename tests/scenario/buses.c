#include "tests/scenario/buses.h"

#include "drivers/mailbox.h"
#include "tests/scenario/moment.h"
#include "tests/unit/led_world.h"

#define SHOWN_MAX 128 /* of a minute and a half at twenty calls a second */

struct shown {
    char text[2 * SLAVE_CELLS_MAX + 1];
    int64_t until_us; /* when another text came; MOMENT_MAX: it stands */
};

/* What is on the wall of the hall. */
struct line {
    char id[33];
    bool is_cut;
    struct world world; /* its bus and its clock; the schedule belongs to the controller that runs now */
    unsigned nshown[LED_UNITS_MAX];
    struct shown shown[LED_UNITS_MAX][SHOWN_MAX]; /* a ring, newest at nshown - 1 */
};

/* What the controller has open. */
struct led_bus {
    struct line *line;
    struct led_bus_config config;
    struct mailbox *mailbox;
    struct alarm alarm;
    bool has_step;
    struct schedule_step step;
    struct schedule_result result;
    uint8_t brightness;
    struct {
        bool is_new;
        struct led_text text;
        uint64_t token;
    } wish[LED_UNITS_MAX];
};

static struct line *lines[BUSES_MAX];
static unsigned nlines;
void (*buses_changed)(const char *bus, unsigned index);

const struct led_ops *__real_led_backend(const char *name);
const struct led_ops *__wrap_led_backend(const char *name);

static struct line *line_of(const char *id)
{
    for (unsigned i = 0; i < nlines; i++)
        if (strcmp(lines[i]->id, id) == 0)
            return lines[i];
    return NULL;
}

static struct line *line_at(const struct config *config, int desk)
{
    int bus = desk >= 0 ? config->desk[desk].bus : NONE;
    return bus >= 0 ? line_of(config->bus[bus].id) : NULL;
}

/* ---- glasses --------------------------------------------------------------------------------- */

static const char *trim(char *text)
{
    size_t length = strlen(text);
    while (length && text[length - 1] == ' ')
        text[--length] = '\0';
    return text + strspn(text, " ");
}

static void note_glass(struct line *line, unsigned index)
{
    struct slave_view view;
    slave_view(line->world.bus, index, &view);
    unsigned count = line->nshown[index];
    struct shown *last = &line->shown[index][(count + SHOWN_MAX - 1) % SHOWN_MAX];
    const char *text = trim(view.text);
    if (count && strcmp(last->text, text) == 0)
        return;
    if (count)
        last->until_us = moment_us();
    struct shown *shown = &line->shown[index][count % SHOWN_MAX];
    snprintf(shown->text, sizeof shown->text, "%s", text);
    shown->until_us = MOMENT_MAX;
    line->nshown[index] = count + 1 < 2 * SHOWN_MAX ? count + 1 : SHOWN_MAX + (count + 1) % SHOWN_MAX;
    if (buses_changed)
        buses_changed(line->id, index);
}

static void note_glasses(struct line *line)
{
    for (unsigned i = 0; i < line->world.config.nunits; i++)
        note_glass(line, i);
}

const char *buses_glass(const struct config *config, int desk, bool *is_blinking)
{
    static struct slave_view view;
    struct line *line = line_at(config, desk);
    if (!line)
        return NULL;
    slave_view(line->world.bus, config->desk[desk].bus_index, &view);
    *is_blinking = view.is_blinking;
    return trim(view.text);
}

bool buses_is_reachable(const struct config *config, int desk)
{
    struct slave_view view;
    struct line *line = line_at(config, desk);
    if (!line)
        return false;
    slave_view(line->world.bus, config->desk[desk].bus_index, &view);
    return view.is_powered && !line->is_cut;
}

bool buses_has_shown(const struct config *config, int desk, const char *text, int64_t since_us)
{
    struct line *line = line_at(config, desk);
    unsigned index = config->desk[desk].bus_index;
    for (unsigned i = 0; line && i < SHOWN_MAX && i < line->nshown[index]; i++) {
        const struct shown *shown = &line->shown[index][i];
        if (shown->until_us >= since_us && strcmp(shown->text, text) == 0)
            return true;
    }
    return false;
}

/* ---- the wall of the hall -------------------------------------------------------------------- */

static bool is_whole(const struct schedule_step *step, uint8_t *frame, size_t count)
{
    (void)step, (void)frame, (void)count;
    for (unsigned i = 0; i < nlines; i++)
        if (&lines[i]->world == w)
            return !lines[i]->is_cut;
    return true;
}

static struct line *hang_up(const struct led_bus_config *config)
{
    struct line *line = calloc(1, sizeof *line);
    assert_non_null(line);
    memcpy(line->id, config->id, sizeof line->id);
    w = &line->world;
    w->config = *config;
    w->rules = (struct wire_rules){ true, true, true, true, true };
    w->now_us = w->last_us = moment_us();
    w->meet_request = is_whole;
    w->bus = slave_bus_create(schedule_gap_us(config));
    for (unsigned i = 0; i < config->nunits; i++)
        assert_int_equal(
            slave_bus_add(w->bus, led_profile_name(config->unit[i].profile), config->unit[i].unit), i);
    note_glasses(line);
    return line;
}

void buses_begin(const struct config *config)
{
    for (nlines = 0; nlines < config->nbuses; nlines++)
        lines[nlines] = hang_up(&config->bus[nlines]);
}

void buses_end(void)
{
    while (nlines) {
        slave_bus_destroy(lines[--nlines]->world.bus);
        free(lines[nlines]);
    }
}

int buses_cut(const char *bus, bool is_cut)
{
    struct line *line = line_of(bus);
    if (!line)
        return -ENOENT;
    line->is_cut = is_cut;
    return 0;
}

int buses_power(const struct config *config, int desk, bool is_on)
{
    struct line *line = line_at(config, desk);
    if (!line)
        return -ENOENT;
    slave_set_power(line->world.bus, config->desk[desk].bus_index, is_on);
    note_glasses(line);
    return 0;
}

void buses_power_all(bool is_on)
{
    for (unsigned i = 0; i < nlines; i++) {
        for (unsigned u = 0; u < lines[i]->world.config.nunits; u++)
            slave_set_power(lines[i]->world.bus, u, is_on);
        note_glasses(lines[i]);
    }
}

/* ---- the controller's side, as in drivers/led/modbus.c --------------------------------------- */

static void take_wishes(struct led_bus *bus, int64_t now_us)
{
    for (unsigned i = 0; i < bus->config.nunits; i++) {
        if (bus->wish[i].is_new)
            schedule_want(&bus->line->world.schedule, i, &bus->wish[i].text, bus->wish[i].token, now_us);
        bus->wish[i].is_new = false;
    }
    schedule_brightness(&bus->line->world.schedule, bus->brightness);
}

static void deliver(struct led_bus *bus)
{
    struct led_report report;
    while (schedule_take(&bus->line->world.schedule, &report))
        assert_true(mailbox_post(bus->mailbox, &report) || report.is_superseded);
}

/* The end of a transaction, then the next one; the boards are asked at once, and the result is known at its time. */
static void run(void *data, int64_t now_us)
{
    struct led_bus *bus = data;
    w = &bus->line->world;
    if (bus->has_step && now_us < bus->result.done_us) {
        bus->alarm.at_us = bus->result.done_us;
        return;
    }
    if (bus->has_step) {
        schedule_done(&w->schedule, &bus->step, &bus->result);
        bus->has_step = false;
        deliver(bus);
    }
    take_wishes(bus, now_us);
    deliver(bus);
    w->now_us = now_us;
    slave_bus_pass(w->bus, now_us);
    bus->has_step = schedule_next(&w->schedule, now_us, &bus->step, &bus->alarm.at_us);
    if (bus->has_step) {
        exchange(&bus->step, &bus->result);
        bus->alarm.at_us = bus->result.done_us;
    }
    deliver(bus);
    note_glasses(bus->line);
}

static void prod(struct led_bus *bus)
{
    bus->alarm.at_us = moment_us();
}

static int bus_open(struct led_bus **out, const struct led_bus_config *config, char *error, size_t error_size)
{
    struct line *line = line_of(config->id);
    int result = led_bus_check(config, error, error_size);
    if (result < 0)
        return result;
    assert_non_null(line);
    struct led_bus *bus = calloc(1, sizeof *bus);
    bus->line = line;
    bus->config = line->world.config = *config;
    bus->brightness = LED_BRIGHTNESS_OWN;
    bus->mailbox = mailbox_create(sizeof(struct led_report), LED_REPORTS_MAX);
    assert_non_null(bus->mailbox);
    schedule_init(&line->world.schedule, &bus->config);
    schedule_open(&line->world.schedule);
    alarm_add(&bus->alarm, run, bus);
    prod(bus);
    *out = bus;
    return 0;
}

static void bus_close(struct led_bus *bus)
{
    if (!bus)
        return;
    alarm_remove(&bus->alarm);
    mailbox_destroy(bus->mailbox);
    free(bus);
}

static void bus_want(struct led_bus *bus, unsigned index, const struct led_text *text, uint64_t token)
{
    struct led_report superseded = { .index = (uint8_t)index,
                                     .token = bus->wish[index].token,
                                     .is_superseded = true,
                                     .is_final = true,
                                     .done_us = moment_us() };
    if (bus->wish[index].is_new)
        mailbox_post(bus->mailbox, &superseded);
    bus->wish[index].is_new = true;
    bus->wish[index].text = *text;
    bus->wish[index].token = token;
    prod(bus);
}

static int bus_fd(struct led_bus *bus)
{
    return mailbox_fd(bus->mailbox);
}

static bool bus_take(struct led_bus *bus, struct led_report *report)
{
    return mailbox_take(bus->mailbox, report);
}

static void bus_brightness(struct led_bus *bus, uint8_t percent)
{
    bus->brightness = percent;
    prod(bus);
}

static int bus_start_job(struct led_bus *bus, const struct led_job *job)
{
    (void)bus, (void)job;
    return -ENOTSUP;
}

static void bus_stop_job(struct led_bus *bus)
{
    (void)bus;
}

static void bus_job_status(struct led_bus *bus, struct led_job_status *status)
{
    (void)bus;
    *status = (struct led_job_status){ .kind = LED_JOB_NONE };
}

static void bus_unit_status(struct led_bus *bus, unsigned index, struct led_unit_status *status)
{
    *status = *schedule_status(&bus->line->world.schedule, index);
}

static void bus_status(struct led_bus *bus, struct led_bus_status *status)
{
    const struct schedule *schedule = &bus->line->world.schedule;
    *status = (struct led_bus_status){ .is_open = true,
                                       .busy_permille = schedule_use_permille(&schedule->use, moment_us()),
                                       .latency_ms = bus->config.adapter_latency_ms,
                                       .group_frames = schedule->group_frames };
}

static const struct led_ops led_virtual = {
    .name = "modbus",
    .open = bus_open,
    .close = bus_close,
    .want = bus_want,
    .fd = bus_fd,
    .take = bus_take,
    .brightness = bus_brightness,
    .start_job = bus_start_job,
    .stop_job = bus_stop_job,
    .job_status = bus_job_status,
    .unit_status = bus_unit_status,
    .bus_status = bus_status,
};

const struct led_ops *__wrap_led_backend(const char *name)
{
    return strcmp(name, led_virtual.name) == 0 ? &led_virtual : __real_led_backend(name);
}
