/* When the service manager is told that all is well, and when not any more. */
#include "board/log.h"
#include "board/watchdog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND_US INT64_C(1000000)
#define T0        (1000 * SECOND_US)
#define LATE_US   (T0 + WATCHDOG_PATIENCE_US + SECOND_US)

static struct watchdog_facts healthy(int64_t turn_us)
{
    return (struct watchdog_facts){ .turn_us = turn_us,
                                    .nscreens = 2,
                                    .nbuses = 2,
                                    .screen = { "main", "children" },
                                    .bus = { "west", "east" } };
}

/* What is seen at T0 and at LATE_US, and what is then said of it. */
static const struct {
    const char *what;
    int64_t turn_us;
    bool is_owing[2]; /* the second screen: at T0, later */
    int64_t waiting_us;
    const char *why;
} rows[] = {
    { "nothing to do", INT64_MAX, { false, false }, 0, NULL },
    { "a turn to come", LATE_US + SECOND_US, { false, false }, 0, NULL },
    { "a turn that is due for a second", T0 + 30 * SECOND_US, { false, false }, 0, NULL },
    { "a turn that is overdue", T0, { false, false }, 0, "the loop: a turn is overdue" },
    { "a picture owed just now", INT64_MAX, { false, true }, 0, NULL },
    { "a picture owed before", INT64_MAX, { true, false }, 0, NULL },
    { "a picture owed all the time",
      INT64_MAX,
      { true, true },
      0,
      "screen children: takes frames and gets none" },
    { "a wish of now", INT64_MAX, { false, false }, LATE_US - SECOND_US, NULL },
    { "a wish that nobody takes", INT64_MAX, { false, false }, T0, "led east: its worker takes nothing" },
};

static void each_defect_has_its_patience_and_its_name(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char why[96];
        struct watchdog watchdog = { 0 };
        struct watchdog_facts facts = healthy(rows[i].turn_us);
        facts.is_owing[1] = rows[i].is_owing[0];
        if (watchdog_finds(&watchdog, &facts, T0, why, sizeof why))
            fail_msg("%s: at once: %s", rows[i].what, why);
        facts.is_owing[1] = rows[i].is_owing[1];
        facts.waiting_us[1] = rows[i].waiting_us;
        bool is_found = watchdog_finds(&watchdog, &facts, LATE_US, why, sizeof why);
        if (is_found != (rows[i].why != NULL) || strcmp(why, rows[i].why ? rows[i].why : "") != 0)
            fail_msg("%s: \"%s\"", rows[i].what, why);
    }
}

static int listener(char name[40])
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    snprintf(name, 40, "@kezek-test-%d", getpid());
    memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0);
    return fd;
}

static void assert_told(int fd, const char *expected)
{
    char text[64] = "";
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    assert_string_equal(text, expected);
}

static void it_is_told_three_times_in_its_time_and_not_with_a_defect(void **unused)
{
    (void)unused;
    char name[40];
    struct watchdog watchdog;
    int fd = listener(name);
    setenv("NOTIFY_SOCKET", name, 1);
    setenv("WATCHDOG_USEC", "30000000", 1);
    watchdog_init(&watchdog, T0);
    watchdog_ready();
    assert_told(fd, "READY=1");
    struct watchdog_facts facts = healthy(INT64_MAX);
    watchdog_tick(&watchdog, &facts, T0 + 9 * SECOND_US);
    assert_told(fd, "");
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(watchdog.next_us, T0 + 10 * i * SECOND_US);
        watchdog_tick(&watchdog, &facts, watchdog.next_us);
        assert_told(fd, "WATCHDOG=1");
        assert_told(fd, "");
    }
    facts.turn_us = T0;
    watchdog_tick(&watchdog, &facts, watchdog.next_us);
    assert_told(fd, "");
    facts.turn_us = INT64_MAX; /* it turns again: nobody needs to start it again */
    watchdog_tick(&watchdog, &facts, watchdog.next_us);
    assert_told(fd, "WATCHDOG=1");
    close(fd);
}

static void whoever_is_not_asked_tells_nothing_and_does_not_wake(void **unused)
{
    (void)unused;
    static const struct {
        const char *socket, *usec, *pid;
    } silent[] = { { NULL, NULL, NULL },     { NULL, "30000000", NULL }, { "@x", NULL, NULL },
                   { "@x", "0", NULL },      { "@x", "-1", NULL },       { "@x", "x", NULL },
                   { "@x", "30000000", "1" } };
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        const char *const values[] = { silent[i].socket, silent[i].usec, silent[i].pid };
        static const char *const names[] = { "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID" };
        struct watchdog watchdog;
        for (int v = 0; v < 3; v++) {
            unsetenv(names[v]);
            if (values[v])
                setenv(names[v], values[v], 1);
        }
        watchdog_init(&watchdog, T0);
        watchdog_ready(); /* nobody is there: no error */
        assert_int_equal(watchdog.next_us, INT64_MAX);
    }
}

int main(void)
{
    log_open("test", LOG_LEVEL_ERROR + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_defect_has_its_patience_and_its_name),
        cmocka_unit_test(it_is_told_three_times_in_its_time_and_not_with_a_defect),
        cmocka_unit_test(whoever_is_not_asked_tells_nothing_and_does_not_wake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
