#include "protocol/json.h"
#include "protocol/json_arena.h"
#include "protocol/message.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static struct message message;
static char error[256];

static int parse(enum message_kind kind, const char *text)
{
    error[0] = '\0';
    return message_parse(&message, kind, text, strlen(text), error, sizeof error);
}

static void parse_good(enum message_kind kind, const char *text)
{
    if (parse(kind, text) != 0)
        fail_msg("%s: %s", text, error);
}

/* ---- good ---- */

static void an_event_of_the_full_profile_is_read_whole(void **state)
{
    (void)state;
    message.received_us = 77;
    message.is_retained = true;
    parse_good(
        MESSAGE_EVENT,
        "{\"v\":1,\"epoch\":\"7f3c9a12\",\"seq\":1042,\"ts\":1763802000123,\"type\":\"call\",\"desk\":\"3\","
        "\"ticket\":\"А042\",\"lane\":\"booked\",\"ttl_ms\":9000,\"booked_at\":\"10:30\",\"lang\":\"kk\","
        "\"from\":\"reg-1\",\"unknown\":{\"a\":[1]},\"id\":\"c-1042\"}");
    const struct event *event = &message.event;
    assert_int_equal(message.kind, MESSAGE_EVENT);
    assert_int_equal(message.received_us, 77);
    assert_true(message.is_retained);
    assert_string_equal(event->epoch, "7f3c9a12");
    assert_int_equal(event->seq, 1042);
    assert_int_equal(event->ts_ms, 1763802000123);
    assert_int_equal(event->type, EVENT_CALL);
    assert_string_equal(event->desk, "3");
    assert_string_equal(event->ticket, "А042");
    assert_int_equal(event->lane, LANE_BOOKED);
    assert_int_equal(event->ttl_ms, 9000);
    assert_string_equal(event->booked_at, "10:30");
    assert_string_equal(event->lang, "kk");
    assert_string_equal(event->from, "reg-1");
    assert_string_equal(event->to, "");
}

static void the_shortest_event_of_the_basic_profile_is_enough(void **state)
{
    (void)state;
    memset(&message, 0xA5, sizeof message);
    parse_good(MESSAGE_EVENT, "{\"v\":1,\"type\":\"call\",\"desk\":\"3\",\"ticket\":\"А042\"}");
    assert_string_equal(message.event.epoch, "");
    assert_int_equal(message.event.seq, 0);
    assert_int_equal(message.event.ts_ms, 0);
    assert_int_equal(message.event.ttl_ms, -1);
    assert_int_equal(message.event.lane, LANE_NONE);
    assert_string_equal(message.event.booked_at, "");
}

static void good_messages_are_accepted(void **state)
{
    (void)state;
    static const struct {
        enum message_kind kind;
        const char *text;
    } rows[] = {
        { MESSAGE_EVENT, "{\"v\":1.0,\"type\":\"recall\",\"desk\":\"3\",\"ticket\":\"12345678\"}" },
        { MESSAGE_EVENT, "{\"v\":1,\"type\":\"serve\",\"desk\":\"a-z_09\"}" },
        { MESSAGE_EVENT, "{\"v\":1,\"type\":\"clear\",\"desk\":\"3\"}" },
        { MESSAGE_EVENT,
          "{\"v\":1,\"type\":\"clear\",\"desk\":\"3\",\"reason\":\"transferred\",\"to\":\"taxes\"}" },
        { MESSAGE_EVENT, "{\"v\":1,\"type\":\"desk\",\"desk\":\"3\",\"status\":\"paused\"}" },
        { MESSAGE_EVENT, "{\"v\":1,\"type\":\"notice\",\"id\":\"n1\",\"text\":{}}" },
        { MESSAGE_EVENT, "{\"v\":1,\"type\":\"notice\",\"id\":\"n1\",\"text\":{\"kk\":\"\",\"ru\":\"\"}}" },
        { MESSAGE_EVENT, "{\"v\":1,\"type\":\"notice\",\"id\":\"n1\",\"level\":\"alert\",\"until_ts\":0,"
                         "\"text\":{\"kk\":\"а\",\"ru\":\"б\",\"en\":\"c\",\"kk-Latn\":\"d\"}}" },
        { MESSAGE_EVENT, "{\"v\":1,\"type\":\"call\",\"desk\":\"3\",\"ticket\":\"A 42\",\"ttl_ms\":0}" },
        { MESSAGE_EVENT,
          "{\"v\":1,\"type\":\"call\",\"desk\":\"3\",\"ticket\":\"ҚҚҚҚҚҚҚҚ\",\"ttl_ms\":600000}" },
        { MESSAGE_EVENT,
          "{\"v\":1,\"type\":\"call\",\"desk\":\"3\",\"ticket\":\"A1\",\"seq\":9007199254740991,"
          "\"epoch\":\"x y\",\"ts\":1}" },
        { MESSAGE_STATE, "{\"v\":1,\"epoch\":\"e\",\"seq\":0,\"ts\":1,\"desks\":[]}" },
        { MESSAGE_STATE,
          "{\"v\":1,\"epoch\":\"e\",\"seq\":5,\"ts\":1,\"re\":\"5d1e-17\",\"desks\":["
          "{\"desk\":\"3\",\"status\":\"open\",\"ticket\":\"A1\",\"phase\":\"called\",\"seq\":5},"
          "{\"desk\":\"4\",\"status\":\"closed\",\"ticket\":null,\"seq\":0},"
          "{\"desk\":\"5\",\"status\":\"open\",\"ticket\":\"\",\"phase\":\"idle\",\"seq\":0}]}" },
        { MESSAGE_SERVER, "{\"v\":1,\"epoch\":\"e\",\"seq\":0,\"ts\":1,\"online\":true,\"conn\":18}" },
        { MESSAGE_SERVER, "{\"v\":1,\"epoch\":\"e\",\"online\":false,\"conn\":18}" },
        { MESSAGE_COMMAND,
          "{\"v\":1,\"id\":\"r1\",\"command\":\"chime\",\"target\":\"hall\",\"value\":\"gong3\"}" },
        { MESSAGE_COMMAND, "{\"v\":1,\"id\":\"r1\",\"command\":\"reload\"}" },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        parse_good(rows[i].kind, rows[i].text);
}

static void a_desk_without_phase_is_called_when_it_has_a_ticket(void **state)
{
    (void)state;
    parse_good(MESSAGE_STATE, "{\"v\":1,\"epoch\":\"e\",\"seq\":5,\"ts\":1,\"desks\":["
                              "{\"desk\":\"3\",\"status\":\"open\",\"ticket\":\"A1\",\"seq\":5},"
                              "{\"desk\":\"4\",\"status\":\"open\",\"seq\":0}]}");
    assert_int_equal(message.state.desk[0].phase, PHASE_CALLED);
    assert_int_equal(message.state.desk[1].phase, PHASE_IDLE);
}

/* ---- bad ---- */

#define CALL(members)   "{\"v\":1,\"type\":\"call\"," members "}"
#define TICKET(ticket)  CALL("\"desk\":\"3\",\"ticket\":\"" ticket "\"")
#define DESK(desk)      CALL("\"ticket\":\"A1\",\"desk\":" desk)
#define STATE(members)  "{\"v\":1,\"epoch\":\"e\",\"seq\":5,\"ts\":1," members "}"
#define NOTICE(members) "{\"v\":1,\"type\":\"notice\",\"id\":\"n1\"," members "}"
#define A25             "AAAAAAAAAAAAAAAAAAAAAAAAA"
#define A300            A25 A25 A25 A25 A25 A25 A25 A25 A25 A25 A25 A25

static const struct {
    enum message_kind kind;
    const char *text, *error;
} bad_messages[] = {
    { MESSAGE_EVENT, "", "byte 0: the text ends here; expected a value" },
    { MESSAGE_EVENT, "[]", "an array is not an object" },
    { MESSAGE_EVENT, "7", "7 is not an object" },
    { MESSAGE_EVENT, "{}", "v: is missing" },
    { MESSAGE_EVENT, "{\"type\":\"call\",\"desk\":\"3\",\"ticket\":\"A1\"}", "v: is missing" },
    { MESSAGE_EVENT, "{\"v\":2,\"type\":\"call\"}", "v: 2 is not 1, the only version known here" },
    { MESSAGE_EVENT, "{\"v\":\"1\"}", "v: \"1\" is not an integer" },
    { MESSAGE_EVENT, "{\"v\":1}", "type: is missing" },
    { MESSAGE_EVENT, "{\"v\":1,\"type\":\"cal\"}",
      "type: \"cal\" is not one of call, recall, serve, clear, desk, notice" },
    { MESSAGE_EVENT, "{\"v\":1,\"type\":null}", "type: null is not one of call" },
    { MESSAGE_EVENT, CALL("\"ticket\":\"A1\""), "desk: is missing" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\""), "ticket: is missing" },
    { MESSAGE_EVENT, DESK("3"), "desk: 3 is not a string" },
    { MESSAGE_EVENT, DESK("{}"), "desk: an object is not a string" },
    { MESSAGE_EVENT, DESK("\"\""), "desk: \"\" is not an id; expected 1 to 32 of a-z 0-9 _ -" },
    { MESSAGE_EVENT, DESK("\"+\""), "desk: \"+\" is not an id" },
    { MESSAGE_EVENT, DESK("\"#\""), "desk: \"#\" is not an id" },
    { MESSAGE_EVENT, DESK("\"a/b\""), "desk: \"a/b\" is not an id" },
    { MESSAGE_EVENT, DESK("\"A\""), "desk: \"A\" is not an id" },
    { MESSAGE_EVENT, DESK("\"3 \""), "desk: \"3 \" is not an id" },
    { MESSAGE_EVENT, DESK("\"3\\n\""), "desk: \"3\\u000A\" is not an id" },
    { MESSAGE_EVENT, DESK("\"Қ\""), "desk: \"Қ\" is not an id" },
    { MESSAGE_EVENT, DESK("\"" A300 "\""), "desk: \"AAA" },
    { MESSAGE_EVENT, TICKET(""), "ticket: \"\" is empty; expected 1 to 8 characters" },
    { MESSAGE_EVENT, TICKET("123456789"),
      "ticket: \"123456789\" has more than 8 characters; expected 1 to 8" },
    { MESSAGE_EVENT, TICKET(A300), "AAA…\" has more than 8 characters" },
    { MESSAGE_EVENT, TICKET("A\\n1"), "ticket: \"A\\u000A1\" has a character that cannot be seen" },
    { MESSAGE_EVENT, TICKET("A\\u001b1"), "ticket: \"A\\u001B1\" has a character that cannot be seen" },
    { MESSAGE_EVENT, TICKET("A\\u202e1"), "ticket: \"A\\u202E1\" has a character that cannot be seen" },
    { MESSAGE_EVENT, TICKET("A\xE2\x80\xAE"), "ticket: \"A\\u202E\" has a character that cannot be seen" },
    { MESSAGE_EVENT, TICKET("A\\u200b1"), "has a character that cannot be seen" },
    { MESSAGE_EVENT, TICKET("A\\u200d1"), "has a character that cannot be seen" },
    { MESSAGE_EVENT, TICKET("\\ufeffA"), "has a character that cannot be seen" },
    { MESSAGE_EVENT, TICKET(" A1"), "ticket: \" A1\" starts with a space" },
    { MESSAGE_EVENT, TICKET("A1\\u00a0"), "ends with a space" },
    { MESSAGE_EVENT, TICKET("A\\u0000"), "U+0000 cannot stand in a text" },
    { MESSAGE_EVENT, TICKET("A\xC0\x80"), "malformed UTF-8" },
    { MESSAGE_EVENT, TICKET("A\xFF"), "malformed UTF-8" },
    { MESSAGE_EVENT, TICKET("A\xED\xA0\x80"), "malformed UTF-8" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\",\"ticket\":42"), "ticket: 42 is not a string" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\",\"ticket\":null"), "ticket: null is not a string" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\",\"desk\":\"4\",\"ticket\":\"A1\""), "duplicate key \"desk\"" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\",\"d\\u0065sk\":\"4\",\"ticket\":\"A1\""),
      "duplicate key \"desk\"" },
    { MESSAGE_EVENT, TICKET("A1") "x", "unexpected x; expected the end" },
    { MESSAGE_EVENT, "\xEF\xBB\xBF" TICKET("A1"), "byte order mark" },
    { MESSAGE_EVENT, CALL("\"seq\":1e999"), "number out of range" },
    { MESSAGE_EVENT, CALL("\"seq\":9007199254740993"), "integer out of range" },
    { MESSAGE_EVENT, CALL("\"seq\":9007199254740993.0"), "is not an integer from 1 to" },
    { MESSAGE_EVENT, CALL("\"seq\":0"), "seq: 0 is not an integer from 1 to 9007199254740991" },
    { MESSAGE_EVENT, CALL("\"seq\":-1"), "seq: -1 is not an integer" },
    { MESSAGE_EVENT, CALL("\"seq\":1.5"), "seq: 1.5 is not an integer" },
    { MESSAGE_EVENT, CALL("\"seq\":\"1\""), "seq: \"1\" is not an integer" },
    { MESSAGE_EVENT, CALL("\"epoch\":\"e\",\"ts\":1"), "seq: is missing" },
    { MESSAGE_EVENT, CALL("\"epoch\":\"e\",\"seq\":1"), "ts: is missing" },
    { MESSAGE_EVENT, CALL("\"epoch\":\"e\",\"seq\":1,\"ts\":-5"), "ts: -5 is not an integer" },
    { MESSAGE_EVENT, CALL("\"epoch\":\"\""), "epoch: \"\" is not 1 to 32 printable ASCII" },
    { MESSAGE_EVENT, CALL("\"epoch\":\"Қ\""), "epoch: \"Қ\" is not 1 to 32 printable ASCII" },
    { MESSAGE_EVENT, CALL("\"epoch\":\"" A25 "AAAAAAAA\""), "epoch: \"AAA" },
    { MESSAGE_EVENT, CALL("\"epoch\":5"), "epoch: 5 is not a string" },
    { MESSAGE_EVENT, CALL("\"ttl_ms\":600001"), "ttl_ms: 600001 is not an integer from 0 to 600000" },
    { MESSAGE_EVENT, CALL("\"ttl_ms\":-1"), "ttl_ms: -1 is not an integer from 0 to 600000" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\",\"ticket\":\"A1\",\"lane\":\"vip\""),
      "lane: \"vip\" is not one of walkin, booked" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\",\"ticket\":\"A1\",\"lane\":\"\""),
      "lane: \"\" is not one of walkin, booked" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\",\"ticket\":\"A1\",\"lang\":\"kazakh\""),
      "lang: \"kazakh\" is not a language tag" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\",\"ticket\":\"A1\",\"lang\":\"kk-\""),
      "lang: \"kk-\" is not a language tag" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\",\"ticket\":\"A1\",\"lang\":\"zh-Hant-TW\""),
      "is not a language tag" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\",\"ticket\":\"A1\",\"booked_at\":\"9:30\""),
      "booked_at: \"9:30\" is not a time" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\",\"ticket\":\"A1\",\"booked_at\":\"24:00\""),
      "\"24:00\" is not a time" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\",\"ticket\":\"A1\",\"booked_at\":\"10:60\""),
      "\"10:60\" is not a time" },
    { MESSAGE_EVENT, CALL("\"desk\":\"3\",\"ticket\":\"A1\",\"from\":\"a b\""),
      "from: \"a b\" is not an id" },
    { MESSAGE_EVENT, "{\"v\":1,\"type\":\"serve\"}", "desk: is missing" },
    { MESSAGE_EVENT, "{\"v\":1,\"type\":\"clear\",\"desk\":\"3\",\"reason\":\"gone\"}",
      "reason: \"gone\" is not one of done" },
    { MESSAGE_EVENT, "{\"v\":1,\"type\":\"desk\",\"desk\":\"3\"}", "status: is missing" },
    { MESSAGE_EVENT, "{\"v\":1,\"type\":\"desk\",\"desk\":\"3\",\"status\":\"busy\"}",
      "status: \"busy\" is not one of open" },
    { MESSAGE_EVENT, "{\"v\":1,\"type\":\"notice\",\"text\":{}}", "id: is missing" },
    { MESSAGE_EVENT, "{\"v\":1,\"type\":\"notice\",\"id\":\"n1\"}", "text: is missing" },
    { MESSAGE_EVENT, NOTICE("\"text\":\"hello\""), "text: \"hello\" is not an object" },
    { MESSAGE_EVENT, NOTICE("\"text\":{\"ru\":\"x\"}"), "level: is missing" },
    { MESSAGE_EVENT, NOTICE("\"text\":{\"ru\":5}"), "text.ru: 5 is not a string" },
    { MESSAGE_EVENT, NOTICE("\"text\":{\"russian\":\"x\"}"), "text: \"russian\" is not a language tag" },
    { MESSAGE_EVENT, NOTICE("\"text\":{\"ru\":\"a\\nb\"}"),
      "text.ru: \"a\\u000Ab\" has a character that cannot be seen" },
    { MESSAGE_EVENT, NOTICE("\"text\":{\"ru\":\"" A300 A300 "\"}"), "AAA…\" is longer than 511 bytes" },
    { MESSAGE_EVENT, NOTICE("\"text\":{\"aa\":\"a\",\"ab\":\"a\",\"ac\":\"a\",\"ad\":\"a\",\"ae\":\"a\"}"),
      "more than 4 languages" },
    { MESSAGE_EVENT, NOTICE("\"text\":{\"ru\":\"a\"},\"level\":\"panic\""),
      "level: \"panic\" is not one of info, alert" },
    { MESSAGE_EVENT, NOTICE("\"text\":{\"ru\":\"a\"},\"level\":\"info\",\"until_ts\":1.5"),
      "until_ts: 1.5 is not" },
    { MESSAGE_STATE, "{\"v\":1,\"seq\":5,\"ts\":1,\"desks\":[]}", "epoch: is missing" },
    { MESSAGE_STATE, "{\"v\":1,\"epoch\":\"e\",\"ts\":1,\"desks\":[]}", "seq: is missing" },
    { MESSAGE_STATE, "{\"v\":1,\"epoch\":\"e\",\"seq\":1,\"desks\":[]}", "ts: is missing" },
    { MESSAGE_STATE, STATE("\"recent\":[]"), "desks: is missing" },
    { MESSAGE_STATE, STATE("\"desks\":{}"), "desks: an object is not an array" },
    { MESSAGE_STATE, STATE("\"desks\":[3]"), "desks[0]: 3 is not an object" },
    { MESSAGE_STATE, STATE("\"desks\":[{}]"), "desks[0].desk: is missing" },
    { MESSAGE_STATE, STATE("\"desks\":[{\"desk\":\"3\"}]"), "desks[0].status: is missing" },
    { MESSAGE_STATE, STATE("\"desks\":[{\"desk\":\"3\",\"status\":\"lunch\",\"seq\":1}]"),
      "desks[0].status: \"lunch\" is not one of open, paused, closed" },
    { MESSAGE_STATE, STATE("\"desks\":[{\"desk\":\"3\",\"status\":\"open\"}]"), "desks[0].seq: is missing" },
    { MESSAGE_STATE, STATE("\"desks\":[{\"desk\":\"3\",\"status\":\"open\",\"seq\":1,\"phase\":\"called\"}]"),
      "desks[0].phase: \"called\" needs a ticket; expected idle without" },
    { MESSAGE_STATE,
      STATE("\"desks\":[{\"desk\":\"3\",\"status\":\"open\",\"seq\":1},{\"desk\":\"3\",\"status\":"
            "\"open\",\"seq\":1}]"),
      "desks[1].desk: \"3\" stands twice; expected each desk once" },
    { MESSAGE_STATE,
      STATE("\"desks\":[{\"desk\":\"3\",\"status\":\"open\",\"seq\":1,\"ticket\":\"A\\u202e\"}]"),
      "desks[0].ticket: \"A\\u202E\" has a character" },
    { MESSAGE_STATE, STATE("\"desks\":[],\"re\":\"\""), "re: \"\" is not 1 to 32 printable" },
    { MESSAGE_STATE, STATE("\"desks\":[],\"recent\":[{\"desk\":\"3\"}]"), "recent[0].ticket: is missing" },
    { MESSAGE_STATE, STATE("\"desks\":[],\"missed\":[{\"desk\":\"3\",\"ticket\":\"A1\",\"seq\":-1}]"),
      "missed[0].seq: -1 is not" },
    { MESSAGE_STATE, STATE("\"desks\":[],\"notices\":[{\"id\":\"n\",\"text\":{\"ru\":1}}]"),
      "notices[0].text.ru: 1 is not a string" },
    { MESSAGE_STATE, STATE("\"desks\":[],\"notices\":null"), "notices: null is not an array" },
    { MESSAGE_STATE, STATE("\"desks\":[],\"waiting\":{}"), "waiting: an object is not an array" },
    { MESSAGE_STATE, STATE("\"desks\":[],\"waiting\":[{\"agency\":\"a\"}]"), "waiting[0].count: is missing" },
    { MESSAGE_STATE, STATE("\"desks\":[],\"waiting\":[{\"count\":-1}]"),
      "waiting[0].count: -1 is not an integer from 0 to 9999" },
    { MESSAGE_STATE, STATE("\"desks\":[],\"waiting\":[{\"count\":1,\"wait_min\":1000}]"),
      "waiting[0].wait_min: 1000 is not an integer from 0 to 999" },
    { MESSAGE_STATE, STATE("\"desks\":[],\"waiting\":[{\"agency\":\"A\",\"count\":1}]"),
      "waiting[0].agency: \"A\" is not an id; expected 1 to 32 of a-z 0-9 _ -" },
    { MESSAGE_STATE,
      STATE("\"desks\":[],\"waiting\":[{\"agency\":\"a\",\"count\":1},{\"agency\":\"a\",\"count\":1}]"),
      "waiting[1].agency: \"a\" stands twice; expected each agency once" },
    { MESSAGE_STATE, STATE("\"desks\":[],\"waiting\":[{\"count\":1},{\"count\":1}]"),
      "waiting[1]: the whole hall stands twice; expected it once" },
    { MESSAGE_SERVER, "{\"v\":1,\"epoch\":\"e\",\"seq\":1,\"ts\":1,\"conn\":1}", "online: is missing" },
    { MESSAGE_SERVER, "{\"v\":1,\"epoch\":\"e\",\"seq\":1,\"ts\":1,\"online\":1,\"conn\":1}",
      "online: 1 is not true or false" },
    { MESSAGE_SERVER, "{\"v\":1,\"epoch\":\"e\",\"seq\":1,\"ts\":1,\"online\":true}", "conn: is missing" },
    { MESSAGE_SERVER, "{\"v\":1,\"epoch\":\"e\",\"ts\":1,\"online\":true,\"conn\":1}", "seq: is missing" },
    { MESSAGE_SERVER, "{\"v\":1,\"online\":false,\"conn\":1}", "epoch: is missing" },
    { MESSAGE_COMMAND, "{\"v\":1,\"command\":\"test\"}", "id: is missing" },
    { MESSAGE_COMMAND, "{\"v\":1,\"id\":\"r/+\",\"command\":\"test\"}", "id: \"r/+\" is not an id" },
    { MESSAGE_COMMAND, "{\"v\":1,\"id\":\"r\",\"command\":\"rm -rf\"}", "command: \"rm -rf\" is not an id" },
};

static void a_bad_message_is_refused_with_member_value_and_remedy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad_messages); i++) {
        if (parse(bad_messages[i].kind, bad_messages[i].text) != -EBADMSG)
            fail_msg("accepted: %s", bad_messages[i].text);
        if (!strstr(error, bad_messages[i].error) || strlen(error) >= sizeof error - 1)
            fail_msg("%s: %s", bad_messages[i].text, error);
        for (const char *byte = error; *byte; byte++)
            assert_true((unsigned char)*byte >= 0x20);
    }
}

static void lists_and_sizes_over_their_limits_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *key, *item;
        int max;
    } rows[] = {
        { "desks", "{\"desk\":\"d%d\",\"status\":\"open\",\"seq\":1}", DESKS_MAX },
        { "recent", "{\"desk\":\"d%d\",\"ticket\":\"A1\",\"seq\":1}", RECENT_MAX },
        { "missed", "{\"desk\":\"d%d\",\"ticket\":\"A1\",\"seq\":1}", MISSED_MAX },
        { "waiting", "{\"agency\":\"a%d\",\"count\":1}", WAITING_COUNTS_MAX },
        { "notices", "{\"id\":\"n%d\",\"level\":\"info\",\"text\":{\"ru\":\"x\"}}", NOTICES_MAX },
    };
    static char text[STATE_BYTES_MAX + 2];
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int over = 0; over < 2; over++) {
            int used = sprintf(text, "{\"v\":1,\"epoch\":\"e\",\"seq\":5,\"ts\":1%s,\"%s\":[",
                               i ? ",\"desks\":[]" : "", rows[i].key);
            for (int n = 0; n < rows[i].max + over; n++) {
                used += sprintf(text + used, n ? "," : "");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
                used += sprintf(text + used, rows[i].item, n);
#pragma GCC diagnostic pop
            }
            strcpy(text + used, "]}");
            if (parse(MESSAGE_STATE, text) != (over ? -EBADMSG : 0))
                fail_msg("%s: %s", rows[i].key, error);
            assert_true(!over || strstr(error, "entries; expected at most"));
        }
    memset(text, ' ', sizeof text);
    memcpy(text, "{}", 2);
    assert_int_equal(message_parse(&message, MESSAGE_EVENT, text, EVENT_BYTES_MAX + 1, error, sizeof error),
                     -EBADMSG);
    assert_string_equal(error, "message of 4097 bytes; expected at most 4096");
    assert_int_equal(message_parse(&message, MESSAGE_STATE, text, STATE_BYTES_MAX + 1, error, sizeof error),
                     -EBADMSG);
    assert_string_equal(error, "message of 65537 bytes; expected at most 65536");
}

static void a_reason_longer_than_its_room_is_cut(void **state)
{
    (void)state;
    char small[10];
    assert_int_equal(message_parse(&message, MESSAGE_EVENT, "[]", 2, small, sizeof small), -EBADMSG);
    assert_string_equal(small, "an array ");
}

/* ---- round trips ---- */

static void fill_event(struct event *event, uint8_t type)
{
    memset(event, 0, sizeof *event); /* padding too: the test compares memory */
    event->type = type;
    event->seq = 9007199254740991;
    event->ts_ms = 1763802000123;
    event->ttl_ms = 10000;
    event->lane = LANE_WALKIN;
    strcpy(event->epoch, "7f3c9a12");
    strcpy(event->desk, "3");
    strcpy(event->ticket, "\"\\А\"");
    strcpy(event->lang, "kk-Latn");
    strcpy(event->booked_at, "23:59");
    strcpy(event->from, "reg-1");
    strcpy(event->to, "taxes");
    event->reason = type == EVENT_CLEAR ? CLEAR_PARKED : 0;
    event->status = type == EVENT_DESK ? DESK_CLOSED : 0;
}

static void fill_notice(struct notice *notice)
{
    strcpy(notice->id, "n1");
    notice->level = NOTICE_ALERT;
    notice->ntexts = 2;
    notice->until_ms = 1763802000999;
    strcpy(notice->text[0].lang, "kk");
    strcpy(notice->text[0].text, "Қ\"");
    strcpy(notice->text[1].lang, "ru");
    strcpy(notice->text[1].text, "б\\");
}

static void formatted_events_parse_back_equal(void **state)
{
    (void)state;
    static struct event events[EVENT_TYPES + 2];
    for (uint8_t type = 0; type < EVENT_TYPES; type++)
        fill_event(&events[type], type);
    fill_notice(&events[EVENT_NOTICE].notice);
    struct event *shortest = &events[EVENT_TYPES], *removal = &events[EVENT_TYPES + 1];
    shortest->type = EVENT_CALL;
    strcpy(shortest->desk, "3");
    strcpy(shortest->ticket, "A1");
    removal->type = EVENT_NOTICE;
    strcpy(removal->notice.id, "n1");
    shortest->ttl_ms = removal->ttl_ms = -1;
    for (size_t i = 0; i < COUNT(events); i++) {
        char out[EVENT_BYTES_MAX];
        int length = message_format_event(out, sizeof out, &events[i]);
        assert_int_equal(length, strlen(out));
        memset(&message, 0, sizeof message);
        parse_good(MESSAGE_EVENT, out);
        assert_memory_equal(&message.event, &events[i], sizeof events[i]);
    }
}

static void fill_desk(struct state_desk *desk, unsigned i)
{
    sprintf(desk->desk, "desk-%u", i);
    desk->seq = i;
    desk->status = i % DESK_STATUSES;
    desk->lane = i % LANES;
    desk->phase = i % PHASES;
    strcpy(desk->ticket, desk->phase == PHASE_IDLE ? "" : "ҚҚ12");
    strcpy(desk->booked_at, "10:30");
    strcpy(desk->from, "x");
}

static void fill_call(struct state_call *call, unsigned i)
{
    strcpy(call->ticket, "А042");
    strcpy(call->desk, "3");
    call->seq = i;
}

static void a_formatted_state_parses_back_equal(void **state)
{
    (void)state;
    struct state *full = calloc(1, sizeof *full);
    strcpy(full->epoch, "7f3c9a12");
    strcpy(full->re, "5d1e-17");
    full->seq = 1042;
    full->ts_ms = 1763802000310;
    full->ndesks = DESKS_MAX;
    full->nrecent = full->nmissed = RECENT_MAX;
    full->nnotices = 1;
    for (unsigned i = 0; i < DESKS_MAX; i++)
        fill_desk(&full->desk[i], i);
    for (unsigned i = 0; i < RECENT_MAX; i++)
        fill_call(&full->recent[i], i);
    for (unsigned i = 0; i < MISSED_MAX; i++)
        fill_call(&full->missed[i], 2 * i);
    fill_notice(&full->notice[0]);
    full->nwaiting = WAITING_COUNTS_MAX;
    for (unsigned i = 0; i < WAITING_COUNTS_MAX; i++) {
        full->waiting[i].count = (uint16_t)(i * 303);
        full->waiting[i].wait_min = (int16_t)((int)i - 1);
        if (i > 0)
            snprintf(full->waiting[i].agency, ID_SIZE, "a%u", i);
    }
    char *out = malloc(STATE_BYTES_MAX);
    int length = message_format_state(out, STATE_BYTES_MAX, full);
    assert_int_equal(length, strlen(out));
    memset(&message, 0, sizeof message);
    parse_good(MESSAGE_STATE, out);
    assert_memory_equal(&message.state, full, sizeof *full);
    free(out);
    free(full);
}

static void formatted_servers_parse_back_equal(void **state)
{
    (void)state;
    static const struct server servers[] = {
        { "e", 0, 1763802005000, 18, true },
        { "e", 1042, 1763802005000, 9007199254740991, true },
        { "e", 0, 0, 18, false },
    };
    for (size_t i = 0; i < COUNT(servers); i++) {
        char out[256];
        assert_true(message_format_server(out, sizeof out, &servers[i]) > 0);
        parse_good(MESSAGE_SERVER, out);
        assert_string_equal(message.server.epoch, servers[i].epoch);
        assert_int_equal(message.server.seq, servers[i].seq);
        assert_int_equal(message.server.ts_ms, servers[i].ts_ms);
        assert_int_equal(message.server.conn, servers[i].conn);
        assert_int_equal(message.server.is_online, servers[i].is_online);
    }
}

static void a_formatted_hello_parses_back_equal(void **state)
{
    (void)state;
    static const struct hello hellos[] = {
        { "hall-1", "b7c1", "5d1e-17", "7f3c9a12", 1041 },
        { "hall-1", "b7c1", "5d1e-17", "", 0 },
    };
    for (size_t i = 0; i < COUNT(hellos); i++) {
        char out[256];
        struct hello read;
        int length = message_format_hello(out, sizeof out, &hellos[i]);
        assert_true(length > 0);
        assert_int_equal(message_parse_hello(&read, out, (size_t)length, error, sizeof error), 0);
        assert_memory_equal(&read, &hellos[i], sizeof read);
    }
    struct hello read;
    static const char nameless[] = "{\"v\":1,\"id\":\"a\",\"boot\":\"b\"}";
    assert_int_equal(message_parse_hello(&read, nameless, strlen(nameless), error, sizeof error), -EBADMSG);
    assert_string_equal(error, "nonce: is missing");
}

static void what_the_board_says_is_written_as_the_contract_shows(void **state)
{
    (void)state;
    char out[1024];
    assert_true(message_format_status(out, sizeof out, "hall-1", true, 4, "b7c1", "0.1.0") > 0);
    assert_string_equal(
        out,
        "{\"v\":1,\"id\":\"hall-1\",\"online\":true,\"conn\":4,\"boot\":\"b7c1\",\"version\":\"0.1.0\"}");
    static const struct receipt receipt = {
        .id = "hall-1",
        .epoch = "7f3c9a12",
        .seq = 1042,
        .ticket = "А042",
        .desk = "3",
        .result = RECEIPT_PARTIAL,
        .noutlets = 3,
        .outlet = { { "screen/main", "shown", 21449, "" },
                    { "led/3", "failed", -1, "no \"reply\"" },
                    { "chime/hall", "finished", 0, "" } },
    };
    assert_true(message_format_receipt(out, sizeof out, &receipt) > 0);
    assert_string_equal(
        out,
        "{\"v\":1,\"id\":\"hall-1\",\"epoch\":\"7f3c9a12\",\"seq\":1042,\"ticket\":\"А042\",\"desk\":\"3\","
        "\"result\":\"partial\",\"outlets\":[{\"outlet\":\"screen/"
        "main\",\"result\":\"shown\",\"latency_ms\":21.4},"
        "{\"outlet\":\"led/3\",\"result\":\"failed\",\"detail\":\"no \\\"reply\\\"\"},"
        "{\"outlet\":\"chime/hall\",\"result\":\"finished\",\"latency_ms\":0.0}]}");
    assert_true(topic_format(out, sizeof out, "open-almaty", "board/hall-1/receipt") > 0);
    assert_string_equal(out, "kezek/v1/open-almaty/board/hall-1/receipt");
    assert_int_equal(topic_format(out, 41, "open-almaty", "board/hall-1/receipt"), -ENOSPC);
}

static void formatting_into_too_little_room_says_so_and_writes_no_further(void **state)
{
    (void)state;
    static const struct event event = { .type = EVENT_NOTICE,
                                        .ttl_ms = 5,
                                        .desk = "3",
                                        .ticket = "A\"",
                                        .notice = {
                                            "n1", NOTICE_ALERT, 2, 5, { { "kk", "Қ\"" }, { "ru", "б" } } } };
    char whole[512];
    int length = message_format_event(whole, sizeof whole, &event);
    for (size_t size = 0; size <= (size_t)length + 1; size++) {
        char *out = malloc(size + 1);
        out[size] = '!';
        assert_int_equal(message_format_event(out, size, &event), size > (size_t)length ? length : -ENOSPC);
        assert_int_equal(out[size], '!');
        free(out);
    }
}

static void ids_and_tickets_are_judged_alone_too(void **state)
{
    (void)state;
    assert_true(id_is_valid("hall-1"));
    assert_true(id_is_valid("0123456789abcdef0123456789abcdef"));
    assert_false(id_is_valid("0123456789abcdef0123456789abcdef0"));
    assert_false(id_is_valid(""));
    assert_false(id_is_valid("a.b"));
    assert_null(ticket_defect("А042"));
    assert_null(ticket_defect("\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80"
                              "\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80"));
    assert_string_equal(ticket_defect("\xC3"), "is malformed UTF-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_of_the_full_profile_is_read_whole),
        cmocka_unit_test(the_shortest_event_of_the_basic_profile_is_enough),
        cmocka_unit_test(good_messages_are_accepted),
        cmocka_unit_test(a_desk_without_phase_is_called_when_it_has_a_ticket),
        cmocka_unit_test(a_bad_message_is_refused_with_member_value_and_remedy),
        cmocka_unit_test(lists_and_sizes_over_their_limits_are_refused),
        cmocka_unit_test(a_reason_longer_than_its_room_is_cut),
        cmocka_unit_test(formatted_events_parse_back_equal),
        cmocka_unit_test(a_formatted_state_parses_back_equal),
        cmocka_unit_test(formatted_servers_parse_back_equal),
        cmocka_unit_test(a_formatted_hello_parses_back_equal),
        cmocka_unit_test(what_the_board_says_is_written_as_the_contract_shows),
        cmocka_unit_test(formatting_into_too_little_room_says_so_and_writes_no_further),
        cmocka_unit_test(ids_and_tickets_are_judged_alone_too),
    };
    int failed = cmocka_run_group_tests_name("with cJSON's own memory", tests, NULL, NULL);
    json_arena_install();
    return failed + cmocka_run_group_tests_name("in the arena", tests, NULL, NULL);
}
