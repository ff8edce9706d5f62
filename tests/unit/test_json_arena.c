#include "protocol/json_arena.h"
#include "protocol/message.h"

#include "tests/heap_count.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define EVENT                                                                                                \
    "{\"v\":1,\"epoch\":\"7f3c9a12\",\"seq\":1042,\"ts\":1763802000123,\"type\":\"call\",\"desk\":\"3\","    \
    "\"ticket\":\"А042\",\"lane\":\"booked\",\"ttl_ms\":10000}"

static struct message message;
static char error[160];

static void an_event_is_read_without_the_heap(void **state)
{
    (void)state;
    if (!COUNTS_HEAP)
        skip();
    for (int i = 0; i < 100; i++) {
        unsigned before = allocations;
        assert_int_equal(message_parse(&message, MESSAGE_EVENT, EVENT, strlen(EVENT), error, sizeof error),
                         0);
        assert_int_equal(allocations - before, 0);
    }
    assert_string_equal(message.event.ticket, "А042");
}

static void a_bad_event_leaves_nothing_behind(void **state)
{
    static const char *const bad[] = { "", "[1,2,{}]", "{\"v\":2}",
                                       "{\"v\":1,\"type\":", "{\"v\":1,\"type\":7}" };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(message_parse(&message, MESSAGE_EVENT, bad[i], strlen(bad[i]), error, sizeof error),
                         -EBADMSG);
    an_event_is_read_without_the_heap(NULL);
}

/* What does not fit comes from malloc(); LeakSanitizer sees whether it goes back. */
static void a_document_larger_than_the_arena_is_read_whole(void **state)
{
    static char text[STATE_BYTES_MAX];
    size_t used =
        (size_t)snprintf(text, sizeof text, "{\"v\":1,\"epoch\":\"e\",\"seq\":1,\"ts\":1,\"desks\":[");
    (void)state;
    for (unsigned i = 0; i < DESKS_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"desk\":\"%u\",\"status\":\"open\",\"ticket\":\"%u\",\"seq\":%u}",
                                 i ? "," : "", i, i, i);
    used += (size_t)snprintf(text + used, sizeof text - used, "]}");
    for (int i = 0; i < 2; i++)
        assert_int_equal(message_parse(&message, MESSAGE_STATE, text, used, error, sizeof error), 0);
    assert_int_equal(message.state.ndesks, DESKS_MAX);
    assert_string_equal(message.state.desk[255].ticket, "255");
}

static void *parse_elsewhere(void *text)
{
    return cJSON_Parse(text);
}

static void trees_of_other_places_and_threads_are_left_alone(void **state)
{
    char theirs[] = "{\"of\":\"another thread\"}";
    pthread_t thread;
    void *elsewhere;
    (void)state;
    json_arena_begin();
    json_arena_end(NULL);
    cJSON *before = cJSON_Parse("{\"of\":\"before\"}");
    json_arena_begin();
    cJSON *inside = cJSON_Parse("[1,2,3]");
    assert_int_equal(pthread_create(&thread, NULL, parse_elsewhere, theirs), 0);
    pthread_join(thread, &elsewhere);
    json_arena_end(inside);
    assert_int_equal(message_parse(&message, MESSAGE_EVENT, EVENT, strlen(EVENT), error, sizeof error), 0);
    assert_string_equal(cJSON_GetObjectItem(before, "of")->valuestring, "before");
    assert_string_equal(cJSON_GetObjectItem(elsewhere, "of")->valuestring, "another thread");
    cJSON_Delete(before);
    cJSON_Delete(elsewhere);
}

int main(void)
{
    json_arena_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_read_without_the_heap),
        cmocka_unit_test(a_bad_event_leaves_nothing_behind),
        cmocka_unit_test(a_document_larger_than_the_arena_is_read_whole),
        cmocka_unit_test(trees_of_other_places_and_threads_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
