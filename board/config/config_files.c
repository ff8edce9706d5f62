#include "board/config/config_read.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef KEZEK_DATADIR
#define KEZEK_DATADIR "/usr/local/share/kezek"
#endif

/* At most max bytes and a NUL. NULL with errno; EFBIG if it is larger. */
static char *read_whole_file(const char *path, size_t max, size_t *length)
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

cJSON *read_json(const char *path, size_t max, struct json_report *report)
{
    struct json_error error = { 0 };
    size_t length = 0;
    char *text = read_whole_file(path, max, &length);
    cJSON *root = text ? json_parse(text, length, &error) : NULL;
    if (!text)
        json_complain(report, "", "cannot be read: %s", strerror(errno));
    else if (!root)
        json_complain(report, "", "line %u, column %u: %s", error.line, error.column, error.text);
    free(text);
    return root;
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

bool find_json(const char *const folders[2], const char *name, char *file, size_t size)
{
    for (unsigned i = 0; i < 2; i++) {
        snprintf(file, size, "%s/%s.json", folders[i], name);
        if (access(file, F_OK) == 0)
            return true;
    }
    return false;
}

struct listing {
    char *text;
    size_t used, size;
};

static void list_name(void *data, const char *name)
{
    struct listing *list = data;
    if (list->used < list->size)
        list->used += (size_t)snprintf(list->text + list->used, list->size - list->used, "%s%s",
                                       list->used ? ", " : "", name);
}

const char *list_json(const char *const folders[2], char *out, size_t size)
{
    struct listing list = { .text = out, .size = size };
    for (unsigned i = 0; i < 2; i++)
        each_json(folders[i], list_name, &list);
    if (!list.used)
        snprintf(out, size, "none");
    return out;
}

void set_folder(struct reader *reader, const char *path)
{
    const char *slash = strrchr(path, '/');
    int length = !slash ? 0 : slash == path ? 1 : (int)(slash - path);
    snprintf(reader->folder, sizeof reader->folder, "%.*s", length, path);
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

#define FOLDER(member, installed, source)                                                                    \
    {                                                                                                        \
        offsetof(struct reader, member), offsetof(struct config_paths, member), installed, source            \
    }
static const struct {
    size_t reader, paths;
    const char *installed, *source;
} folders[] = {
    FOLDER(profiles, "profiles", "drivers/led/profiles"), FOLDER(boards, "boards", "board/profiles"),
    FOLDER(phrases, "phrases", "board/phrases"),          FOLDER(themes, "themes", "board/themes"),
    FOLDER(layouts, "layouts", "board/layouts"),          FOLDER(voices, "voices", "build/voices"),
    FOLDER(grammars, "voices", "board/voices"),
};
#define FOLDERS (sizeof folders / sizeof *folders)

static char *folder_of(struct reader *reader, unsigned i)
{
    return (char *)reader + folders[i].reader;
}

static void set_folders(struct reader *reader, const char *root, bool is_source)
{
    for (unsigned i = 0; i < FOLDERS; i++)
        snprintf(folder_of(reader, i), CONFIG_PATH_SIZE, "%.200s/%s", root,
                 is_source ? folders[i].source : folders[i].installed);
}

void find_folders(struct reader *reader, const struct config_paths *paths)
{
    char tree[CONFIG_PATH_SIZE];
    const char *datadir = getenv("KEZEK_DATADIR");
    if (datadir && *datadir)
        set_folders(reader, datadir, false);
    else if (find_source_tree(tree, sizeof tree))
        set_folders(reader, tree, true);
    else
        set_folders(reader, find_installed(tree, sizeof tree) ? tree : KEZEK_DATADIR, false);
    for (unsigned i = 0; paths && i < FOLDERS; i++) {
        const char *given = *(const char *const *)(const void *)((const char *)paths + folders[i].paths);
        if (given)
            snprintf(folder_of(reader, i), CONFIG_PATH_SIZE, "%s", given);
    }
}
