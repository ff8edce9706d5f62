#include "board/ctl/ctl.h"
#include "protocol/json.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void print_event(FILE *out, const cJSON *line)
{
    const char *extra = ctl_text(line, "reason")[0] ? ctl_text(line, "reason") : ctl_text(line, "status");
    fprintf(out, "%s %s", ctl_text(line, "type"), ctl_text(line, "ticket"));
    if (ctl_text(line, "desk")[0])
        fprintf(out, " at desk %s", ctl_text(line, "desk"));
    if (ctl_text(line, "id")[0])
        fprintf(out, "%s", ctl_text(line, "id"));
    fprintf(out, "%s%s", extra[0] ? ", " : "", extra);
    if (strstr(ctl_text(line, "type"), "call")) /* call, recall: the others are never heard */
        fprintf(out, "%s%s", ctl_text(line, "sound")[0] ? ", " : "", ctl_text(line, "sound"));
}

static void print_receipt(FILE *out, const cJSON *line)
{
    const cJSON *outlet;
    fprintf(out, "%s", ctl_text(line, "ticket"));
    if (ctl_text(line, "desk")[0])
        fprintf(out, " at desk %s", ctl_text(line, "desk"));
    fprintf(out, " %s", ctl_text(line, "result"));
    const char *mark = ":";
    cJSON_ArrayForEach(outlet, ctl_member(line, "outlets"))
    {
        fprintf(out, "%s %s %s", mark, ctl_text(outlet, "outlet"), ctl_text(outlet, "result"));
        if (cJSON_IsNumber(ctl_member(outlet, "latency_ms")))
            fprintf(out, " %.1f ms", ctl_number(outlet, "latency_ms"));
        mark = ",";
    }
    if (ctl_text(line, "detail")[0])
        fprintf(out, " (%s)", ctl_text(line, "detail"));
}

static void print_link(FILE *out, const cJSON *line)
{
    bool is_up = ctl_bool(line, "connected");
    fprintf(out, "%s %s", is_up ? "connected to" : "not connected:", ctl_text(line, is_up ? "url" : "why"));
}

static void print_frame(FILE *out, const cJSON *line)
{
    fprintf(out, "screen %s frame %.0f", ctl_text(line, "screen"), ctl_number(line, "frame"));
}

static void print_led(FILE *out, const cJSON *line)
{
    fprintf(out, "desk %s shows \"%s\", %s", ctl_text(line, "desk"), ctl_text(line, "shown"),
            ctl_text(line, "certainty"));
}

static void print_truth(FILE *out, const cJSON *line)
{
    fprintf(out, "%s", ctl_text(line, "truth"));
}

static void print_screen(FILE *out, const cJSON *line)
{
    const char *detail = ctl_text(line, "detail");
    fprintf(out, "%s %s%s%s", ctl_text(line, "screen"), ctl_text(line, "state"), detail[0] ? ": " : "",
            detail);
}

static const struct {
    const char *kind;
    void (*print)(FILE *out, const cJSON *line);
} kinds[] = {
    { "event", print_event }, { "receipt", print_receipt }, { "link", print_link },
    { "frame", print_frame }, { "screen", print_screen },   { "led", print_led },
    { "truth", print_truth },
};

/* A kind that a newer board has is shown as it came. */
static void describe(FILE *out, const cJSON *line, const char *raw)
{
    const char *kind = ctl_text(line, "watch");
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].kind, kind) != 0)
            continue;
        fprintf(out, "%-7s  ", kind);
        kinds[i].print(out, line);
        return;
    }
    fputs(raw, out);
}

static void print_line(FILE *out, const cJSON *line, const char *raw)
{
    char clock[16], *text = NULL;
    size_t size;
    FILE *memory = open_memstream(&text, &size);
    if (!memory)
        return;
    describe(memory, line, raw);
    fclose(memory);
    ctl_clean(text);
    time_t now = time(NULL);
    strftime(clock, sizeof clock, "%H:%M:%S", localtime(&now));
    fprintf(out, "%s  %s\n", clock, text);
    free(text);
}

static int watch_one(struct ctl *ctl)
{
    char *text;
    size_t length;
    int status = ctl_line(ctl, -1, &text, &length);
    if (status != CTL_OK)
        return status;
    if (ctl->is_json) {
        fprintf(ctl->out, "%s\n", text);
    } else {
        struct json_error error;
        cJSON *line = json_parse(text, length, &error);
        print_line(ctl->out, line, text);
        cJSON_Delete(line);
    }
    fflush(ctl->out);
    return CTL_OK;
}

int ctl_watch(struct ctl *ctl, const struct ctl_args *args)
{
    long left = -1;
    cJSON *reply;
    int status = ctl_option_number(ctl, args, "--count", 1, 1000000000, &left);
    if (status == CTL_OK) {
        status = ctl_ask(ctl, ctl_request("watch"), &reply);
        cJSON_Delete(reply);
    }
    for (; status == CTL_OK && left != 0; left -= left > 0)
        status = watch_one(ctl);
    return status;
}
