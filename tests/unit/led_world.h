/* A LED bus on a virtual clock: the schedule, simulated boards (sim/slave.h), and between them a wire that keeps
 * the rules of drivers/led/modbus_wire.h: silence and flush before each request, quiet after a time-out, answers
 * of other units pass by. Hours of a bus in milliseconds.
 */
#pragma once

#include "drivers/led/schedule.h"

#include "sim/slave.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND          INT64_C(1000000)
#define STEPS           4096
#define REPORTS         4096
#define START_US        (1000 * SECOND)
#define KINDS_MAX       8
#define PIECES          128

#define EAR_US          (5 * SECOND)
#define BYTE_TIMEOUT_US 36000  /* between the pieces of one answer; two ticks of the adapter and more */
#define BABBLE_US       200000 /* of a line that never falls silent */

struct done_step {
    struct schedule_step step;
    int64_t start_us, done_us;
    int error;
};

struct wire_rules { /* true but where a test shows what they are good for */
    bool has_flush, has_quiet, has_unit_check, has_echo_check, has_broadcast;
};

enum ear { DEAF, HEARS_ITSELF, UNSURE };

struct piece { /* bytes that will be on the line */
    int64_t at_us;
    size_t count;
    uint8_t bytes[SLAVE_FRAME_MAX];
};

struct world {
    struct led_bus_config config;
    struct schedule schedule;
    unsigned nkinds;
    struct led_profile *kind[KINDS_MAX];
    struct slave_bus *bus;
    struct wire_rules rules;
    int64_t now_us, last_us;
    bool hears_itself;   /* the adapter; the wire finds out … */
    enum ear ear;        /* … with this result … */
    int64_t listened_us; /* … when; 0: not yet */
    bool is_suspect;
    unsigned npieces;
    struct piece piece[PIECES]; /* by rising time */
    unsigned nsteps, nreports;
    struct done_step step[STEPS];
    struct led_report report[REPORTS];
    void (*tamper)(const struct schedule_step *step, struct schedule_result *result);
    /* What a fault layer puts between master and boards. The first one returns whether the request arrives. */
    bool (*meet_request)(const struct schedule_step *step, uint8_t *frame, size_t count);
    void (*meet_answer)(const struct schedule_step *step, int64_t at_us, uint8_t *frame, size_t count);
    void (*see)(const struct schedule_step *step, const struct schedule_result *result);
};
static struct world *w;

static inline const struct led_profile *profile_of(const char *name)
{
    struct json_report report = { 0 };
    char path[512];
    const char *root = getenv("KEZEK_SOURCE");
    for (unsigned i = 0; i < w->nkinds; i++)
        if (strcmp(led_profile_name(w->kind[i]), name) == 0)
            return w->kind[i];
    snprintf(path, sizeof path, "%s/drivers/led/profiles/%s.json", root ? root : ".", name);
    w->kind[w->nkinds] = led_profile_load(path, &report);
    assert_non_null(w->kind[w->nkinds]);
    return w->kind[w->nkinds++];
}

/* `units` boards with the addresses from 1 on, of the `count` kinds in turn. */
static inline void begin_kinds(unsigned units, int baud, const char *const *name, unsigned count)
{
    w->nsteps = w->nreports = 0;
    w->npieces = 0;
    w->tamper = NULL;
    w->see = NULL;
    w->meet_request = NULL;
    w->meet_answer = NULL;
    w->rules = (struct wire_rules){ true, true, true, true, true };
    w->hears_itself = w->is_suspect = false;
    w->ear = DEAF;
    w->listened_us = 0;
    w->now_us = w->last_us = START_US;
    w->config = (struct led_bus_config){ .baud = baud,
                                         .parity = 'N',
                                         .stop_bits = 1,
                                         .adapter_latency_ms = 16,
                                         .reassert_ms = 30000,
                                         .nunits = (uint8_t)units };
    slave_bus_destroy(w->bus);
    w->bus = slave_bus_create(schedule_gap_us(&w->config));
    for (unsigned i = 0; i < units; i++) {
        const char *kind = name[i % count];
        w->config.unit[i] = (struct led_unit_config){ (uint8_t)(i + 1), profile_of(kind) };
        assert_int_equal(slave_bus_add(w->bus, kind, (uint8_t)(i + 1)), i);
    }
    schedule_init(&w->schedule, &w->config);
    schedule_open(&w->schedule);
}

/* Every second one of each type. */
static inline void begin(unsigned units, int baud)
{
    static const char *const both[] = { "owen-smi2", "dm56a04" };
    begin_kinds(units, baud, both, 2);
}

static inline void begin_alike(unsigned units, int baud, const char *name)
{
    begin_kinds(units, baud, &name, 1);
}

static inline int setup(void **state)
{
    (void)state;
    w = calloc(1, sizeof *w);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    slave_bus_destroy(w->bus);
    for (unsigned i = 0; i < w->nkinds; i++)
        led_profile_destroy(w->kind[i]);
    free(w);
    return 0;
}

/* ---- the wire, in virtual time --------------------------------------------------------------- */

static inline size_t encode(const struct schedule_step *step, uint8_t *frame)
{
    const struct led_write *write = &step->write;
    bool is_single = write->function == 5 || write->function == 6;
    uint16_t second = is_single ? write->value[0] : write->count;
    uint8_t head[] = { step->unit,       write->function, write->reg >> 8,
                       write->reg & 255, second >> 8,     second & 255 };
    size_t count = write->function == 17 ? 2 : sizeof head;
    memcpy(frame, head, sizeof head);
    if (write->function == 16) {
        frame[count++] = (uint8_t)(2 * write->count);
        for (unsigned i = 0; i < write->count; i++) {
            frame[count++] = write->value[i] >> 8;
            frame[count++] = write->value[i] & 255;
        }
    }
    uint16_t crc = slave_crc(frame, count);
    frame[count++] = crc & 255;
    frame[count++] = crc >> 8;
    return count;
}

static inline void put_on_line(int64_t at_us, const uint8_t *bytes, size_t count)
{
    unsigned at = w->npieces;
    if (w->npieces == PIECES)
        return;
    for (; at > 0 && w->piece[at - 1].at_us > at_us; at--)
        w->piece[at] = w->piece[at - 1];
    w->npieces++;
    w->piece[at].at_us = at_us;
    w->piece[at].count = count;
    memcpy(w->piece[at].bytes, bytes, count);
}

/* What arrived, byte by byte in order; each piece at the end of its time on the wire. */
struct heard {
    size_t count;
    uint8_t bytes[4 * SLAVE_FRAME_MAX];
};

static inline bool hear(struct heard *heard, int64_t until_us)
{
    const struct piece *piece = &w->piece[0];
    if (w->npieces == 0 || piece->at_us > until_us)
        return false;
    if (w->last_us < piece->at_us)
        w->last_us = piece->at_us;
    w->last_us += schedule_wire_us(&w->config, (unsigned)piece->count);
    if (heard->count + piece->count > sizeof heard->bytes)
        heard->count = 0;
    memcpy(heard->bytes + heard->count, piece->bytes, piece->count);
    heard->count += piece->count;
    memmove(w->piece, w->piece + 1, --w->npieces * sizeof w->piece[0]);
    return true;
}

/* Bytes of the frame that begins here; 0: not known yet. */
static inline size_t answer_length(const uint8_t *bytes, size_t count)
{
    if (count < 3)
        return 0;
    if (bytes[1] & 0x80)
        return 5;
    return bytes[1] == 1 || bytes[1] == 3 || bytes[1] == 17 ? 5u + bytes[2] : 8;
}

static inline int classify(const struct schedule_step *step, const uint8_t *bytes, size_t count,
                           struct schedule_result *result)
{
    const struct led_write *write = &step->write;
    uint8_t request[SLAVE_FRAME_MAX];
    encode(step, request);
    if (bytes[1] == (write->function | 0x80)) {
        result->exception = bytes[2];
        return -EREMOTEIO;
    }
    if (bytes[1] != write->function)
        return -EPROTO;
    if (write->function == 17) {
        result->id.count = bytes[2] < LED_SERVER_ID_MAX ? bytes[2] : LED_SERVER_ID_MAX;
        memcpy(result->id.byte, bytes + 3, result->id.count);
        return 0;
    }
    if (write->function == 1) {
        result->value[0] = bytes[3] & 1 ? LED_COIL_ON : 0;
        return bytes[2] == 1 ? 0 : -EPROTO;
    }
    if (write->function != 3)
        return !w->rules.has_echo_check || (count == 8 && memcmp(bytes, request, 6) == 0) ? 0 : -EPROTO;
    if (bytes[2] != 2 * write->count)
        return -EPROTO;
    for (unsigned i = 0; i < write->count; i++)
        result->value[i] = (uint16_t)(bytes[3 + 2 * i] << 8 | bytes[4 + 2 * i]);
    return 0;
}

static inline int receive(const struct schedule_step *step, struct heard *heard, int64_t deadline_us,
                          struct schedule_result *result)
{
    size_t length;
    for (;;) {
        while (!(length = answer_length(heard->bytes, heard->count)) || heard->count < length)
            if (!hear(heard, heard->count ? w->last_us + BYTE_TIMEOUT_US : deadline_us))
                return -ETIMEDOUT;
        if (slave_crc(heard->bytes, length) != 0)
            return -EBADMSG;
        if (heard->bytes[0] == step->unit || !w->rules.has_unit_check)
            return classify(step, heard->bytes, length, result);
        heard->count -= length;
        memmove(heard->bytes, heard->bytes + length, heard->count);
    }
}

/* Until `until_us` has passed and the line is silent, or it babbles on. */
static inline void listen_for_silence(int64_t until_us)
{
    int64_t silence_us = 2 * schedule_gap_us(&w->config), give_up_us = until_us + BABBLE_US;
    while (w->now_us < give_up_us) {
        struct heard thrown_away = { 0 };
        int64_t silent_us = w->now_us + silence_us > until_us ? w->now_us + silence_us : until_us;
        if (!hear(&thrown_away, silent_us)) {
            w->now_us = silent_us;
            return;
        }
        w->now_us = w->last_us > w->now_us ? w->last_us : w->now_us;
    }
}

static inline void answer_to(const struct schedule_step *step)
{
    uint8_t frame[SLAVE_FRAME_MAX];
    int64_t due_us;
    while ((due_us = slave_bus_due_us(w->bus)) != INT64_MAX) {
        size_t count = slave_bus_take(w->bus, due_us, frame);
        if (w->meet_answer)
            w->meet_answer(step, due_us, frame, count);
        else
            put_on_line(due_us, frame, count);
    }
}

/* A frame that meets another one on the wire is lost, and so is the other one. */
static inline void send_request(const struct schedule_step *step, struct heard *heard, int64_t *wire_us)
{
    uint8_t frame[SLAVE_FRAME_MAX];
    struct heard flushed = { 0 }, *before = w->rules.has_flush ? &flushed : heard;
    size_t count = encode(step, frame);
    while (hear(before, w->now_us))
        ;
    int64_t silent_us = w->last_us + schedule_gap_us(&w->config);
    w->now_us = w->now_us > silent_us ? w->now_us : silent_us;
    while (hear(before, w->now_us))
        ;
    *wire_us = w->now_us;
    w->now_us += schedule_wire_us(&w->config, (unsigned)count);
    bool has_collided = hear(heard, w->now_us);
    if (has_collided)
        heard->bytes[heard->count - 1] ^= 0xFF;
    bool has_arrived = !w->meet_request || w->meet_request(step, frame, count);
    if (!has_collided && has_arrived && (step->unit || w->rules.has_broadcast))
        slave_bus_feed(w->bus, w->now_us, frame, count);
    answer_to(step);
    if (w->last_us < w->now_us)
        w->last_us = w->now_us;
}

/* The question to nobody, and what comes back of it. */
static inline void listen_to_self(void)
{
    struct heard flushed = { 0 }, heard = { 0 };
    while (hear(&flushed, w->now_us))
        ;
    w->now_us += schedule_gap_us(&w->config) + schedule_wire_us(&w->config, 8);
    bool is_noisy = hear(&heard, w->now_us + (w->hears_itself ? 0 : BYTE_TIMEOUT_US));
    w->ear = is_noisy ? UNSURE : w->hears_itself ? HEARS_ITSELF : DEAF;
    w->now_us += w->hears_itself ? 0 : BYTE_TIMEOUT_US;
    w->last_us = w->listened_us = w->now_us;
    w->is_suspect = is_noisy;
}

static inline bool must_listen(const struct schedule_step *step)
{
    bool is_fresh = w->listened_us && w->now_us - w->listened_us < EAR_US,
         is_own = step->unit && (step->write.function == 5 || step->write.function == 6);
    return w->is_suspect || (is_own && !is_fresh);
}

/* Takes the request off what was heard. */
static inline bool take_own(const struct schedule_step *step, struct heard *heard, int64_t until_us)
{
    uint8_t frame[SLAVE_FRAME_MAX];
    size_t count = encode(step, frame);
    while (heard->count < count && memcmp(heard->bytes, frame, heard->count) == 0)
        if (!hear(heard, until_us))
            return false;
    if (heard->count < count || memcmp(heard->bytes, frame, count) != 0)
        return false;
    heard->count -= count;
    memmove(heard->bytes, heard->bytes + count, heard->count);
    return true;
}

static inline int receive_answer(const struct schedule_step *step, struct heard *heard, int64_t deadline_us,
                                 struct schedule_result *result)
{
    int error = -EBADMSG;
    bool is_known = w->ear == DEAF || take_own(step, heard, w->now_us + BYTE_TIMEOUT_US);
    if (is_known)
        error = receive(step, heard, deadline_us, result);
    w->is_suspect |= !is_known || (error == -ETIMEDOUT && w->ear != DEAF) ||
                     (error == -EBADMSG && w->now_us - w->listened_us > SECOND);
    bool is_own = step->write.function == 5 || step->write.function == 6;
    if (error == -EREMOTEIO || (!error && !is_own))
        w->listened_us = w->now_us > w->last_us ? w->now_us : w->last_us;
    return error;
}

static inline void exchange(const struct schedule_step *step, struct schedule_result *result)
{
    struct heard heard = { 0 };
    *result = (struct schedule_result){ .start_us = w->now_us };
    if (must_listen(step))
        listen_to_self();
    send_request(step, &heard, &result->wire_us);
    if (step->unit == 0) {
        w->now_us += step->timeout_us;
    } else {
        int64_t deadline_us = result->wire_us + step->timeout_us;
        result->error = receive_answer(step, &heard, deadline_us, result);
        w->now_us = w->last_us > w->now_us ? w->last_us : w->now_us;
        if (result->error == -ETIMEDOUT && w->now_us < deadline_us)
            w->now_us = deadline_us;
        if (result->error && result->error != -EREMOTEIO && w->rules.has_quiet)
            listen_for_silence(deadline_us + step->quiet_us);
    }
    if (w->tamper)
        w->tamper(step, result);
    if (w->last_us < w->now_us)
        w->last_us = w->now_us;
    result->done_us = w->now_us;
}

static inline void collect(void)
{
    struct led_report report;
    while (schedule_take(&w->schedule, &report))
        if (w->nreports < REPORTS && !report.is_status)
            w->report[w->nreports++] = report;
}

/* One transaction, or the clock moves on. */
static inline void turn(int64_t until_us)
{
    struct schedule_step step;
    struct schedule_result result;
    int64_t wake_us;
    if (!schedule_next(&w->schedule, w->now_us, &step, &wake_us)) {
        w->now_us = wake_us < until_us ? wake_us : until_us;
        slave_bus_pass(w->bus, w->now_us);
        return;
    }
    int64_t start_us = w->now_us;
    exchange(&step, &result);
    if (w->see)
        w->see(&step, &result);
    schedule_done(&w->schedule, &step, &result);
    if (w->nsteps < STEPS)
        w->step[w->nsteps++] = (struct done_step){ step, start_us, w->now_us, result.error };
    collect();
}

static inline void run_until(int64_t until_us)
{
    while (w->now_us < until_us)
        turn(until_us);
}

static inline void run_for(int64_t us)
{
    run_until(w->now_us + us);
}

/* ---- wishes and what became of them ---------------------------------------------------------- */

static inline void want_text(unsigned index, const struct led_text *text, uint64_t token)
{
    schedule_want(&w->schedule, index, text, token, w->now_us);
    collect();
}

static inline void want(unsigned index, const char *text, bool is_blinking, uint64_t token)
{
    struct led_text wish = { .is_blinking = is_blinking };
    snprintf(wish.text, sizeof wish.text, "%s", text);
    want_text(index, &wish, token);
}

static inline void want_all(const char *text, uint64_t first_token)
{
    for (unsigned i = 0; i < w->config.nunits; i++)
        want(i, text, false, first_token + i);
}

static inline const char *seen(unsigned index)
{
    static struct slave_view view;
    slave_view(w->bus, index, &view);
    return view.text;
}

static inline const struct led_report *final_of(uint64_t token)
{
    const struct led_report *found = NULL;
    for (unsigned i = 0; i < w->nreports; i++)
        if (w->report[i].token == token && w->report[i].is_final) {
            assert_null(found);
            found = &w->report[i];
        }
    return found;
}

/* The first letters of the phases: (Q)uestion, (P)robe, (I)nit, (T)ext, (B)link, (S)tyle, (V)erify, (G)roup. */
static inline const char *phases(unsigned first)
{
    static char text[128];
    unsigned count = 0;
    for (unsigned i = first; i < w->nsteps && count < sizeof text - 1; i++)
        text[count++] = w->step[i].step.unit ? "QPITBSV"[w->step[i].step.phase] : 'G';
    text[count] = '\0';
    return text;
}

static inline int64_t longest_step_us(unsigned first)
{
    int64_t longest = 0;
    for (unsigned i = first; i < w->nsteps; i++)
        if (w->step[i].done_us - w->step[i].start_us > longest)
            longest = w->step[i].done_us - w->step[i].start_us;
    return longest;
}
