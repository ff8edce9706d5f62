/* What one message of a flood may cost, in instructions: the same on every machine of one kind. The bounds have a third to spare for
 * other compilers and libcs.
 */
#include "board/hall/receipts.h"
#include "protocol/json_arena.h"

#include "tests/instruction_count.h"
#include "tests/unit/announce_wall.h"

#define CALLS 4

static struct wall *wall;
static struct receipts receipts;

/* The walls are full and 64 calls wait: each further one finds no place. */
static void call_at_a_full_wall(void)
{
    char ticket[16];
    for (int i = 0; i < CALLS; i++) {
        snprintf(ticket, sizeof ticket, "%04d", 1000 + i);
        call(wall, i % (DESKS - 1) + 1, ticket);
        while (announce_take_gone(&wall->announce))
            ;
    }
}

static void fill_wall(void)
{
    char ticket[16];
    for (int i = 0; i < ANNOUNCE_SLOTS + ANNOUNCE_WAITING; i++) {
        snprintf(ticket, sizeof ticket, "%04d", i);
        call(wall, i % (DESKS - 1) + 1, ticket);
    }
    assert_int_equal(wall->announce.nwaiting, ANNOUNCE_WAITING);
}

/* As a flood does it: all places are taken, and the oldest is finished early. */
static void receipt_of_a_call(void)
{
    static char text[4096];
    static struct receipt taken;
    static const struct event event = { .ticket = "0042", .desk = "3" };
    for (int i = 0; i < CALLS; i++) {
        receipts_make_room(&receipts, 1);
        while (receipts_take(&receipts, 1, &taken))
            assert_true(message_format_receipt(text, sizeof text, &taken) > 0);
        uint64_t token = receipts_open(&receipts, &event, 0);
        receipts_expect(&receipts, token, "screen/main");
        receipts_expect(&receipts, token, "led/3");
        receipts_expect(&receipts, token, "chime/hall");
        receipts_settle(&receipts, token, "screen/main", "failed", 0,
                        "too many calls wait for a panel; it stands in the list", true);
        receipts_settle(&receipts, token, "chime/hall", "superseded", 0,
                        "one chime sounds for more than 16 calls", true);
    }
}

/* cJSON alone takes 8,000 of it. */
static void parse_events(void)
{
    static const char event[] =
        "{\"v\":1,\"epoch\":\"7f3c9a12\",\"seq\":1042,\"ts\":1763802000123,\"type\":\"call\","
        "\"desk\":\"3\",\"ticket\":\"А042\",\"lane\":\"booked\",\"ttl_ms\":10000}";
    static struct message message;
    char error[160];
    for (int i = 0; i < CALLS; i++)
        assert_int_equal(message_parse(&message, MESSAGE_EVENT, event, sizeof event - 1, error, sizeof error),
                         0);
}

static void within(void (*work)(void), const char *what, long bound)
{
    long steps = COUNTS_INSTRUCTIONS ? instructions_of(work) : -1;
    if (steps < 0)
        skip();
    print_message("%s: %ld instructions each\n", what, steps / CALLS);
    assert_in_range(steps / CALLS, 1, bound);
}

static void a_call_that_finds_the_wall_and_its_line_full_is_cheap(void **state)
{
    wall = *state;
    fill_wall();
    within(call_at_a_full_wall, "a call at a full wall", 16000);
}

static void a_receipt_of_a_crowded_board_is_cheap(void **state)
{
    (void)state;
    receipts_init(&receipts, "hall-1");
    for (int i = 0; i <= RECEIPTS_OPEN_MAX / CALLS; i++)
        receipt_of_a_call();
    assert_true(receipts_are_full(&receipts));
    within(receipt_of_a_call, "a receipt", 13500);
}

static void an_event_is_parsed_cheaply(void **state)
{
    (void)state;
    json_arena_install();
    within(parse_events, "an event parsed and checked", 18000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_call_that_finds_the_wall_and_its_line_full_is_cheap, set_up,
                                        tear_down),
        cmocka_unit_test(an_event_is_parsed_cheaply),
        cmocka_unit_test(a_receipt_of_a_crowded_board_is_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
