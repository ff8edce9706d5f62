/* One channel of a PWM chip of the kernel, through /sys/class/pwm (Documentation/driver-api/pwm.rst of the kernel). Private to
 * drivers/chime. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct pwm_channel {
    int period, duty, enable; /* files */
};
/* `chip` is a part of the path of the chip's device ("1f00098000.pwm"): numbers of chips change with the kernel. Exports the channel
 * where nobody did, and silences it. 0 or -errno with a line for people: -ENOENT no such chip, -ENOTUNIQ several, -EINVAL a
 * channel that the chip lacks, -EBUSY a driver of the kernel has it, -EACCES. Close it in either case. */
int pwm_channel_open(struct pwm_channel *channel, const char *sysfs, const char *chip, unsigned number,
                     char *error, size_t error_size);
void pwm_channel_close(struct pwm_channel *channel); /* silences it; once */
/* 0 or -errno. */
int pwm_channel_tune(struct pwm_channel *channel, int64_t period_ns); /* switches it on, without pulses */
int pwm_channel_pulse(struct pwm_channel *channel, int64_t width_ns); /* 0 to the period */
int pwm_channel_silence(struct pwm_channel *channel);
