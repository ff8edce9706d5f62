#include "drivers/screen/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum wish { WISH_NONE, WISH_LOOK, WISH_PROBE };

struct reader {
    struct worker *worker;
    struct kms_card *card; /* that is open */
    enum wish wish;        /* for later */
    bool is_reading, has_news;
    int result; /* of the news */

    /* the worker's while it reads */
    char node[64], trouble[160];
    struct kms_card *opened;
    bool is_probe;
    struct output list[OUTPUTS_MAX];
};

static int read_job(void *data)
{
    struct reader *reader = data;
    int status = 0;
    if (!reader->opened)
        status = kms_card_open(&reader->opened, reader->node, reader->trouble, sizeof reader->trouble);
    return status < 0 ? status : kms_card_read(reader->opened, reader->is_probe, reader->list, OUTPUTS_MAX);
}

static int close_job(void *data)
{
    struct reader *reader = data;
    kms_card_close(reader->opened);
    free(reader);
    return 0;
}

static void note(struct reader *reader, int result)
{
    reader->is_reading = false;
    reader->has_news = true;
    reader->result = result;
}

static void ended_late(void *data)
{
    struct reader *reader = data;
    int result;
    if (worker_take(reader->worker, &result))
        note(reader, result);
}

struct reader *reader_create(struct workers *workers, const char *node)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return NULL;
    snprintf(reader->node, sizeof reader->node, "%s", node);
    reader->worker = worker_create(workers, NULL, "", ended_late, reader);
    if (reader->worker)
        return reader;
    free(reader);
    return NULL;
}

struct kms_card *reader_card(const struct reader *reader)
{
    return reader->card;
}

const char *reader_trouble(const struct reader *reader)
{
    return reader->trouble;
}

void reader_let_go(struct reader *reader)
{
    if (reader)
        worker_let_go(reader->worker, close_job, reader, 0);
}

void reader_read(struct reader *reader, bool is_probe, int64_t patience_us)
{
    enum wish wish = is_probe ? WISH_PROBE : WISH_LOOK;
    if (reader->is_reading || reader->has_news) {
        reader->wish = wish > reader->wish ? wish : reader->wish;
        return;
    }
    reader->wish = WISH_NONE;
    reader->is_probe = is_probe;
    reader->is_reading = true;
    int result = worker_run(reader->worker, read_job, reader, patience_us);
    if (result != -EINPROGRESS)
        note(reader, result);
}

bool reader_is_reading(const struct reader *reader)
{
    return reader->is_reading;
}

bool reader_has_news(const struct reader *reader)
{
    return reader->has_news;
}

int reader_take(struct reader *reader, const struct output **list)
{
    reader->has_news = false;
    reader->card = reader->opened;
    worker_name(reader->worker, reader->card);
    *list = reader->list;
    return reader->result;
}

void reader_go_on(struct reader *reader, bool may_probe)
{
    if (reader->wish)
        reader_read(reader, may_probe && reader->wish == WISH_PROBE, 0);
}
