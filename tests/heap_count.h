/* Counts heap allocations of a test program, also those inside the libraries: a program's own malloc family takes the place
 * of libc's. Sanitizers bring theirs; then COUNTS_HEAP is 0 and nothing is counted. One test file a program includes this.
 */
#pragma once

#include <stdlib.h>

#define COUNTS_HEAP 1
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef COUNTS_HEAP
#define COUNTS_HEAP 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#undef COUNTS_HEAP
#define COUNTS_HEAP 0
#endif

static unsigned allocations;

#if COUNTS_HEAP
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    allocations++;
    return __libc_realloc(memory, size);
}
#endif
