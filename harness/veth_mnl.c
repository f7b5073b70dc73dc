#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/veth.h"
#include "harness/veth_links.h"

enum { ASKED_BYTES = 1024, ANSWER_BYTES = 16384, NETWORK_BITS = 30 };

const char *const veth_near = "near", *const veth_far = "far";
static const char *const bridge = "nowhere";

struct message {
    _Alignas(struct nlmsghdr) unsigned char bytes[ASKED_BYTES];
};

const char *veth_backend(void)
{
    return "libmnl";
}

static struct nlmsghdr *begin(struct message *message, uint16_t type, uint16_t flags)
{
    struct nlmsghdr *header = mnl_nlmsg_put_header(message->bytes);
    header->nlmsg_type = type;
    header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
    header->nlmsg_seq = 1;
    return header;
}

/* Until it is acknowledged; what comes before that goes to `read`. 0 or -errno. */
static int talk(int route, const struct nlmsghdr *header, mnl_cb_t read, void *context)
{
    _Alignas(struct nlmsghdr) unsigned char answer[ANSWER_BYTES];
    if (send(route, header, header->nlmsg_len, 0) < 0)
        return -errno;
    for (;;) {
        ssize_t length = recv(route, answer, sizeof answer, 0);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return -errno;
        int more = mnl_cb_run(answer, (size_t)length, header->nlmsg_seq, 0, read, context);
        if (more <= 0)
            return more < 0 ? -errno : 0;
    }
}

/* In the namespace that the thread is in. `what` was asked for. */
static int ask(const struct nlmsghdr *header, const char *what, struct fault *fault)
{
    int route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int error = route < 0 ? -errno : talk(route, header, NULL, NULL);
    if (route >= 0)
        close(route);
    if (!error)
        return 0;
    bool unknown = error == -EOPNOTSUPP || error == -EAFNOSUPPORT || error == -EPROTONOSUPPORT;
    return fail(fault, unknown ? ENOTSUP : -error, "%s, in a network namespace of its own: %s",
                what, strerror(-error));
}

static struct ifinfomsg *put_link(struct nlmsghdr *header, const char *name)
{
    struct ifinfomsg *link = mnl_nlmsg_put_extra_header(header, sizeof *link);
    link->ifi_family = AF_UNSPEC;
    mnl_attr_put_strz(header, IFLA_IFNAME, name);
    return link;
}

int veth_link_make(int far_namespace, unsigned mtu, struct fault *fault)
{
    struct message message;
    struct nlmsghdr *header = begin(&message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    put_link(header, veth_near);
    mnl_attr_put_u32(header, IFLA_MTU, mtu);
    struct nlattr *info = mnl_attr_nest_start(header, IFLA_LINKINFO);
    mnl_attr_put_strz(header, IFLA_INFO_KIND, "veth");
    struct nlattr *data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
    struct nlattr *peer = mnl_attr_nest_start(header, VETH_INFO_PEER);
    put_link(header, veth_far);
    mnl_attr_put_u32(header, IFLA_MTU, mtu);
    mnl_attr_put_u32(header, IFLA_NET_NS_FD, (uint32_t)far_namespace);
    mnl_attr_nest_end(header, peer);
    mnl_attr_nest_end(header, data);
    mnl_attr_nest_end(header, info);
    return ask(header, "a pair of veth interfaces", fault);
}

int veth_link_address(const char *name, uint32_t address, struct fault *fault)
{
    struct message message;
    struct nlmsghdr *header = begin(&message, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
    struct ifaddrmsg *about = mnl_nlmsg_put_extra_header(header, sizeof *about);
    about->ifa_family = AF_INET;
    about->ifa_prefixlen = NETWORK_BITS;
    about->ifa_index = if_nametoindex(name);
    mnl_attr_put_u32(header, IFA_LOCAL, address);
    mnl_attr_put_u32(header, IFA_ADDRESS, address);
    return ask(header, "an IPv4 address of a veth interface", fault);
}

int veth_link_block(const char *name, struct fault *fault)
{
    struct message message;
    struct nlmsghdr *header = begin(&message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    put_link(header, bridge);
    struct nlattr *info = mnl_attr_nest_start(header, IFLA_LINKINFO);
    mnl_attr_put_strz(header, IFLA_INFO_KIND, "bridge");
    mnl_attr_nest_end(header, info);
    int error = ask(header, "a bridge that discards what comes", fault);
    if (error)
        return error;
    header = begin(&message, RTM_NEWLINK, 0);
    put_link(header, name);
    mnl_attr_put_u32(header, IFLA_MASTER, if_nametoindex(bridge));
    return ask(header, "a port of a bridge", fault);
}

int veth_link_raise(const char *name, bool asks, struct fault *fault)
{
    struct message message;
    struct nlmsghdr *header = begin(&message, RTM_NEWLINK, 0);
    struct ifinfomsg *link = put_link(header, name);
    link->ifi_flags = IFF_UP | (asks ? 0 : IFF_NOARP);
    link->ifi_change = IFF_UP | IFF_NOARP;
    return ask(header, "a veth interface that is up", fault);
}

static void copy_text(char text[VETH_NAME_BYTES], const struct nlattr *attribute)
{
    size_t bytes = mnl_attr_get_payload_len(attribute);
    memset(text, 0, VETH_NAME_BYTES);
    memcpy(text, mnl_attr_get_payload(attribute),
           bytes < VETH_NAME_BYTES ? bytes : VETH_NAME_BYTES - 1);
}

static int read_kind(const struct nlattr *attribute, void *context)
{
    struct veth_look *look = context;
    if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
        copy_text(look->kind, attribute);
    return MNL_CB_OK;
}

static void read_statistics(struct veth_look *look, const struct nlattr *attribute)
{
    struct rtnl_link_stats64 statistics = {0};
    size_t bytes = mnl_attr_get_payload_len(attribute);
    memcpy(&statistics, mnl_attr_get_payload(attribute),
           bytes < sizeof statistics ? bytes : sizeof statistics);
    look->bytes = statistics.tx_bytes;
    look->packets = statistics.tx_packets;
}

static int read_attribute(const struct nlattr *attribute, void *context)
{
    struct veth_look *look = context;
    switch (mnl_attr_get_type(attribute)) {
    case IFLA_QDISC:
        copy_text(look->discipline, attribute);
        return MNL_CB_OK;
    case IFLA_LINKINFO:
        return mnl_attr_parse_nested(attribute, read_kind, look);
    case IFLA_STATS64:
        read_statistics(look, attribute);
        return MNL_CB_OK;
    default:
        return MNL_CB_OK;
    }
}

static int read_link(const struct nlmsghdr *header, void *context)
{
    return mnl_attr_parse(header, sizeof(struct ifinfomsg), read_attribute, context);
}

int veth_link_look(int route, unsigned index, struct veth_look *look, struct fault *fault)
{
    struct message message;
    struct nlmsghdr *header = begin(&message, RTM_GETLINK, 0);
    struct ifinfomsg *link = mnl_nlmsg_put_extra_header(header, sizeof *link);
    link->ifi_family = AF_UNSPEC;
    link->ifi_index = (int)index;
    *look = (struct veth_look){.kind = ""};
    int error = talk(route, header, read_link, look);
    return error ? fail(fault, -error, "network interface %u: %s", index, strerror(-error)) : 0;
}
