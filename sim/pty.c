#include "sim/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static const struct {
    speed_t speed;
    int baud;
} speeds[] = {
    { B1200, 1200 },   { B2400, 2400 },   { B4800, 4800 },     { B9600, 9600 },     { B19200, 19200 },
    { B38400, 38400 }, { B57600, 57600 }, { B115200, 115200 }, { B230400, 230400 },
};

static int make_raw(int port)
{
    struct termios line;
    if (tcgetattr(port, &line) < 0)
        return -errno;
    cfmakeraw(&line);
    return tcsetattr(port, TCSANOW, &line) < 0 ? -errno : 0;
}

int pty_open(struct pty *pty, char *name, size_t size)
{
    pty->port = -1;
    pty->ours = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    int error = pty->ours < 0 || grantpt(pty->ours) < 0 || unlockpt(pty->ours) < 0 ? errno : 0;
    if (!error)
        error = ptsname_r(pty->ours, name, size);
    if (!error) {
        pty->port = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        error = pty->port < 0 ? errno : -make_raw(pty->port);
    }
    if (error)
        pty_close(pty);
    return -error;
}

void pty_close(struct pty *pty)
{
    if (pty->port >= 0)
        close(pty->port);
    if (pty->ours >= 0)
        close(pty->ours);
    pty->ours = pty->port = -1;
}

bool pty_serial(const struct pty *pty, struct led_serial *serial)
{
    struct termios line;
    if (pty->port < 0 || tcgetattr(pty->port, &line) < 0)
        return false;
    serial->parity = line.c_iflag & INPCK ? line.c_cflag & PARODD ? 'O' : 'E' : 'N';
    serial->stop_bits = line.c_cflag & CSTOPB ? 2 : 1;
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
        if (speeds[i].speed == cfgetospeed(&line)) {
            serial->baud = speeds[i].baud;
            return true;
        }
    return false;
}

void pty_set_serial(struct pty *pty, const struct led_serial *serial)
{
    struct termios line;
    if (pty->port < 0 || tcgetattr(pty->port, &line) < 0)
        return;
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
        if (speeds[i].baud == serial->baud) {
            cfsetispeed(&line, speeds[i].speed);
            cfsetospeed(&line, speeds[i].speed);
        }
    line.c_iflag = serial->parity == 'N' ? line.c_iflag & ~(tcflag_t)INPCK : line.c_iflag | INPCK;
    line.c_cflag = serial->parity == 'O' ? line.c_cflag | PARODD : line.c_cflag & ~(tcflag_t)PARODD;
    line.c_cflag = serial->stop_bits == 2 ? line.c_cflag | CSTOPB : line.c_cflag & ~(tcflag_t)CSTOPB;
    tcsetattr(pty->port, TCSANOW, &line);
}
