#include "board/ctl/ctl.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* led scan and led address: a job that the board does, followed from here. Ctrl-C ends it there. */

#define LOOK_MS 250
#define BAR     30

struct job {
    struct ctl *ctl;
    const char *bus;
    bool is_terminal, has_line; /* a bar stands on the line */
    sigset_t signals;
    double told; /* progress, in tenths, as printed last */
    int nsteps;  /* said */
    bool has_written;
    char detail[256];
};

static cJSON *bus_request(const char *command, const char *bus)
{
    cJSON *request = ctl_request(command);
    cJSON_AddStringToObject(request, "bus", bus);
    return request;
}

static void end_line(struct job *job)
{
    if (job->has_line)
        fputs("\r\033[K", job->ctl->out);
    fflush(job->ctl->out); /* a complaint goes another way */
    job->has_line = false;
}

static const char *serial_text(const cJSON *item, char out[32])
{
    snprintf(out, 32, "%.0f 8%.1s%.0f", ctl_number(item, "baud"), ctl_text(item, "parity"),
             ctl_number(item, "stop_bits"));
    return out;
}

static void print_progress(struct job *job, const cJSON *state)
{
    char serial[32], bar[BAR + 1];
    double total = ctl_number(state, "total"), done = ctl_number(state, "done");
    double part = total > 0 ? done / total : 0;
    if (job->ctl->is_json || (!job->is_terminal && part * 10 < job->told + 1))
        return;
    job->told = (int)(part * 10);
    serial_text(state, serial);
    if (!job->is_terminal) {
        ctl_say(job->ctl->out, "%3.0f %%, unit %.0f at %s, %d found", part * 100, ctl_number(state, "unit"),
                serial, cJSON_GetArraySize(ctl_member(state, "found")));
        return;
    }
    for (int i = 0; i < BAR; i++)
        bar[i] = i < part * BAR ? '#' : '.';
    bar[BAR] = '\0';
    fprintf(job->ctl->out, "\r\033[K[%s] %3.0f %%, unit %.0f at %s, %d found", bar, part * 100,
            ctl_number(state, "unit"), serial, cJSON_GetArraySize(ctl_member(state, "found")));
    fflush(job->ctl->out);
    job->has_line = true;
}

static void say(struct job *job, const char *text)
{
    end_line(job);
    ctl_say(job->ctl->out, "%s", text);
    fflush(job->ctl->out);
}

/* Steps that are behind it since the last look, and what the technician is to do. */
static void say_news(struct job *job, const cJSON *state)
{
    const cJSON *steps = ctl_member(state, "steps");
    const char *detail = ctl_text(state, "detail");
    while (!job->ctl->is_json && job->nsteps < cJSON_GetArraySize(steps))
        say(job, cJSON_GetStringValue(cJSON_GetArrayItem(steps, job->nsteps++)));
    if (!detail[0] || !ctl_bool(state, "running") || strcmp(detail, job->detail) == 0 || job->ctl->is_json)
        return;
    snprintf(job->detail, sizeof job->detail, "%s", detail);
    say(job, detail);
}

/* True: a signal wants the end. Signals are blocked but for here, so that no exchange is torn. */
static bool is_interrupted(const struct job *job)
{
    const struct timespec wait = { 0, LOOK_MS * 1000000L };
    return sigtimedwait(&job->signals, NULL, &wait) > 0;
}

#define SCAN_FOR_IT "; the unit has been written to: scan for it, its address or its settings may be new"

/* What has become of it nobody can tell any more. */
static int lose(struct job *job, int status)
{
    end_line(job);
    if (job->has_written)
        ctl_complain(job->ctl, status, "%s", &SCAN_FOR_IT[2]);
    return status;
}

/* Until the job has ended: CTL_OK and *reply with its "job". */
static int follow(struct job *job, cJSON **reply)
{
    for (;;) {
        int status = ctl_ask_quietly(job->ctl, bus_request("led-job", job->bus), reply);
        const cJSON *state = ctl_member(*reply, "job");
        if (status != CTL_OK)
            return lose(job, status);
        job->has_written |= ctl_bool(state, "written");
        say_news(job, state);
        if (!ctl_bool(state, "running")) {
            end_line(job);
            return CTL_OK;
        }
        print_progress(job, state);
        cJSON_Delete(*reply);
        if (is_interrupted(job)) {
            status = ctl_ask_quietly(job->ctl, bus_request("led-stop", job->bus), reply);
            cJSON_Delete(*reply);
            if (status != CTL_OK)
                return status;
        }
    }
}

static int verdict(const struct job *job, const cJSON *state)
{
    struct ctl *ctl = job->ctl;
    int error = (int)ctl_number(state, "error");
    if (strcmp(ctl_text(state, "kind"), "none") == 0)
        return ctl_complain(ctl, CTL_REFUSED, "a reload of the hall file has ended it%s",
                            job->has_written ? SCAN_FOR_IT : ": start it again");
    if (error == -ENODEV)
        return ctl_complain(ctl, CTL_REFUSED, "%s; check the adapter or the gateway, then start it again",
                            ctl_text(state, "detail"));
    if (error)
        return ctl_complain(ctl, CTL_REFUSED, "%s",
                            error == -ECANCELED && !job->has_written ? "stopped" : ctl_text(state, "detail"));
    return CTL_OK;
}

static void print_reply(struct ctl *ctl, const cJSON *reply)
{
    char *line = cJSON_PrintUnformatted(reply);
    fprintf(ctl->out, "%s\n", line ? line : "{}");
    cJSON_free(line);
}

static int run_job(struct ctl *ctl, const char *bus, cJSON *request, cJSON **reply)
{
    struct job job = { .ctl = ctl, .bus = bus, .is_terminal = isatty(fileno(ctl->out)) == 1 };
    sigset_t before;
    sigemptyset(&job.signals);
    sigaddset(&job.signals, SIGINT);
    sigaddset(&job.signals, SIGHUP); /* the technician's connection to the board has broken */
    sigaddset(&job.signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &job.signals, &before);
    int status = ctl_ask_quietly(ctl, request, reply);
    if (status == CTL_OK && ctl_number(*reply, "skipped") > 0 && !ctl->is_json)
        ctl_say(ctl->out, "the gateway has its own line settings: %.0f others are left out",
                ctl_number(*reply, "skipped"));
    cJSON_Delete(*reply);
    *reply = NULL;
    if (status == CTL_OK)
        status = follow(&job, reply);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (status != CTL_OK)
        return status;
    if (ctl->is_json)
        print_reply(ctl, *reply);
    return verdict(&job, ctl_member(*reply, "job"));
}

/* ---- scan ------------------------------------------------------------------------------------ */

static void print_found(struct ctl *ctl, const cJSON *found)
{
    struct ctl_table table;
    const cJSON *item;
    char serial[32];
    ctl_table_init(&table, ">UNIT|LINE|TYPE|SAYS|DESK|>ROUND TRIP|NOTE");
    cJSON_ArrayForEach(item, found)
    {
        ctl_cell(&table, "%.0f", ctl_number(item, "unit"));
        ctl_cell(&table, "%s", serial_text(item, serial));
        ctl_cell(&table, "%s", ctl_text(item, "profile")[0] ? ctl_text(item, "profile") : "unknown");
        ctl_cell(&table, "%s", ctl_text(item, "identity"));
        ctl_cell(&table, "%s", ctl_text(item, "desk"));
        ctl_cell(&table, "%.1f ms", ctl_number(item, "round_trip_ms"));
        ctl_cell(&table, "%s", ctl_bool(item, "collision") ? "two boards answer at once" : "");
    }
    ctl_table_print(&table, ctl->out);
}

static void print_next(struct ctl *ctl, const char *bus, const cJSON *found)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, found)
    {
        const char *profile = ctl_text(item, "profile");
        double unit = ctl_number(item, "unit");
        char serial[32];
        if (ctl_bool(item, "collision"))
            ctl_say(ctl->out,
                    "unit %.0f: unplug all of these boards but one, give it its own address (kezekctl led "
                    "address %s NEW "
                    "--profile P --at %.0f), and scan again",
                    unit, bus, unit);
        else if (profile[0] && ctl_bool(item, "foreign_line"))
            ctl_say(
                ctl->out,
                "unit %.0f listens at %s, not as the bus does: kezekctl led address %s NEW --profile %s --at "
                "%.0f gives it an address and the settings of the bus",
                unit, serial_text(item, serial), bus, profile, unit);
        else if (!ctl_text(item, "desk")[0] && profile[0])
            ctl_say(
                ctl->out,
                "unit %.0f is of no desk: kezekctl led address %s NEW --profile %s --at %.0f, or write it "
                "into the hall file",
                unit, bus, profile, unit);
        else if (!ctl_text(item, "desk")[0])
            ctl_say(ctl->out, "unit %.0f is of no desk and no type that was asked for: try --all", unit);
    }
}

static void compare(struct ctl *ctl, const cJSON *unit, const cJSON *found, bool is_asked)
{
    const cJSON *item;
    const char *desk = ctl_text(unit, "desk"), *profile = ctl_text(unit, "profile");
    cJSON_ArrayForEach(item, found)
    {
        const char *type = ctl_text(item, "profile");
        if (strcmp(ctl_text(item, "desk"), desk) != 0)
            continue;
        if (type[0] && strcmp(type, profile) != 0)
            ctl_say(ctl->out, "desk %s: the hall file says %s, it answers as %s: correct one of them", desk,
                    profile, type);
        return;
    }
    if (is_asked)
        ctl_say(ctl->out, "desk %s: no answer from unit %.0f: look at its power and its wires", desk,
                ctl_number(unit, "unit"));
}

/* The hall file beside what was heard within what was asked. */
static int print_desks(struct ctl *ctl, const char *id, const cJSON *found, long from, long to)
{
    cJSON *reply;
    const cJSON *bus, *unit;
    int status = ctl_ask(ctl, ctl_request("leds"), &reply);
    cJSON_ArrayForEach(bus, ctl_member(reply, "buses"))
    {
        if (strcmp(ctl_text(bus, "id"), id) != 0)
            continue;
        cJSON_ArrayForEach(unit, ctl_member(bus, "units"))
            compare(ctl, unit, found, ctl_number(unit, "unit") >= from && ctl_number(unit, "unit") <= to);
    }
    cJSON_Delete(reply);
    return status;
}

int ctl_led_scan(struct ctl *ctl, const struct ctl_args *args)
{
    long from = 1, to = 247;
    const char *names = ctl_option(args, "--profile");
    if (ctl_option_number(ctl, args, "--from", 1, 247, &from) != CTL_OK ||
        ctl_option_number(ctl, args, "--to", 1, 247, &to) != CTL_OK)
        return CTL_USAGE;
    cJSON *reply, *request = bus_request("led-scan", args->word[0]);
    cJSON_AddNumberToObject(request, "from", (double)from);
    cJSON_AddNumberToObject(request, "to", (double)to);
    cJSON_AddBoolToObject(request, "all", args->has_flag);
    cJSON *profiles = cJSON_AddArrayToObject(request, "profiles");
    char *copy = strdup(names ? names : ""), *rest = NULL;
    for (char *name = strtok_r(copy, ",", &rest); name; name = strtok_r(NULL, ",", &rest))
        cJSON_AddItemToArray(profiles, cJSON_CreateString(name));
    free(copy);
    int status = run_job(ctl, args->word[0], request, &reply);
    const cJSON *job = ctl_member(reply, "job"), *found = ctl_member(job, "found");
    if (reply && !ctl->is_json) {
        print_found(ctl, found);
        print_next(ctl, args->word[0], found);
        if (status == CTL_OK)
            status = print_desks(ctl, args->word[0], found, from, to);
        if (status == CTL_OK)
            ctl_say(ctl->out, "%s", ctl_text(job, "detail"));
    }
    cJSON_Delete(reply);
    return status;
}

/* ---- address --------------------------------------------------------------------------------- */

static bool is_agreed(struct ctl *ctl, const struct ctl_args *args, const char *profile, long address,
                      long at)
{
    char line[16] = "", which[64] = "which is the only new one there,";
    if (args->has_flag || !isatty(STDIN_FILENO))
        return true;
    if (at)
        snprintf(which, sizeof which, "which is unit %ld now,", at);
    fprintf(ctl->out, "The %s on bus %s, %s gets the address %ld and the settings of the bus. Go on? [y/N] ",
            profile, args->word[0], which, address);
    fflush(ctl->out);
    return fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
}

int ctl_led_address(struct ctl *ctl, const struct ctl_args *args)
{
    char *end;
    const char *profile = ctl_option(args, "--profile"), *bus = args->word[0];
    long address = strtol(args->word[1], &end, 10), at = 0;
    if (*end || address < 1 || address > 247)
        return ctl_complain(ctl, CTL_USAGE, "led address: \"%s\" is no address; 1 to 247", args->word[1]);
    if (!profile)
        return ctl_complain(ctl, CTL_USAGE, "led address: --profile is missing: the type of the new board");
    if (ctl_option_number(ctl, args, "--at", 1, 247, &at) != CTL_OK)
        return CTL_USAGE;
    if (!is_agreed(ctl, args, profile, address, at))
        return ctl_complain(ctl, CTL_REFUSED, "nothing was changed");
    cJSON *reply, *request = bus_request("led-address", bus);
    cJSON_AddNumberToObject(request, "address", (double)address);
    cJSON_AddStringToObject(request, "profile", profile);
    if (at)
        cJSON_AddNumberToObject(request, "at", (double)at);
    int status = run_job(ctl, bus, request, &reply);
    if (status == CTL_OK && !ctl->is_json) {
        ctl_say(ctl->out, "%s", ctl_text(ctl_member(reply, "job"), "detail"));
        ctl_say(ctl->out,
                "its place in the hall file: \"led\": {\"bus\": \"%s\", \"unit\": %ld, \"profile\": \"%s\"}",
                bus, address, profile);
    }
    cJSON_Delete(reply);
    return status;
}
