#include "protocol/feed_window.h"

#include <string.h>

static uint64_t *word_of(struct feed_window *window, uint64_t seq)
{
    return &window->bits[seq % FEED_WINDOW / 64];
}

static uint64_t bit_of(uint64_t seq)
{
    return 1ULL << seq % 64;
}

void feed_window_check(struct feed_memory *memory)
{
    for (unsigned i = 0; i < FEED_EPOCHS; i++)
        if (!memchr(memory->window[i].epoch, '\0', EPOCH_SIZE))
            memory->window[i] = (struct feed_window){ 0 };
}

struct feed_window *feed_window(struct feed_memory *memory, const char *epoch)
{
    struct feed_window *oldest = &memory->window[0];
    memory->clock++;
    for (unsigned i = 0; i < FEED_EPOCHS; i++) {
        struct feed_window *window = &memory->window[i];
        if (strcmp(window->epoch, epoch) == 0) {
            window->used = memory->clock;
            return window;
        }
        if (window->used < oldest->used)
            oldest = window;
    }
    *oldest = (struct feed_window){ .used = memory->clock };
    memcpy(oldest->epoch, epoch, strlen(epoch) + 1);
    return oldest;
}

bool feed_window_has(const struct feed_window *window, uint64_t seq)
{
    if (seq > window->top)
        return false;
    return window->top - seq >= FEED_WINDOW || window->bits[seq % FEED_WINDOW / 64] & bit_of(seq);
}

void feed_window_add(struct feed_window *window, uint64_t seq)
{
    uint64_t first = window->top + 1;
    if (seq >= first) {
        window->top = seq;
        if (seq - first >= FEED_WINDOW)
            first = seq - FEED_WINDOW + 1;
        for (; first < seq; first++)
            *word_of(window, first) &= ~bit_of(first);
    }
    *word_of(window, seq) |= bit_of(seq);
}

void feed_window_reset(struct feed_window *window, uint64_t top)
{
    memset(window->bits, 0xFF, sizeof window->bits);
    window->top = top;
}
