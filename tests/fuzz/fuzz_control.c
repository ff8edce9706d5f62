/* Any bytes on the control socket: never a crash, one reply for each line that is not blank, in order, and then the end.
 *
 * The first byte of a request's command says how it is answered: at once, with bytes, as an error, twice, or as a watcher.
 */
#include "board/control.h"
#include "board/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop *loop;
static struct control *control;
static char path[64];
static int client = -1;
static struct loop_source *source;
static size_t replies;

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void answer(void *data, struct control_client *from, const cJSON *request)
{
    (void)data;
    uint64_t id = control_client_id(from);
    const char *name = cJSON_GetObjectItemCaseSensitive(request, "cmd")->valuestring;
    switch (name[0]) {
    case 'b': control_reply_bytes(control, id, "{\"ok\":true,\"bytes\":3}", strdup("xy\n"), 3); break;
    case 'e': control_error(control, id, "%s", name); break;
    case 't':
        control_reply(control, id, "{\"ok\":true}");
        control_reply(control, id, "{\"ok\":true}");
        break;
    case 'w':
        control_watch(control, id, true);
        control_reply(control, id, "{\"ok\":true}");
        control_watch(control, id, false);
        break;
    default: control_reply(control, id, "{\"ok\":true}");
    }
}

/* Bytes behind a reply are written as a line of their own here, and counted as none. */
static void count(const char *text, size_t length)
{
    for (const char *end = text + length; text < end; text++)
        replies += *text == '\n' && !(text[-1] == 'y' && text[-2] == 'x');
}

static void on_reply(void *data, uint32_t events)
{
    (void)data, (void)events;
    static char text[1 << 16];
    static size_t kept = 2; /* the last two bytes stand before the next */
    ssize_t n = recv(client, text + kept, sizeof text - kept, 0);
    if (n > 0) {
        count(text + kept, (size_t)n);
        memcpy(text, text + n, kept);
        return;
    }
    loop_remove(source);
    loop_quit(loop, 0);
}

static size_t requests(const uint8_t *data, size_t size)
{
    size_t lines = 0;
    for (size_t start = 0, i = 0; i < size; i++) {
        if (data[i] != '\n')
            continue;
        size_t length = i - start;
        lines += length > 1 || (length == 1 && data[start] != '\r');
        start = i + 1;
    }
    return lines;
}

static void open_once(void)
{
    log_open("fuzz", LOG_LEVEL_ERROR + 1);
    snprintf(path, sizeof path, "/tmp/kezek-fuzz-%d", getpid());
    loop = loop_create();
    control = loop ? control_create(loop, path, answer, NULL) : NULL;
    require(control);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (!loop)
        open_once();
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(client >= 0 && connect(client, (struct sockaddr *)&address, sizeof address) == 0);
    replies = 0;
    require(size == 0 || send(client, data, size, MSG_NOSIGNAL) == (ssize_t)size);
    require(shutdown(client, SHUT_WR) == 0);
    source = loop_add(loop, client, EPOLLIN, "fuzz", on_reply, NULL);
    require(source && loop_run(loop) == 0);
    close(client);
    require(replies == requests(data, size));
    return 0;
}
