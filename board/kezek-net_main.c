/* kezek-net: the processes of the service that have a network and no devices: `link` and `console`. kezekd starts them
 * (child.h); a program of its own, so that the board process is linked with no TLS, HTTP or MQTT library at all: it gets to
 * main() in 2.4 ms instead of 6.3, and has nothing of theirs to attack.
 */
#include "board/child.h"
#include "board/console/console.h"
#include "board/control.h"
#include "board/link.h"
#include "board/log.h"
#include "board/sandbox/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

static int run_console(const struct config *config)
{
    char path[108];
    if (rundir_path(path, sizeof path, "control") < 0)
        return EX_SOFTWARE;
    sandbox_enter("console", SANDBOX_CONSOLE);
    return console_run(config, path);
}

/* Of the file itself: its copy in memory has another mode and no name. */
static void warn_of_readers(const char *path)
{
    struct stat status;
    if (path[0] && stat(path, &status) == 0 && status.st_mode & S_IRWXO)
        log_warn("broker.password_file: %s: anybody on this board may use it; chmod o= %s", path, path);
}

static int run_link(struct config *config)
{
    warn_of_readers(config->broker.password_file);
    sandbox_take_file(config->broker.password_file, sizeof config->broker.password_file);
    sandbox_take_file(config->broker.ca_file, sizeof config->broker.ca_file);
    sandbox_take_file(config->broker.cert_file, sizeof config->broker.cert_file);
    sandbox_take_file(config->broker.key_file, sizeof config->broker.key_file);
    sandbox_enter("link", SANDBOX_LINK);
    return link_run(CHILD_FD_SOCKET, config);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("kezek-net " KEZEK_VERSION) < 0;
    bool is_link = argc == 2 && strcmp(argv[1], "link") == 0;
    if (!is_link && (argc != 2 || strcmp(argv[1], "console") != 0)) {
        fputs("kezek-net is a part of kezekd, which starts it; it is not started by hand\n", stderr);
        return EX_USAGE;
    }
    log_open(argv[1], LOG_LEVEL_INFO);
    struct config *config = child_config();
    if (!config) {
        log_error("kezekd and kezek-net are not of the same build; restart the service");
        return EX_SOFTWARE;
    }
    int status = is_link ? run_link(config) : run_console(config);
    free(config);
    return status;
}
