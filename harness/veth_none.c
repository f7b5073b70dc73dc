#include <errno.h>

#include "harness/veth.h"
#include "harness/veth_links.h"

const char *const veth_near = "", *const veth_far = "";

const char *veth_backend(void)
{
    return "none: built without libmnl";
}

static int missing(const char *what, struct fault *fault)
{
    return fail(fault, ENOTSUP, "%s: built without libmnl, which asks the kernel; build with that",
                what);
}

int veth_link_make(int far_namespace, unsigned mtu, struct fault *fault)
{
    (void)far_namespace;
    (void)mtu;
    return missing("a pair of veth interfaces", fault);
}

int veth_link_address(const char *name, uint32_t address, struct fault *fault)
{
    (void)name;
    (void)address;
    return missing("an interface's address", fault);
}

int veth_link_block(const char *name, struct fault *fault)
{
    (void)name;
    return missing("a bridge", fault);
}

int veth_link_raise(const char *name, bool asks, struct fault *fault)
{
    (void)name;
    (void)asks;
    return missing("an interface", fault);
}

int veth_link_look(int route, unsigned index, struct veth_look *look, struct fault *fault)
{
    (void)route;
    (void)index;
    (void)look;
    return missing("an interface's counters", fault);
}
