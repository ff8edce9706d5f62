/* One LED bus by hand: the modbus backend driven over standard input, for tests against other people's slaves.
 *
 *   led_drive DEVICE BAUD PROFILE:UNIT …
 *   in   want INDEX TOKEN TEXT [blink]     (TEXT - is blank)
 *   out  report INDEX TOKEN CERTAINTY ERROR FINAL SUPERSEDED WAITED_US DETAIL
 * It ends with its input.
 */
#include "drivers/clock.h"
#include "drivers/led/led.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOKENS 4096

static int64_t wished_us[TOKENS];

static void complain(void *data, const char *line)
{
    (void)data;
    fprintf(stderr, "%s\n", line);
}

static bool add_unit(struct led_bus_config *config, const char *word)
{
    char name[40], path[96];
    unsigned unit;
    struct json_report report = { .line = complain };
    if (sscanf(word, "%39[^:]:%u", name, &unit) != 2 || config->nunits == LED_UNITS_MAX)
        return false;
    snprintf(path, sizeof path, "drivers/led/profiles/%s.json", name);
    struct led_profile *profile = led_profile_load(path, &report);
    config->unit[config->nunits++] = (struct led_unit_config){ (uint8_t)unit, profile };
    return profile;
}

static void print_reports(struct led_bus *bus)
{
    struct led_report r;
    while (led_modbus.take(bus, &r))
        printf("report %u %llu %s %d %d %d %lld %s\n", r.index, (unsigned long long)r.token,
               led_certainty_names[r.certainty], r.error, r.is_final, r.is_superseded,
               r.wire_us ? (long long)(r.wire_us - wished_us[r.token % TOKENS]) : -1, r.detail);
    fflush(stdout);
}

static void obey(struct led_bus *bus, const struct led_bus_config *config, const char *line)
{
    struct led_text text = { 0 };
    unsigned index;
    unsigned long long token;
    char blink[8] = "";
    if (sscanf(line, "want %u %llu %32s %7s", &index, &token, text.text, blink) < 3 ||
        index >= config->nunits) {
        fprintf(stderr, "not understood: %s", line);
        return;
    }
    if (strcmp(text.text, "-") == 0)
        text.text[0] = '\0';
    text.is_blinking = *blink;
    wished_us[token % TOKENS] = monotonic_us();
    led_modbus.want(bus, index, &text, token);
}

/* Input is line-buffered by its writer, so a readable descriptor gives whole lines. */
static void run(struct led_bus *bus, const struct led_bus_config *config)
{
    struct pollfd fds[] = { { .fd = 0, .events = POLLIN }, { .fd = led_modbus.fd(bus), .events = POLLIN } };
    char line[256];
    setvbuf(stdin, NULL, _IONBF, 0);
    while (poll(fds, 2, -1) > 0) {
        if (fds[1].revents)
            print_reports(bus);
        if (fds[0].revents && !fgets(line, sizeof line, stdin))
            return;
        if (fds[0].revents)
            obey(bus, config, line);
    }
}

int main(int argc, char **argv)
{
    struct led_bus_config config = {
        .id = "drive",
        .driver = "modbus",
        .parity = 'N',
        .stop_bits = 1,
        .reassert_ms = 30000,
        .adapter_latency_ms = 150, /* of foreign slaves that this machine schedules late */
    };
    struct led_bus *bus = NULL;
    char error[128];
    bool is_ok = argc > 3;
    if (is_ok) {
        snprintf(config.device, sizeof config.device, "%s", argv[1]);
        config.baud = atoi(argv[2]);
    }
    for (int i = 3; i < argc; i++)
        is_ok = add_unit(&config, argv[i]) && is_ok;
    if (!is_ok || led_modbus.open(&bus, &config, error, sizeof error) < 0) {
        fprintf(stderr, "usage: led_drive DEVICE BAUD PROFILE:UNIT …%s%s\n", is_ok ? "\n" : "",
                is_ok ? error : "");
        return 2;
    }
    run(bus, &config);
    led_modbus.close(bus);
    for (unsigned i = 0; i < config.nunits; i++)
        led_profile_destroy((struct led_profile *)config.unit[i].profile);
    return 0;
}
