#include "board/ctl/ctl.h"
#include "protocol/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static unsigned count_options(const struct ctl_verb *verb)
{
    unsigned count = 0;
    while (count < CTL_OPTIONS_MAX && verb->options[count])
        count++;
    return count;
}

static int option_index(const struct ctl_verb *verb, const char *name, size_t length)
{
    for (unsigned i = 0; i < count_options(verb); i++)
        if (strlen(verb->options[i]) == length && !strncmp(verb->options[i], name, length))
            return (int)i;
    return -1;
}

static int refuse_option(struct ctl *ctl, const struct ctl_verb *verb, const char *name)
{
    const char *near = json_nearest(name, verb->options, count_options(verb));
    if (near)
        return ctl_complain(ctl, CTL_USAGE, "%s: unknown option %s; did you mean %s?", verb->name, name,
                            near);
    return ctl_complain(ctl, CTL_USAGE, "%s: unknown option %s; see kezekctl %s --help", verb->name, name,
                        verb->name);
}

/* "--lane booked" or "--lane=booked". Returns the arguments consumed, 0 after a complaint. */
static int take_option(struct ctl *ctl, int argc, char **argv, struct ctl_args *args)
{
    if (args->verb->flag && !strcmp(argv[0], args->verb->flag)) {
        args->has_flag = true;
        return 1;
    }
    const char *equals = strchr(argv[0], '=');
    size_t length = equals ? (size_t)(equals - argv[0]) : strlen(argv[0]);
    int index = option_index(args->verb, argv[0], length);
    if (index < 0) {
        refuse_option(ctl, args->verb, argv[0]);
        return 0;
    }
    if (!equals && argc < 2) {
        ctl_complain(ctl, CTL_USAGE, "%s: %s needs a value", args->verb->name, argv[0]);
        return 0;
    }
    args->value[index] = equals ? equals + 1 : argv[1];
    return equals ? 1 : 2;
}

int ctl_args_parse(struct ctl *ctl, const struct ctl_verb *verb, int argc, char **argv, struct ctl_args *args)
{
    *args = (struct ctl_args){ .verb = verb };
    bool is_over = false;
    for (int i = 0; i < argc;) {
        if (!is_over && !strcmp(argv[i], "--")) {
            is_over = true;
            i++;
        } else if (!is_over && argv[i][0] == '-' && argv[i][1]) {
            int taken = take_option(ctl, argc - i, argv + i, args);
            if (taken == 0)
                return CTL_USAGE;
            i += taken;
        } else if (args->nwords < verb->max_words) {
            args->word[args->nwords++] = argv[i++];
        } else {
            return ctl_complain(ctl, CTL_USAGE, "%s: \"%s\" is too much; usage: kezekctl %s %s", verb->name,
                                argv[i], verb->name, verb->synopsis);
        }
    }
    if (args->nwords < verb->min_words)
        return ctl_complain(ctl, CTL_USAGE, "usage: kezekctl %s %s", verb->name, verb->synopsis);
    return CTL_OK;
}

const char *ctl_option(const struct ctl_args *args, const char *name)
{
    int index = option_index(args->verb, name, strlen(name));
    return index < 0 ? NULL : args->value[index];
}

int ctl_option_number(struct ctl *ctl, const struct ctl_args *args, const char *name, long min, long max,
                      long *out)
{
    const char *text = ctl_option(args, name);
    if (!text)
        return CTL_OK;
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < min || value > max)
        return ctl_complain(ctl, CTL_USAGE, "%s: %s \"%s\" is not a whole number from %ld to %ld",
                            args->verb->name, name, text, min, max);
    *out = value;
    return CTL_OK;
}
