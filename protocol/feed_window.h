/* Which sequence numbers of an epoch were seen: the replay windows inside struct feed_memory.
 *
 * The memory survives a kill of the process, so every step leaves it valid, and a step that is cut off errs towards "seen":
 * a call may then stay silent, but never sounds twice.
 */
#pragma once

#include "protocol/feed.h"

/* Makes memory from outside safe to use: windows that no feed could have written are emptied. */
void feed_window_check(struct feed_memory *memory);
/* The window of an epoch; a new epoch takes the place of the one not used for longest. Never NULL. */
struct feed_window *feed_window(struct feed_memory *memory, const char *epoch);
/* Seen before, or too old to tell? */
bool feed_window_has(const struct feed_window *window, uint64_t seq);
/* Notes seq; it must not be in the window yet. */
void feed_window_add(struct feed_window *window, uint64_t seq);
/* Everything up to top counts as seen, nothing above. */
void feed_window_reset(struct feed_window *window, uint64_t top);
