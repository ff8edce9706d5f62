#include "fonts/text.h"
#include "fonts/bidi.h"
#include "fonts/face.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hb-ot.h>
#include <hb.h>

/* Shaping happens in 1/64000 of the em, so that one result scales to every size: exact for 1000 units (Noto),
 * within 1/128000 for 2048 (DejaVu). */
#define EM_UNITS   64000
#define CODEPOINTS TEXT_GLYPHS_MAX
_Static_assert(CODEPOINTS <= BIDI_MAX, "a line is longer than what bidi_levels() takes");
#define LINE_KEY_MAX  256 /* bytes of a text that is found again; longer ones are shaped anew */
#define WORD_KEY_MAX  104
#define WORDS_MAX     1024
#define BUCKETS       1024 /* power of two */
#define INKS          4096 /* power of two above the glyphs of Noto Sans, which so never share a slot */
#define ELLIPSIS      0x2026
#define ELLIPSIS_UTF8 "\xe2\x80\xa6"

struct line_slot {
    struct text_style style;
    char text[LINE_KEY_MAX];
    uint32_t hash;
    uint16_t newer, older, chain; /* as in glyph.c: a ring by use through slot 0, and chains of the buckets */
    struct text_line line;
};

/* Widths of words: what fitting and breaking ask for again and again, at any size. */
struct word {
    uint32_t hash;
    uint16_t bytes; /* 0: empty */
    uint8_t weight;
    bool is_number;
    char lang[9];
    char text[WORD_KEY_MAX];
    int32_t width_units;
};

/* Where a glyph has ink. HarfBuzz 10 allocates for each answer: it is asked once. */
struct ink {
    uint32_t key; /* glyph and face, 0: empty */
    int32_t left_units, width_units;
};

struct run_glyph {
    uint32_t index;
    uint8_t face;
    int32_t x_units, y_units;
};

/* A shaped line without a size. */
struct run {
    unsigned count;
    int32_t width_units;
    bool is_cut;
    struct run_glyph glyph[TEXT_GLYPHS_MAX];
};

struct shaper {
    hb_buffer_t *buffer;
    hb_font_t *font[WEIGHTS][FACES_PER_WEIGHT_MAX];
    char lang_name[9];
    hb_language_t lang; /* of lang_name: interning takes a lock */
    struct run run;
    uint16_t nslots;
    uint16_t bucket[BUCKETS];
    struct line_slot slot[TEXT_CACHE_LINES + 1];
    struct word word[WORDS_MAX];
    struct ink ink[WEIGHTS][INKS];
};

static hb_font_t *open_font(struct font_file file)
{
    hb_blob_t *blob = hb_blob_create(file.data, (unsigned)file.size, HB_MEMORY_MODE_READONLY, NULL, NULL);
    hb_face_t *face = hb_face_create(blob, 0);
    hb_font_t *font = hb_font_create(face);

    hb_ot_font_set_funcs(font);
    hb_font_set_scale(font, EM_UNITS, EM_UNITS);
    hb_face_destroy(face);
    hb_blob_destroy(blob);
    return font;
}

struct shaper *shaper_create(const struct fonts *fonts)
{
    struct shaper *shaper = calloc(1, sizeof(*shaper));

    if (!shaper)
        return NULL;
    shaper->buffer = hb_buffer_create();
    for (unsigned weight = 0; weight < WEIGHTS; weight++)
        for (unsigned i = 0; i < fonts_faces(fonts, weight); i++)
            shaper->font[weight][i] = open_font(fonts_face_file(fonts, weight, i));
    if (hb_buffer_pre_allocate(shaper->buffer, 2 * TEXT_GLYPHS_MAX))
        return shaper;
    shaper_destroy(shaper);
    return NULL;
}

void shaper_destroy(struct shaper *shaper)
{
    if (!shaper)
        return;
    for (unsigned weight = 0; weight < WEIGHTS; weight++)
        for (unsigned i = 0; i < FACES_PER_WEIGHT_MAX; i++)
            hb_font_destroy(shaper->font[weight][i]);
    hb_buffer_destroy(shaper->buffer);
    free(shaper);
}

/* ---- code points to a run -------------------------------------------------------------------- */

struct letters {
    unsigned count;
    bool is_cut;
    uint32_t cp[CODEPOINTS];
    uint8_t face[CODEPOINTS];
    hb_script_t script[CODEPOINTS];
    uint8_t level[CODEPOINTS]; /* odd: runs to the left */
};

/* At most `bytes` of the text. */
static void decode(const char *text, size_t bytes, struct letters *letters)
{
    const char *end = text + bytes;

    letters->count = 0;
    letters->is_cut = false;
    while (text < end) {
        const uint32_t cp = fonts_next_cp(&text);

        if (cp == 0)
            return;
        if (letters->count == CODEPOINTS) {
            letters->cp[CODEPOINTS - 1] = ELLIPSIS;
            letters->is_cut = true;
            return;
        }
        letters->level[letters->count] = 0;
        letters->cp[letters->count++] = cp < ' ' ? ' ' : cp;
    }
}

static void choose_faces(const struct fonts *fonts, enum weight weight, struct letters *letters)
{
    for (unsigned i = 0; i < letters->count; i++) {
        const int face = fonts_face_of(fonts, weight, letters->cp[i]);

        letters->face[i] = face < 0 ? 0 : (uint8_t)face; /* a box of the first face marks what nobody has */
    }
}

static bool is_neutral(hb_script_t script)
{
    return script == HB_SCRIPT_COMMON || script == HB_SCRIPT_INHERITED || script == HB_SCRIPT_UNKNOWN;
}

/* Neutral letters (digits, spaces, signs) take the script before them, at the start the one that follows. */
static void choose_scripts(struct letters *letters)
{
    hb_unicode_funcs_t *unicode = hb_unicode_funcs_get_default();
    hb_script_t last = HB_SCRIPT_COMMON;

    for (unsigned i = 0; i < letters->count; i++) {
        const hb_script_t script = hb_unicode_script(unicode, letters->cp[i]);

        if (!is_neutral(script) && is_neutral(last))
            for (unsigned j = 0; j < i; j++)
                letters->script[j] = script;
        if (!is_neutral(script))
            last = script;
        letters->script[i] = last;
    }
}

static void append(struct run *run, const struct run_glyph *glyph, int32_t advance)
{
    if (run->count == TEXT_GLYPHS_MAX) {
        run->is_cut = true;
        return;
    }
    run->glyph[run->count++] = *glyph;
    run->width_units += advance;
}

static void append_shaped(struct run *run, hb_buffer_t *buffer, uint8_t face)
{
    unsigned count, npositions;
    const hb_glyph_info_t *info = hb_buffer_get_glyph_infos(buffer, &count);
    const hb_glyph_position_t *at = hb_buffer_get_glyph_positions(buffer, &npositions);

    for (unsigned i = 0; i < count; i++)
        append(run,
               &(struct run_glyph){ .index = info[i].codepoint,
                                    .face = face,
                                    .x_units = run->width_units + at[i].x_offset,
                                    .y_units = at[i].y_offset },
               at[i].x_advance);
}

static hb_language_t language(struct shaper *shaper, const char *name)
{
    if (!shaper->lang || strcmp(name, shaper->lang_name) != 0) {
        snprintf(shaper->lang_name, sizeof shaper->lang_name, "%s", name);
        shaper->lang = hb_language_from_string(name, -1);
    }
    return shaper->lang;
}

static void shape_piece(struct shaper *shaper, const struct text_style *style, const struct letters *letters,
                        unsigned start, unsigned count)
{
    static const hb_feature_t number[] = { { HB_TAG('t', 'n', 'u', 'm'), 1, 0, (unsigned)-1 },
                                           { HB_TAG('z', 'e', 'r', 'o'), 1, 0, (unsigned)-1 } };
    const uint8_t face = letters->face[start];
    hb_buffer_t *buffer = shaper->buffer;

    hb_buffer_clear_contents(buffer);
    hb_buffer_add_codepoints(buffer, letters->cp, (int)letters->count, start, (int)count);
    hb_buffer_set_direction(buffer, letters->level[start] & 1 ? HB_DIRECTION_RTL : HB_DIRECTION_LTR);
    hb_buffer_set_script(buffer, letters->script[start]);
    hb_buffer_set_language(buffer, language(shaper, style->lang));
    hb_shape(shaper->font[style->weight][face], buffer, number, style->is_number ? 2 : 0);
    append_shaped(&shaper->run, buffer, face);
}

/* A stretch of one face, script and direction. */
struct pieces {
    unsigned count;
    unsigned start[CODEPOINTS + 1]; /* and the end of the last */
    uint8_t level[CODEPOINTS];
};

static bool is_alike(const struct letters *letters, unsigned a, unsigned b)
{
    return letters->face[a] == letters->face[b] && letters->script[a] == letters->script[b] &&
           letters->level[a] == letters->level[b];
}

static void split(const struct letters *letters, struct pieces *pieces)
{
    pieces->count = 0;
    for (unsigned i = 0; i < letters->count; i++)
        if (i == 0 || !is_alike(letters, i - 1, i)) {
            pieces->level[pieces->count] = letters->level[i];
            pieces->start[pieces->count++] = i;
        }
    pieces->start[pieces->count] = letters->count;
}

/* The result is shaper->run. */
static const struct run *shape(struct fonts *fonts, const struct text_style *style, const char *text,
                               size_t bytes)
{
    struct shaper *shaper = fonts_shaper(fonts);
    struct letters letters;
    struct pieces pieces;
    unsigned order[CODEPOINTS];

    decode(text, bytes, &letters);
    choose_faces(fonts, style->weight, &letters);
    choose_scripts(&letters);
    bidi_levels(letters.cp, letters.count, style->is_rtl, letters.level);
    split(&letters, &pieces);
    bidi_order(pieces.level, pieces.count, order);
    shaper->run.count = 0;
    shaper->run.width_units = 0;
    shaper->run.is_cut = letters.is_cut;
    for (unsigned i = 0; i < pieces.count; i++) {
        const unsigned start = pieces.start[order[i]];

        shape_piece(shaper, style, &letters, start, pieces.start[order[i] + 1] - start);
    }
    return &shaper->run;
}

/* ---- a run to pixels ------------------------------------------------------------------------- */

static int to_px(int64_t units, int size_px)
{
    return (int)((units * size_px + EM_UNITS / 2) >= 0 ? (units * size_px + EM_UNITS / 2) / EM_UNITS
                                                       : -((EM_UNITS / 2 - units * size_px) / EM_UNITS));
}

static const struct ink *ink_of(struct shaper *shaper, enum weight weight, const struct run_glyph *glyph)
{
    struct ink *ink = &shaper->ink[weight][glyph->index % INKS];
    const uint32_t key = (glyph->index << 8 | glyph->face) + 1;
    hb_glyph_extents_t extents = { 0 };

    if (ink->key == key)
        return ink;
    hb_font_get_glyph_extents(shaper->font[weight][glyph->face], glyph->index, &extents);
    *ink = (struct ink){ key, extents.x_bearing, extents.width };
    return ink;
}

static void widen_ink(struct text_line *line, const struct ink *ink, int x, int size_px)
{
    if (ink->width_units == 0)
        return;
    const int left = x + (int)((int64_t)ink->left_units * size_px / EM_UNITS - (ink->left_units < 0));
    const int right = x + 1 + (int)((int64_t)(ink->left_units + ink->width_units) * size_px / EM_UNITS);

    if (line->ink_right_px == line->ink_left_px) {
        line->ink_left_px = left;
        line->ink_right_px = right;
    }
    if (left < line->ink_left_px)
        line->ink_left_px = left;
    if (right > line->ink_right_px)
        line->ink_right_px = right;
}

static void lay_out(struct shaper *shaper, const struct text_style *style, const struct run *run,
                    struct text_line *line)
{
    line->nglyphs = (uint16_t)run->count;
    line->is_cut = run->is_cut;
    line->width_px = to_px(run->width_units, style->size_px);
    line->ink_left_px = line->ink_right_px = 0;
    for (unsigned i = 0; i < run->count; i++) {
        const struct run_glyph *glyph = &run->glyph[i];
        const int x = to_px(glyph->x_units, style->size_px);

        line->glyph[i].key = fonts_glyph_key(style->weight, glyph->face, style->size_px, glyph->index);
        line->glyph[i].x = (int16_t)x;
        line->glyph[i].y = (int16_t)-to_px(glyph->y_units, style->size_px);
        widen_ink(line, ink_of(shaper, style->weight, glyph), x, style->size_px);
    }
}

/* ---- the cache of lines ---------------------------------------------------------------------- */

static uint32_t hash_text(const struct text_style *style, const char *text, size_t bytes)
{
    uint32_t hash = 2166136261u ^ (uint32_t)style->weight << 1 ^ style->is_number;

    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    return hash ^ hash >> 15;
}

static bool is_same_style(const struct text_style *a, const struct text_style *b)
{
    return a->weight == b->weight && a->size_px == b->size_px && a->is_number == b->is_number &&
           a->is_rtl == b->is_rtl && strcmp(a->lang, b->lang) == 0;
}

static uint16_t find_line(const struct shaper *shaper, const struct text_style *style, uint32_t hash,
                          const char *text)
{
    uint16_t index = shaper->bucket[hash % BUCKETS];

    for (; index; index = shaper->slot[index].chain) {
        const struct line_slot *slot = &shaper->slot[index];

        if (slot->hash == hash && is_same_style(&slot->style, style) && strcmp(slot->text, text) == 0)
            break;
    }
    return index;
}

static void unlink_use(struct shaper *shaper, uint16_t index)
{
    const struct line_slot *slot = &shaper->slot[index];

    shaper->slot[slot->newer].older = slot->older;
    shaper->slot[slot->older].newer = slot->newer;
}

static void link_newest(struct shaper *shaper, uint16_t index)
{
    struct line_slot *slot = &shaper->slot[index];

    slot->newer = 0;
    slot->older = shaper->slot[0].older;
    shaper->slot[slot->older].newer = index;
    shaper->slot[0].older = index;
}

static uint16_t take_slot(struct shaper *shaper)
{
    if (shaper->nslots < TEXT_CACHE_LINES)
        return ++shaper->nslots;

    const uint16_t index = shaper->slot[0].newer;
    uint16_t *link = &shaper->bucket[shaper->slot[index].hash % BUCKETS];

    while (*link && *link != index)
        link = &shaper->slot[*link].chain;
    if (*link)
        *link = shaper->slot[index].chain;
    unlink_use(shaper, index);
    return index;
}

static uint16_t insert_line(struct shaper *shaper, const struct text_style *style, uint32_t hash,
                            const char *text)
{
    const uint16_t index = take_slot(shaper);
    struct line_slot *slot = &shaper->slot[index];
    const size_t bytes = strlen(text);

    slot->style = *style;
    slot->hash = hash;
    link_newest(shaper, index);
    if (bytes >= LINE_KEY_MAX)
        return index; /* in no bucket: it serves this answer only */
    memcpy(slot->text, text, bytes + 1);
    slot->chain = shaper->bucket[hash % BUCKETS];
    shaper->bucket[hash % BUCKETS] = index;
    return index;
}

static struct text_style checked(const struct text_style *style)
{
    struct text_style result = *style;

    if (result.size_px < 6)
        result.size_px = 6;
    if (result.size_px > 1200)
        result.size_px = 1200;
    result.lang[sizeof(result.lang) - 1] = '\0';
    return result;
}

const struct text_line *text_shape(struct fonts *fonts, const struct text_style *asked, const char *text)
{
    struct shaper *shaper = fonts_shaper(fonts);
    const struct text_style style = checked(asked);
    const uint32_t hash = hash_text(&style, text, strlen(text)) ^ (uint32_t)style.size_px * 40503u;
    uint16_t index = find_line(shaper, &style, hash, text);

    if (index) {
        unlink_use(shaper, index);
        link_newest(shaper, index);
    } else {
        index = insert_line(shaper, &style, hash, text);
        lay_out(shaper, &style, shape(fonts, &style, text, strlen(text)), &shaper->slot[index].line);
    }
    return &shaper->slot[index].line;
}

/* ---- fitting and breaking -------------------------------------------------------------------- */

static bool is_word(const struct word *word, const struct text_style *style, uint32_t hash, const char *text,
                    size_t bytes)
{
    return word->hash == hash && word->bytes == bytes && word->weight == style->weight &&
           word->is_number == style->is_number && memcmp(word->text, text, bytes) == 0 &&
           strcmp(word->lang, style->lang) == 0;
}

/* A direct-mapped cache: a collision costs a shaping, never a wrong width. */
static int32_t word_units(struct fonts *fonts, const struct text_style *style, const char *text, size_t bytes)
{
    if (bytes == 0)
        return 0;
    if (bytes > WORD_KEY_MAX)
        return shape(fonts, style, text, bytes)->width_units;

    const uint32_t hash = hash_text(style, text, bytes);
    struct word *word = &fonts_shaper(fonts)->word[hash % WORDS_MAX];

    if (!is_word(word, style, hash, text, bytes)) {
        word->width_units = shape(fonts, style, text, bytes)->width_units;
        word->hash = hash;
        word->bytes = (uint16_t)bytes;
        word->weight = (uint8_t)style->weight;
        word->is_number = style->is_number;
        memcpy(word->lang, style->lang, sizeof(word->lang));
        memcpy(word->text, text, bytes);
    }
    return word->width_units;
}

static int64_t text_units(struct fonts *fonts, const struct text_style *style, const char *text)
{
    const int32_t space = word_units(fonts, style, " ", 1);
    int64_t units = 0;

    while (*text) {
        const size_t bytes = strcspn(text, " ");

        units += word_units(fonts, style, text, bytes);
        text += bytes;
        for (; *text == ' '; text++)
            units += space;
    }
    return units;
}

int text_fit(struct fonts *fonts, const struct text_style *asked, const char *text, int width_px, int min_px,
             int max_px)
{
    struct text_style style = checked(asked);
    const int64_t units = text_units(fonts, &style, text);
    int size_px = max_px;

    if (units > 0 && to_px(units, max_px) > width_px)
        size_px = (int)(((int64_t)width_px * EM_UNITS + EM_UNITS / 2 - 1) / units);
    if (size_px > max_px)
        size_px = max_px;
    for (; size_px > min_px; size_px--) {
        style.size_px = size_px; /* letters may kern with a space: what is drawn has the last word */
        if (text_shape(fonts, &style, text)->width_px <= width_px)
            return size_px;
    }
    return min_px;
}

struct breaker {
    struct fonts *fonts;
    struct text_style style;
    int width_px;
};

static int32_t piece_px(const struct breaker *breaker, const char *text, size_t bytes)
{
    return to_px(word_units(breaker->fonts, &breaker->style, text, bytes), breaker->style.size_px);
}

static unsigned count_letters(const char *text, size_t bytes)
{
    unsigned count = 0;

    for (size_t i = 0; i < bytes; i++)
        count += ((uint8_t)text[i] & 0xc0) != 0x80;
    return count;
}

/* Bytes of the longest start of `text`, made of whole words, that fits; a first word that is too wide stands
 * alone. */
static size_t line_bytes(const struct breaker *breaker, const char *text)
{
    const int64_t space = word_units(breaker->fonts, &breaker->style, " ", 1);
    int64_t units = 0;
    size_t end = 0;

    while (text[end]) {
        const size_t gap = strspn(text + end, " "), word = strcspn(text + end + gap, " ");
        const size_t bytes = end + gap + word;

        units += (int64_t)gap * space + word_units(breaker->fonts, &breaker->style, text + end + gap, word);
        if (end > 0 && (to_px(units, breaker->style.size_px) > breaker->width_px ||
                        bytes >= TEXT_LINE_BYTES || count_letters(text, bytes) > TEXT_GLYPHS_MAX))
            break;
        end = bytes;
    }
    return end;
}

/* Copies as much of the `bytes` at text as fits together with an ellipsis. */
static void copy_cut(const struct breaker *breaker, const char *text, size_t bytes, char out[TEXT_LINE_BYTES])
{
    if (bytes > TEXT_LINE_BYTES - sizeof(ELLIPSIS_UTF8))
        bytes = TEXT_LINE_BYTES - sizeof(ELLIPSIS_UTF8);
    do {
        while (bytes > 0 && ((uint8_t)text[bytes] & 0xc0) == 0x80)
            bytes--;
        while (bytes > 0 && text[bytes - 1] == ' ')
            bytes--;
        memcpy(out, text, bytes);
        memcpy(out + bytes, ELLIPSIS_UTF8, sizeof(ELLIPSIS_UTF8));
    } while (piece_px(breaker, out, strlen(out)) > breaker->width_px && bytes-- > 0);
}

unsigned text_break(struct fonts *fonts, const struct text_style *style, const char *text, int width_px,
                    char (*out)[TEXT_LINE_BYTES], unsigned max_lines)
{
    const struct breaker breaker = { fonts, checked(style), width_px };
    unsigned nlines = 0;

    text += strspn(text, " ");
    while (*text && nlines < max_lines) {
        const size_t bytes = line_bytes(&breaker, text);
        const char *rest = text + bytes + strspn(text + bytes, " ");
        const bool is_last = nlines + 1 == max_lines;

        if ((is_last && *rest) || bytes >= TEXT_LINE_BYTES || piece_px(&breaker, text, bytes) > width_px) {
            copy_cut(&breaker, text, bytes, out[nlines]);
        } else {
            memcpy(out[nlines], text, bytes);
            out[nlines][bytes] = '\0';
        }
        nlines++;
        text = rest;
    }
    return nlines;
}
