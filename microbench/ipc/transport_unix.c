/*
 * Pairs of connected UNIX sockets: a stream, and datagrams, of which a large chunk is several.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "microbench/ipc/files.h"
#include "microbench/ipc/sockets.h"

static int open_pair(struct lane *there, struct lane *back, int type, struct fault *fault)
{
    int sockets[2];
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sockets) < 0)
        return fail(fault, errno == EAFNOSUPPORT ? ENOTSUP : errno,
                    "can't make a pair of UNIX sockets: %s", strerror(errno));
    sockets_use(sockets, there, back);
    return 0;
}

static int open_stream(struct lane *there, struct lane *back, struct fault *fault)
{
    return open_pair(there, back, SOCK_STREAM, fault);
}

static int open_datagrams(struct lane *there, struct lane *back, struct fault *fault)
{
    return open_pair(there, back, SOCK_DGRAM, fault);
}

/* The kernel moves a datagram whole or not at all. */
static int commit_datagrams(struct lane *lane)
{
    return files_move(files_send, lane->producer_fd, POLLOUT, lane->produced, lane->chunk_bytes,
                      DATAGRAM_BYTES);
}

static const struct transport unix_stream = {
    .name = "unix_stream",
    .kernel_copies = 2,
    .open = open_stream,
    .commit = sockets_commit,
    .get_chunk = sockets_get_chunk,
    .abandon = sockets_abandon,
};
TRANSPORT(&unix_stream);

static const struct transport unix_dgram = {
    .name = "unix_dgram",
    .kernel_copies = 2,
    .open = open_datagrams,
    .commit = commit_datagrams,
    .get_chunk = sockets_get_chunk,
    .abandon = sockets_abandon,
};
TRANSPORT(&unix_dgram);
