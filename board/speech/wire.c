#include "board/speech/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union passage { /* aligned for its head */
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr head;
};

int wire_answer(int socket_fd, const struct speech_answer *answer, int fd)
{
    union passage passage = { 0 };
    struct iovec part = { (void *)(uintptr_t)answer, sizeof *answer };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (fd >= 0) {
        message.msg_control = passage.bytes;
        message.msg_controllen = sizeof passage.bytes;
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        *head = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                  .cmsg_type = SCM_RIGHTS,
                                  .cmsg_len = CMSG_LEN(sizeof fd) };
        memcpy(CMSG_DATA(head), &fd, sizeof fd);
    }
    return sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int wire_take_answer(int socket_fd, struct speech_answer *answer, int *fd)
{
    union passage passage;
    struct iovec part = { answer, sizeof *answer };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = passage.bytes,
                              .msg_controllen = sizeof passage.bytes };
    *fd = -1;
    ssize_t n = recvmsg(socket_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0)
        return errno == ECONNRESET ? -EPIPE : -errno;
    if (n == 0)
        return -EPIPE;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof *fd))
        memcpy(fd, CMSG_DATA(head), sizeof *fd);
    answer->why[sizeof answer->why - 1] = '\0';
    return n == (ssize_t)sizeof *answer ? 0 : -EPROTO;
}
