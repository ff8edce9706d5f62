#include "board/child.h"

#include "board/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define DELAY_MIN_US     200000
#define DELAY_MAX_US     10000000
#define STABLE_US        60000000
#define STOP_PATIENCE_MS 2000
#define FD_ABOVE         10 /* where descriptors are parked while 3 and 4 are laid out */

/* What travels: the plain value behind a head that another build would not match. */
struct parcel {
    char version[24];
    size_t size;
    struct config config;
};

static int parcel_fd(const struct config *config)
{
    int fd = memfd_create("kezek-config", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct parcel head = { .version = KEZEK_VERSION, .size = sizeof(struct parcel) };
    size_t offset = offsetof(struct parcel, config);
    bool is_written = pwrite(fd, &head, offset, 0) == (ssize_t)offset &&
                      pwrite(fd, config, sizeof *config, (off_t)offset) == (ssize_t)sizeof *config;
    if (!is_written || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0) {
        close(fd);
        return -EIO;
    }
    return fd;
}

/* What is at these addresses is the board's. */
static void leave_behind(struct config *config)
{
    memset(config->profile, 0, sizeof config->profile);
    memset(config->voice.grammar, 0, sizeof config->voice.grammar);
    config->theme.logo = NULL;
    for (unsigned i = 0; i < config->nnotices; i++)
        config->notice[i].picture = NULL;
    for (unsigned b = 0; b < config->nbuses; b++)
        for (unsigned u = 0; u < config->bus[b].nunits; u++)
            config->bus[b].unit[u].profile = NULL;
}

static struct config *child_config(void)
{
    /* private: before Linux 6.7 a file that is sealed against writing could not be shared, not even for reading */
    struct parcel *parcel = mmap(NULL, sizeof *parcel, PROT_READ, MAP_PRIVATE, CHILD_FD_CONFIG, 0);
    if (parcel == MAP_FAILED)
        return NULL;
    off_t size = lseek(CHILD_FD_CONFIG, 0, SEEK_END);
    if (size != (off_t)sizeof *parcel || parcel->size != sizeof *parcel ||
        strcmp(parcel->version, KEZEK_VERSION) != 0) {
        munmap(parcel, sizeof *parcel);
        return NULL;
    }
    struct config *config = malloc(sizeof *config);
    if (config) {
        *config = parcel->config;
        leave_behind(config);
    }
    munmap(parcel, sizeof *parcel);
    return config;
}

int child_main(int argc, char **argv, const char *name, int (*run)(struct config *config))
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return printf("kezek-%s " KEZEK_VERSION "\n", name) < 0;
    if (fcntl(CHILD_FD_CONFIG, F_GETFD) < 0) {
        fprintf(stderr, "kezek-%s is a part of kezekd, which starts it; it is not started by hand\n", name);
        return EX_USAGE;
    }
    log_open(name, LOG_LEVEL_INFO);
    struct config *config = child_config();
    if (!config) {
        log_error("kezekd and kezek-%s are not of the same build; restart the service", name);
        return EX_SOFTWARE;
    }
    int status = run(config);
    free(config);
    return status;
}

struct programs {
    char name[32];
    char beside[PATH_MAX], installed[PATH_MAX], built_for[PATH_MAX];
};

/* Between fork and exec: only async-signal-safe calls, the board has threads. */
static _Noreturn void become(struct programs *programs, int socket_fd, int config_fd)
{
    int parked_config = fcntl(config_fd, F_DUPFD, FD_ABOVE);
    int parked_socket = socket_fd >= 0 ? fcntl(socket_fd, F_DUPFD, FD_ABOVE) : -1;
    dup2(parked_config, CHILD_FD_CONFIG);
    if (parked_socket >= 0)
        dup2(parked_socket, CHILD_FD_SOCKET);
    else
        close(CHILD_FD_SOCKET);
    close_range(CHILD_FD_CONFIG + 1, ~0u, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    char *argv[] = { programs->name, NULL };
    execv(programs->beside, argv);
    execv(programs->installed, argv);
    execv(programs->built_for, argv);
    _exit(127);
}

/* Beside our own program file: so a source tree's board never runs an installed link. Else from PREFIX/sbin into
 * PREFIX/libexec, wherever that was moved. */
static void find_programs(struct programs *programs, const char *name)
{
    char folder[PATH_MAX - 64];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    *(slash ? slash + 1 : folder) = '\0';
    snprintf(programs->name, sizeof programs->name, "kezek-%s", name);
    snprintf(programs->beside, sizeof programs->beside, "%s%s", folder, programs->name);
    snprintf(programs->installed, sizeof programs->installed, "%s../libexec/kezek/%s", folder,
             programs->name);
    snprintf(programs->built_for, sizeof programs->built_for, KEZEK_LIBEXECDIR "/%s", programs->name);
}

int child_start(struct child *child, const struct config *config, int fd, int64_t now_us)
{
    struct programs programs;
    find_programs(&programs, child->name);
    int config_fd = parcel_fd(config);
    if (config_fd < 0)
        return config_fd;
    pid_t pid = fork();
    if (pid == 0)
        become(&programs, fd, config_fd);
    int error = pid < 0 ? -errno : 0;
    close(config_fd);
    if (error)
        return error;
    child->pid = pid;
    child->started_us = now_us;
    child->starts++;
    return 0;
}

int64_t child_deadline_us(const struct child *child)
{
    return child->is_looping && child->pid ? child->started_us + STABLE_US : INT64_MAX;
}

void child_tick(struct child *child, int64_t now_us)
{
    if (now_us < child_deadline_us(child))
        return;
    child->is_looping = false;
    child->delay_us = 0;
    log_info("%s: stays up", child->name);
}

static void tell_death(const struct child *child, int status, bool is_again)
{
    char when[80];
    if (is_again)
        snprintf(when, sizeof when, " again; tried each %lld s at most, told when it stays up",
                 (long long)(DELAY_MAX_US / 1000000));
    else
        snprintf(when, sizeof when, "; starts again in %.1f s", (double)child->delay_us / 1e6);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        log_warn("%s: ended by its sandbox%s", child->name, when);
    else if (WIFSIGNALED(status))
        log_warn("%s: killed by signal %d%s", child->name, WTERMSIG(status), when);
    else
        log_warn("%s: ended with status %d%s", child->name, WEXITSTATUS(status), when);
}

int64_t child_died(struct child *child, int status, int64_t now_us)
{
    child_tick(child, now_us);
    child->pid = 0;
    if (now_us - child->started_us > STABLE_US)
        child->delay_us = 0;
    bool is_again = child->delay_us > 0;
    child->delay_us = child->delay_us ? child->delay_us * 2 : DELAY_MIN_US;
    if (child->delay_us > DELAY_MAX_US)
        child->delay_us = DELAY_MAX_US;
    if (!child->is_looping)
        tell_death(child, status, is_again);
    child->is_looping = is_again;
    return now_us + child->delay_us;
}

void child_stop(struct child *child)
{
    if (!child->pid)
        return;
    kill(child->pid, SIGTERM);
    int pidfd = pidfd_open(child->pid, 0);
    struct pollfd wait = { .fd = pidfd, .events = POLLIN };
    if (pidfd >= 0)
        poll(&wait, 1, STOP_PATIENCE_MS);
    close(pidfd);
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0);
    child->pid = 0;
}
