#include "board/check/check.h"

#include <stdlib.h>
#include <string.h>

/* "A, B and C" */
struct words {
    char text[256];
    size_t used;
    unsigned count, total;
};

static void add_word(struct words *words, const char *word)
{
    const char *before = words->count == 0 ? "" : words->count + 1 == words->total ? " and " : ", ";
    words->count++;
    if (words->used < sizeof words->text)
        words->used += (size_t)snprintf(words->text + words->used, sizeof words->text - words->used, "%s%s",
                                        before, word);
}

static void mode_word(const struct profile_mode *mode, char *out, size_t size)
{
    snprintf(out, size, "%ux%u@%u", mode->width, mode->height, mode->hz);
}

/* ---- screens --------------------------------------------------------------------------------- */

static struct profile_mode mode_of(const struct screen_config *device)
{
    return (struct profile_mode){ device->width, device->height, device->refresh_hz };
}

static int miss_output(const struct board_profile *profile, const struct screen_config *device, FILE *out)
{
    struct words words = { .total = profile->noutputs };
    for (unsigned i = 0; i < profile->noutputs; i++)
        add_word(&words, profile->output[i].name);
    fprintf(out, "screen %s: %s has %s, not %s  FAIL\n", device->id, profile->name, words.text,
            device->output);
    return 1;
}

static void check_mode(const struct board_profile *profile, const struct profile_output *output,
                       const struct screen_config *device, FILE *out)
{
    struct profile_mode wanted = mode_of(device);
    char mine[32], most[32];
    if (!output->max.width || profile_rate(&wanted) <= profile_rate(&output->max))
        return;
    mode_word(&wanted, mine, sizeof mine);
    mode_word(&output->max, most, sizeof most);
    fprintf(out, "screen %s: %s of %s shows %s at most, not %s  WARN: a smaller mode will be taken\n",
            device->id, device->output, profile->name, most, mine);
}

static int check_format(const struct board_profile *profile, const struct screen_config *device, FILE *out)
{
    struct words words = { .total = (unsigned)__builtin_popcount(profile->formats) };
    if (profile->formats >> device->format & 1)
        return 0;
    for (unsigned i = 0; i < PIXEL_FORMATS; i++)
        if (profile->formats >> i & 1)
            add_word(&words, pixel_format_names[i]);
    fprintf(out, "screen %s: %s shows \"format\": \"%s\", not \"%s\"  FAIL\n", device->id, profile->name,
            words.text, pixel_format_names[device->format]);
    return 1;
}

static int check_outputs(const struct config *config, FILE *out)
{
    int errors = 0;
    const struct board_profile *profile = &config->board_profile;
    for (unsigned i = 0; i < config->nscreens; i++) {
        const struct screen_config *device = &config->screen[i].device;
        if (strcmp(device->driver, "kms") != 0)
            continue;
        const struct profile_output *output = profile_output(profile, device->output);
        errors += output ? check_format(profile, device, out) : miss_output(profile, device, out);
        if (output)
            check_mode(profile, output, device, out);
    }
    return errors;
}

static void check_together(const struct config *config, FILE *out)
{
    const struct board_profile *profile = &config->board_profile;
    struct words words = { .total = profile->ntogether };
    uint64_t possible = 0, wanted = 0;
    for (unsigned i = 0; i < profile->ntogether; i++) {
        char word[32];
        mode_word(&profile->together[i], word, sizeof word);
        add_word(&words, word);
        possible += profile_rate(&profile->together[i]);
    }
    for (unsigned i = 0; i < config->nscreens; i++) {
        struct profile_mode mode = mode_of(&config->screen[i].device);
        if (strcmp(config->screen[i].device.driver, "kms") == 0)
            wanted += profile_rate(&mode);
    }
    if (profile->ntogether && wanted > possible)
        fprintf(out, "board %s: shows %s at once; the screens ask for more  WARN: take smaller modes\n",
                profile->name, words.text);
}

/* ---- chimes ---------------------------------------------------------------------------------- */

/* A number or a path says nothing about the kind of chip; without one the line has a name. */
static bool is_label(const char *chip)
{
    return chip[0] && chip[0] != '/' && strncmp(chip, "gpiochip", 8) != 0;
}

static int check_chime(const struct board_profile *profile, const struct chime_config *device, FILE *out)
{
    const struct profile_chip *chip = profile_chip(profile, device->chip);
    struct words words = { .total = profile->nchips };
    char *end;
    if (!chip) {
        for (unsigned i = 0; i < profile->nchips; i++)
            add_word(&words, profile->chip[i].label);
        fprintf(out, "chime %s: %s has GPIO at %s, not at %s  FAIL\n", device->id, profile->name, words.text,
                device->chip);
        return 1;
    }
    long line = strtol(device->line, &end, 10);
    if (*end || line < chip->lines)
        return 0;
    fprintf(out, "chime %s: %s has the lines 0 to %u, not %ld  FAIL\n", device->id, device->chip,
            chip->lines - 1, line);
    return 1;
}

static int check_chips(const struct config *config, FILE *out)
{
    int errors = 0;
    for (unsigned i = 0; i < config->nchimes; i++) {
        const struct chime_config *device = &config->chime[i].device;
        if (strncmp(device->driver, "gpio", 4) == 0 && is_label(device->chip))
            errors += check_chime(&config->board_profile, device, out);
    }
    return errors;
}

int check_profile(const struct config *config, FILE *out)
{
    const struct board_profile *profile = &config->board_profile;
    if (!profile->name[0])
        return 0;
    int errors = check_outputs(config, out) + check_chips(config, out);
    check_together(config, out);
    if (!errors)
        fprintf(out, "board %s: has the outputs and GPIO lines of the hall file\n", profile->name);
    return errors;
}
