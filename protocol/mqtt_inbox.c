#include "protocol/mqtt_inbox.h"

#include <stdlib.h>
#include <string.h>

void inbox_init(struct mqtt_inbox *inbox)
{
    *inbox = (struct mqtt_inbox){ .end = &inbox->first };
}

void inbox_finish(struct mqtt_inbox *inbox)
{
    while (inbox->first)
        inbox_drop_first(inbox);
}

static struct mqtt_letter *new_letter(const struct mqtt_inbox *inbox, size_t size)
{
    if (inbox->count == INBOX_MAX || inbox->bytes + size > INBOX_BYTES_MAX)
        return NULL;
    struct mqtt_letter *letter = malloc(sizeof *letter + size);
    if (letter)
        *letter = (struct mqtt_letter){ .size = size };
    return letter;
}

bool inbox_put(struct mqtt_inbox *inbox, const struct mqtt_message *message, uint64_t conn)
{
    size_t length = message->length, topic_size = strlen(message->topic) + 1;
    if (length > MQTT_PACKET_MAX)
        length = MQTT_PACKET_MAX + 1;
    struct mqtt_letter *letter = new_letter(inbox, length + topic_size);
    if (!letter)
        return false;
    char *topic = letter->bytes + length;
    if (length > 0)
        memcpy(letter->bytes, message->payload, length);
    memcpy(topic, message->topic, topic_size);
    letter->conn = conn;
    letter->message = *message;
    letter->message.topic = topic;
    letter->message.payload = letter->bytes;
    letter->message.length = length;
    *inbox->end = letter;
    inbox->end = &letter->next;
    inbox->count++;
    inbox->bytes += letter->size;
    return true;
}

void inbox_drop_first(struct mqtt_inbox *inbox)
{
    struct mqtt_letter *letter = inbox->first;
    inbox->first = letter->next;
    if (!inbox->first)
        inbox->end = &inbox->first;
    inbox->count--;
    inbox->bytes -= letter->size;
    free(letter);
}
