/* The schemas and the parser say the same: every example of a schema is accepted, tests/data/messages.json is accepted and
 * refused as its rows say (tests/checks/schemas holds the schemas to them too), and what the board writes is the example of
 * its schema. A row has a message, or as "raw" its bytes (%XX is one byte); a bad one the error that the parser gives; and
 * "schema" the reason if the schema cannot know what the parser knows. Files are read from $KEZEK_SOURCE, else from here. */
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
    static char bytes[1 << 19], full[512];
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

static int parse_bytes(const char *kind, const char *bytes, size_t length, char *error, size_t error_size)
{
    static const struct {
        const char *name;
        enum message_kind kind;
    } kinds[] = { { "event", MESSAGE_EVENT },
                  { "state", MESSAGE_STATE },
                  { "board_state", MESSAGE_STATE },
                  { "server", MESSAGE_SERVER },
                  { "command", MESSAGE_COMMAND } };
    static struct message message;
    struct hello hello;
    if (strcmp(kind, "hello") == 0)
        return message_parse_hello(&hello, bytes, length, error, error_size);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kind, kinds[i].name) == 0)
            return message_parse(&message, kinds[i].kind, bytes, length, error, error_size);
    fail_msg("no parser for messages of kind %s", kind);
    return 1;
}

static int parse(const char *kind, const cJSON *document, char *error, size_t error_size)
{
    char *text = cJSON_PrintUnformatted(document);
    int result = parse_bytes(kind, text, strlen(text), error, error_size);
    free(text);
    return result;
}

/* %XX is one byte. In memory of just this size, so that a sanitizer sees who reads on. */
static int parse_raw(const char *kind, const char *raw, char *error, size_t error_size)
{
    char *bytes = malloc(strlen(raw) + 1);
    size_t length = 0;
    unsigned byte;
    assert_non_null(bytes);
    for (; *raw; raw++) {
        bool is_escaped = *raw == '%';
        if (is_escaped)
            assert_int_equal(sscanf(raw + 1, "%2x", &byte), 1);
        bytes[length++] = is_escaped ? (char)byte : *raw;
        raw += is_escaped ? 2 : 0;
    }
    char *exact = realloc(bytes, length ? length : 1);
    assert_non_null(exact);
    int result = parse_bytes(kind, exact, length, error, error_size);
    free(exact);
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

static void check_row(const cJSON *row)
{
    char error[256] = "";
    const char *kind = json_member(row, "kind")->valuestring, *why = json_member(row, "why")->valuestring;
    const cJSON *raw = json_member(row, "raw"), *expected = json_member(row, "error");
    bool is_good = cJSON_IsTrue(json_member(row, "good"));
    int result = raw ? parse_raw(kind, raw->valuestring, error, sizeof error)
                     : parse(kind, json_member(row, "message"), error, sizeof error);
    if ((result == 0) != is_good)
        fail_msg("%s: %s: %s", kind, why, result == 0 ? "accepted" : error);
    if (is_good == (expected != NULL))
        fail_msg("%s: %s: a row has an error exactly if it is bad", kind, why);
    if (expected && strcmp(error, expected->valuestring) != 0)
        fail_msg("%s: %s: says \"%s\"; expected \"%s\"", kind, why, error, expected->valuestring);
}

static void good_rows_are_accepted_and_bad_ones_refused_with_their_reason(void **state)
{
    (void)state;
    cJSON *rows = load("tests/data/messages.json");
    const cJSON *row;
    unsigned bad = 0;
    cJSON_ArrayForEach(row, rows)
    {
        check_row(row);
        bad += !cJSON_IsTrue(json_member(row, "good"));
    }
    assert_true(bad >= 300);
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
        cmocka_unit_test(good_rows_are_accepted_and_bad_ones_refused_with_their_reason),
        cmocka_unit_test(what_the_board_writes_is_the_first_example_of_its_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
