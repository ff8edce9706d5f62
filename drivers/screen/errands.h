/* What the loop must not wait for: asking displays for their EDID, and telling them something over HDMI-CEC. One worker
 * thread, errands one after the other. Private to drivers/screen.
 */
#pragma once

#include "drivers/screen/kms.h"

struct errand_report {
    bool is_probe;   /* all cards have been asked; else a CEC errand has ended */
    char output[32]; /* CEC: for this one */
    char result[48]; /* CEC: what is wrong, "" nothing */
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
/* Asks the displays of these cards. They must stay open, and must not be read on the loop (the kernel has one lock
 * for it), until the report. One at a time. */
void errands_probe(struct errands *errands, struct kms_card *const *cards, unsigned ncards);
/* A display to stand-by or on (cec.h). The newest wish for an output counts; at most OUTPUTS_MAX outputs. */
void errands_cec(struct errands *errands, const struct cec_wish *wish);
