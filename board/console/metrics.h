/* The board's status reply as OpenMetrics text (OpenMetrics 1.0). Pure. */
#pragma once

#include <cjson/cJSON.h>
#include <stddef.h>

#define METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* `status`: the reply to {"cmd":"status"}, NULL when the board does not answer: then only kezek_up 0.
 * malloc()ed, NULL without memory. */
char *metrics_format(const cJSON *status, size_t *size);
