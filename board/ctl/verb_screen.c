#include "board/ctl/ctl.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

void ctl_print_screens(FILE *out, const cJSON *items)
{
    struct ctl_table table;
    char age[24];
    const cJSON *item;
    ctl_table_init(&table, "SCREEN|STATE|OUTPUT|SIZE|>FRAMES|>LAST FLIP|SHOWS");
    cJSON_ArrayForEach(item, items)
    {
        const char *output = ctl_text(item, "output");
        ctl_cell(&table, "%s", ctl_text(item, "id"));
        ctl_cell(&table, "%s", ctl_text(item, "state"));
        ctl_cell(&table, "%s", output[0] ? output : ctl_text(item, "driver"));
        ctl_cell(&table, "%s", ctl_text(item, "size"));
        ctl_cell(&table, "%.0f", ctl_number(item, "frames"));
        ctl_cell(&table, "%s",
                 ctl_number(item, "frames") > 0 ? ctl_duration(ctl_number(item, "last_flip_ms"), age) : "");
        ctl_cell(&table, "%s", ctl_text(item, "shows"));
    }
    ctl_table_print(&table, out);
}

/* ---- the list: a few short lines an item, for a telephone ------------------------------------ */
/* "60", "59.94" */
static const char *hertz(const cJSON *item, char text[16])
{
    snprintf(text, 16, "%.2f", ctl_number(item, "refresh_hz"));
    size_t length = strlen(text);
    while (text[length - 1] == '0')
        text[--length] = '\0';
    if (text[length - 1] == '.')
        text[length - 1] = '\0';
    return text;
}

static void print_mode(FILE *out, const cJSON *item)
{
    char hz[16];
    int rotation = (int)ctl_number(item, "rotation");
    const char *size = ctl_text(item, "size");
    if (!size[0])
        return;
    if (rotation)
        ctl_say(out, "  %s at %s Hz, turned by %d", size, hertz(item, hz), rotation);
    else
        ctl_say(out, "  %s at %s Hz", size, hertz(item, hz));
}

/* Legibility is calculated with what the hall file says. Televisions may say the size of a sister, hence the tenth. */
static void print_doubt(FILE *out, const cJSON *screen)
{
    double said_in = ctl_number(screen, "diagonal_in");
    double told_in = hypot(ctl_number(screen, "width_mm"), ctl_number(screen, "height_mm")) / 25.4;
    if (said_in > 0 && told_in > 0 && fabs(told_in - said_in) > said_in / 10)
        ctl_say(out, "  the display tells %.0f in, the hall file %.4g in: measure it", told_in, said_in);
}

static void print_monitor(FILE *out, const cJSON *item)
{
    const char *monitor = ctl_text(item, "monitor");
    bool has_size = ctl_number(item, "width_mm") > 0 && ctl_number(item, "height_mm") > 0;
    if (has_size)
        ctl_say(out, "  %s, %.0f x %.0f mm", monitor[0] ? monitor : "a display without a name",
                ctl_number(item, "width_mm"), ctl_number(item, "height_mm"));
    else if (monitor[0])
        ctl_say(out, "  %s", monitor);
}

/* Modes of one size stand in one line; the preferred one has a star. */
static void print_modes(FILE *out, const cJSON *modes)
{
    char line[256] = "", hz[16];
    const char *last = "";
    const cJSON *mode;
    cJSON_ArrayForEach(mode, modes)
    {
        const char *size = ctl_text(mode, "size");
        size_t length = strlen(line);
        if (strcmp(size, last) != 0) {
            if (length)
                ctl_say(out, "%s", line);
            length = (size_t)snprintf(line, sizeof line, "    %-9s ", size);
        }
        if (length < sizeof line)
            snprintf(line + length, sizeof line - length, " %s%s", hertz(mode, hz),
                     ctl_bool(mode, "preferred") ? "*" : "");
        last = size;
    }
    if (line[0])
        ctl_say(out, "%s", line);
}

static const cJSON *find_output(const cJSON *reply, const char *name)
{
    const cJSON *output;
    cJSON_ArrayForEach(
        output, ctl_member(reply, "outputs")) if (!strcmp(ctl_text(output, "output"), name)) return output;
    return NULL;
}

static const char *frames(double count, char text[32])
{
    snprintf(text, 32, "%.0f frame%s", count, count > 1 ? "s" : "");
    return text;
}

static void print_screen(FILE *out, const cJSON *reply, const cJSON *screen, bool has_modes)
{
    char age[24], count[32];
    const char *output = ctl_text(screen, "output"), *card = ctl_text(screen, "card");
    ctl_say(out, "%s  %s", ctl_text(screen, "id"), ctl_text(screen, "state"));
    if (ctl_text(screen, "detail")[0])
        ctl_say(out, "  %s", ctl_text(screen, "detail"));
    ctl_say(out, "  %s%s%s", output[0] ? output : ctl_text(screen, "driver"), card[0] ? " of " : "", card);
    print_monitor(out, screen);
    print_doubt(out, screen);
    print_mode(out, screen);
    ctl_say(out, "  shows %s", ctl_text(screen, "shows"));
    if (ctl_number(screen, "frames") > 0)
        ctl_say(out, "  %s, the last one %s ago", frames(ctl_number(screen, "frames"), count),
                ctl_duration(ctl_number(screen, "last_flip_ms"), age));
    if (ctl_text(screen, "picture")[0])
        ctl_say(out, "  picture %s", ctl_text(screen, "picture"));
    if (ctl_number(screen, "late_flips") > 0)
        ctl_say(out, "  %s did not flip in time", frames(ctl_number(screen, "late_flips"), count));
    if (has_modes && output[0])
        print_modes(out, ctl_member(find_output(reply, output), "modes"));
}

static void print_output(FILE *out, const cJSON *output, bool has_modes)
{
    ctl_say(out, "%s  %s", ctl_text(output, "output"), ctl_text(output, "state"));
    ctl_say(out, "  %s (%s)", ctl_text(output, "card"), ctl_text(output, "driver"));
    if (ctl_text(output, "held_by")[0])
        ctl_say(out, "  held by %s", ctl_text(output, "held_by"));
    if (ctl_text(output, "cec")[0])
        ctl_say(out, "  CEC: %s", ctl_text(output, "cec"));
    print_monitor(out, output);
    print_mode(out, output);
    if (has_modes)
        print_modes(out, ctl_member(output, "modes"));
    else if (cJSON_GetArraySize(ctl_member(output, "modes")) > 0)
        ctl_say(out, "  modes: %d, --modes lists them", cJSON_GetArraySize(ctl_member(output, "modes")));
}

static void print_list(FILE *out, const cJSON *reply, bool has_modes)
{
    const cJSON *item;
    bool is_first = true;
    cJSON_ArrayForEach(item, ctl_member(reply, "screens")) print_screen(out, reply, item, has_modes);
    if (ctl_text(reply, "trouble")[0])
        ctl_say(out, "%s", ctl_text(reply, "trouble"));
    cJSON_ArrayForEach(item, ctl_member(reply, "outputs"))
    {
        if (ctl_text(item, "screen")[0])
            continue;
        if (is_first)
            fputs("\nNot used by a screen of the hall file:\n", out);
        is_first = false;
        print_output(out, item, has_modes);
    }
}

int ctl_screen_list(struct ctl *ctl, const struct ctl_args *args)
{
    cJSON *reply;
    int status = ctl_ask(ctl, ctl_request("screens"), &reply);
    if (status == CTL_OK && !ctl->is_json)
        print_list(ctl->out, reply, args->has_flag);
    cJSON_Delete(reply);
    return status;
}

int ctl_screen_test(struct ctl *ctl, const struct ctl_args *args)
{
    long seconds = 30;
    const char *screen = args->word[0], *pattern = args->word[1];
    if (ctl_option_number(ctl, args, "--seconds", 1, 600, &seconds) != CTL_OK)
        return CTL_USAGE;
    cJSON *request = ctl_request("screen-test");
    cJSON_AddStringToObject(request, "screen", screen);
    cJSON_AddStringToObject(request, "pattern", pattern);
    cJSON_AddNumberToObject(request, "seconds", (double)seconds);
    if (!strcmp(pattern, "off"))
        return ctl_do(ctl, request, "screen %s shows the hall", screen);
    return ctl_do(ctl, request, "screen %s shows %s for %ld s", screen, pattern, seconds);
}

/* ---- pictures -------------------------------------------------------------------------------- */
/* Into a neighbour first: a broken connection must not leave half a picture under the wanted name. */
static int save(struct ctl *ctl, size_t size, const char *path)
{
    char part[512];
    int length = snprintf(part, sizeof part, "%s.part", path);
    FILE *file = length > 0 && (size_t)length < sizeof part ? fopen(part, "wb") : NULL;
    if (!file)
        return ctl_complain(ctl, CTL_NO_FILE, "%s: %s", path, strerror(errno));
    int status = ctl_bytes(ctl, size, file);
    if (fclose(file) != 0 && status == CTL_OK)
        status = ctl_complain(ctl, CTL_NO_FILE, "%s: %s", path, strerror(errno));
    if (status == CTL_OK && rename(part, path) < 0)
        status = ctl_complain(ctl, CTL_NO_FILE, "%s: %s", path, strerror(errno));
    if (status != CTL_OK)
        unlink(part);
    return status;
}

static int receive_picture(struct ctl *ctl, const cJSON *reply, const char *path)
{
    const double size = ctl_number(reply, "bytes");
    if (!(size >= 1) || size > CTL_BYTES_MAX)
        return ctl_complain(ctl, CTL_UNREACHABLE, "the board announced a picture of %.0f bytes", size);
    if (!strcmp(path, "-"))
        return ctl_bytes(ctl, (size_t)size, ctl->out);
    int status = save(ctl, (size_t)size, path);
    if (status == CTL_OK && !ctl->is_json)
        fprintf(ctl->out, "%s: picture %s\n", path, ctl_text(reply, "picture"));
    return status;
}

int ctl_screen_snapshot(struct ctl *ctl, const struct ctl_args *args)
{
    char name[128];
    const char *path = ctl_option(args, "-o");
    snprintf(name, sizeof name, "%s.png", args->word[0]);
    if (!path && strchr(args->word[0], '/'))
        return ctl_complain(ctl, CTL_USAGE, "screen snapshot: \"%s\" is no screen id", args->word[0]);
    if (ctl->is_json && path && !strcmp(path, "-"))
        return ctl_complain(ctl, CTL_USAGE, "screen snapshot: --json and -o - would share one stream");
    cJSON *request = ctl_request("snapshot"), *reply;
    cJSON_AddStringToObject(request, "screen", args->word[0]);
    int status = ctl_ask(ctl, request, &reply);
    if (status == CTL_OK)
        status = receive_picture(ctl, reply, path ? path : name);
    cJSON_Delete(reply);
    return status;
}
