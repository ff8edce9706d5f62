/* Reads board/voices/LANG.json (schema.json beside it). */
#pragma once

#include "board/voice/grammar.h"
#include "protocol/json.h"

#define GRAMMAR_BYTES_MAX (64u << 10) /* the shipped ones have 3 KiB */

/* `root` is the file's JSON. Complains about everything that is wrong; false: then *out must not be used. */
bool grammar_load(struct grammar *out, const char *lang, const cJSON *root, struct json_report *report);
