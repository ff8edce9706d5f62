/* Wrong sections of profiles, and everything that is said about each: place, fault, what would be right. */
#include "tests/unit/led_profiles.h"

/* Lines without the path of the file, which differs. */
static void strip(char *lines)
{
    char *out = lines;
    for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n")) {
        const char *text = strstr(line, ": ") + 2;
        size_t length = strlen(text);
        if (out != lines)
            *out++ = '\n';
        memmove(out, text, length + 1);
        out += length;
    }
}

struct row {
    const char *section, *key, *json, *complaints;
};

static void check_rows(const char *name, const struct row *row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char lines[LINES_SIZE];
        struct led_profile *profile = load_changed(name, row[i].section, row[i].key, row[i].json, lines);
        strip(lines);
        if (profile || strcmp(lines, row[i].complaints) != 0)
            fail_msg("%s, row %zu: \"%s\"\nis not \"%s\"", name, i, lines, row[i].complaints);
    }
}

static void light_and_colour(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "brightness", "max", NULL, "brightness.max: is missing" },
        { "brightness", "max", "1", "brightness: min is not below max" },
        { "brightness", "steps", "8", "brightness: unknown key \"steps\"; known are register, min, max" },
        { "brightness", "register", "4100", "colour: register 4100 is that of \"brightness\"" },
        { "brightness", "register", "4210", "brightness: register 4210 is inside the text area" },
        { "brightness", "register", "5000",
          "brightness: writes registers 5000 to 5000, of which some are in \"never_write\"" },
        { "brightness", "register", "4107",
          "brightness: register 4107 is written by init[1] too, which would undo it at each refresh" },
        { "colour", "values", "{}", "colour.values: names no colour" },
        { "colour", "values", "{\"pink\":1}",
          "colour.values: unknown key \"pink\"; known are red, green, yellow, orange" },
        { "colour", "values", "{\"red\":-1}", "colour.values.red: -1 is not an integer from 0 to 65535" },
        { "colour", "values", "[1]", "colour.values: an array is not an object" },
    };
    check_rows("owen-smi2-m", rows, sizeof rows / sizeof rows[0]);
}

static void modes(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "mode", "register", "4108", "mode: \"init\" does not write register 4108" },
        { "mode", "registers", "2", "mode: \"init\" does not write register 4108" },
        { "mode", "registers", "0", "mode.registers: 0 is not an integer from 1 to 32" },
        { "mode", "values", "[5]", "mode: unknown key \"values\"; known are register, registers" },
        { NULL, "verify", NULL, "mode: needs \"verify\"" },
        { NULL, "init", "[]", "mode: \"init\" does not write register 4107" },
    };
    check_rows("owen-smi2-m", rows, sizeof rows / sizeof rows[0]);
    static const struct row coil[] = {
        { "mode", "coil", "101", "mode: \"init\" does not write coil 101" },
        { "mode", "register", "1", "mode: unknown key \"register\"; known are coil" },
        { NULL, "mode", "{\"register\":100,\"registers\":1}", "mode: \"init\" does not write register 100" },
    };
    check_rows("icpdas-ikan", coil, sizeof coil / sizeof coil[0]);
    static const struct row lit[] = {
        { NULL, "mode", "{\"register\":17,\"registers\":1}", "mode: says less than \"lit\"; leave it out" },
    };
    check_rows("owen-smi2", lit, 1);
}

static void groups_and_length(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "group", "max_units", "31", "group: 31 units take 124 registers; \"max_registers\" is 123" },
        { "group", "max_units", "1", "group.max_units: 1 is not an integer from 2 to 123" },
        { "group", "registers_per_unit", "2", "group: 2 registers per unit are not the 4 of the text" },
        { "group", "base", "65300", "group.base: 65300 is not an integer from 0 to 65288" },
        { "group", "base", "65288", "group: goes beyond register 65535" },
        { "group", "base", "10", "group: writes registers 11 to 376, of which some are in \"never_write\"" },
        { "text", "length_register", "26", "group: carries text of fixed length only; leave it out" },
        { "text", "length_register", "16",
          "text: writes registers 16 to 16, of which some are in \"never_write\"\n"
          "group: carries text of fixed length only; leave it out" },
        { "text", "length_register", "30",
          "text: register 30 is inside the text area\n"
          "group: carries text of fixed length only; leave it out" },
        { "text", "fill", "\"space\"", "text.fill: \"space\" is not one of pad, zero" },
        { "glyphs", "A", "\"bc\"", "glyphs: '1' and 'A' of text.charset look the same" },
        { "timing", "broadcast_ms", "1001", "timing.broadcast_ms: 1001 is not an integer from 0 to 1000" },
    };
    check_rows("owen-smi2", rows, sizeof rows / sizeof rows[0]);
}

static void letters(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "text", "fold", "{\"ЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖ\":\"A\"}",
          "text.fold.\"ЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖЖ…\": is not one printable character" },
        { "text", "fold", "{\"\\u0007\":\"A\"}", "text.fold.\"\\u0007\": is not one printable character" },
        { "text", "fold", "{\"\":\"A\"}", "text.fold.: is not one printable character" },
        { "text", "fold", "{\"Ж\":1}", "text.fold.Ж: is not folded to one character of \"charset\"" },
        { "glyphs", "Ж", "\"a\"", "glyphs.Ж: is not one ASCII character with its segments as text" },
    };
    check_rows("owen-smi2", rows, sizeof rows / sizeof rows[0]);
}

static void coils(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "blink", "coil", "true", "blink.coil: true is not an integer from 0 to 65535" },
        { "blink", "on", "1", "blink: unknown key \"on\"; known are coil" },
        { NULL, "functions", "[6,16]", "blink: writes a coil, which needs function 5 in \"functions\"" },
        { NULL, "init", "[{\"coil\":1,\"value\":1}]", "init[0].value: 1 is not true or false" },
        { NULL, "init", "[{\"coil\":1}]", "init[0].value: is missing" },
        { NULL, "init", "[{}]",
          "init[0].register: is missing\n"
          "init[0].values: is missing" },
        { NULL, "init", "[1]",
          "init[0]: is not an object with \"register\" and \"values\", or \"coil\" and \"value\"" },
        { NULL, "commission", "{\"unit\":1,\"effect\":\"each\",\"answer\":\"old\"}",
          "commission: needs \"factory\": how a new unit is found" },
    };
    check_rows("ditel-dn", rows, sizeof rows / sizeof rows[0]);
}

static void numbers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { NULL, "blank", NULL, "blank: is missing: no number leaves the cells dark" },
        { "number", "digits", "5", "number: 5 digits do not always fit the type; 4 do" },
        { "verify", "register", "1", "verify: does not cover the text area, registers 0 to 0" },
        { "verify", "registers", "0", "verify.registers: 0 is not an integer from 1 to 32" },
        { NULL, "blink", "{\"register\":0,\"on\":1,\"off\":0}", "blink: register 0 is inside the text area" },
    };
    check_rows("icpdas-ikan", rows, sizeof rows / sizeof rows[0]);
}

static void identification(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "identify", "register", "0", "identify: unknown key \"register\"; known are function, pattern" },
        { "identify", "function", "3",
          "identify: unknown key \"pattern\"; known are function, register, values\n"
          "identify.register: is missing\n"
          "identify.values: is missing" },
        { "identify", "function", "4",
          "identify: function 4 does not identify; 17 (server id) and 3 (registers) do" },
        { "identify", "function", "43", "identify.function: 43 is not an integer from 3 to 17" },
    };
    check_rows("owen-smi2", rows, sizeof rows / sizeof rows[0]);
}

static void commissioning(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "commission", "unit", NULL, "commission.unit: is missing" },
        { "commission", "save", NULL, "commission: nothing saves, but \"effect\" is \"save\"; add \"save\"" },
        { "commission", "effect", "\"now\"", "commission.effect: \"now\" is not one of each, save, power" },
        { "commission", "answer", NULL, "commission.answer: is missing" },
        { "commission", "rest_ms", "10001", "commission.rest_ms: 10001 is not an integer from 0 to 10000" },
        { "commission", "stop_bits", "{\"register\":7,\"values\":{\"3\":1}}",
          "commission.stop_bits.values.3: the key is not 1 or 2" },
        { "commission", "parity", "{\"register\":6,\"values\":{\"mark\":1}}",
          "commission.parity.values.mark: the key is not one of none, even, odd" },
        { "commission", "baud", "{\"register\":4,\"values\":{\"300\":1}}",
          "commission.baud.values.300: the key is not a speed from 1200 to 230400" },
        { "commission", "baud", "{\"register\":4,\"values\":{\"9600 \":1}}",
          "commission.baud.values.9600 : the key is not a speed from 1200 to 230400" },
        { "commission", "baud", "{\"register\":4,\"values\":{\"9600\":70000}}",
          "commission.baud.values.9600: 70000 is not an integer from 0 to 65535" },
        { "commission", "baud", "{\"register\":4,\"values\":{}}",
          "commission.baud.values: names no setting" },
        { "commission", "baud", "{\"register\":4}", "commission.baud.values: is missing" },
    };
    check_rows("owen-smi2", rows, sizeof rows / sizeof rows[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(light_and_colour),  cmocka_unit_test(modes),
        cmocka_unit_test(groups_and_length), cmocka_unit_test(coils),
        cmocka_unit_test(letters),           cmocka_unit_test(numbers),
        cmocka_unit_test(identification),    cmocka_unit_test(commissioning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
