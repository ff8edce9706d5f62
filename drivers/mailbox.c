#include "drivers/mailbox.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
    pthread_mutex_t lock;
    int fd;
    size_t letter_size;
    unsigned capacity, head, count;
    unsigned char letters[];
};

struct mailbox *mailbox_create(size_t letter_size, unsigned capacity)
{
    struct mailbox *mailbox = calloc(1, sizeof *mailbox + letter_size * capacity);
    if (!mailbox)
        return NULL;
    mailbox->letter_size = letter_size;
    mailbox->capacity = capacity;
    mailbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (mailbox->fd < 0) {
        free(mailbox);
        return NULL;
    }
    pthread_mutex_init(&mailbox->lock, NULL);
    return mailbox;
}

void mailbox_destroy(struct mailbox *mailbox)
{
    if (!mailbox)
        return;
    close(mailbox->fd);
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}

int mailbox_fd(const struct mailbox *mailbox)
{
    return mailbox->fd;
}

bool mailbox_post(struct mailbox *mailbox, const void *letter)
{
    pthread_mutex_lock(&mailbox->lock);
    bool has_room = mailbox->count < mailbox->capacity;
    bool was_empty = mailbox->count == 0;
    if (has_room) {
        unsigned at = (mailbox->head + mailbox->count++) % mailbox->capacity;
        memcpy(mailbox->letters + at * mailbox->letter_size, letter, mailbox->letter_size);
    }
    pthread_mutex_unlock(&mailbox->lock);
    if (has_room && was_empty)
        eventfd_write(mailbox->fd, 1);
    return has_room;
}

bool mailbox_take(struct mailbox *mailbox, void *letter)
{
    pthread_mutex_lock(&mailbox->lock);
    bool has_letter = mailbox->count > 0;
    if (has_letter) {
        memcpy(letter, mailbox->letters + mailbox->head * mailbox->letter_size, mailbox->letter_size);
        mailbox->head = (mailbox->head + 1) % mailbox->capacity;
        mailbox->count--;
    } else {
        eventfd_t sum;
        eventfd_read(mailbox->fd, &sum); /* under the lock: a letter posted now raises it again */
    }
    pthread_mutex_unlock(&mailbox->lock);
    return has_letter;
}
