#include "board/check/check.h"
#include "board/ctl/ctl.h"

#include <stdlib.h>
#include <string.h>

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

/* What check_hall() says: its lines as they are, or as an array. */
static cJSON *list_lines(char *text)
{
    cJSON *list = cJSON_CreateArray();
    for (char *rest = NULL, *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        cJSON_AddItemToArray(list, cJSON_CreateString(line));
    return list;
}

/* Counts its errors into the report; `text` (malloc) is what it says, NULL if it could not say anything. */
static char *check_config(const struct config *config, struct json_report *report)
{
    char error[256] = "", *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct fonts *fonts = out ? fonts_create(&font_files_debian, error, sizeof error) : NULL;
    if (fonts)
        report->count += (unsigned)check_hall(config, fonts, out);
    else
        json_complain(report, "", "cannot be checked: %s", out ? error : "out of memory");
    fonts_destroy(fonts);
    if (out)
        fclose(out);
    return text;
}

static void print_json(struct ctl *ctl, bool is_good, cJSON *errors, char *text)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddBoolToObject(reply, "ok", is_good);
    cJSON_AddItemToObject(reply, "errors", errors);
    if (text)
        cJSON_AddItemToObject(reply, "report", list_lines(text));
    char *line = cJSON_PrintUnformatted(reply);
    fprintf(ctl->out, "%s\n", line ? line : "{\"ok\":false}");
    cJSON_free(line);
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
    char *text = config ? check_config(config, &report) : NULL;
    bool is_good = config && report.count == 0;
    if (text && !ctl->is_json)
        fputs(text, ctl->out);
    if (ctl->is_json)
        print_json(ctl, is_good, complaints.list, text);
    else if (is_good)
        print_summary(ctl->out, config);
    else
        ctl_complain(ctl, CTL_CONFIG, "%s: %u %s", args->word[0], report.count,
                     report.count == 1 ? "error" : "errors");
    free(text);
    config_destroy(config);
    return is_good ? CTL_OK : CTL_CONFIG;
}
