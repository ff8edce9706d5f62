/* The writes that give a unit a new address and new line settings. */
#include "drivers/led/profile_data.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* The steps so far, and what is left to come true. */
struct plan {
    const struct led_profile *profile;
    struct led_commission_step *step;
    int count;
};

static const char *const setting_names[LED_SETTINGS] = { "speed", "parity", "stop bits" };

__attribute__((format(printf, 4, 5))) static int refuse(int error, char *why, size_t size, const char *format,
                                                        ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, size, format, args);
    va_end(args);
    return error;
}

static int code_of(const struct led_serial *serial, enum led_setting_kind kind)
{
    const int code[LED_SETTINGS] = { serial->baud, serial->parity, serial->stop_bits };
    return code[kind];
}

static const char *show(enum led_setting_kind kind, int code, char buffer[16])
{
    if (kind == LED_PARITY)
        snprintf(buffer, 16, "%s", code == 'E' ? "even" : code == 'O' ? "odd" : "none");
    else
        snprintf(buffer, 16, "%d", code);
    return buffer;
}

static int refuse_code(const struct led_profile *profile, enum led_setting_kind kind, int code, char *why,
                       size_t size)
{
    const struct led_setting *setting = &profile->commission.setting[kind];
    char list[160] = "", shown[16];
    for (unsigned i = 0, used = 0; i < setting->nchoices; i++)
        used += (unsigned)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                                   show(kind, setting->choice[i].code, shown));
    return refuse(-EINVAL, why, size, "%s has no %s %s; it has %s", profile->name, setting_names[kind],
                  show(kind, code, shown), list);
}

static void add(struct plan *plan, const struct led_write *write, uint8_t takes)
{
    const struct led_profile *profile = plan->profile;
    bool is_each = profile->commission.effect == LED_EFFECT_EACH;
    bool is_turning = is_each || (profile->commission.effect == LED_EFFECT_SAVE && !takes);
    struct led_commission_step *step = &plan->step[plan->count++];
    *step = (struct led_commission_step){ .write = *write,
                                          .is_answered_anew =
                                              is_turning && profile->commission.answer == LED_ANSWER_NEW,
                                          .is_silent =
                                              is_turning && profile->commission.answer == LED_ANSWER_UNKNOWN,
                                          .is_doubtful = is_each,
                                          .takes = is_each ? takes : 0,
                                          .rest_ms = is_turning ? profile->commission.rest_ms : 0 };
    step->write.function = write->count == 1 && profile->has_fc06 ? 6 : 16;
}

static void add_one(struct plan *plan, uint16_t reg, uint16_t value, uint8_t takes)
{
    add(plan, &(struct led_write){ reg, 1, 0, { value } }, takes);
}

static int add_setting(struct plan *plan, enum led_setting_kind kind, const struct led_serial *serial,
                       char *why, size_t size)
{
    const struct led_profile *profile = plan->profile;
    const struct led_setting *setting = &profile->commission.setting[kind];
    int code = code_of(serial, kind);
    char shown[16];
    if (!setting->nchoices && code == code_of(&profile->factory.serial, kind))
        return 0;
    if (!setting->nchoices)
        return refuse(-ENOTSUP, why, size, "the %s of %s cannot be set over the line; it comes with %s",
                      setting_names[kind], profile->name,
                      show(kind, code_of(&profile->factory.serial, kind), shown));
    for (unsigned i = 0; i < setting->nchoices; i++)
        if (setting->choice[i].code == code) {
            add_one(plan, setting->reg, setting->choice[i].value, (uint8_t)(LED_TAKES_BAUD << kind));
            return 0;
        }
    return refuse_code(profile, kind, code, why, size);
}

/* The last one that turns something makes everything new. */
static void finish(struct plan *plan)
{
    const struct led_profile *profile = plan->profile;
    int last = plan->count - 1;
    if (profile->commission.save.count) {
        add(plan, &profile->commission.save, 0);
        if (profile->commission.effect == LED_EFFECT_SAVE)
            last = plan->count - 1;
    }
    plan->step[last].is_effective = profile->commission.effect != LED_EFFECT_POWER;
}

int led_profile_commission(const struct led_profile *profile, uint8_t unit, const struct led_serial *serial,
                           struct led_commission_step out[LED_COMMISSION_MAX], char *why, size_t why_size)
{
    struct plan plan = { profile, out, 0 };
    if (!profile->commission.has)
        return refuse(-ENOTSUP, why, why_size,
                      "the address of %s cannot be set over the line; it has a menu or a page of its own",
                      profile->name);
    if (unit < 1 || unit > 247)
        return refuse(-EINVAL, why, why_size, "%u is no address; 1 to 247 are", unit);
    add_one(&plan, profile->commission.unit_reg, unit, LED_TAKES_UNIT);
    for (unsigned kind = 0; serial && kind < LED_SETTINGS; kind++) {
        int error = add_setting(&plan, kind, serial, why, why_size);
        if (error)
            return error;
    }
    finish(&plan);
    return plan.count;
}
