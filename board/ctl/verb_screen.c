#include "board/ctl/ctl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void ctl_print_screens(FILE *out, const cJSON *items)
{
    struct ctl_table table;
    char age[24];
    const cJSON *item;
    ctl_table_init(&table, "SCREEN|STATE|DRIVER|SIZE|FORMAT|>FRAMES|>LAST FLIP|DETAIL");
    cJSON_ArrayForEach(item, items)
    {
        ctl_cell(&table, "%s", ctl_text(item, "id"));
        ctl_cell(&table, "%s", ctl_text(item, "state"));
        ctl_cell(&table, "%s", ctl_text(item, "driver"));
        ctl_cell(&table, "%s", ctl_text(item, "size"));
        ctl_cell(&table, "%s", ctl_text(item, "format"));
        ctl_cell(&table, "%.0f", ctl_number(item, "frames"));
        ctl_cell(&table, "%s",
                 ctl_number(item, "frames") > 0 ? ctl_duration(ctl_number(item, "last_flip_ms"), age) : "");
        ctl_cell(&table, "%s", ctl_text(item, "detail"));
    }
    ctl_table_print(&table, out);
}

int ctl_screen_list(struct ctl *ctl, const struct ctl_args *args)
{
    (void)args;
    cJSON *reply;
    int status = ctl_ask(ctl, ctl_request("screens"), &reply);
    if (status == CTL_OK && !ctl->is_json)
        ctl_print_screens(ctl->out, ctl_member(reply, "screens"));
    cJSON_Delete(reply);
    return status;
}

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

static int receive_picture(struct ctl *ctl, double size, const char *path)
{
    if (!(size >= 1) || size > CTL_BYTES_MAX)
        return ctl_complain(ctl, CTL_UNREACHABLE, "the board announced a picture of %.0f bytes", size);
    if (!strcmp(path, "-"))
        return ctl_bytes(ctl, (size_t)size, ctl->out);
    int status = save(ctl, (size_t)size, path);
    if (status == CTL_OK && !ctl->is_json)
        fprintf(ctl->out, "%s\n", path);
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
        status = receive_picture(ctl, ctl_number(reply, "bytes"), path ? path : name);
    cJSON_Delete(reply);
    return status;
}
