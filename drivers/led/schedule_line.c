#include "drivers/led/schedule.h"

uint32_t schedule_wire_us(const struct led_bus_config *config, unsigned bytes)
{
    unsigned bits = 9u + (config->parity != 'N') + config->stop_bits;
    return (uint32_t)((UINT64_C(1000000) * bits * bytes + (unsigned)config->baud - 1) /
                      (unsigned)config->baud);
}

uint32_t schedule_gap_us(const struct led_bus_config *config)
{
    return config->baud > 19200 ? 1750 : (schedule_wire_us(config, 7) + 1) / 2;
}

unsigned schedule_request_bytes(const struct led_write *write)
{
    if (write->function == 16)
        return 9u + 2u * write->count;
    return write->function == 17 ? 4 : 8;
}

unsigned schedule_answer_bytes(const struct led_write *write)
{
    if (write->function == 3)
        return 5u + 2u * write->count;
    if (write->function == 1)
        return 6;
    return write->function == 17 ? 5 + LED_SERVER_ID_MAX : 8;
}

uint32_t schedule_exchange_us(const struct led_bus_config *config, const struct led_profile *profile,
                              const struct led_write *write)
{
    return schedule_gap_us(config) +
           schedule_wire_us(config, schedule_request_bytes(write) + schedule_answer_bytes(write)) +
           profile->turnaround_ms * 1000u;
}

uint32_t schedule_broadcast_us(const struct led_bus_config *config, const struct led_profile *profile,
                               const struct led_write *write)
{
    return schedule_gap_us(config) + schedule_wire_us(config, schedule_request_bytes(write)) +
           led_profile_broadcast_ms(profile) * 1000u;
}

/* The clock of the time-out starts when the kernel has the bytes, so their time on the wire is part of it. */
void schedule_set_times(const struct led_bus_config *config, const struct led_profile *profile,
                        struct schedule_step *step)
{
    uint32_t turnaround_us = profile->turnaround_ms * 1000u;
    step->timeout_us = schedule_wire_us(config, schedule_request_bytes(&step->write) + 1) + turnaround_us +
                       config->adapter_latency_ms * 1000u + SCHEDULE_MARGIN_US;
    step->quiet_us = turnaround_us;
}

uint32_t schedule_use_permille(const struct schedule_use *use, int64_t now_us)
{
    uint64_t busy_us = 0;
    for (unsigned i = 0; i < SCHEDULE_SECONDS; i++)
        if (now_us / 1000000 - use->last[i].second < SCHEDULE_SECONDS)
            busy_us += use->last[i].busy_us;
    uint64_t permille = busy_us / (SCHEDULE_SECONDS * 1000);
    return permille < 1000 ? (uint32_t)permille : 1000;
}
