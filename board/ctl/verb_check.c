#include "board/config.h"
#include "board/ctl/ctl.h"

struct complaints {
    struct ctl *ctl;
    cJSON *list; /* with --json */
};

static void complain(void *data, const char *line)
{
    struct complaints *complaints = data;
    if (complaints->list)
        cJSON_AddItemToArray(complaints->list, cJSON_CreateString(line));
    else
        ctl_say(complaints->ctl->out, "%s", line);
}

static void print_json(struct ctl *ctl, bool is_good, cJSON *errors)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddBoolToObject(reply, "ok", is_good);
    cJSON_AddItemToObject(reply, "errors", errors);
    char *text = cJSON_PrintUnformatted(reply);
    fprintf(ctl->out, "%s\n", text ? text : "{\"ok\":false}");
    cJSON_free(text);
    cJSON_Delete(reply);
}

static void print_summary(FILE *out, const struct config *config)
{
    unsigned nunits = 0;
    for (unsigned i = 0; i < config->nbuses; i++)
        nunits += config->bus[i].nunits;
    ctl_say(out, "%s: hall %s: no errors; %u desks, %u LED boards on %u buses, %u screens, %u chimes",
            config->path, config->hall, config->ndesks, nunits, config->nbuses, config->nscreens,
            config->nchimes);
}

int ctl_check(struct ctl *ctl, const struct ctl_args *args)
{
    struct complaints complaints = { .ctl = ctl, .list = ctl->is_json ? cJSON_CreateArray() : NULL };
    struct json_report report = { .line = complain, .data = &complaints };
    struct config *config = config_load(args->word[0], NULL, &report);
    bool is_good = config && report.count == 0;
    if (ctl->is_json)
        print_json(ctl, is_good, complaints.list);
    else if (is_good)
        print_summary(ctl->out, config);
    else
        ctl_complain(ctl, CTL_CONFIG, "%s: %u %s", args->word[0], report.count,
                     report.count == 1 ? "error" : "errors");
    config_destroy(config);
    return is_good ? CTL_OK : CTL_CONFIG;
}
