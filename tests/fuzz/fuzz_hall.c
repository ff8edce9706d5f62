/* Any bytes as a hall file: never a crash; a file is either taken whole or refused with complaints that are one printable
 * line each; and a hall that was taken can be used. Good seeds are the files of board/halls.
 *
 *   make B=build-fuzz CC=clang SAN=fuzzer-no-link,address,undefined build-fuzz/tests/fuzz/fuzz_hall
 *   build-fuzz/tests/fuzz/fuzz_hall -max_len=16384 -max_total_time=60 CORPUS
 */
#include "board/hall/announce.h"
#include "tests/fuzz/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_text(void *data, const char *where, const char *text)
{
    (void)data;
    require(*where && text[strlen(text)] == '\0');
}

/* Every desk calls, is recalled and ends. */
static void use(const struct config *config)
{
    static struct hall hall;
    static struct announce announce;
    hall_init(&hall, config);
    announce_init(&announce, config, UINT32_MAX, 1);
    config_each_text(config, read_text, NULL);
    for (unsigned i = 0; i < config->ndesks; i++) {
        struct event event = { .type = EVENT_CALL, .ticket = "A1" };
        int desk;
        memcpy(event.desk, config->desk[i].id, sizeof event.desk);
        require(hall_apply(&hall, &event, i, &desk) > 0 && desk == (int)i);
        require(announce_call(&announce, &hall, desk, i + 1, i));
        require(config->desk[i].bus == NONE ||
                config->desk[i].bus_index < config->bus[config->desk[i].bus].nunits);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memory_file(data, size, path);
    struct json_report report = { .line = hear };
    struct config *config = config_load(path, NULL, &report);
    require((config == NULL) == (report.count > 0));
    if (config)
        use(config);
    config_destroy(config);
    close(fd);
    return 0;
}
