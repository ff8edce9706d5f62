/* The fonts of Debian, open for a whole test program: cmocka_run_group_tests(tests, open_fonts, close_fonts). */
#pragma once

#include "fonts/face.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct fonts *fonts;

static int open_fonts(void **state)
{
    char error[200] = "";
    (void)state;
    fonts = fonts_create(&font_files_debian, error, sizeof error);
    if (!fonts)
        print_error("%s\n", error);
    return fonts ? 0 : -1;
}

static int close_fonts(void **state)
{
    (void)state;
    fonts_destroy(fonts);
    return 0;
}
