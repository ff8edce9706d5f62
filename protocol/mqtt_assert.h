/* glibc's __assert_fail(), defined here so that libraries call this one: the known one of libmosquitto jumps out where
 * mqtt_guard.c says; any other is glibc's.
 *
 * A file of its own: every program with an assert() takes it out of our archive, and shall not take libmosquitto and OpenSSL
 * with it (tests/checks/linked).
 */
#pragma once

#include <setjmp.h>

/* Where that assertion of this thread jumps to; NULL: it ends the process. */
extern _Thread_local jmp_buf *mqtt_assert_exit;
