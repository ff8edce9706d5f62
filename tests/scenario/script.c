#include "tests/scenario/script.h"

#include "board/board.h"
#include "board/paint/png.h"
#include "fonts/face.h"
#include "tests/scenario/buses.h"
#include "tests/scenario/eyes.h"
#include "tests/scenario/moment.h"
#include "tests/scenario/office.h"
#include "tests/scenario/verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX    16
#define START_US     (1000 * SECOND_US)
#define GROWTH_BYTES 32768 /* glyphs of a size that was not needed before; one letter on its way is more */

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

/* ---- words ----------------------------------------------------------------------------------- */

static bool is_word(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

static int index_of(const char *word, const char *const *names, unsigned count)
{
    for (unsigned i = 0; word && i < count; i++)
        if (strcmp(word, names[i]) == 0)
            return (int)i;
    return -1;
}

static int desk_of(const char *word)
{
    int desk = word ? config_desk_index(script.config, word) : NONE;
    if (desk < 0)
        complain("the hall file has no desk \"%s\"", word ? word : "");
    return desk;
}

static int screen_of(const char *word)
{
    for (unsigned i = 0; word && i < script.config->nscreens; i++)
        if (strcmp(script.config->screen[i].device.id, word) == 0)
            return (int)i;
    complain("the hall file has no screen \"%s\"", word ? word : "");
    return -1;
}

/* ---- events ---------------------------------------------------------------------------------- */

static void act(struct action *action, const char *desk)
{
    int index = desk_of(desk);
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
            action.visit.from = (int16_t)desk_of(*++more);
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
    int desk = desk_of(word[0]);
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
    int screen = screen_of(word[0]);
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

/* ---- expectations ---------------------------------------------------------------------------- */

static const struct panel *panel_of(const struct view *view, const char *ticket, const char *desk)
{
    int index = desk ? desk_of(desk) : NONE;
    for (unsigned i = 0; i < view->npanels; i++)
        if (strcmp(view->panel[i].ticket, ticket) == 0 && (!desk || view->panel[i].desk == index))
            return &view->panel[i];
    return NULL;
}

static bool is_listed(const char list[][TICKET_SIZE], unsigned count, const char *ticket)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(list[i], ticket) == 0)
            return true;
    return false;
}

static void expect_panel(const char *screen, const struct view *view, char **word)
{
    const struct panel *panel = panel_of(view, word[1], is_word(word[2], "desk") ? word[3] : NULL);
    if (is_word(word[0], "not") && panel)
        complain("screen %s shows %s at desk %s", screen, word[1], script.config->desk[panel->desk].id);
    if (is_word(word[0], "not"))
        return;
    if (!panel)
        complain("screen %s does not show %s%s%s; its sign is %s", screen, word[1],
                 word[2] ? " at desk " : "", word[2] && word[3] ? word[3] : "", sign_names[view->sign]);
    else if (panel->is_new != is_word(word[0], "features"))
        complain("screen %s shows %s, but %s", screen, word[1], panel->is_new ? "as new" : "not as new");
}

static void expect_screen(char **word)
{
    static const char *const screen_words[] = { "recent", "missed", "sign", "panels", "clock" };
    int screen = screen_of(word[0]);
    if (screen < 0 || !word[1] || !word[2]) {
        complain("expect screen SCREEN features|shows|not|recent|missed TICKET [desk DESK], sign SIGN, "
                 "panels N, clock TIME");
        return;
    }
    const struct view *view = eyes_view((unsigned)screen);
    const char *what = word[1], *value = word[2];
    if (is_word(what, "features") || is_word(what, "shows") || is_word(what, "not"))
        expect_panel(word[0], view, word + 1);
    else if (is_word(what, "recent") && !is_listed(view->recent, view->nrecent, value))
        complain("the list of screen %s has no %s", word[0], value);
    else if (is_word(what, "missed") && !is_listed(view->missed, view->nmissed, value))
        complain("the missed ones of screen %s are without %s", word[0], value);
    else if (is_word(what, "sign") && index_of(value, sign_names, SIGNS) != (int)view->sign)
        complain("the sign of screen %s is %s, not %s", word[0], sign_names[view->sign], value);
    else if (is_word(what, "panels") && view->npanels != strtoul(value, NULL, 10))
        complain("screen %s has %u panels, not %s", word[0], view->npanels, value);
    else if (is_word(what, "clock") && !strstr(view->clock, value))
        complain("the clock of screen %s is %s, not %s", word[0], view->clock, value);
    else if (index_of(what, screen_words, sizeof screen_words / sizeof *screen_words) < 0)
        complain("\"%s\": nothing that a screen can be asked for", what);
}

static void expect_led(char **word)
{
    int desk = desk_of(word[0]);
    bool is_blinking = false;
    const char *glass = desk >= 0 ? buses_glass(script.config, desk, &is_blinking) : NULL;
    struct led_unit_status status = { 0 };
    if (!glass || !word[1]) {
        complain("expect led DESK \"TEXT\" [blinking|steady], or trouble");
        return;
    }
    if (eyes_board() && eyes_board()->desks)
        desks_unit_status(eyes_board()->desks, desk, &status);
    if (is_word(word[1], "trouble")) {
        if (!status.is_dead)
            complain("the LED board of desk %s is not told as dead", word[0]);
        return;
    }
    if (strcmp(glass, word[1]) != 0 || (word[2] && is_blinking != is_word(word[2], "blinking")))
        complain("the LED board of desk %s shows \"%s\"%s", word[0], glass, is_blinking ? " blinking" : "");
}

static void expect_chimes(char **word)
{
    unsigned wanted = (unsigned)strtoul(word[0], NULL, 10);
    bool is_bound = is_word(word[1], "at-most");
    if (is_bound ? eyes_chimes() > wanted : eyes_chimes() != wanted)
        complain("the chime has sounded %u times, not %s%u", eyes_chimes(), is_bound ? "at most " : "",
                 wanted);
}

static void expect_receipt(char **word)
{
    const char *result = eyes_receipt_of(word[0]);
    if (!result || !word[1] || strcmp(result, word[1]) != 0)
        complain("the receipt of %s says %s, not %s", word[0], result ? result : "nothing yet",
                 word[1] ? word[1] : "");
}

/* Every desk: what the board believes is what the server knows. */
static void expect_truth(char **word)
{
    (void)word;
    const struct queue_server *server = office_truth();
    for (int i = 0; i < script.config->ndesks; i++) {
        const char *ticket = server->desk[i].phase == PHASE_IDLE ? "" : server->desk[i].visit.ticket;
        const char *shown = eyes_board() ? eyes_board()->hall.desk[i].ticket : "(off)";
        if (strcmp(ticket, shown) != 0)
            complain("desk %s has \"%s\", and the board believes \"%s\"", script.config->desk[i].id, ticket,
                     shown);
    }
}

/* ---- growth ---------------------------------------------------------------------------------- */

struct growth {
    unsigned long descriptors, heap_bytes;
};

static struct growth measure(void)
{
    struct growth growth = { .heap_bytes = mallinfo2().uordblks };
    for (int fd = 0; fd < 1024; fd++)
        growth.descriptors += fcntl(fd, F_GETFD) >= 0;
    return growth;
}

static struct growth grown;

static void expect_growth(char **word)
{
    (void)word;
    grown = measure();
}

static void expect_no_growth(char **word)
{
    (void)word;
    struct growth now = measure();
    if (now.descriptors != grown.descriptors)
        complain("descriptors: %lu before, %lu now", grown.descriptors, now.descriptors);
    if (now.heap_bytes > grown.heap_bytes + GROWTH_BYTES)
        complain("heap: %lu bytes before, %lu now", grown.heap_bytes, now.heap_bytes);
}

static const struct expectation {
    const char *what;
    void (*fn)(char **word);
    unsigned least;
} expectations[] = {
    { "screen", expect_screen, 3 },       { "led", expect_led, 2 },
    { "chimes", expect_chimes, 1 },       { "receipt", expect_receipt, 2 },
    { "truth", expect_truth, 0 },         { "growth-from-here", expect_growth, 0 },
    { "no-growth", expect_no_growth, 0 },
};

static unsigned count_words(char **word)
{
    unsigned count = 0;
    while (word[count])
        count++;
    return count;
}

static void do_expect(char **word)
{
    script.expectations++;
    for (unsigned i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        if (!is_word(word[0], expectations[i].what))
            continue;
        if (count_words(word + 1) < expectations[i].least)
            complain("expect %s: too few words", word[0]);
        else
            expectations[i].fn(word + 1);
        return;
    }
    complain("\"%s\": expect screen, led, chimes, receipt or truth", word[0]);
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
