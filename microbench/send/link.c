#include "microbench/send/link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { KINDS = 3, WINDOW_MOST = 64, EXTRA_BYTES = 2048 };

int link_take(struct link **link, const struct veth_request *request, struct fault *fault)
{
    static struct link kept[KINDS];
    struct link *mine = &kept[request->protocol == VETH_TCP ? 2 : request->discards];
    *link = mine;
    if (mine->open && mine->request.mtu == request->mtu)
        return 0;
    link_drop(mine);
    int error = veth_open(&mine->veth, request, fault);
    if (error)
        return error;
    mine->request = *request;
    mine->open = true;
    mine->notices = 0;
    return 0;
}

void link_drop(struct link *link)
{
    if (link->open)
        veth_close(&link->veth);
    link->open = false;
}

static size_t datagram_most(const struct link *link)
{
    return link->request.mtu - VETH_UDP_HEADERS;
}

size_t link_datagrams(const struct link *link, size_t bytes)
{
    size_t most = datagram_most(link);
    return link->request.protocol == VETH_TCP || bytes <= most ? 1 : (bytes + most - 1) / most;
}

int link_set_message(struct link *link, size_t bytes, struct fault *fault)
{
    if (link->request.protocol == VETH_TCP)
        return 0;
    size_t most = datagram_most(link);
    int segment = link_datagrams(link, bytes) > 1 ? (int)most : 0;
    if (setsockopt(link->veth.sender, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) < 0 &&
        segment)
        return fail(fault, ENOTSUP,
                    "datagrams beyond %zu B in one piece (UDP_SEGMENT, kernel 4.18): %s", most,
                    strerror(errno));
    return 0;
}

size_t link_window(const struct link *link, size_t bytes)
{
    int room = 0;
    socklen_t length = sizeof room;
    if (link->veth.receiver < 0 || link->request.protocol == VETH_TCP)
        return WINDOW_MOST;
    getsockopt(link->veth.receiver, SOL_SOCKET, SO_RCVBUF, &room, &length);
    /* The kernel counts what memory a datagram takes, which is up to twice its bytes. */
    size_t window = (size_t)(room > 0 ? room : 0) / (2 * (bytes + EXTRA_BYTES));
    return window < 1 ? 1 : window > WINDOW_MOST ? WINDOW_MOST : window;
}

/*
 * What nobody takes any more keeps its notice back. A reset drops it at both ends of a connection;
 * datagrams are taken.
 */
static void drop_received(const struct link *link)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    char byte;
    if (link->request.protocol == VETH_TCP)
        (void)connect(link->veth.receiver, &nobody, sizeof nobody);
    shutdown(link->veth.receiver, SHUT_RDWR);
    while (link->request.protocol == VETH_UDP &&
           recv(link->veth.receiver, &byte, sizeof byte, MSG_DONTWAIT) > 0)
        ;
}

void link_abandon(struct link *link, struct ring *ring)
{
    ring_abandon(ring);
    shutdown(link->veth.sender, SHUT_RDWR);
    if (link->veth.receiver >= 0)
        drop_received(link);
}
