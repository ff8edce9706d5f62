#include "drivers/led/gateway.h"
#include "drivers/led/led.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool led_bus_is_gateway(const struct led_bus_config *config)
{
    return strncmp(config->device, "tcp://", 6) == 0;
}

bool led_baud_is_usable(int baud)
{
    static const int bauds[] = { 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400 };
    for (size_t i = 0; i < sizeof bauds / sizeof bauds[0]; i++)
        if (bauds[i] == baud)
            return true;
    return false;
}

__attribute__((format(printf, 3, 4))) static int refuse(char *error, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, size, format, args);
    va_end(args);
    return -EINVAL;
}

static int check_units(const struct led_bus_config *config, char *error, size_t size)
{
    bool is_taken[256] = { false };
    for (unsigned i = 0; i < config->nunits; i++) {
        uint8_t unit = config->unit[i].unit;
        if (unit < 1 || unit > 247)
            return refuse(error, size, "unit %u is not one of 1 to 247", unit);
        if (is_taken[unit])
            return refuse(error, size, "unit %u stands twice on the bus", unit);
        is_taken[unit] = true;
    }
    return 0;
}

int led_bus_check(const struct led_bus_config *config, char *error, size_t error_size)
{
    struct gateway_address address;
    if (led_bus_is_gateway(config) && !gateway_parse(config->device, &address, error, error_size))
        return -EINVAL;
    if (led_bus_is_gateway(config) && config->rs485.is_wanted)
        return refuse(error, error_size, "rs485 is of a serial port; a gateway has its own");
    if (config->rs485.before_ms > 100 || config->rs485.after_ms > 100)
        return refuse(error, error_size, "RTS is held for 100 ms at most");
    if (config->nunits > LED_UNITS_MAX)
        return refuse(error, error_size, "%u units; a bus carries %d", config->nunits, LED_UNITS_MAX);
    if (!led_baud_is_usable(config->baud))
        return refuse(error, error_size, "%d baud is not one of " LED_BAUDS, config->baud);
    if (!config->parity || !strchr("NEO", config->parity))
        return refuse(error, error_size, "parity is not N, E or O");
    if (config->stop_bits < 1 || config->stop_bits > 2)
        return refuse(error, error_size, "%u stop bits are not 1 or 2", config->stop_bits);
    return check_units(config, error, error_size);
}
