/* drivers/screen/outputs.h without netlink, worker and virtual terminals: the list changes when a test says so. Its object
 * takes the place of outputs.o. */
#pragma once

#include "drivers/screen/kms.h"
#include "tests/doubles/drm/drm_double.h"

struct outputs_log {
    bool is_away;      /* script: the console has the screens */
    unsigned ncec;     /* calls of outputs_cec() … */
    bool is_on;        /* … and the last wish */
    unsigned nentered; /* screens that are in */
};
extern struct outputs_log outputs_log;

/* Reads the cards anew; versions of what has changed count up. */
void outputs_double_renew(struct outputs *outputs);
