#include "board/hall/receipts.h"

#include "protocol/utf8.h"

#include <string.h>

#define DONE_US INT64_MIN /* deadline of a receipt that is finished already */

static void copy(char *out, size_t size, const char *text)
{
    size_t length = text ? strnlen(text, size - 1) : 0;
    if (length)
        memcpy(out, text, length);
    out[length] = '\0';
}

/* What names files and words may be too long: it ends with a whole character, or no server could read the receipt. */
static void copy_detail(char *out, size_t size, const char *detail)
{
    copy(out, size, detail);
    out[utf8_check(out, strlen(out))] = '\0';
}

void receipts_init(struct receipts *receipts, const char *board_id)
{
    memset(receipts, 0, sizeof *receipts);
    for (unsigned i = 0; i < RECEIPTS_OPEN_MAX; i++)
        copy(receipts->receipt[i].id, ID_SIZE, board_id);
}

static struct receipt *text_of(struct receipts *receipts, const struct open_receipt *open)
{
    return &receipts->receipt[open - receipts->open];
}

static struct open_receipt *find(struct receipts *receipts, uint64_t token)
{
    struct open_receipt *open = &receipts->open[token % RECEIPTS_OPEN_MAX];
    return token && open->token == token ? open : NULL;
}

/* A free place, or the oldest receipt's. */
static struct open_receipt *place(struct receipts *receipts)
{
    struct open_receipt *oldest = &receipts->open[0];
    for (unsigned i = 0; i < RECEIPTS_OPEN_MAX; i++) {
        struct open_receipt *open = &receipts->open[i];
        if (!open->token)
            return open;
        if (open->token < oldest->token)
            oldest = open;
    }
    return oldest;
}

static bool is_finished(const struct open_receipt *open, int64_t now_us)
{
    return open->token && (!open->pending || open->deadline_us <= now_us);
}

bool receipts_are_full(const struct receipts *receipts)
{
    return place((struct receipts *)receipts)->token != 0;
}

bool receipts_make_room(struct receipts *receipts, int64_t now_us)
{
    struct open_receipt *oldest = place(receipts);
    if (!oldest->token)
        return false;
    for (unsigned i = 0; i < RECEIPTS_OPEN_MAX; i++)
        if (is_finished(&receipts->open[i], now_us))
            return true;
    oldest->deadline_us = now_us;
    receipts->crowded++;
    return true;
}

void receipts_end_all(struct receipts *receipts, int64_t now_us)
{
    for (unsigned i = 0; i < RECEIPTS_OPEN_MAX; i++)
        if (receipts->open[i].deadline_us > now_us)
            receipts->open[i].deadline_us = now_us;
}

uint64_t receipts_open(struct receipts *receipts, const struct event *event, int64_t received_us)
{
    struct open_receipt *open = place(receipts);
    struct receipt *receipt = text_of(receipts, open);
    receipts->lost += open->token != 0;
    open->token = ++receipts->opened * RECEIPTS_OPEN_MAX + (unsigned)(open - receipts->open);
    open->received_us = received_us;
    open->deadline_us = received_us + RECEIPT_PATIENCE_US;
    open->pending = 0;
    open->is_late = false;
    receipt->noutlets = 0;
    receipt->seq = event->seq;
    receipt->result = RECEIPT_SHOWN;
    receipt->detail[0] = '\0';
    memcpy(receipt->epoch, event->epoch, sizeof receipt->epoch);
    memcpy(receipt->ticket, event->ticket, sizeof receipt->ticket);
    memcpy(receipt->desk, event->desk, sizeof receipt->desk);
    return open->token;
}

uint64_t receipts_find(const struct receipts *receipts, const struct event *event)
{
    for (unsigned i = 0; i < RECEIPTS_OPEN_MAX; i++)
        if (receipts->open[i].token && receipts->receipt[i].seq == event->seq &&
            strcmp(receipts->receipt[i].epoch, event->epoch) == 0)
            return receipts->open[i].token;
    return 0;
}

static int outlet_index(const struct receipt *receipt, const char *outlet)
{
    for (int i = 0; i < receipt->noutlets; i++)
        if (strcmp(receipt->outlet[i].outlet, outlet) == 0)
            return i;
    return -1;
}

void receipts_expect(struct receipts *receipts, uint64_t token, const char *outlet)
{
    struct open_receipt *open = find(receipts, token);
    struct receipt *receipt = open ? text_of(receipts, open) : NULL;
    if (!open || receipt->noutlets == RECEIPT_OUTLETS_MAX || outlet_index(receipt, outlet) >= 0)
        return;
    unsigned index = receipt->noutlets++;
    struct receipt_outlet *entry = &receipt->outlet[index];
    *entry = (struct receipt_outlet){ .latency_us = -1 };
    copy(entry->outlet, sizeof entry->outlet, outlet);
    copy(entry->result, sizeof entry->result, "superseded");
    open->pending |= 1u << index;
}

void receipts_settle(struct receipts *receipts, uint64_t token, const char *outlet, const char *result,
                     int64_t at_us, const char *detail, bool is_final)
{
    struct open_receipt *open = find(receipts, token);
    struct receipt *receipt = open ? text_of(receipts, open) : NULL;
    int index = open ? outlet_index(receipt, outlet) : -1;
    if (index < 0 || !(open->pending >> index & 1))
        return;
    struct receipt_outlet *entry = &receipt->outlet[index];
    copy(entry->result, sizeof entry->result, result);
    copy_detail(entry->detail, sizeof entry->detail, detail);
    entry->latency_us = at_us ? at_us - open->received_us : -1;
    if (strcmp(result, "muted_late") == 0)
        open->is_late = true;
    if (is_final)
        open->pending &= ~(1u << index);
}

void receipts_close(struct receipts *receipts, uint64_t token, enum receipt_result result, const char *detail)
{
    struct open_receipt *open = find(receipts, token);
    if (!open)
        return;
    struct receipt *receipt = text_of(receipts, open);
    receipt->result = (uint8_t)result;
    copy_detail(receipt->detail, sizeof receipt->detail, detail);
    open->pending = 0;
    open->deadline_us = DONE_US;
}

static bool is_good(const struct receipt_outlet *entry)
{
    return strcmp(entry->result, "failed") != 0 && strcmp(entry->result, "superseded") != 0;
}

static enum receipt_result result_of(const struct receipt *receipt, bool is_late)
{
    unsigned good = 0;
    for (unsigned i = 0; i < receipt->noutlets; i++)
        good += is_good(&receipt->outlet[i]);
    if (good == 0)
        return RECEIPT_FAILED;
    if (good < receipt->noutlets)
        return RECEIPT_PARTIAL;
    return is_late ? RECEIPT_MUTED_LATE : RECEIPT_SHOWN;
}

bool receipts_take(struct receipts *receipts, int64_t now_us, struct receipt *receipt)
{
    struct open_receipt *next = NULL;
    for (unsigned i = 0; i < RECEIPTS_OPEN_MAX; i++) {
        struct open_receipt *open = &receipts->open[i];
        if (is_finished(open, now_us) && (!next || open->token < next->token))
            next = open;
    }
    if (!next)
        return false;
    struct receipt *taken = text_of(receipts, next);
    if (next->deadline_us != DONE_US)
        taken->result = (uint8_t)result_of(taken, next->is_late);
    memcpy(receipt, taken,
           offsetof(struct receipt, outlet) + taken->noutlets * sizeof taken->outlet[0]); /* what is in use */
    next->token = 0;
    return true;
}

int64_t receipts_deadline_us(const struct receipts *receipts)
{
    int64_t at_us = INT64_MAX;
    for (unsigned i = 0; i < RECEIPTS_OPEN_MAX; i++)
        if (receipts->open[i].token && receipts->open[i].deadline_us < at_us)
            at_us = receipts->open[i].deadline_us;
    return at_us;
}
