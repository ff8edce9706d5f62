/* libgpiod 2.x, as a double: the Makefile puts it before the library. */
#include "tests/unit/fire_alarm_suite.h"
