/* The one loop of a process: epoll with deferred delete, and deadlines. One thread; no global state.
 *
 * A source removed inside a callback is not called again, also when its event is already in the current
 * batch; its memory goes at the end of the turn. loop_destroy() names what is still registered (a leak of
 * ours).
 */
#pragma once

#include <stdint.h>
#include <sys/epoll.h>

struct loop;
struct loop_source; /* a descriptor */
struct loop_timer;  /* a deadline */

typedef void (*loop_fd_fn)(void *data, uint32_t events);
typedef void (*loop_timer_fn)(void *data, int64_t now_us);

struct loop *loop_create(void); /* NULL with errno */
void loop_destroy(struct loop *loop);

/* `events` of epoll, level-triggered. The descriptor stays the caller's. NULL with errno. `name` is borrowed
 * (a literal). */
struct loop_source *loop_add(struct loop *loop, int fd, uint32_t events, const char *name, loop_fd_fn fn,
                             void *data);
void loop_modify(struct loop_source *source, uint32_t events);
void loop_remove(struct loop_source *source); /* NULL is fine */

/* A timer without deadline; loop_timer_at() arms it (INT64_MAX disarms). It fires once per arming, never
 * early. */
struct loop_timer *loop_timer(struct loop *loop, const char *name, loop_timer_fn fn, void *data);
void loop_timer_at(struct loop_timer *timer, int64_t at_us);
void loop_timer_remove(struct loop_timer *timer); /* NULL is fine */

int loop_run(struct loop *loop); /* until loop_quit(): its status */
void loop_quit(struct loop *loop, int status);
uint64_t loop_wakeups(const struct loop *loop); /* returns of epoll_wait */

int64_t clock_us(void); /* CLOCK_MONOTONIC */
