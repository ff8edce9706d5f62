#include "board/board.h"

#include "board/calls.h"
#include "board/journal.h"
#include "board/log.h"
#include "board/walls.h"
#include "board/walltime.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECORDS_AT_ONCE  64   /* between looks at the clock */
#define RECORDS_US       8000 /* half a vblank: bounds the time to the next paint in a flood */
#define HEALTH_US        30000000
#define HEALTH_CHANGE_US 1000000 /* changes are reported at most once a second */
#define NOTICE_AHEAD_MS  86400000
#define MEMORY_LAYOUT    1
#define FIRST_WISH_US                                                                                        \
    3000000 /* a server answers within one; what LED boards still show may be from yesterday */

void board_soon(struct board *board)
{
    loop_timer_at(board->turn_timer, 0);
}

/* ---- the link -------------------------------------------------------------------------------- */
/* A call more would owe a receipt more, and cost the oldest one. */
static bool are_receipts_stuck(const struct board *board)
{
    return board->has_unsent && receipts_are_full(&board->receipts);
}

static void wait_for_link(struct board *board)
{
    bool is_deaf = walls_are_flipping(board) || are_receipts_stuck(board);
    uint32_t events = (is_deaf ? 0 : EPOLLIN) | (board->has_unsent ? EPOLLOUT : 0);
    if (!board->link_source || events == board->link_events)
        return;
    loop_modify(board->link_source, events);
    board->link_events = events;
}

static bool send_outgoing(struct board *board)
{
    if (board->link_fd < 0)
        return false;
    int error = record_send(board->link_fd, &board->outgoing);
    board->has_unsent = error == -EAGAIN;
    return error == 0;
}

void board_publish(struct board *board, enum publish_topic topic, const char *text)
{
    size_t length = strlen(text);
    if (length >= PUBLISH_BYTES_MAX)
        log_error("a message of %zu bytes is left out: the limit is %d", length, PUBLISH_BYTES_MAX);
    if (board->has_unsent || length >= PUBLISH_BYTES_MAX)
        return;
    struct record_publish *publish = &board->outgoing.publish;
    board->outgoing.kind = RECORD_PUBLISH;
    publish->topic = (uint8_t)topic;
    publish->length = (uint16_t)length;
    memcpy(publish->text, text, length + 1);
    send_outgoing(board);
}

/* Receipts wait for a link that starts again, and for room in its socket. */
static bool can_send(const struct board *board)
{
    return board->link_fd >= 0 && !board->has_unsent;
}

static void send_receipts(struct board *board, int64_t now_us)
{
    static char text[PUBLISH_BYTES_MAX];
    struct receipt receipt;
    while (can_send(board) && receipts_take(&board->receipts, now_us, &receipt)) {
        if (message_format_receipt(text, sizeof text, &receipt) <= 0)
            continue;
        board_publish(board, PUBLISH_RECEIPT, text);
        if (!control_is_watched(board->control))
            continue;
        static char line[PUBLISH_BYTES_MAX + 32];
        snprintf(line, sizeof line, "{\"watch\":\"receipt\",%s", text + 1);
        control_tell(board->control, line);
    }
}

uint64_t board_open_receipt(struct board *board, const struct event *event, int64_t received_us)
{
    int64_t now_us = clock_us();
    if (receipts_make_room(&board->receipts, now_us))
        send_receipts(board, now_us);
    return receipts_open(&board->receipts, event, received_us);
}

static void note_link(struct board *board, const struct record_link *link, int64_t now_us)
{
    bool is_change =
        link->is_connected != board->link.is_connected || strcmp(link->why, board->link.why) != 0;
    board->link = *link;
    board->is_health_changed = true;
    if (is_change && link->is_connected)
        log_info("link: connected to %s (MQTT %s)", link->url, link->mqtt_version == 5 ? "5" : "3.1.1");
    else if (is_change)
        log_warn("link: %s", link->why);
    if (link->is_connected)
        feed_connected(board->feed, now_us);
    else
        feed_disconnected(board->feed, now_us);
    if (!control_is_watched(board->control))
        return;
    char line[256];
    snprintf(line, sizeof line, "{\"watch\":\"link\",\"connected\":%s,\"mqtt\":%u}",
             link->is_connected ? "true" : "false", link->mqtt_version);
    control_tell(board->control, line);
}

static void note_invalid(struct board *board, const struct record_invalid *invalid)
{
    if (board->invalid++ == 0)
        log_warn("feed: message on %s refused: %s; further ones are only counted", invalid->topic,
                 invalid->reason);
    if (!invalid->seq)
        return;
    struct event event = { .seq = invalid->seq };
    memcpy(event.epoch, invalid->epoch, sizeof event.epoch);
    uint64_t token = board_open_receipt(board, &event, clock_us());
    receipts_close(&board->receipts, token, RECEIPT_INVALID, invalid->reason);
}

static void take_message(struct board *board, const struct message *message, int64_t now_us)
{
    struct feed_sink sink = calls_sink(board);
    if (message->kind == MESSAGE_COMMAND) {
        commands_mqtt(board, &message->command);
        return;
    }
    feed_message(board->feed, message, now_us, &sink);
}

static void take_record(struct board *board, int64_t now_us)
{
    const struct record *record = &board->incoming;
    switch ((enum record_kind)record->kind) {
    case RECORD_MESSAGE: take_message(board, &record->message, now_us); break;
    case RECORD_INVALID: note_invalid(board, &record->invalid); break;
    case RECORD_LINK: note_link(board, &record->link, now_us); break;
    case RECORD_PUBLISH: break; /* ours alone */
    }
}

static void link_ready(void *data, uint32_t events)
{
    struct board *board = data;
    if (events & EPOLLOUT && board->has_unsent)
        send_outgoing(board);
    int64_t start_us = clock_us(), now_us = start_us;
    for (int i = 1; events & EPOLLIN && now_us - start_us < RECORDS_US && !are_receipts_stuck(board); i++) {
        if (i % RECORDS_AT_ONCE == 0)
            now_us = clock_us();
        int result = record_receive(board->link_fd, &board->incoming);
        if (result == -EBADMSG)
            continue;
        if (result <= 0)
            break; /* gone: SIGCHLD tells */
        take_record(board, now_us);
    }
    board_soon(board);
}

static void drop_link(struct board *board)
{
    loop_remove(board->link_source);
    board->link_source = NULL;
    if (board->link_fd >= 0)
        close(board->link_fd);
    board->link_fd = -1;
}

static void start_link(struct board *board, int64_t now_us)
{
    int pair[2];
    drop_link(board);
    board->link_start_us = now_us + 1000000;
    int error = record_pair(pair);
    if (error < 0) {
        log_error("link: no socket pair: %s; tried again", strerror(-error));
        return;
    }
    error = child_start(&board->link_child, board->config, pair[1], now_us);
    close(pair[1]);
    if (error < 0) {
        log_error("link: cannot start: %s; tried again", strerror(-error));
        close(pair[0]);
        return;
    }
    board->link_fd = pair[0];
    board->link_events = EPOLLIN;
    board->link_source = loop_add(board->loop, pair[0], EPOLLIN, "link", link_ready, board);
    board->link_start_us = INT64_MAX;
}

static void start_console(struct board *board, int64_t now_us)
{
    board->console_start_us = INT64_MAX;
    if (!board->config->console.host[0])
        return;
    if (child_start(&board->console_child, board->config, -1, now_us) < 0)
        board->console_start_us = now_us + 1000000;
}

/* ---- one turn -------------------------------------------------------------------------------- */
static void note_truth(struct board *board, int64_t now_us)
{
    enum feed_truth truth = feed_truth(board->feed, now_us);
    if (truth == FEED_FRESH)
        board->is_manual = false;
    if (board->is_manual)
        truth = FEED_FRESH;
    const char *profile = health_profile(board);
    board->is_health_changed |= truth != board->truth || profile != board->profile;
    board->profile = profile;
    if (truth == board->truth)
        return;
    board->truth = truth;
    walls_mark(board);
    desks_update_all(board->desks, &board->hall, truth);
    if (truth == FEED_STALE || truth == FEED_BLANK)
        log_warn("feed: %s", truth == FEED_STALE ? "nothing heard from the server for 15 s; the walls say so"
                                                 : "still nothing heard; numbers are blanked");
    else if (truth == FEED_FRESH)
        log_info("feed: up to date");
    char line[64];
    snprintf(line, sizeof line, "{\"watch\":\"truth\",\"truth\":\"%s\"}", feed_truth_words[truth]);
    control_tell(board->control, line);
}

/* A server of the basic profile can only mean the wall clock; before that is known no notice ends. */
static int64_t notice_clock_ms(const struct board *board, int64_t now_us)
{
    int64_t server_ms = feed_server_ms(board->feed, now_us);
    if (server_ms >= 0)
        return server_ms;
    return board->clock.is_known ? walltime_ms() : 0;
}

static void present_walls(struct board *board, int64_t now_us)
{
    struct feed_status feed;
    feed_status(board->feed, &feed);
    struct scene_input input = { .config = board->config,
                                 .hall = &board->hall,
                                 .truth = board->truth,
                                 .has_lease = feed.profile == FEED_FULL && !board->is_manual,
                                 .clock = board->clock };
    if (hall_expire(&board->hall, notice_clock_ms(board, now_us)) > 0) {
        calls_note_lacking(board);
        walls_mark(board);
    }
    walls_present(board, &input, now_us);
}

static void send_health(struct board *board, int64_t now_us)
{
    if (board->is_health_changed && board->health_due_us > now_us + HEALTH_CHANGE_US &&
        health_digest(board) != board->health_told)
        board->health_due_us = now_us + HEALTH_CHANGE_US;
    board->is_health_changed = false;
    if (now_us < board->health_due_us || (board->link.is_connected && !can_send(board)))
        return;
    board->health_due_us = now_us + HEALTH_US;
    if (!board->link.is_connected)
        return;
    board->health_told = health_digest(board);
    char *text = health_text(board);
    if (text)
        board_publish(board, PUBLISH_HEALTH, text);
    cJSON_free(text);
}

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Days ahead the clocks may drift: a notice of the far future is looked at again with what happens until then. */
static int64_t notice_deadline_us(const struct board *board)
{
    int64_t now_us = clock_us(), clock_ms = notice_clock_ms(board, now_us);
    int64_t left_ms = clock_ms ? hall_expires_ms(&board->hall) - clock_ms : INT64_MAX;
    return left_ms < NOTICE_AHEAD_MS ? now_us + left_ms * 1000 : INT64_MAX;
}

static int64_t next_turn_us(const struct board *board)
{
    int64_t at_us = feed_deadline_us(board->feed);
    if (can_send(board)) /* else the link's start or room in its socket wakes us */
        at_us = min(at_us, receipts_deadline_us(&board->receipts));
    at_us = min(at_us, min(desks_deadline_us(board->desks), speakers_deadline_us(board->speakers)));
    at_us = min(at_us, jobs_deadline_us(board));
    at_us = min(at_us, min(board->first_wish_us, notice_deadline_us(board)));
    at_us = min(at_us, min(board->link_start_us, board->console_start_us));
    at_us = min(at_us, min(child_deadline_us(&board->link_child), child_deadline_us(&board->console_child)));
    if (board->link.is_connected && can_send(board))
        at_us = min(at_us, board->health_due_us);
    return min(at_us, walls_deadline_us(board));
}

/* ---- signals and the clock ------------------------------------------------------------------- */
static void reap(struct board *board)
{
    int status;
    pid_t pid;
    int64_t now_us = clock_us();
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == board->link_child.pid) {
            drop_link(board);
            struct record_link gone = { .why = "the link process died; it is started again" };
            note_link(board, &gone, now_us);
            board->link_start_us = child_died(&board->link_child, status, now_us);
        } else if (pid == board->console_child.pid) {
            board->console_start_us = child_died(&board->console_child, status, now_us);
        } else {
            speakers_died(board->speakers, pid, status, now_us);
        }
    }
}

static void signalled(void *data, uint32_t events)
{
    (void)events;
    struct board *board = data;
    struct signalfd_siginfo info;
    while (read(board->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        char error[256];
        if (info.ssi_signo == SIGCHLD)
            reap(board);
        else if (info.ssi_signo == SIGHUP)
            board_reload(board, error, sizeof error);
        else
            loop_quit(board->loop, 0);
    }
    board_soon(board);
}

static void dim_desks(struct board *board)
{
    desks_dim(board->desks, board->clock.is_known ? board->clock.hour * 60 + board->clock.minute : -1);
}

static void clock_ticked(void *data, uint32_t events)
{
    (void)events;
    struct board *board = data;
    walltime_arm(board->clock_fd);
    board->clock = walltime_now();
    walls_mark(board);
    walls_probe(board);
    dim_desks(board);
    board_soon(board);
}

static void led_changed(void *data, int desk, const struct led_report *report)
{
    struct board *board = data;
    board_soon(board);
    if (report->error || report->is_status)
        board->is_health_changed = true;
    if (!control_is_watched(board->control) || report->is_superseded)
        return;
    struct led_unit_status status;
    desks_unit_status(board->desks, desk, &status);
    char shown[128], line[320];
    json_quote(shown, sizeof shown, status.shown);
    snprintf(line, sizeof line, "{\"watch\":\"led\",\"desk\":\"%s\",\"shown\":%s,\"certainty\":\"%s\"}",
             board->config->desk[desk].id, shown, led_certainty_names[report->certainty]);
    control_tell(board->control, line);
}

static void sounded(void *data)
{
    board_soon(data);
}

static void alarm_changed(void *data)
{
    struct board *board = data;
    speakers_silence(board->speakers, fire_alarm_is_on(board->fire_alarm));
    board_soon(board);
}

/* ---- a hall comes and goes ------------------------------------------------------------------- */
static struct feed *new_feed(struct board *board)
{
    struct feed_config feed = { .ttl_ms = board->config->calls.ttl_ms };
    memcpy(feed.id, board->config->board, sizeof feed.id);
    memcpy(feed.boot, board->boot, sizeof feed.boot);
    getrandom(&feed.nonce_seed, sizeof feed.nonce_seed, 0);
    return feed_create(&feed, board->memory ? board->memory : &board->forgetful);
}

static int set_up_hall(struct board *board)
{
    struct config *config = board->config;
    setenv("TZ", config->timezone, 1);
    tzset();
    board->clock = walltime_now();
    board->first_wish_us = clock_us() + FIRST_WISH_US;
    receipts_init(&board->receipts, config->board);
    if (!board->feed)
        board->feed = new_feed(board);
    hall_init(&board->hall, config);
    return board->feed ? walls_set_up(board) : -ENOMEM;
}

static int set_up_outlets(struct board *board)
{
    struct config *config = board->config;
    struct desks_events desks = { .data = board, .on_change = led_changed };
    board->desks = desks_create(board->loop, config, &board->receipts, &desks);
    board->speakers = speakers_create(board->loop, config, &board->receipts, sounded, board);
    if (config->fire_alarm.line[0])
        board->fire_alarm = fire_alarm_create(board->loop, &config->fire_alarm, alarm_changed, board);
    if (!board->desks || !board->speakers || (config->fire_alarm.line[0] && !board->fire_alarm))
        return -ENOMEM;
    dim_desks(board);
    return 0;
}

int board_set_up(struct board *board)
{
    int error = set_up_hall(board);
    return error < 0 ? error : set_up_outlets(board);
}

void board_take_down(struct board *board, const struct config *fresh)
{
    walls_take_down(board, fresh);
    fire_alarm_destroy(board->fire_alarm);
    speakers_destroy(board->speakers);
    desks_destroy(board->desks);
    board->fire_alarm = NULL;
    board->speakers = NULL;
    board->desks = NULL;
    jobs_forget(board);
}

/* Receipts and answers that the link has been given are sent before it ends. */
void board_stop_children(struct board *board)
{
    receipts_end_all(&board->receipts, clock_us());
    send_receipts(board, clock_us());
    child_stop(&board->link_child);
    child_stop(&board->console_child);
    drop_link(board);
}

static void turn(void *data, int64_t now_us)
{
    struct board *board = data;
    struct feed_sink sink = calls_sink(board);
    if (board->fresh && reload_put_in_force(board) < 0)
        return;
    feed_tick(board->feed, now_us, &sink);
    note_truth(board, now_us);
    if (now_us >= board->first_wish_us) {
        board->first_wish_us = INT64_MAX;
        desks_update_all(board->desks, &board->hall, board->truth);
    }
    jobs_tick(board, now_us);
    desks_tick(board->desks, &board->hall, board->truth, now_us);
    present_walls(board, now_us);
    speakers_tick(board->speakers, now_us);
    if (now_us >= board->link_start_us)
        start_link(board, now_us);
    send_receipts(board, now_us);
    send_health(board, now_us);
    if (now_us >= board->console_start_us)
        start_console(board, now_us);
    child_tick(&board->link_child, now_us);
    child_tick(&board->console_child, now_us);
    wait_for_link(board);
    board->turn_due_us = next_turn_us(board);
    loop_timer_at(board->turn_timer, board->turn_due_us);
}

static void guard(void *data, int64_t now_us)
{
    struct board *board = data;
    const struct config *config = board->config;
    struct watchdog_facts facts = { .turn_us = board->turn_due_us,
                                    .nscreens = config->nscreens,
                                    .nbuses = config->nbuses };
    for (unsigned i = 0; i < config->nscreens; i++) {
        facts.screen[i] = config->screen[i].device.id;
        facts.is_owing[i] = wall_is_owing(&board->wall[i]);
    }
    for (unsigned i = 0; i < config->nbuses; i++) {
        struct led_bus_status status;
        desks_bus_status(board->desks, i, &status);
        facts.bus[i] = config->bus[i].id;
        facts.waiting_us[i] = status.waiting_us;
    }
    watchdog_tick(&board->watchdog, &facts, now_us);
    loop_timer_at(board->watchdog_timer, board->watchdog.next_us);
}

int board_manual(struct board *board, const struct event *event)
{
    struct feed_status status;
    feed_status(board->feed, &status);
    if (status.profile == FEED_FULL && feed_truth(board->feed, clock_us()) == FEED_FRESH)
        return -EBUSY;
    board->is_manual = true;
    bool is_known = calls_apply(board, event, true, FEED_LIVE, clock_us());
    board_soon(board);
    return is_known ? 0 : -ENOENT;
}

/* ---- life ------------------------------------------------------------------------------------ */
static int open_signals(struct board *board)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    board->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    board->signal_source = loop_add(board->loop, board->signal_fd, EPOLLIN, "signals", signalled, board);
    return board->signal_source ? 0 : -errno;
}

static int open_control(struct board *board)
{
    char path[108];
    int error = rundir_path(path, sizeof path, "control");
    if (error < 0)
        log_error("run directory: none; set XDG_RUNTIME_DIR, or start as root or under systemd");
    else if ((error = rundir_create()) < 0)
        log_error("run directory of %s: cannot be made: %s", path, strerror(-error));
    if (error < 0)
        return error;
    board->control = control_create(board->loop, path, commands_answer, board);
    if (!board->control) {
        error = -errno;
        log_error("control socket %s: %s%s", path, strerror(errno),
                  errno == EADDRINUSE ? "; kezekd runs already" : "");
        return error;
    }
    return 0;
}

static int begin(struct board *board)
{
    board->clock_fd = walltime_open();
    board->clock_source = loop_add(board->loop, board->clock_fd, EPOLLIN, "clock", clock_ticked, board);
    board->turn_timer = loop_timer(board->loop, "turn", turn, board);
    board->watchdog_timer = loop_timer(board->loop, "watchdog", guard, board);
    if (!board->clock_source || !board->turn_timer || !board->watchdog_timer || open_signals(board) < 0 ||
        open_control(board) < 0)
        return -EIO;
    board->memory = journal_map("feed", sizeof *board->memory, MEMORY_LAYOUT);
    if (!board->memory)
        log_warn("feed: no memory in the run directory: %s; after a crash calls of the last seconds may "
                 "sound twice",
                 strerror(errno));
    int error = set_up_hall(board);
    if (error < 0)
        return error;
    present_walls(board, clock_us()); /* the first picture waits for no other device */
    return set_up_outlets(board);
}

static void end(struct board *board)
{
    if (board->desks)
        board_stop_children(board);
    board_take_down(board, NULL);
    walls_finish(board);
    feed_destroy(board->feed);
    journal_unmap(board->memory, sizeof *board->memory);
    snapshots_destroy(board->snapshots);
    control_destroy(board->control);
    loop_remove(board->clock_source);
    loop_remove(board->signal_source);
    loop_timer_remove(board->turn_timer);
    loop_timer_remove(board->watchdog_timer);
    close(board->clock_fd);
    close(board->signal_fd);
    fonts_destroy(board->fonts);
    loop_destroy(board->loop);
    config_destroy(board->fresh);
    config_destroy(board->config);
    free(board);
}

int board_run(struct config *config, const struct config_paths *paths, struct fonts *fonts)
{
    struct board *board = calloc(1, sizeof *board);
    uint32_t boot;
    if (!board) {
        fonts_destroy(fonts);
        config_destroy(config);
        return 1;
    }
    board->config = config;
    board->fonts = fonts;
    board->paths = *paths;
    board->link_fd = board->clock_fd = board->signal_fd = -1;
    board->link_child.name = "link";
    board->console_child.name = "console";
    board->started_us = clock_us();
    getrandom(&boot, sizeof boot, 0);
    snprintf(board->boot, sizeof board->boot, "%08x", boot);
    setenv("KEZEK_BOOT", board->boot, 1); /* the link names the same in birth and will */
    board->loop = loop_create();
    int status = board->loop && begin(board) == 0 ? 0 : 1;
    if (status == 0) {
        turn(board, clock_us());
        watchdog_init(&board->watchdog, clock_us());
        loop_timer_at(board->watchdog_timer, board->watchdog.next_us);
        watchdog_ready();
        log_info("%s: hall %s, %u desks, %u screens, %u buses, %u chimes", config->board, config->hall,
                 config->ndesks, config->nscreens, config->nbuses, config->nchimes);
        status = loop_run(board->loop) < 0;
    }
    end(board);
    return status;
}
