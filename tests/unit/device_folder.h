/* A folder of the test in the place of one of device nodes, which are empty files. Needs -Wl,--wrap=opendir. One in a program,
 * which defines DEVICE_FOLDER before, for example as "/dev/dri". */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char device_folder[64];

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
DIR *__wrap_opendir(const char *path)
{
    return __real_opendir(strcmp(path, DEVICE_FOLDER) == 0 ? device_folder : path);
}

static inline bool device_folder_make(void)
{
    snprintf(device_folder, sizeof device_folder, "/tmp/kezek-devices.XXXXXX");
    return mkdtemp(device_folder);
}

static inline void device_folder_put(const char *name, bool is_there)
{
    char path[96];
    snprintf(path, sizeof path, "%s/%s", device_folder, name);
    if (is_there)
        fclose(fopen(path, "w"));
    else
        unlink(path);
}
