#include "tests/scenario/words.h"

#include "tests/scenario/verdict.h"

#include <string.h>

bool is_word(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

int index_of(const char *word, const char *const *names, unsigned count)
{
    for (unsigned i = 0; word && i < count; i++)
        if (strcmp(word, names[i]) == 0)
            return (int)i;
    return -1;
}

int desk_of(const struct config *config, const char *word)
{
    int desk = word ? config_desk_index(config, word) : NONE;
    if (desk < 0)
        complain("the hall file has no desk \"%s\"", word ? word : "");
    return desk;
}

int screen_of(const struct config *config, const char *word)
{
    for (unsigned i = 0; word && i < config->nscreens; i++)
        if (strcmp(config->screen[i].device.id, word) == 0)
            return (int)i;
    complain("the hall file has no screen \"%s\"", word ? word : "");
    return -1;
}
