/* What a process in the sandbox still can do, and what not: each probe is a process of its own. */
#include "board/log.h"
#include "board/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <netinet/in.h>
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
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DONE 0 /* a probe succeeded; otherwise it is the errno */

static char folder[] = "/tmp/kezek-sandbox-XXXXXX";
static char secret[64];
static char taken[64];

static int result(long value)
{
    return value < 0 ? errno : DONE;
}

static int opening(const char *path, int flags)
{
    return result(open(path, flags, 0600));
}

static int read_null(void)
{
    return opening("/dev/null", O_RDONLY);
}
static int read_memory(void)
{
    return opening("/dev/zero", O_RDONLY | O_CLOEXEC);
}
static int read_terminal(void)
{
    return opening("/dev/tty0", O_RDONLY | O_NOCTTY);
}
static int read_shadow(void)
{
    return opening("/etc/shadow", O_RDONLY);
}
static int read_secret(void)
{
    return opening(secret, O_RDONLY);
}
static int read_folder(void)
{
    return opening("/tmp", O_RDONLY | O_DIRECTORY);
}
static int read_program(void)
{
    return opening("/proc/1/cmdline", O_RDONLY);
}
static int read_hosts(void)
{
    return opening("/etc/hosts", O_RDONLY);
}
static int write_hosts(void)
{
    return opening("/etc/hosts", O_WRONLY | O_APPEND);
}
static int create_file(void)
{
    return opening("/dev/shm/kezek-sandbox", O_RDWR | O_CREAT);
}
static int read_taken(void)
{
    char text[8] = "";
    for (int i = 0; i < 3; i++) { /* again and again */
        FILE *file = fopen(taken, "re");
        if (!file || !fgets(text, sizeof text, file))
            return errno;
        fclose(file);
    }
    return strcmp(text, "secret") == 0 ? DONE : EBADMSG;
}

static int family(int domain, int type, int protocol)
{
    return result(socket(domain, type, protocol));
}
static int tcp(void)
{
    return family(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
}
static int tcp6(void)
{
    return family(AF_INET6, SOCK_STREAM, 0);
}
static int udp(void)
{
    return family(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}
static int raw(void)
{
    return family(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}
static int packet(void)
{
    return family(AF_PACKET, SOCK_DGRAM, 0);
}
static int bluetooth(void)
{
    return family(AF_BLUETOOTH, SOCK_STREAM, 0);
}
static int vsock(void)
{
    return family(AF_VSOCK, SOCK_STREAM, 0);
}
static int alg(void)
{
    return family(AF_ALG, SOCK_SEQPACKET, 0);
}
static int unknown_family(void)
{
    return family(1000, SOCK_STREAM, 0);
}
static int local(void)
{
    return family(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}
static int netlink_route(void)
{
    return family(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}
static int netlink_audit(void)
{
    return family(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
}
static int serve(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return result(listen(fd, 1));
}
static int look_up(void)
{
    struct addrinfo *found = NULL;
    int error = getaddrinfo("localhost", "1883", &(struct addrinfo){ .ai_socktype = SOCK_STREAM }, &found);
    if (found)
        freeaddrinfo(found);
    return error ? EHOSTUNREACH : DONE;
}

static int run_program(void)
{
    return result(execl("/bin/true", "true", (char *)NULL));
}
static int make_process(void)
{
    return result(
        syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); /* fork() blocks signals, so it ends without a line */
}
static int trace(void)
{
    return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}
static int read_other(void)
{
    char byte;
    struct iovec to = { &byte, 1 }, from = { &byte, 1 };
    return result(process_vm_readv(getppid(), &to, 1, &from, 1, 0));
}
static int signal_other(void)
{
    return result(kill(getppid(), 0));
}
static int remove_file(void)
{
    return result(unlink(secret));
}
static int change_mode(void)
{
    return result(chmod(secret, 0777));
}
static int mount_something(void)
{
    return result(syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL));
}
static int load_program(void)
{
    return result(syscall(SYS_bpf, 0, NULL, 0));
}
static int be_root(void)
{
    return result(syscall(SYS_setresuid, 0, 0, 0));
}
/* Not sigaction(): the thread sanitizer's would have forgotten the handler before the kernel refuses. */
static int take_the_handler(void)
{
    static const struct {
        unsigned long handler, flags, restorer, mask;
    } deaf = { .handler = (unsigned long)SIG_IGN };
    return result(syscall(SYS_rt_sigaction, SIGSYS, &deaf, NULL, 8));
}
static int raise_limits(void)
{
    struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
    return result(setrlimit(RLIMIT_AS, &limit));
}
static int write_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? errno : DONE;
}
static int turn_into_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? EBADMSG : result(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}
static int much_memory(void)
{
    void *much = mmap(NULL, SANDBOX_MEMORY, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return much == MAP_FAILED ? errno : DONE;
}
static int some_memory(void)
{
    void *some = mmap(NULL, SANDBOX_MEMORY / 4, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return some == MAP_FAILED ? errno : DONE;
}
static int has_privileges(void)
{
    char line[128], *end;
    unsigned long found = 0;
    FILE *file = fdopen(dup(9), "r"); /* opened before: /proc is hidden */
    while (file && fgets(line, sizeof line, file)) {
        bool is_set = strncmp(line, "CapEff", 6) == 0 || strncmp(line, "CapPrm", 6) == 0 ||
                      strncmp(line, "CapAmb", 6) == 0;
        found |= is_set ? strtoul(line + 7, &end, 16) : 0;
    }
    return !file ? EBADMSG : found ? EPERM : DONE;
}
static int is_root(void)
{
    return geteuid() == 0 || getegid() == 0 ? EPERM : DONE;
}

/* `call`: the process is ended for it, and the log names it. */
static const struct {
    const char *what;
    int (*probe)(void);
    int expected;         /* of the link */
    int expected_console; /* -1: the same */
    const char *call;
} probes[] = {
    { "the hosts file is read", read_hosts, DONE, -1, NULL },
    { "a name is looked up", look_up, DONE, -1, NULL },
    { "what was taken along is read", read_taken, DONE, -1, NULL },
    { "TCP", tcp, DONE, -1, NULL },
    { "TCP, IPv6", tcp6, DONE, -1, NULL },
    { "UDP", udp, DONE, -1, NULL },
    { "a part of the memory", some_memory, DONE, -1, NULL },
    { "addresses of this machine", netlink_route, DONE, EAFNOSUPPORT, NULL },
    { "a local socket", local, EAFNOSUPPORT, DONE, NULL },
    { "no capability is left", has_privileges, DONE, -1, NULL },
    { "passwords", read_shadow, EACCES, -1, NULL },
    { "/dev/null", read_null, EACCES, -1, NULL },
    { "/dev/zero", read_memory, EACCES, -1, NULL },
    { "a terminal", read_terminal, EACCES, -1, NULL },
    { "a file of others", read_secret, EACCES, -1, NULL },
    { "a folder", read_folder, EACCES, -1, NULL },
    { "another program's arguments", read_program, EACCES, -1, NULL },
    { "writing", write_hosts, EACCES, -1, NULL },
    { "a new file", create_file, EACCES, -1, NULL },
    { "code that was written now", write_code, EACCES, -1, NULL },
    { "data that becomes code", turn_into_code, EACCES, -1, NULL },
    { "packets", packet, EAFNOSUPPORT, -1, NULL },
    { "Bluetooth", bluetooth, EAFNOSUPPORT, -1, NULL },
    { "vsock", vsock, EAFNOSUPPORT, -1, NULL },
    { "the kernel's ciphers", alg, EAFNOSUPPORT, -1, NULL },
    { "a family that nobody knows", unknown_family, EAFNOSUPPORT, -1, NULL },
    { "a raw socket", raw, 0, -1, "socket" },
    { "another netlink", netlink_audit, 0, EAFNOSUPPORT, "socket" },
    { "a program", run_program, 0, -1, "execve" },
    { "a process", make_process, 0, -1, "clone" },
    { "ptrace", trace, 0, -1, "ptrace" },
    { "another one's memory", read_other, 0, -1, "process_vm_readv" },
    { "a signal to another one", signal_other, 0, -1, "kill" },
    { "a file's end", remove_file, 0, -1, "unlink" },
    { "a file's mode", change_mode, 0, -1, "chmod" },
    { "mount", mount_something, 0, -1, "mount" },
    { "BPF", load_program, 0, -1, "bpf" },
    { "root", be_root, 0, -1, "setresuid" },
    { "deafness for refusals", take_the_handler, 0, -1, "rt_sigaction" },
    { "more memory than it has, by asking", raise_limits, 0, -1, "prlimit64" },
};

/* Waits for the child; what it wrote into its standard error is in `said`. */
static int run(int (*probe)(void), enum sandbox_kind kind, char *said, size_t size)
{
    int log[2], status = -1;
    assert_int_equal(pipe(log), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(log[1], STDERR_FILENO);
        dup2(open("/proc/self/status", O_RDONLY), 9);
        sandbox_enter("link", kind, NULL);
        _exit(probe());
    }
    close(log[1]);
    size_t length = 0;
    for (ssize_t n; length < size - 1 && (n = read(log[0], said + length, size - 1 - length)) > 0;)
        length += (size_t)n;
    said[length] = '\0';
    close(log[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void check_probe(size_t i, enum sandbox_kind kind)
{
    char said[1024];
    int expected = kind == SANDBOX_CONSOLE && probes[i].expected_console >= 0 ? probes[i].expected_console
                                                                              : probes[i].expected;
    bool is_fatal = probes[i].call && !(kind == SANDBOX_CONSOLE && probes[i].expected_console >= 0);
    int status = run(probes[i].probe, kind, said, sizeof said);
    if (!is_fatal) {
        if (!WIFEXITED(status) || WEXITSTATUS(status) != expected || said[0])
            fail_msg("%s: wanted %s, got status %x: %s", probes[i].what, strerror(expected), (unsigned)status,
                     said);
        return;
    }
    /* unlink() is unlinkat() on arm64, chmod() is fchmodat() */
    char line[96];
    snprintf(line, sizeof line, "link: ended by its sandbox: it called %s", probes[i].call);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS || strncmp(said, line, strlen(line)) != 0)
        fail_msg("%s: wanted an end by %s, got status %x: %s", probes[i].what, probes[i].call,
                 (unsigned)status, said);
}

static void the_link_can_do_what_it_needs_and_nothing_else(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++)
        check_probe(i, SANDBOX_LINK);
}

static void the_console_can_do_what_it_needs_and_nothing_else(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++)
        check_probe(i, SANDBOX_CONSOLE);
}

static void only_the_console_serves(void **unused)
{
    (void)unused;
    char said[1024];
    assert_int_equal(WTERMSIG(run(serve, SANDBOX_LINK, said, sizeof said)), SIGSYS);
    assert_non_null(strstr(said, "it called listen;"));
    assert_int_equal(run(serve, SANDBOX_CONSOLE, said, sizeof said), 0);
    assert_string_equal(said, "");
}

static void a_link_that_was_started_as_root_is_someone_else(void **unused)
{
    (void)unused;
    char said[1024];
    if (geteuid() != 0)
        skip();
    assert_int_equal(run(is_root, SANDBOX_LINK, said, sizeof said), 0);
    assert_int_equal(WEXITSTATUS(run(is_root, SANDBOX_CONSOLE, said, sizeof said)), EPERM);
}

static void its_memory_has_a_limit(void **unused)
{
    (void)unused;
    char said[1024];
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* what is measured is the address space */
#endif
    assert_int_equal(WEXITSTATUS(run(much_memory, SANDBOX_LINK, said, sizeof said)), ENOMEM);
}

static void the_same_holds_without_privileges(void **unused)
{
    (void)unused;
    int status = -1;
    if (geteuid() != 0)
        skip(); /* so the others are this test */
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
            _exit(99);
        for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++)
            check_probe(i, SANDBOX_LINK);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* ---- the voice ------------------------------------------------------------------------------- */

/* A bit for each thing that went otherwise than it should. */
static int voice_deeds(void)
{
    int memory = memfd_create("test", MFD_ALLOW_SEALING);
    bool is_sealed =
        memory >= 0 && write(memory, "x", 1) == 1 && fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE) == 0;
    return (opening(secret, O_RDONLY) != DONE) | (opening(secret, O_WRONLY) != EACCES) << 1 |
           (opening("/etc/hosts", O_RDONLY) != EACCES) << 2 |
           (opening("/dev/null", O_RDONLY) != EACCES) << 3 |
           (result(socket(AF_INET, SOCK_STREAM, 0)) != EAFNOSUPPORT) << 4 |
           (result(socket(AF_UNIX, SOCK_STREAM, 0)) != EAFNOSUPPORT) << 5 | !is_sealed << 6;
}

/* As espeak-ng's: started before the filter, and used by whoever took the process over. */
static void *thread_deeds(void *confined)
{
    while (!atomic_load((atomic_bool *)confined))
        usleep(1000);
    _exit(voice_deeds());
}

static int in_voice(bool is_in_thread)
{
    static atomic_bool confined;
    const char *const also[] = { folder, NULL };
    pthread_t thread;
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        chmod(folder, 0755);
        chmod(secret, 0644); /* root becomes somebody else */
        sandbox_hide(SANDBOX_VOICE, also);
        if (is_in_thread && pthread_create(&thread, NULL, thread_deeds, &confined) != 0)
            _exit(99);
        sandbox_filter("voice", SANDBOX_VOICE);
        atomic_store(&confined, true);
        if (is_in_thread)
            pthread_join(thread, NULL);
        _exit(voice_deeds());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    chmod(secret, 0600);
    return status;
}

static void the_voice_reads_its_packs_and_nothing_else(void **unused)
{
    (void)unused;
    assert_int_equal(in_voice(false), 0);
}

static void a_thread_of_its_library_may_do_no_more(void **unused)
{
    (void)unused;
    assert_int_equal(in_voice(true), 0);
}

static void a_file_that_cannot_be_taken_keeps_its_path(void **unused)
{
    (void)unused;
    static const char *const paths[] = { "", "/nowhere/ca.pem", "/tmp", "/dev/zero" };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s", paths[i]);
        sandbox_take_file(path, sizeof path);
        assert_string_equal(path, paths[i]);
    }
}

static int start(void **unused)
{
    (void)unused;
    assert_non_null(mkdtemp(folder));
    snprintf(secret, sizeof secret, "%s/key", folder);
    snprintf(taken, sizeof taken, "%s", secret);
    FILE *file = fopen(secret, "w");
    assert_true(file && fputs("secret", file) > 0 && fclose(file) == 0);
    assert_int_equal(chmod(secret, 0600), 0);
    sandbox_take_file(taken, sizeof taken);
    assert_string_not_equal(taken, secret);
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    return unlink(secret) + rmdir(folder);
}

int main(void)
{
    log_open("link", LOG_LEVEL_INFO);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_link_can_do_what_it_needs_and_nothing_else),
        cmocka_unit_test(the_console_can_do_what_it_needs_and_nothing_else),
        cmocka_unit_test(only_the_console_serves),
        cmocka_unit_test(a_link_that_was_started_as_root_is_someone_else),
        cmocka_unit_test(its_memory_has_a_limit),
        cmocka_unit_test(the_same_holds_without_privileges),
        cmocka_unit_test(the_voice_reads_its_packs_and_nothing_else),
        cmocka_unit_test(a_thread_of_its_library_may_do_no_more),
        cmocka_unit_test(a_file_that_cannot_be_taken_keeps_its_path),
    };
    return cmocka_run_group_tests(tests, start, end);
}
