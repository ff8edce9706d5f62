/* A bounded mailbox from worker threads to the loop: fixed-size letters and an eventfd that is readable while
 * there are any. No lock is held across I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct mailbox;
struct mailbox *mailbox_create(size_t letter_size,
                               unsigned capacity); /* NULL: out of memory or descriptors */
void mailbox_destroy(struct mailbox *mailbox);
int mailbox_fd(const struct mailbox *mailbox);
/* False when full: the letter is not taken. Any thread. */
bool mailbox_post(struct mailbox *mailbox, const void *letter);
/* False when empty. One reader. */
bool mailbox_take(struct mailbox *mailbox, void *letter);
