#include "board/outbox.h"

#include <stdlib.h>
#include <string.h>

void outbox_init(struct outbox *outbox)
{
    *outbox = (struct outbox){ .end = &outbox->first };
}

void outbox_finish(struct outbox *outbox)
{
    while (outbox->first)
        outbox_drop_first(outbox);
}

static bool has_room(const struct outbox *outbox, size_t length)
{
    return outbox->count < OUTBOX_TEXTS && outbox->bytes + length <= OUTBOX_BYTES;
}

bool outbox_put(struct outbox *outbox, const struct record_publish *publish)
{
    struct outbox_text *text = malloc(sizeof *text + publish->length);
    outbox->dropped += !text;
    if (!text)
        return false;
    for (; !has_room(outbox, publish->length); outbox->dropped++)
        outbox_drop_first(outbox);
    *text = (struct outbox_text){ .topic = publish->topic, .length = publish->length };
    memcpy(text->bytes, publish->text, publish->length);
    *outbox->end = text;
    outbox->end = &text->next;
    outbox->count++;
    outbox->bytes += text->length;
    return true;
}

void outbox_drop_first(struct outbox *outbox)
{
    struct outbox_text *text = outbox->first;
    if (!text)
        return;
    outbox->first = text->next;
    if (!outbox->first)
        outbox->end = &outbox->first;
    outbox->count--;
    outbox->bytes -= text->length;
    free(text);
}

bool outbox_is_crowded(const struct outbox *outbox)
{
    return outbox->count > OUTBOX_TEXTS / 2 || outbox->bytes > OUTBOX_BYTES / 2;
}

bool outbox_is_full(const struct outbox *outbox)
{
    return !has_room(outbox, PUBLISH_BYTES_MAX);
}
