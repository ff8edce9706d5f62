/* Settings of a serial port, against drivers that obey, correct or refuse. */
#include "drivers/led/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a driver -------------------------------------------------------------------------------- */

static struct {
    int error;              /* of TIOCSRS485 */
    uint32_t missing_flags; /* which it does not have */
    uint32_t delay_max;
    struct serial_rs485 rs485;
    int serial_flags;
    unsigned writes; /* of serial_flags */
    int unsent;      /* bytes; each look sees one less */
} driver;

int __wrap_ioctl(int fd, unsigned long request, void *argument);
int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
    (void)fd;
    if (request == TIOCSRS485 && driver.error) {
        errno = driver.error;
        return -1;
    }
    if (request == TIOCSRS485) {
        driver.rs485 = *(struct serial_rs485 *)argument;
        driver.rs485.flags &= ~driver.missing_flags;
        if (driver.rs485.delay_rts_after_send > driver.delay_max)
            driver.rs485.delay_rts_after_send = driver.delay_max;
    } else if (request == TIOCGRS485) {
        *(struct serial_rs485 *)argument = driver.rs485;
    } else if (request == TIOCGSERIAL) {
        *(struct serial_struct *)argument = (struct serial_struct){ .flags = driver.serial_flags };
    } else if (request == TIOCSSERIAL) {
        driver.serial_flags = ((struct serial_struct *)argument)->flags;
        driver.writes++;
    } else if (request == TIOCOUTQ) {
        *(int *)argument = driver.unsent > 0 ? driver.unsent-- : 0;
    }
    return 0;
}

static int forget(void **state)
{
    (void)state;
    memset(&driver, 0, sizeof driver);
    driver.delay_max = 100;
    return 0;
}

/* ---- direction ------------------------------------------------------------------------------- */

static void rts_is_switched_by_the_kernel(void **state)
{
    (void)state;
    static const struct {
        struct led_rs485 rs485;
        uint32_t flags;
    } rows[] = {
        { { .is_wanted = true }, SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND },
        { { .is_wanted = true, .is_rts_low = true }, SER_RS485_ENABLED | SER_RS485_RTS_AFTER_SEND },
        { { .is_wanted = true, .has_termination = true, .before_ms = 1, .after_ms = 2 },
          SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND | SER_RS485_TERMINATE_BUS },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char error[80] = "";
        assert_int_equal(serial_set_rs485(0, &rows[i].rs485, error, sizeof error), 0);
        assert_int_equal(driver.rs485.flags, rows[i].flags);
        assert_int_equal(driver.rs485.delay_rts_before_send, rows[i].rs485.before_ms);
        assert_int_equal(driver.rs485.delay_rts_after_send, rows[i].rs485.after_ms);
        assert_string_equal(error, "");
    }
}

static void a_driver_that_corrects_is_not_believed(void **state)
{
    (void)state;
    static const struct {
        uint32_t missing_flags, delay_max;
        struct led_rs485 rs485;
        const char *words;
    } rows[] = {
        { 0, 5, { .is_wanted = true, .after_ms = 20 }, "5 ms after" },
        { SER_RS485_RTS_ON_SEND, 100, { .is_wanted = true }, "RTS low" },
        { SER_RS485_TERMINATE_BUS, 100, { .is_wanted = true, .has_termination = true }, "0 ms after" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char error[80] = "";
        driver.missing_flags = rows[i].missing_flags;
        driver.delay_max = rows[i].delay_max;
        assert_int_equal(serial_set_rs485(0, &rows[i].rs485, error, sizeof error), -ENOTSUP);
        if (!strstr(error, rows[i].words) || strstr(error, ", terminated"))
            fail_msg("%s", error);
    }
}

static void a_driver_that_cannot_is_named(void **state)
{
    (void)state;
    char error[80] = "";
    driver.error = ENOTTY;
    assert_int_equal(serial_set_rs485(0, &(struct led_rs485){ .is_wanted = true }, error, sizeof error),
                     -ENOTTY);
    assert_non_null(strstr(error, "Inappropriate ioctl for device"));
    assert_non_null(strstr(error, "leave rs485 out"));
}

/* ---- latency --------------------------------------------------------------------------------- */

/* A made-up /sys in which the terminal at `fd` has a timer of `latency`; NULL: has none. */
static void make_sysfs(char *root, int fd, const char *latency)
{
    char path[160], command[200];
    struct stat port;
    assert_int_equal(fstat(fd, &port), 0);
    snprintf(path, sizeof path, "%s/dev/char/%u:%u/device", root, major(port.st_rdev), minor(port.st_rdev));
    snprintf(command, sizeof command, "mkdir -p %.150s", path);
    assert_int_equal(system(command), 0);
    if (!latency)
        return;
    strcat(path, "/latency_timer");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(latency, file);
    fclose(file);
}

static void an_adapters_latency_is_shortened_and_read_back(void **state)
{
    (void)state;
    char root[] = "/tmp/kezek-sysfs-XXXXXX", command[64];
    int fd = open("/dev/null", O_RDWR);
    assert_non_null(mkdtemp(root));
    make_sysfs(root, fd, NULL);
    assert_int_equal(serial_shorten_latency(fd, root), -ENOENT);
    assert_int_equal(driver.writes, 0); /* a port without such a timer is left alone */
    make_sysfs(root, fd, "16\n");
    driver.serial_flags = ASYNC_SKIP_TEST;
    assert_int_equal(serial_shorten_latency(fd, root), 1);
    assert_int_equal(driver.serial_flags, ASYNC_SKIP_TEST | ASYNC_LOW_LATENCY);
    assert_int_equal(serial_shorten_latency(fd, root), 1);
    assert_int_equal(driver.writes, 1); /* it is so already */
    snprintf(command, sizeof command, "rm -r %s", root);
    assert_int_equal(system(command), 0);
    close(fd);
}

/* Somebody who may not write there, and what is no number of milliseconds: /proc stands in for both. */
static void what_an_adapter_keeps_is_counted_with(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        int latency_ms;
    } rows[] = {
        { "/proc/sys/kernel/ngroups_max", -EINVAL }, /* 65536 */
        { "/proc/sys/kernel/ostype", -EINVAL },      /* "Linux" */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char root[] = "/tmp/kezek-sysfs-XXXXXX", path[160], command[64];
        struct stat port;
        int fd = open("/dev/null", O_RDWR);
        assert_non_null(mkdtemp(root));
        make_sysfs(root, fd, NULL);
        assert_int_equal(fstat(fd, &port), 0);
        snprintf(path, sizeof path, "%s/dev/char/%u:%u/device/latency_timer", root, major(port.st_rdev),
                 minor(port.st_rdev));
        assert_int_equal(symlink(rows[i].target, path), 0);
        assert_int_equal(serial_shorten_latency(fd, root), rows[i].latency_ms);
        snprintf(command, sizeof command, "rm -r %s", root);
        assert_int_equal(system(command), 0);
        close(fd);
    }
}

/* ---- sending --------------------------------------------------------------------------------- */

static void what_is_unsent_is_waited_for_but_not_for_ever(void **state)
{
    (void)state;
    driver.unsent = 5;
    serial_drain(0, 10000000);
    assert_int_equal(driver.unsent, 0);
    driver.unsent = 1 << 30;
    serial_drain(0, 3000);
    assert_true(driver.unsent > 0);
}

static void a_speed_that_termios_does_not_have_is_refused(void **state)
{
    (void)state;
    assert_int_equal(serial_set(0, &(struct led_serial){ 14400, 'N', 1 }), -EINVAL);
}

#define EACH(f) cmocka_unit_test_setup(f, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(rts_is_switched_by_the_kernel),
        EACH(a_driver_that_corrects_is_not_believed),
        EACH(a_driver_that_cannot_is_named),
        EACH(an_adapters_latency_is_shortened_and_read_back),
        EACH(what_an_adapter_keeps_is_counted_with),
        EACH(what_is_unsent_is_waited_for_but_not_for_ever),
        EACH(a_speed_that_termios_does_not_have_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
