/* The name of a display, from the EDID that it sends. */
#include "drivers/screen/kms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 128

static void seal(uint8_t *edid)
{
    uint8_t sum = 0;
    for (int i = 0; i < BLOCK - 1; i++)
        sum += edid[i];
    edid[BLOCK - 1] = (uint8_t)-sum;
}

/* `text` NULL: no name descriptor. */
static void make(uint8_t *edid, const char *maker, uint16_t product, const char *text)
{
    static const uint8_t magic[] = { 0, 255, 255, 255, 255, 255, 255, 0 };
    memset(edid, 0, BLOCK);
    memcpy(edid, magic, sizeof magic);
    unsigned packed = (unsigned)(maker[0] - 'A' + 1) << 10 | (unsigned)(maker[1] - 'A' + 1) << 5 |
                      (unsigned)(maker[2] - 'A' + 1);
    edid[8] = (uint8_t)(packed >> 8);
    edid[9] = (uint8_t)packed;
    edid[10] = (uint8_t)product;
    edid[11] = (uint8_t)(product >> 8);
    edid[54] = 0x02; /* a detailed timing, whose bytes are no text */
    edid[55] = 0x3a;
    edid[57] = 0xfc;
    edid[72 + 3] = 0xfd; /* range limits */
    if (text) {
        edid[90 + 3] = 0xfc;
        memset(edid + 90 + 5, ' ', 13);
        memcpy(edid + 90 + 5, text, strlen(text));
        if (strlen(text) < 13)
            edid[90 + 5 + strlen(text)] = '\n';
    }
    seal(edid);
}

static void a_display_is_named_by_maker_and_model(void **unused)
{
    (void)unused;
    static const struct {
        const char *maker, *text, *name;
    } rows[] = {
        { "SAM", "UE55TU7000", "Samsung UE55TU7000" },
        { "SAM", "SAMSUNG", "SAMSUNG" },
        { "GSM", "LG TV SSCR2", "LG TV SSCR2" },
        { "DEL", "DELL U2412M", "DELL U2412M" },
        { "PHL", "50BDL4550D/00", "Philips 50BDL4550D/00" }, /* all 13 */
        { "IVM", "PL4664UH", "iiyama PL4664UH" },
        { "QQZ", "Wall", "QQZ Wall" },
        { "SAM", NULL, "Samsung model 0C5A" },
        { "SAM", "", "Samsung model 0C5A" },
        { "SAM",
          "  UE\x07\xe9"
          "55",
          "Samsung UE55" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t edid[BLOCK];
        char name[64];
        make(edid, rows[i].maker, 0x0c5a, rows[i].text);
        monitor_name(edid, sizeof edid, name, sizeof name);
        assert_string_equal(name, rows[i].name);
    }
}

/* The base block that QEMU's virtio-gpu sends. */
static void the_emulators_display_is_named(void **unused)
{
    (void)unused;
    uint8_t edid[BLOCK];
    char name[64];
    make(edid, "RHT", 0x1234, "QEMU Monitor");
    monitor_name(edid, sizeof edid, name, sizeof name);
    assert_string_equal(name, "RHT QEMU Monitor");
}

static void garbage_has_no_name(void **unused)
{
    (void)unused;
    uint8_t edid[BLOCK];
    char name[64] = "old";
    monitor_name(NULL, 0, name, sizeof name);
    assert_string_equal(name, "");
    make(edid, "SAM", 1, "UE55");
    monitor_name(edid, BLOCK - 1, name, sizeof name);
    assert_string_equal(name, "");
    edid[100] ^= 1;
    monitor_name(edid, BLOCK, name, sizeof name);
    assert_string_equal(name, "");
    memset(edid, 0, BLOCK);
    monitor_name(edid, BLOCK, name, sizeof name);
    assert_string_equal(name, "");
    make(edid, "SAM", 1, "UE55");
    edid[8] = edid[9] = 0;
    seal(edid);
    monitor_name(edid, BLOCK, name, sizeof name);
    assert_string_equal(name, "");
}

static void whatever_follows_a_good_head_is_printable(void **unused)
{
    (void)unused;
    srand(3);
    for (int round = 0; round < 50000; round++) {
        uint8_t edid[BLOCK];
        char name[64];
        make(edid, "SAM", 1, "");
        for (int i = 54; i < 126; i++)
            edid[i] = (uint8_t)rand();
        memcpy(edid + 54 + rand() % 4 * 18, "\0\0\0\xfc", 4);
        seal(edid);
        monitor_name(edid, BLOCK, name, sizeof name);
        assert_in_range(strlen(name), 1, 8 + 13);
        for (const char *c = name; *c; c++)
            assert_in_range(*c, ' ', '~');
    }
}

static void a_short_buffer_cuts_the_name(void **unused)
{
    (void)unused;
    uint8_t edid[BLOCK];
    char name[8];
    make(edid, "SAM", 1, "UE55TU7000");
    monitor_name(edid, BLOCK, name, sizeof name);
    assert_string_equal(name, "Samsung");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_display_is_named_by_maker_and_model),
        cmocka_unit_test(the_emulators_display_is_named),
        cmocka_unit_test(garbage_has_no_name),
        cmocka_unit_test(whatever_follows_a_good_head_is_printable),
        cmocka_unit_test(a_short_buffer_cuts_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
