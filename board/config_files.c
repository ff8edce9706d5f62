#include "board/config_read.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef KEZEK_DATADIR
#define KEZEK_DATADIR "/usr/local/share/kezek"
#endif

char *read_whole_file(const char *path, size_t max, size_t *length)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    char *text = malloc(max + 2);
    size_t got = text ? fread(text, 1, max + 1, file) : 0;
    int error = !text ? ENOMEM : ferror(file) ? EIO : got > max ? EFBIG : 0;
    fclose(file);
    if (error) {
        free(text);
        errno = error;
        return NULL;
    }
    text[got] = '\0';
    *length = got;
    return text;
}

static int is_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + length - 5, ".json") == 0 &&
           strcmp(entry->d_name, "schema.json") != 0;
}

void each_json(const char *folder, void (*fn)(void *data, const char *name), void *data)
{
    struct dirent **entry;
    int count = scandir(folder, &entry, is_json, alphasort);
    for (int i = 0; i < count; i++) {
        entry[i]->d_name[strlen(entry[i]->d_name) - 5] = '\0';
        fn(data, entry[i]->d_name);
        free(entry[i]);
    }
    if (count >= 0)
        free(entry);
}

/* ---- folders --------------------------------------------------------------------------------- */

/* The source tree that the running program was built in: BUILD/kezekd lies one folder below it,
 * BUILD/tests/unit/test_x three. */
static bool find_source_tree(char *out, size_t size)
{
    char probe[CONFIG_PATH_SIZE + 32];
    ssize_t length = readlink("/proc/self/exe", out, size - 1);
    if (length <= 0)
        return false;
    out[length] = '\0';
    for (int up = 0; up < 5; up++) {
        char *slash = strrchr(out, '/');
        if (!slash || slash == out)
            return false;
        *slash = '\0';
        snprintf(probe, sizeof probe, "%s/board/hall.schema.json", out);
        if (access(probe, F_OK) == 0)
            return true;
    }
    return false;
}

/* PREFIX/bin and PREFIX/sbin have PREFIX/share beside them, wherever the tree was moved or staged. */
static bool find_installed(char *out, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", out, size - 1);
    out[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(out, '/');
    size_t left = slash ? size - (size_t)(slash - out) : 0;
    return slash && snprintf(slash, left, "/../share/kezek") < (int)left && access(out, F_OK) == 0;
}

static void set_folders(struct reader *reader, const char *root, const char *profiles, const char *phrases)
{
    snprintf(reader->profiles, sizeof reader->profiles, "%.200s/%s", root, profiles);
    snprintf(reader->phrases, sizeof reader->phrases, "%.200s/%s", root, phrases);
}

void find_folders(struct reader *reader, const struct config_paths *paths)
{
    char tree[CONFIG_PATH_SIZE];
    const char *datadir = getenv("KEZEK_DATADIR");
    if (datadir && *datadir)
        set_folders(reader, datadir, "profiles", "phrases");
    else if (find_source_tree(tree, sizeof tree))
        set_folders(reader, tree, "drivers/led/profiles", "board/phrases");
    else if (find_installed(tree, sizeof tree))
        set_folders(reader, tree, "profiles", "phrases");
    else
        set_folders(reader, KEZEK_DATADIR, "profiles", "phrases");
    if (paths && paths->profiles)
        snprintf(reader->profiles, sizeof reader->profiles, "%s", paths->profiles);
    if (paths && paths->phrases)
        snprintf(reader->phrases, sizeof reader->phrases, "%s", paths->phrases);
}
