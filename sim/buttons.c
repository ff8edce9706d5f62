#include "sim/buttons.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int explain(int result, char *error, size_t size)
{
    const char *why = strerror(-result);
    switch (result) {
    case 0: return 0;
    case -ENOENT: why = "nobody waits for this desk"; break;
    case -EINVAL: why = "not now: call somebody first"; break;
    case -EBUSY: why = "somebody is at the desk"; break;
    case -EHOSTDOWN: why = "the desk is not open"; break;
    case -ENOSPC: why = "the queue is full"; break;
    default: break;
    }
    snprintf(error, size, "%s", why);
    return result;
}

static int do_status(struct queue *queue, unsigned desk, enum desk_status status)
{
    return queue_do(queue, &(struct action){ .act = ACT_DESK, .status = status, .desk = (uint16_t)desk });
}

static int do_clear(struct queue *queue, unsigned desk, enum clear_reason reason)
{
    return queue_do(queue, &(struct action){ .act = ACT_CLEAR, .reason = reason, .desk = (uint16_t)desk });
}

static int arrive(struct queue *queue, unsigned desk)
{
    const struct server_desk *at = &queue_server(queue)->desk[desk];
    return queue_do(queue, &(struct action){ .act = ACT_ARRIVE,
                                             .agency = at->agency,
                                             .visit = { .lane = LANE_WALKIN, .from = NONE } });
}

static int call(struct queue *queue, unsigned desk)
{
    const struct queue_server *server = queue_server(queue);
    int result = 0;
    if (server->desk[desk].status != DESK_OPEN)
        result = do_status(queue, desk, DESK_OPEN);
    if (result == 0 && server->desk[desk].visit.ticket[0])
        result = do_clear(queue, desk, CLEAR_DONE);
    if (result == 0 && server->queue[server->desk[desk].agency].count == 0)
        result = arrive(queue, desk);
    if (result == 0)
        result = queue_do(queue, &(struct action){ .act = ACT_CALL_NEXT, .desk = (uint16_t)desk });
    return result;
}

static int recall(struct queue *queue, unsigned desk)
{
    return queue_do(queue, &(struct action){ .act = ACT_RECALL, .desk = (uint16_t)desk });
}

static int serve(struct queue *queue, unsigned desk)
{
    return queue_do(queue, &(struct action){ .act = ACT_SERVE, .desk = (uint16_t)desk });
}

static int done(struct queue *queue, unsigned desk)
{
    return do_clear(queue, desk, CLEAR_DONE);
}

static int no_show(struct queue *queue, unsigned desk)
{
    return do_clear(queue, desk, CLEAR_NO_SHOW);
}

static int pause_desk(struct queue *queue, unsigned desk)
{
    if (queue_server(queue)->desk[desk].visit.ticket[0]) {
        int result = do_clear(queue, desk, CLEAR_DONE);
        if (result < 0)
            return result;
    }
    return do_status(queue, desk, DESK_PAUSED);
}

static int open_desk(struct queue *queue, unsigned desk)
{
    return do_status(queue, desk, DESK_OPEN);
}

static const struct {
    const char *name;
    int (*press)(struct queue *queue, unsigned desk);
} buttons[] = {
    { "call", call },       { "recall", recall },    { "serve", serve },    { "done", done },
    { "no_show", no_show }, { "pause", pause_desk }, { "open", open_desk },
};

int buttons_press(struct queue *queue, unsigned desk, const char *action, char *error, size_t error_size)
{
    for (size_t i = 0; i < sizeof buttons / sizeof *buttons; i++)
        if (!strcmp(buttons[i].name, action))
            return explain(buttons[i].press(queue, desk), error, error_size);
    snprintf(error, error_size, "action must be call, recall, serve, done, no_show, pause or open");
    return -EINVAL;
}

static const struct {
    const char *lang, *text;
} evacuation[] = {
    { "kk", "Ғимараттан дереу шығыңыз. Эвакуациялық баспалдақтармен жүріңіз. Лифтті пайдаланбаңыз." },
    { "ru", "Немедленно покиньте здание. Двигайтесь по эвакуационным лестницам. Не пользуйтесь лифтом." },
    { "en", "Leave the building immediately. Use the emergency stairs. Do not use the lifts." },
};

static void add_text(struct notice *notice, const char *lang)
{
    for (size_t i = 0; i < sizeof evacuation / sizeof *evacuation; i++) {
        if (strcmp(evacuation[i].lang, lang) != 0)
            continue;
        struct notice_text *text = &notice->text[notice->ntexts++];
        snprintf(text->lang, sizeof text->lang, "%s", lang);
        snprintf(text->text, sizeof text->text, "%s", evacuation[i].text);
    }
}

int buttons_alert(struct queue *queue, const struct config *config, bool is_on, char *error,
                  size_t error_size)
{
    struct notice notice = { .id = "evacuation", .level = NOTICE_ALERT };
    for (unsigned i = 0; is_on && i < config->nlangs; i++)
        add_text(&notice, config->lang[i]);
    int result = queue_do(queue, &(struct action){ .act = ACT_NOTICE, .notice = &notice });
    return explain(!is_on && result == -ENOENT ? 0 : result, error, error_size);
}
