/* Text of several lines. Words are measured once, at one large size, and widths scale: finding a size is
 * arithmetic, and the cache of shaped lines holds words and final lines, not every trial. */
#include "board/scene/stage.h"

#include <string.h>

#define WORDS_MAX  96
#define MEASURE_PX 128

struct words {
    const char *text;
    unsigned count;
    int space; /* widths at MEASURE_PX */
    struct {
        uint16_t at, length;
        bool is_end; /* of a sentence */
        int width;
    } word[WORDS_MAX];
};
struct span {
    unsigned first, end; /* words of a line */
};
/* How a text is broken. */
struct setting {
    int size_px, width_px;
    bool by_sentence; /* each on lines of its own */
};

static void copy(char out[NOTICE_SIZE], const char *text, size_t length)
{
    if (length > NOTICE_SIZE - 1)
        length = NOTICE_SIZE - 1;
    memcpy(out, text, length);
    out[length] = '\0';
}

/* A short word with a full stop is an abbreviation (г. Алматы). */
static bool ends_sentence(const char *word, size_t length)
{
    return length > 5 && strchr(".!?", word[length - 1]) != NULL;
}

static void add_word(const struct stage *stage, const struct type *large, struct words *words, const char *at,
                     size_t length)
{
    char word[NOTICE_SIZE];
    copy(word, at, length);
    words->word[words->count].at = (uint16_t)(at - words->text);
    words->word[words->count].length = (uint16_t)length;
    words->word[words->count].is_end = ends_sentence(at, length);
    words->word[words->count].width = type_width(stage, large, word) + 1; /* never too small */
    words->count++;
}

static void measure(const struct stage *stage, const struct type *type, const char *text, struct words *words)
{
    struct type large = *type;
    large.size_px = MEASURE_PX;
    words->text = text;
    words->count = 0;
    words->space = type_width(stage, &large, " ");
    for (const char *at = text + strspn(text, " "); *at != '\0' && words->count < WORDS_MAX;
         at += strspn(at, " ")) {
        /* The last place takes all that is left. */
        size_t length = words->count == WORDS_MAX - 1 ? strlen(at) : strcspn(at, " ");
        add_word(stage, &large, words, at, length);
        at += length;
    }
}

/* The next line from word `first`; one word at least. */
static struct span next_line(const struct words *words, unsigned first, const struct setting *setting)
{
    int64_t room = (int64_t)setting->width_px * MEASURE_PX;
    int64_t width = (int64_t)words->word[first].width * setting->size_px;
    struct span span = { first, first + 1 };
    for (; span.end < words->count; span.end++) {
        width += (int64_t)(words->space + words->word[span.end].width) * setting->size_px;
        if (width > room || (setting->by_sentence && words->word[span.end - 1].is_end))
            break;
    }
    return span;
}

static int count_lines(const struct words *words, const struct setting *setting)
{
    int lines = 0;
    for (unsigned at = 0; at < words->count; lines++)
        at = next_line(words, at, setting).end;
    return lines;
}

static bool is_word_too_wide(const struct words *words, const struct setting *setting)
{
    for (unsigned i = 0; i < words->count; i++)
        if ((int64_t)words->word[i].width * setting->size_px > (int64_t)setting->width_px * MEASURE_PX)
            return true;
    return false;
}

static int pitch(int size_px, int leading)
{
    return (size_px * leading + 99) / 100;
}

static bool fits(const struct words *words, int size_px, struct rect box, int leading)
{
    struct setting setting = { size_px, box.w, false };
    return !is_word_too_wide(words, &setting) &&
           count_lines(words, &setting) * pitch(size_px, leading) <= box.h;
}

int passage_fit(const struct stage *stage, const struct type *type, const char *text, struct rect box,
                int leading, int min_px, int max_px)
{
    struct words words;
    measure(stage, type, text, &words);
    if (fits(&words, max_px, box, leading))
        return max_px;
    int good = min_px, bad = max_px;
    while (bad - good > 1) {
        int middle = (good + bad) / 2;
        if (fits(&words, middle, box, leading))
            good = middle;
        else
            bad = middle;
    }
    return good;
}

/* Sentences stand on lines of their own if the height allows: instructions are read one by one. */
static struct setting choose(const struct words *words, const struct type *type, struct rect box, int leading)
{
    struct setting setting = { type->size_px, box.w, true };
    setting.by_sentence = count_lines(words, &setting) * pitch(type->size_px, leading) <= box.h;
    return setting;
}

/* Narrows to the least width that needs no more lines: no word is left alone in the last one. */
static void balance(const struct words *words, struct setting *setting)
{
    int lines = count_lines(words, setting), bad = setting->width_px / 2, good = setting->width_px;
    while (good - bad > 4) {
        setting->width_px = (good + bad) / 2;
        if (!is_word_too_wide(words, setting) && count_lines(words, setting) == lines)
            good = setting->width_px;
        else
            bad = setting->width_px;
    }
    setting->width_px = good;
}

int passage_height(const struct stage *stage, const struct type *type, const char *text, struct rect box,
                   int leading)
{
    struct words words;
    measure(stage, type, text, &words);
    struct setting setting = choose(&words, type, box, leading);
    return count_lines(&words, &setting) * pitch(type->size_px, leading);
}

int passage_put(const struct stage *stage, const struct type *type, struct rect box, int leading,
                const char *text)
{
    struct words words;
    measure(stage, type, text, &words);
    struct setting setting = choose(&words, type, box, leading);
    balance(&words, &setting);
    int step = pitch(type->size_px, leading), top = box.y;
    for (struct span span = { 0, 0 }; span.end < words.count; top += step) {
        span = next_line(&words, span.end, &setting);
        if (top + 2 * step > box.y + box.h)
            span.end = words.count; /* the last line takes the rest and is cut */
        unsigned at = words.word[span.first].at;
        unsigned end = words.word[span.end - 1].at + words.word[span.end - 1].length;
        char line[NOTICE_SIZE];
        copy(line, text + at, end - at);
        type_put(stage, type, box_of(box.x, top, box.w, step), ALIGN_START, line);
    }
    return top - box.y;
}

/* ---- several languages ----------------------------------------------------------------------- */

void texts_add(struct texts *texts, int lang, const char *text)
{
    if (text[0] == '\0')
        return;
    texts->lang[texts->count] = (uint8_t)lang;
    texts->text[texts->count++] = text;
}

static struct type type_in(const struct type *type, const struct texts *texts, int i)
{
    struct type other = *type;
    other.lang = texts->lang[i];
    return other;
}

int texts_fit(const struct stage *stage, const struct type *type, const struct texts *texts, struct rect box,
              int leading, int min_px, int max_px)
{
    for (int i = 0; i < texts->count; i++) {
        struct type other = type_in(type, texts, i);
        struct rect share = box_of(0, 0, box.w, box.h / texts->count);
        max_px = passage_fit(stage, &other, texts->text[i], share, leading, min_px, max_px);
    }
    return max_px;
}

void texts_put(const struct stage *stage, const struct type *type, const struct texts *texts, struct rect box,
               int leading)
{
    int height[LANGS_MAX], total = 0;
    for (int i = 0; i < texts->count; i++) {
        struct type other = type_in(type, texts, i);
        int share = box.h / texts->count;
        height[i] = passage_height(stage, &other, texts->text[i], box_of(0, 0, box.w, share), leading);
        height[i] = height[i] < share ? height[i] : share;
        total += height[i];
    }
    box_cut_top(&box, (box.h - total) / 2);
    for (int i = 0; i < texts->count; i++) {
        struct type other = type_in(type, texts, i);
        passage_put(stage, &other, box_cut_top(&box, height[i]), leading, texts->text[i]);
    }
}
