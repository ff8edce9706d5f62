#include "board/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *first_set(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

int rundir_path(char *out, size_t size, const char *name)
{
    const char *folder = first_set("KEZEK_RUNDIR"), *suffix = "";
    if (!folder && geteuid() == 0)
        folder = "/run/kezek";
    if (!folder) {
        folder = first_set("XDG_RUNTIME_DIR");
        suffix = "/kezek";
    }
    if (!folder)
        return -ENOENT;
    int length = snprintf(out, size, "%s%s%s%s", folder, suffix, name ? "/" : "", name ? name : "");
    return length >= 0 && (size_t)length < size ? 0 : -ENAMETOOLONG;
}

int rundir_create(void)
{
    char folder[256];
    int error = rundir_path(folder, sizeof folder, NULL);
    if (error == 0 && mkdir(folder, 0700) < 0 && errno != EEXIST)
        error = -errno;
    return error;
}
