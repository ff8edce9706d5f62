#include "drivers/clock.h"
#include "drivers/screen/kms_api.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int kms_complain(const struct kms_complaint *complaint, int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(complaint->text, complaint->size, format, arguments);
    va_end(arguments);
    return status;
}

int kms_complain_of_absence(const struct kms_complaint *complaint, const struct outputs *outputs,
                            const char *name)
{
    char list[120] = "";

    for (unsigned i = 0; i < outputs_count(outputs); i++)
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
                 outputs_at(outputs, i)->name);
    if (list[0])
        return kms_complain(complaint, -ENODEV, "no output %s; this machine has %s%s%s", name, list,
                            outputs_trouble(outputs)[0] ? "; " : "", outputs_trouble(outputs));
    if (outputs_trouble(outputs)[0])
        return kms_complain(complaint, -ENODEV, "no output %s: %s", name, outputs_trouble(outputs));
    return kms_complain(complaint, -ENODEV, "no output %s: no graphics card yet; is its driver loaded?",
                        name);
}

int kms_complain_of_holder(const struct kms_complaint *complaint, const struct kms_card *card,
                           const char *name)
{
    char holder[64];

    kms_card_holder(card, holder, sizeof(holder));
    return kms_complain(complaint, -EBUSY, "%s: held by %s; stop it", name,
                        holder[0] ? holder : "another program");
}

void kms_describe_hang(const char *name, time_t since, char *text, size_t size)
{
    char clock[16] = "";
    struct tm local;

    if (localtime_r(&since, &local))
        strftime(clock, sizeof(clock), "%H:%M:%S", &local);
    snprintf(
        text, size,
        "%s: its driver does not answer since %s; the screen comes back by itself when it does, or restart "
        "the board",
        name, clock);
}

/* A cable that was moved to another port is the commonest reason. NULL: all displays are where they are wanted. */
static const char *find_idle_display(const struct outputs *outputs)
{
    for (unsigned i = 0; i < outputs_count(outputs); i++)
        if (outputs_at(outputs, i)->state == OUTPUT_PLUGGED && !outputs_at(outputs, i)->is_used)
            return outputs_at(outputs, i)->name;
    return NULL;
}

void kms_describe_darkness(const struct outputs *outputs, const char *name, char *text, size_t size)
{
    const char *idle = find_idle_display(outputs);

    if (idle)
        snprintf(text, size, "%s: no display, but one at %s, which no screen uses; move the cable back", name,
                 idle);
    else
        snprintf(text, size, "%s: no display; check its cable and power", name);
}

void kms_describe_absence(const struct outputs *outputs, const char *name, char *text, size_t size)
{
    const struct output *output = outputs_find(outputs, name);

    if (outputs_is_away(outputs))
        snprintf(text, size, "%s: the console has it until its terminal is shown again", name);
    else
        snprintf(text, size, "%s: held by %s; stop it", name,
                 output && output->held_by[0] ? output->held_by : "another program");
}

static int check_config(const struct screen_config *config, const struct kms_complaint *complaint)
{
    if (config->rotation >= 360 || config->rotation % 90)
        return kms_complain(complaint, -EINVAL, "a rotation of 0, 90, 180 or 270, not %u", config->rotation);
    if (config->format >= PIXEL_FORMATS || config->output[0] == '\0')
        return kms_complain(complaint, -EINVAL, "a kms screen needs an output, such as HDMI-A-1");
    return 0;
}

/* The screen that was here is still being closed. */
static int complain_of_hang(const struct kms_complaint *complaint, const struct worker *worker,
                            const char *name)
{
    time_t since;
    const bool is_long = monotonic_us() - worker_busy_us(worker, &since) >= KMS_HANG_US;

    kms_describe_hang(name, since, complaint->text, complaint->size);
    return is_long ? -ETIMEDOUT : -EINPROGRESS;
}

static int check_output(const struct outputs *outputs, const char *name,
                        const struct kms_complaint *complaint)
{
    const struct output *output = outputs ? outputs_find(outputs, name) : NULL;

    if (!outputs)
        return kms_complain(complaint, -ENODEV, "no output %s: outputs are not in use", name);
    if (!output)
        return kms_complain_of_absence(complaint, outputs, name);
    if (workers_leaving(outputs_workers(outputs), name))
        return complain_of_hang(complaint, workers_leaving(outputs_workers(outputs), name), name);
    if (output->is_used)
        return kms_complain(complaint, -EINVAL, "%s is in use by another screen of the hall file", name);
    if (outputs_is_away(outputs) ||
        (output->state != OUTPUT_UNPLUGGED && output->nmodes == 0 && output->held_by[0])) {
        kms_describe_absence(outputs, name, complaint->text, complaint->size);
        return -EBUSY; /* another program: the kernel does not ask displays for us then */
    }
    if (output->state == OUTPUT_UNPLUGGED) {
        kms_describe_darkness(outputs, name, complaint->text, complaint->size);
        return -EAGAIN;
    }
    if (output->state == OUTPUT_WAKING || output->nmodes == 0)
        return kms_complain(complaint, -EAGAIN,
                            "%s: a display without modes yet; if it stays so, check the plug", name);
    return 0;
}

int kms_check(const struct outputs *outputs, const struct screen_config *config,
              const struct kms_complaint *complaint)
{
    const int status = check_config(config, complaint);

    return status < 0 ? status : check_output(outputs, config->output, complaint);
}
