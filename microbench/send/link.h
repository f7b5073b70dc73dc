/*
 * The two ends of a veth pair that messages go over, and what the processes at them share.
 */
#ifndef COPYCOST_MICROBENCH_SEND_LINK_H
#define COPYCOST_MICROBENCH_SEND_LINK_H

#include "harness/veth.h"
#include "microbench/ipc/ring.h"

struct link {
    struct veth veth;
    struct veth_request request;
    bool open;
    uint32_t notices; /* number of the sender's next zero-copy send, which the kernel counts */
};

/*
 * The link so asked for, of which there is one in a launch: making one takes milliseconds, and
 * taking it down disturbs the CPUs for as long. It stays until link_drop() or the process's end.
 * Errors: those of veth_open().
 */
int link_take(struct link **link, const struct veth_request *request, struct fault *fault);

/* After an error, which may leave something in it. */
void link_drop(struct link *link);

/* Of one piece (UDP_MAX_SEGMENTS in Linux's include/linux/udp.h until 6.8). */
enum { LINK_DATAGRAMS_OLD = 64 };

/* That a message of that size is cut into; 1 over TCP. */
size_t link_datagrams(const struct link *link, size_t bytes);

/* A message of that size goes out in one piece, cut by whatever is at the end of a wire. Errors:
   ENOTSUP (kernel before 4.18). */
int link_set_message(struct link *link, size_t bytes, struct fault *fault);

/* Messages that may be under way, so that none is lost: a datagram that finds no room is. */
size_t link_window(const struct link *link, size_t bytes);

/* Ends all waits of both processes, which have it and the ring. */
void link_abandon(struct link *link, struct ring *ring);

#endif
