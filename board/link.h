/* The link process: all of the network, none of the devices. Bytes come from the broker, checked records go to the board;
 * the board's texts go to the broker. It may block in name look-ups, and be killed: the board restarts it and the
 * screens do not notice.
 *
 * Subscribes exactly: event, state, server, board/{id}/state, board/{id}/command, and its own board/{id}/status, so that a
 * stray `online:false` is answered by `online:true` (rule 10 of the feed; once a second at most).
 *
 * Back-pressure: a record that the board's socket does not take waits here, alone, and the broker is not read until it is
 * gone; so nothing is lost and nothing is overtaken between broker and board.
 *
 * Outgoing: hello and health are worth nothing later and are dropped while offline; receipts and results wait (outbox.h), while the
 * broker is away the oldest dropped first and counted in the log. A flood of calls owes more receipts than the broker acknowledges
 * in time, since its acknowledgements lie behind the calls: from a full outbox they leave with QoS 0. If the broker does not
 * take that either, the board is not read while the outbox is full, and reads no calls before its receipts are gone; for a broker
 * that takes nothing at all nobody waits longer than LINK_DEAF_US: the oldest are dropped.
 */
#pragma once

#include "board/config/config.h"

#define LINK_DEAF_US     1000000
#define LINK_INVALID_MAX 20 /* RECORD_INVALIDs a second; the next one says how many were left out */

/* Runs until the other end of `fd` (a record socket, see record_pair()) closes or SIGTERM comes: says online:false and
 * returns 0. Returns 1 when it cannot work with this configuration (the board was told why by a RECORD_LINK).
 *
 * Ignores SIGINT: the board decides when to stop. What the process gives up before is in sandbox.h. */
int link_run(int fd, const struct config *config);

/* What status names as `boot`: $KEZEK_BOOT, which the board sets to what its hello says; without it the first eight digits
 * of the kernel's boot id. The number of the connection grows from one link process to the next. */
void link_boot(char boot[9]);
