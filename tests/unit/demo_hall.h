/* The demo hall's own file, for tests of what a whole board does with one. They run from the source tree's root, or with
 * KEZEK_SOURCE set. */
#pragma once

#include "board/config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static inline void complain(void *data, const char *line)
{
    (void)data;
    print_error("%s\n", line);
}

/* config_destroy() it; NULL after its errors were printed. */
static inline struct config *demo_hall(void)
{
    char path[512];
    const char *source = getenv("KEZEK_SOURCE");
    struct config_paths paths = { 0 };
    struct json_report report = { .line = complain };
    snprintf(path, sizeof path, "%s/sim/demo.json", source ? source : ".");
    return config_load(path, &paths, &report);
}
