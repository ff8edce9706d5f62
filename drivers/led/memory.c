/* The peer without a wire: every text is shown at once. */
#include "drivers/clock.h"
#include "drivers/led/led.h"
#include "drivers/led/profile_data.h"
#include "drivers/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct led_bus {
    struct led_bus_config config;
    struct mailbox *mailbox;
    struct led_unit_status status[LED_UNITS_MAX];
};

static int memory_open(struct led_bus **out, const struct led_bus_config *config, char *error,
                       size_t error_size)
{
    int result = led_bus_check(config, error, error_size);
    if (result)
        return result;
    struct led_bus *bus = calloc(1, sizeof *bus);
    struct mailbox *mailbox = mailbox_create(sizeof(struct led_report), LED_REPORTS_MAX);
    if (!bus || !mailbox) {
        snprintf(error, error_size, "out of memory or descriptors");
        mailbox_destroy(mailbox);
        free(bus);
        return -ENOMEM;
    }
    bus->config = *config;
    bus->mailbox = mailbox;
    *out = bus;
    return 0;
}

static void memory_close(struct led_bus *bus)
{
    if (!bus)
        return;
    mailbox_destroy(bus->mailbox);
    free(bus);
}

static void memory_want(struct led_bus *bus, unsigned index, const struct led_text *text, uint64_t token)
{
    assert(index < bus->config.nunits);
    struct led_write writes[LED_WRITES_MAX];
    struct led_unit_status *status = &bus->status[index];
    int64_t now = monotonic_us();
    struct led_report report = { .index = (uint8_t)index, .token = token, .is_final = true, .done_us = now };
    int count = led_profile_writes(bus->config.unit[index].profile, text->text, writes);
    if (count < 0) {
        report.error = count;
        snprintf(report.detail, sizeof report.detail, "this board cannot show that text");
    } else {
        report.wire_us = now;
        report.certainty = LED_LIT;
    }
    status->requests++;
    status->certainty = report.certainty;
    status->confirmed_us = now;
    snprintf(status->shown, sizeof status->shown, "%s", count < 0 ? "" : text->text);
    mailbox_post(bus->mailbox, &report);
}

static int memory_fd(struct led_bus *bus)
{
    return mailbox_fd(bus->mailbox);
}

static bool memory_take(struct led_bus *bus, struct led_report *report)
{
    return mailbox_take(bus->mailbox, report);
}

static void memory_brightness(struct led_bus *bus, uint8_t percent)
{
    (void)bus;
    (void)percent;
}

static int memory_start_job(struct led_bus *bus, const struct led_job *job)
{
    (void)bus;
    (void)job;
    return -ENOTSUP;
}

static void memory_stop_job(struct led_bus *bus)
{
    (void)bus;
}

static void memory_job_status(struct led_bus *bus, struct led_job_status *status)
{
    (void)bus;
    *status = (struct led_job_status){ .kind = LED_JOB_NONE };
}

static void memory_unit_status(struct led_bus *bus, unsigned index, struct led_unit_status *status)
{
    *status = bus->status[index];
}

static void memory_bus_status(struct led_bus *bus, struct led_bus_status *status)
{
    (void)bus;
    *status = (struct led_bus_status){ .is_open = true };
}

const struct led_ops led_memory = {
    .name = "memory",
    .open = memory_open,
    .close = memory_close,
    .want = memory_want,
    .fd = memory_fd,
    .take = memory_take,
    .brightness = memory_brightness,
    .start_job = memory_start_job,
    .stop_job = memory_stop_job,
    .job_status = memory_job_status,
    .unit_status = memory_unit_status,
    .bus_status = memory_bus_status,
};
