#include "board/scene/scene_calls.h"

#include <stdio.h>
#include <string.h>

#define SIGN_SIZE (JOINED_SIZE + 2 * TICKET_SIZE + 32)

static struct sign sign_recalled(void)
{
    return (struct sign){ .phrase = PHRASE_RECALLED, .shorter = PHRASE_RECALLED };
}

static struct sign sign_booked(const struct call *call)
{
    struct sign sign = { .phrase = PHRASE_BY_APPOINTMENT, .shorter = PHRASE_BOOKED };
    snprintf(sign.before, sizeof sign.before, call->slot->booked_at[0] ? "%s  " : "%s",
             call->slot->booked_at);
    return sign;
}

static struct sign sign_passed_on(const struct stage *stage, const struct call *call)
{
    struct sign sign = { .phrase = PHRASE_PASSED_ON, .shorter = PHRASE_PASSED_ON };
    snprintf(sign.after, sizeof sign.after, ": %s → %s", stage->in->config->desk[call->slot->from].label,
             call->desk->label);
    return sign;
}

struct sign sign_in_service(void)
{
    return (struct sign){ .phrase = PHRASE_IN_SERVICE, .shorter = PHRASE_IN_SERVICE };
}

int signs_of(const struct stage *stage, const struct call *call, struct sign out[SIGNS_MAX])
{
    int n = 0;
    if (call->slot->is_recall)
        out[n++] = sign_recalled();
    if (call->slot->lane == LANE_BOOKED)
        out[n++] = sign_booked(call);
    if (call->slot->from >= 0 && call->slot->from < stage->in->config->ndesks)
        out[n++] = sign_passed_on(stage, call);
    return n;
}

static void sign_text(const struct stage *stage, const struct sign *sign, enum phrase phrase, int nlangs,
                      char out[SIGN_SIZE])
{
    char words[JOINED_SIZE];
    stage_join(stage, phrase, nlangs, words);
    snprintf(out, SIGN_SIZE, "%s%s%s", sign->before, words, sign->after);
}

int sign_width(const struct stage *stage, const struct type *type, const struct sign *sign)
{
    char text[SIGN_SIZE];
    sign_text(stage, sign, sign->shorter, 2, text);
    return type_width(stage, type, text);
}

void sign_put(const struct stage *stage, struct type type, struct rect box, const struct sign *sign)
{
    const struct {
        enum phrase phrase;
        int nlangs;
    } wording[] = {
        { sign->phrase, LANGS_MAX }, { sign->shorter, LANGS_MAX }, { sign->phrase, 2 }, { sign->shorter, 2 }
    };
    char text[SIGN_SIZE];
    type.is_joined = true;
    for (unsigned i = 0; i < sizeof wording / sizeof *wording; i++) {
        sign_text(stage, sign, wording[i].phrase, wording[i].nlangs, text);
        if (type_width(stage, &type, text) <= box.w)
            break;
    }
    type_fit(stage, &type, text, box.w, type.size_px * 3 / 5);
    type_put(stage, &type, box, ALIGN_LEFT, text);
}

/* ---- what the desk is ------------------------------------------------------------------------------------
 */

static enum phrase kind_phrase(const struct call *call)
{
    static const enum phrase phrases[KINDS] = {
        [KIND_WINDOW] = PHRASE_WINDOW, [KIND_DESK] = PHRASE_DESK, [KIND_ROOM] = PHRASE_ROOM
    };
    return phrases[call->desk->kind < KINDS ? call->desk->kind : KIND_WINDOW];
}

/* The words of the first three languages, each once: Кабинет is the same in two. */
#define WORDS_MAX 3

static bool has_word(const struct texts *words, const char *text)
{
    for (int i = 0; i < words->count; i++)
        if (strcmp(words->text[i], text) == 0)
            return true;
    return false;
}

static struct texts kind_words(const struct stage *stage, const struct call *call)
{
    struct texts words = { 0 };
    for (int i = 0; i < stage->in->config->nlangs && i < WORDS_MAX; i++) {
        const char *text = stage_phrase(stage, kind_phrase(call), i);
        if (!has_word(&words, text))
            texts_add(&words, i, text);
    }
    return words;
}

bool kind_put_beside(const struct stage *stage, const struct call *call, int cap_px, struct rect box)
{
    struct texts words = kind_words(stage, call);
    int share = words.count == WORDS_MAX ? 27 : 31;
    struct type type = {
        .weight = WEIGHT_BOLD, .size_px = cap_px * share / 100, .role = ROLE_LABEL, .ink = call->look.ink
    };
    int least_px = type.size_px * 4 / 5;
    for (int i = 0; i < words.count; i++) {
        type.lang = words.lang[i];
        if (!type_fit(stage, &type, words.text[i], box.w, least_px))
            return false;
    }
    texts_put(stage, &type, &words, box, LEADING_TEXT);
    return true;
}

void kind_put_line(const struct stage *stage, const struct call *call, const struct type *type,
                   struct rect *box)
{
    char text[JOINED_SIZE];
    struct type fitted = *type;
    fitted.is_joined = true;
    stage_join(stage, kind_phrase(call), WORDS_MAX, text);
    if (type_width(stage, type, text) > box->w / 2)
        stage_join(stage, kind_phrase(call), 2, text);
    type_fit(stage, &fitted, text, box->w, type->size_px / 2);
    type_put(stage, &fitted, box_cut_right(box, type_width(stage, &fitted, text) + 1), ALIGN_RIGHT, text);
    box_cut_right(box, type->size_px);
}
