#include "drivers/screen/kms.h"

#include <stdio.h>
#include <string.h>

#define BLOCK           128
#define MAKER_AT        8
#define PRODUCT_AT      10
#define DESCRIPTOR_AT   54
#define DESCRIPTORS     4
#define DESCRIPTOR_SIZE 18
#define TAG_NAME        0xfc
#define TEXT_AT         5
#define TEXT_SIZE       13

/* Of the registry at uefi.org/PNP_ID_List, the makers of what hangs on walls. Others are told by their three letters. */
static const struct {
    char id[4];
    const char *name;
} makers[] = {
    { "ACI", "Asus" },    { "ACR", "Acer" },      { "AUO", "AU Optronics" }, { "AUS", "Asus" },
    { "BNQ", "BenQ" },    { "CHG", "Changhong" }, { "DEL", "Dell" },         { "ELO", "Elo" },
    { "ENC", "Eizo" },    { "FUS", "Fujitsu" },   { "GBT", "Gigabyte" },     { "GSM", "LG" },
    { "HEC", "Hisense" }, { "HIT", "Hitachi" },   { "HPN", "HP" },           { "HRE", "Haier" },
    { "HWP", "HP" },      { "IVM", "iiyama" },    { "LEN", "Lenovo" },       { "LGD", "LG Display" },
    { "LOE", "Loewe" },   { "MEI", "Panasonic" }, { "PHL", "Philips" },      { "SAM", "Samsung" },
    { "SHP", "Sharp" },   { "SKW", "Skyworth" },  { "SNY", "Sony" },         { "TOS", "Toshiba" },
    { "TSB", "Toshiba" }, { "VES", "Vestel" },    { "VIZ", "Vizio" },        { "VSC", "ViewSonic" },
};

static bool is_edid(const uint8_t *edid, size_t bytes)
{
    static const uint8_t magic[8] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 };
    uint8_t sum = 0;
    if (!edid || bytes < BLOCK || memcmp(edid, magic, sizeof magic) != 0)
        return false;
    for (size_t i = 0; i < BLOCK; i++)
        sum += edid[i];
    return sum == 0;
}

/* Three letters of five bits, A is 1. */
static bool read_maker(const uint8_t *edid, char id[4])
{
    unsigned packed = (unsigned)edid[MAKER_AT] << 8 | edid[MAKER_AT + 1];
    for (unsigned i = 0; i < 3; i++) {
        unsigned letter = packed >> (10 - 5 * i) & 31;
        if (letter < 1 || letter > 26)
            return false;
        id[i] = (char)('A' + letter - 1);
    }
    id[3] = '\0';
    return true;
}

static const char *maker_name(const char *id)
{
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (strcmp(makers[i].id, id) == 0)
            return makers[i].name;
    return id;
}

/* Ends at a line feed and is padded with blanks; what is not ASCII would only spoil a terminal. */
static void read_text(const uint8_t *text, char out[TEXT_SIZE + 1])
{
    size_t length = 0;
    for (unsigned i = 0; i < TEXT_SIZE && text[i] != '\n' && text[i]; i++)
        if (text[i] >= ' ' && text[i] <= '~' && (length || text[i] != ' '))
            out[length++] = (char)text[i];
    while (length && out[length - 1] == ' ')
        length--;
    out[length] = '\0';
}

static void read_model(const uint8_t *edid, char out[TEXT_SIZE + 1])
{
    out[0] = '\0';
    for (unsigned i = 0; i < DESCRIPTORS && !out[0]; i++) {
        const uint8_t *descriptor = edid + DESCRIPTOR_AT + i * DESCRIPTOR_SIZE;
        bool is_text = !descriptor[0] && !descriptor[1]; /* else a timing: its clock */
        if (is_text && descriptor[3] == TAG_NAME)
            read_text(descriptor + TEXT_AT, out);
    }
    if (!out[0])
        snprintf(out, TEXT_SIZE + 1, "model %02X%02X", edid[PRODUCT_AT + 1], edid[PRODUCT_AT]);
}

void monitor_name(const uint8_t *edid, size_t bytes, char *out, size_t size)
{
    char id[4], model[TEXT_SIZE + 1];
    out[0] = '\0';
    if (!is_edid(edid, bytes) || !read_maker(edid, id))
        return;
    read_model(edid, model);
    const char *maker = maker_name(id);
    bool is_said = strncasecmp(model, maker, strlen(maker)) == 0; /* "SAMSUNG", "LG TV", "DELL U2412M" */
    snprintf(out, size, "%s%s%s", is_said ? "" : maker, is_said ? "" : " ", model);
}
