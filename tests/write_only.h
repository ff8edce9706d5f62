/* Memory that may be written and never read: a stand-in for the frame buffers of real outputs, where a load costs a hundred
 * stores. Each load from it, also one that is a part of a store (x |= y), is counted, and the first is remembered.
 *
 * The tested code's view has no access at all, so that each of its instructions faults. The processor says whether it came to
 * load or to store; a load is noted. A store is executed alone (trap flag) and twice, over different old bytes: if what it
 * leaves in memory or in a register depends on them, it loaded them, too. The test looks at the bytes through another view.
 *
 * x86-64 Linux only; of one thread; takes SIGSEGV and SIGTRAP while any is open. About 10 us a store.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WRITE_ONLY_MAX  8 /* open at once */

#define WRITE_ONLY_TSAN 0
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#undef WRITE_ONLY_TSAN
#define WRITE_ONLY_TSAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#undef WRITE_ONLY_TSAN
#define WRITE_ONLY_TSAN 1
#endif

struct write_only {
    uint8_t *memory; /* page-aligned, for the code that is tested */
    uint8_t *view;   /* the same bytes, for the test: reads and writes are free */
    size_t size;     /* as asked for; behind it, to the end of the page, is memory like it */
    /* Counts, which change behind the compiler's back. */
    volatile unsigned long loads, stores;
    size_t load_at;      /* offset of the first load */
    const void *load_by; /* address of its instruction */
};

/* NULL: it works here; otherwise why not, for a test that skips itself. */
static inline const char *write_only_missing(void);
/* Zeroed memory; false: out of memory, or WRITE_ONLY_MAX are open. */
static inline bool write_only_open(struct write_only *map, size_t size);
static inline void write_only_close(struct write_only *map);

#if !defined(__x86_64__)

static inline const char *write_only_missing(void)
{
    return "loads and stores are told apart on x86-64 only";
}
static inline bool write_only_open(struct write_only *map, size_t size)
{
    (void)size;
    *map = (struct write_only){ 0 };
    return false;
}
static inline void write_only_close(struct write_only *map)
{
    (void)map;
}

#else

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define WRITE_ONLY_BEFORE 64  /* of the faulting address, and */
#define WRITE_ONLY_AFTER  128 /* behind it: no store reaches farther */
#define WRITE_ONLY_WINDOW (WRITE_ONLY_BEFORE + WRITE_ONLY_AFTER)
#define WRITE_ONLY_TRAP   0x100 /* EFLAGS: stop after each instruction */

enum write_only_step { WRITE_ONLY_IDLE, WRITE_ONLY_LOAD, WRITE_ONLY_FIRST, WRITE_ONLY_SECOND };

static struct {
    struct write_only *map[WRITE_ONLY_MAX];
    struct sigaction old_fault, old_trap;
    enum write_only_step step; /* of the instruction that is being executed */
    struct write_only *at;     /* what it touches */
    size_t offset;             /* where */
    size_t from, count;        /* the window */
    uint8_t before[WRITE_ONLY_WINDOW], after[WRITE_ONLY_WINDOW]; /* the first step */
    gregset_t start, end;                                        /* the first step's registers */
} write_only;

static inline size_t write_only_bytes(const struct write_only *map)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (map->size + page - 1) / page * page;
}

static inline struct write_only *write_only_find(const uint8_t *address)
{
    for (int i = 0; i < WRITE_ONLY_MAX; i++) {
        struct write_only *map = write_only.map[i];

        if (map && address >= map->memory && address < map->memory + write_only_bytes(map))
            return map;
    }
    return NULL;
}

static inline void write_only_note_load(void)
{
    if (write_only.at->loads++ == 0) {
        write_only.at->load_at = write_only.offset;
        write_only.at->load_by = (const void *)write_only.start[REG_RIP];
    }
}

/* The old bytes, all inverted, for the first step. */
static inline void write_only_invert(const struct write_only *map)
{
    const size_t from = write_only.offset < WRITE_ONLY_BEFORE ? 0 : write_only.offset - WRITE_ONLY_BEFORE;
    const size_t room = write_only_bytes(map) - from;

    write_only.from = from;
    write_only.count = room < WRITE_ONLY_WINDOW ? room : WRITE_ONLY_WINDOW;
    memcpy(write_only.before, map->view + from, write_only.count);
    for (size_t i = 0; i < write_only.count; i++)
        map->view[from + i] = (uint8_t)~map->view[from + i];
}

static inline void write_only_faulted(int number, siginfo_t *info, void *data)
{
    ucontext_t *context = data;
    struct write_only *map = write_only_find(info->si_addr);

    (void)number;
    if (!map) { /* not ours: faults again, as it would have without us */
        sigaction(SIGSEGV, &write_only.old_fault, NULL);
        return;
    }
    mprotect(map->memory, write_only_bytes(map), PROT_READ | PROT_WRITE);
    if (write_only.step != WRITE_ONLY_IDLE) /* the same instruction, in two maps */
        return;
    write_only.at = map;
    write_only.offset = (size_t)((uint8_t *)info->si_addr - map->memory);
    memcpy(write_only.start, context->uc_mcontext.gregs, sizeof(write_only.start));
    if (context->uc_mcontext.gregs[REG_ERR] & 2) {
        map->stores++;
        write_only.step = WRITE_ONLY_FIRST;
        write_only_invert(map);
    } else {
        write_only.step = WRITE_ONLY_LOAD;
        write_only_note_load();
    }
    context->uc_mcontext.gregs[REG_EFL] |= WRITE_ONLY_TRAP;
}

/* Does what the store left depend on what was there? Bytes that it did not touch are as different as they were. */
static inline bool write_only_has_loaded(const gregset_t end)
{
    for (int i = 0; i < NGREG; i++)
        if (i <= REG_RIP && write_only.end[i] != end[i])
            return true;
    for (size_t i = 0; i < write_only.count; i++) {
        const uint8_t old = write_only.before[i], first = write_only.after[i];
        const uint8_t second = write_only.at->view[write_only.from + i];

        if (first != second && ((first ^ old) != 0xff || second != old))
            return true;
    }
    return false;
}

static inline void write_only_trapped(int number, siginfo_t *info, void *data)
{
    greg_t *registers = ((ucontext_t *)data)->uc_mcontext.gregs;
    uint8_t *window = write_only.at->view + write_only.from;

    (void)number, (void)info;
    if (write_only.step == WRITE_ONLY_FIRST) {
        memcpy(write_only.after, window, write_only.count);
        memcpy(write_only.end, registers, sizeof(write_only.end));
        memcpy(window, write_only.before, write_only.count);
        memcpy(registers, write_only.start, sizeof(write_only.start));
        registers[REG_EFL] |= WRITE_ONLY_TRAP;
        write_only.step = WRITE_ONLY_SECOND;
        return;
    }
    if (write_only.step == WRITE_ONLY_SECOND && write_only_has_loaded(registers))
        write_only_note_load();
    registers[REG_EFL] &= ~WRITE_ONLY_TRAP;
    write_only.step = WRITE_ONLY_IDLE;
    for (int i = 0; i < WRITE_ONLY_MAX; i++)
        if (write_only.map[i])
            mprotect(write_only.map[i]->memory, write_only_bytes(write_only.map[i]), PROT_NONE);
}

static inline void write_only_catch(void)
{
    struct sigaction action = { .sa_flags = SA_SIGINFO };

    sigemptyset(&action.sa_mask);
    action.sa_sigaction = write_only_faulted;
    sigaction(SIGSEGV, &action, &write_only.old_fault);
    action.sa_sigaction = write_only_trapped;
    sigaction(SIGTRAP, &action, &write_only.old_trap);
}

static inline unsigned write_only_count(void)
{
    unsigned count = 0;

    for (int i = 0; i < WRITE_ONLY_MAX; i++)
        count += write_only.map[i] != NULL;
    return count;
}

static inline bool write_only_map(struct write_only *map)
{
    const size_t bytes = write_only_bytes(map);
    const int fd = memfd_create("write-only", MFD_CLOEXEC);
    void *view = MAP_FAILED, *memory = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, (off_t)bytes) == 0)
        view = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (view != MAP_FAILED)
        memory = mmap(NULL, bytes, PROT_NONE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    if (memory == MAP_FAILED && view != MAP_FAILED)
        munmap(view, bytes);
    map->memory = memory;
    map->view = view;
    return memory != MAP_FAILED;
}

static inline bool write_only_open(struct write_only *map, size_t size)
{
    int i = 0;

    *map = (struct write_only){ .size = size };
    while (i < WRITE_ONLY_MAX && write_only.map[i])
        i++;
    if (i == WRITE_ONLY_MAX || !write_only_map(map))
        return false;
    if (write_only_count() == 0)
        write_only_catch();
    write_only.map[i] = map;
    return true;
}

static inline void write_only_close(struct write_only *map)
{
    for (int i = 0; i < WRITE_ONLY_MAX; i++)
        if (write_only.map[i] == map)
            write_only.map[i] = NULL;
    munmap(map->memory, write_only_bytes(map));
    munmap(map->view, write_only_bytes(map));
    if (write_only_count() == 0) {
        sigaction(SIGSEGV, &write_only.old_fault, NULL);
        sigaction(SIGTRAP, &write_only.old_trap, NULL);
    }
}

/* Emulators and containers may hide what the processor says. */
static inline const char *write_only_missing(void)
{
#if WRITE_ONLY_TSAN
    return "ThreadSanitizer delays signals";
#else
    struct write_only map;
    unsigned long stores, loads;

    if (!write_only_open(&map, 64))
        return "no memory";
    *(volatile uint32_t *)map.memory = 1;
    stores = map.stores;
    loads = map.loads;
    (void)*(volatile uint32_t *)map.memory;
    write_only_close(&map);
    return stores == 1 && loads == 0 && map.loads == 1 ? NULL
                                                       : "this machine does not tell loads from stores";
#endif
}

#endif
