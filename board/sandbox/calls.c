#include "board/sandbox/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <malloc.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define CALLS_MAX   600 /* numbers of the architectures of today end below */
#define NAME_SIZE   32
#define FAMILIES    64 /* AF_MAX is 46 in Linux 6.12 */
#define SOCKET_TYPE 0xf

/* What libmosquitto, OpenSSL, libmicrohttpd, glibc's resolver and our loop use on x86_64 and arm64, with glibc 2.36 and
 * 2.41. Nothing here reaches another process or makes one. */
static const char *const allowed[] = {
    /* memory */
    "brk",
    "madvise",
    "mremap",
    "munmap",
    "membarrier",
    /* descriptors */
    "close",
    "dup",
    "fcntl",
    "fstat",
    "lseek",
    "pread64",
    "preadv",
    "read",
    "readv",
    "write",
    "writev",
    "pipe2",
    /* files, where Landlock lets them */
    "access",
    "faccessat",
    "faccessat2",
    "getcwd",
    "getdents64",
    "lstat",
    "newfstatat",
    "readlink",
    "readlinkat",
    "stat",
    "statfs",
    "fstatfs",
    "statx",
    /* sockets */
    "bind",
    "connect",
    "getpeername",
    "getsockname",
    "getsockopt",
    "recvfrom",
    "recvmmsg",
    "recvmsg",
    "sendmmsg",
    "sendmsg",
    "sendto",
    "setsockopt",
    "shutdown",
    /* waiting and time */
    "clock_getres",
    "clock_gettime",
    "clock_nanosleep",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_wait",
    "eventfd2",
    "gettimeofday",
    "nanosleep",
    "poll",
    "ppoll",
    "pselect6",
    "select",
    "signalfd4",
    "time",
    "timerfd_create",
    "timerfd_gettime",
    "timerfd_settime",
    /* itself */
    "exit",
    "exit_group",
    "futex",
    "getegid",
    "geteuid",
    "getgid",
    "getpid",
    "getppid",
    "getrandom",
    "getresgid",
    "getresuid",
    "getrusage",
    "gettid",
    "getuid",
    "restart_syscall",
    "rseq",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_getaffinity",
    "sched_yield",
    "set_robust_list",
    "set_tid_address",
    "sigaltstack",
    "sysinfo",
    "uname",
};

static const char *const allowed_to_voice[] = { "memfd_create" };
static const char *const allowed_to_console[] = { "accept", "accept4", "listen", "sendfile" };

/* ---- what is refused is told ----------------------------------------------------------------- */

/* The handler may be called anywhere, also within malloc(): it only copies what lies here. */
static struct {
    char who[NAME_SIZE];
    char call[CALLS_MAX][NAME_SIZE];
} told;

static void refused(int number, siginfo_t *info, void *context)
{
    (void)context;
    char line[128];
    const char *parts[] = { told.who, ": ended by its sandbox: it called ",
                            "what this kernel names otherwise", "; a defect of a library, or an attack\n" };
    int call = info->si_syscall;
    if (call >= 0 && call < CALLS_MAX && told.call[call][0])
        parts[2] = told.call[call];
    size_t length = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (const char *c = parts[i]; *c && length < sizeof line; c++)
            line[length++] = *c;
    ssize_t written = write(STDERR_FILENO, line, length);
    (void)written; /* there is nowhere left to say it */
    raise(number); /* by default now: it kills */
}

static void learn_names(const char *who)
{
    snprintf(told.who, sizeof told.who, "%s", who);
    for (int i = 0; i < CALLS_MAX; i++) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i);
        snprintf(told.call[i], sizeof told.call[i], "%s", name ? name : "");
        free(name);
    }
}

static int catch_refusals(void)
{
    struct sigaction action = { .sa_sigaction = refused, .sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER };
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGSYS);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    return sigaction(SIGSYS, &action, NULL) < 0 ? -errno : 0;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static int allow_all(scmp_filter_ctx filter, const char *const *name, size_t count)
{
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        int call = seccomp_syscall_resolve_name(name[i]);
        if (call >= 0) /* else of another architecture, or newer than this library */
            error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
    }
    return error;
}

/* The library's macros leave a member out, which clang does not like. 32 bits: what the kernel looks at. */
static struct scmp_arg_cmp arg(unsigned index, enum scmp_compare compare, uint32_t a, uint32_t b)
{
    return (struct scmp_arg_cmp){ index, compare, a, b };
}

/* Of all families the first answer is an error, since the resolver asks several services before it asks the network. */
static int limit_families(scmp_filter_ctx filter, enum sandbox_kind kind)
{
    int error = 0;
    bool is_local = kind == SANDBOX_CONSOLE, is_caller = kind == SANDBOX_LINK,
         is_mute = kind == SANDBOX_VOICE;
    for (unsigned family = 0; family < FAMILIES && error == 0; family++) {
        bool is_network = family == AF_INET || family == AF_INET6;
        if ((is_network && !is_mute) || (family == AF_UNIX && is_local) ||
            (family == AF_NETLINK && is_caller))
            continue;
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                 arg(0, SCMP_CMP_EQ, family, 0));
    }
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                 arg(0, SCMP_CMP_GE, FAMILIES, 0));
    return error;
}

static int allow_socket(scmp_filter_ctx filter, unsigned family, unsigned type)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, arg(0, SCMP_CMP_EQ, family, 0),
                            arg(1, SCMP_CMP_MASKED_EQ, SOCKET_TYPE, type));
}

static int limit_sockets(scmp_filter_ctx filter, enum sandbox_kind kind)
{
    int error = limit_families(filter, kind);
    if (kind == SANDBOX_VOICE)
        return error;
    error = error ? error : allow_socket(filter, AF_INET, SOCK_STREAM);
    error = error ? error : allow_socket(filter, AF_INET6, SOCK_STREAM);
    error = error ? error : allow_socket(filter, AF_INET, SOCK_DGRAM);
    error = error ? error : allow_socket(filter, AF_INET6, SOCK_DGRAM);
    if (error == 0 && kind == SANDBOX_CONSOLE)
        error = allow_socket(filter, AF_UNIX, SOCK_STREAM);
    if (error == 0 && kind == SANDBOX_LINK) /* getaddrinfo() sorts by the addresses that this machine has */
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
                                 arg(0, SCMP_CMP_EQ, AF_NETLINK, 0), arg(2, SCMP_CMP_EQ, NETLINK_ROUTE, 0));
    if (error == 0) /* libmosquitto wakes itself by a pair */
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
                                 arg(0, SCMP_CMP_EQ, AF_UNIX, 0));
    return error;
}

static int limit_opening(scmp_filter_ctx filter)
{
    static const unsigned writing[] = { O_WRONLY, O_RDWR, O_ACCMODE };
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                                 arg(2, SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
    for (size_t i = 0; i < sizeof writing / sizeof writing[0] && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1,
                                 arg(2, SCMP_CMP_MASKED_EQ, O_ACCMODE, writing[i]));
    return error;
}

/* Modules are mapped from files; code that was written just now is not. */
static int limit_code(scmp_filter_ctx filter)
{
    const struct {
        uint32_t action;
        int call;
        unsigned nargs;
        struct scmp_arg_cmp arg[2];
    } rules[] = {
        { SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, { arg(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) } },
        { SCMP_ACT_ALLOW,
          SCMP_SYS(mmap),
          2,
          { arg(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC),
            arg(3, SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, 0) } },
        { SCMP_ACT_ERRNO(EACCES),
          SCMP_SYS(mmap),
          2,
          { arg(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC),
            arg(3, SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS) } },
        { SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, { arg(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) } },
        { SCMP_ACT_ERRNO(EACCES),
          SCMP_SYS(mprotect),
          1,
          { arg(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC) } },
    };
    int error = 0;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0] && error == 0; i++)
        error = seccomp_rule_add_array(filter, rules[i].action, rules[i].call, rules[i].nargs, rules[i].arg);
    return error;
}

/* Its own signals and limits may be asked for; the handler of SIGSYS stays. */
static int limit_itself(scmp_filter_ctx filter)
{
    const struct {
        int call;
        struct scmp_arg_cmp arg;
    } rules[] = {
        { SCMP_SYS(rt_sigaction), arg(0, SCMP_CMP_NE, SIGSYS, 0) },
        { SCMP_SYS(tgkill), arg(0, SCMP_CMP_EQ, (unsigned)getpid(), 0) },
        { SCMP_SYS(prlimit64), arg(2, SCMP_CMP_EQ, 0, 0) },
        { SCMP_SYS(prctl), arg(0, SCMP_CMP_EQ, PR_SET_NAME, 0) },
        { SCMP_SYS(ioctl), arg(1, SCMP_CMP_EQ, FIONBIO, 0) },
        { SCMP_SYS(ioctl), arg(1, SCMP_CMP_EQ, FIONREAD, 0) },
    };
    int error = 0;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0] && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, rules[i].call, 1, rules[i].arg);
    return error ? error /* a stream asks whether it is a terminal */
                 : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1,
                                    arg(1, SCMP_CMP_EQ, TCGETS, 0));
}

static int add_rules(scmp_filter_ctx filter, enum sandbox_kind kind)
{
    int error = allow_all(filter, allowed, sizeof allowed / sizeof allowed[0]);
    if (error == 0 && kind == SANDBOX_CONSOLE)
        error =
            allow_all(filter, allowed_to_console, sizeof allowed_to_console / sizeof allowed_to_console[0]);
    if (error == 0 && kind == SANDBOX_VOICE)
        error = allow_all(filter, allowed_to_voice, sizeof allowed_to_voice / sizeof allowed_to_voice[0]);
    error = error ? error : limit_sockets(filter, kind);
    error = error ? error : limit_opening(filter);
    error = error ? error : limit_code(filter);
    return error ? error : limit_itself(filter);
}

/* Processors of 32 bits have other calls for the same: mmap2(), clock_gettime64() … */
static bool is_known_machine(void)
{
    return seccomp_arch_native() == SCMP_ARCH_X86_64 || seccomp_arch_native() == SCMP_ARCH_AARCH64;
}

int calls_filter(const char *name, enum sandbox_kind kind)
{
    if (!is_known_machine())
        return -EOPNOTSUPP;
    learn_names(name);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    if (!filter)
        return -ENOMEM;
    int error = catch_refusals();
    error = error ? error : add_rules(filter, kind);
    error = error ? error : seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1); /* every thread */
    error = error ? error : seccomp_load(filter);
    seccomp_release(filter);
    malloc_trim(0); /* its tables: a quarter of a MiB, which free() keeps */
    return error;
}
