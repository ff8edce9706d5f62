/* A file as part of the program: EMBED(page_html, "board/console/page.html") at file scope defines
 * `page_html` and `page_html_end`; the bytes are read when the file that says so is compiled, with paths from
 * the top of the source tree. A NUL stands after the last byte.
 */
#pragma once

#include <stddef.h>

#define EMBED(name, path)                                                                                    \
    __asm__(".pushsection .rodata\n"                                                                         \
            ".balign 16\n" #name ":\n"                                                                       \
            ".incbin \"" path "\"\n" #name "_end:\n"                                                         \
            ".byte 0\n"                                                                                      \
            ".popsection\n");                                                                                \
    extern const char name[], name##_end[]
#define EMBED_SIZE(name) ((size_t)(name##_end - name))
