#include "board/ctl/ctl.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* led walk: each desk's board shows the desk's number, blinking, until the technician has looked. */

#define SHOW_S  60
#define AGAIN_S 30 /* shown again meanwhile: a call may have taken its place */

enum answer { ANSWER_RIGHT, ANSWER_WRONG, ANSWER_BACK, ANSWER_QUIT };
enum verdict { VERDICT_OPEN, VERDICT_RIGHT, VERDICT_WRONG };
#define STOPS_MAX 256

struct stop {
    char desk[40], place[48], label[40];
    enum verdict verdict;
};
struct walk {
    struct ctl *ctl;
    sigset_t
        signals; /* blocked but for where an answer is awaited, so that the board shows its own text again */
    unsigned nstops;
    struct stop stop[STOPS_MAX];
};

static const cJSON *unit_of(const cJSON *status, const char *desk, const char **bus_id)
{
    const cJSON *bus, *unit;
    cJSON_ArrayForEach(bus, ctl_member(status, "buses")) cJSON_ArrayForEach(unit, ctl_member(bus, "units"))
    {
        *bus_id = ctl_text(bus, "id");
        if (strcmp(ctl_text(unit, "desk"), desk) == 0)
            return unit;
    }
    return NULL;
}

/* In the order of the hall file: that is how people walk. */
static int plan(struct walk *walk, const char *zone)
{
    cJSON *status;
    const cJSON *desk;
    int result = ctl_ask_quietly(walk->ctl, ctl_request("status"), &status);
    cJSON_ArrayForEach(desk, ctl_member(status, "desks"))
    {
        const char *bus;
        const cJSON *unit = unit_of(status, ctl_text(desk, "desk"), &bus);
        if (!unit || (zone && strcmp(ctl_text(unit, "zone"), zone) != 0) || walk->nstops == STOPS_MAX)
            continue;
        struct stop *stop = &walk->stop[walk->nstops++];
        snprintf(stop->desk, sizeof stop->desk, "%s", ctl_text(desk, "desk"));
        snprintf(stop->label, sizeof stop->label, "%s", ctl_text(unit, "label"));
        snprintf(stop->place, sizeof stop->place, "%.32s/%.0f", bus, ctl_number(unit, "unit"));
    }
    cJSON_Delete(status);
    if (result == CTL_OK && !walk->nstops)
        return ctl_complain(walk->ctl, CTL_REFUSED,
                            zone ? "no desk of zone \"%s\" has a LED board" : "no desk has a LED board%s",
                            zone ? zone : "");
    return result;
}

static int tell(struct walk *walk, const char *command, const struct stop *stop)
{
    cJSON *reply, *request = ctl_request(command);
    cJSON_AddStringToObject(request, "desk", stop->desk);
    cJSON_AddNumberToObject(request, "seconds", SHOW_S);
    int status = ctl_ask_quietly(walk->ctl, request, &reply);
    cJSON_Delete(reply);
    return status;
}

static enum answer parse(const char *line)
{
    switch (line[0]) {
    case 'n': return ANSWER_WRONG;
    case 'b': return ANSWER_BACK;
    case 'q': return ANSWER_QUIT;
    default: return ANSWER_RIGHT;
    }
}

/* A line of the technician, or of a script; the end of it is the end of the walk. */
static enum answer listen(struct walk *walk, const struct stop *stop)
{
    char line[64];
    struct pollfd wait = { .fd = STDIN_FILENO, .events = POLLIN };
    const struct timespec again = { .tv_sec = AGAIN_S };
    size_t length = 0;
    int ready;
    while ((ready = ppoll(&wait, 1, &again, &walk->signals)) == 0)
        tell(walk, "led-walk", stop);
    if (ready < 0) {
        if (!walk->ctl->is_json)
            fputc('\n', walk->ctl->out); /* behind ^C */
        return ANSWER_QUIT;
    }
    while (length < sizeof line - 1) { /* no stdio: it would swallow the lines that poll() has to see */
        ssize_t got = read(STDIN_FILENO, line + length, 1);
        if (got <= 0 && length == 0)
            return ANSWER_QUIT;
        if (got <= 0 || line[length] == '\n')
            break;
        length++;
    }
    line[length] = '\0';
    return parse(line);
}

static void ask_people(struct walk *walk, unsigned at)
{
    const struct stop *stop = &walk->stop[at];
    if (walk->ctl->is_json)
        return;
    ctl_say(
        walk->ctl->out,
        "%u of %u: does \"%s\" blink above desk %s (%s)?  Enter: right, n: wrong or dark, b: back, q: quit",
        at + 1, walk->nstops, stop->label, stop->desk, stop->place);
    fflush(walk->ctl->out);
}

static int go(struct walk *walk)
{
    for (unsigned at = 0; at < walk->nstops;) {
        struct stop *stop = &walk->stop[at];
        int status = tell(walk, "led-walk", stop);
        if (status == CTL_UNREACHABLE)
            return status;
        if (status != CTL_OK) { /* a board that cannot show its number is told of, and is wrong */
            stop->verdict = VERDICT_WRONG;
            at++;
            continue;
        }
        ask_people(walk, at);
        enum answer answer = listen(walk, stop);
        status = tell(walk, "led-end", stop);
        if (status != CTL_OK || answer == ANSWER_QUIT)
            return status;
        if (answer == ANSWER_BACK) {
            at -= at > 0;
            continue;
        }
        stop->verdict = answer == ANSWER_RIGHT ? VERDICT_RIGHT : VERDICT_WRONG;
        at++;
    }
    return CTL_OK;
}

static const char *const verdicts[] = { "not looked at", "right", "wrong or dark" };

static unsigned print_result(const struct walk *walk)
{
    struct ctl_table table;
    unsigned good = 0;
    ctl_table_init(&table, "DESK|BOARD|NUMBER|RESULT");
    for (unsigned i = 0; i < walk->nstops; i++) {
        const struct stop *stop = &walk->stop[i];
        good += stop->verdict == VERDICT_RIGHT;
        ctl_cell(&table, "%s", stop->desk);
        ctl_cell(&table, "%s", stop->place);
        ctl_cell(&table, "%s", stop->label);
        ctl_cell(&table, "%s", verdicts[stop->verdict]);
    }
    ctl_table_print(&table, walk->ctl->out);
    return good;
}

static unsigned print_json(const struct walk *walk)
{
    unsigned good = 0;
    cJSON *result = cJSON_CreateObject(), *desks = cJSON_CreateArray();
    for (unsigned i = 0; i < walk->nstops; i++) {
        const struct stop *stop = &walk->stop[i];
        cJSON *desk = cJSON_CreateObject();
        good += stop->verdict == VERDICT_RIGHT;
        cJSON_AddStringToObject(desk, "desk", stop->desk);
        cJSON_AddStringToObject(desk, "board", stop->place);
        cJSON_AddStringToObject(desk, "result", verdicts[stop->verdict]);
        cJSON_AddItemToArray(desks, desk);
    }
    cJSON_AddBoolToObject(result, "ok", good == walk->nstops);
    cJSON_AddItemToObject(result, "desks", desks);
    char *line = cJSON_PrintUnformatted(result);
    fprintf(walk->ctl->out, "%s\n", line ? line : "{}");
    cJSON_free(line);
    cJSON_Delete(result);
    return good;
}

static void wake(int number)
{
    (void)number;
}

/* Ctrl-C ends the walk like q. */
static int go_until_signal(struct walk *walk)
{
    struct sigaction action = { .sa_handler = wake }, interrupt, terminate;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &walk->signals);
    sigaction(SIGINT, &action, &interrupt);
    sigaction(SIGTERM, &action, &terminate);
    int status = go(walk);
    sigprocmask(SIG_SETMASK, &walk->signals, NULL);
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGTERM, &terminate, NULL);
    return status;
}

int ctl_led_walk(struct ctl *ctl, const struct ctl_args *args)
{
    static struct walk walk; /* large */
    walk = (struct walk){ .ctl = ctl };
    int status = plan(&walk, args->nwords ? args->word[0] : NULL);
    if (status == CTL_OK)
        status = go_until_signal(&walk);
    if (status != CTL_OK)
        return status;
    unsigned good = ctl->is_json ? print_json(&walk) : print_result(&walk);
    if (good < walk.nstops)
        return ctl_complain(ctl, CTL_REFUSED, "%u of %u boards are right", good, walk.nstops);
    return CTL_OK;
}
