#include "drivers/clock.h"
#include "drivers/led/job.h"
#include "drivers/led/led.h"
#include "drivers/led/modbus_wire.h"
#include "drivers/led/schedule.h"
#include "drivers/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define REOPEN_FIRST_US INT64_C(100000)
#define REOPEN_STEP_US  INT64_C(500000)
#define REOPEN_MAX_US   INT64_C(5000000)
#define OPENING_US      INT64_C(250000) /* a gateway that is being looked for is looked at so often */
#define PROGRESS_US     INT64_C(500000) /* between reports about a job that goes its way */

struct wish {
    bool is_new;
    struct led_text text;
    uint64_t token;
};

struct led_bus {
    struct led_bus_config config;
    struct mailbox *mailbox;
    pthread_t thread;

    int wake_fd;
    pthread_mutex_t lock; /* of what follows; never held across I/O */
    bool is_stopping;
    bool is_prodded;    /* there is something new for the worker */
    int64_t prodded_us; /* or the worker's last turn, if that was later */
    bool is_blocked;    /* reports wait for room in the mailbox */
    struct wish wish[LED_UNITS_MAX];
    uint8_t brightness;
    bool is_job_unwanted;
    struct job job; /* pure, so that the lock may be held over its functions */
    struct led_unit_status unit_status[LED_UNITS_MAX];
    struct led_bus_status bus_status;
    struct schedule_use use;

    /* The worker's own: */
    struct schedule schedule;
    struct modbus_wire *wire;
    bool is_tried; /* to open the port: before, wishes wait for how that ends */
    int64_t reopen_us, reopen_wait_us;
    int64_t progress_us;         /* next report about a job */
    bool is_kept[LED_UNITS_MAX]; /* a report about the newest wish, for which the mailbox had no room */
    struct led_report kept[LED_UNITS_MAX];
};

/* ---- reports --------------------------------------------------------------------------------- */

/* A report that finds no room waits in the slot of its unit; a newer one takes the slot. */
static void deliver(struct led_bus *bus, const struct led_report *report)
{
    bool *is_kept = &bus->is_kept[report->index];
    if (report->is_status) {
        mailbox_post(bus->mailbox,
                     report); /* lost when there is no room: the states themselves can be asked for */
        return;
    }
    if (*is_kept || !mailbox_post(bus->mailbox, report)) {
        if (!report->is_superseded || !*is_kept)
            bus->kept[report->index] = *report;
        *is_kept = true;
    }
}

static bool deliver_kept(struct led_bus *bus)
{
    bool is_any_left = false;
    for (unsigned i = 0; i < bus->config.nunits; i++) {
        if (bus->is_kept[i])
            bus->is_kept[i] = !mailbox_post(bus->mailbox, &bus->kept[i]);
        is_any_left |= bus->is_kept[i];
    }
    return is_any_left;
}

static void deliver_all(struct led_bus *bus)
{
    struct led_report report;
    bool is_blocked = deliver_kept(bus);
    while (schedule_take(&bus->schedule, &report))
        deliver(bus, &report);
    for (unsigned i = 0; i < bus->config.nunits; i++)
        is_blocked |= bus->is_kept[i];
    pthread_mutex_lock(&bus->lock);
    bus->is_blocked = is_blocked;
    pthread_mutex_unlock(&bus->lock);
}

/* What has changed can be asked for; without units there is no index to report it about. */
static void tell_change(struct led_bus *bus, int error, const char *detail)
{
    struct led_report change = { .is_status = true, .error = error, .done_us = monotonic_us() };
    snprintf(change.detail, sizeof change.detail, "%s", detail);
    if (bus->config.nunits)
        mailbox_post(bus->mailbox, &change);
}

static void publish(struct led_bus *bus)
{
    bool hears_itself = modbus_wire_hears_itself(bus->wire);
    pthread_mutex_lock(&bus->lock);
    for (unsigned i = 0; i < bus->config.nunits; i++)
        bus->unit_status[i] = *schedule_status(&bus->schedule, i);
    bus->use = bus->schedule.use;
    bus->bus_status.group_frames = bus->schedule.group_frames;
    bool is_change = hears_itself != bus->bus_status.hears_itself;
    bus->bus_status.hears_itself = hears_itself;
    bus->prodded_us = monotonic_us(); /* the worker turns, also if a port that opens holds up wishes */
    pthread_mutex_unlock(&bus->lock);
    if (is_change)
        tell_change(bus, 0, "");
}

static void publish_port(struct led_bus *bus, int error)
{
    const char *detail = error ? modbus_wire_detail(bus->wire) : "";
    pthread_mutex_lock(&bus->lock);
    bool is_change = bus->bus_status.error != error;
    bus->bus_status.is_open = error == 0;
    bus->bus_status.error = error;
    bus->bus_status.latency_ms = bus->config.adapter_latency_ms;
    snprintf(bus->bus_status.detail, sizeof bus->bus_status.detail, "%s", detail);
    pthread_mutex_unlock(&bus->lock);
    if (is_change)
        tell_change(bus, error, detail);
}

/* ---- the worker ------------------------------------------------------------------------------ */

static void end_job(struct led_bus *bus, int error, const char *detail)
{
    pthread_mutex_lock(&bus->lock);
    bool was_running = bus->job.status.is_running;
    job_stop(&bus->job, error, detail);
    bus->is_job_unwanted = false;
    pthread_mutex_unlock(&bus->lock);
    if (was_running)
        tell_change(bus, 0, "");
}

static void try_open(struct led_bus *bus)
{
    int64_t now = monotonic_us();
    if (bus->schedule.is_open || now < bus->reopen_us)
        return;
    int error = modbus_wire_open(bus->wire);
    if (error == -EINPROGRESS) {
        bus->reopen_us = now + OPENING_US;
        return;
    }
    bus->is_tried = true;
    if (!error) {
        bus->config.adapter_latency_ms = modbus_wire_latency_ms(bus->wire);
        bus->reopen_wait_us = 0;
        schedule_open(&bus->schedule);
    }
    publish_port(bus, error);
    if (!error)
        return;
    end_job(bus, error, modbus_wire_detail(bus->wire)); /* that has waited for the first try */
    if (bus->reopen_wait_us < REOPEN_MAX_US)
        bus->reopen_wait_us += REOPEN_STEP_US;
    bus->reopen_us = now + bus->reopen_wait_us;
}

static void lose_port(struct led_bus *bus, int error)
{
    modbus_wire_close(bus->wire);
    schedule_close(&bus->schedule, error, modbus_wire_detail(bus->wire), monotonic_us());
    publish_port(bus, error);
    end_job(bus, error, modbus_wire_detail(bus->wire));
    bus->reopen_us = monotonic_us() + REOPEN_FIRST_US;
    bus->reopen_wait_us = 0;
}

static void take_wishes(struct led_bus *bus)
{
    int64_t now = monotonic_us();
    pthread_mutex_lock(&bus->lock);
    for (unsigned i = 0; i < bus->config.nunits; i++) {
        struct wish *wish = &bus->wish[i];
        if (wish->is_new)
            schedule_want(&bus->schedule, i, &wish->text, wish->token, now);
        wish->is_new = false;
    }
    schedule_brightness(&bus->schedule, bus->brightness);
    bus->is_prodded = false;
    pthread_mutex_unlock(&bus->lock);
}

/* A job has the line when nothing else wants it. */
static bool run_job(struct led_bus *bus, int64_t *wake_us)
{
    struct schedule_step step;
    struct schedule_result result;
    int64_t job_wake_us, now = monotonic_us();
    pthread_mutex_lock(&bus->lock);
    bool has_step = job_next(&bus->job, now, *wake_us, &step, &job_wake_us);
    pthread_mutex_unlock(&bus->lock);
    if (!has_step) {
        *wake_us = job_wake_us < *wake_us ? job_wake_us : *wake_us;
        return false;
    }
    int error = modbus_wire_exchange(bus->wire, &step, &result);
    if (error) {
        lose_port(bus, error);
        return true;
    }
    pthread_mutex_lock(&bus->lock);
    uint8_t nfound = bus->job.status.nfound;
    job_done(&bus->job, &step, &result);
    bool is_news = !bus->job.status.is_running || bus->job.status.nfound != nfound;
    pthread_mutex_unlock(&bus->lock);
    if (is_news || now >= bus->progress_us) {
        bus->progress_us = now + PROGRESS_US;
        tell_change(bus, 0, "");
    }
    return true;
}

/* One transaction at most; false, and the time to wait for, when there is none to do. */
static bool run_one(struct led_bus *bus, int64_t *wake_us)
{
    struct schedule_step step;
    struct schedule_result result;
    if (!bus->schedule.is_open) {
        *wake_us = bus->reopen_us;
        return false;
    }
    if (!schedule_next(&bus->schedule, monotonic_us(), &step, wake_us))
        return run_job(bus, wake_us);
    int error = modbus_wire_exchange(bus->wire, &step, &result);
    if (error)
        lose_port(bus, error);
    else
        schedule_done(&bus->schedule, &step, &result);
    return true;
}

/* Also until the adapter is pulled: found at once, it is back before the next call, not because of it. */
static void wait_until(struct led_bus *bus, int64_t at_us)
{
    struct pollfd fds[] = { { .fd = bus->wake_fd, .events = POLLIN },
                            { .fd = modbus_wire_fd(bus->wire), .events = modbus_wire_events(bus->wire) } };
    int64_t left_us = at_us - monotonic_us();
    struct timespec left = { .tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000 };
    eventfd_t ignored;
    if (left_us <= 0 || ppoll(fds, 2, at_us == INT64_MAX ? NULL : &left, NULL) <= 0)
        return;
    if (fds[0].revents)
        eventfd_read(bus->wake_fd, &ignored);
    if (fds[1].revents && bus->schedule.is_open)
        lose_port(bus, -ENODEV);
    else if (fds[1].revents)
        bus->reopen_us = 0;
}

static bool is_stopping(struct led_bus *bus)
{
    pthread_mutex_lock(&bus->lock);
    bool is = bus->is_stopping;
    pthread_mutex_unlock(&bus->lock);
    return is;
}

static bool is_job_unwanted(struct led_bus *bus)
{
    pthread_mutex_lock(&bus->lock);
    bool is = bus->is_job_unwanted;
    pthread_mutex_unlock(&bus->lock);
    return is;
}

static void *work(void *data)
{
    struct led_bus *bus = data;
    prctl(PR_SET_TIMERSLACK, 1UL); /* else each silence before a frame is 50 us longer */
    while (!is_stopping(bus)) {
        int64_t wake_us;
        if (is_job_unwanted(bus))
            end_job(bus, -ECANCELED, "stopped");
        try_open(bus);
        if (bus->is_tried) /* the first wishes shall not find a port that was never tried */
            take_wishes(bus);
        bool is_busy = run_one(bus, &wake_us);
        publish(bus); /* before the reports, so that who reads one finds its status */
        deliver_all(bus);
        if (!is_busy)
            wait_until(bus, wake_us);
    }
    return NULL;
}

/* ---- the caller's side ----------------------------------------------------------------------- */

static void prod(struct led_bus *bus)
{
    if (!bus->is_prodded) {
        eventfd_write(bus->wake_fd, 1);
        bus->prodded_us = monotonic_us();
    }
    bus->is_prodded = true;
}

static void free_bus(struct led_bus *bus)
{
    modbus_wire_destroy(bus->wire);
    mailbox_destroy(bus->mailbox);
    if (bus->wake_fd >= 0)
        close(bus->wake_fd);
    pthread_mutex_destroy(&bus->lock);
    free(bus);
}

static struct led_bus *create_bus(const struct led_bus_config *config)
{
    struct led_bus *bus = calloc(1, sizeof *bus);
    if (!bus)
        return NULL;
    pthread_mutex_init(&bus->lock, NULL);
    bus->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bus->config = *config;
    bus->brightness = LED_BRIGHTNESS_OWN;
    bus->bus_status.error = -EINPROGRESS; /* until the port was tried */
    schedule_init(&bus->schedule, &bus->config);
    bus->wire = modbus_wire_create(&bus->config);
    bus->mailbox = mailbox_create(sizeof(struct led_report), LED_REPORTS_MAX);
    if (bus->wire && bus->mailbox && bus->wake_fd >= 0)
        return bus;
    free_bus(bus);
    return NULL;
}

/* For top and gdb; the kernel keeps 15 bytes. */
static void name_thread(struct led_bus *bus)
{
    char name[16];
    snprintf(name, sizeof name, "led %.11s", bus->config.id);
    pthread_setname_np(bus->thread, name);
}

/* Signals belong to the loop's thread. */
static int start_thread(struct led_bus *bus)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&bus->thread, NULL, work, bus);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error)
        name_thread(bus);
    return -error;
}

static int modbus_bus_open(struct led_bus **out, const struct led_bus_config *config, char *error,
                           size_t error_size)
{
    int result = led_bus_check(config, error, error_size);
    if (result)
        return result;
    struct led_bus *bus = create_bus(config);
    result = bus ? start_thread(bus) : -ENOMEM;
    if (!result) {
        *out = bus;
        return 0;
    }
    snprintf(error, error_size, "bus %s: no worker: %s", config->id, strerror(-result));
    if (bus)
        free_bus(bus);
    return result;
}

static void modbus_bus_close(struct led_bus *bus)
{
    if (!bus)
        return;
    pthread_mutex_lock(&bus->lock);
    bus->is_stopping = true;
    bus->is_prodded = false; /* a wish may have prodded a worker that does not take wishes yet */
    prod(bus);
    pthread_mutex_unlock(&bus->lock);
    pthread_join(bus->thread, NULL);
    free_bus(bus);
}

static void modbus_bus_want(struct led_bus *bus, unsigned index, const struct led_text *text, uint64_t token)
{
    assert(index < bus->config.nunits);
    struct wish *wish = &bus->wish[index];
    pthread_mutex_lock(&bus->lock);
    struct led_report superseded = {
        .index = (uint8_t)index, .token = wish->token, .is_superseded = true, .is_final = true
    };
    bool is_superseding = wish->is_new;
    *wish = (struct wish){ true, *text, token };
    prod(bus);
    pthread_mutex_unlock(&bus->lock);
    if (is_superseding) {
        superseded.done_us = monotonic_us();
        mailbox_post(bus->mailbox, &superseded);
    }
}

static void modbus_bus_brightness(struct led_bus *bus, uint8_t percent)
{
    pthread_mutex_lock(&bus->lock);
    bus->brightness = percent;
    prod(bus);
    pthread_mutex_unlock(&bus->lock);
}

static int modbus_bus_start_job(struct led_bus *bus, const struct led_job *job)
{
    int error = 0;
    pthread_mutex_lock(&bus->lock);
    if (bus->job.status.is_running)
        error = -EBUSY;
    else if (!bus->bus_status.is_open && bus->bus_status.error != -EINPROGRESS)
        error = -ENODEV;
    else
        error = job_start(&bus->job, &bus->config, job);
    if (!error)
        prod(bus);
    pthread_mutex_unlock(&bus->lock);
    return error;
}

static void modbus_bus_stop_job(struct led_bus *bus)
{
    pthread_mutex_lock(&bus->lock);
    if (bus->job.status.is_running) {
        bus->is_job_unwanted = true;
        prod(bus);
    }
    pthread_mutex_unlock(&bus->lock);
}

static void modbus_bus_job_status(struct led_bus *bus, struct led_job_status *status)
{
    pthread_mutex_lock(&bus->lock);
    *status = bus->job.status;
    pthread_mutex_unlock(&bus->lock);
}

static int modbus_bus_fd(struct led_bus *bus)
{
    return mailbox_fd(bus->mailbox);
}

static bool modbus_bus_take(struct led_bus *bus, struct led_report *report)
{
    bool has_report = mailbox_take(bus->mailbox, report);
    pthread_mutex_lock(&bus->lock);
    if (bus->is_blocked)
        prod(bus);
    pthread_mutex_unlock(&bus->lock);
    return has_report;
}

static void modbus_bus_unit_status(struct led_bus *bus, unsigned index, struct led_unit_status *status)
{
    assert(index < bus->config.nunits);
    pthread_mutex_lock(&bus->lock);
    *status = bus->unit_status[index];
    pthread_mutex_unlock(&bus->lock);
}

static void modbus_bus_status(struct led_bus *bus, struct led_bus_status *status)
{
    pthread_mutex_lock(&bus->lock);
    *status = bus->bus_status;
    status->waiting_us = bus->is_prodded ? bus->prodded_us : 0;
    status->busy_permille = schedule_use_permille(&bus->use, monotonic_us());
    pthread_mutex_unlock(&bus->lock);
}

const struct led_ops led_modbus = {
    .name = "modbus",
    .open = modbus_bus_open,
    .close = modbus_bus_close,
    .want = modbus_bus_want,
    .fd = modbus_bus_fd,
    .take = modbus_bus_take,
    .brightness = modbus_bus_brightness,
    .start_job = modbus_bus_start_job,
    .stop_job = modbus_bus_stop_job,
    .job_status = modbus_bus_job_status,
    .unit_status = modbus_bus_unit_status,
    .bus_status = modbus_bus_status,
};
