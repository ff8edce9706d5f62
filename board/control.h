/* The control socket: JSON lines between the board and kezekctl, console and kezek-sim.
 *
 * A stream socket, RUNDIR/control, mode 0660. One request a line, {"cmd":"…", …}; each gets one reply line, {"ok":true,…} or
 * {"ok":false,"error":"…"}, in order. A reply with "bytes":N is followed by N raw bytes. After {"cmd":"watch"} lines
 * {"watch":"…",…} arrive by themselves. A client that sends half a line waits alone; a line over CONTROL_LINE_MAX gets one
 * error and the connection is closed; a client that does not read is cut when its backlog is over CONTROL_BACKLOG_MAX. At
 * most CONTROL_CLIENTS_MAX clients; a further one gets one error and is closed. The loop never waits for any of them:
 * one request a client and turn is taken, and none from a client that has not read its last reply.
 *
 * Requests (board/commands.c answers them):
 *   status | watch | reload | screens | leds | chimes
 *   event  type, desk, ticket … as in the contract    manual operation; refused while a full-profile server is in charge
 *   snapshot  screen                                  → {"ok":true,"format":"png","bytes":N,"picture":"hash"} and the PNG
 *   screen-test  screen, pattern, seconds             grid, bars, gradient, text, motion; off ends it
 *   led-show  desk, text, seconds                     led-identify  desk ("all"), seconds: its unit number
 *   led-walk  desk, seconds: the desk's label, blinking    led-end  desk: shows the desk's own text again
 *   led-scan  bus, from, to, profiles (names; absent: those of the hall), all (true: every installed profile)
 *             → total: questions; skipped: line settings that a gateway cannot take
 *   led-address  bus, address, profile, at (absent: the profile's factory address, refused if that is
 *             a desk's of the hall file)
 *   led-job  bus → job: kind (none, scan, address), running, done, total, unit, baud, parity, stop_bits, error
 *             (0, or negative errno), detail, written (an address job: the unit may have new settings), steps (sentences; what is behind an address job), found: unit, baud, parity, stop_bits, foreign_line (not that of the bus), collision, profile, identity,
 *             round_trip_ms, desk (that has this unit in the hall file; "" none)
 *             A scan that nobody asks about for 15 s is ended, and so is an address job that has not written yet.
 *   led-stop  bus: ends its job; fine if none runs
 *   chime  chime, melody (absent: that of a call)
 */
#pragma once

#include "board/loop.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define CONTROL_LINE_MAX    65536
#define CONTROL_BACKLOG_MAX (1u << 20) /* of watch lines; a reply with bytes may be larger */
#define CONTROL_CLIENTS_MAX 16

struct control;
struct control_client; /* valid inside the callback; later only through control_client_id() */

/* Answers one request. The callee replies now, or later by id. */
typedef void (*control_fn)(void *data, struct control_client *client, const cJSON *request);

/* NULL with errno; `path` is replaced if no one listens there any more. EADDRINUSE: someone does; EEXIST: it is no socket,
 * and stays; ENAMETOOLONG: over 107 bytes. `fn` gets requests that are objects with a string "cmd"; others are refused here. */
struct control *control_create(struct loop *loop, const char *path, control_fn fn, void *data);
void control_destroy(struct control *control); /* removes the socket file */

uint64_t control_client_id(const struct control_client *client);
/* One line without newline. A client that is gone is fine; so is a second reply to one request (dropped). */
void control_reply(struct control *control, uint64_t client, const char *line);
/* A reply line and raw bytes after it; `bytes` is taken (free()d). */
void control_reply_bytes(struct control *control, uint64_t client, const char *line, void *bytes,
                         size_t size);
void control_error(struct control *control, uint64_t client, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The reply to the watch request is the caller's, too. */
void control_watch(struct control *control, uint64_t client, bool is_on);
/* To all watchers. Costs nothing when there are none: control_is_watched(). */
bool control_is_watched(const struct control *control);
void control_tell(struct control *control, const char *line);

/* Path of `name` (NULL: the folder itself) in RUNDIR: $KEZEK_RUNDIR, else /run/kezek for root, else $XDG_RUNTIME_DIR/kezek.
 * Creates nothing. 0, -ENOENT when there is none, -ENAMETOOLONG. (rundir.c) */
int rundir_path(char *out, size_t size, const char *name);
/* Makes the run directory, for its owner alone, unless it is there: systemd and others may have made it for more. 0, as
 * rundir_path(), or what mkdir() says. */
int rundir_create(void);
