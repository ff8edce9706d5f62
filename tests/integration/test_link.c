#include "board/link.h"
#include "board/log.h"
#include "board/outbox.h"
#include "protocol/mqtt.h"
#include "protocol/record.h"

#include "tests/broker.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <time.h>

#define PATIENCE_US INT64_C(20000000)
#define HEARD_MAX   2048 /* more than OUTBOX_TEXTS */
#define FLOOD       20000

static struct broker broker;
static struct config config;
static pid_t link_pid;
static int board_fd;
static struct record record, last_link, last_invalid;
static unsigned nmessages, ninvalid, nlinks;

/* A session beside the link: publishes, and remembers what it hears. */
static struct mqtt *other;
static bool is_other_up;
static unsigned nheard;
static uint64_t receipts_sum; /* of their numbers */
static struct {
    char topic[96], text[256];
} heard[HEARD_MAX];

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void other_up(void *data, uint64_t conn, int version, const char *url)
{
    (void)data, (void)conn, (void)version, (void)url;
    is_other_up = true;
}

static void other_down(void *data, const char *why)
{
    (void)data, (void)why;
    is_other_up = false;
}

static void other_heard(void *data, const struct mqtt_message *message)
{
    (void)data;
    unsigned i = nheard++ % HEARD_MAX;
    snprintf(heard[i].topic, sizeof heard[i].topic, "%s", message->topic);
    snprintf(heard[i].text, sizeof heard[i].text, "%.*s", (int)message->length, message->payload);
    unsigned number;
    if (sscanf(heard[i].text, "receipt %u", &number) == 1)
        receipts_sum += number;
}

static void open_other(void)
{
    struct mqtt_config session = { .url = { broker.url }, .nurls = 1, .client_id = "other", .ntopics = 3 };
    session.topic[0] = "kezek/v1/hall-x/board/b1/status";
    session.topic[1] = "kezek/v1/hall-x/board/b1/receipt";
    session.topic[2] = "kezek/v1/hall-x/hello";
    struct mqtt_events events = { NULL, NULL, other_up, other_down, other_heard };
    char error[128];
    other = mqtt_create(&session, &events, error, sizeof error);
    assert_non_null(other);
}

static const char *last_heard(void)
{
    return nheard ? heard[(nheard - 1) % HEARD_MAX].text : "";
}

static bool is_reading = true, is_sending;

static void take_records(void)
{
    int rc;
    while ((rc = record_receive(board_fd, &record)) != 0 && rc != -EPIPE) {
        assert_int_equal(rc, 1);
        nmessages += record.kind == RECORD_MESSAGE;
        ninvalid += record.kind == RECORD_INVALID;
        nlinks += record.kind == RECORD_LINK;
        if (record.kind == RECORD_INVALID)
            last_invalid = record;
        if (record.kind == RECORD_LINK)
            last_link = record;
        if (record.kind == RECORD_MESSAGE)
            return;
    }
}

static void turn(int64_t until_us)
{
    short events = (short)((is_reading ? POLLIN : 0) | (is_sending ? POLLOUT : 0));
    struct pollfd fds[] = { { .fd = events ? board_fd : -1, .events = events },
                            { .fd = other ? mqtt_fd(other) : -1, .events = POLLIN } };
    int64_t left_us = until_us - now_us();
    assert_true(poll(fds, 2, left_us > 0 ? (int)(left_us / 1000 + 1) : 0) >= 0);
    if (fds[1].revents)
        mqtt_dispatch(other);
    if (fds[0].revents & ~POLLOUT)
        take_records();
}

#define WAIT_FOR(condition)                                                                                  \
    do {                                                                                                     \
        int64_t until_us_ = now_us() + PATIENCE_US;                                                          \
        while (!(condition)) {                                                                               \
            if (now_us() > until_us_)                                                                        \
                fail_msg("waited in vain for: %s", #condition);                                              \
            turn(until_us_);                                                                                 \
        }                                                                                                    \
    } while (0)

static void run_link(void)
{
    int fd[2];
    assert_int_equal(record_pair(fd), 0);
    link_pid = fork();
    assert_true(link_pid >= 0);
    if (link_pid == 0) {
        close(fd[0]);
        log_open("link", LOG_LEVEL_ERROR + 1);
        int status = link_run(fd[1], &config);
        exit(status);
    }
    close(fd[1]);
    board_fd = fd[0];
}

static int prepare(void **context)
{
    (void)context;
    memset(&config, 0, sizeof config);
    strcpy(config.hall, "hall-x");
    strcpy(config.board, "b1");
    nmessages = ninvalid = nlinks = nheard = 0;
    receipts_sum = 0;
    is_reading = true;
    is_other_up = false;
    other = NULL;
    link_pid = 0;
    board_fd = -1;
    broker_start(&broker, "max_queued_messages 0\nmax_queued_bytes 0\n");
    config.broker.nurls = 1;
    strcpy(config.broker.url[0], broker.url);
    return 0;
}

static int start(void **context)
{
    prepare(context);
    setenv("KEZEK_BOOT", "78b03124", 1);
    open_other();
    run_link();
    WAIT_FOR(is_other_up && nlinks == 1);
    assert_true(last_link.link.is_connected);
    return 0;
}

static int wait_link(void)
{
    int status = -1;
    assert_int_equal(waitpid(link_pid, &status, 0), link_pid);
    link_pid = 0;
    return status;
}

static int stop(void **context)
{
    (void)context;
    if (board_fd >= 0)
        close(board_fd);
    if (link_pid > 0)
        assert_int_equal(wait_link(), 0);
    mqtt_destroy(other);
    broker_stop(&broker);
    return 0;
}

static void say(const char *suffix, const char *text)
{
    char topic[96];
    snprintf(topic, sizeof topic, "kezek/v1/hall-x/%s", suffix);
    WAIT_FOR(mqtt_publish(other, topic, text, strlen(text), false, false, 0) == 0);
}

#define EVENT                                                                                                \
    "{\"v\":1,\"epoch\":\"7f3c9a12\",\"seq\":%d,\"ts\":1763802000123,\"type\":\"call\",\"desk\":\"3\","      \
    "\"ticket\":\"А042\"}"

/* ---- from the broker to the board ------------------------------------------------------------ */

static void an_event_arrives_as_a_checked_record(void **context)
{
    (void)context;
    char text[256];
    int64_t before_us = now_us();
    snprintf(text, sizeof text, EVENT, 1042);
    say("event", text);
    WAIT_FOR(nmessages == 1);
    assert_int_equal(record.message.kind, MESSAGE_EVENT);
    assert_int_equal(record.message.event.seq, 1042);
    assert_string_equal(record.message.event.ticket, "А042");
    assert_false(record.message.is_retained);
    assert_true(record.message.received_us >= before_us && record.message.received_us <= now_us());
}

static void each_topic_arrives_as_its_kind(void **context)
{
    (void)context;
    say("server", "{\"v\":1,\"epoch\":\"e\",\"seq\":1,\"ts\":5,\"online\":true,\"conn\":18}");
    WAIT_FOR(nmessages == 1);
    assert_int_equal(record.message.kind, MESSAGE_SERVER);
    say("board/b1/state",
        "{\"v\":1,\"epoch\":\"e\",\"seq\":1,\"ts\":5,\"re\":\"n-1\",\"desks\":[],\"recent\":[],"
        "\"missed\":[],\"notices\":[]}");
    WAIT_FOR(nmessages == 2);
    assert_int_equal(record.message.kind, MESSAGE_STATE);
    assert_string_equal(record.message.state.re, "n-1");
    say("state", "{\"v\":1,\"epoch\":\"e\",\"seq\":1,\"ts\":5,\"desks\":[],\"recent\":[],\"missed\":[],"
                 "\"notices\":[]}");
    WAIT_FOR(nmessages == 3);
    assert_int_equal(record.message.kind, MESSAGE_STATE);
    say("board/b1/command", "{\"v\":1,\"id\":\"r-1\",\"command\":\"chime\",\"target\":\"hall\"}");
    WAIT_FOR(nmessages == 4);
    assert_int_equal(record.message.kind, MESSAGE_COMMAND);
    say("board/b2/command", "{\"v\":1,\"id\":\"r-1\",\"command\":\"chime\",\"target\":\"hall\"}");
    say("server", "{\"v\":1,\"epoch\":\"e\",\"seq\":2,\"ts\":6,\"online\":true,\"conn\":18}");
    WAIT_FOR(nmessages == 5);
    assert_int_equal(record.message.kind, MESSAGE_SERVER);
}

static void a_refused_message_is_reported_with_a_reason_and_its_number(void **context)
{
    (void)context;
    say("event",
        "{\"v\":1,\"epoch\":\"7f3c9a12\",\"seq\":7,\"ts\":1,\"type\":\"call\",\"desk\":3,\"ticket\":\"А1\"}");
    WAIT_FOR(ninvalid == 1);
    assert_string_equal(last_invalid.invalid.topic, "kezek/v1/hall-x/event");
    assert_non_null(strstr(last_invalid.invalid.reason, "desk"));
    assert_string_equal(last_invalid.invalid.epoch, "7f3c9a12");
    assert_int_equal(last_invalid.invalid.seq, 7);
    say("event", "{\"v\":1,\"epoch\":\"7f3c9a12\",\"seq\":8,");
    WAIT_FOR(ninvalid == 2);
    assert_true(strlen(last_invalid.invalid.reason) > 0);
    assert_int_equal(last_invalid.invalid.seq, 0);
    say("event", "");
    WAIT_FOR(ninvalid == 3);
    assert_int_equal(nmessages, 0);
}

static void a_retained_command_is_not_obeyed(void **context)
{
    (void)context;
    BROKER_PUB(&broker, "-t", "kezek/v1/hall-x/board/b1/command", "-r", "-q", "1", "-m",
               "{\"v\":1,\"id\":\"r-1\",\"command\":\"chime\",\"target\":\"hall\"}");
    WAIT_FOR(nmessages == 1); /* it was sent just now */
    close(board_fd);
    assert_int_equal(wait_link(), 0);
    run_link();
    WAIT_FOR(ninvalid == 1);
    assert_string_equal(last_invalid.invalid.reason, "a command must not be retained");
    assert_int_equal(nmessages, 1);
}

static void a_giant_over_mqtt_3_1_1_is_refused_and_later_messages_arrive(void **context)
{
    (void)context;
    char path[] = "/tmp/kezek-giant-XXXXXX", text[256];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 20 << 20), 0);
    close(fd);
    config.broker.protocol = MQTT_311;
    open_other();
    run_link();
    WAIT_FOR(is_other_up && nlinks == 1);
    assert_int_equal(last_link.link.mqtt_version, 4);
    BROKER_PUB(&broker, "-t", "kezek/v1/hall-x/state", "-f", path, "-q", "1", "-r");
    unlink(path);
    snprintf(text, sizeof text, EVENT, 1);
    say("event", text);
    WAIT_FOR(nmessages == 1);
    assert_int_equal(ninvalid, 1);
    assert_int_equal(nlinks, 1);
}

static void a_flood_of_bad_messages_gives_few_reports(void **context)
{
    (void)context;
    char text[256];
    for (int i = 0; i < 500; i++)
        say("event", "not json");
    snprintf(text, sizeof text, EVENT, 1);
    say("event", text);
    WAIT_FOR(nmessages == 1);
    assert_in_range(ninvalid, 1, 3 * LINK_INVALID_MAX);
    int64_t until_us = now_us() + PATIENCE_US;
    while (!strstr(last_invalid.invalid.reason, "more were left out")) {
        assert_true(now_us() < until_us);
        say("event", "not json");
        turn(now_us() + 100000);
    }
}

static void a_board_that_does_not_read_loses_nothing(void **context)
{
    (void)context;
    char text[256];
    is_reading = false;
    for (int i = 1; i <= FLOOD; i++) {
        snprintf(text, sizeof text, EVENT, i);
        say("event", text);
    }
    is_reading = true;
    for (unsigned i = 1; i <= FLOOD; i++) {
        WAIT_FOR(nmessages == i);
        assert_int_equal(record.message.event.seq, i);
    }
    assert_int_equal(nlinks, 1);
    assert_int_equal(ninvalid, 0);
}

static void a_blocked_link_still_publishes(void **context)
{
    (void)context;
    char text[256];
    is_reading = false;
    for (int i = 1; i <= 10000; i++) {
        snprintf(text, sizeof text, EVENT, i);
        say("event", text);
    }
    record = (struct record){ .kind = RECORD_PUBLISH, .publish = { .topic = PUBLISH_HELLO, .length = 5 } };
    memcpy(record.publish.text, "hello", 5);
    assert_int_equal(record_send(board_fd, &record), 0);
    unsigned before = nheard;
    WAIT_FOR(nheard == before + 1);
    assert_string_equal(last_heard(), "hello");
}

/* ---- birth and death ------------------------------------------------------------------------- */

static void its_birth_is_published_and_retained(void **context)
{
    (void)context;
    char expected[128];
    WAIT_FOR(nheard == 1);
    snprintf(expected, sizeof expected, "\"online\":true,\"conn\":%llu,\"boot\":\"78b03124\"",
             (unsigned long long)last_link.link.conn);
    assert_string_equal(heard[0].topic, "kezek/v1/hall-x/board/b1/status");
    assert_non_null(strstr(heard[0].text, expected));
    mqtt_destroy(other);
    open_other();
    WAIT_FOR(nheard == 2);
    assert_non_null(strstr(heard[1].text, expected));
}

static void without_the_boards_word_the_kernel_tells_the_boot(void **context)
{
    (void)context;
    char boot[9], again[9];
    setenv("KEZEK_BOOT", "no id at all", 1);
    link_boot(boot);
    unsetenv("KEZEK_BOOT");
    link_boot(again);
    assert_int_equal(strlen(boot), 8);
    assert_string_equal(boot, again);
}

static void a_killed_link_leaves_its_will(void **context)
{
    (void)context;
    char expected[64];
    WAIT_FOR(nheard == 1);
    kill(link_pid, SIGKILL);
    wait_link();
    WAIT_FOR(nheard == 2);
    snprintf(expected, sizeof expected, "\"online\":false,\"conn\":%llu",
             (unsigned long long)last_link.link.conn);
    assert_non_null(strstr(last_heard(), expected));
}

static void the_next_link_has_a_higher_number(void **context)
{
    (void)context;
    uint64_t conn = last_link.link.conn;
    kill(link_pid, SIGKILL);
    wait_link();
    close(board_fd);
    run_link();
    /* The dead one may have left another word, and the new one may have to try twice. */
    WAIT_FOR(last_link.link.is_connected && last_link.link.conn != conn);
    assert_true(last_link.link.conn > conn);
}

static void expect_one_goodbye(void)
{
    assert_int_equal(wait_link(), 0);
    WAIT_FOR(nheard >= 2);
    assert_non_null(strstr(heard[1].text, "\"online\":false"));
    say("hello", "marker");
    WAIT_FOR(strcmp(last_heard(), "marker") == 0);
    assert_int_equal(nheard, 3);
}

static void when_the_board_closes_the_socket_it_says_goodbye_and_ends(void **context)
{
    (void)context;
    WAIT_FOR(nheard == 1);
    close(board_fd);
    board_fd = -1;
    expect_one_goodbye();
}

static void it_ends_in_order_on_sigterm_and_not_on_sigint(void **context)
{
    (void)context;
    WAIT_FOR(nheard == 1);
    kill(link_pid, SIGINT);
    kill(link_pid, SIGTERM);
    expect_one_goodbye();
}

static void a_stray_death_notice_is_answered_by_a_birth(void **context)
{
    (void)context;
    WAIT_FOR(nheard == 1);
    say("board/b1/status", "{\"v\":1,\"id\":\"b1\",\"online\":false,\"conn\":1}");
    WAIT_FOR(nheard == 3);
    assert_non_null(strstr(last_heard(), "\"online\":true"));
}

/* ---- from the board to the broker ------------------------------------------------------------ */

/* Of `length` bytes at least. */
static void send_long_receipt(unsigned number, unsigned length)
{
    static struct record said;
    struct record_publish *publish = &said.publish;
    said.kind = RECORD_PUBLISH;
    publish->topic = PUBLISH_RECEIPT;
    publish->length =
        (uint16_t)snprintf(publish->text, sizeof publish->text, "receipt %-*u", (int)length, number);
    is_sending = true;
    WAIT_FOR(record_send(board_fd, &said) == 0);
    is_sending = false;
}

static void send_receipt(unsigned number)
{
    send_long_receipt(number, 0);
}

static void what_the_board_says_goes_to_its_topic(void **context)
{
    (void)context;
    WAIT_FOR(nheard == 1);
    send_receipt(1);
    WAIT_FOR(nheard == 2);
    assert_string_equal(heard[1].topic, "kezek/v1/hall-x/board/b1/receipt");
    assert_string_equal(heard[1].text, "receipt 1");
}

static void many_receipts_at_once_all_arrive_in_order(void **context)
{
    (void)context;
    WAIT_FOR(nheard == 1);
    for (unsigned i = 1; i <= 100; i++)
        send_receipt(i);
    WAIT_FOR(nheard == 101);
    for (unsigned i = 1; i <= 100; i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "receipt %u", i);
        assert_string_equal(heard[i].text, expected);
    }
}

/* Its acknowledgements lie behind calls that are not read. */
static void more_receipts_than_are_acknowledged_all_arrive(void **context)
{
    (void)context;
    const unsigned count = 4 * OUTBOX_TEXTS;
    char text[256];
    WAIT_FOR(nheard == 1);
    is_reading = false;
    for (int i = 1; i <= FLOOD; i++) {
        snprintf(text, sizeof text, EVENT, i);
        say("event", text);
    }
    for (unsigned i = 1; i <= count; i++)
        send_receipt(i);
    WAIT_FOR(nheard >= count - OUTBOX_TEXTS); /* while the calls wait */
    is_reading = true;
    WAIT_FOR(nheard == 1 + count);
    assert_int_equal(receipts_sum, count * (count + 1) / 2);
}

/* Its socket fills; nobody waits for it for ever. */
static void a_broker_that_takes_nothing_costs_the_oldest_receipts_and_a_second(void **context)
{
    (void)context;
    const unsigned count = 6000;
    WAIT_FOR(nheard == 1);
    kill(broker.pid, SIGSTOP);
    for (unsigned i = 1; i <= count; i++)
        send_long_receipt(i, 4000);
    kill(broker.pid, SIGCONT);
    char last[16];
    snprintf(last, sizeof last, "receipt %u ", count);
    WAIT_FOR(strncmp(last_heard(), last, strlen(last)) == 0);
    assert_int_equal(nlinks, 1);
    assert_true(nheard < count);
}

static void while_the_broker_is_away_the_newest_receipts_wait(void **context)
{
    (void)context;
    WAIT_FOR(nheard == 1);
    broker_kill(&broker);
    WAIT_FOR(nlinks == 2);
    assert_false(last_link.link.is_connected);
    assert_non_null(strstr(last_link.link.why, "next try in"));
    for (unsigned i = 1; i <= OUTBOX_TEXTS + 6; i++)
        send_receipt(i);
    nheard = 0;
    mqtt_destroy(other);
    open_other();
    broker_run(&broker);
    WAIT_FOR(is_other_up);
    WAIT_FOR(last_link.link.is_connected && nheard >= 1);
    /* The other session may subscribe after the first receipts went by: the last one decides. */
    send_receipt(99999);
    WAIT_FOR(strcmp(last_heard(), "receipt 99999") == 0);
    unsigned expected = OUTBOX_TEXTS + 6;
    for (unsigned i = nheard - 1; i-- > 0;) {
        unsigned number;
        if (sscanf(heard[i].text, "receipt %u", &number) != 1)
            continue;
        assert_int_equal(number, expected);
        expected--;
    }
    assert_true(expected >= 6);
}

static void garbage_from_the_board_does_not_end_it(void **context)
{
    (void)context;
    WAIT_FOR(nheard == 1);
    assert_int_equal(send(board_fd, "garbage", 7, 0), 7);
    send_receipt(2);
    WAIT_FOR(nheard == 2);
}

/* ---- configurations -------------------------------------------------------------------------- */

static char secrets[] = "/tmp/kezek-secrets-XXXXXX", secret_path[64], password_path[64], password_extra[96];

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* A broker that knows hall-1 with the password "qwe rty"; what the board's file says comes from the test. */
static int prepare_password(void **context)
{
    char command[128];
    strcpy(secrets, "/tmp/kezek-secrets-XXXXXX");
    assert_non_null(mkdtemp(secrets));
    snprintf(secret_path, sizeof secret_path, "%s/broker", secrets);
    snprintf(password_path, sizeof password_path, "%s/board", secrets);
    snprintf(password_extra, sizeof password_extra, "password_file %s\n", secret_path);
    write_file(secret_path, "hall-1:qwe rty\n");
    snprintf(command, sizeof command, "mosquitto_passwd -U %s", secret_path);
    assert_int_equal(system(command), 0);
    prepare(context);
    broker_kill(&broker);
    broker.extra = password_extra;
    broker_run(&broker);
    snprintf(config.broker.username, sizeof config.broker.username, "hall-1");
    snprintf(config.broker.password_file, sizeof config.broker.password_file, "%s", password_path);
    return 0;
}

static int stop_password(void **context)
{
    unlink(secret_path);
    unlink(password_path);
    rmdir(secrets);
    return stop(context);
}

static void the_password_is_the_first_line_of_its_file(void **context)
{
    (void)context;
    write_file(password_path, "qwe rty\r\nsecond line\n");
    run_link();
    WAIT_FOR(nlinks == 1);
    assert_true(last_link.link.is_connected);
}

static void a_wrong_password_is_told_without_saying_it(void **context)
{
    (void)context;
    write_file(password_path, "hunter2\n");
    run_link();
    WAIT_FOR(nlinks == 1);
    assert_false(last_link.link.is_connected);
    assert_non_null(strstr(last_link.link.why, "check broker.username"));
    assert_null(strstr(last_link.link.why, "hunter2"));
}

static void a_password_file_that_is_not_there_is_told_to_the_board(void **context)
{
    (void)context;
    strcpy(config.broker.password_file, "/nonexistent/password");
    run_link();
    WAIT_FOR(nlinks == 1);
    assert_false(last_link.link.is_connected);
    assert_non_null(strstr(last_link.link.why, "broker.password_file: /nonexistent/password: No such file"));
    assert_int_equal(WEXITSTATUS(wait_link()), 1);
}

static void a_broker_that_is_not_there_is_told_once(void **context)
{
    (void)context;
    broker_kill(&broker);
    run_link();
    WAIT_FOR(nlinks == 1);
    assert_false(last_link.link.is_connected);
    assert_non_null(strstr(last_link.link.why, "Connection refused; next try in"));
}

#define WITH(name)          cmocka_unit_test_setup_teardown(name, start, stop)
#define WITH_PASSWORD(name) cmocka_unit_test_setup_teardown(name, prepare_password, stop_password)
#define PREPARED(name)      cmocka_unit_test_setup_teardown(name, prepare, stop)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH(an_event_arrives_as_a_checked_record),
        WITH(each_topic_arrives_as_its_kind),
        WITH(a_refused_message_is_reported_with_a_reason_and_its_number),
        WITH(a_retained_command_is_not_obeyed),
        PREPARED(a_giant_over_mqtt_3_1_1_is_refused_and_later_messages_arrive),
        WITH(a_flood_of_bad_messages_gives_few_reports),
        WITH(a_board_that_does_not_read_loses_nothing),
        WITH(a_blocked_link_still_publishes),
        WITH(its_birth_is_published_and_retained),
        cmocka_unit_test(without_the_boards_word_the_kernel_tells_the_boot),
        WITH(a_killed_link_leaves_its_will),
        WITH(the_next_link_has_a_higher_number),
        WITH(when_the_board_closes_the_socket_it_says_goodbye_and_ends),
        WITH(it_ends_in_order_on_sigterm_and_not_on_sigint),
        WITH(a_stray_death_notice_is_answered_by_a_birth),
        WITH(what_the_board_says_goes_to_its_topic),
        WITH(many_receipts_at_once_all_arrive_in_order),
        WITH(more_receipts_than_are_acknowledged_all_arrive),
        WITH(a_broker_that_takes_nothing_costs_the_oldest_receipts_and_a_second),
        WITH(while_the_broker_is_away_the_newest_receipts_wait),
        WITH(garbage_from_the_board_does_not_end_it),
        WITH_PASSWORD(the_password_is_the_first_line_of_its_file),
        WITH_PASSWORD(a_wrong_password_is_told_without_saying_it),
        PREPARED(a_password_file_that_is_not_there_is_told_to_the_board),
        PREPARED(a_broker_that_is_not_there_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
