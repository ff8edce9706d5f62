/* Manual operation: the technician in the place of the queue server. */
#include "board/ctl/ctl.h"

#include <stdlib.h>
#include <string.h>

static cJSON *event(const char *type)
{
    cJSON *request = ctl_request("event");
    cJSON_AddStringToObject(request, "type", type);
    return request;
}

static cJSON *ticket_event(const char *type, const struct ctl_args *args)
{
    cJSON *request = event(type);
    cJSON_AddStringToObject(request, "ticket", args->word[0]);
    cJSON_AddStringToObject(request, "desk", args->word[1]);
    return request;
}

static void add_option(cJSON *request, const char *key, const struct ctl_args *args, const char *option)
{
    const char *value = ctl_option(args, option);
    if (value)
        cJSON_AddStringToObject(request, key, value);
}

int ctl_call(struct ctl *ctl, const struct ctl_args *args)
{
    cJSON *request = ticket_event(args->verb->name, args);
    add_option(request, "lane", args, "--lane");
    add_option(request, "booked_at", args, "--booked-at");
    add_option(request, "lang", args, "--lang");
    add_option(request, "from", args, "--from");
    return ctl_do(ctl, request, "%sed %s to desk %s", args->verb->name, args->word[0], args->word[1]);
}

int ctl_serve(struct ctl *ctl, const struct ctl_args *args)
{
    return ctl_do(ctl, ticket_event("serve", args), "%s is served at desk %s", args->word[0], args->word[1]);
}

int ctl_clear(struct ctl *ctl, const struct ctl_args *args)
{
    const char *reason = args->nwords > 2 ? args->word[2] : "done";
    cJSON *request = ticket_event("clear", args);
    cJSON_AddStringToObject(request, "reason", reason);
    add_option(request, "to", args, "--to");
    return ctl_do(ctl, request, "cleared %s at desk %s: %s", args->word[0], args->word[1], reason);
}

int ctl_desk(struct ctl *ctl, const struct ctl_args *args)
{
    cJSON *request = event("desk");
    cJSON_AddStringToObject(request, "desk", args->word[0]);
    cJSON_AddStringToObject(request, "status", args->word[1]);
    return ctl_do(ctl, request, "desk %s is %s", args->word[0], args->word[1]);
}

/* "ru=Текст" into texts. */
static int add_text(struct ctl *ctl, cJSON *texts, const char *word)
{
    const char *equals = strchr(word, '=');
    if (!equals || equals == word || !equals[1])
        return ctl_complain(ctl, CTL_USAGE, "notice: \"%s\" is no text; write LANG=TEXT, as in ru=Перерыв",
                            word);
    char *lang = strndup(word, (size_t)(equals - word));
    if (lang)
        cJSON_AddStringToObject(texts, lang, equals + 1);
    free(lang);
    return CTL_OK;
}

int ctl_notice(struct ctl *ctl, const struct ctl_args *args)
{
    const char *level = ctl_option(args, "--level");
    cJSON *request = event("notice");
    cJSON_AddStringToObject(request, "id", args->word[0]);
    cJSON_AddStringToObject(request, "level", level ? level : "info");
    cJSON *texts = cJSON_AddObjectToObject(request, "text");
    for (unsigned i = 1; i < args->nwords; i++) {
        int status = add_text(ctl, texts, args->word[i]);
        if (status != CTL_OK) {
            cJSON_Delete(request);
            return status;
        }
    }
    return ctl_do(ctl, request, "notice %s %s", args->word[0], args->nwords > 1 ? "is up" : "is removed");
}
