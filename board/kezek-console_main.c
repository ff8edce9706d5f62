/* kezek-console: the process of the service that speaks HTTP, if the hall file asks for it. kezekd starts it (child.h); a program of
 * its own, so that the link has no HTTP library and the GnuTLS that comes with it, and the console no MQTT: 1 MiB for each.
 */
#include "board/child.h"
#include "board/console/console.h"
#include "board/control.h"
#include "board/sandbox/sandbox.h"

#include <sysexits.h>

static int run_console(struct config *config)
{
    char path[108];
    if (rundir_path(path, sizeof path, "control") < 0)
        return EX_SOFTWARE;
    sandbox_enter("console", SANDBOX_CONSOLE, NULL);
    return console_run(config, path);
}

int main(int argc, char **argv)
{
    return child_main(argc, argv, "console", run_console);
}
