/*
 * A TCP connection over loopback, with Nagle's algorithm (RFC 896) and without.
 *
 * With it, a last small segment may be held back until the one before it is acknowledged, which a
 * peer that has nothing to answer delays by 40 ms: no part of what a chunk costs. Setting
 * TCP_NODELAY sends what is held back (tcp(7)).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "microbench/ipc/files.h"
#include "microbench/ipc/sockets.h"

static int set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value);
}

static int name_of(int (*get)(int, struct sockaddr *, socklen_t *), int fd,
                   struct sockaddr_in *name)
{
    socklen_t length = sizeof *name;
    *name = (struct sockaddr_in){0};
    return get(fd, (struct sockaddr *)name, &length);
}

/* The connection that is our own: any process may connect to a port. */
static int accept_own(int listening, int connected)
{
    struct sockaddr_in own, other;
    if (name_of(getsockname, connected, &own) < 0)
        return -1;
    for (;;) {
        int accepted = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
        if (accepted < 0 && errno == EINTR)
            continue;
        if (accepted < 0 ||
            (name_of(getpeername, accepted, &other) == 0 && other.sin_port == own.sin_port &&
             other.sin_addr.s_addr == own.sin_addr.s_addr))
            return accepted;
        files_close(&accepted);
    }
}

/* sockets[1] becomes the end that was connected to. -1: with errno, and -1 for what is not open. */
static int connect_pair(int sockets[2])
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockets[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockets[1] = -1;
    if (listening >= 0 && sockets[0] >= 0 &&
        bind(listening, (struct sockaddr *)&name, sizeof name) == 0 && listen(listening, 1) == 0 &&
        name_of(getsockname, listening, &name) == 0 &&
        connect(sockets[0], (struct sockaddr *)&name, sizeof name) == 0)
        sockets[1] = accept_own(listening, sockets[0]);
    int error = errno;
    files_close(&listening);
    errno = error;
    return sockets[1] < 0 ? -1 : 0;
}

static bool is_missing(int error)
{
    return error == ENETUNREACH || error == EADDRNOTAVAIL || error == EAFNOSUPPORT ||
           error == EACCES || error == EPERM;
}

static int open_connection(struct lane *there, struct lane *back, int nodelay, struct fault *fault)
{
    int sockets[2];
    /* A connection that is reset leaves nothing behind, one that is closed its port for a minute.
     */
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    bool made = connect_pair(sockets) == 0;
    for (int i = 0; made && i < 2; i++)
        made = setsockopt(sockets[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0 &&
               set(sockets[i], IPPROTO_TCP, TCP_NODELAY, nodelay) == 0;
    sockets_use(sockets, there, back); /* which are closed with the lane, in any case */
    return made ? 0
                : fail(fault, is_missing(errno) ? ENOTSUP : errno,
                       "can't connect to this machine's own 127.0.0.1: %s", strerror(errno));
}

static int open_delaying(struct lane *there, struct lane *back, struct fault *fault)
{
    return open_connection(there, back, 0, fault);
}

static int open_nodelay(struct lane *there, struct lane *back, struct fault *fault)
{
    return open_connection(there, back, 1, fault);
}

static int flush(struct lane *lane)
{
    return set(lane->producer_fd, IPPROTO_TCP, TCP_NODELAY, 1) < 0 ||
                   set(lane->producer_fd, IPPROTO_TCP, TCP_NODELAY, 0) < 0
               ? -errno
               : 0;
}

static const struct transport tcp = {
    .name = "tcp",
    .kernel_copies = 2,
    .open = open_delaying,
    .commit = sockets_commit,
    .flush = flush,
    .get_chunk = sockets_get_chunk,
    .abandon = sockets_abandon,
};
TRANSPORT(&tcp);

static const struct transport tcp_nodelay = {
    .name = "tcp_nodelay",
    .kernel_copies = 2,
    .open = open_nodelay,
    .commit = sockets_commit,
    .get_chunk = sockets_get_chunk,
    .abandon = sockets_abandon,
};
TRANSPORT(&tcp_nodelay);
