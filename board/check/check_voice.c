#include "board/check/check.h"

#include "board/speech/pack.h"
#include "board/speech/words.h"

#include <stdlib.h>
#include <string.h>

#define NAMED_MAX 8 /* of the missing words: a line, not a page */

/* The words of a language, each once. */
struct tally {
    const struct pack *pack;
    unsigned nwords, nmissing;
    char word[PACK_CLIPS_MAX][WORD_SIZE];
    const char *missing[NAMED_MAX];
};

static int count_word(void *data, const char *word)
{
    struct tally *tally = data;
    for (unsigned i = 0; i < tally->nwords; i++)
        if (strcmp(tally->word[i], word) == 0)
            return 0;
    if (tally->nwords == PACK_CLIPS_MAX)
        return 0;
    char *noted = tally->word[tally->nwords++];
    snprintf(noted, WORD_SIZE, "%s", word);
    if (!pack_find(tally->pack, word) && tally->nmissing++ < NAMED_MAX)
        tally->missing[tally->nmissing - 1] = noted;
    return 0;
}

static void print_tally(const struct tally *tally, const char *lang, bool is_espeak, FILE *out)
{
    fprintf(out, "voice %s: %u of %u words in %s (%s, %s)", lang, tally->nwords - tally->nmissing,
            tally->nwords, tally->pack->folder, tally->pack->name, tally->pack->licence);
    if (tally->nmissing) {
        fprintf(out, "  WARN: %s calls with", is_espeak ? "espeak-ng says" : "nothing says");
        for (unsigned i = 0; i < tally->nmissing && i < NAMED_MAX; i++)
            fprintf(out, "%s %s", i ? "," : "", tally->missing[i]);
        if (tally->nmissing > NAMED_MAX)
            fprintf(out, " and %u more", tally->nmissing - NAMED_MAX);
    }
    fputc('\n', out);
}

static void print_complaint(void *data, const char *line)
{
    FILE *out = data;
    fprintf(out, "  WARN: %s\n", line);
}

static void check_pack(const struct config *config, unsigned lang, FILE *out)
{
    struct json_report report = { .line = print_complaint, .data = out };
    struct pack *pack = pack_load(config->voice.pack[lang], &report);
    struct tally *tally = pack ? calloc(1, sizeof *tally) : NULL;
    if (tally) {
        tally->pack = pack;
        if (words_each(config->voice.grammar[lang], count_word, tally) == 0)
            print_tally(tally, config->lang[lang], config->voice.is_espeak, out);
    }
    free(tally);
    pack_destroy(pack);
}

void check_voice(const struct config *config, FILE *out)
{
    for (unsigned i = 0; config->voice.is_on && i < config->nlangs; i++) {
        if (!config->voice.grammar[i])
            continue;
        if (config->voice.pack[i][0])
            check_pack(config, i, out);
        else
            fprintf(out, "voice %s: no pack; %s\n", config->lang[i],
                    config->voice.is_espeak ? "espeak-ng speaks"
                                            : "WARN: nothing speaks, since voice.espeak is false");
    }
}
