#include "tests/doubles/drm/outputs_double.h"

#include "drivers/screen/worker.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOWNESS 100 /* what is done at once where there is time is so here */

struct outputs {
    struct workers *workers;
    struct kms_card *card[DOUBLE_CARDS];
    unsigned nscreens[DOUBLE_CARDS];
    bool is_gone[DOUBLE_CARDS];
    struct output list[OUTPUTS_MAX];
    unsigned card_of[OUTPUTS_MAX], count;
    struct {
        char name[32];
        uint32_t version;
        bool is_used;
    } seen[OUTPUTS_MAX];
    char trouble[160];
};

struct outputs_log outputs_log;

static unsigned seen(struct outputs *outputs, const char *name)
{
    unsigned i = 0;

    while (i < OUTPUTS_MAX - 1 && outputs->seen[i].name[0] && strcmp(outputs->seen[i].name, name) != 0)
        i++;
    snprintf(outputs->seen[i].name, sizeof(outputs->seen[i].name), "%.31s", name);
    return i;
}

/* What a version counts: not what is on scan-out, nor who holds the card. */
static bool is_same(const struct output *a, const struct output *b)
{
    return a->state == b->state && a->has_edid == b->has_edid && strcmp(a->monitor, b->monitor) == 0 &&
           a->nmodes == b->nmodes && memcmp(a->mode, b->mode, a->nmodes * sizeof(a->mode[0])) == 0;
}

static void open_cards(struct outputs *outputs)
{
    DIR *dir = opendir("/dev/dri");

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        unsigned number;
        char node[64];

        if (sscanf(entry->d_name, "card%u", &number) != 1 || number >= DOUBLE_CARDS || outputs->card[number])
            continue;
        snprintf(node, sizeof(node), "/dev/dri/%.16s", entry->d_name);
        if (kms_card_open(&outputs->card[number], node, outputs->trouble, sizeof(outputs->trouble)) < 0)
            outputs->card[number] = NULL;
    }
    if (dir)
        closedir(dir);
}

static void close_gone(struct outputs *outputs)
{
    for (unsigned i = 0; i < DOUBLE_CARDS; i++)
        if (outputs->is_gone[i] && outputs->nscreens[i] == 0) {
            kms_card_close(outputs->card[i]);
            outputs->card[i] = NULL;
            outputs->is_gone[i] = false;
        }
}

static void read_cards(struct outputs *outputs)
{
    outputs->count = 0;
    for (unsigned i = 0; i < DOUBLE_CARDS; i++) {
        struct output *list = &outputs->list[outputs->count];
        const int count = outputs->card[i] && !outputs->is_gone[i]
                              ? kms_card_read(outputs->card[i], true, list, OUTPUTS_MAX - outputs->count)
                              : 0;

        outputs->is_gone[i] |= count < 0;
        for (int n = 0; n < count; n++)
            outputs->card_of[outputs->count++] = i;
    }
}

static void count_changes(struct outputs *outputs, const struct output *before, unsigned nbefore)
{
    for (unsigned i = 0; i < OUTPUTS_MAX; i++) {
        const struct output *old = NULL, *new = outputs_find(outputs, outputs->seen[i].name);

        for (unsigned n = 0; n < nbefore; n++)
            if (strcmp(before[n].name, outputs->seen[i].name) == 0)
                old = &before[n];
        if ((old != NULL) != (new != NULL) || (old && !is_same(old, new)))
            outputs->seen[i].version++;
    }
}

void outputs_double_renew(struct outputs *outputs)
{
    static struct output before[OUTPUTS_MAX];
    const unsigned nbefore = outputs->count;

    memcpy(before, outputs->list, sizeof(before));
    workers_reap(outputs->workers);
    close_gone(outputs);
    open_cards(outputs);
    read_cards(outputs);
    for (unsigned i = 0; i < outputs->count; i++)
        outputs->list[i].is_used = outputs->seen[seen(outputs, outputs->list[i].name)].is_used;
    count_changes(outputs, before, nbefore);
}

struct outputs *outputs_create(void)
{
    struct outputs *outputs = calloc(1, sizeof(*outputs));

    memset(&outputs_log, 0, sizeof(outputs_log));
    outputs->workers = workers_create(outputs, SLOWNESS);
    outputs_double_renew(outputs);
    return outputs;
}

void outputs_probe(struct outputs *outputs)
{
    (void)outputs; /* outputs_double_renew() */
}

struct workers *outputs_workers(const struct outputs *outputs)
{
    return outputs->workers;
}

void outputs_destroy(struct outputs *outputs)
{
    if (outputs) {
        workers_wait(outputs->workers, INT64_MAX);
        workers_destroy(outputs->workers);
    }
    for (unsigned i = 0; outputs && i < DOUBLE_CARDS; i++)
        kms_card_close(outputs->card[i]);
    free(outputs);
}

unsigned outputs_count(const struct outputs *outputs)
{
    return outputs->count;
}

const struct output *outputs_at(const struct outputs *outputs, unsigned index)
{
    return &outputs->list[index];
}

const struct output *outputs_find(const struct outputs *outputs, const char *name)
{
    for (unsigned i = 0; i < outputs->count; i++)
        if (strcmp(outputs->list[i].name, name) == 0)
            return &outputs->list[i];
    return NULL;
}

const char *outputs_trouble(const struct outputs *outputs)
{
    return outputs->trouble;
}

struct kms_card *outputs_enter(struct outputs *outputs, const char *output)
{
    for (unsigned i = 0; i < outputs->count; i++)
        if (strcmp(outputs->list[i].name, output) == 0) {
            outputs->list[i].is_used = outputs->seen[seen(outputs, output)].is_used = true;
            outputs->nscreens[outputs->card_of[i]]++;
            outputs_log.nentered++;
            return outputs->card[outputs->card_of[i]];
        }
    return NULL;
}

void outputs_leave(struct outputs *outputs, struct kms_card *card, const char *output)
{
    for (unsigned i = 0; i < outputs->count; i++)
        if (strcmp(outputs->list[i].name, output) == 0)
            outputs->list[i].is_used = false;
    outputs->seen[seen(outputs, output)].is_used = false;
    outputs_log.nentered--;
    for (unsigned i = 0; i < DOUBLE_CARDS; i++)
        if (outputs->card[i] == card && --outputs->nscreens[i] == 0)
            kms_card_give(card);
}

bool outputs_is_away(const struct outputs *outputs)
{
    (void)outputs;
    return outputs_log.is_away;
}

void outputs_cec(struct outputs *outputs, const char *output, bool is_on)
{
    (void)outputs, (void)output;
    outputs_log.ncec++;
    outputs_log.is_on = is_on;
}

uint32_t outputs_version(const struct outputs *outputs, const char *output)
{
    for (unsigned i = 0; i < OUTPUTS_MAX; i++)
        if (strcmp(outputs->seen[i].name, output) == 0)
            return outputs->seen[i].version;
    return 0;
}
