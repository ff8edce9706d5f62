#include "protocol/mqtt_guard.h"

#include <dlfcn.h>
#include <mosquitto.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef void assert_fail(const char *expression, const char *file, unsigned line, const char *function);

_Noreturn void on_assertion(const char *expression, const char *file, unsigned line,
                            const char *function) __asm__("__assert_fail");

static _Thread_local jmp_buf *way_out;

_Noreturn void on_assertion(const char *expression, const char *file, unsigned line, const char *function)
{
    if (way_out && strcmp(function, "log__printf") == 0)
        longjmp(*way_out, 1); // NOLINT(cert-err52-cpp): the library leaves no other way
    assert_fail *of_glibc = (assert_fail *)dlsym(RTLD_NEXT, "__assert_fail");
    if (of_glibc)
        of_glibc(expression, file, line, function);
    abort();
}

int mqtt_guarded_read(struct mosquitto *client)
{
    jmp_buf here;
    if (setjmp(here) != 0) { // NOLINT(cert-err52-cpp)
        way_out = NULL;
        return MOSQ_ERR_MALFORMED_PACKET;
    }
    way_out = &here;
    int rc = mosquitto_loop_read(client, 1);
    way_out = NULL;
    return rc;
}
