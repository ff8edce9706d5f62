#include "protocol/mqtt_assert.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef void assert_fail(const char *expression, const char *file, unsigned line, const char *function);

_Noreturn void on_assertion(const char *expression, const char *file, unsigned line,
                            const char *function) __asm__("__assert_fail");

_Thread_local jmp_buf *mqtt_assert_exit;

_Noreturn void on_assertion(const char *expression, const char *file, unsigned line, const char *function)
{
    if (mqtt_assert_exit && strcmp(function, "log__printf") == 0)
        longjmp(*mqtt_assert_exit, 1); // NOLINT(cert-err52-cpp): the library leaves no other way
    assert_fail *of_glibc = (assert_fail *)dlsym(RTLD_NEXT, "__assert_fail");
    if (of_glibc)
        of_glibc(expression, file, line, function);
    abort();
}
