#include "tests/scenario/said.h"

#include <stdio.h>
#include <stdlib.h>

static FILE *file;
static const struct config *config;

void said_begin(const struct config *of_hall)
{
    const char *path = getenv("SAID");
    config = of_hall;
    file = path ? fopen(path, "ae") : NULL;
    if (path && !file) {
        perror(path);
        abort();
    }
}

void said_end(void)
{
    if (file)
        fclose(file);
    file = NULL;
}

static void write_line(const char *suffix, bool is_private, const char *text, int length)
{
    if (is_private)
        fprintf(file, "kezek/v1/%s/board/%s/%s %.*s\n", config->hall, config->board, suffix, length, text);
    else
        fprintf(file, "kezek/v1/%s/%s %.*s\n", config->hall, suffix, length, text);
}

void said_by_board(const struct record_publish *publish)
{
    static const char *const suffixes[PUBLISH_TOPICS] = {
        [PUBLISH_HELLO] = "hello",     [PUBLISH_STATUS] = "status", [PUBLISH_HEALTH] = "health",
        [PUBLISH_RECEIPT] = "receipt", [PUBLISH_RESULT] = "result",
    };
    if (file)
        write_line(suffixes[publish->topic], publish->topic != PUBLISH_HELLO, publish->text, publish->length);
}

void said_by_server(const struct message *message)
{
    static char text[STATE_BYTES_MAX];
    if (!file)
        return;
    if (message->kind == MESSAGE_EVENT)
        write_line("event", false, text, message_format_event(text, sizeof text, &message->event));
    if (message->kind == MESSAGE_STATE)
        write_line("state", message->state.re[0], text,
                   message_format_state(text, sizeof text, &message->state));
    if (message->kind == MESSAGE_SERVER)
        write_line("server", false, text, message_format_server(text, sizeof text, &message->server));
}
