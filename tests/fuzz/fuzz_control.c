/* Any bytes on the control socket: never a crash, one reply for each line that is not blank, in order, and then the end.
 *
 * The first byte of a request's command says how it is answered: at once, with bytes, as an error, twice, or as a watcher.
 */
#include "tests/fuzz/requests.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(void *data, struct control_client *from, const cJSON *request)
{
    (void)data;
    uint64_t id = control_client_id(from);
    const char *name = cJSON_GetObjectItemCaseSensitive(request, "cmd")->valuestring;
    switch (name[0]) {
    case 'b': control_reply_bytes(fuzz.control, id, "{\"ok\":true,\"bytes\":3}", strdup("xy\n"), 3); break;
    case 'e': control_error(fuzz.control, id, "%s", name); break;
    case 't':
        control_reply(fuzz.control, id, "{\"ok\":true}");
        control_reply(fuzz.control, id, "{\"ok\":true}"); /* the second one is left out */
        break;
    case 'w':
        control_watch(fuzz.control, id, true);
        control_reply(fuzz.control, id, "{\"ok\":true}");
        control_watch(fuzz.control, id, false);
        break;
    default: control_reply(fuzz.control, id, "{\"ok\":true}");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!fuzz.loop)
        fuzz_open(answer, NULL);
    fuzz_say(data, size);
    return 0;
}
