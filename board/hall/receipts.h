/* Receipts: what became of each call on each outlet, until the last outlet has answered. Pure: time is an
 * argument, nothing is allocated.
 *
 * A call opens a receipt; each outlet that will show or sound it is expected, and settles later. The receipt
 * is finished when nothing is pending any more, or RECEIPT_PATIENCE_US after the call (a panel may wait for
 * its turn through several dwells); what is pending then is written down as `superseded`. A flood costs completeness of
 * receipts, never memory.
 */
#pragma once

#include "protocol/message.h"

#define RECEIPTS_OPEN_MAX   64
#define RECEIPT_PATIENCE_US 90000000

/* What is looked through at each call stands close together, apart from the texts: a receipt alone takes two pages. */
struct receipts {
    uint64_t opened;  /* since the start */
    uint64_t crowded; /* finished early because RECEIPTS_OPEN_MAX were open */
    uint64_t lost;    /* written over: nobody took the finished ones */
    struct open_receipt {
        uint64_t token; /* opened * RECEIPTS_OPEN_MAX + its place; 0: free */
        int64_t received_us, deadline_us;
        uint32_t pending; /* bit per outlet */
        bool is_late;     /* its sound was muted */
    } open[RECEIPTS_OPEN_MAX];
    struct receipt receipt[RECEIPTS_OPEN_MAX]; /* by the same place */
};

void receipts_init(struct receipts *receipts, const char *board_id);
/* Are all places taken? Then the next receipts_open() loses one, unless room was made and taken. */
bool receipts_are_full(const struct receipts *receipts);
/* To be called before receipts_open(): if all places are taken and none is finished, the oldest is finished early.
 * True: take the finished ones now. */
bool receipts_make_room(struct receipts *receipts, int64_t now_us);
/* Finishes every open receipt as it stands, because its outlets are about to be closed. */
void receipts_end_all(struct receipts *receipts, int64_t now_us);
/* Opens one and returns its token (never 0). If no place was made, the oldest is lost. */
uint64_t receipts_open(struct receipts *receipts, const struct event *event, int64_t received_us);
/* The open receipt of this event, 0 if there is none. */
uint64_t receipts_find(const struct receipts *receipts, const struct event *event);
/* `outlet` will answer for this token. An unknown token is ignored. */
void receipts_expect(struct receipts *receipts, uint64_t token, const char *outlet);
/* The outlet answers: result as in struct receipt_outlet. at_us 0: no latency. Not final: a better or later
 * answer may follow (acked, then verified; started, then finished). A final one stands. */
void receipts_settle(struct receipts *receipts, uint64_t token, const char *outlet, const char *result,
                     int64_t at_us, const char *detail, bool is_final);
/* Ends it at once with this result (unknown_desk, duplicate …). */
void receipts_close(struct receipts *receipts, uint64_t token, enum receipt_result result,
                    const char *detail);
/* The next finished receipt, with its result computed. False: none. */
bool receipts_take(struct receipts *receipts, int64_t now_us, struct receipt *receipt);
int64_t receipts_deadline_us(const struct receipts *receipts); /* INT64_MAX: none open */
