#include "tests/scenario/script.h"

#include "board/board.h"
#include "board/paint/png.h"
#include "fonts/face.h"
#include "tests/scenario/buses.h"
#include "tests/scenario/expect.h"
#include "tests/scenario/eyes.h"
#include "tests/scenario/moment.h"
#include "tests/scenario/office.h"
#include "tests/scenario/verdict.h"
#include "tests/scenario/words.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 16
#define START_US  (1000 * SECOND_US)

struct line {
    unsigned number;
    int64_t at_us;
    unsigned nwords;
    char *word[WORDS_MAX + 1]; /* from the verb on; NULL behind the last one */
};

static struct script {
    const char *name;
    const struct script_run *run;
    struct config *config; /* the world's own copy of the hall */
    struct config_paths paths;
    char hall[512], rundir[300];
    int64_t wall_s; /* local time at the start, as if it were UTC */
    struct line *line;
    unsigned nlines, next;
    struct alarm alarm;
    bool is_on, is_over;
    unsigned events, expectations;
} script;

/* ---- events ---------------------------------------------------------------------------------- */

static void act(struct action *action, const char *desk)
{
    int index = desk_of(script.config, desk);
    if (index < 0)
        return;
    action->desk = (uint16_t)index;
    int rc = office_do(action);
    if (rc < 0)
        complain("the office cannot do that: %s", strerror(-rc));
}

static void do_call(char **word)
{
    struct action action = { .act = ACT_CALL, .visit = { .lane = LANE_WALKIN, .from = NONE } };
    snprintf(action.visit.ticket, sizeof action.visit.ticket, "%s", word[1]);
    for (char **more = word + 2; *more; more++) {
        if (is_word(*more, "booked"))
            action.visit.lane = LANE_BOOKED;
        else if (is_word(*more, "from") && more[1])
            action.visit.from = (int16_t)desk_of(script.config, *++more);
        else
            complain("\"%s\": a call takes \"booked\" and \"from DESK\"", *more);
    }
    act(&action, word[0]);
}

static void do_recall(char **word)
{
    act(&(struct action){ .act = ACT_RECALL, .visit.from = NONE }, word[0]);
}

static void do_serve(char **word)
{
    act(&(struct action){ .act = ACT_SERVE, .visit.from = NONE }, word[0]);
}

static void do_clear(char **word)
{
    int reason = index_of(word[1], clear_reason_names, CLEAR_REASONS);
    struct action action = { .act = ACT_CLEAR, .reason = (uint8_t)reason, .visit.from = NONE };
    if (reason < 0) {
        complain("\"%s\": a visit ends as done, no_show, parked or transferred", word[1]);
        return;
    }
    if (word[2])
        snprintf(action.to, sizeof action.to, "%s", word[2]);
    act(&action, word[0]);
}

static void do_desk(char **word)
{
    int status = index_of(word[1], desk_status_names, DESK_STATUSES);
    if (status < 0)
        complain("\"%s\": a desk is open, paused or closed", word[1]);
    else
        act(&(struct action){ .act = ACT_DESK, .status = (uint8_t)status, .visit.from = NONE }, word[0]);
}

static void do_notice(char **word)
{
    static struct notice notice;
    int level = index_of(word[1], notice_level_names, NOTICE_LEVELS);
    notice = (struct notice){ .level = (uint8_t)(level < 0 ? 0 : level) };
    snprintf(notice.id, sizeof notice.id, "%s", word[0]);
    if (level < 0 && !is_word(word[1], "off")) {
        complain("\"%s\": a notice is an info or an alert with a text, or off", word[1]);
        return;
    }
    for (unsigned i = 0; level >= 0 && word[2] && i < script.config->nlangs; i++) {
        struct notice_text *text = &notice.text[notice.ntexts++];
        snprintf(text->lang, sizeof text->lang, "%s", script.config->lang[i]);
        snprintf(text->text, sizeof text->text, "%s", word[2]);
    }
    int rc = office_do(&(struct action){ .act = ACT_NOTICE, .notice = &notice, .visit.from = NONE });
    if (rc < 0)
        complain("the office cannot do that: %s", strerror(-rc));
}

static void do_broker(char **word)
{
    if (is_word(word[0], "lost") || is_word(word[0], "back"))
        office_broker(is_word(word[0], "back"));
    else
        complain("\"%s\": the broker is lost or back", word[0]);
}

static void do_server(char **word)
{
    if (is_word(word[0], "away") || is_word(word[0], "back"))
        office_server(is_word(word[0], "back"));
    else if (is_word(word[0], "restart"))
        office_restart(!is_word(word[1], "forgets"));
    else
        complain("\"%s\": the server is away, back, or does a restart (forgets)", word[0]);
}

/* The process ends as after a signal 9 as far as anybody can see: it says and shows nothing any more. */
static void end_board(bool has_said_goodbye)
{
    if (!script.is_on)
        return;
    script.is_on = false;
    office_board_died(has_said_goodbye);
    kill(getpid(), SIGTERM);
}

static void forget_run(void)
{
    char path[400];
    snprintf(path, sizeof path, "%s/feed", script.rundir);
    unlink(path);
}

static void do_power(char **word)
{
    bool is_back = is_word(word[0], "back");
    if (!is_back && !is_word(word[0], "cut")) {
        complain("\"%s\": the power is cut or back", word[0]);
        return;
    }
    buses_power_all(is_back);
    if (!is_back) {
        end_board(false);
        forget_run();
    }
    script.is_on = is_back;
}

static void do_board(char **word)
{
    if (is_word(word[0], "killed"))
        end_board(false);
    else if (is_word(word[0], "stops"))
        end_board(true);
    else if (is_word(word[0], "starts"))
        script.is_on = true;
    else
        complain("\"%s\": the board is killed, stops, or starts", word[0]);
}

static void do_bus(char **word)
{
    bool is_cut = is_word(word[1], "cut");
    if (!is_cut && !is_word(word[1], "whole"))
        complain("\"%s\": a bus is cut or whole", word[1]);
    else if (buses_cut(word[0], is_cut) < 0)
        complain("the hall file has no bus \"%s\"", word[0]);
}

static void do_led(char **word)
{
    int desk = desk_of(script.config, word[0]);
    if (!is_word(word[1], "off") && !is_word(word[1], "on"))
        complain("\"%s\": a LED board is off or on", word[1]);
    else if (desk >= 0 && buses_power(script.config, desk, is_word(word[1], "on")) < 0)
        complain("desk %s has no LED board", word[0]);
}

static bool parse_time(const char *text, int64_t *us)
{
    unsigned hours, minutes;
    double seconds;
    int used = 0;
    if (sscanf(text, "+%2u:%2u:%lf%n", &hours, &minutes, &seconds, &used) != 3 || text[used] ||
        minutes > 59 || !(seconds >= 0 && seconds < 60))
        return false;
    *us = START_US + (hours * 60 + minutes) * INT64_C(60000000) + (int64_t)(seconds * 1e6 + 0.5);
    return true;
}

static void do_visitors(char **word)
{
    struct rush rush = { .burst_every_s = 60 };
    for (; *word; word += 2) {
        const char *value = word[1] ? word[1] : "";
        bool is_fine = true;
        if (is_word(*word, "a-minute"))
            is_fine = (rush.per_minute = strtod(value, NULL)) > 0;
        else if (is_word(*word, "burst"))
            is_fine = (rush.burst = (unsigned)strtoul(value, NULL, 10)) > 0;
        else if (is_word(*word, "every"))
            is_fine = (rush.burst_every_s = (unsigned)strtoul(value, NULL, 10)) > 0;
        else if (is_word(*word, "until"))
            is_fine = parse_time(value, &rush.until_us);
        else
            is_fine = false;
        if (!is_fine || !word[1]) {
            complain("\"%s %s\": visitors take a-minute N, burst N, every SECONDS, until +HH:MM:SS", *word,
                     value);
            return;
        }
    }
    if (rush.per_minute > 0)
        office_rush(&rush);
    else
        complain("visitors: how many? a-minute N");
}

static void do_clock(char **word)
{
    char *end;
    long by_s = strtol(word[0], &end, 10);
    if (*end || !*word[0])
        complain("\"%s\": the clock steps by seconds, as -120", word[0]);
    else
        moment_step_wall(by_s);
}

static void write_picture(struct wall *wall, const char *path)
{
    struct screen_buffer front;
    int error = wall->screen ? wall->ops->front(wall->screen, &front) : -ENODEV;
    if (error == 0)
        error = png_write(&front, path);
    if (error < 0)
        complain("%s: %s", path, strerror(-error));
}

static void do_picture(char **word)
{
    char path[512];
    int screen = screen_of(script.config, word[0]);
    snprintf(path, sizeof path, "%s/%s", script.run->folder, word[1]);
    if (screen >= 0 && !eyes_board())
        complain("no picture: the board is off");
    else if (screen >= 0)
        write_picture(&eyes_board()->wall[screen], path);
}

static void do_end(char **word)
{
    (void)word;
    script.is_over = true;
    end_board(true);
}

static void do_expect(char **word)
{
    script.expectations++;
    expect(script.config, word);
}

static const struct verb {
    const char *name;
    void (*fn)(char **word);
    unsigned least; /* words behind it */
} verbs[] = {
    { "call", do_call, 2 },       { "recall", do_recall, 1 },     { "serve", do_serve, 1 },
    { "clear", do_clear, 2 },     { "desk", do_desk, 2 },         { "notice", do_notice, 2 },
    { "broker", do_broker, 1 },   { "server", do_server, 1 },     { "power", do_power, 1 },
    { "board", do_board, 1 },     { "bus", do_bus, 2 },           { "led", do_led, 2 },
    { "clock", do_clock, 1 },     { "visitors", do_visitors, 2 }, { "expect", do_expect, 1 },
    { "picture", do_picture, 2 }, { "end", do_end, 0 },
};

static const struct verb *verb_of(const char *name)
{
    for (unsigned i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Splits in place: blanks between words, quotes around a word with blanks. */
static unsigned split(char *text, char **word)
{
    unsigned count = 0;
    while (count < WORDS_MAX) {
        text += strspn(text, " \t\r");
        if (!*text || *text == '#')
            break;
        bool is_quoted = *text == '"';
        word[count++] = text += is_quoted;
        text += strcspn(text, is_quoted ? "\"" : " \t\r");
        if (!*text)
            break;
        *text++ = '\0';
    }
    word[count] = NULL;
    return count;
}

static bool read_head(char **word)
{
    struct tm tm = { .tm_mday = 1 };
    int year, month;
    if (is_word(word[0], "hall") && word[1]) {
        snprintf(script.hall, sizeof script.hall, "%s", word[1]);
        return true;
    }
    if (!is_word(word[0], "begins") || !word[1] || !word[2] ||
        sscanf(word[1], "%d-%d-%d", &year, &month, &tm.tm_mday) != 3 ||
        sscanf(word[2], "%d:%d:%d", &tm.tm_hour, &tm.tm_min, &tm.tm_sec) < 2)
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    script.wall_s = timegm(&tm);
    return true;
}

static void read_event(struct line *line, char **word, unsigned count)
{
    const struct verb *verb = count > 1 ? verb_of(word[1]) : NULL;
    if (!parse_time(word[0], &line->at_us))
        complain(
            "\"%s\": a line begins with its time, as +00:03:10, or is \"hall FILE\" or \"begins DATE TIME\"",
            word[0]);
    else if (!verb)
        complain("\"%s\" is nothing that happens", count > 1 ? word[1] : "");
    else if (count - 2 < verb->least)
        complain("%s: too few words", verb->name);
    else if (script.nlines && line->at_us < script.line[script.nlines - 1].at_us)
        complain("%s is before the line above", word[0]);
    else
        script.nlines++;
    line->nwords = count - 1;
    memcpy(line->word, word + 1, count * sizeof *word);
}

/* `text` is taken to pieces, and must outlive the lines. */
static void read_lines(char *text)
{
    unsigned number = 0;
    size_t most = 1;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        most++;
    script.line = calloc(most + 1, sizeof *script.line);
    for (char *next; text && *text; text = next) {
        char *word[WORDS_MAX + 1];
        next = strchr(text, '\n');
        if (next)
            *next++ = '\0';
        struct line *line = &script.line[script.nlines];
        line->number = ++number;
        verdict_at(script.name, number);
        unsigned count = split(text, word);
        if (count > 0 && !read_head(word))
            read_event(line, word, count);
    }
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;
    if (file && getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = NULL;
    }
    if (file)
        fclose(file);
    if (!text)
        complain("%s: %s", path, file ? "is empty" : strerror(errno));
    return text;
}

/* ---- playing --------------------------------------------------------------------------------- */

static void step(void *data, int64_t now_us)
{
    (void)data;
    while (script.next < script.nlines && script.line[script.next].at_us <= now_us && !script.is_over) {
        struct line *line = &script.line[script.next++];
        verdict_at(script.name, line->number);
        script.events++;
        verb_of(line->word[0])->fn(line->word + 1);
        eyes_check();
    }
    if (script.next < script.nlines && !script.is_over)
        script.alarm.at_us = script.line[script.next].at_us;
    else if (!script.is_over)
        do_end(NULL);
}

static void print_error(void *data, const char *line)
{
    (void)data;
    complain("%s", line);
}

static struct config *load_hall(void)
{
    struct json_report report = { .line = print_error };
    struct config *config = config_load(script.hall, &script.paths, &report);
    for (unsigned i = 0; config && i < config->nscreens; i++)
        config->screen[i].device.path[0] = '\0';
    for (unsigned i = 0; config && i < config->nchimes; i++)
        snprintf(config->chime[i].device.file, sizeof config->chime[i].device.file, "/dev/null");
    return config;
}

static void run_board(void)
{
    char error[200] = "";
    struct config *config = load_hall();
    struct fonts *fonts = fonts_create(&font_files_debian, error, sizeof error);
    script.is_on = config && fonts;
    if (!script.is_on || board_run(config, &script.paths, fonts) != 0) {
        complain("the board does not start: %s", error);
        script.is_over = true;
    }
    script.is_on = false;
    eyes_board_gone();
}

static int64_t offset_s(int64_t utc_s)
{
    struct tm tm;
    time_t utc = (time_t)utc_s;
    localtime_r(&utc, &tm);
    return tm.tm_gmtoff;
}

/* The offset of now, not that of the moment which is called so in Greenwich: a change of the clocks may lie between. */
static int64_t start_s(void)
{
    setenv("TZ", script.config->timezone, 1);
    tzset();
    return script.wall_s - offset_s(script.wall_s - offset_s(script.wall_s));
}

static void begin_world(void)
{
    int64_t wall_s = start_s();
    moment_begin(wall_s, script.run->seed);
    eyes_begin(script.config);
    buses_begin(script.config);
    office_begin(script.config, wall_s * 1000, script.run->seed ^ UINT64_C(0x6b657a656b));
    alarm_add(&script.alarm, step, NULL);
    script.alarm.at_us = script.nlines ? script.line[0].at_us : START_US;
    script.is_on = true;
}

static void play(void)
{
    script.config = load_hall();
    if (!script.config)
        return;
    begin_world();
    while (!script.is_over) {
        if (script.is_on)
            run_board();
        else
            moment_pass();
    }
}

static void end_world(void)
{
    office_end();
    eyes_end();
    buses_end();
    config_destroy(script.config);
}

static void find_hall(const char *given)
{
    char name[512];
    snprintf(name, sizeof name, "%s", given ? given : script.hall[0] ? script.hall : "sim/demo.json");
    const char *source = getenv("KEZEK_SOURCE");
    snprintf(script.hall, sizeof script.hall, "%s/%.400s", source ? source : ".", name);
}

void script_play(const char *name, const char *text, const struct script_run *run,
                 struct script_result *result)
{
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM); /* how a board is ended; it reads the signal from a descriptor */
    sigprocmask(SIG_BLOCK, &term, NULL);
    script = (struct script){ .name = name, .run = run, .wall_s = 1795438800 /* 2026-11-23 13:00 */ };
    moment_begin(0, run->seed);
    verdict_begin(run->trace, run->is_quiet);
    snprintf(script.rundir, sizeof script.rundir, "%s/run", run->folder);
    setenv("KEZEK_RUNDIR", script.rundir, 1);
    forget_run();
    char *copy = text ? strdup(text) : read_file(name);
    if (copy)
        read_lines(copy);
    find_hall(run->hall);
    if (complaints() == 0)
        play();
    *result = (struct script_result){ .complaints = complaints(),
                                      .events = script.events,
                                      .expectations = script.expectations,
                                      .virtual_us = moment_us() - START_US };
    if (script.config) {
        result->chimes = eyes_chimes();
        result->frames = eyes_frames();
        result->calls = office_calls();
        end_world();
    }
    free(script.line);
    free(copy);
}
