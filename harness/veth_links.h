/*
 * What veth.c asks of network interfaces. All but veth_link_look() are about the namespace that the
 * calling thread is in. Errors: EPERM, ENOTSUP (the kernel has none of that kind), and what netlink
 * says otherwise.
 */
#ifndef COPYCOST_HARNESS_VETH_LINKS_H
#define COPYCOST_HARNESS_VETH_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/fault.h"

enum { VETH_NAME_BYTES = 16 };
extern const char *const veth_near, *const veth_far; /* names of the two interfaces */

/* Makes both: the near one here, the far one in that other namespace. */
int veth_link_make(int far_namespace, unsigned mtu, struct fault *fault);

/* `address` is in network order, of a network of four. */
int veth_link_address(const char *name, uint32_t address, struct fault *fault);

/* Makes it a port of a bridge that stays down. */
int veth_link_block(const char *name, struct fault *fault);

/* `asks`: for addresses of neighbours, which answer. */
int veth_link_raise(const char *name, bool asks, struct fault *fault);

struct veth_look {
    char kind[VETH_NAME_BYTES];       /* of driver; "" none */
    char discipline[VETH_NAME_BYTES]; /* of its queue: "noop" until it sends */
    uint64_t bytes, packets;          /* sent */
};

/* At that one, by its index, in the namespace of that netlink socket. */
int veth_link_look(int route, unsigned index, struct veth_look *look, struct fault *fault);

#endif
