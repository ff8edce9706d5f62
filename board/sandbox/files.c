#include "board/sandbox/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Landlock's userspace API, by version; the headers of Debian 12 know two. */
#define FS_RIGHTS_1    ((1ull << 13) - 1)
#define FS_REFER       (1ull << 13) /* 2 */
#define FS_TRUNCATE    (1ull << 14) /* 3 */
#define FS_IOCTL_DEV   (1ull << 15) /* 5 */
#define SCOPE_ABSTRACT (1ull << 0)  /* 6 */
#define SCOPE_SIGNAL   (1ull << 1)

struct ruleset {
    uint64_t fs, net, scoped;
};

/* Folders, not files, where files are replaced by renaming: a rule holds an inode. Besides /etc: where its links of name
 * look-up and certificates lead, and modules that both may load. */
static const char *const readable_by_link[] = {
    "/etc",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/share/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/share/zoneinfo",
    "/run/NetworkManager",
    "/run/connman",
    "/run/resolvconf",
    "/run/systemd/resolve",
    NULL,
};

/* It looks up the name of its own address once, and may still be root. */
static const char *const readable_by_console[] = {
    "/etc/gai.conf",    "/etc/host.conf", "/etc/hosts", "/etc/nsswitch.conf",
    "/etc/resolv.conf", "/lib",           "/usr/lib",   NULL,
};

/* Libraries, and where Debian and others keep what espeak-ng reads. */
static const char *const readable_by_voice[] = { "/etc/ld.so.cache",          "/lib", "/lib64", "/usr/lib",
                                                 "/usr/share/espeak-ng-data", NULL };

static const char *const *const readable[] = {
    [SANDBOX_LINK] = readable_by_link,
    [SANDBOX_CONSOLE] = readable_by_console,
    [SANDBOX_VOICE] = readable_by_voice,
};

static struct ruleset everything(long version)
{
    static const struct {
        long since;
        struct ruleset rights;
    } added[] = {
        { 1, { .fs = FS_RIGHTS_1 } },
        { 2, { .fs = FS_REFER } },
        { 3, { .fs = FS_TRUNCATE } },
        { 5, { .fs = FS_IOCTL_DEV } },
        { 6, { .scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL } },
    };
    struct ruleset all = { 0 };
    for (size_t i = 0; i < sizeof added / sizeof added[0]; i++)
        if (version >= added[i].since) {
            all.fs |= added[i].rights.fs;
            all.scoped |= added[i].rights.scoped;
        }
    return all;
}

/* What this machine lacks is not needed. */
static void allow(int ruleset, const char *path)
{
    struct stat status;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return;
    bool is_folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
    struct landlock_path_beneath_attr rule = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | (is_folder ? LANDLOCK_ACCESS_FS_READ_DIR : 0),
        .parent_fd = fd,
    };
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(fd);
}

static void allow_each(int ruleset, const char *const *path)
{
    while (path && *path)
        allow(ruleset, *path++);
}

int files_hide(enum sandbox_kind kind, const char *const *also)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 0)
        return -errno;
    struct ruleset all = everything(version);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    if (ruleset < 0)
        return -errno;
    allow_each(ruleset, readable[kind]);
    allow_each(ruleset, also);
    int error = syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
    close(ruleset);
    return error;
}
