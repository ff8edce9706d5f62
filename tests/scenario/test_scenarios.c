/* Plays every scenario of this folder by the whole board process under a virtual clock. With names of scenarios as arguments:
 * those, with their traces on standard output; pictures go to the folder $PICTURES, or the temporary one. */
#include "tests/scenario/script.h"

#include "board/log.h"
#include "tests/scenario/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEED      UINT64_C(5)
#define SCENARIOS 64
#define GUARD_S   900 /* SIGTERM is the boards': a run that hangs is ended by SIGALRM */

static char folder[] = "/tmp/kezek-scenario.XXXXXX";

static struct script_result play(const char *name, const char *text, uint64_t seed, FILE *trace)
{
    struct script_result result;
    const char *pictures = getenv("PICTURES");
    struct script_run run = { .folder = pictures ? pictures : folder, .seed = seed, .trace = trace };
    script_play(name, text, &run, &result);
    return result;
}

static void test_scenario(void **state)
{
    const char *name = *state;
    struct script_result result = play(name, NULL, SEED, NULL);
    assert_int_equal(result.complaints, 0);
    assert_true(result.expectations > 0);
}

/* ---- what makes a run worth something -------------------------------------------------------- */

static const char bad_day[] = "hall tests/scenario/lunch.json\n"
                              "begins 2026-11-23 12:00\n"
                              "+00:00:05 visitors a-minute 20 burst 8 every 60 until +00:10:00\n"
                              "+00:02:00 bus west cut\n"
                              "+00:03:00 broker lost\n"
                              "+00:03:30 broker back\n"
                              "+00:04:00 bus west whole\n"
                              "+00:05:00 board killed\n"
                              "+00:05:02 board starts\n"
                              "+00:06:00 power cut\n"
                              "+00:06:10 power back\n"
                              "+00:07:00 server restart forgets\n"
                              "+00:12:30 expect truth\n";

static char *trace_of(uint64_t seed)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    struct script_result result = play("a bad day", bad_day, seed, file);
    fclose(file);
    assert_int_equal(result.complaints, 0);
    assert_true(result.calls > 150 && size > 20000);
    return text;
}

static void test_same_seed_same_trace(void **state)
{
    (void)state;
    char *first = trace_of(1), *again = trace_of(1), *other = trace_of(2);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    free(first);
    free(again);
    free(other);
}

/* A scenario that cannot be wrong is worth nothing: each of these is, and says where. */
static void test_wrong_scenarios_name_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *complaint;
    } rows[] = {
        { "+00:00:01 dance", ":1: +00:00:00.000: \"dance\" is nothing that happens" },
        { "\n\nsoon call 1 A1", ":3: +00:00:00.000: \"soon\": a line begins with its time" },
        { "+00:00:05 serve 1\n+00:00:04 serve 1", ":2: +00:00:00.000: +00:00:04 is before the line above" },
        { "+00:61:00 serve 1", ":1: +00:00:00.000: \"+00:61:00\": a line begins" },
        { "+00:00:01 call 1", ":1: +00:00:00.000: call: too few words" },
        { "begins tomorrow", ":1: +00:00:00.000: \"begins\": a line begins" },
        { "hall tests/none.json", "tests/none.json" },
        { "+00:00:05 call 99 А001", ":1: +00:00:05.000: the hall file has no desk \"99\"" },
        { "+00:00:05 serve 1", ":1: +00:00:05.000: the office cannot do that" },
        { "+00:00:05 clear 1 eaten", ":1: +00:00:05.000: \"eaten\": a visit ends as" },
        { "+00:00:05 bus north cut", ":1: +00:00:05.000: the hall file has no bus \"north\"" },
        { "+00:00:05 visitors many", ":1: +00:00:00.000: visitors: too few words" },
        { "+00:00:05 visitors a-minute 0", ":1: +00:00:05.000: \"a-minute 0\": visitors take" },
        { "+00:00:05 expect rain", ":1: +00:00:05.000: \"rain\": expect screen, led" },
        { "+00:00:05 expect screen main sign none\n+00:00:05 expect screen main sign blank",
          ":2: +00:00:05.000: the sign of" },
        { "+00:00:05 expect screen main sig none", ":1: +00:00:05.000: \"sig\": nothing that a screen" },
        { "+00:00:05 expect screen main features А001", ":1: +00:00:05.000: screen main does not show А001" },
        { "+00:00:05 call 1 А001\n+00:00:06 expect screen main shows А001",
          ":2: +00:00:06.000: screen main shows А001, but as new" },
        { "+00:00:05 call 1 А001\n+00:00:06 expect screen main not А001",
          ":2: +00:00:06.000: screen main shows А001 at desk 1" },
        { "+00:00:05 expect screen main clock 03:00", ":1: +00:00:05.000: the clock of screen main is" },
        { "+00:00:05 expect led 1 \"A001\"", ":1: +00:00:05.000: the LED board of desk 1 shows \"\"" },
        { "+00:00:05 expect led 1 trouble", ":1: +00:00:05.000: the LED board of desk 1 is not told" },
        { "+00:00:05 expect chimes 1", ":1: +00:00:05.000: the chime has sounded 0 times" },
        { "+00:00:05 expect receipt А001 shown", ":1: +00:00:05.000: the receipt of А001 says nothing yet" },
        { "+00:00:05 broker lost\n+00:00:05 call 1 А001\n+00:00:06 expect truth",
          ":3: +00:00:06.000: desk 1 has \"А001\"" },
    };
    static const struct script_run run = { .folder = folder, .seed = SEED, .is_quiet = true };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct script_result result;
        script_play("wrong", rows[i].text, &run, &result);
        if (!result.complaints || !strstr(verdict_first(), rows[i].complaint))
            fail_msg("row %u: \"%s\" is told as \"%s\"", i, rows[i].complaint, verdict_first());
    }
}

/* ---- soak ------------------------------------------------------------------------------------ */

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    DIR *fds = opendir("/proc/self/fd");
    assert_non_null(fds);
    while (readdir(fds))
        count++;
    closedir(fds);
    return count;
}

/* Twenty calls a second; half of the time is enough to fill every cache and table, nothing may be added in the other half. */
static void soak(unsigned minutes)
{
    char text[512];
    struct script_result result;
    static const struct script_run run = { .hall = "tests/scenario/lunch.json",
                                           .folder = folder,
                                           .seed = SEED };
    unsigned descriptors = open_descriptors();
    snprintf(text, sizeof text,
             "+00:00:05 visitors a-minute 1200 until +%02u:%02u:00\n"
             "+%02u:%02u:00 expect growth-from-here\n"
             "+%02u:%02u:00 expect no-growth\n"
             "+%02u:%02u:59 expect truth\n",
             minutes / 60, minutes % 60, minutes / 120, minutes / 2 % 60, minutes / 60, minutes % 60,
             (minutes + 2) / 60, (minutes + 2) % 60);
    script_play("soak", text, &run, &result);
    print_message("soak: %lu calls in %u virtual minutes, %u frames, %u chimes\n", result.calls, minutes,
                  result.frames, result.chimes);
    assert_int_equal(result.complaints, 0);
    assert_true(result.calls > 1000 * minutes);
    assert_int_equal(open_descriptors(), descriptors);
}

static void test_twenty_calls_a_second_change_neither_memory_nor_descriptors(void **state)
{
    (void)state;
    const char *minutes = getenv("SOAK_MINUTES");
    soak(minutes ? (unsigned)strtoul(minutes, NULL, 10) : 4);
}

/* ---- all ------------------------------------------------------------------------------------- */

static unsigned find_scenarios(struct CMUnitTest *tests)
{
    static glob_t found;
    char pattern[512];
    const char *source = getenv("KEZEK_SOURCE");
    snprintf(pattern, sizeof pattern, "%s/tests/scenario/*.scenario", source ? source : ".");
    if (glob(pattern, 0, NULL, &found) != 0 || found.gl_pathc > SCENARIOS)
        return 0;
    for (unsigned i = 0; i < found.gl_pathc; i++)
        tests[i] = (struct CMUnitTest){ strrchr(found.gl_pathv[i], '/') + 1, test_scenario, NULL, NULL,
                                        found.gl_pathv[i] };
    return (unsigned)found.gl_pathc;
}

static int play_named(int argc, char **argv)
{
    unsigned wrong = 0;
    for (int i = 1; i < argc; i++)
        wrong += play(argv[i], NULL, SEED, stdout).complaints;
    return wrong > 0;
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[SCENARIOS + 3];
    const struct CMUnitTest others[] = {
        cmocka_unit_test(test_same_seed_same_trace),
        cmocka_unit_test(test_wrong_scenarios_name_their_line),
        cmocka_unit_test(test_twenty_calls_a_second_change_neither_memory_nor_descriptors),
    };
    alarm(GUARD_S);
    log_open("board", getenv("VERBOSE") ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR);
    if (!mkdtemp(folder))
        return 1;
    if (argc > 1)
        return play_named(argc, argv);
    unsigned count = find_scenarios(tests);
    if (count == 0)
        return 1;
    memcpy(tests + count, others, sizeof others);
    return _cmocka_run_group_tests("scenarios", tests, count + 3, NULL, NULL);
}
