#include "board/paint/blend.h"

#include <assert.h>
#include <string.h>
#include <wchar.h>

static_assert(sizeof(wchar_t) == sizeof(uint32_t), "wmemset fills pixels");

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint16_t words8 __attribute__((vector_size(16)));
typedef uint16_t words16 __attribute__((vector_size(32)));
typedef uint16_t words4 __attribute__((vector_size(8)));
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

void blend_pixels(uint32_t *line, const uint32_t *pixels, int width)
{
    for (int x = 0; x < width; x++) {
        const uint32_t alpha = pixels[x] >> 24;

        line[x] = alpha == 255 ? pixels[x] & 0xffffff
                  : alpha > 0  ? blend_one(line[x], pixels[x] & 0xffffff, alpha)
                               : line[x];
    }
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

/* ---- 16 bits a pixel ------------------------------------------------------------------------- */

struct eight {
    longs4 low, high;
};

/* Rounds red and blue in one multiplication, each in its half of the pixel:
 * products stay below 65536. */
static inline longs4 red_blue(longs4 pixels)
{
    return (longs4)((words8)(pixels & 0xff00ff) * 249 + 1014);
}

/* Two neighbours share a lane: it is what comes out on a little-endian machine,
 * and green needs only half of one. */
static inline longs4 pack_eight(const struct eight *pixels)
{
    const longs4 even = __builtin_shufflevector(pixels->low, pixels->high, 0, 2, 4, 6);
    const longs4 odd = __builtin_shufflevector(pixels->low, pixels->high, 1, 3, 5, 7);
    const longs4 first = red_blue(even), second = red_blue(odd);
    const words8 greens = (words8)((even >> 8 & 0xff) | (odd << 8 & 0xff0000));
    const longs4 red = (first >> 16 & 0xf800) | (second & 0xf8000000);
    const longs4 green = (longs4)(greens * 253 + 505) >> 5 & 0x07e007e0;
    const longs4 blue = (first >> 11 & 0x1f) | (second << 5 & 0x1f0000);

    return red | green | blue;
}

static inline longs4 pack_line(const uint32_t *line)
{
    struct eight eight;

    memcpy(&eight, line, sizeof(eight));
    return pack_eight(&eight);
}

void pack_rgb565(uint16_t *out, const uint32_t *line, int width)
{
    uint32_t rest[8] = { 0 };
    longs4 packed;

    for (; width >= 8; width -= 8, line += 8, out += 8) {
        packed = pack_line(line);
        memcpy(out, &packed, sizeof(packed));
    }
    if (width <= 0)
        return;
    memcpy(rest, line, (size_t)width * sizeof(*line));
    packed = pack_line(rest);
    memcpy(out, &packed, (size_t)width * sizeof(*out));
}

static inline longs4 pack_one(color fill)
{
    const longs4 four = { fill, fill, fill, fill };

    return pack_eight(&(struct eight){ four, four });
}

/* In pairs; the C library stores them in the widest way that the processor has.
 */
void fill_rgb565(uint16_t *out, int width, color fill)
{
    const uint32_t pair = pack_one(fill)[0];

    if (width > 0 && (uintptr_t)out % sizeof(pair) != 0) {
        *out++ = (uint16_t)pair;
        width--;
    }
    if (width > 1)
        wmemset((wchar_t *)(void *)out, (wchar_t)pair, (size_t)width / 2);
    if (width > 0)
        out[width - 1] = (uint16_t)pair;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* `packed` is NULL where nothing is packed: the compiler makes two functions of
 * it. */
static inline void blend_any(uint32_t *line, uint16_t *packed, const uint8_t *alpha, int eights, int width,
                             color ink)
{
    const longs4 inks = { ink, ink, ink, ink };
    const longs4 packed_ink = packed ? pack_one(ink) : (longs4){ 0 };
    longs4 result;

    for (int i = 0; i < eights; i++, line += 8) {
        uint64_t eight;

        memcpy(&eight, alpha + i * 8, sizeof(eight));
        if (eight == UINT64_MAX) {
            memcpy(line, &inks, sizeof(inks));
            memcpy(line + 4, &inks, sizeof(inks));
            result = packed_ink;
        } else if (eight != 0) {
            blend_eight(line, eight, (bytes16)inks);
            result = packed ? pack_line(line) : packed_ink;
        } else {
            continue;
        }
        if (packed)
            memcpy(packed + i * 8, &result, width - i * 8 < 8 ? (size_t)(width - i * 8) * 2 : sizeof(result));
    }
}

void blend_row(uint32_t *line, const uint8_t *alpha, int eights, color ink)
{
    blend_any(line, NULL, alpha, eights, 0, ink);
}

void blend_row_rgb565(uint32_t *line, uint16_t *packed, const uint8_t *alpha, int eights, int width,
                      color ink)
{
    blend_any(line, packed, alpha, eights, width, ink);
}

/* ---- one ink over one colour ----------------------------------------------------------------- */

void shades_init(struct shades *shades, color ink, color below)
{
    uint8_t alpha[256];

    shades->ink = ink;
    shades->below = below;
    for (unsigned i = 0; i < 256; i++) {
        alpha[i] = (uint8_t)i;
        shades->wide[i] = below;
    }
    blend_row(shades->wide, alpha, 256 / 8, ink);
    pack_rgb565(shades->packed, shades->wide, 256);
}

/* Into a register first: a line that is copied on as soon as it is composed is read in wide pieces, and those wait for the
 * narrow stores that they consist of. */
static inline void shade_four(uint32_t *line, const uint8_t *alpha, const struct shades *shades)
{
    const uint32_t *of = shades->wide;
    const longs4 four = { of[alpha[0]], of[alpha[1]], of[alpha[2]], of[alpha[3]] };

    memcpy(line, &four, sizeof(four));
}

static inline void shade_four_rgb565(uint16_t *packed, const uint8_t *alpha, const struct shades *shades)
{
    const uint16_t *of = shades->packed;
    const words4 four = { of[alpha[0]], of[alpha[1]], of[alpha[2]], of[alpha[3]] };

    memcpy(packed, &four, sizeof(four));
}

/* One of `line` and `packed` is NULL: two functions of one, again. The last group begins early enough to be whole. */
static inline void shade_any(uint32_t *line, uint16_t *packed, const uint8_t *alpha, const uint64_t *changed,
                             int width, const struct shades *shades)
{
    const int last = width - 4;

    for (int i = 0; i < width && (!changed || last < 0); i++)
        if (line)
            line[i] = shades->wide[alpha[i]];
        else
            packed[i] = shades->packed[alpha[i]];
    for (int start = 0; start <= last && changed; start += 256)
        for (uint64_t groups = *changed++; groups; groups &= groups - 1) {
            const int group = start + __builtin_ctzll(groups) * 4, i = group < last ? group : last;

            if (line)
                shade_four(line + i, alpha + i, shades);
            else
                shade_four_rgb565(packed + i, alpha + i, shades);
        }
}

void shade_row(uint32_t *line, const uint8_t *alpha, const uint64_t *changed, int width,
               const struct shades *shades)
{
    shade_any(line, NULL, alpha, changed, width, shades);
}

void shade_row_rgb565(uint16_t *packed, const uint8_t *alpha, const uint64_t *changed, int width,
                      const struct shades *shades)
{
    shade_any(NULL, packed, alpha, changed, width, shades);
}
