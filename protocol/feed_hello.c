#include "protocol/feed_hello.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ALONE 12 /* unanswered, the back-off makes it a minute: no server of the full profile is there */

/* BASIC-5 */
static bool is_alone(const struct feed_hello *hello)
{
    return hello->is_basic || hello->unanswered > ALONE;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void feed_hello_connected(struct feed_hello *hello, int64_t now_us)
{
    memset(hello->nonce, 0, sizeof hello->nonce);
    hello->is_wanted = true;
    hello->unanswered = 0;
    hello->earliest_us = hello->peace_us = now_us;
}

void feed_hello_want(struct feed_hello *hello)
{
    hello->is_wanted = true;
    if (is_alone(hello) && hello->count)
        hello->earliest_us = earlier(hello->earliest_us, hello->sent_us + FEED_BACKOFF_US);
}

int64_t feed_hello_due_us(const struct feed_hello *hello, int64_t gap_us)
{
    int64_t due_us = hello->is_wanted ? hello->earliest_us : hello->peace_us;
    int64_t gap_due_us = gap_us > hello->earliest_us ? gap_us : hello->earliest_us;
    return gap_us == INT64_MAX ? due_us : earlier(due_us, gap_due_us);
}

static int64_t pause_us(const struct feed_hello *hello)
{
    if (is_alone(hello))
        return FEED_PEACE_US;
    int64_t pause = hello->unanswered < 3 ? FEED_HELLO_US << hello->unanswered : FEED_BACKOFF_US;
    return earlier(pause, FEED_BACKOFF_US);
}

void feed_hello_send(struct feed_hello *hello, char nonce[NONCE_SIZE], int64_t now_us)
{
    snprintf(nonce, NONCE_SIZE, "%08" PRIx32 "-%" PRIx64, hello->seed, ++hello->count);
    unsigned slot = hello->count % FEED_NONCES;
    memcpy(hello->nonce[slot].text, nonce, NONCE_SIZE);
    hello->nonce[slot].sent_us = hello->sent_us = now_us;
    hello->earliest_us = now_us + pause_us(hello);
    hello->peace_us = now_us + FEED_PEACE_US;
    hello->unanswered++;
}

int64_t feed_hello_answered(struct feed_hello *hello, const char *nonce, int64_t received_us)
{
    for (unsigned i = 0; i < FEED_NONCES; i++) {
        if (!hello->nonce[i].text[0] || strcmp(hello->nonce[i].text, nonce) != 0)
            continue;
        hello->nonce[i].text[0] = '\0';
        if (received_us - hello->nonce[i].sent_us > FEED_ANSWER_US)
            return -1;
        hello->is_wanted = false;
        hello->unanswered = 0;
        hello->earliest_us = earlier(hello->earliest_us, hello->sent_us + FEED_HELLO_US);
        return hello->nonce[i].sent_us;
    }
    return -1;
}
