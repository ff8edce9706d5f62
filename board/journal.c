#include "board/journal.h"

#include "board/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL_MAGIC 0x4b5a4a31u

struct head {
    uint32_t magic, layout;
    uint64_t size;
};

static int open_file(const char *name, size_t size)
{
    char path[256];
    int error = rundir_path(path, sizeof path, name);
    if (error < 0) {
        errno = -error;
        return -1;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && ftruncate(fd, (off_t)size) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void *journal_map(const char *name, size_t size, unsigned layout)
{
    size_t whole = size + sizeof(struct head);
    int fd = open_file(name, whole);
    if (fd < 0)
        return NULL;
    struct head *head = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (head == MAP_FAILED)
        return NULL;
    if (head->magic != JOURNAL_MAGIC || head->layout != layout || head->size != size) {
        memset(head, 0, whole);
        *head = (struct head){ .magic = JOURNAL_MAGIC, .layout = layout, .size = size };
    }
    return head + 1;
}

void journal_unmap(void *memory, size_t size)
{
    if (memory)
        munmap((struct head *)memory - 1, size + sizeof(struct head));
}
