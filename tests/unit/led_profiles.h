/* LED profiles for tests: shipped ones by name, and others from text. */
#pragma once

#include "drivers/led/profile_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LINES_SIZE 4096

static inline void keep_lines(void *data, const char *line)
{
    char *all = data;
    size_t used = strlen(all);
    snprintf(all + used, LINES_SIZE - used, "%s\n", line);
}

static inline struct led_profile *load(const char *name)
{
    char path[96], lines[LINES_SIZE] = "";
    struct json_report report = { keep_lines, lines, NULL, 0 };
    snprintf(path, sizeof path, "drivers/led/profiles/%s.json", name);
    struct led_profile *profile = led_profile_load(path, &report);
    if (!profile)
        fail_msg("%s", lines);
    return profile;
}

/* NULL with complaints in `lines`. */
static inline struct led_profile *load_text(const char *text, char lines[LINES_SIZE])
{
    char path[] = "/tmp/kezek-profile-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    struct json_report report = { keep_lines, lines, NULL, 0 };
    lines[0] = '\0';
    struct led_profile *profile = led_profile_load(path, &report);
    unlink(path);
    assert_int_equal(profile == NULL, report.count > 0);
    return profile;
}
