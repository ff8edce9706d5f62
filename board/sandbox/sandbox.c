#include "board/sandbox/sandbox.h"

#include "board/log.h"
#include "board/sandbox/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_MAX_BYTES (1 << 20)
#define NOBODY         65534

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

/* ---- files that were read before ------------------------------------------------------------- */

static int copy_to_memory(int file)
{
    struct stat status;
    int memory = memfd_create("kezek-file", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0)
        return -1;
    bool is_fine = fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= FILE_MAX_BYTES;
    off_t left = is_fine ? status.st_size : 0;
    while (is_fine && left > 0) {
        ssize_t n = sendfile(memory, file, NULL, (size_t)left);
        is_fine = n > 0;
        left -= n;
    }
    is_fine = is_fine && fchmod(memory, 0444) == 0 &&
              fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
    if (is_fine)
        return memory;
    close(memory);
    return -1;
}

void sandbox_take_file(char *path, size_t size)
{
    int file = path[0] ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
    int memory = file >= 0 ? copy_to_memory(file) : -1;
    if (memory >= 0)
        snprintf(path, size, "/proc/self/fd/%d", memory);
    if (file >= 0)
        close(file);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static rlim_t address_space(void)
{
    char text[64] = "";
    FILE *file = fopen("/proc/self/statm", "re"); /* pages of the whole size come first */
    if (file && !fgets(text, sizeof text, file))
        text[0] = '\0';
    if (file)
        fclose(file);
    return (rlim_t)strtoull(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE);
}

static void limit_memory(void)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    if (IS_SANITIZED) /* shadow memory is terabytes */
        return;
    rlim_t limit = address_space() + SANDBOX_MEMORY;
    setrlimit(RLIMIT_AS, &(struct rlimit){ limit, limit });
}

/* ---- privileges ------------------------------------------------------------------------------ */

static int become_nobody(void)
{
    const struct passwd *user = getpwnam(SANDBOX_USER);
    uid_t uid = user ? user->pw_uid : NOBODY;
    gid_t gid = user ? user->pw_gid : NOBODY;
    if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
        return -errno;
    return 0;
}

static int drop_capabilities(void)
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[2] = { 0 }, held[2] = { 0 };
    for (int capability = 0; capability < 64; capability++)
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capget, &head, held) == 0 && memcmp(held, none, sizeof held) == 0)
        return 0; /* a service manager may forbid the other call */
    return syscall(SYS_capset, &head, none) < 0 ? -errno : 0;
}

static void drop_privileges(enum sandbox_kind kind)
{
    int error = kind != SANDBOX_CONSOLE && geteuid() == 0 ? become_nobody() : 0;
    if (error < 0)
        log_warn("sandbox: still root: %s; start the service as a user of its own", strerror(-error));
    error = drop_capabilities();
    if (error < 0)
        log_warn("sandbox: capabilities stay: %s", strerror(-error));
}

void sandbox_hide(enum sandbox_kind kind, const char *const *also)
{
    limit_memory();
    drop_privileges(kind);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* a change of user forgets it */
    int error = files_hide(kind, also);
    if (error < 0)
        log_warn("sandbox: files are not hidden: %s; Linux 5.13 with Landlock does that", strerror(-error));
}

void sandbox_filter(const char *name, enum sandbox_kind kind)
{
    int error = calls_filter(name, kind);
    if (error < 0)
        log_warn("sandbox: system calls are not filtered: %s; that takes 64 bits and a kernel with "
                 "CONFIG_SECCOMP_FILTER",
                 strerror(-error));
}

void sandbox_enter(const char *name, enum sandbox_kind kind, const char *const *also)
{
    sandbox_hide(kind, also);
    sandbox_filter(name, kind);
}
