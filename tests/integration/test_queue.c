#include "sim/queue.h"

#include "board/loop.h"
#include "protocol/mqtt.h"

#include "tests/broker.h"

#include <errno.h>
#include <stdbool.h>

#define PATIENCE_US INT64_C(10000000)

static struct broker broker;
static struct config hall;
static struct loop *loop;
static struct queue *queue;

/* A board beside it, in the same loop. */
static struct mqtt *board;
static struct loop_source *board_source;
static struct loop_timer *patience;
static bool (*is_met)(void);
static bool is_board_up;
static struct message message; /* the newest of each kind is looked at when it comes */
static unsigned nkind[MESSAGE_KINDS];
static struct event last_event;
static struct server last_server;
static struct state last_state;
static bool was_retained, is_in_order;
static char last_word[16], last_json[64];

static void look(void)
{
    if (is_met && is_met())
        loop_quit(loop, 1);
}

static void board_up(void *data, uint64_t conn, int version, const char *url)
{
    (void)data, (void)conn, (void)version, (void)url;
    is_board_up = true;
    look();
}

static void board_down(void *data, const char *why)
{
    (void)data, (void)why;
    is_board_up = false;
}

static void board_heard(void *data, const struct mqtt_message *heard)
{
    (void)data;
    static const struct {
        const char *suffix;
        enum message_kind kind;
    } kinds[] = { { "/event", MESSAGE_EVENT }, { "/state", MESSAGE_STATE }, { "/server", MESSAGE_SERVER } };
    char error[160] = "";
    for (size_t i = 0; i < 3; i++) {
        size_t at = strlen(heard->topic) - strlen(kinds[i].suffix);
        if (strcmp(heard->topic + at, kinds[i].suffix) != 0)
            continue;
        if (message_parse(&message, kinds[i].kind, heard->payload, heard->length, error, sizeof error) < 0)
            fail_msg("%s: %.*s: %s", heard->topic, (int)heard->length, heard->payload, error);
        nkind[kinds[i].kind]++;
    }
    was_retained = heard->is_retained;
    if (message.kind == MESSAGE_EVENT && message.event.seq != last_event.seq + 1)
        is_in_order = false;
    if (message.kind == MESSAGE_EVENT)
        last_event = message.event;
    else if (message.kind == MESSAGE_SERVER)
        last_server = message.server;
    else
        last_state = message.state;
    look();
}

static void on_board(void *data, uint32_t events)
{
    (void)data, (void)events;
    mqtt_dispatch(board);
}

static void on_patience(void *data, int64_t now_us)
{
    (void)data, (void)now_us;
    loop_quit(loop, 0);
}

#define WAIT_FOR(condition)                                                                                  \
    do {                                                                                                     \
        is_met = (condition);                                                                                \
        loop_timer_at(patience, clock_us() + PATIENCE_US);                                                   \
        if (!is_met() && loop_run(loop) != 1)                                                                \
            fail_msg("waited in vain for: %s", #condition);                                                  \
        is_met = NULL;                                                                                       \
    } while (0)

static void open_board(void)
{
    struct mqtt_config session = { .url = { broker.url }, .nurls = 1, .client_id = "board", .ntopics = 4 };
    session.topic[0] = "kezek/v1/hall-x/event";
    session.topic[1] = "kezek/v1/hall-x/server";
    session.topic[2] = "kezek/v1/hall-x/state";
    session.topic[3] = "kezek/v1/hall-x/board/b1/state";
    struct mqtt_events events = { NULL, NULL, board_up, board_down, board_heard };
    char error[128];
    board = mqtt_create(&session, &events, error, sizeof error);
    assert_non_null(board);
    board_source = loop_add(loop, mqtt_fd(board), EPOLLIN, "board", on_board, NULL);
}

static void watch_board(void *data, const char *what, const char *json, size_t length, bool is_retained)
{
    (void)data, (void)length, (void)is_retained;
    snprintf(last_word, sizeof last_word, "%s", what);
    snprintf(last_json, sizeof last_json, "%s", json);
    look();
}

static void open_queue(enum pace pace)
{
    struct queue_config config = { .hall = &hall, .url = broker.url, .seed = 1, .pace = pace };
    struct queue_watch watch = { .board = watch_board };
    char error[128] = "";
    queue = queue_create(loop, &config, &watch, error, sizeof error);
    assert_string_equal(error, "");
    assert_non_null(queue);
}

static int start(void **context)
{
    (void)context;
    memset(&hall, 0, sizeof hall);
    strcpy(hall.hall, "hall-x");
    strcpy(hall.board, "b1");
    hall.nagencies = 1;
    strcpy(hall.agency[0].id, "a");
    hall.ndesks = 3;
    for (int i = 0; i < 3; i++)
        snprintf(hall.desk[i].id, ID_SIZE, "%d", i + 1);
    memset(nkind, 0, sizeof nkind);
    memset(&last_state, 0, sizeof last_state);
    memset(&last_event, 0, sizeof last_event);
    last_word[0] = '\0';
    is_board_up = false;
    broker_start(&broker, "");
    loop = loop_create();
    patience = loop_timer(loop, "patience", on_patience, NULL);
    open_board();
    return 0;
}

static void close_queue(void)
{
    queue_destroy(queue);
    queue = NULL;
}

static int stop(void **context)
{
    (void)context;
    close_queue();
    loop_remove(board_source);
    loop_timer_remove(patience);
    mqtt_destroy(board);
    loop_destroy(loop);
    broker_stop(&broker);
    return 0;
}

static bool has_introduction(void)
{
    return is_board_up && nkind[MESSAGE_SERVER] >= 1 && nkind[MESSAGE_STATE] >= 1;
}

static bool has_event(void)
{
    return nkind[MESSAGE_EVENT] >= 1;
}

static bool has_answer(void)
{
    return strcmp(last_state.re, "nonce-1") == 0;
}

static bool is_offline(void)
{
    return nkind[MESSAGE_SERVER] >= 1 && !last_server.is_online;
}

static bool has_receipt(void)
{
    return strcmp(last_word, "receipt") == 0;
}

static bool has_state_of_last_event(void)
{
    return nkind[MESSAGE_EVENT] >= 1 && last_state.seq == last_event.seq;
}

static bool is_new_epoch(void)
{
    return nkind[MESSAGE_SERVER] >= 2 && last_server.seq == 0;
}

static int call(const char *ticket)
{
    struct action action = { .act = ACT_CALL, .desk = 1, .visit = { .from = NONE } };
    strcpy(action.visit.ticket, ticket);
    return queue_do(queue, &action);
}

static void it_introduces_itself_on_connect(void **context)
{
    (void)context;
    open_queue(PACE_NONE);
    WAIT_FOR(has_introduction);
    assert_true(last_server.is_online);
    assert_true(last_server.conn > 0);
    assert_int_equal(last_state.ndesks, 3);
    assert_string_equal(last_state.epoch, last_server.epoch);
}

static void a_button_becomes_an_event_and_a_state(void **context)
{
    (void)context;
    open_queue(PACE_NONE);
    WAIT_FOR(has_introduction);
    assert_int_equal(call("А042"), 0);
    WAIT_FOR(has_event);
    assert_string_equal(last_event.ticket, "А042");
    assert_string_equal(last_event.desk, "2");
    assert_int_equal(last_event.seq, 1);
    assert_false(was_retained);
    WAIT_FOR(has_state_of_last_event);
    assert_string_equal(last_state.desk[1].ticket, "А042");
    struct action serve_twice = { .act = ACT_SERVE, .desk = 1 };
    assert_int_equal(queue_do(queue, &serve_twice), 0);
    assert_int_equal(queue_do(queue, &serve_twice), -EINVAL);
}

static void a_hello_gets_a_private_state_with_its_nonce(void **context)
{
    (void)context;
    open_queue(PACE_NONE);
    WAIT_FOR(has_introduction);
    const char *hello = "{\"v\":1,\"id\":\"b1\",\"boot\":\"b7c1\",\"nonce\":\"nonce-1\"}";
    assert_int_equal(mqtt_publish(board, "kezek/v1/hall-x/hello", hello, strlen(hello), false, false, 0), 0);
    WAIT_FOR(has_answer);
    struct queue_counts counts;
    queue_counts(queue, &counts);
    assert_int_equal(counts.hellos, 1);
}

static void a_receipt_reaches_the_owner(void **context)
{
    (void)context;
    open_queue(PACE_NONE);
    WAIT_FOR(has_introduction);
    mqtt_publish(board, "kezek/v1/hall-x/board/b1/receipt", "{\"x\":1}", 7, false, false, 0);
    WAIT_FOR(has_receipt);
    assert_string_equal(last_json, "{\"x\":1}");
}

static void its_end_is_told_to_the_boards(void **context)
{
    (void)context;
    open_queue(PACE_NONE);
    WAIT_FOR(has_introduction);
    close_queue();
    WAIT_FOR(is_offline);
}

static void a_killed_server_leaves_its_will(void **context)
{
    (void)context;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        loop = loop_create();
        open_queue(PACE_NONE);
        loop_run(loop);
        _exit(0);
    }
    WAIT_FOR(has_introduction);
    assert_true(last_server.is_online);
    uint64_t conn = last_server.conn;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    WAIT_FOR(is_offline);
    assert_int_equal(last_server.conn, conn);
}

static void visitors_make_events_by_themselves(void **context)
{
    (void)context;
    open_queue(PACE_RUSH);
    WAIT_FOR(has_event);
    assert_int_equal(last_event.type, EVENT_CALL);
}

static void while_it_is_mute_the_day_goes_on_unheard(void **context)
{
    (void)context;
    open_queue(PACE_NONE);
    WAIT_FOR(has_introduction);
    queue_mute(queue, true);
    assert_int_equal(call("А001"), 0);
    assert_int_equal(call("А002"), 0);
    queue_mute(queue, false);
    assert_int_equal(call("А003"), 0);
    WAIT_FOR(has_event);
    assert_int_equal(last_event.seq, 3);
    struct queue_counts counts;
    queue_counts(queue, &counts);
    assert_int_equal(counts.events, 3);
    assert_int_equal(counts.unpublished, 2);
}

static bool has_burst(void)
{
    return nkind[MESSAGE_EVENT] >= 1000;
}

static void a_burst_of_a_thousand_calls_arrives_in_order(void **context)
{
    (void)context;
    char ticket[TICKET_SIZE];
    open_queue(PACE_NONE);
    WAIT_FOR(has_introduction);
    is_in_order = true;
    for (int i = 0; i < 1000; i++) {
        snprintf(ticket, sizeof ticket, "Б%03d", i);
        assert_int_equal(call(ticket), 0);
    }
    WAIT_FOR(has_burst);
    assert_true(is_in_order);
    struct queue_counts counts;
    queue_counts(queue, &counts);
    assert_int_equal(counts.unpublished, 0);
}

static void a_restart_is_a_new_epoch(void **context)
{
    (void)context;
    open_queue(PACE_NONE);
    WAIT_FOR(has_introduction);
    char epoch[EPOCH_SIZE];
    strcpy(epoch, last_server.epoch);
    queue_restart(queue, true);
    WAIT_FOR(is_new_epoch);
    assert_string_not_equal(last_server.epoch, epoch);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(it_introduces_itself_on_connect),
        TEST(a_button_becomes_an_event_and_a_state),
        TEST(a_hello_gets_a_private_state_with_its_nonce),
        TEST(a_receipt_reaches_the_owner),
        TEST(its_end_is_told_to_the_boards),
        TEST(a_killed_server_leaves_its_will),
        TEST(visitors_make_events_by_themselves),
        TEST(while_it_is_mute_the_day_goes_on_unheard),
        TEST(a_burst_of_a_thousand_calls_arrives_in_order),
        TEST(a_restart_is_a_new_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
