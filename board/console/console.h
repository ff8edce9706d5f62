/* The console process: the technician's page and API over HTTP, as a client of the control socket. The board
 * process itself never runs HTTP; this one may die and come back without anybody in the hall seeing it.
 *
 *   GET  /                     page for a phone or laptop      GET /metrics      OpenMetrics
 *   GET  /api/hall             names, languages, desks of the hall file
 *   GET  /api/status  /api/screens  /api/leds  /api/chimes    the board's replies, unchanged
 *   GET  /api/screens/ID.png   the picture on scan-out
 *   GET  /api/watch            server-sent events: the board's watch lines by their kind, and "board" {"connected":…}
 *   POST /api/command          {"cmd":"event|led-show|led-identify|led-walk|led-end|led-scan|led-job|led-stop|screen-test|
 *                              chime|reload", …} as on the control socket
 *
 * 409: refused by the board; 502: it said nonsense; 503: it does not run or is busy; 504: it does not answer.
 * Who may ask: see http.h. There is no log-in: listen on an address that only technicians reach.
 */
#pragma once

#include "board/config/config.h"
#include "board/loop.h"

struct console;
/* `config` is borrowed. Connects again by itself when the board restarts. NULL with a reason in `error`. */
struct console *console_create(struct loop *loop, const struct config *config, const char *control_path,
                               char *error, size_t error_size);
void console_destroy(struct console *console); /* NULL is fine */
uint16_t console_port(const struct console *console);

/* The process: runs until SIGTERM ends it. Returns an exit status when it cannot start (it is logged). */
int console_run(const struct config *config, const char *control_path);
