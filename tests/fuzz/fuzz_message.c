/* Any bytes as any message: never a crash, and what is accepted is written and read back the same.
 *
 *   make B=build-fuzz CC=clang SAN=fuzzer-no-link,address,undefined build-fuzz/tests/fuzz/fuzz_message
 *   build-fuzz/tests/fuzz/fuzz_message -max_len=4096 -max_total_time=60 CORPUS
 */
#include "protocol/json.h"
#include "protocol/message.h"
#include "protocol/utf8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct message first, second;
static char written[2][4 * STATE_BYTES_MAX];

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static int format(char *out, size_t size, const struct message *message)
{
    switch ((enum message_kind)message->kind) {
    case MESSAGE_EVENT: return message_format_event(out, size, &message->event);
    case MESSAGE_STATE: return message_format_state(out, size, &message->state);
    case MESSAGE_SERVER: return message_format_server(out, size, &message->server);
    case MESSAGE_COMMAND:
    case MESSAGE_KINDS: break;
    }
    return 0; /* boards write no commands */
}

/* Complaints go to logs and receipts: one line, and nothing in it that moves a cursor. */
static void require_printable(const char *error)
{
    const char *at = error, *end = error + strlen(error);
    while (at < end) {
        uint32_t cp = utf8_next(&at, end);
        require(utf8_is_printable(cp) || (cp == UTF8_BAD && end - at < 4)); /* cut at the end of its room */
    }
}

static void try_kind(enum message_kind kind, const char *bytes, size_t size)
{
    char error[160] = "";
    if (message_parse(&first, kind, bytes, size, error, sizeof error) < 0) {
        require(error[0]);
        require_printable(error);
        return;
    }
    int length = format(written[0], sizeof written[0], &first);
    require(length >= 0);
    if (length == 0 || (size_t)length > (kind == MESSAGE_STATE ? STATE_BYTES_MAX : EVENT_BYTES_MAX))
        return;
    require(message_parse(&second, kind, written[0], (size_t)length, error, sizeof error) == 0);
    require(format(written[1], sizeof written[1], &second) == length);
    require(memcmp(written[0], written[1], (size_t)length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct json_error json_error;
    struct hello hello;
    char error[160];
    cJSON *root = json_parse(bytes, size, &json_error);
    require(!root == !json_check(bytes, size, &json_error));
    require(root || json_error.offset <= size);
    cJSON_Delete(root);
    for (enum message_kind kind = 0; kind < MESSAGE_KINDS; kind++)
        try_kind(kind, bytes, size);
    message_parse_hello(&hello, bytes, size, error, sizeof error);
    return 0;
}
