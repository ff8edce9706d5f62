#include "fonts/face.h"
#include "fonts/icon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#define GLYPHS_MAX  4096
#define BUCKETS     8192 /* power of two */
#define ROW_ALIGN   8    /* the painter looks at eight pixels at once */
#define ICON_FACE   255u
#define SIZE_PX_MAX 2048 /* of a key */
#define BOX_PX_MAX  3072 /* of a bitmap: one always fits into the cache */

/* Key: face (weight and index, or ICON_FACE) + 1 << 48 | size << 32 | glyph index. */
#define KEY_FACE(key)  ((unsigned)((key) >> 48) - 1)
#define KEY_SIZE(key)  ((unsigned)((key) >> 32) & 0xffff)
#define KEY_GLYPH(key) ((uint32_t)(key))

struct face {
    FT_Face ft;
    struct font_file file;
    unsigned size_px; /* set in ft */
};

struct slot {
    glyph_key key;
    struct glyph glyph;    /* owns alpha */
    uint16_t newer, older; /* ring by use, slot 0 is its head */
    uint16_t chain;        /* next of the bucket */
};

struct fonts {
    FT_Library library;
    struct shaper *shaper;
    unsigned nfaces[WEIGHTS];
    struct face face[WEIGHTS][FACES_PER_WEIGHT_MAX];
    struct glyph_cache_stats stats;
    unsigned nslots; /* used at least once, without the head */
    uint16_t bucket[BUCKETS];
    struct slot slot[GLYPHS_MAX + 1];
};

static const char *const debian_regular[] = { "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
                                              "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", NULL };
static const char *const debian_bold[] = { "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf",
                                           "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", NULL };
const struct font_files font_files_debian = { .path = { debian_regular, debian_bold } };

static int map_file(const char *path, struct font_file *file)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    void *data = MAP_FAILED;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &stat) == 0 && stat.st_size > 0)
        data = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (data == MAP_FAILED)
        return -EIO;
    *file = (struct font_file){ data, (size_t)stat.st_size };
    return 0;
}

static void close_face(struct face *face)
{
    if (face->ft)
        FT_Done_Face(face->ft);
    if (face->file.data)
        munmap((void *)face->file.data, face->file.size);
    *face = (struct face){ 0 };
}

static int open_face(struct fonts *fonts, const char *path, struct face *face)
{
    const int status = map_file(path, &face->file);

    if (status < 0)
        return status;
    if (FT_New_Memory_Face(fonts->library, face->file.data, (FT_Long)face->file.size, 0, &face->ft) == 0 &&
        FT_IS_SCALABLE(face->ft) && face->ft->charmap)
        return 0;
    close_face(face);
    return -EINVAL;
}

static const char *why_not(int status)
{
    return status == -EINVAL ? "not a usable font" : strerror(-status);
}

static int open_weight(struct fonts *fonts, const char *const *paths, enum weight weight, char *error,
                       size_t error_size)
{
    int first_status = -ENOENT;
    const char *first_path = paths[0] ? paths[0] : "(no file named)";

    for (unsigned i = 0; paths[i] && fonts->nfaces[weight] < FACES_PER_WEIGHT_MAX; i++) {
        const int status = open_face(fonts, paths[i], &fonts->face[weight][fonts->nfaces[weight]]);

        if (status == 0)
            fonts->nfaces[weight]++;
        if (i == 0)
            first_status = status;
    }
    if (fonts->nfaces[weight] > 0)
        return 0;
    snprintf(error, error_size, "fonts: no %s face: %s: %s; install fonts-noto-core and fonts-dejavu-core",
             weight == WEIGHT_BOLD ? "bold" : "regular", first_path, why_not(first_status));
    return first_status;
}

struct fonts *fonts_create(const struct font_files *files, char *error, size_t error_size)
{
    struct fonts *fonts = calloc(1, sizeof(*fonts));

    if (!fonts || FT_Init_FreeType(&fonts->library)) {
        snprintf(error, error_size, "fonts: out of memory");
        free(fonts);
        return NULL;
    }
    for (unsigned weight = 0; weight < WEIGHTS; weight++)
        if (open_weight(fonts, files->path[weight], weight, error, error_size) < 0)
            goto fail;
    fonts->shaper = shaper_create(fonts);
    if (fonts->shaper)
        return fonts;
    snprintf(error, error_size, "fonts: out of memory");
fail:
    fonts_destroy(fonts);
    return NULL;
}

void fonts_destroy(struct fonts *fonts)
{
    if (!fonts)
        return;
    shaper_destroy(fonts->shaper);
    for (unsigned i = 1; i <= fonts->nslots; i++)
        free((void *)fonts->slot[i].glyph.alpha);
    for (unsigned weight = 0; weight < WEIGHTS; weight++)
        for (unsigned i = 0; i < fonts->nfaces[weight]; i++)
            close_face(&fonts->face[weight][i]);
    FT_Done_FreeType(fonts->library);
    free(fonts);
}

unsigned fonts_faces(const struct fonts *fonts, enum weight weight)
{
    return fonts->nfaces[weight];
}

struct font_file fonts_face_file(const struct fonts *fonts, enum weight weight, unsigned face)
{
    return fonts->face[weight][face].file;
}

struct shaper *fonts_shaper(const struct fonts *fonts)
{
    return fonts->shaper;
}

int fonts_face_of(const struct fonts *fonts, enum weight weight, uint32_t cp)
{
    for (unsigned i = 0; i < fonts->nfaces[weight]; i++)
        if (FT_Get_Char_Index(fonts->face[weight][i].ft, cp))
            return (int)i;
    return -1;
}

bool fonts_cover(const struct fonts *fonts, enum weight weight, uint32_t cp)
{
    return fonts_face_of(fonts, weight, cp) >= 0;
}

static uint32_t continuation(const char **text, uint32_t cp, unsigned count, uint32_t least)
{
    const char *p = *text;

    for (; count; count--, p++) {
        if ((*p & 0xc0) != 0x80)
            return 0xfffd;
        cp = cp << 6 | (uint32_t)(*p & 0x3f);
    }
    if (cp < least || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
        return 0xfffd;
    *text = p;
    return cp;
}

uint32_t fonts_next_cp(const char **text)
{
    const uint8_t lead = (uint8_t) * *text;

    if (lead == 0)
        return 0;
    ++*text;
    if (lead < 0x80)
        return lead;
    if (lead >= 0xc2 && lead < 0xe0)
        return continuation(text, lead & 0x1f, 1, 0x80);
    if (lead >= 0xe0 && lead < 0xf0)
        return continuation(text, lead & 0x0f, 2, 0x800);
    if (lead >= 0xf0 && lead < 0xf5)
        return continuation(text, lead & 0x07, 3, 0x10000);
    return 0xfffd;
}

uint32_t fonts_uncovered(const struct fonts *fonts, enum weight weight, const char *text)
{
    for (uint32_t cp = fonts_next_cp(&text); cp; cp = fonts_next_cp(&text))
        if (cp >= ' ' && !fonts_cover(fonts, weight, cp))
            return cp;
    return 0;
}

static int scaled(const FT_FaceRec *face, long units, int size_px)
{
    return (int)((units * size_px * 2 + face->units_per_EM) / (2L * face->units_per_EM));
}

static long height_units(FT_Face face, uint32_t cp)
{
    if (FT_Load_Char(face, cp, FT_LOAD_NO_SCALE))
        return face->units_per_EM * 7 / 10;
    return face->glyph->metrics.horiBearingY;
}

struct font_metrics fonts_metrics(const struct fonts *fonts, enum weight weight, int size_px)
{
    FT_Face face = fonts->face[weight][0].ft;

    return (struct font_metrics){
        .cap_px = scaled(face, height_units(face, 'H'), size_px),
        .digit_px = scaled(face, height_units(face, '7'), size_px),
        .ascent_px = scaled(face, face->ascender, size_px),
        .descent_px = scaled(face, -face->descender, size_px),
    };
}

glyph_key fonts_glyph_key(enum weight weight, unsigned face, int size_px, uint32_t glyph_index)
{
    return (uint64_t)(weight * FACES_PER_WEIGHT_MAX + face + 1) << 48 | (uint64_t)size_px << 32 | glyph_index;
}

int glyph_size_px(glyph_key key)
{
    return key && KEY_FACE(key) != ICON_FACE ? (int)KEY_SIZE(key) : 0;
}

glyph_key icon_key(enum icon icon, int size_px)
{
    if (size_px < 1 || size_px > SIZE_PX_MAX)
        return 0;
    return (uint64_t)(ICON_FACE + 1) << 48 | (uint64_t)size_px << 32 | icon;
}

/* ---- pixels ---------------------------------------------------------------------------------- */

static size_t glyph_bytes(const struct glyph *glyph)
{
    return (size_t)glyph->height *
           (glyph->stride + sizeof(uint64_t) * (2u * glyph->mask_words + glyph->changed_words));
}

/* One bit for each byte of `eight` that is not 0. */
static uint64_t bits_of(uint64_t eight)
{
    const uint64_t high = 0x8080808080808080u;
    const uint64_t flags = (((eight & ~high) + ~high) | eight) & high;

    return (flags >> 7) * 0x0102040810204080u >> 56;
}

static uint64_t eight_at(const uint8_t *alpha)
{
    uint64_t eight;

    memcpy(&eight, alpha, sizeof(eight));
    return eight;
}

static void mask_row(const struct glyph *glyph, unsigned y)
{
    const uint8_t *alpha = glyph->alpha + (size_t)y * glyph->stride;
    uint64_t *inked = (uint64_t *)glyph->inked + (size_t)y * glyph->mask_words;
    uint64_t *solid = (uint64_t *)glyph->solid + (size_t)y * glyph->mask_words;
    uint64_t *changed = (uint64_t *)glyph->changed + (size_t)y * glyph->changed_words;

    for (unsigned i = 0; i < glyph->stride; i += 8) {
        const uint64_t eight = eight_at(alpha + i), above = y ? eight_at(alpha + i - glyph->stride) : 0;
        const uint64_t differs = bits_of(eight ^ above);

        inked[i / 64] |= bits_of(eight) << i % 64;
        solid[i / 64] |= (bits_of(~eight) ^ 0xff) << i % 64;
        changed[i / 256] |= ((uint64_t)((differs & 0x0f) != 0) | (uint64_t)((differs & 0xf0) != 0) << 1)
                            << i / 4 % 64;
    }
}

/* Takes the size of the glyph as given and makes its pixels, in one piece of memory; false without it. */
static bool allocate(struct glyph *glyph)
{
    glyph->stride = (uint16_t)((glyph->width + ROW_ALIGN - 1) / ROW_ALIGN * ROW_ALIGN);
    glyph->mask_words = (uint16_t)((glyph->width + 63) / 64);
    glyph->changed_words = (uint16_t)((glyph->width + 255) / 256);
    uint8_t *memory = calloc(1, glyph_bytes(glyph));

    if (!memory)
        return false;
    glyph->alpha = memory;
    glyph->inked = (const uint64_t *)(memory + (size_t)glyph->height * glyph->stride);
    glyph->solid = glyph->inked + (size_t)glyph->height * glyph->mask_words;
    glyph->changed = glyph->solid + (size_t)glyph->height * glyph->mask_words;
    return true;
}

/* Bijections of the hash and of the value, so that a change of one value is never lost. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t hash_of(const struct glyph *glyph)
{
    uint64_t hash = mix(0, (uint64_t)glyph->width << 16 | glyph->height);

    for (size_t i = 0; i < (size_t)glyph->height * glyph->stride; i += 8)
        hash = mix(hash, eight_at(glyph->alpha + i));
    return hash;
}

/* Takes the outline in 26.6 pixels, y upwards. Leaves the glyph empty if there is nothing or no memory. */
static void rasterise(struct fonts *fonts, FT_Outline *outline, struct glyph *result)
{
    FT_BBox box;

    FT_Outline_Get_CBox(outline, &box);
    const long left = box.xMin >> 6, right = (box.xMax + 63) >> 6;
    const long bottom = box.yMin >> 6, top = (box.yMax + 63) >> 6;

    if (right <= left || top <= bottom || right - left > BOX_PX_MAX || top - bottom > BOX_PX_MAX)
        return;
    struct glyph glyph = { .left = (int16_t)left,
                           .top = (int16_t)-top,
                           .width = (uint16_t)(right - left),
                           .height = (uint16_t)(top - bottom) };

    if (!allocate(&glyph))
        return;
    FT_Bitmap bitmap = { .rows = glyph.height,
                         .width = glyph.width,
                         .pitch = glyph.stride,
                         .buffer = (uint8_t *)glyph.alpha,
                         .num_grays = 256,
                         .pixel_mode = FT_PIXEL_MODE_GRAY };

    FT_Outline_Translate(outline, -left * 64, -bottom * 64);
    FT_Outline_Get_Bitmap(fonts->library, outline, &bitmap);
    for (unsigned y = 0; y < glyph.height; y++)
        mask_row(&glyph, y);
    glyph.hash = hash_of(&glyph);
    *result = glyph;
}

static void rasterise_letter(struct fonts *fonts, glyph_key key, struct glyph *glyph)
{
    struct face *face = &fonts->face[0][0] + KEY_FACE(key);

    if (face >= &fonts->face[0][0] + WEIGHTS * FACES_PER_WEIGHT_MAX || !face->ft)
        return;
    if (face->size_px != KEY_SIZE(key) && FT_Set_Pixel_Sizes(face->ft, 0, KEY_SIZE(key)) == 0)
        face->size_px = KEY_SIZE(key);
    /* Unhinted: letters keep their shape and width at every size, so a layout scales from 720p to 4K. */
    if (FT_Load_Glyph(face->ft, KEY_GLYPH(key), FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) == 0)
        rasterise(fonts, &face->ft->glyph->outline, glyph);
}

static void rasterise_icon(struct fonts *fonts, glyph_key key, struct glyph *glyph)
{
    const float size = (float)KEY_SIZE(key) * 64;
    struct icon_outline icon;
    FT_Vector points[ICON_POINTS_MAX];
    char tags[ICON_POINTS_MAX];
    short ends[ICON_CONTOURS_MAX];

    icon_outline(KEY_GLYPH(key), &icon);
    for (unsigned i = 0; i < icon.npoints; i++) {
        points[i].x = (FT_Pos)(icon.point[i].x * size + 0.5f);
        points[i].y = (FT_Pos)((1 - icon.point[i].y) * size + 0.5f);
        tags[i] = icon.point[i].is_control ? FT_CURVE_TAG_CUBIC : FT_CURVE_TAG_ON;
    }
    for (unsigned i = 0; i < icon.ncontours; i++)
        ends[i] = icon.contour_end[i];
    FT_Outline outline = { .n_contours = (short)icon.ncontours,
                           .n_points = (short)icon.npoints,
                           .points = points,
                           .tags = (void *)tags, /* signed or not depends on the FreeType version */
                           .contours = (void *)ends,
                           .flags = FT_OUTLINE_EVEN_ODD_FILL };
    rasterise(fonts, &outline, glyph);
    glyph->top = (int16_t)(glyph->top + (int)KEY_SIZE(key));
}

/* ---- the cache ------------------------------------------------------------------------------- */

static unsigned bucket_of(glyph_key key)
{
    return (unsigned)(key * 0x9e3779b97f4a7c15u >> 51);
}

static void unlink_use(struct fonts *fonts, uint16_t index)
{
    const struct slot *slot = &fonts->slot[index];

    fonts->slot[slot->newer].older = slot->older;
    fonts->slot[slot->older].newer = slot->newer;
}

static void link_newest(struct fonts *fonts, uint16_t index)
{
    struct slot *slot = &fonts->slot[index];

    slot->newer = 0;
    slot->older = fonts->slot[0].older;
    fonts->slot[slot->older].newer = index;
    fonts->slot[0].older = index;
}

static uint16_t find(const struct fonts *fonts, glyph_key key)
{
    uint16_t index = fonts->bucket[bucket_of(key)];

    while (index && fonts->slot[index].key != key)
        index = fonts->slot[index].chain;
    return index;
}

static void evict(struct fonts *fonts, uint16_t index)
{
    struct slot *slot = &fonts->slot[index];
    uint16_t *link = &fonts->bucket[bucket_of(slot->key)];

    while (*link != index)
        link = &fonts->slot[*link].chain;
    *link = slot->chain;
    fonts->stats.bytes -= glyph_bytes(&slot->glyph);
    fonts->stats.glyphs--;
    fonts->stats.evictions++;
    free((void *)slot->glyph.alpha);
    slot->glyph = (struct glyph){ 0 };
    slot->key = 0;
}

/* The head's `newer` is the oldest slot. Emptied slots stay there, so that the next miss takes them first. */
static void make_room(struct fonts *fonts, size_t bytes)
{
    for (uint16_t index = fonts->slot[0].newer; index && fonts->stats.bytes + bytes > GLYPH_CACHE_BYTES;
         index = fonts->slot[index].newer)
        if (fonts->slot[index].key)
            evict(fonts, index);
}

static uint16_t take_slot(struct fonts *fonts)
{
    const uint16_t oldest = fonts->slot[0].newer;

    if (oldest && (fonts->slot[oldest].key == 0 || fonts->nslots == GLYPHS_MAX)) {
        if (fonts->slot[oldest].key)
            evict(fonts, oldest);
        unlink_use(fonts, oldest);
        return oldest;
    }
    return (uint16_t)++fonts->nslots;
}

static uint16_t insert(struct fonts *fonts, glyph_key key)
{
    struct glyph glyph = { 0 };

    if (KEY_FACE(key) == ICON_FACE)
        rasterise_icon(fonts, key, &glyph);
    else
        rasterise_letter(fonts, key, &glyph);
    make_room(fonts, glyph_bytes(&glyph));

    const uint16_t index = take_slot(fonts);
    uint16_t *bucket = &fonts->bucket[bucket_of(key)];

    fonts->slot[index] = (struct slot){ .key = key, .glyph = glyph, .chain = *bucket };
    *bucket = index;
    link_newest(fonts, index);
    fonts->stats.bytes += glyph_bytes(&glyph);
    fonts->stats.glyphs++;
    return index;
}

const struct glyph *glyph_get(struct fonts *fonts, glyph_key key)
{
    if (key == 0)
        return &fonts->slot[0].glyph;

    uint16_t index = find(fonts, key);

    if (index) {
        fonts->stats.hits++;
        unlink_use(fonts, index);
        link_newest(fonts, index);
    } else {
        fonts->stats.misses++;
        index = insert(fonts, key);
    }
    return &fonts->slot[index].glyph;
}

void glyph_cache_stats(const struct fonts *fonts, struct glyph_cache_stats *stats)
{
    *stats = fonts->stats;
}
