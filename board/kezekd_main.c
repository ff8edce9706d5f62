/* kezekd: the service. It is the board process; it starts the others (kezek-link_main.c, kezek-console_main.c). */
#include "board/bench.h"
#include "board/board.h"
#include "board/check/check.h"
#include "board/log.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define CONFIG_DEFAULT "/etc/kezek/hall.json"

static void print_line(void *data, const char *line)
{
    fprintf(data, "%s\n", line);
}

static int usage(FILE *out, int status)
{
    fputs("usage: kezekd [-c FILE] [-n] [-v]\n"
          "       kezekd bench [--kms] [-c FILE] [--seconds N]\n"
          "  -c, --config FILE  hall file (default " CONFIG_DEFAULT ")\n"
          "  -n, --check        check the hall file, print every error, and exit: 0 good, 78 bad\n"
          "  -v, --verbose      log details\n"
          "      --version      print the version\n"
          "      --help         print this\n"
          "\n"
          "  bench              measure the screens instead of running the service\n",
          out);
    return status;
}

static struct config *load(const char *path, const struct config_paths *paths)
{
    struct json_report report = { .line = print_line, .data = stderr, .file = path };
    struct config *config = config_load(path, paths, &report);
    if (!config)
        fprintf(stderr, "kezekd: %s: %u error%s\n", path, report.count, report.count == 1 ? "" : "s");
    return config;
}

/* A hall file is good when every character can be drawn, too. */
static int service(const char *path, bool is_check_only)
{
    struct config_paths paths = { 0 };
    char error[256] = "";
    struct config *config = load(path, &paths);
    struct fonts *fonts = config ? fonts_create(&font_files_debian, error, sizeof error) : NULL;
    if (config && !fonts)
        fprintf(stderr, "kezekd: %s\n", error);
    int errors = !fonts          ? 1
                 : is_check_only ? check_hall(config, fonts, stdout)
                                 : check_glyphs(config, fonts, stderr);
    if (!errors && !is_check_only)
        return board_run(config, &paths, fonts);
    fonts_destroy(fonts);
    config_destroy(config);
    return errors ? EX_CONFIG : 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' }, { "check", no_argument, NULL, 'n' },
        { "verbose", no_argument, NULL, 'v' },      { "version", no_argument, NULL, 'V' },
        { "help", no_argument, NULL, 'h' },         { 0 },
    };
    if (argc > 1 && strcmp(argv[1], "bench") == 0)
        return bench_main(argc, argv);
    const char *path = CONFIG_DEFAULT;
    bool is_check_only = false;
    enum log_level level = LOG_LEVEL_INFO;
    for (int option; (option = getopt_long(argc, argv, "c:nv", options, NULL)) != -1;) {
        switch (option) {
        case 'c': path = optarg; break;
        case 'n': is_check_only = true; break;
        case 'v': level = LOG_LEVEL_DEBUG; break;
        case 'V': return puts("kezekd " KEZEK_VERSION) < 0;
        case 'h': return usage(stdout, 0);
        default: return usage(stderr, EX_USAGE);
        }
    }
    if (optind < argc)
        return usage(stderr, EX_USAGE);
    log_open("board", level);
    return service(path, is_check_only);
}
