/* The schemas and the parser say the same: every example of a schema is accepted, tests/data/messages.json is accepted and
 * refused as its rows say (tests/checks/schemas holds the schemas to them too), and what the board writes is the example of
 * its schema. Files are read from $KEZEK_SOURCE, else from here. */
#include "protocol/json.h"
#include "protocol/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static cJSON *load(const char *path)
{
    static char bytes[1 << 18], full[512];
    const char *source = getenv("KEZEK_SOURCE");
    snprintf(full, sizeof full, "%s/%s", source ? source : ".", path);
    FILE *file = fopen(full, "re");
    if (!file)
        fail_msg("%s cannot be opened; set KEZEK_SOURCE to the source tree", full);
    size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(length < sizeof bytes);
    struct json_error error;
    cJSON *root = json_parse(bytes, length, &error);
    if (!root)
        fail_msg("%s:%u:%u: %s", full, error.line, error.column, error.text);
    return root;
}

static int parse(const char *kind, const cJSON *document, char *error, size_t error_size)
{
    static const char *const kinds[MESSAGE_KINDS] = { "event", "state", "server", "command" };
    static struct message message;
    char *text = cJSON_PrintUnformatted(document);
    int result = 1;
    if (strcmp(kind, "hello") == 0) {
        struct hello hello;
        result = message_parse_hello(&hello, text, strlen(text), error, error_size);
    }
    for (unsigned i = 0; i < MESSAGE_KINDS; i++)
        if (strcmp(kind, kinds[i]) == 0)
            result = message_parse(&message, i, text, strlen(text), error, error_size);
    free(text);
    return result;
}

static void every_example_of_a_schema_is_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *file, *kind;
    } rows[] = {
        { "protocol/schemas/event.json", "event" },       { "protocol/schemas/state.json", "state" },
        { "protocol/schemas/board_state.json", "state" }, { "protocol/schemas/server.json", "server" },
        { "protocol/schemas/command.json", "command" },   { "protocol/schemas/hello.json", "hello" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        cJSON *schema = load(rows[i].file);
        const cJSON *examples = json_member(schema, "examples"), *example;
        assert_true(cJSON_GetArraySize(examples) > 0);
        cJSON_ArrayForEach(example, examples)
        {
            char error[256] = "";
            if (parse(rows[i].kind, example, error, sizeof error) != 0)
                fail_msg("%s: %s", rows[i].file, error);
        }
        cJSON_Delete(schema);
    }
}

static void good_rows_are_accepted_and_bad_ones_refused(void **state)
{
    (void)state;
    cJSON *rows = load("tests/data/messages.json");
    const cJSON *row;
    unsigned good = 0, bad = 0;
    cJSON_ArrayForEach(row, rows)
    {
        char error[256] = "accepted";
        bool is_good = cJSON_IsTrue(json_member(row, "good"));
        int result =
            parse(json_member(row, "kind")->valuestring, json_member(row, "message"), error, sizeof error);
        if ((result == 0) != is_good)
            fail_msg("%s: %s: %s", json_member(row, "kind")->valuestring,
                     json_member(row, "why")->valuestring, error);
        good += is_good;
        bad += !is_good;
    }
    assert_true(good >= 20 && bad >= 60);
    cJSON_Delete(rows);
}

static void is_example(const char *file, const char *text)
{
    cJSON *schema = load(file), *written = cJSON_Parse(text);
    const cJSON *example = cJSON_GetArrayItem(json_member(schema, "examples"), 0);
    if (!cJSON_Compare(written, example, true))
        fail_msg("%s: %s", file, text);
    cJSON_Delete(written);
    cJSON_Delete(schema);
}

static void what_the_board_writes_is_the_first_example_of_its_schema(void **state)
{
    (void)state;
    static const struct receipt receipt = {
        .id = "hall-1",
        .epoch = "7f3c9a12",
        .seq = 1042,
        .ticket = "А042",
        .desk = "3",
        .result = RECEIPT_SHOWN,
        .noutlets = 3,
        .outlet = { { "screen/main", "shown", 21400, "" },
                    { "led/3", "verified", 48000, "" },
                    { "chime/hall", "finished", 1630200, "" } },
    };
    static const struct hello hello = { "hall-1", "b7c1", "5d1e-17", "7f3c9a12", 1041 };
    static const struct server server = { "7f3c9a12", 1042, 1763802005000, 18, true };
    char text[1024];
    assert_true(message_format_receipt(text, sizeof text, &receipt) > 0);
    is_example("protocol/schemas/receipt.json", text);
    assert_true(message_format_hello(text, sizeof text, &hello) > 0);
    is_example("protocol/schemas/hello.json", text);
    assert_true(message_format_status(text, sizeof text, "hall-1", true, 4, "b7c1", "0.1.0") > 0);
    is_example("protocol/schemas/status.json", text);
    assert_true(message_format_server(text, sizeof text, &server) > 0);
    is_example("protocol/schemas/server.json", text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_of_a_schema_is_accepted),
        cmocka_unit_test(good_rows_are_accepted_and_bad_ones_refused),
        cmocka_unit_test(what_the_board_writes_is_the_first_example_of_its_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
