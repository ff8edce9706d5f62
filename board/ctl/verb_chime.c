#include "board/ctl/ctl.h"

void ctl_print_chimes(FILE *out, const cJSON *items)
{
    struct ctl_table table;
    const cJSON *item;
    ctl_table_init(&table, "CHIME|STATE|DRIVER|REAL TIME|>PLAYED|DETAIL");
    cJSON_ArrayForEach(item, items)
    {
        ctl_cell(&table, "%s", ctl_text(item, "id"));
        ctl_cell(&table, "%s", ctl_text(item, "state"));
        ctl_cell(&table, "%s", ctl_text(item, "driver"));
        ctl_cell(&table, "%s", ctl_bool(item, "realtime") ? "yes" : "no");
        ctl_cell(&table, "%.0f", ctl_number(item, "played"));
        ctl_cell(&table, "%s", ctl_text(item, "detail"));
    }
    ctl_table_print(&table, out);
}

static void print_melodies(FILE *out, const cJSON *melodies)
{
    const cJSON *melody;
    fputs("melodies:", out);
    cJSON_ArrayForEach(melody, melodies) if (cJSON_IsString(melody)) fprintf(out, " %s", melody->valuestring);
    fputc('\n', out);
}

int ctl_chime_list(struct ctl *ctl, const struct ctl_args *args)
{
    (void)args;
    cJSON *reply;
    int status = ctl_ask(ctl, ctl_request("chimes"), &reply);
    if (status == CTL_OK && !ctl->is_json) {
        ctl_print_chimes(ctl->out, ctl_member(reply, "chimes"));
        print_melodies(ctl->out, ctl_member(reply, "melodies"));
    }
    cJSON_Delete(reply);
    return status;
}

int ctl_chime_play(struct ctl *ctl, const struct ctl_args *args)
{
    cJSON *request = ctl_request("chime");
    cJSON_AddStringToObject(request, "chime", args->word[0]);
    if (args->nwords > 1)
        cJSON_AddStringToObject(request, "melody", args->word[1]);
    return ctl_do(ctl, request, "chime %s plays", args->word[0]);
}
