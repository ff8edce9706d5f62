/* What the kinds of jobs share, and what each of them does. Private to drivers/led: the parts of job.c. */
#pragma once

#include "drivers/led/job.h"

/* The job has ended. */
__attribute__((format(printf, 3, 4))) void job_finish(struct job *job, int error, const char *format, ...);
/* A step that puts `write` to the unit at `place`; `profile` says how long it may take, NULL: anybody. */
void job_step(const struct job *job, const struct job_place *place, const struct led_write *write,
              const struct led_profile *profile, struct schedule_step *step);
struct led_write job_question(const struct job_question *question);
/* As people write it: unit 7 at 9600 8N1. */
#define JOB_PLACE_SIZE 40
const char *job_place_text(const struct job_place *place, char out[JOB_PLACE_SIZE]);
bool job_serial_equals(const struct led_serial *a, const struct led_serial *b);
struct led_serial job_bus_serial(const struct job *job);

int job_scan_start(struct job *job);
void job_scan_next(const struct job *job, struct schedule_step *step);
void job_scan_done(struct job *job, const struct schedule_step *step, const struct schedule_result *result);

int job_address_start(struct job *job);
void job_address_next(const struct job *job, struct schedule_step *step);
void job_address_done(struct job *job, const struct schedule_step *step,
                      const struct schedule_result *result);
