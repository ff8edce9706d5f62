/* libgpiod 1.6, as a double: the Makefile puts it before the library. */
#include "tests/unit/fire_alarm_suite.h"
