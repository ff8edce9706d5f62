#include "drivers/screen/kms.h"

#include <drm_mode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HZ           1000    /* refresh_mhz */
#define TIMING_FLAGS 0x3fffu /* sync, interlace, double scan, 3D; what follows is the shape of the picture */
#define POSITIVE     (DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_PVSYNC)
#define NEGATIVE     (DRM_MODE_FLAG_NHSYNC | DRM_MODE_FLAG_NVSYNC)
#define REDUCED      (DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_NVSYNC) /* VESA CVT, reduced blanking */
#define CVT          (DRM_MODE_FLAG_NHSYNC | DRM_MODE_FLAG_PVSYNC)

/* CEA-861-F table 1 by its codes, VESA DMT 1.13 by its ids. */
#define TIMING(clock, w, ws, we, wt, h, hs, he, ht, f)                                                       \
    {                                                                                                        \
        .clock_khz = (clock), .width = (w), .hsync_start = (ws), .hsync_end = (we), .htotal = (wt),          \
        .height = (h), .vsync_start = (hs), .vsync_end = (he), .vtotal = (ht), .flags = (f)                  \
    }
static const struct output_mode standard[] = {
    TIMING(594000, 3840, 4016, 4104, 4400, 2160, 2168, 2178, 2250, POSITIVE), /* CEA 97: 60 Hz */
    TIMING(594000, 3840, 4896, 4984, 5280, 2160, 2168, 2178, 2250, POSITIVE), /* CEA 96: 50 */
    TIMING(297000, 3840, 4016, 4104, 4400, 2160, 2168, 2178, 2250, POSITIVE), /* CEA 95: 30 */
    TIMING(297000, 3840, 4896, 4984, 5280, 2160, 2168, 2178, 2250, POSITIVE), /* CEA 94: 25 */
    TIMING(297000, 3840, 5116, 5204, 5500, 2160, 2168, 2178, 2250, POSITIVE), /* CEA 93: 24 */
    TIMING(148500, 1920, 2008, 2052, 2200, 1080, 1084, 1089, 1125, POSITIVE), /* CEA 16: 60 */
    TIMING(148500, 1920, 2448, 2492, 2640, 1080, 1084, 1089, 1125, POSITIVE), /* CEA 31: 50 */
    TIMING(74250, 1920, 2008, 2052, 2200, 1080, 1084, 1089, 1125, POSITIVE),  /* CEA 34: 30 */
    TIMING(74250, 1920, 2448, 2492, 2640, 1080, 1084, 1089, 1125, POSITIVE),  /* CEA 33: 25 */
    TIMING(74250, 1920, 2558, 2602, 2750, 1080, 1084, 1089, 1125, POSITIVE),  /* CEA 32: 24 */
    TIMING(74250, 1280, 1390, 1430, 1650, 720, 725, 730, 750, POSITIVE),      /* CEA 4: 60 */
    TIMING(74250, 1280, 1720, 1760, 1980, 720, 725, 730, 750, POSITIVE),      /* CEA 19: 50 */
    TIMING(154000, 1920, 1968, 2000, 2080, 1200, 1203, 1209, 1235, REDUCED),  /* DMT 44h, all at 60 */
    TIMING(146250, 1680, 1784, 1960, 2240, 1050, 1053, 1059, 1089, CVT),      /* DMT 3Ah */
    TIMING(162000, 1600, 1664, 1856, 2160, 1200, 1201, 1204, 1250, POSITIVE), /* DMT 33h */
    TIMING(108000, 1600, 1624, 1704, 1800, 900, 901, 904, 1000, POSITIVE),    /* DMT 53h */
    TIMING(106500, 1440, 1520, 1672, 1904, 900, 903, 909, 934, CVT),          /* DMT 2Fh */
    TIMING(85500, 1366, 1436, 1579, 1792, 768, 771, 774, 798, POSITIVE),      /* DMT 51h */
    TIMING(85500, 1360, 1424, 1536, 1792, 768, 771, 777, 795, POSITIVE),      /* DMT 27h */
    TIMING(108000, 1280, 1328, 1440, 1688, 1024, 1025, 1028, 1066, POSITIVE), /* DMT 23h */
    TIMING(83500, 1280, 1352, 1480, 1680, 800, 803, 809, 831, CVT),           /* DMT 1Ch */
    TIMING(65000, 1024, 1048, 1184, 1344, 768, 771, 777, 806, NEGATIVE),      /* DMT 10h */
    TIMING(40000, 800, 840, 968, 1056, 600, 601, 605, 628, POSITIVE),         /* DMT 09h */
    TIMING(25175, 640, 656, 752, 800, 480, 490, 492, 525, NEGATIVE),          /* DMT 04h */
};
#define NSTANDARD (sizeof standard / sizeof standard[0])

/* In the order in which they are tried. */
enum rule {
    RULE_SIZE,    /* what is wished */
    RULE_LIGHTER, /* the same at fewer pixels a second: a card or a cable may not carry the first */
    RULE_SHAPE,   /* smaller, of the same shape */
    RULE_PREFERRED,
    RULE_LARGEST,
    RULE_1024x768,
    RULE_640x480,
    RULE_ODD, /* interlaced and the like: better than darkness */
    RULES
};

struct choice {
    const struct output *output;
    uint16_t width, height;
    int refresh_hz;
    struct output_mode *tried;
    unsigned ntried;
};

uint32_t mode_refresh_mhz(const struct output_mode *mode)
{
    uint64_t dots = (uint64_t)mode->htotal * mode->vtotal * (mode->vscan > 1 ? mode->vscan : 1);
    uint64_t factor = mode->flags & DRM_MODE_FLAG_INTERLACE ? 2 : 1;
    dots *= mode->flags & DRM_MODE_FLAG_DBLSCAN ? 2 : 1;
    return dots ? (uint32_t)((mode->clock_khz * UINT64_C(1000000) * factor + dots / 2) / dots) : 0;
}

static bool is_odd(const struct output_mode *mode)
{
    return mode->flags & (DRM_MODE_FLAG_INTERLACE | DRM_MODE_FLAG_DBLSCAN | DRM_MODE_FLAG_3D_MASK);
}

bool mode_is_same(const struct output_mode *a, const struct output_mode *b)
{
    return a->clock_khz == b->clock_khz && a->width == b->width && a->hsync_start == b->hsync_start &&
           a->hsync_end == b->hsync_end && a->htotal == b->htotal && a->hskew == b->hskew &&
           a->height == b->height && a->vsync_start == b->vsync_start && a->vsync_end == b->vsync_end &&
           a->vtotal == b->vtotal && a->vscan == b->vscan &&
           (a->flags & TIMING_FLAGS) == (b->flags & TIMING_FLAGS);
}

/* The kernel sets the mode anew if only the shape of the picture in the flags is another. */
static int likeness(const struct output_mode *mode, const struct output_mode *current)
{
    return mode_is_same(mode, current) ? 1 + (mode->flags == current->flags) : 0;
}

static bool is_size(const struct output_mode *mode, unsigned width, unsigned height)
{
    return mode->width == width && mode->height == height;
}

/* Within 1 %: 1366x768 is 16:9. */
static bool is_shape(const struct output_mode *mode, unsigned width, unsigned height)
{
    int64_t a = (int64_t)mode->width * height, b = (int64_t)mode->height * width;
    return llabs(a - b) * 100 <= b;
}

static unsigned area(const struct output_mode *mode)
{
    return (unsigned)mode->width * mode->height;
}

/* 59.94 Hz are 60. */
static int hz(const struct output_mode *mode)
{
    return (int)((mode->refresh_mhz + HZ / 2) / HZ);
}

static bool passes(const struct choice *choice, enum rule rule, const struct output_mode *mode)
{
    const unsigned width = choice->width, height = choice->height;
    if (is_odd(mode) != (rule == RULE_ODD))
        return false;
    switch (rule) {
    case RULE_SIZE: return is_size(mode, width, height);
    case RULE_LIGHTER:
        return is_size(mode, width, height) && choice->ntried &&
               mode->clock_khz <= choice->tried[0].clock_khz / 4 * 3;
    case RULE_SHAPE:
        return is_shape(mode, width, height) && mode->width <= width && mode->height <= height &&
               !is_size(mode, width, height);
    case RULE_PREFERRED: return mode->is_preferred;
    case RULE_1024x768: return is_size(mode, 1024, 768);
    case RULE_640x480: return is_size(mode, 640, 480);
    default: return true;
    }
}

/* The larger, the nearer to the wished refresh, the one on scan-out, the nearer to a whole number. */
static bool is_better(const struct choice *choice, const struct output_mode *a, const struct output_mode *b)
{
    if (area(a) != area(b))
        return area(a) > area(b);
    int away_a = abs(hz(a) - choice->refresh_hz), away_b = abs(hz(b) - choice->refresh_hz);
    if (away_a != away_b)
        return away_a < away_b;
    int like_a = likeness(a, &choice->output->current), like_b = likeness(b, &choice->output->current);
    if (like_a != like_b)
        return like_a > like_b;
    return abs((int)a->refresh_mhz - hz(a) * HZ) < abs((int)b->refresh_mhz - hz(b) * HZ);
}

static void add(struct choice *choice, const struct output_mode *mode)
{
    for (unsigned i = 0; i < choice->ntried; i++)
        if (mode_is_same(&choice->tried[i], mode))
            return;
    if (choice->ntried < MODES_TRIED_MAX)
        choice->tried[choice->ntried++] = *mode;
}

static void add_best(struct choice *choice, enum rule rule, const struct output_mode *list, unsigned count)
{
    const struct output_mode *best = NULL;
    for (unsigned i = 0; i < count; i++)
        if (passes(choice, rule, &list[i]) && (!best || is_better(choice, &list[i], best)))
            best = &list[i];
    if (best)
        add(choice, best);
}

/* What the display cannot say is taken from the hall file, else from what it showed before it fell silent. */
static void add_without_edid(struct choice *choice, bool is_wished)
{
    const struct output_mode *current = &choice->output->current;
    bool is_wanted = is_size(current, choice->width, choice->height) && hz(current) == choice->refresh_hz;
    bool is_large = area(current) >= (unsigned)choice->width * choice->height;
    if (current->width && !is_odd(current) && (is_wished ? is_wanted : is_large))
        add(choice, current);
    struct output_mode list[NSTANDARD];
    for (unsigned i = 0; i < NSTANDARD; i++) {
        list[i] = standard[i];
        list[i].refresh_mhz = mode_refresh_mhz(&standard[i]);
    }
    if (is_wished)
        add_best(choice, RULE_SIZE, list, NSTANDARD);
}

/* Without a wish in the hall file it is the display's own, else its largest. */
static void wish(struct choice *choice, uint16_t width, uint16_t height, uint16_t refresh_hz)
{
    struct output_mode found[MODES_TRIED_MAX];
    struct choice look = { .output = choice->output, .refresh_hz = refresh_hz, .tried = found };
    for (enum rule rule = RULE_PREFERRED; rule < RULES && !look.ntried && !width; rule++)
        add_best(&look, rule, choice->output->mode, choice->output->nmodes);
    bool is_own = look.ntried && found[0].is_preferred;
    choice->width = width || !look.ntried ? width : found[0].width;
    choice->height = width || !look.ntried ? height : found[0].height;
    choice->refresh_hz = is_own ? hz(&found[0]) : refresh_hz;
}

unsigned modes_choose(const struct output *output, uint16_t width, uint16_t height, uint16_t refresh_hz,
                      struct output_mode tried[MODES_TRIED_MAX])
{
    struct choice choice = { .output = output, .tried = tried };
    if (!output->nmodes)
        return 0;
    wish(&choice, width, height, refresh_hz);
    if (!output->has_edid)
        add_without_edid(&choice, width != 0);
    for (enum rule rule = 0; rule < RULES; rule++)
        add_best(&choice, rule, output->mode, output->nmodes);
    return choice.ntried;
}

void mode_text(const struct output_mode *mode, char *out, size_t size)
{
    char refresh[16];
    int length = snprintf(refresh, sizeof refresh, "%.2f", mode->refresh_mhz / 1000.0);
    while (length > 1 && refresh[length - 1] == '0')
        refresh[--length] = '\0';
    if (refresh[length - 1] == '.')
        refresh[length - 1] = '\0';
    snprintf(out, size, "%ux%u%s at %s Hz", mode->width, mode->height,
             mode->flags & DRM_MODE_FLAG_INTERLACE ? "i" : "", refresh);
}

static bool has_same_modes(const struct output *a, const struct output *b)
{
    for (unsigned i = 0; i < a->nmodes && a->nmodes == b->nmodes; i++)
        if (!mode_is_same(&a->mode[i], &b->mode[i]) || a->mode[i].is_preferred != b->mode[i].is_preferred)
            return false;
    return a->nmodes == b->nmodes;
}

bool output_is_same_display(const struct output *a, const struct output *b)
{
    return a->state == b->state && a->has_edid == b->has_edid && strcmp(a->monitor, b->monitor) == 0 &&
           strcmp(a->card, b->card) == 0 && a->width_mm == b->width_mm && a->height_mm == b->height_mm &&
           has_same_modes(a, b);
}
