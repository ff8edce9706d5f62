#include "board/desks.h"

#include "board/led_trouble.h"
#include "board/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A token names the wish on its way through the driver: the desk's receipt, if the wish belongs to a call. */
struct desk_board {
    struct led_text wanted;
    bool is_wanted; /* something was wished since the start */
    uint8_t life;   /* enum life, as logged last */
    bool is_mute;   /* its last ticket could not be shown, and that was logged */
    int64_t override_until_us;
};

struct bus {
    struct desks *desks;
    struct loop_source *source;
    const struct led_ops *ops;
    struct led_bus *bus;
    int16_t desk[LED_UNITS_MAX]; /* of each unit */
    bool is_open;                /* as logged last */
};

struct desks {
    struct loop *loop;
    const struct config *config;
    struct receipts *receipts;
    struct desks_events events;
    int percent; /* as told last; -1: not yet */
    struct bus bus[BUSES_MAX];
    struct desk_board board[DESKS_MAX];
};

static const char *outlet_name(const struct config *config, int desk, char out[ID_SIZE + 8])
{
    snprintf(out, ID_SIZE + 8, "led/%s", config->desk[desk].id);
    return out;
}

/* A device keeps its place in the log: one line when it goes, one when it comes back. */
static void note_bus(struct bus *bus, unsigned index)
{
    struct led_bus_status status;
    bus->ops->bus_status(bus->bus, &status);
    if (status.is_open == bus->is_open)
        return;
    bus->is_open = status.is_open;
    const struct led_bus_config *config = &bus->desks->config->bus[index];
    if (status.is_open)
        log_info("led %s: %s is open", config->id, config->device);
    else
        log_warn("led %s: %s is lost: %s; tried again", config->id, config->device, status.detail);
}

enum life { ALIVE, DEAD, OTHER };

static void note_unit(struct bus *bus, unsigned index, const struct led_report *report, int desk)
{
    struct desk_board *board = &bus->desks->board[desk];
    const struct led_bus_config *config = &bus->desks->config->bus[index];
    const struct led_unit_config *unit = &config->unit[report->index];
    struct led_unit_status status;
    struct led_bus_status bus_status;
    char why[LED_TROUBLE_SIZE];
    bus->ops->unit_status(bus->bus, report->index, &status);
    bus->ops->bus_status(bus->bus, &bus_status);
    enum life life = status.is_dead ? DEAD : status.is_other ? OTHER : ALIVE;
    if (life == board->life || !bus_status.is_open) /* a bus that is lost knows nothing of its boards */
        return;
    board->life = life;
    led_unit_trouble(unit, &status, why);
    if (life == ALIVE)
        log_info("led %s/%u: answers", config->id, unit->unit);
    else
        log_warn("led %s/%u: %s", config->id, unit->unit, why);
}

static void settle(struct desks *desks, int desk, const struct led_report *report)
{
    char name[ID_SIZE + 8];
    outlet_name(desks->config, desk, name);
    if (report->is_superseded)
        receipts_settle(desks->receipts, report->token, name, "superseded", 0, "", true);
    else if (report->error)
        receipts_settle(desks->receipts, report->token, name, "failed", 0, report->detail, true);
    else
        receipts_settle(desks->receipts, report->token, name, led_certainty_names[report->certainty],
                        report->wire_us, "", report->is_final);
}

static void reported(void *data, uint32_t events)
{
    (void)events;
    struct bus *bus = data;
    struct desks *desks = bus->desks;
    unsigned index = (unsigned)(bus - desks->bus);
    struct led_report report;
    while (bus->ops->take(bus->bus, &report)) {
        int desk = bus->desk[report.index];
        if (!report.is_status)
            settle(desks, desk, &report);
        note_unit(bus, index, &report, desk);
        desks->events.on_change(desks->events.data, desk, &report);
    }
    note_bus(bus, index);
}

static void open_bus(struct desks *desks, unsigned index)
{
    const struct led_bus_config *config = &desks->config->bus[index];
    struct bus *bus = &desks->bus[index];
    char error[160] = "no such driver";
    bus->desks = desks;
    bus->is_open = true; /* so that only an absent one is worth a line */
    bus->ops = led_backend(config->driver);
    int result = bus->ops ? bus->ops->open(&bus->bus, config, error, sizeof error) : -ENODEV;
    if (result < 0) {
        log_error("led %s: %s", config->id, error);
        bus->bus = NULL;
        return;
    }
    bus->source = loop_add(desks->loop, bus->ops->fd(bus->bus), EPOLLIN, "led", reported, bus);
}

struct desks *desks_create(struct loop *loop, const struct config *config, struct receipts *receipts,
                           const struct desks_events *events)
{
    struct desks *desks = calloc(1, sizeof *desks);
    if (!desks)
        return NULL;
    desks->loop = loop;
    desks->config = config;
    desks->receipts = receipts;
    desks->percent = -1;
    desks->events = *events;
    for (int i = 0; i < config->ndesks; i++)
        if (config->desk[i].bus >= 0)
            desks->bus[config->desk[i].bus].desk[config->desk[i].bus_index] = (int16_t)i;
    for (unsigned i = 0; i < config->nbuses; i++)
        open_bus(desks, i);
    return desks;
}

void desks_destroy(struct desks *desks)
{
    if (!desks)
        return;
    for (unsigned i = 0; i < desks->config->nbuses; i++) {
        loop_remove(desks->bus[i].source);
        if (desks->bus[i].bus)
            desks->bus[i].ops->close(desks->bus[i].bus);
    }
    free(desks);
}

static struct bus *bus_of(const struct desks *desks, int desk)
{
    int index = desks->config->desk[desk].bus;
    if (index < 0 || !desks->bus[index].bus)
        return NULL;
    return (struct bus *)&desks->bus[index];
}

static const struct led_profile *profile_of(const struct desks *desks, int desk)
{
    const struct config_desk *place = &desks->config->desk[desk];
    return desks->config->bus[place->bus].unit[place->bus_index].profile;
}

static bool is_same(const struct led_text *a, const struct led_text *b)
{
    return a->is_blinking == b->is_blinking && a->colour == b->colour && strcmp(a->text, b->text) == 0;
}

static void want(struct desks *desks, int desk, const struct led_text *text, uint64_t token)
{
    struct desk_board *board = &desks->board[desk];
    struct bus *bus = bus_of(desks, desk);
    if (!bus || (board->is_wanted && !token && is_same(&board->wanted, text)))
        return;
    board->wanted = *text;
    board->is_wanted = true;
    bus->ops->want(bus->bus, desks->config->desk[desk].bus_index, text, token);
}

void desks_update(struct desks *desks, const struct hall *hall, int desk, enum feed_truth truth,
                  uint64_t token)
{
    struct desk_board *board = &desks->board[desk];
    if (desks->config->desk[desk].bus < 0)
        return;
    char name[ID_SIZE + 8];
    receipts_expect(desks->receipts, token, outlet_name(desks->config, desk, name));
    if (!bus_of(desks, desk)) {
        receipts_settle(desks->receipts, token, name, "failed", 0, "bus is not there", true);
        return;
    }
    if (token)
        board->override_until_us = 0; /* a call is never hidden by a test */
    if (board->override_until_us)
        return;
    struct led_text text;
    char why[80];
    int error = desktext(&hall->desk[desk], profile_of(desks, desk), &desks->config->led, truth, &text, why,
                         sizeof why);
    if (error < 0 && token) {
        receipts_settle(desks->receipts, token, name, "failed", 0, why, true);
        if (!board->is_mute)
            log_warn("%s: %s cannot be shown there: %s; the board shows dashes", name,
                     hall->desk[desk].ticket, why);
    }
    if (token)
        board->is_mute = error < 0;
    want(desks, desk, &text, error < 0 ? 0 : token);
}

void desks_update_all(struct desks *desks, const struct hall *hall, enum feed_truth truth)
{
    for (int i = 0; i < desks->config->ndesks; i++)
        desks_update(desks, hall, i, truth, 0);
}

int desks_override(struct desks *desks, int desk, const char *text, bool is_blinking, int64_t until_us,
                   char *why, size_t why_size)
{
    snprintf(why, why_size, "desk %s has no LED board", desks->config->desk[desk].id);
    if (!bus_of(desks, desk))
        return -ENOENT;
    struct led_text shown = { .is_blinking = is_blinking };
    int error = led_fold_letters(profile_of(desks, desk), &desks->config->led.letters, text, shown.text,
                                 sizeof shown.text, why, why_size);
    if (error < 0)
        return error;
    desks->board[desk].override_until_us = until_us;
    want(desks, desk, &shown, 0);
    return 0;
}

void desks_end_override(struct desks *desks, int desk)
{
    if (desks->board[desk].override_until_us)
        desks->board[desk].override_until_us = 1;
}

int desks_start_job(struct desks *desks, unsigned index, const struct led_job *job)
{
    struct bus *bus = &desks->bus[index];
    return bus->bus ? bus->ops->start_job(bus->bus, job) : -ENODEV;
}

void desks_stop_job(struct desks *desks, unsigned index)
{
    struct bus *bus = &desks->bus[index];
    if (bus->bus)
        bus->ops->stop_job(bus->bus);
}

void desks_job_status(const struct desks *desks, unsigned index, struct led_job_status *status)
{
    const struct bus *bus = &desks->bus[index];
    *status = (struct led_job_status){ .error = -ENODEV };
    if (bus->bus)
        bus->ops->job_status(bus->bus, status);
}

void desks_tick(struct desks *desks, const struct hall *hall, enum feed_truth truth, int64_t now_us)
{
    for (int i = 0; i < desks->config->ndesks; i++) {
        struct desk_board *board = &desks->board[i];
        if (!board->override_until_us || board->override_until_us > now_us)
            continue;
        board->override_until_us = 0;
        desks_update(desks, hall, i, truth, 0);
    }
}

int64_t desks_deadline_us(const struct desks *desks)
{
    int64_t at_us = INT64_MAX;
    for (int i = 0; i < desks->config->ndesks; i++) {
        int64_t until_us = desks->board[i].override_until_us;
        if (until_us && until_us < at_us)
            at_us = until_us;
    }
    return at_us;
}

void desks_dim(struct desks *desks, int minute)
{
    uint8_t percent = dimming_at(&desks->config->led.dimming, minute);
    if (percent == desks->percent)
        return;
    desks->percent = percent;
    for (unsigned i = 0; i < desks->config->nbuses; i++)
        if (desks->bus[i].bus)
            desks->bus[i].ops->brightness(desks->bus[i].bus, percent);
}

const struct led_text *desks_wanted(const struct desks *desks, int desk)
{
    return &desks->board[desk].wanted;
}

void desks_unit_status(const struct desks *desks, int desk, struct led_unit_status *status)
{
    struct bus *bus = bus_of(desks, desk);
    *status = (struct led_unit_status){ .is_dead = true };
    if (bus)
        bus->ops->unit_status(bus->bus, desks->config->desk[desk].bus_index, status);
}

void desks_bus_status(const struct desks *desks, unsigned index, struct led_bus_status *status)
{
    const struct bus *bus = &desks->bus[index];
    *status = (struct led_bus_status){ .error = -ENODEV };
    if (bus->bus)
        bus->ops->bus_status(bus->bus, status);
}
