/* A place for the tree of one small document: cJSON takes some thirty pieces of memory for an event and gives them back one by one,
 * a quarter of what a message costs.
 *
 * cJSON's allocator belongs to the whole process, so a program decides for itself: json_arena_install(), once, while it has one
 * thread. From then on what cJSON allocates in a thread between begin and end comes from that thread's arena as far as it
 * goes (JSON_ARENA_SIZE), and from malloc() after that; everything else in the process comes from malloc() as before. Without
 * the installation begin and end change nothing.
 */
#pragma once

#include "protocol/json.h"

#define JSON_ARENA_SIZE 8192 /* an event of the full profile takes 1.2 KiB */

void json_arena_install(void);
/* Not nested. What is allocated from here on lives until json_arena_end(). */
void json_arena_begin(void);
/* Gives all of it back; `root`, or NULL, is the only tree in it. */
void json_arena_end(cJSON *root);
