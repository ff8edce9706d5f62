/* A sysfs with one PWM chip of two channels, made of files, and a record of what is written to them. The program is linked with
 * --wrap=pwrite, which nothing but drivers/chime/pwm_channel.c calls. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PWM_CHIP   "1f00098000.pwm"
#define PWM_WRITES 4096

struct pwm_write {
    char name[12]; /* "duty_cycle" */
    int64_t value, at_ns;
};
static struct {
    struct pwm_write write[PWM_WRITES];
    atomic_uint count;
    atomic_int fail_after; /* this many writes, then one fails; negative: none */
    int fail_errno;
    char root[48];
} pwm_tree = { .fail_after = -1 };

ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at);

static void pwm_record(int fd, const void *bytes)
{
    char link[32], path[160];
    struct timespec now;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || pwm_tree.count >= PWM_WRITES)
        abort();
    path[length] = '\0';
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct pwm_write *write = &pwm_tree.write[pwm_tree.count];
    snprintf(write->name, sizeof write->name, "%.11s", strrchr(path, '/') + 1);
    write->value = strtoll(bytes, NULL, 10);
    write->at_ns = now.tv_sec * 1000000000LL + now.tv_nsec;
    pwm_tree.count++;
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    if (pwm_tree.fail_after >= 0 && pwm_tree.fail_after-- == 0) {
        errno = pwm_tree.fail_errno;
        return -1;
    }
    pwm_record(fd, bytes);
    return __real_pwrite(fd, bytes, size, at);
}

static void pwm_shell(const char *command)
{
    char text[512];
    snprintf(text, sizeof text, "cd %s && %s", pwm_tree.root, command);
    if (system(text) != 0) /* NOLINT(cert-env33-c): a test's own folder */
        abort();
}

/* As the kernel shows it once channel 1 is exported. */
static void pwm_tree_make(void)
{
    strcpy(pwm_tree.root, "/tmp/kezek-pwm-XXXXXX");
    if (!mkdtemp(pwm_tree.root))
        abort();
    pwm_shell("mkdir -p class/pwm devices/" PWM_CHIP "/pwm/pwmchip7/pwm1 devices/fan/pwm/pwmchip0 && "
              "ln -s ../../devices/" PWM_CHIP "/pwm/pwmchip7 ../../devices/fan/pwm/pwmchip0 class/pwm && "
              "cd class/pwm/pwmchip7 && echo 2 > npwm && : > export && cd pwm1 && : > period && : > "
              "duty_cycle && : > enable");
    pwm_tree.count = 0;
    pwm_tree.fail_after = -1;
}

static void pwm_tree_remove(void)
{
    char command[80];
    snprintf(command, sizeof command, "rm -rf %s", pwm_tree.root);
    if (pwm_tree.root[0] && system(command) != 0) /* NOLINT(cert-env33-c) */
        abort();
    pwm_tree.root[0] = '\0';
}

/* The last value written to a file, or -1. */
static int64_t pwm_last(const char *name)
{
    for (unsigned i = pwm_tree.count; i-- > 0;)
        if (strcmp(pwm_tree.write[i].name, name) == 0)
            return pwm_tree.write[i].value;
    return -1;
}
