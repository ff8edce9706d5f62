#include "board/board.h"

#include "board/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEASE_US INT64_C(15000000) /* who follows a job asks at least once a second */

/* A request of a technician's job on a bus; what is wrong with it goes to `error`. */
struct order {
    struct board *board;
    const cJSON *request;
    unsigned bus, skipped;
    struct led_job job;
    char error[320];
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct order *order, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(order->error, sizeof order->error, format, args);
    va_end(args);
    return false;
}

static bool find_bus(struct order *order)
{
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(order->request, "bus"));
    const struct config *config = order->board->config;
    if (!id)
        return refuse(order, "needs \"bus\"");
    for (order->bus = 0; order->bus < config->nbuses; order->bus++)
        if (strcmp(config->bus[order->bus].id, id) == 0)
            return true;
    return refuse(order, "the hall file has no bus \"%s\"", id);
}

/* A unit address; absent: *out stays. */
static bool read_unit(struct order *order, const char *key, uint8_t *out)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(order->request, key);
    if (!value)
        return true;
    if (!cJSON_IsNumber(value) || value->valuedouble != value->valueint || value->valueint < 1 ||
        value->valueint > 247)
        return refuse(order, "%s: no unit address; 1 to 247", key);
    *out = (uint8_t)value->valueint;
    return true;
}

/* ---- profiles -------------------------------------------------------------------------------- */

static void hear(void *data, const char *line)
{
    struct order *order = data;
    if (!order->error[0])
        refuse(order, "%s", line);
}

static void want_profile(struct order *order, const struct led_profile *profile)
{
    for (unsigned i = 0; i < order->job.nprofiles; i++)
        if (strcmp(led_profile_name(order->job.profile[i]), led_profile_name(profile)) == 0)
            return;
    if (order->job.nprofiles < LED_JOB_PROFILES)
        order->job.profile[order->job.nprofiles++] = profile;
}

static const struct led_profile *known_profile(const struct board *board, const char *name)
{
    for (unsigned i = 0; i < board->config->nprofiles; i++)
        if (strcmp(led_profile_name(board->config->profile[i]), name) == 0)
            return board->config->profile[i];
    for (unsigned i = 0; i < board->nspares; i++)
        if (strcmp(led_profile_name(board->spare[i]), name) == 0)
            return board->spare[i];
    return NULL;
}

/* One that the hall file does not name is loaded now, and kept until the next reload. */
static bool want_named(struct order *order, const char *name)
{
    struct board *board = order->board;
    struct json_report report = { .line = hear, .data = order };
    if (!known_profile(board, name))
        board->nspares += config_load_profiles(&board->paths, name, board->spare + board->nspares,
                                               LED_JOB_PROFILES - board->nspares, &report);
    const struct led_profile *profile = known_profile(board, name);
    if (profile)
        want_profile(order, profile);
    else if (!order->error[0])
        refuse(order, "more than %d types of boards since the last reload", LED_JOB_PROFILES);
    return profile != NULL;
}

static void want_all(struct order *order)
{
    struct led_profile *all[LED_JOB_PROFILES];
    struct json_report report = { .line = hear, .data = order };
    unsigned count = config_load_profiles(&order->board->paths, NULL, all, LED_JOB_PROFILES, &report);
    for (unsigned i = 0; i < count; i++) {
        want_named(order, led_profile_name(all[i]));
        led_profile_destroy(all[i]);
    }
    order->error[0] = '\0'; /* a wrong profile of another hall's boards stops no scan */
}

static bool read_profiles(struct order *order)
{
    const cJSON *item, *names = cJSON_GetObjectItemCaseSensitive(order->request, "profiles");
    const struct config *config = order->board->config;
    if (names && !cJSON_IsArray(names))
        return refuse(order, "profiles: not a list of names");
    cJSON_ArrayForEach(item, names)
    {
        if (!cJSON_IsString(item))
            return refuse(order, "profiles: not a list of names");
        if (!want_named(order, item->valuestring))
            return false;
    }
    for (unsigned i = 0; !cJSON_GetArraySize(names) && i < config->nprofiles; i++)
        want_profile(order, config->profile[i]);
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(order->request, "all")))
        want_all(order);
    return true;
}

void jobs_forget(struct board *board)
{
    while (board->nspares)
        led_profile_destroy(board->spare[--board->nspares]);
    memset(board->job_until_us, 0, sizeof board->job_until_us);
}

/* ---- who follows it -------------------------------------------------------------------------- */

static void prolong(struct order *order)
{
    order->board->job_until_us[order->bus] = clock_us() + LEASE_US;
}

/* What was written to a unit half-way is better finished than left. */
static bool may_end(const struct led_job_status *status)
{
    return status->is_running && (status->kind != LED_JOB_ADDRESS || !status->has_written);
}

void jobs_tick(struct board *board, int64_t now_us)
{
    struct led_job_status status;
    for (unsigned i = 0; i < board->config->nbuses; i++) {
        if (!board->job_until_us[i] || board->job_until_us[i] > now_us)
            continue;
        desks_job_status(board->desks, i, &status);
        board->job_until_us[i] = 0;
        if (!may_end(&status))
            continue;
        log_info("led %s: nobody follows the technician's job any more: it is ended",
                 board->config->bus[i].id);
        desks_stop_job(board->desks, i);
    }
}

int64_t jobs_deadline_us(const struct board *board)
{
    int64_t at_us = INT64_MAX;
    for (unsigned i = 0; i < board->config->nbuses; i++)
        if (board->job_until_us[i] && board->job_until_us[i] < at_us)
            at_us = board->job_until_us[i];
    return at_us;
}

/* ---- line settings --------------------------------------------------------------------------- */

static bool is_same(const struct led_serial *a, const struct led_serial *b)
{
    return a->baud == b->baud && a->parity == b->parity && a->stop_bits == b->stop_bits;
}

static void want_serial(struct order *order, const struct led_serial *serial)
{
    struct led_job *job = &order->job;
    for (unsigned i = 0; i < job->nserials; i++)
        if (is_same(&job->serial[i], serial))
            return;
    if (job->nserials && led_bus_is_gateway(&order->board->config->bus[order->bus]))
        order->skipped++;
    else if (job->nserials < LED_JOB_SERIALS)
        job->serial[job->nserials++] = *serial;
}

/* Those of the bus first, then those that new boards have. */
static void want_serials(struct order *order)
{
    const struct led_bus_config *bus = &order->board->config->bus[order->bus];
    const struct led_serial own = { bus->baud, bus->parity, bus->stop_bits };
    want_serial(order, &own);
    for (unsigned i = 0; i < order->job.nprofiles; i++) {
        struct led_serial serial;
        uint8_t unit;
        if (led_profile_factory(order->job.profile[i], &unit, &serial))
            want_serial(order, &serial);
    }
}

/* Whose board listens there, by the hall file; "" nobody's. */
static const char *desk_of(const struct config *config, unsigned bus, unsigned unit,
                           const struct led_serial *serial)
{
    const struct led_bus_config *line = &config->bus[bus];
    const struct led_serial own = { line->baud, line->parity, line->stop_bits };
    for (unsigned i = 0; is_same(&own, serial) && i < config->ndesks; i++)
        if (config->desk[i].bus == (int)bus && line->unit[config->desk[i].bus_index].unit == unit)
            return config->desk[i].id;
    return "";
}

/* ---- the jobs -------------------------------------------------------------------------------- */

static bool order_scan(struct order *order)
{
    order->job.kind = LED_JOB_SCAN;
    order->job.first = 1;
    order->job.last = 247;
    if (!read_profiles(order) || !read_unit(order, "from", &order->job.first) ||
        !read_unit(order, "to", &order->job.last))
        return false;
    if (order->job.first > order->job.last)
        return refuse(order, "from: %u is above to: %u", order->job.first, order->job.last);
    want_serials(order);
    return true;
}

static bool order_address(struct order *order)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(order->request, "profile"));
    struct led_serial serial;
    uint8_t unit;
    order->job.kind = LED_JOB_ADDRESS;
    if (!name)
        return refuse(order, "needs \"profile\": the type of the new board");
    if (!want_named(order, name) || !read_unit(order, "address", &order->job.address))
        return false;
    if (!order->job.address)
        return refuse(order, "needs \"address\": the new one");
    if (!led_profile_factory(order->job.profile[0], &unit, &serial))
        return refuse(order, "nobody knows where a new %s listens; give it its address at the board itself",
                      name);
    order->job.first = unit;
    order->job.serial[0] = serial;
    order->job.nserials = 1;
    const char *desk = desk_of(order->board->config, order->bus, unit, &serial);
    if (*desk && !cJSON_GetObjectItemCaseSensitive(order->request, "at"))
        return refuse(order,
                      "a new %s listens as unit %u, and so does the board of desk %s: give that one another "
                      "unit first, or say that it is meant with --at %u",
                      name, unit, desk, unit);
    bool is_read = read_unit(order, "at", &order->job.first);
    order->job.last = order->job.first;
    return is_read;
}

static void log_job(const char *bus, const struct led_job *job)
{
    if (job->kind == LED_JOB_SCAN)
        log_info("led %s: a technician scans for boards", bus);
    else
        log_info("led %s: a technician gives unit %u the address %u", bus, job->first, job->address);
}

static bool start(struct order *order)
{
    struct led_job_status status;
    int error = desks_start_job(order->board->desks, order->bus, &order->job);
    const char *bus = order->board->config->bus[order->bus].id;
    if (error == 0) {
        log_job(bus, &order->job);
        prolong(order);
        return true;
    }
    desks_job_status(order->board->desks, order->bus, &status);
    if (error == -EBUSY)
        return refuse(order, "bus %s has a job already: wait for its end, or end it where it was started",
                      bus);
    if (error == -ENODEV)
        return refuse(order, "bus %s is not open; its adapter or gateway must be there", bus);
    if (error == -ENOTSUP && !status.detail[0])
        return refuse(order, "bus %s has the driver %s, which has no wire to look at", bus,
                      order->board->config->bus[order->bus].driver);
    return refuse(order, "%s", status.detail[0] ? status.detail : strerror(-error));
}

/* ---- answers --------------------------------------------------------------------------------- */

static void add_serial(cJSON *object, const struct led_serial *serial)
{
    const char parity[2] = { serial->parity, '\0' };
    cJSON_AddNumberToObject(object, "baud", serial->baud);
    cJSON_AddStringToObject(object, "parity", parity);
    cJSON_AddNumberToObject(object, "stop_bits", serial->stop_bits);
}

static void add_found(cJSON *list, const struct config *config, unsigned bus, const struct led_found *found)
{
    const struct led_bus_config *line = &config->bus[bus];
    const struct led_serial own = { line->baud, line->parity, line->stop_bits };
    cJSON *item = health_item(list);
    cJSON_AddNumberToObject(item, "unit", found->unit);
    add_serial(item, &found->serial);
    cJSON_AddBoolToObject(item, "foreign_line", !is_same(&own, &found->serial));
    cJSON_AddBoolToObject(item, "collision", found->is_collision);
    cJSON_AddStringToObject(item, "profile", found->profile ? led_profile_name(found->profile) : "");
    cJSON_AddStringToObject(item, "identity", found->identity);
    cJSON_AddNumberToObject(item, "round_trip_ms", found->round_trip_us / 1e3);
    cJSON_AddStringToObject(item, "desk", desk_of(config, bus, found->unit, &found->serial));
}

static void answer_job(struct order *order, uint64_t client)
{
    static const char *const kinds[] = { "none", "scan", "address" };
    struct led_job_status status;
    desks_job_status(order->board->desks, order->bus, &status);
    if (status.is_running)
        prolong(order);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddBoolToObject(object, "ok", true);
    cJSON *job = cJSON_AddObjectToObject(object, "job");
    cJSON_AddStringToObject(job, "kind", kinds[status.kind]);
    cJSON_AddBoolToObject(job, "running", status.is_running);
    cJSON_AddNumberToObject(job, "done", status.done);
    cJSON_AddNumberToObject(job, "total", status.total);
    cJSON_AddNumberToObject(job, "unit", status.unit);
    add_serial(job, &status.serial);
    cJSON_AddNumberToObject(job, "error", status.error);
    cJSON_AddStringToObject(job, "detail", status.detail);
    cJSON_AddBoolToObject(job, "written", status.has_written);
    cJSON *steps = cJSON_AddArrayToObject(job, "steps");
    for (unsigned i = 0; i < status.nsteps; i++)
        cJSON_AddItemToArray(steps, cJSON_CreateString(led_address_steps[i]));
    cJSON *found = cJSON_AddArrayToObject(job, "found");
    for (unsigned i = 0; i < status.nfound; i++)
        add_found(found, order->board->config, order->bus, &status.found[i]);
    commands_reply(order->board, client, object);
}

static void answer_started(struct order *order, uint64_t client)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddBoolToObject(object, "ok", true);
    cJSON_AddNumberToObject(object, "skipped", order->skipped);
    commands_reply(order->board, client, object);
}

static bool is_job(const char *name)
{
    static const char *const names[] = { "led-scan", "led-address", "led-job", "led-stop" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

bool jobs_answer(struct board *board, uint64_t client, const char *name, const cJSON *request)
{
    struct order order = { .board = board, .request = request };
    if (!is_job(name))
        return false;
    bool is_good = find_bus(&order);
    if (is_good && strcmp(name, "led-job") == 0) {
        answer_job(&order, client);
        return true;
    }
    if (is_good && strcmp(name, "led-stop") == 0)
        desks_stop_job(board->desks, order.bus);
    else if (is_good)
        is_good =
            (strcmp(name, "led-scan") == 0 ? order_scan(&order) : order_address(&order)) && start(&order);
    if (is_good)
        answer_started(&order, client);
    else
        control_error(board->control, client, "%s: %s", name, order.error);
    return true;
}
