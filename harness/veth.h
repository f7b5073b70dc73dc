/*
 * Two sockets with a pair of veth interfaces between them, as with a cable: each end in a network
 * namespace of its own, in which nothing else sends.
 *
 * Namespaces and interfaces belong to no process and have no name outside: they are gone as soon as
 * the sockets are closed, however the processes end that have them. Loopback is down in both, so
 * that nothing can go over it.
 *
 * Where the far end discards, its interface is a port of a bridge that is down, which frees each
 * frame before any protocol sees it, as if it had left over a wire (Linux: br_handle_frame(), which
 * comes before the delivery that makes copies of pages that user space still owns,
 * skb_orphan_frags_rx()). What leaves is counted by the interfaces all the same.
 *
 * Back ends: veth_mnl.c (libmnl; the only file that includes libmnl/libmnl.h) or veth_none.c where
 * it is missing.
 */
#ifndef COPYCOST_HARNESS_VETH_H
#define COPYCOST_HARNESS_VETH_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/fault.h"

enum veth_protocol { VETH_UDP, VETH_TCP };

/* Least: what every IPv4 host takes (RFC 791). Most: the driver's. */
enum { VETH_MTU_LEAST = 576, VETH_MTU_USUAL = 1500, VETH_MTU_MOST = 65535 };
enum { VETH_UDP_HEADERS = 28 }; /* bytes of IPv4 and UDP headers in a packet */
enum { VETH_PATIENCE_S = 10 };  /* that a socket waits for its peer: -EAGAIN then */

struct veth_request {
    enum veth_protocol protocol;
    unsigned mtu;
    bool discards; /* the far end; UDP only, as TCP stops without acknowledgements */
};

struct veth {
    int sender, receiver; /* connected to each other; receiver -1: the far end discards */
    int route;            /* a netlink socket of the sender's namespace */
    int far;              /* the other namespace, which stays as long as this is open */
    unsigned index;       /* of the sender's interface, in its own */
};

/* "libmnl", or "none: built without libmnl". Static. */
const char *veth_backend(void);

/*
 * Opens both; end it by veth_close(). Needs CAP_SYS_ADMIN and CAP_NET_ADMIN, or user namespaces
 * that an ordinary user may make. Errors, after which nothing is left: EPERM (what was tried, what
 * to do), ENOTSUP (built without, or the kernel has no such namespaces, interfaces or bridges), EIO
 * (an interface that never came up), and those of the calls that it takes.
 */
int veth_open(struct veth *veth, const struct veth_request *request, struct fault *fault);
void veth_close(struct veth *veth);

struct veth_count { /* sent over the interface since it was made, headers included */
    uint64_t bytes, packets;
};

/* Errors: ENODEV (the interface is no veth, or gone), those of netlink. */
int veth_sent(const struct veth *veth, struct veth_count *count, struct fault *fault);

/*
 * Whether so many bytes of payload left over the interface since `before`. Errors: those of
 * veth_sent(); EILSEQ: they did not.
 */
int veth_prove(const struct veth *veth, const struct veth_count *before, uint64_t payload_bytes,
               struct fault *fault);

#endif
