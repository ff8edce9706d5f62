#include "drivers/led/serial.h"

#include "drivers/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#define LATENCY_MAX_MS 255 /* FTDI: a byte */

/* ---- the line -------------------------------------------------------------------------------- */

static speed_t speed_of(int baud)
{
    static const struct {
        int baud;
        speed_t speed;
    } speeds[] = {
        { 1200, B1200 },   { 2400, B2400 },   { 4800, B4800 },     { 9600, B9600 },     { 19200, B19200 },
        { 38400, B38400 }, { 57600, B57600 }, { 115200, B115200 }, { 230400, B230400 },
    };
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
        if (speeds[i].baud == baud)
            return speeds[i].speed;
    return B0;
}

int serial_set(int fd, const struct led_serial *serial)
{
    struct termios line;
    speed_t speed = speed_of(serial->baud);
    if (speed == B0)
        return -EINVAL;
    if (tcgetattr(fd, &line) < 0)
        return -errno;
    cfsetispeed(&line, speed);
    cfsetospeed(&line, speed);
    line.c_cflag &= ~(tcflag_t)(PARENB | PARODD | CSTOPB);
    line.c_iflag &= ~(tcflag_t)INPCK;
    if (serial->parity != 'N') {
        line.c_cflag |= PARENB;
        line.c_iflag |= INPCK;
    }
    if (serial->parity == 'O')
        line.c_cflag |= PARODD;
    if (serial->stop_bits == 2)
        line.c_cflag |= CSTOPB;
    return tcsetattr(fd, TCSADRAIN, &line) < 0 ? -errno : 0;
}

void serial_drain(int fd, uint32_t longest_us)
{
    int64_t give_up_us = monotonic_us() + longest_us;
    int unsent = 0;
    while (ioctl(fd, TIOCOUTQ, &unsent) == 0 && unsent > 0 && monotonic_us() < give_up_us)
        usleep(500);
}

/* ---- direction ------------------------------------------------------------------------------- */

static struct serial_rs485 rs485_of(const struct led_rs485 *rs485)
{
    return (struct serial_rs485){
        .flags = SER_RS485_ENABLED | (rs485->is_rts_low ? SER_RS485_RTS_AFTER_SEND : SER_RS485_RTS_ON_SEND) |
                 (rs485->has_termination ? SER_RS485_TERMINATE_BUS : 0u),
        .delay_rts_before_send = rs485->before_ms,
        .delay_rts_after_send = rs485->after_ms,
    };
}

int serial_set_rs485(int fd, const struct led_rs485 *rs485, char *error, size_t error_size)
{
    struct serial_rs485 wanted = rs485_of(rs485), taken = wanted;
    if (ioctl(fd, TIOCSRS485, &taken) < 0) {
        int reason = errno;
        snprintf(error, error_size, "this port cannot switch RTS (%s): leave rs485 out", strerror(reason));
        return -reason;
    }
    /* Drivers correct what they cannot do, without an error. */
    if (ioctl(fd, TIOCGRS485, &taken) == 0 && (taken.flags & wanted.flags) == wanted.flags &&
        taken.delay_rts_before_send == wanted.delay_rts_before_send &&
        taken.delay_rts_after_send == wanted.delay_rts_after_send)
        return 0;
    snprintf(error, error_size, "the port took RTS %s, %u ms before, %u ms after%s instead",
             taken.flags & SER_RS485_RTS_ON_SEND ? "high" : "low", taken.delay_rts_before_send,
             taken.delay_rts_after_send, taken.flags & SER_RS485_TERMINATE_BUS ? ", terminated" : "");
    return -ENOTSUP;
}

/* ---- latency --------------------------------------------------------------------------------- */

static void ask_for_low_latency(int fd)
{
    struct serial_struct serial;
    if (ioctl(fd, TIOCGSERIAL, &serial) < 0 || serial.flags & ASYNC_LOW_LATENCY)
        return;
    serial.flags |= ASYNC_LOW_LATENCY;
    ioctl(fd, TIOCSSERIAL, &serial);
}

static int read_number(const char *path)
{
    char text[16] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t count = read(fd, text, sizeof text - 1);
    close(fd);
    int number = atoi(text);
    return count > 0 && number > 0 && number <= LATENCY_MAX_MS ? number : -EINVAL;
}

static void write_one(const char *path)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0 || write(fd, "1", 1) != 1)
        errno = 0; /* only root may; what the adapter has is read all the same */
    if (fd >= 0)
        close(fd);
}

int serial_shorten_latency(int fd, const char *sysfs)
{
    struct stat port;
    char path[160];
    if (fstat(fd, &port) < 0)
        return -errno;
    snprintf(path, sizeof path, "%s/dev/char/%u:%u/device/latency_timer", sysfs, major(port.st_rdev),
             minor(port.st_rdev));
    if (access(path, F_OK) < 0)
        return -ENOENT;
    ask_for_low_latency(fd);
    write_one(path);
    return read_number(path);
}
