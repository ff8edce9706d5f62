/* When a hello goes out, and which answer belongs to it (FEED-1 and the first half of FEED-2). Pure. */
#pragma once

#include "protocol/message.h"

#define FEED_HELLO_US   1000000  /* at most once in this time … */
#define FEED_BACKOFF_US 5000000  /* … and unanswered ones back off to this */
#define FEED_PEACE_US   30000000 /* without any reason */
#define FEED_ANSWER_US  5000000  /* an answer that took longer says too little about the server's clock */
#define FEED_NONCES     8        /* at one a second, five are young enough */

struct feed_hello {
    bool is_wanted;
    bool is_basic; /* nobody is expected to answer: only now and then */
    unsigned unanswered;
    uint32_t seed;
    uint64_t count;
    int64_t earliest_us, peace_us, sent_us;
    struct {
        char text[NONCE_SIZE]; /* "" free */
        int64_t sent_us;
    } nonce[FEED_NONCES];
};

/* A new connection: earlier questions are void, and the first one may go at once. */
void feed_hello_connected(struct feed_hello *hello, int64_t now_us);
void feed_hello_want(struct feed_hello *hello);
/* When the next one is due; `gap_us`: a reason of its own that holds from then on, INT64_MAX for none. */
int64_t feed_hello_due_us(const struct feed_hello *hello, int64_t gap_us);
/* It goes out now: a fresh nonce. */
void feed_hello_send(struct feed_hello *hello, char nonce[NONCE_SIZE], int64_t now_us);
/* The time at which the question with this nonce was sent, once; -1: not mine, already answered, or too old. */
int64_t feed_hello_answered(struct feed_hello *hello, const char *nonce, int64_t received_us);
