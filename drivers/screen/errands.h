/* What the loop must not wait for: telling displays something over HDMI-CEC. One worker thread, errands one after the other.
 * Private to drivers/screen.
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
struct errands *errands_create(void);          /* NULL with errno */
void errands_destroy(struct errands *errands); /* waits for the errand that is under way: seconds */
int errands_fd(const struct errands *errands); /* readable: take */
bool errands_take(struct errands *errands, struct errand_report *report);
/* A display to stand-by or on (cec.h). The newest wish for an output counts; at most OUTPUTS_MAX outputs. */
void errands_cec(struct errands *errands, const struct cec_wish *wish);
