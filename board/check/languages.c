#include "board/check/languages.h"
#include "board/scene/scene.h"

#include <stdio.h>
#include <string.h>

#define SIZES_MAX 4 /* a headline and a sentence are two */

/* One text in one language. */
struct run {
    unsigned role, lang;
    int left, right, top, bottom; /* of pens and baselines */
    unsigned nsizes;
    int size_px[SIZES_MAX];
};
/* The same text in the hall's languages. */
struct group {
    bool has[LANGS_MAX];
    struct run run[LANGS_MAX];
};
struct judge {
    const struct config *config;
    int kk, ru; /* indices of languages, or NONE */
    char *reason;
    size_t size;
    bool is_good;
};

static int index_of(const struct config *config, const char *lang)
{
    const size_t length = strlen(lang);
    for (int i = 0; i < config->nlangs; i++)
        if (strncmp(config->lang[i], lang, length) == 0 &&
            (config->lang[i][length] == '\0' || config->lang[i][length] == '-'))
            return i;
    return NONE;
}

bool languages_are_judged(const struct config *config)
{
    return index_of(config, "kk") != NONE;
}

static const char *role_name(unsigned role)
{
    static const char *const names[ROLES] = {
        [ROLE_LABEL] = "words beside numbers",
        [ROLE_AGENCY] = "agencies",
        [ROLE_NOTICE] = "notices",
        [ROLE_HEADER] = "the head",
        [ROLE_ALERT] = "an alert",
        [ROLE_MESSAGE] = "a wall without calls",
    };
    return role < ROLES ? names[role] : NULL;
}

static void complain(struct judge *judge, const struct run *a, const struct run *b, const char *what)
{
    if (judge->is_good)
        snprintf(judge->reason, judge->size, "%s: %s at %d,%d in %d px, %s at %d,%d in %d px: %s",
                 role_name(a->role), judge->config->lang[a->lang], a->left, a->top, a->size_px[0],
                 judge->config->lang[b->lang], b->left, b->top, b->size_px[0], what);
    judge->is_good = false;
}

/* Headline with headline, sentence with sentence. */
static bool is_larger(const struct run *a, const struct run *b)
{
    for (unsigned i = 0; i < a->nsizes && i < b->nsizes; i++)
        if (a->size_px[i] > b->size_px[i])
            return true;
    return false;
}

static void judge_group(struct judge *judge, const struct group *group)
{
    const bool has_kk = group->has[judge->kk], has_ru = judge->ru != NONE && group->has[judge->ru];
    const struct run *kk = &group->run[judge->kk], *ru = has_ru ? &group->run[judge->ru] : NULL;
    if (!has_kk)
        return;
    if (ru && (is_larger(kk, ru) || is_larger(ru, kk)))
        complain(judge, kk, ru, "the size must be one");
    if (ru && kk->bottom >= ru->top && kk->right > ru->left)
        complain(judge, kk, ru, "Kazakh must stand above or on the left; put it first in languages");
    for (int i = 0; i < judge->config->nlangs; i++)
        if (group->has[i] && i != judge->kk && i != judge->ru && is_larger(&group->run[i], kk))
            complain(judge, kk, &group->run[i], "no language may be larger than Kazakh");
}

static void start_run(struct run *run, const struct placed *placed)
{
    *run = (struct run){ .role = placed->role,
                         .lang = placed->lang,
                         .left = placed->x,
                         .right = placed->x,
                         .top = placed->y,
                         .bottom = placed->y };
}

static void add_glyph(struct run *run, const struct placed *placed)
{
    const int size_px = glyph_size_px(placed->key);
    run->left = placed->x < run->left ? placed->x : run->left;
    run->right = placed->x > run->right ? placed->x : run->right;
    run->top = placed->y < run->top ? placed->y : run->top;
    run->bottom = placed->y > run->bottom ? placed->y : run->bottom;
    if (run->nsizes < SIZES_MAX && (run->nsizes == 0 || run->size_px[run->nsizes - 1] != size_px))
        run->size_px[run->nsizes++] = size_px;
}

static void end_group(struct judge *judge, struct group *group)
{
    judge_group(judge, group);
    memset(group->has, 0, sizeof group->has);
}

/* Languages of one text follow each other; whatever else comes ends it. */
bool languages_hold(const struct config *config, const struct picture *picture, char *reason, size_t size)
{
    struct judge judge = { config, index_of(config, "kk"), index_of(config, "ru"), reason, size, true };
    struct group group = { 0 };
    const struct placed *before = NULL;
    for (unsigned i = 0; judge.kk != NONE && i < picture->nglyphs; i++) {
        const struct placed *placed = &picture->glyph[i];
        const bool is_text =
            glyph_size_px(placed->key) > 0 && role_name(placed->role) && placed->lang < config->nlangs;
        const bool is_next = is_text && before && before->role == placed->role;
        if (!is_next || group.has[placed->lang] != (before->lang == placed->lang))
            end_group(&judge, &group);
        if (is_text && !group.has[placed->lang])
            start_run(&group.run[placed->lang], placed);
        if (is_text) {
            group.has[placed->lang] = true;
            add_glyph(&group.run[placed->lang], placed);
        }
        before = is_text ? placed : NULL;
    }
    if (judge.kk != NONE)
        end_group(&judge, &group);
    return judge.is_good;
}
