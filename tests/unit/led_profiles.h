/* LED profiles for tests: shipped ones by name, and others from text. */
#pragma once

#include "drivers/led/profile_data.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LINES_SIZE 4096
#define FILE_SIZE  16384

static const char *const shipped[] __attribute__((unused)) = {
    "ditel-dn", "dm36b06", "dm56a04", "icpdas-ikan", "led-485", "owen-smi2", "owen-smi2-m",
};
#define SHIPPED (sizeof shipped / sizeof shipped[0])

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

static inline size_t read_bytes(const char *name, char bytes[FILE_SIZE])
{
    char path[96];
    snprintf(path, sizeof path, "drivers/led/profiles/%s.json", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(bytes, 1, FILE_SIZE - 1, file);
    fclose(file);
    bytes[length] = '\0';
    return length;
}

/* A shipped profile with one change: the member at `section`.`key` becomes `json` (or goes, when NULL). */
static inline struct led_profile *load_changed(const char *name, const char *section, const char *key,
                                               const char *json, char *lines)
{
    char bytes[FILE_SIZE];
    read_bytes(name, bytes);
    cJSON *root = cJSON_Parse(bytes);
    cJSON *object = section ? cJSON_GetObjectItem(root, section) : root;
    cJSON_DeleteItemFromObject(object, key);
    if (json)
        assert_true(cJSON_AddItemToObject(object, key, cJSON_Parse(json)));
    char *text = cJSON_PrintUnformatted(root);
    struct led_profile *profile = load_text(text, lines);
    free(text);
    cJSON_Delete(root);
    return profile;
}
