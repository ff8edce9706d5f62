#include "protocol/json_arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static _Thread_local struct {
    alignas(max_align_t) unsigned char bytes[JSON_ARENA_SIZE];
    size_t used;
    bool is_open, is_spilled; /* spilled: some of it came from malloc() */
} arena;

static void *allocate(size_t size)
{
    size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    bool fits = arena.is_open && rounded >= size && rounded <= sizeof arena.bytes - arena.used;
    arena.is_spilled |= !fits;
    if (!fits)
        return malloc(size);
    void *memory = arena.bytes + arena.used;
    arena.used += rounded;
    return memory;
}

static void release(void *memory)
{
    uintptr_t at = (uintptr_t)memory, start = (uintptr_t)arena.bytes;
    if (at < start || at >= start + sizeof arena.bytes)
        free(memory);
}

void json_arena_install(void)
{
    cJSON_InitHooks(&(cJSON_Hooks){ .malloc_fn = allocate, .free_fn = release });
}

void json_arena_begin(void)
{
    arena.used = 0;
    arena.is_open = true;
    arena.is_spilled = false;
}

void json_arena_end(cJSON *root)
{
    if (arena.used == 0 || arena.is_spilled) /* it has, or may have, something of malloc()'s */
        cJSON_Delete(root);
    arena.is_open = false;
}
