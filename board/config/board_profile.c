#include "board/config/board_profile.h"

#include <string.h>

static bool is_named(const char *pattern, const char *name)
{
    size_t length = strcspn(pattern, "*");
    return strncmp(pattern, name, length) == 0 && (pattern[length] == '*' || strlen(name) == length);
}

const struct profile_output *profile_output(const struct board_profile *profile, const char *name)
{
    for (unsigned i = 0; i < profile->noutputs; i++)
        if (is_named(profile->output[i].name, name))
            return &profile->output[i];
    return NULL;
}

const struct profile_chip *profile_chip(const struct board_profile *profile, const char *label)
{
    for (unsigned i = 0; i < profile->nchips; i++)
        if (strcmp(profile->chip[i].label, label) == 0)
            return &profile->chip[i];
    return NULL;
}

uint64_t profile_rate(const struct profile_mode *mode)
{
    return (uint64_t)mode->width * mode->height * mode->hz;
}
