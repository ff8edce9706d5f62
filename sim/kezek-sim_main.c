/* kezek-sim: the hall around the board. */
#include "board/console/http.h"
#include "board/log.h"
#include "sim/page.h"

#include <ctype.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

struct options {
    const char *hall_file;
    char host[64];
    uint16_t port;
    uint64_t seed;
    enum pace pace;
    bool has_server;
    struct wires_config wires;
};

struct sim {
    struct loop *loop;
    struct loop_source *signals;
    int signal_fd;
    struct config *hall;
    struct wires wires;
    struct page *page;
    struct queue *queue;
};

static void usage(FILE *out)
{
    fputs(
        "Usage: kezek-sim [-c FILE] [OPTIONS]\n\n"
        "The hall around the board: LED boards as Modbus slaves on ptys at the buses' device paths, a queue\n"
        "server with visitors, and a page that shows and sounds what the board does.\n\n"
        "  -c, --config FILE        the hall file; /etc/kezek/hall.json when left out\n"
        "      --listen ADDR:PORT   of the page; 127.0.0.1:8000 when left out, port 0 is a free one\n"
        "      --pace off|quiet|rush  how many visitors come; quiet when left out\n"
        "      --seed N             of visitors and faults: the same seed gives the same day; 1 when left "
        "out\n"
        "      --wire paced|instant  bytes to and from LED boards take the time of the bus's speed, or "
        "none;\n"
        "                           paced when left out\n"
        "      --fault KIND=PERMILLE  of the requests to each LED board; may be given again: lost, mute, "
        "late, stale,\n"
        "                           wrong-unit, noise, garbage-before, garbage-after, half, refuse, echo, "
        "babble, reboot,\n                           unplug\n"
        "      --no-server          LED boards and page only: somebody else is the queue server\n"
        "      --help, --version\n",
        out);
}

static bool parse_pace(const char *text, enum pace *pace)
{
    for (unsigned i = 0; i < PACES; i++) {
        if (strcmp(text, i == PACE_NONE ? "off" : pace_names[i]) != 0)
            continue;
        *pace = (enum pace)i;
        return true;
    }
    return false;
}

/* "127.0.0.1:8000", "[::1]:8000" */
static bool parse_listen(const char *text, struct options *options)
{
    char *end;
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text)
        return false;
    unsigned long port = strtoul(colon + 1, &end, 10);
    bool has_brackets = text[0] == '[' && colon[-1] == ']';
    int length = (int)(colon - text) - 2 * has_brackets;
    if (end == colon + 1 || *end || port > 65535 || length < 1 || (size_t)length >= sizeof options->host)
        return false;
    options->port = (uint16_t)port;
    snprintf(options->host, sizeof options->host, "%.*s", length, text + has_brackets);
    return true;
}

static bool parse_seed(const char *text, uint64_t *seed)
{
    char *end;
    *seed = strtoull(text, &end, 10);
    return end != text && !*end;
}

/* "noise=20" */
static bool parse_fault(const char *text, struct wires_faults *faults)
{
    char name[32];
    const char *equals = strchr(text, '=');
    if (!equals || equals - text >= (int)sizeof name)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    uint16_t *fault = wires_fault(faults, name);
    char *end = NULL;
    unsigned long permille = strtoul(equals + 1, &end, 10);
    if (!fault || !isdigit((unsigned char)equals[1]) || *end || permille > 1000)
        return false;
    *fault = (uint16_t)permille;
    return true;
}

enum {
    OPTION_LISTEN = 256,
    OPTION_PACE,
    OPTION_SEED,
    OPTION_WIRE,
    OPTION_FAULT,
    OPTION_NO_SERVER,
    OPTION_HELP,
    OPTION_VERSION
};

static const struct option long_options[] = {
    { "config", required_argument, NULL, 'c' },
    { "listen", required_argument, NULL, OPTION_LISTEN },
    { "pace", required_argument, NULL, OPTION_PACE },
    { "seed", required_argument, NULL, OPTION_SEED },
    { "wire", required_argument, NULL, OPTION_WIRE },
    { "fault", required_argument, NULL, OPTION_FAULT },
    { "no-server", no_argument, NULL, OPTION_NO_SERVER },
    { "help", no_argument, NULL, OPTION_HELP },
    { "version", no_argument, NULL, OPTION_VERSION },
    { 0 },
};

/* False with what is wrong. */
static bool take_option(struct options *options, int option, const char *value)
{
    switch (option) {
    case 'c': options->hall_file = value; return true;
    case OPTION_NO_SERVER: options->has_server = false; return true;
    case OPTION_LISTEN:
        if (parse_listen(value, options))
            return true;
        fprintf(stderr, "kezek-sim: --listen %s is no ADDRESS:PORT, as in 127.0.0.1:8000\n", value);
        return false;
    case OPTION_PACE:
        if (parse_pace(value, &options->pace))
            return true;
        fprintf(stderr, "kezek-sim: --pace %s is not off, quiet or rush\n", value);
        return false;
    case OPTION_SEED:
        if (parse_seed(value, &options->seed)) {
            options->wires.seed = options->seed;
            return true;
        }
        fprintf(stderr, "kezek-sim: --seed %s is no whole number\n", value);
        return false;
    case OPTION_WIRE:
        options->wires.is_paced = strcmp(value, "paced") == 0;
        if (options->wires.is_paced || strcmp(value, "instant") == 0)
            return true;
        fprintf(stderr, "kezek-sim: --wire %s is not paced or instant\n", value);
        return false;
    case OPTION_FAULT:
        if (parse_fault(value, &options->wires.faults))
            return true;
        fprintf(stderr, "kezek-sim: --fault %s is no KIND=PERMILLE, as in noise=20; see kezek-sim --help\n",
                value);
        return false;
    default: fprintf(stderr, "kezek-sim: see kezek-sim --help\n"); return false;
    }
}

/* -1: go on; otherwise the exit status. */
static int parse(int argc, char **argv, struct options *options)
{
    for (int option; (option = getopt_long(argc, argv, "c:", long_options, NULL)) != -1;) {
        if (option == OPTION_HELP) {
            usage(stdout);
            return 0;
        }
        if (option == OPTION_VERSION) {
            printf("kezek-sim %s\n", KEZEK_VERSION);
            return 0;
        }
        if (!take_option(options, option, optarg))
            return EX_USAGE;
    }
    if (optind == argc)
        return -1;
    fprintf(stderr, "kezek-sim: \"%s\" is too much; see kezek-sim --help\n", argv[optind]);
    return EX_USAGE;
}

static void complain(void *data, const char *line)
{
    (void)data;
    fprintf(stderr, "kezek-sim: %s\n", line);
}

static void on_signal(void *data, uint32_t events)
{
    (void)events;
    loop_quit(data, 0);
}

static bool catch_signals(struct sim *sim)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL); /* before threads are made: they inherit it */
    sim->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    sim->signals = loop_add(sim->loop, sim->signal_fd, EPOLLIN, "signals", on_signal, sim->loop);
    return sim->signals != NULL;
}

static bool start_server(struct sim *sim, const struct options *options, char *error, size_t error_size)
{
    const struct queue_config config = { .hall = sim->hall, .seed = options->seed, .pace = options->pace };
    const struct queue_watch watch = {
        .data = sim->page, .event = page_event, .board = page_board, .link = page_link
    };
    if (!options->has_server)
        return true;
    sim->queue = queue_create(sim->loop, &config, &watch, error, error_size);
    if (sim->queue)
        page_attach(sim->page, sim->queue);
    return sim->queue != NULL;
}

static void on_leds(void *data)
{
    struct sim *sim = data;
    if (sim->page)
        page_leds(sim->page);
}

/* EX_CONFIG for the hall file, EX_UNAVAILABLE for what it needs. */
static int open_hall(struct sim *sim, const struct options *options)
{
    struct json_report report = { .line = complain };
    char error[256] = "out of memory";
    sim->hall = config_load(options->hall_file, NULL, &report);
    if (!sim->hall)
        return EX_CONFIG;
    setenv("TZ", sim->hall->timezone, 1); /* appointments are made in the hall's time */
    tzset();
    const struct page_config page = { .hall = sim->hall,
                                      .wires = &sim->wires,
                                      .host = options->host,
                                      .port = options->port,
                                      .pace = options->pace,
                                      .seed = options->seed };
    sim->loop = loop_create();
    /* The boards first: who finds the page may count on them. */
    bool is_wired = sim->loop && catch_signals(sim) &&
                    wires_init(&sim->wires, sim->loop, sim->hall, &options->wires, on_leds, sim, error,
                               sizeof error) == 0;
    if (is_wired)
        sim->page = page_create(sim->loop, &page, error, sizeof error);
    if (sim->page && start_server(sim, options, error, sizeof error))
        return 0;
    log_error("%s", error);
    return EX_UNAVAILABLE;
}

static void close_hall(struct sim *sim)
{
    if (sim->page)
        page_attach(sim->page, NULL);
    queue_destroy(sim->queue);
    wires_finish(&sim->wires);
    page_destroy(sim->page);
    if (sim->loop) {
        loop_remove(sim->signals);
        loop_destroy(sim->loop);
    }
    if (sim->signal_fd > 0)
        close(sim->signal_fd);
    config_destroy(sim->hall);
}

int main(int argc, char **argv)
{
    struct options options = { .hall_file = "/etc/kezek/hall.json",
                               .host = "127.0.0.1",
                               .port = 8000,
                               .seed = 1,
                               .pace = PACE_QUIET,
                               .has_server = true,
                               .wires = { .is_paced = true, .faults = WIRES_NO_FAULTS, .seed = 1 } };
    struct sim sim = { 0 };
    int status = parse(argc, argv, &options);
    if (status >= 0)
        return status;
    log_open("sim", LOG_LEVEL_INFO);
    status = open_hall(&sim, &options);
    if (status == 0) {
        char url[96];
        http_url(url, sizeof url, options.host, page_port(sim.page));
        log_info("the hall is at %s", url);
        status = loop_run(sim.loop) < 0 ? EX_OSERR : 0;
    }
    close_hall(&sim);
    return status;
}
