/* Any bytes as a LED profile: never a crash; a profile is either taken whole or refused with complaints that are one printable
 * line each; and one that was taken writes nothing but what it may. Good seeds are the files of drivers/led/profiles.
 *
 *   make B=build-fuzz CC=clang SAN=fuzzer-no-link,address,undefined build-fuzz/tests/fuzz/fuzz_profile
 *   build-fuzz/tests/fuzz/fuzz_profile -max_len=8192 -max_total_time=60 CORPUS
 */
#include "drivers/led/profile_data.h"
#include "tests/fuzz/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const tickets[] = { "А042", "105", "", "1.5", "-7", "----", "0", "Н-17", "888888888" };
#define TICKETS (sizeof tickets / sizeof tickets[0])

/* Coils are one at a time; registers fit a frame of the device. */
static void check_write(const struct led_profile *profile, const struct led_write *write)
{
    require(write->count >= 1);
    require(write->function == 16 || write->count == 1);
    require(write->function == 5 || (unsigned)write->reg + write->count <= 65536);
    require(write->function == 5 || write->function == 6 || write->count <= profile->max_regs);
    require(write->function == 5   ? profile->has_fc05
            : write->function == 6 ? profile->has_fc06
                                   : write->function == 16 && profile->has_fc16);
}

static void check_value_write(const struct led_profile *profile, const struct led_write *write)
{
    check_write(profile, write);
    require(led_profile_may_write(profile, write));
}

static void show(const struct led_profile *profile, const char *ticket)
{
    char shown[64], again[64], why[128];
    uint16_t read[LED_TEXT_REGS_MAX] = { 0 };
    struct led_write writes[LED_WRITES_MAX];
    int error = led_fold(profile, ticket, shown, sizeof shown, why, sizeof why);
    int count = led_profile_writes(profile, ticket, writes);
    require(*ticket || (!error && count > 0)); /* every board can be dark */
    require((error < 0) == (count < 0));
    for (int i = 0; i < count; i++)
        check_value_write(profile, &writes[i]);
    led_profile_lit(profile, ticket, read);
    if (profile->verify_regs)
        led_profile_equals(profile, ticket, true, read);
    if (error)
        return;
    require(led_fold(profile, shown, again, sizeof again, why, sizeof why) == 0);
    require(strcmp(shown, again) == 0);
}

static void style(const struct led_profile *profile)
{
    struct led_write write;
    for (unsigned percent = 0; percent <= 100; percent += 50)
        if (led_profile_brightness(profile, percent, &write))
            check_value_write(profile, &write);
    for (unsigned colour = 0; colour < LED_COLOURS; colour++)
        if (led_profile_colour(profile, colour, &write))
            check_value_write(profile, &write);
    for (unsigned i = 0; i < profile->ninit; i++)
        check_value_write(profile, &profile->init[i]);
    if (profile->has_blink) {
        check_value_write(profile, &profile->blink_on);
        check_value_write(profile, &profile->blink_off);
    }
    if (led_profile_identity(profile, &write))
        require(write.function == 17 || (write.function == 3 && write.count > 0));
}

static void gather(const struct led_profile *profile)
{
    const char *text[LED_REGS_MAX];
    struct led_write write;
    unsigned count = led_profile_group_max(profile);
    for (unsigned i = 0; i < count; i++)
        text[i] = "1";
    for (unsigned first = 1; count && first <= 248 - count; first += 247 - count)
        if (led_profile_group(profile, (uint8_t)first, count, text, &write))
            check_value_write(profile, &write);
}

static void commission(const struct led_profile *profile)
{
    struct led_commission_step step[LED_COMMISSION_MAX];
    char why[128];
    int count = led_profile_commission(profile, 7, &profile->factory.serial, step, why, sizeof why);
    for (int i = 0; i < count; i++)
        check_write(profile, &step[i].write);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memory_file(data, size, path);
    struct json_report report = { .line = hear };
    struct led_profile *profile = led_profile_load(path, &report);
    require((profile == NULL) == (report.count > 0));
    for (unsigned i = 0; profile && i < TICKETS; i++)
        show(profile, tickets[i]);
    if (profile) {
        style(profile);
        gather(profile);
        commission(profile);
    }
    led_profile_destroy(profile);
    close(fd);
    return 0;
}
