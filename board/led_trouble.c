#include "board/led_trouble.h"

#include <errno.h>
#include <stdio.h>

#define DAMAGED_MIN   10 /* single ones are switching and lightning */
#define DAMAGED_SHARE 50 /* one of so many */

static bool is_unsure(const struct led_unit_status *status)
{
    return status->error && status->certainty == LED_UNKNOWN;
}

static bool is_damaged(const struct led_unit_status *status)
{
    return is_unsure(status) && (status->error == -EBADMSG || status->error == -EPROTO);
}

static const char *fault_of(const struct led_unit_status *status)
{
    if (status->is_dead)
        return "dead";
    if (status->is_other)
        return "other";
    if (is_damaged(status))
        return "damaged";
    if (is_unsure(status) && (status->error == -EREMOTEIO || status->error == -EIO))
        return "refuses";
    return NULL;
}

const char *led_state(const struct led_unit_status *status)
{
    const char *fault = fault_of(status);
    return fault ? fault : led_certainty_names[status->certainty];
}

bool led_is_well(const struct led_unit_status *status)
{
    return !fault_of(status);
}

static void say_dead(const struct led_unit_config *config, const struct led_unit_status *status, char *out)
{
    if (status->timeouts < status->requests)
        snprintf(out, LED_TROUBLE_SIZE, "no reply any more; check its power and its plug");
    else
        snprintf(out, LED_TROUBLE_SIZE,
                 "no reply since the start; check its power, its address (%u), and A against B",
                 config->unit);
}

void led_unit_trouble(const struct led_unit_config *config, const struct led_unit_status *status, char *out)
{
    const char *profile = led_profile_name(config->profile);
    *out = '\0';
    if (status->is_dead)
        say_dead(config, status, out);
    else if (status->is_other)
        snprintf(out, LED_TROUBLE_SIZE,
                 "answers as \"%.47s\", not as %.31s, and is left alone; correct its profile or its address",
                 status->identity, profile);
    else if (is_damaged(status))
        snprintf(
            out, LED_TROUBLE_SIZE,
            "damaged replies; does another board have the address %u, too? Then: termination, bias, shield",
            config->unit);
    else if (is_unsure(status) && status->error == -EREMOTEIO)
        snprintf(out, LED_TROUBLE_SIZE, "refuses what it is given; is its profile (%.31s) right?", profile);
    else if (is_unsure(status) && status->error == -EIO)
        snprintf(out, LED_TROUBLE_SIZE,
                 "reads back something else than was written; is its profile (%.31s) right?", profile);
    else if (status->crc_errors >= DAMAGED_MIN && status->crc_errors > status->requests / DAMAGED_SHARE)
        snprintf(out, LED_TROUBLE_SIZE, "%u of %u replies were damaged; check termination, bias and shield",
                 status->crc_errors, status->requests);
}

static bool are_all_dead(const struct led_bus_config *config, const struct led_unit_status *unit)
{
    for (unsigned i = 0; i < config->nunits; i++)
        if (!unit[i].is_dead)
            return false;
    return config->nunits > 1;
}

/* All are damaged or silent: several at once share no address, but the line. */
static bool are_all_damaged(const struct led_bus_config *config, const struct led_unit_status *unit)
{
    unsigned damaged = 0;
    for (unsigned i = 0; i < config->nunits; i++) {
        if (!unit[i].is_dead && !is_damaged(&unit[i]))
            return false;
        damaged += !unit[i].is_dead;
    }
    return damaged > 1;
}

void led_bus_trouble(const struct led_bus_config *config, const struct led_bus_status *status,
                     const struct led_unit_status *unit, char *out)
{
    *out = '\0';
    if (!status->is_open)
        snprintf(out, LED_TROUBLE_SIZE, "%.80s; check the %s", *status->detail ? status->detail : "not open",
                 led_bus_is_gateway(config) ? "gateway, its address and its network cable"
                                            : "adapter, its plug and the name of its device");
    else if (are_all_dead(config, unit))
        snprintf(out, LED_TROUBLE_SIZE,
                 "none of its %u boards replies; check their power, A against B, and %d 8%c%u on all",
                 config->nunits, config->baud, config->parity, config->stop_bits);
    else if (status->hears_itself && led_bus_is_gateway(config))
        snprintf(out, LED_TROUBLE_SIZE,
                 "the gateway hears itself, so that some boards cannot be believed; let its receiver be off "
                 "while it sends");
    else if (are_all_damaged(config, unit))
        snprintf(
            out, LED_TROUBLE_SIZE,
            "the replies of all %u boards are damaged or missing; check termination, bias and common wire, "
            "and that nobody else talks on it",
            config->nunits);
}
