/* Any packet of a broken link: never a crash, and what is accepted passes on unchanged.
 *
 * The bytes go in twice: as a packet, and as the memory of a record that is sent, so that the lengths fit at once.
 */
#include "protocol/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct record record, again;
static unsigned char packet[2][sizeof(struct record)];
static int fd[2] = { -1, -1 };

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static size_t packet_of(const struct record *from, unsigned char *bytes)
{
    require(record_send(fd[0], from) == 0);
    ssize_t n = recv(fd[1], bytes, sizeof packet[0], 0);
    require(n > 0);
    return (size_t)n;
}

/* What was accepted once is accepted again, and is the same packet. */
static void receive(void)
{
    int rc = record_receive(fd[1], &record);
    require(rc == 1 || rc == -EBADMSG);
    if (rc == -EBADMSG)
        return;
    size_t size = packet_of(&record, packet[0]);
    require(send(fd[0], packet[0], size, 0) == (ssize_t)size);
    require(record_receive(fd[1], &again) == 1);
    require(packet_of(&again, packet[1]) == size && memcmp(packet[0], packet[1], size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (fd[0] < 0)
        require(record_pair(fd) == 0);
    if (size == 0 || size > sizeof record)
        return 0;
    require(send(fd[0], data, size, 0) == (ssize_t)size);
    receive();
    memset(&record, 0, sizeof record);
    memcpy(&record, data, size);
    int rc = record_send(fd[0], &record);
    require(rc == 0 || rc == -EINVAL);
    if (rc == 0)
        receive();
    return 0;
}
