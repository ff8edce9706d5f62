/* kezek-link: the process of the service that has the network and no devices. kezekd starts it (child.h); a program of its own, so
 * that the board process is linked with no TLS, HTTP or MQTT library at all: it gets to main() in 2.4 ms instead of 6.3, and has
 * nothing of theirs to attack.
 */
#include "board/child.h"
#include "board/link.h"
#include "board/log.h"
#include "board/sandbox/sandbox.h"

#include <sys/stat.h>

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
    sandbox_enter("link", SANDBOX_LINK, NULL);
    return link_run(CHILD_FD_SOCKET, config);
}

int main(int argc, char **argv)
{
    return child_main(argc, argv, "link", run_link);
}
