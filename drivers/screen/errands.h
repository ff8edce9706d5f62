/* What the loop must not wait for: telling displays something over HDMI-CEC. One worker (worker.h), errands one after the other.
 * Loop only. Private to drivers/screen.
 */
#pragma once

#include "drivers/screen/outputs.h"

struct errand_report {
    char output[32];
    char result[48]; /* what is wrong, "" nothing */
};

struct cec_wish {
    char output[32];
    unsigned card; /* 1: /dev/dri/card1 */
    uint32_t connector;
    bool is_on;
};

struct errands;
struct workers;
struct errands *errands_create(struct workers *workers); /* NULL with errno */
/* After the errand that is under way it is gone; nobody waits for that here (workers_wait). NULL is fine. */
void errands_let_go(struct errands *errands);
/* What has come of an errand, once; new ones are there after workers_reap(). False: none. */
bool errands_take(struct errands *errands, struct errand_report *report);
/* A display to stand-by or on (cec.h). The newest wish for an output counts; at most OUTPUTS_MAX outputs. */
void errands_cec(struct errands *errands, const struct cec_wish *wish);
