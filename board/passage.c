/* Text of several lines. Words are measured once, at one large size, and widths scale: finding a size is
 * arithmetic, and the cache of shaped lines holds words and final lines, not every trial. */
#include "board/stage.h"

#include <string.h>

#define WORDS_MAX  96
#define MEASURE_PX 128

struct words {
    const char *text;
    unsigned count;
    int space; /* widths at MEASURE_PX */
    struct {
        uint16_t at, length;
        int width;
    } word[WORDS_MAX];
};
struct span {
    unsigned first, end; /* words of a line */
};

static void copy(char out[NOTICE_SIZE], const char *text, size_t length)
{
    if (length > NOTICE_SIZE - 1)
        length = NOTICE_SIZE - 1;
    memcpy(out, text, length);
    out[length] = '\0';
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
        char word[NOTICE_SIZE];
        copy(word, at, length);
        words->word[words->count].at = (uint16_t)(at - text);
        words->word[words->count].length = (uint16_t)length;
        words->word[words->count].width = type_width(stage, &large, word) + 1; /* never too small */
        words->count++;
        at += length;
    }
}

/* The next line from word `first`; one word at least. */
static struct span next_line(const struct words *words, unsigned first, int size_px, int width_px)
{
    int64_t room = (int64_t)width_px * MEASURE_PX, width = (int64_t)words->word[first].width * size_px;
    struct span span = { first, first + 1 };
    while (span.end < words->count) {
        width += (int64_t)(words->space + words->word[span.end].width) * size_px;
        if (width > room)
            break;
        span.end++;
    }
    return span;
}

static unsigned count_lines(const struct words *words, int size_px, int width_px)
{
    unsigned lines = 0;
    for (unsigned at = 0; at < words->count; lines++)
        at = next_line(words, at, size_px, width_px).end;
    return lines;
}

static bool is_word_too_wide(const struct words *words, int size_px, int width_px)
{
    for (unsigned i = 0; i < words->count; i++)
        if ((int64_t)words->word[i].width * size_px > (int64_t)width_px * MEASURE_PX)
            return true;
    return false;
}

static int pitch(int size_px, int leading)
{
    return (size_px * leading + 50) / 100;
}

static bool fits(const struct words *words, int size_px, struct rect box, int leading)
{
    return !is_word_too_wide(words, size_px, box.w) &&
           (int)count_lines(words, size_px, box.w) * pitch(size_px, leading) <= box.h;
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

int passage_height(const struct stage *stage, const struct type *type, const char *text, int width_px,
                   int leading)
{
    struct words words;
    measure(stage, type, text, &words);
    return (int)count_lines(&words, type->size_px, width_px) * pitch(type->size_px, leading);
}

int passage_put(const struct stage *stage, const struct type *type, struct rect box, int leading,
                const char *text)
{
    struct words words;
    measure(stage, type, text, &words);
    int step = pitch(type->size_px, leading), top = box.y;
    for (struct span span = { 0, 0 }; span.end < words.count;) {
        span = next_line(&words, span.end, type->size_px, box.w);
        if (top + 2 * step > box.y + box.h)
            span.end = words.count; /* the last line takes the rest and is cut */
        unsigned at = words.word[span.first].at;
        unsigned end = words.word[span.end - 1].at + words.word[span.end - 1].length;
        char line[NOTICE_SIZE];
        copy(line, text + at, end - at);
        type_put(stage, type, box_of(box.x, top, box.w, step), ALIGN_LEFT, line);
        top += step;
    }
    return top - box.y;
}
