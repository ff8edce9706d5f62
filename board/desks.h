/* The LED boards above the desks, driven from the hall's state: what each one shall show, and what its bus
 * says became of it. Boards and adapters that are absent are reported, and come back by themselves; nothing
 * here waits for a bus.
 */
#pragma once

#include "board/hall/desktext.h"
#include "board/hall/receipts.h"
#include "board/loop.h"

struct desks; /* all buses */
/* `on_change`: what is known of a board has changed (for watchers and health). */
struct desks_events {
    void *data;
    void (*on_change)(void *data, int desk, const struct led_report *report);
};
struct desks *desks_create(struct loop *loop, const struct config *config, struct receipts *receipts,
                           const struct desks_events *events);
void desks_destroy(struct desks *desks);
/* Wishes what the desk's state asks for. token 0: no receipt. A call with a token is sent also if the text is
 * the same. */
void desks_update(struct desks *desks, const struct hall *hall, int desk, enum feed_truth truth,
                  uint64_t token);
void desks_update_all(struct desks *desks, const struct hall *hall, enum feed_truth truth);
/* A technician's job on a bus, as led.h has it; -ENODEV also where there is no bus. */
int desks_start_job(struct desks *desks, unsigned bus, const struct led_job *job);
void desks_stop_job(struct desks *desks, unsigned bus);
void desks_job_status(const struct desks *desks, unsigned bus, struct led_job_status *status);
/* Ends what desks_override() began; the board shows its desk's text again at the next desks_tick(). */
void desks_end_override(struct desks *desks, int desk);
/* Shows a text instead of the desk's own for a while (led show, identify). 0, -ENOENT: no LED board there,
 * -EILSEQ with why. */
int desks_override(struct desks *desks, int desk, const char *text, bool is_blinking, int64_t until_us,
                   char *why, size_t why_size);
void desks_tick(struct desks *desks, const struct hall *hall, enum feed_truth truth, int64_t now_us);
int64_t desks_deadline_us(const struct desks *desks);
/* The brightness of this minute of the day, -1: not known. Tells the buses only what is new. */
void desks_dim(struct desks *desks, int minute);
const struct led_text *desks_wanted(const struct desks *desks, int desk);
void desks_unit_status(const struct desks *desks, int desk, struct led_unit_status *status);
void desks_bus_status(const struct desks *desks, unsigned bus, struct led_bus_status *status);
