#include "protocol/json.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define BYTES(text)  text, sizeof text - 1

static void good_documents_are_parsed(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{}",
        " \t\r\n[ ] ",
        "0",
        "-0.5e-7",
        "true",
        "null",
        "\"\"",
        "9007199254740991",
        "-9007199254740991",
        "1E+200",
        "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u049a\\uD83D\\uDE00\"",
        "\"Қош келдіңіз\"",
        "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
        "{\"\":1,\" \":2}",
        "123456789012345.6789012345678901234567890123456789012345678901",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json_error error;
        cJSON *root = json_parse(rows[i], strlen(rows[i]), &error);
        if (!root)
            fail_msg("%s: %s", rows[i], error.text);
        cJSON_Delete(root);
    }
}

static void bad_documents_are_refused_at_the_byte_that_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length, offset;
        const char *text;
    } rows[] = {
        { BYTES(""), 0, "the text ends here; expected a value" },
        { BYTES("  "), 2, "the text ends here; expected a value" },
        { BYTES("\xEF\xBB\xBF{}"), 0, "byte order mark" },
        { BYTES("{} x"), 3, "unexpected x; expected the end" },
        { BYTES("{}{}"), 2, "unexpected {; expected the end" },
        { BYTES("{}\0"), 2, "unexpected byte 0x00; expected the end" },
        { BYTES("\0"), 0, "unexpected byte 0x00; expected a value" },
        { BYTES("\v1"), 0, "unexpected byte 0x0B; expected a value" },
        { BYTES("\"a\0b\""), 2, "control character in a string" },
        { BYTES("\"a\nb\""), 2, "control character in a string" },
        { BYTES("\"a\\u0000b\""), 2, "U+0000" },
        { BYTES("\"\\uD83D\""), 1, "half a surrogate pair" },
        { BYTES("\"\\uD83D\\u0041\""), 1, "half a surrogate pair" },
        { BYTES("\"\\uDE00\""), 1, "half a surrogate pair" },
        { BYTES("\"\\u12G4\""), 1, "broken escape" },
        { BYTES("\"\\u12"), 1, "broken escape" },
        { BYTES("\"\\x41\""), 1, "unknown escape" },
        { BYTES("\"\\\0\""), 1, "unknown escape" },
        { BYTES("\"\\"), 1, "unknown escape" },
        { BYTES("\"abc"), 0, "does not end" },
        { BYTES("[\"\xC0\xAF\"]"), 2, "malformed UTF-8" },
        { BYTES("[\"\xED\xA0\x80\"]"), 2, "malformed UTF-8" },
        { BYTES("[\"\xD0\"]"), 2, "malformed UTF-8" },
        { BYTES("[\"\xFF\"]"), 2, "malformed UTF-8" },
        { BYTES("{\"a\":1,\"a\":2}"), 7, "duplicate key \"a\"" },
        { BYTES("{\"a\":1,\"\\u0061\":2}"), 7, "duplicate key \"a\"" },
        { BYTES("{\"\\u049a\":1,\"b\":0,\"\xD2\x9A\":2}"), 18, "duplicate key \"Қ\"" },
        { BYTES("{\"x\":{\"b\":1},\"c\":{\"b\":1,\"b\":1}}"), 24, "duplicate key \"b\"" },
        { BYTES("{\"\\u202e\":1,\"\\u202e\":2}"), 12, "duplicate key \"\\u202E\"" },
        { BYTES("{\"\":1,\"\":2}"), 6, "duplicate key \"\"" },
        { BYTES("1e999"), 0, "number out of range" },
        { BYTES("-1e999"), 0, "number out of range" },
        { BYTES("1e-999"), 0, "number out of range" },
        { BYTES("1e99999999999999999999999"), 0, "number out of range" },
        { BYTES("9007199254740992"), 0, "integer out of range" },
        { BYTES("9007199254740993"), 0, "integer out of range" },
        { BYTES("-9007199254740993"), 0, "integer out of range" },
        { BYTES("99999999999999999999999999999999"), 0, "integer out of range" },
        { BYTES("0.1234567890123456789012345678901234567890123456789012345678901234567"), 0,
          "more than 63 characters" },
        { BYTES("01"), 0, "leading zero" },
        { BYTES("-"), 1, "expected a digit" },
        { BYTES("1."), 2, "expected a digit" },
        { BYTES("1.e5"), 2, "expected a digit" },
        { BYTES("1e"), 2, "expected a digit" },
        { BYTES("+1"), 0, "unexpected +; expected a value" },
        { BYTES(".5"), 0, "unexpected .; expected a value" },
        { BYTES("NaN"), 0, "unexpected N" },
        { BYTES("tru"), 0, "unexpected t" },
        { BYTES("truE"), 0, "unexpected t" },
        { BYTES("[1,]"), 3, "unexpected ]; expected a value" },
        { BYTES("[1 2]"), 3, "unexpected 2; expected a comma or ]" },
        { BYTES("[1"), 2, "expected a comma or ]" },
        { BYTES("{\"a\":1,}"), 7, "expected a key in quotes" },
        { BYTES("{a:1}"), 1, "expected a key in quotes" },
        { BYTES("{\"a\" 1}"), 5, "expected a colon" },
        { BYTES("{\"a\":}"), 5, "expected a value" },
        { BYTES("{\"a\":1 \"b\":2}"), 7, "unexpected string; expected a comma or }" },
        { BYTES("// x\n{}"), 0, "unexpected /" },
        { BYTES("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"), 16, "nested deeper than 16" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct json_error error;
        cJSON *root = json_parse(rows[i].bytes, rows[i].length, &error);
        if (root)
            fail_msg("accepted: %s", rows[i].bytes);
        if (error.offset != rows[i].offset || !strstr(error.text, rows[i].text))
            fail_msg("%s: at %zu: %s", rows[i].bytes, error.offset, error.text);
    }
}

static void an_error_in_a_file_is_found_by_line_and_column(void **state)
{
    (void)state;
    static const char text[] = "{\n  \"аты\": 1,\n  \"Қ\": x\n}";
    struct json_error error;
    assert_null(json_parse(text, strlen(text), &error));
    assert_int_equal(error.line, 3);
    assert_int_equal(error.column, 8);
}

static void depth_10000_is_refused_without_recursion_to_it(void **state)
{
    (void)state;
    char text[10000];
    for (int kind = 0; kind < 2; kind++) {
        memset(text, '[', sizeof text);
        for (size_t i = 0; kind == 1 && i + 5 <= sizeof text; i += 5)
            memcpy(text + i, "{\"a\":", 5);
        struct json_error error;
        assert_null(json_parse(text, sizeof text, &error));
        assert_non_null(strstr(error.text, "nested deeper"));
    }
}

static void more_members_than_the_bound_are_refused(void **state)
{
    (void)state;
    char text[20000];
    for (int over = 0; over < 2; over++) {
        size_t used = (size_t)sprintf(text, "{\"k\":0");
        for (int i = 1; i < JSON_MEMBERS_MAX + over; i++)
            used += (size_t)sprintf(text + used, ",\"k%d\":%d", i, i);
        text[used++] = '}';
        struct json_error error;
        assert_int_equal(json_check(text, used, &error), !over);
        assert_true(!over || strstr(error.text, "more than 1024 members"));
    }
}

/* ---- typed members ---- */

struct lines {
    char text[2048];
};

static void collect(void *data, const char *line)
{
    struct lines *lines = data;
    strcat(lines->text, line);
    strcat(lines->text, "\n");
}

static cJSON *parse(const char *text)
{
    struct json_error error;
    cJSON *root = json_parse(text, strlen(text), &error);
    if (!root)
        fail_msg("%s: %s", text, error.text);
    return root;
}

static bool read_member(const char *kind, const struct json_at *at, const cJSON *root, bool is_required)
{
    static const char *const colours[] = { "red", "green" };
    char text[8] = "before";
    long long integer = -7;
    double number = -7;
    bool flag = false;
    int choice = -7;
    if (strcmp(kind, "string") == 0)
        return json_string(at, root, "x", is_required, text, sizeof text);
    if (strcmp(kind, "integer") == 0)
        return json_integer(at, root, "x", is_required, 1, 247, &integer);
    if (strcmp(kind, "number") == 0)
        return json_number(at, root, "x", is_required, 0.5, 99.5, &number);
    if (strcmp(kind, "bool") == 0)
        return json_bool(at, root, "x", is_required, &flag);
    if (strcmp(kind, "choice") == 0)
        return json_choice(at, root, "x", is_required, colours, 2, &choice);
    if (strcmp(kind, "array") == 0)
        return json_array(at, root, "x", is_required) != NULL;
    return json_object(at, root, "x", is_required) != NULL;
}

static void a_wrong_member_is_named_with_its_value_and_what_would_be_right(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *document, *line;
    } rows[] = {
        { "string", "{}", "is missing" },
        { "string", "{\"x\":5}", "5 is not a string" },
        { "string", "{\"x\":null}", "null is not a string" },
        { "string", "{\"x\":[]}", "an array is not a string" },
        { "string", "{\"x\":\"12345678\"}", "\"12345678\" is not a string of at most 7 bytes" },
        { "string", "{\"x\":\"evil\\n\\u001b[31m\\u202e\\u0085\"}",
          "\"evil\\u000A\\u001B[31m\\u202E\\u0085\" is not a string of at most 7 bytes" },
        { "integer", "{}", "is missing" },
        { "integer", "{\"x\":\"5\"}", "\"5\" is not an integer from 1 to 247" },
        { "integer", "{\"x\":1.5}", "1.5 is not an integer from 1 to 247" },
        { "integer", "{\"x\":0}", "0 is not an integer from 1 to 247" },
        { "integer", "{\"x\":248}", "248 is not an integer from 1 to 247" },
        { "integer", "{\"x\":1e30}", "1e+30 is not an integer from 1 to 247" },
        { "integer", "{\"x\":-9007199254740991}", "-9007199254740991 is not an integer from 1 to 247" },
        { "integer", "{\"x\":true}", "true is not an integer from 1 to 247" },
        { "number", "{\"x\":0.25}", "0.25 is not a number from 0.5 to 99.5" },
        { "number", "{\"x\":{}}", "an object is not a number from 0.5 to 99.5" },
        { "bool", "{\"x\":1}", "1 is not true or false" },
        { "bool", "{\"x\":\"true\"}", "\"true\" is not true or false" },
        { "choice", "{\"x\":\"blue\"}", "\"blue\" is not one of red, green" },
        { "choice", "{\"x\":false}", "false is not one of red, green" },
        { "array", "{\"x\":{}}", "an object is not an array" },
        { "object", "{\"x\":[]}", "an array is not an object" },
        { "object", "{\"X\":{}}", "is missing" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lines lines = { "" };
        struct json_report report = { .line = collect, .data = &lines, .file = "hall.json" };
        struct json_at at = { &report, "desks[3]" };
        char wanted[256];
        cJSON *root = parse(rows[i].document);
        assert_false(read_member(rows[i].kind, &at, root, true));
        snprintf(wanted, sizeof wanted, "hall.json: desks[3].x: %s\n", rows[i].line);
        assert_string_equal(lines.text, wanted);
        assert_int_equal(report.count, 1);
        cJSON_Delete(root);
    }
}

static void a_right_member_is_read(void **state)
{
    (void)state;
    static const char *const colours[] = { "red", "green" };
    struct json_report report = { 0 };
    struct json_at at = { &report, "" };
    cJSON *root =
        parse("{\"s\":\"1234567\",\"i\":247,\"f\":99.5,\"b\":true,\"c\":\"green\",\"a\":[1],\"o\":{}}");
    char text[8];
    long long integer;
    double number;
    bool flag;
    int choice;
    assert_true(json_string(&at, root, "s", true, text, sizeof text));
    assert_string_equal(text, "1234567");
    assert_true(json_integer(&at, root, "i", true, 1, 247, &integer));
    assert_int_equal(integer, 247);
    assert_true(json_number(&at, root, "f", true, 0, 99.5, &number));
    assert_true(fabs(number - 99.5) < 1e-12);
    assert_true(json_bool(&at, root, "b", true, &flag));
    assert_true(flag);
    assert_true(json_choice(&at, root, "c", true, colours, 2, &choice));
    assert_int_equal(choice, 1);
    assert_non_null(json_array(&at, root, "a", true));
    assert_non_null(json_object(&at, root, "o", true));
    assert_int_equal(report.count, 0);
    cJSON_Delete(root);
}

static void an_absent_optional_member_leaves_the_default(void **state)
{
    (void)state;
    struct json_report report = { 0 };
    struct json_at at = { &report, "" };
    cJSON *root = parse("{}");
    char text[8] = "before";
    long long integer = 42;
    assert_true(json_string(&at, root, "x", false, text, sizeof text));
    assert_true(json_integer(&at, root, "x", false, 1, 2, &integer));
    assert_string_equal(text, "before");
    assert_int_equal(integer, 42);
    assert_null(json_array(&at, root, "x", false));
    assert_null(json_object(&at, root, "x", false));
    assert_int_equal(report.count, 0);
    cJSON_Delete(root);
}

static void unknown_keys_are_named_with_the_nearest_known_one(void **state)
{
    (void)state;
    static const char *const keys[] = { "driver", "device", "unit" };
    struct lines lines = { "" };
    struct json_report report = { .line = collect, .data = &lines };
    char path[JSON_PATH_MAX], deeper[JSON_PATH_MAX];
    struct json_at root_at = { &report, "" };
    struct json_at at = json_at_key(&root_at, "buses", path);
    at = json_at_index(&at, 1, deeper);
    cJSON *root = parse("{\"drivr\":1,\"unit\":1,\"colour\":2}");
    json_known_keys(&at, root, keys, COUNT(keys));
    assert_string_equal(lines.text, "buses[1]: unknown key \"drivr\"; did you mean \"driver\"?\n"
                                    "buses[1]: unknown key \"colour\"; known are driver, device, unit\n");
    cJSON_Delete(root);
}

static void a_path_too_long_is_cut_not_overrun(void **state)
{
    (void)state;
    struct json_report report = { 0 };
    struct json_at at = { &report, "" };
    char path[2][JSON_PATH_MAX];
    for (int i = 0; i < 60; i++)
        at = json_at_key(&at, "member", path[i % 2]);
    assert_int_equal(strlen(at.path), JSON_PATH_MAX - 1);
}

static void a_shown_value_is_short_and_printable(void **state)
{
    (void)state;
    char text[301], shown[JSON_SHOW_MAX];
    memset(text, 'A', 300);
    text[300] = '\0';
    assert_true(strlen(json_show_text(text, shown)) < JSON_SHOW_MAX);
    assert_non_null(strstr(shown, "AAA…\""));
    for (size_t i = 0; i + 4 <= 300; i += 4)
        memcpy(text + i, "\xF4\x8F\xBF\xBF", 4);
    assert_true(strlen(json_show_text(text, shown)) < JSON_SHOW_MAX);
    assert_string_equal(json_show_text("\xFF", shown), "\"\\xFF\"");
}

static void quoted_text_parses_back_equal(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "", "А042", "a\"b\\c/d", "\x01\x1F\n\t\x7F", "Қ€\xF0\x9F\x98\x80", "</script>"
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[128];
        int length = json_quote(out, sizeof out, rows[i]);
        assert_int_equal(length, strlen(out));
        cJSON *root = parse(out);
        assert_string_equal(root->valuestring, rows[i]);
        cJSON_Delete(root);
    }
    char out[16];
    assert_int_equal(json_quote(out, sizeof out, "\xFFx"), 6);
    assert_string_equal(out, "\"\xEF\xBF\xBDx\"");
}

static void quoting_into_too_little_room_says_so(void **state)
{
    (void)state;
    static const char text[] = "a\"\xD2\x9A\n";
    char whole[64];
    int length = json_quote(whole, sizeof whole, text);
    for (size_t size = 0; size < sizeof whole; size++) {
        char *out = malloc(size + 1);
        int result = json_quote(out, size, text);
        assert_int_equal(result, size > (size_t)length ? length : -ENOSPC);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_documents_are_parsed),
        cmocka_unit_test(bad_documents_are_refused_at_the_byte_that_is_wrong),
        cmocka_unit_test(an_error_in_a_file_is_found_by_line_and_column),
        cmocka_unit_test(depth_10000_is_refused_without_recursion_to_it),
        cmocka_unit_test(more_members_than_the_bound_are_refused),
        cmocka_unit_test(a_wrong_member_is_named_with_its_value_and_what_would_be_right),
        cmocka_unit_test(a_right_member_is_read),
        cmocka_unit_test(an_absent_optional_member_leaves_the_default),
        cmocka_unit_test(unknown_keys_are_named_with_the_nearest_known_one),
        cmocka_unit_test(a_path_too_long_is_cut_not_overrun),
        cmocka_unit_test(a_shown_value_is_short_and_printable),
        cmocka_unit_test(quoted_text_parses_back_equal),
        cmocka_unit_test(quoting_into_too_little_room_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
