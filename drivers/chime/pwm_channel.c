#include "drivers/chime/pwm_channel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is looked for, and where complaints go. */
struct search {
    const char *sysfs, *chip;
    unsigned number;
    char folder[160]; /* of the chip, once it is found */
    unsigned count;
    char present[160];
    char *error;
    size_t error_size;
};

__attribute__((format(printf, 3, 4))) static int complain(const struct search *search, int result,
                                                          const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(search->error, search->error_size, format, arguments);
    va_end(arguments);
    return result;
}

/* ---- the chip -------------------------------------------------------------------------------- */

/* "/sys/devices/platform/axi/1000120000.pcie/1f00098000.pwm/pwm/pwmchip0": the device is the third from the end. */
static void note_present(struct search *search, char *path)
{
    size_t used = strlen(search->present);
    for (unsigned i = 0; i < 2; i++) {
        char *slash = strrchr(path, '/');
        if (slash)
            *slash = '\0';
    }
    const char *device = strrchr(path, '/');
    snprintf(search->present + used, sizeof search->present - used, "%s%s", used ? ", " : "",
             device ? device + 1 : path);
}

static void look_at(struct search *search, const char *name)
{
    char link[160], path[PATH_MAX];
    snprintf(link, sizeof link, "%s/class/pwm/%s", search->sysfs, name);
    if (!realpath(link, path))
        return;
    if (strstr(path + strlen(search->sysfs), search->chip)) {
        snprintf(search->folder, sizeof search->folder, "%s", link);
        search->count++;
    }
    note_present(search, path);
}

static int find_chip(struct search *search)
{
    char path[160];
    snprintf(path, sizeof path, "%s/class/pwm", search->sysfs);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (strncmp(entry->d_name, "pwmchip", 7) == 0)
            look_at(search, entry->d_name);
    if (folder)
        closedir(folder);
    if (search->count == 0)
        return complain(search, -ENOENT,
                        "no PWM chip \"%s\"; present: %s (is its dtoverlay in the boot configuration?)",
                        search->chip, search->present[0] ? search->present : "none");
    if (search->count > 1)
        return complain(search, -ENOTUNIQ, "\"%s\" is a part of several PWM chips: %s", search->chip,
                        search->present);
    return 0;
}

/* ---- the channel ----------------------------------------------------------------------------- */

static int put(int fd, int64_t value)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%" PRId64 "\n", value);
    ssize_t done = pwrite(fd, text, (size_t)length, 0);
    return done < 0 ? -errno : done < length ? -EIO : 0;
}

static int complain_denied(const struct search *search, const char *path, int result)
{
    if (result == -EACCES || result == -EPERM)
        return complain(
            search, -EACCES,
            "%s: permission denied; install 60-kezek-pwm.rules for udev, and put the service's user "
            "into the group gpio",
            path);
    return complain(search, result, "%s: %s", path, strerrordesc_np(-result));
}

static int check_number(const struct search *search)
{
    char path[192], text[16] = "";
    snprintf(path, sizeof path, "%s/npwm", search->folder);
    FILE *file = fopen(path, "re");
    if (!file)
        return complain_denied(search, path, -errno);
    unsigned long count = fgets(text, sizeof text, file) ? strtoul(text, NULL, 10) : 0;
    fclose(file);
    if (search->number < count)
        return 0;
    return complain(search, -EINVAL, "channel %u: the PWM chip \"%s\" has %lu, counted from 0",
                    search->number, search->chip, count);
}

/* A driver of the kernel that has the channel keeps it from being exported: a fan, a backlight. */
static int export(const struct search *search, const char *channel)
{
    char path[192];
    if (access(channel, F_OK) == 0)
        return 0;
    snprintf(path, sizeof path, "%s/export", search->folder);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return complain_denied(search, path, -errno);
    int result = put(fd, search->number);
    close(fd);
    if (result == -EBUSY)
        return complain(search, result,
                        "channel %u of the PWM chip \"%s\" is in use by the kernel; take another",
                        search->number, search->chip);
    return result ? complain_denied(search, path, result) : 0;
}

static int open_file(const struct search *search, const char *channel, const char *name, int *fd)
{
    char path[224];
    snprintf(path, sizeof path, "%s/%s", channel, name);
    *fd = open(path, O_WRONLY | O_CLOEXEC);
    return *fd < 0 ? complain_denied(search, path, -errno) : 0;
}

static int open_files(struct pwm_channel *channel, const struct search *search)
{
    char folder[192];
    snprintf(folder, sizeof folder, "%s/pwm%u", search->folder, search->number);
    int result = export(search, folder);
    if (!result)
        result = open_file(search, folder, "period", &channel->period);
    if (!result)
        result = open_file(search, folder, "duty_cycle", &channel->duty);
    if (!result)
        result = open_file(search, folder, "enable", &channel->enable);
    return result;
}

int pwm_channel_open(struct pwm_channel *channel, const char *sysfs, const char *chip, unsigned number,
                     char *error, size_t error_size)
{
    struct search search = {
        .sysfs = sysfs, .chip = chip, .number = number, .error = error, .error_size = error_size
    };
    *channel = (struct pwm_channel){ -1, -1, -1 };
    int result = find_chip(&search);
    if (!result)
        result = check_number(&search);
    if (!result)
        result = open_files(channel, &search);
    if (!result) {
        result = pwm_channel_silence(channel);
        if (result)
            complain(&search, result, "the PWM channel cannot be set: %s", strerrordesc_np(-result));
    }
    return result;
}

static void close_file(int fd)
{
    if (fd >= 0)
        close(fd);
}

void pwm_channel_close(struct pwm_channel *channel)
{
    if (channel->enable >= 0)
        (void)pwm_channel_silence(channel); /* nobody is left to be told */
    close_file(channel->period);
    close_file(channel->duty);
    close_file(channel->enable);
}

/* The kernel refuses a period that is shorter than the pulse. */
int pwm_channel_tune(struct pwm_channel *channel, int64_t period_ns)
{
    int error = put(channel->duty, 0);
    if (!error)
        error = put(channel->period, period_ns);
    return error ? error : put(channel->enable, 1);
}

int pwm_channel_pulse(struct pwm_channel *channel, int64_t width_ns)
{
    return put(channel->duty, width_ns);
}

/* No pulse before it is switched off: some chips keep the level that they have then. */
int pwm_channel_silence(struct pwm_channel *channel)
{
    int error = put(channel->duty, 0), disabled = put(channel->enable, 0);
    return disabled ? disabled : error;
}
