/* The whole board process, with memory devices, whose n-th allocation or n-th call that writes or makes something fails: at the
 * start, at an event, a snapshot and a reload, for every n until nothing is left to fail. It never crashes and never leaks, and
 * does the same well the next time. At the start it may end, with a status and a reason.
 */
#include "board/board.h"
#include "board/check/check.h"
#include "board/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SANITIZER_STATUS 99
#define GUARD_MS         30000
#define LONGEST          3000 /* more calls than any stage makes */

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "exitcode=99:detect_leaks=1";
}

/* ---- what fails ------------------------------------------------------------------------------ */

enum kind { ALLOCATION, WRITE_FULL, WRITE_READ_ONLY, WRITE_SHORT, FAULTS };
static const char *const kind_names[] = { "allocation", "full disk", "read-only disk", "short write" };

static struct {
    atomic_int kind, left, failed; /* the call `left` from now fails; 0: none */
} * fault;                         /* shared with the board */

static void arm(enum kind kind, int n)
{
    fault->kind = (int)kind;
    fault->failed = 0;
    fault->left = n;
}

static bool is_failing(bool is_allocation)
{
    if (!fault || fault->left <= 0 || (fault->kind == ALLOCATION) != is_allocation)
        return false;
    if (atomic_fetch_sub(&fault->left, 1) != 1)
        return false;
    fault->failed = 1;
    errno = is_allocation ? ENOMEM : fault->kind == WRITE_READ_ONLY ? EROFS : ENOSPC;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t at);
int __real_ftruncate(int fd, off_t size);
int __real_mkdir(const char *path, mode_t mode);
int __real_open(const char *path, int flags, ...);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __real_memfd_create(const char *name, unsigned flags);
int __real_eventfd(unsigned value, int flags);
int __real_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *data);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_open(const char *path, int flags, ...);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __wrap_memfd_create(const char *name, unsigned flags);
int __wrap_eventfd(unsigned value, int flags);
int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *data);

void *__wrap_malloc(size_t size)
{
    return is_failing(true) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_failing(true) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return is_failing(true) ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    return is_failing(true) ? NULL : __real_strdup(text);
}

/* What the kernel allocates fails with the program's memory. */
int __wrap_eventfd(unsigned value, int flags)
{
    return is_failing(true) ? -1 : __real_eventfd(value, flags);
}

int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    return operation == EPOLL_CTL_ADD && is_failing(true) ? -1
                                                          : __real_epoll_ctl(epoll, operation, fd, event);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *data)
{
    return is_failing(true) ? EAGAIN : __real_pthread_create(thread, attributes, run, data);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    if (fd == STDERR_FILENO || !is_failing(false))
        return __real_write(fd, bytes, size);
    return fault->kind == WRITE_SHORT && size > 1 ? __real_write(fd, bytes, size / 2) : -1;
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    if (!is_failing(false))
        return __real_pwrite(fd, bytes, size, at);
    return fault->kind == WRITE_SHORT && size > 1 ? __real_pwrite(fd, bytes, size / 2, at) : -1;
}

int __wrap_ftruncate(int fd, off_t size)
{
    return is_failing(false) ? -1 : __real_ftruncate(fd, size);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return is_failing(false) ? -1 : __real_mkdir(path, mode);
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return (flags & O_CREAT) && is_failing(false) ? -1 : __real_open(path, flags, mode);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return is_failing(true) ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}

int __wrap_memfd_create(const char *name, unsigned flags)
{
    return is_failing(true) ? -1 : __real_memfd_create(name, flags);
}

/* ---- the board ------------------------------------------------------------------------------- */

static const char hall_text[] =
    "{\"hall\":\"test\",\"board\":\"b1\",\"name\":{\"ru\":\"Зал\"},\"languages\":[\"ru\"],\"timezone\":"
    "\"Asia/Almaty\","
    "\"broker\":{\"urls\":[\"mqtt://127.0.0.1:1\"]},\"agencies\":[{\"id\":\"a\",\"name\":{\"ru\":\"А\"}}],"
    "\"zones\":[{\"id\":\"front\",\"name\":{\"ru\":\"Зал\"}}],"
    "\"buses\":[{\"id\":\"west\",\"driver\":\"memory\",\"device\":\"x\"}],"
    "\"desks\":[{\"id\":\"1\",\"label\":\"1\",\"agency\":\"a\",\"zone\":\"front\","
    "\"led\":{\"bus\":\"west\",\"unit\":17,\"profile\":\"owen-smi2\"}}],"
    "\"screens\":[{\"id\":\"main\",\"driver\":\"memory\",\"size\":\"640x360\",\"path\":\"screen\",\"zones\":["
    "\"front\"]}],"
    "\"chimes\":[{\"id\":\"hall\",\"driver\":\"trace\",\"file\":\"chime\",\"zones\":[\"front\"]}]}";

static char folder[] = "/dev/shm/kezek-faults-XXXXXX";
static char hall_path[64], control_path[64], log_path[64], run_path[64];

static void ignore_line(void *data, const char *line)
{
    (void)data, (void)line;
}

/* As kezekd's main() does it. */
static int serve(void)
{
    char error[256] = "";
    struct config_paths paths = { 0 };
    struct json_report report = { .line = ignore_line, .file = hall_path };
    struct config *config = config_load(hall_path, &paths, &report);
    struct fonts *fonts = config ? fonts_create(&font_files_debian, error, sizeof error) : NULL;
    if (fonts && check_glyphs(config, fonts, stderr) == 0)
        return board_run(config, &paths, fonts);
    fonts_destroy(fonts);
    config_destroy(config);
    return 78;
}

static pid_t start_board(void)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int log = __real_open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(log, STDERR_FILENO);
    exit(serve()); /* so that leaks are looked for */
}

static int connect_board(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s", control_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

/* The reply's line; false: the connection was closed without. Bytes behind a line are left. */
static bool ask(const char *request, char *reply, size_t size)
{
    reply[0] = '\0';
    int fd = connect_board();
    if (fd < 0)
        return false;
    size_t length = 0;
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    ssize_t n = send(fd, request, strlen(request), MSG_NOSIGNAL);
    while (n > 0 && length < size - 1 && !memchr(reply, '\n', length) && poll(&wait, 1, GUARD_MS) > 0 &&
           (n = recv(fd, reply + length, size - 1 - length, 0)) > 0)
        length += (size_t)n;
    reply[length] = '\0';
    close(fd);
    return memchr(reply, '\n', length) != NULL;
}

static bool is_there(void)
{
    static char reply[65536];
    return ask("{\"cmd\":\"status\"}\n", reply, sizeof reply) && strstr(reply, "\"ok\":true");
}

/* The status of the end, or -1 while it runs. */
static int ended(pid_t pid)
{
    int status;
    return waitpid(pid, &status, WNOHANG) == pid ? status : -1;
}

static void fail_with_log(const char *what, enum kind kind, int n, int status)
{
    static char text[20000];
    int fd = __real_open(log_path, O_RDONLY);
    ssize_t length = read(fd, text, sizeof text - 1);
    text[length > 0 ? length : 0] = '\0';
    close(fd);
    fail_msg("%s: %s %d: status %x\n%s", what, kind_names[kind], n, (unsigned)status, text);
}

/* It may end by itself only where `may_end`, and then in order. */
static bool await(pid_t pid, bool may_end, const char *what, enum kind kind, int n)
{
    for (int ms = 0; ms < GUARD_MS; ms += 2) {
        int status = ended(pid);
        if (status != -1 && (!may_end || !WIFEXITED(status) || WEXITSTATUS(status) == SANITIZER_STATUS))
            fail_with_log(what, kind, n, status);
        if (status != -1)
            return false;
        if (is_there())
            return true;
        usleep(2000);
    }
    kill(pid, SIGKILL);
    fail_with_log(what, kind, n, 0);
    return false;
}

static void stop_board(pid_t pid, const char *what, enum kind kind, int n)
{
    int status = -1;
    fault->left = 0;
    kill(pid, SIGTERM);
    for (int ms = 0; ms < GUARD_MS && (status = ended(pid)) == -1; ms += 2)
        usleep(2000);
    if (status != 0)
        fail_with_log(what, kind, n, status);
}

/* ---- stages ---------------------------------------------------------------------------------- */

static void the_start_succeeds_or_ends_in_order(void **unused)
{
    (void)unused;
    for (enum kind kind = 0; kind < FAULTS; kind++) {
        int n = 1, refused = 0;
        for (bool is_failed = true; is_failed && n < LONGEST; n++) {
            arm(kind, n);
            pid_t pid = start_board();
            bool is_up = await(pid, true, "start", kind, n);
            is_failed = fault->failed;
            refused += !is_up;
            if (is_up)
                stop_board(pid, "stop", kind, n);
            else if (!is_failed)
                fail_with_log("start without a fault", kind, n, 0);
        }
        assert_in_range(n, 2, LONGEST - 1);
        print_message("start: %d times a failed %s, %d of them ended it\n", n - 2, kind_names[kind], refused);
    }
}

static const struct {
    const char *name, *request, *good; /* the reply once nothing fails */
    bool may_end; /* a reload that finds no memory half-way ends the service, for systemd to start it */
} stages[] = {
    { "event", "{\"cmd\":\"event\",\"type\":\"call\",\"desk\":\"1\",\"ticket\":\"7042\"}\n", "\"ok\":true",
      false },
    { "snapshot", "{\"cmd\":\"snapshot\",\"screen\":\"main\"}\n", "\"format\":\"png\"", false },
    { "reload", "{\"cmd\":\"reload\"}\n", "\"ok\":true", true },
};

static void check_good(size_t stage, pid_t pid, enum kind kind, int n)
{
    static char reply[1 << 20];
    fault->left = 0;
    if (!ask(stages[stage].request, reply, sizeof reply) || !strstr(reply, stages[stage].good))
        fail_with_log(stages[stage].name, kind, n, ended(pid));
    if (stage == 0 &&
        (!ask("{\"cmd\":\"status\"}\n", reply, sizeof reply) || !strstr(reply, "\"ticket\":\"7042\"")))
        fail_with_log("the state after an event", kind, n, ended(pid));
}

/* Every n on one board; a new one where the last has ended in order. */
static void run_stage(size_t stage, enum kind kind)
{
    static char reply[1 << 20];
    int n = 1, restarts = 0;
    pid_t pid = start_board();
    await(pid, false, "start", kind, 0);
    for (bool is_failed = true; is_failed && n < LONGEST; n++) {
        arm(kind, n);
        ask(stages[stage].request, reply, sizeof reply);
        bool is_up = await(pid, stages[stage].may_end, stages[stage].name, kind, n); /* a turn later, too */
        is_failed = fault->failed;
        fault->left = 0;
        if (!is_up) {
            restarts++;
            pid = start_board();
            await(pid, false, "start", kind, n);
        }
        check_good(stage, pid, kind, n);
    }
    stop_board(pid, "stop", kind, n);
    assert_in_range(n, 2, LONGEST - 1);
    print_message("%s: %d times a failed %s, ended by %d of them\n", stages[stage].name, n - 2,
                  kind_names[kind], restarts);
}

static void an_event_a_snapshot_and_a_reload_fail_alone(void **unused)
{
    (void)unused;
    for (size_t stage = 0; stage < sizeof stages / sizeof stages[0]; stage++)
        for (enum kind kind = 0; kind < FAULTS; kind++)
            run_stage(stage, kind);
}

/* ---- the folder ------------------------------------------------------------------------------ */

static void link_data(const char *name, const char *target)
{
    char path[96], absolute[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_non_null(realpath(target, absolute));
    assert_int_equal(symlink(absolute, path), 0);
}

static int start(void **unused)
{
    (void)unused;
    assert_non_null(mkdtemp(folder));
    snprintf(hall_path, sizeof hall_path, "%s/hall.json", folder);
    snprintf(run_path, sizeof run_path, "%s/run", folder);
    snprintf(control_path, sizeof control_path, "%s/run/control", folder);
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    FILE *file = fopen(hall_path, "w");
    assert_true(file && fputs(hall_text, file) >= 0 && fclose(file) == 0);
    link_data("phrases", "board/phrases");
    link_data("themes", "board/themes");
    link_data("layouts", "board/layouts");
    link_data("profiles", "drivers/led/profiles");
    setenv("KEZEK_DATADIR", folder, 1);
    setenv("KEZEK_RUNDIR", run_path, 1);
    fault = __real_mmap(NULL, sizeof *fault, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return fault == MAP_FAILED;
}

static int end(void **unused)
{
    (void)unused;
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    log_open("board", LOG_LEVEL_INFO);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_start_succeeds_or_ends_in_order),
        cmocka_unit_test(an_event_a_snapshot_and_a_reload_fail_alone),
    };
    return cmocka_run_group_tests(tests, start, end);
}
