/* Any uevent and any EDID: never a crash, and the name of a display is one line of printable ASCII.
 *
 * The first byte chooses what the rest is. An EDID gets its head and its sum put right, else hardly one would be read.
 */
#include "drivers/screen/kms.h"
#include "drivers/screen/uevent.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 128

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void seal(uint8_t *edid)
{
    static const uint8_t magic[] = { 0, 255, 255, 255, 255, 255, 255, 0 };
    uint8_t sum = 0;
    memcpy(edid, magic, sizeof magic);
    for (unsigned i = 0; i < BLOCK - 1; i++)
        sum += edid[i];
    edid[BLOCK - 1] = (uint8_t)-sum;
}

static void name_display(const uint8_t *data, size_t size)
{
    uint8_t edid[BLOCK] = { 0 };
    char name[64], cut[8];
    memcpy(edid, data, size < BLOCK ? size : BLOCK);
    seal(edid);
    monitor_name(edid, sizeof edid, name, sizeof name);
    monitor_name(edid, sizeof edid, cut, sizeof cut);
    for (const char *c = name; *c; c++)
        require(*c >= ' ' && *c <= '~');
    require(strncmp(cut, name, strlen(cut)) == 0);
    monitor_name(data, size, name, sizeof name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] & 1)
        name_display(data + 1, size - 1);
    else
        uevent_is_about(data + 1, size - 1, "drm");
    return 0;
}
