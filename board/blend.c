#include "board/blend.h"

#include <string.h>

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint16_t words8 __attribute__((vector_size(16)));
typedef uint16_t words16 __attribute__((vector_size(32)));
typedef uint32_t longs4 __attribute__((vector_size(16)));
typedef uint64_t longs2 __attribute__((vector_size(16)));

uint32_t blend_one(uint32_t below, color ink, unsigned alpha)
{
    const uint32_t rest = 255 - alpha;
    uint32_t even = (ink & 0xff00ff) * alpha + (below & 0xff00ff) * rest + 0x800080;
    uint32_t odd = (ink >> 8 & 0xff) * alpha + (below >> 8 & 0xff) * rest + 0x80;

    even = (even + (even >> 8 & 0xff00ff)) >> 8 & 0xff00ff;
    odd = (odd + (odd >> 8)) & 0xff00;
    return even | odd;
}

/* `alpha` has each of four pixels' coverage once a channel. */
static inline void blend_four(uint32_t *line, bytes16 alpha, bytes16 ink)
{
    bytes16 pixels;

    memcpy(&pixels, line, sizeof(pixels));
    const words16 weight = __builtin_convertvector(alpha, words16);
    const words16 sum = __builtin_convertvector(ink, words16) * weight +
                        __builtin_convertvector(pixels, words16) * (255 - weight) + 128;

    pixels = __builtin_convertvector((sum + (sum >> 8)) >> 8, bytes16); /* / 255, for up to 255 * 255 */
    memcpy(line, &pixels, sizeof(pixels));
}

static inline void blend_eight(uint32_t *line, uint64_t alpha, bytes16 ink)
{
    const bytes16 once = (bytes16)(longs2){ alpha, 0 };
    const words8 twice =
        (words8)__builtin_shufflevector(once, once, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);

    blend_four(line, (bytes16)__builtin_shufflevector(twice, twice, 0, 0, 1, 1, 2, 2, 3, 3), ink);
    blend_four(line + 4, (bytes16)__builtin_shufflevector(twice, twice, 4, 4, 5, 5, 6, 6, 7, 7), ink);
}

void blend_row(uint32_t *line, const uint8_t *alpha, int eights, color ink)
{
    const longs4 inks = { ink, ink, ink, ink };

    for (int i = 0; i < eights; i++, line += 8) {
        uint64_t eight;

        memcpy(&eight, alpha + i * 8, sizeof(eight));
        if (eight == UINT64_MAX) {
            memcpy(line, &inks, sizeof(inks));
            memcpy(line + 4, &inks, sizeof(inks));
        } else if (eight != 0) {
            blend_eight(line, eight, (bytes16)inks);
        }
    }
}

/* ---- 16 bits a pixel ------------------------------------------------------------------------- */

/* Red and blue go through one multiplication, in the halves of each pixel: products stay below 65536. */
static inline longs4 pack_four(longs4 pixels)
{
    const words8 red_blue = (words8)(pixels & 0xff00ff) * 249 + 1014;
    const words8 green = (words8)(pixels >> 8 & 0xff) * 253 + 505;
    const longs4 steps = (longs4)(red_blue >> 11);

    return (steps >> 5 & 0xf800) | (steps & 0x1f) | ((longs4)(green >> 10) << 5 & 0x7e0);
}

/* Moves the second of each two pixels down beside the first, on a little-endian machine. */
static inline longs4 pair_up(longs4 pixels)
{
    const longs2 pairs = (longs2)pixels;

    return (longs4)(pairs | pairs >> 16);
}

struct eight {
    longs4 low, high;
};

static inline longs4 pack_eight(const struct eight *pixels)
{
    return __builtin_shufflevector(pair_up(pack_four(pixels->low)), pair_up(pack_four(pixels->high)), 0, 2, 4,
                                   6);
}

static inline bool is_same_eight(const struct eight *a, const struct eight *b)
{
    const longs2 difference = (longs2)((a->low ^ b->low) | (a->high ^ b->high));

    return (difference[0] | difference[1]) == 0;
}

/* Most pixels are those of a plain ground: eight like the eight before are not computed again. */
void pack_rgb565(uint16_t *out, const uint32_t *line, int width)
{
    struct eight last = { 0 }, now = { 0 };
    longs4 packed = { 0 }; /* of last */
    int i = 0;

    for (; i + 8 <= width; i += 8) {
        memcpy(&now, line + i, sizeof(now));
        if (!is_same_eight(&now, &last))
            packed = pack_eight(&now);
        memcpy(out + i, &packed, sizeof(packed));
        last = now;
    }
    if (i == width)
        return;
    memcpy(&now, line + i, (size_t)(width - i) * sizeof(*line));
    packed = pack_eight(&now);
    memcpy(out + i, &packed, (size_t)(width - i) * sizeof(*out));
}
