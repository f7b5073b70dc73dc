#include "microbench/ipc/sockets.h"

#include <poll.h>
#include <sys/socket.h>

#include "microbench/ipc/files.h"

void sockets_use(const int sockets[2], struct lane *there, struct lane *back)
{
    int held;
    socklen_t length = sizeof held;
    there->producer_fd = sockets[0];
    there->consumer_fd = sockets[1];
    if (getsockopt(sockets[0], SOL_SOCKET, SO_SNDBUF, &held, &length) == 0 && held > 0)
        there->capacity_bytes = (uint64_t)held;
    if (!back)
        return;
    back->producer_fd = sockets[1];
    back->consumer_fd = sockets[0];
    back->borrows = true;
}

int sockets_commit(struct lane *lane)
{
    return files_move(files_send, lane->producer_fd, POLLOUT, lane->produced, lane->chunk_bytes, 0);
}

int sockets_get_chunk(struct lane *lane, const unsigned char **chunk)
{
    *chunk = lane->consumed;
    return files_move(files_receive, lane->consumer_fd, POLLIN, lane->consumed, lane->chunk_bytes,
                      0);
}

void sockets_abandon(struct lane *lane, enum lane_end end)
{
    (void)end;
    shutdown(lane->producer_fd, SHUT_RDWR);
    shutdown(lane->consumer_fd, SHUT_RDWR);
    /* Who waits for room for a datagram wakes only when one is taken. */
    while (recv(lane->consumer_fd, lane->consumed, lane->chunk_bytes, MSG_DONTWAIT) > 0) {
    }
}
