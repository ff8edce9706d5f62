#include "board/fire_alarm.h"

#include "board/log.h"
#include "drivers/chime/gpio_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ON_US        10000
#define OFF_US       1000000
#define LOOK_US      1000000 /* edges can be lost, and levels are for ever */
#define RETRY_MAX_US 60000000

struct fire_alarm {
    struct loop *loop;
    const struct config_fire_alarm *config;
    void (*on_change)(void *data);
    void *data;
    struct gpio_line *line; /* NULL: absent */
    struct loop_source *source;
    struct loop_timer *timer;
    bool is_on, is_active; /* as settled, as read last */
    int64_t since_us;      /* is_active is what it is */
    int64_t retry_delay_us;
    char detail[160];
};

static void set(struct fire_alarm *alarm, bool is_on)
{
    if (alarm->is_on == is_on)
        return;
    alarm->is_on = is_on;
    log_warn("fire alarm: %s", is_on ? "on: nothing sounds" : "over: calls are heard again");
    alarm->on_change(alarm->data);
}

static void later(struct fire_alarm *alarm, int64_t now_us)
{
    if (!alarm->retry_delay_us)
        log_warn("fire alarm: absent: %s; tried again every minute", alarm->detail);
    alarm->retry_delay_us = alarm->retry_delay_us ? alarm->retry_delay_us * 2 : LOOK_US;
    if (alarm->retry_delay_us > RETRY_MAX_US)
        alarm->retry_delay_us = RETRY_MAX_US;
    loop_timer_at(alarm->timer, now_us + alarm->retry_delay_us);
}

static void leave(struct fire_alarm *alarm)
{
    loop_remove(alarm->source);
    gpio_line_close(alarm->line);
    alarm->source = NULL;
    alarm->line = NULL;
}

static void lose(struct fire_alarm *alarm, int error, int64_t now_us)
{
    leave(alarm);
    snprintf(alarm->detail, sizeof alarm->detail, "the line cannot be read: %s", strerrordesc_np(-error));
    alarm->is_active = false;
    later(alarm, now_us);
    if (alarm->is_on)
        set(alarm, false);
    else
        alarm->on_change(alarm->data);
}

static void look(struct fire_alarm *alarm, int64_t now_us)
{
    int level = gpio_line_get(alarm->line);
    if (level < 0) {
        lose(alarm, level, now_us);
        return;
    }
    if (level != alarm->is_active) {
        alarm->is_active = level;
        alarm->since_us = now_us;
    }
    int64_t settled_us = alarm->since_us + (alarm->is_active ? ON_US : OFF_US);
    if (now_us >= settled_us)
        set(alarm, alarm->is_active);
    loop_timer_at(alarm->timer, alarm->is_active != alarm->is_on ? settled_us : now_us + LOOK_US);
}

static void edge(void *data, uint32_t events)
{
    (void)events;
    struct fire_alarm *alarm = data;
    int error = gpio_line_drain(alarm->line);
    if (error)
        lose(alarm, error, clock_us());
    else
        look(alarm, clock_us());
}

static void try_open(struct fire_alarm *alarm, int64_t now_us)
{
    const struct config_fire_alarm *config = alarm->config;
    int error = gpio_line_watch(&alarm->line, config->chip, config->line, config->is_active_low,
                                (enum gpio_bias)config->bias, alarm->detail, sizeof alarm->detail);
    if (error) {
        alarm->line = NULL;
        later(alarm, now_us);
        return;
    }
    alarm->retry_delay_us = 0;
    alarm->detail[0] = '\0';
    alarm->source = loop_add(alarm->loop, gpio_line_fd(alarm->line), EPOLLIN, "fire alarm", edge, alarm);
    log_info("fire alarm: ready");
    loop_timer_at(alarm->timer, now_us); /* the level as it is */
}

static void turn(void *data, int64_t now_us)
{
    struct fire_alarm *alarm = data;
    bool was_absent = !alarm->line;
    if (alarm->line)
        look(alarm, now_us);
    else
        try_open(alarm, now_us);
    if (was_absent && alarm->line)
        alarm->on_change(alarm->data);
}

struct fire_alarm *fire_alarm_create(struct loop *loop, const struct config_fire_alarm *config,
                                     void (*on_change)(void *data), void *data)
{
    struct fire_alarm *alarm = calloc(1, sizeof *alarm);
    if (!alarm)
        return NULL;
    alarm->loop = loop;
    alarm->config = config;
    alarm->on_change = on_change;
    alarm->data = data;
    alarm->timer = loop_timer(loop, "fire alarm", turn, alarm);
    try_open(alarm, clock_us());
    return alarm;
}

void fire_alarm_destroy(struct fire_alarm *alarm)
{
    if (!alarm)
        return;
    leave(alarm);
    loop_timer_remove(alarm->timer);
    free(alarm);
}

bool fire_alarm_is_on(const struct fire_alarm *alarm)
{
    return alarm && alarm->is_on;
}

const char *fire_alarm_state(const struct fire_alarm *alarm)
{
    return !alarm->line ? "absent" : alarm->is_on ? "alarm" : "quiet";
}

const char *fire_alarm_detail(const struct fire_alarm *alarm)
{
    return alarm->detail;
}
