#include "board/ctl/ctl.h"

#include "protocol/json.h"

#include <stdarg.h>
#include <string.h>

#define VERBS_MAX 64

int ctl_complain(struct ctl *ctl, int status, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ctl_clean(text);
    fprintf(ctl->err, "kezekctl: %s\n", text);
    return status;
}

static void print_usage(FILE *out)
{
    fputs("Usage: kezekctl [-s SOCKET] [--json] COMMAND …\n\n"
          "The technician's way to the board that runs in this hall.\n\n",
          out);
    for (unsigned i = 0; i < ctl_nverbs; i++)
        fprintf(out, "  %-15s  %s\n", ctl_verbs[i].name, ctl_verbs[i].summary);
    fputs("\n  -s SOCKET   the board's socket; its run folder's when left out\n"
          "  --json      print the board's replies as they come, one JSON value a line\n"
          "  --help      of a command, too: kezekctl led show --help\n"
          "  --version\n\n"
          "Exit status: 0 done, 1 refused by the board, 64 usage, 69 board not reachable,\n"
          "73 cannot write the output file, 78 the hall file has errors.\n",
          out);
}

static void print_help(FILE *out, const struct ctl_verb *verb)
{
    fprintf(out, "Usage: kezekctl [-s SOCKET] [--json] %s %s\n\n%s\n", verb->name, verb->synopsis,
            verb->summary);
    if (verb->help)
        fprintf(out, "\n%s\n", verb->help);
}

/* Words of argv[0..] that the verb's name takes, 0 if it is another one. */
static int matches(const struct ctl_verb *verb, int argc, char **argv)
{
    const char *space = strchr(verb->name, ' ');
    if (!space)
        return argc >= 1 && !strcmp(verb->name, argv[0]) ? 1 : 0;
    size_t length = (size_t)(space - verb->name);
    bool is_group = argc >= 2 && strlen(argv[0]) == length && !strncmp(verb->name, argv[0], length);
    return is_group && !strcmp(space + 1, argv[1]) ? 2 : 0;
}

static const struct ctl_verb *find_verb(int argc, char **argv, int *words)
{
    for (unsigned i = 0; i < ctl_nverbs; i++)
        if ((*words = matches(&ctl_verbs[i], argc, argv)) > 0)
            return &ctl_verbs[i];
    return NULL;
}

static bool is_in_group(const struct ctl_verb *verb, const char *group)
{
    size_t length = strlen(group);
    return !strncmp(verb->name, group, length) && verb->name[length] == ' ';
}

static int list_group(struct ctl *ctl, const char *group)
{
    fprintf(ctl->err, "kezekctl: %s needs one more word:\n", group);
    for (unsigned i = 0; i < ctl_nverbs; i++)
        if (is_in_group(&ctl_verbs[i], group))
            fprintf(ctl->err, "  %s %s\n", ctl_verbs[i].name, ctl_verbs[i].synopsis);
    return CTL_USAGE;
}

static bool is_group(const char *word)
{
    for (unsigned i = 0; i < ctl_nverbs; i++)
        if (is_in_group(&ctl_verbs[i], word))
            return true;
    return false;
}

static int refuse_verb(struct ctl *ctl, int argc, char **argv)
{
    const char *names[VERBS_MAX];
    char word[64];
    if (is_group(argv[0]) && (argc < 2 || argv[1][0] == '-'))
        return list_group(ctl, argv[0]);
    for (unsigned i = 0; i < ctl_nverbs; i++)
        names[i] = ctl_verbs[i].name;
    snprintf(word, sizeof word, "%s%s%s", argv[0], argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
    const char *near = json_nearest(word, names, ctl_nverbs);
    if (!near)
        near = json_nearest(argv[0], names, ctl_nverbs);
    if (near)
        return ctl_complain(ctl, CTL_USAGE, "unknown command \"%s\"; did you mean \"%s\"?",
                            is_group(argv[0]) ? word : argv[0], near);
    return ctl_complain(ctl, CTL_USAGE, "unknown command \"%s\"; see kezekctl --help", argv[0]);
}

/* Takes `flag` out of the arguments before "--"; was it there? */
static bool take_flag(int *argc, char **argv, const char *flag)
{
    bool has_flag = false;
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        if (!strcmp(argv[i], "--")) {
            while (i < *argc)
                argv[kept++] = argv[i++];
            break;
        }
        if (!strcmp(argv[i], flag))
            has_flag = true;
        else
            argv[kept++] = argv[i];
    }
    *argc = kept;
    return has_flag;
}

static int run_verb(struct ctl *ctl, int argc, char **argv)
{
    int words = 0;
    bool has_help = take_flag(&argc, argv, "--help");
    has_help = take_flag(&argc, argv, "-h") || has_help;
    if (argc == 0 && has_help) {
        print_usage(ctl->out);
        return CTL_OK;
    }
    if (argc == 0) {
        print_usage(ctl->err);
        return CTL_USAGE;
    }
    const struct ctl_verb *verb = find_verb(argc, argv, &words);
    if (!verb)
        return refuse_verb(ctl, argc, argv);
    if (has_help) {
        print_help(ctl->out, verb);
        return CTL_OK;
    }
    struct ctl_args args;
    int status = ctl_args_parse(ctl, verb, argc - words, argv + words, &args);
    return status == CTL_OK ? verb->run(ctl, &args) : status;
}

/* Options before the command. Returns the arguments consumed, or -1 after a complaint. */
static int take_globals(struct ctl *ctl, int argc, char **argv)
{
    int i = 0;
    for (; i < argc && argv[i][0] == '-' && strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0;
         i++) {
        if (strcmp(argv[i], "-s") != 0 && strcmp(argv[i], "--socket") != 0) {
            ctl_complain(ctl, CTL_USAGE, "unknown option %s; see kezekctl --help", argv[i]);
            return -1;
        }
        if (++i == argc) {
            ctl_complain(ctl, CTL_USAGE, "-s needs the path of a socket");
            return -1;
        }
        ctl->socket = argv[i];
    }
    return i;
}

int ctl_main(int argc, char **argv, FILE *out, FILE *err)
{
    struct ctl ctl = { .out = out, .err = err, .fd = -1 };
    argc--, argv++;
    if (argc > 0 && !strcmp(argv[0], "--version")) {
        fprintf(out, "kezekctl %s\n", KEZEK_VERSION);
        return CTL_OK;
    }
    ctl.is_json = take_flag(&argc, argv, "--json");
    int taken = take_globals(&ctl, argc, argv);
    int status = taken < 0 ? CTL_USAGE : run_verb(&ctl, argc - taken, argv + taken);
    ctl_close(&ctl);
    if (fflush(out) != 0 && status == CTL_OK)
        status = CTL_NO_FILE;
    return status;
}
