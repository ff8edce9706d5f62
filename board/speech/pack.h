/* A voice pack: a folder of sound files, and voice.json, which says what they are:
 *
 *   { "lang": "kk", "name": "Aigul, reception", "licence": "CC-BY-4.0", "rate": 48000,
 *     "clips": { "жетінші": "jetinshi.wav", "терезеге өтіңіз": "terezege.wav" } }
 *
 * Reads the manifest only, no sound. board/speech/voice.schema.json describes it; BOARD.md says how to record one.
 */
#pragma once

#include "board/voice/sentence.h"
#include "protocol/json.h"

#define PACK_CLIPS_MAX                                                                                       \
    1000 /* letters, numbers, ordinals, phrases: 70 to 400; json.h knows 1024 names at one place */
#define PACK_FILE_SIZE 64
#define PACK_MANIFEST  "voice.json"
#define PACK_BYTES_MAX (256 << 10)

struct pack_clip {
    char word[WORD_SIZE];
    char file[PACK_FILE_SIZE]; /* within the folder */
};
struct pack {
    char folder[256];
    char lang[LANG_SIZE], name[64], licence[64];
    unsigned rate_hz; /* of each file */
    unsigned nclips;
    struct pack_clip *clip; /* malloc, sorted by word */
};

/* A file of JSON up to PACK_BYTES_MAX; NULL with a complaint. The caller frees it. */
cJSON *pack_read_json(const char *path, struct json_report *report);
/* NULL with complaints: it cannot be read, or is wrong. */
struct pack *pack_load(const char *folder, struct json_report *report);
void pack_destroy(struct pack *pack); /* NULL is fine */
/* NULL: the pack has none. Marks of a pause at the word's end are no part of it. */
const struct pack_clip *pack_find(const struct pack *pack, const char *word);
/* The word without marks of a pause at its end, into `out`; the pause behind it in ms. */
unsigned pack_word(const char *word, char out[WORD_SIZE]);
