#include "board/check/check.h"
#include "board/check/languages.h"
#include "board/check/trial.h"

#include <string.h>

/* "kk first, ru at the same size, en not larger" */
static void print_rule(const struct config *config, FILE *out)
{
    fprintf(out, "languages: kk first");
    for (unsigned i = 0; i < config->nlangs; i++)
        if (strncmp(config->lang[i], "kk", 2) != 0)
            fprintf(out, ", %s %s", config->lang[i],
                    strncmp(config->lang[i], "ru", 2) == 0 ? "at the same size" : "not larger");
}

int check_languages(const struct config *config, struct fonts *fonts, FILE *out)
{
    struct trial *trial = languages_are_judged(config) ? trial_create(config, fonts) : NULL;
    struct trial_sizes sizes = { .is_lawful = true };
    unsigned screen = 0;
    if (!trial)
        return 0;
    for (; screen < config->nscreens && sizes.is_lawful; screen++)
        trial_measure(trial, screen, (struct trial_limits){ 0 }, &sizes);
    trial_destroy(trial);
    print_rule(config, out);
    if (sizes.is_lawful)
        fprintf(out, ": PASS\n");
    else
        fprintf(out, ": FAIL\n  screens[%u]: %s\n", screen - 1, sizes.unlawful);
    return !sizes.is_lawful;
}
