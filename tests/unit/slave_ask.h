/* Frames as hexadecimal text, for tests of simulated LED boards without a speed of the line. */
#pragma once

#include "sim/slave.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GAP 4000

static int64_t now_us; /* of the test's line */
static uint8_t answer[SLAVE_FRAME_MAX];

/* Sends `text` (hex, CRC added) after a silence, and returns the length of the answer with its CRC checked
 * and cut off. */
static inline size_t ask(struct slave_bus *bus, const char *text)
{
    uint8_t frame[SLAVE_FRAME_MAX];
    unsigned byte;
    int used = 0;
    size_t count = 0;
    for (const char *c = text; sscanf(c, "%x%n", &byte, &used) == 1; c += used)
        frame[count++] = (uint8_t)byte;
    uint16_t crc = slave_crc(frame, count);
    frame[count++] = crc & 255;
    frame[count++] = crc >> 8;
    now_us += GAP;
    slave_bus_feed(bus, now_us, frame, count);
    if (slave_bus_due_us(bus) == INT64_MAX)
        return 0;
    assert_int_equal(slave_bus_take(bus, slave_bus_due_us(bus) - 1, answer), 0);
    now_us = slave_bus_due_us(bus);
    count = slave_bus_take(bus, now_us, answer);
    assert_int_equal(slave_crc(answer, count), 0);
    return count - 2;
}

static inline const char *hex(size_t count)
{
    static char text[3 * SLAVE_FRAME_MAX];
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        sprintf(text + strlen(text), "%s%02X", i ? " " : "", answer[i]);
    return text;
}

static inline struct slave_bus *bus_with(const char *model, uint8_t address)
{
    struct slave_bus *bus = slave_bus_create(GAP);
    assert_int_equal(slave_bus_add(bus, model, address), 0);
    return bus;
}

static inline const char *seen(struct slave_bus *bus, unsigned index)
{
    static struct slave_view view;
    slave_view(bus, index, &view);
    return view.text;
}

struct row {
    const char *request, *answer, *text; /* text NULL: it does not matter */
};
static inline void check_rows(struct slave_bus *bus, const struct row *row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = ask(bus, row[i].request);
        if (strcmp(hex(length), row[i].answer) != 0)
            fail_msg("row %zu: %s is answered by \"%s\"", i, row[i].request, hex(length));
        if (row[i].text && strcmp(seen(bus, 0), row[i].text) != 0)
            fail_msg("row %zu: %s shows \"%s\"", i, row[i].request, seen(bus, 0));
    }
}
#define CHECK_ROWS(bus, rows) check_rows(bus, rows, sizeof rows / sizeof rows[0])
