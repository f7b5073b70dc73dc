/*
 * A process of its own makes the namespaces, so that this one stays in its own, and hands over the
 * sockets: a socket stays in the namespace in which it was opened.
 */
#include "harness/veth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/veth_links.h"

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { PORT = 40000, BUFFER_BYTES = 4 << 20, LOOKS = 20000, LOOK_NS = 100000 };
enum { HANDED_SENDER, HANDED_ROUTE, HANDED_FAR, HANDED_RECEIVER, HANDED };

/* TEST-NET-1 of RFC 5737. */
static const char near_address[] = "192.0.2.1", far_address[] = "192.0.2.2";

struct report { /* of the process that made them */
    int error;
    unsigned index;
    struct fault fault;
};

struct ends {
    const struct veth_request *request;
    int namespaces[2]; /* near, far */
    int handed[HANDED];
    unsigned index;
};

static void close_file(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int enter_namespace(const struct ends *ends, int which, struct fault *fault)
{
    if (setns(ends->namespaces[which], CLONE_NEWNET) == 0)
        return 0;
    return fail(fault, errno, "can't enter a network namespace: %s", strerror(errno));
}

static int fail_unshare(int alone, int as_user, struct fault *fault)
{
    bool forbidden = as_user == EPERM || as_user == EACCES || as_user == ENOSPC;
    return fail(fault, forbidden ? EPERM : ENOTSUP,
                "can't make a network namespace: unshare(CLONE_NEWNET) says %s, and with "
                "CLONE_NEWUSER, by which an ordinary user may, it says %s; run as root, or see the "
                "sysctls user.max_user_namespaces, user.max_net_namespaces, "
                "kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns",
                strerror(alone), strerror(as_user));
}

/* The calling process gets into the far one. */
static int make_namespaces(struct ends *ends, struct fault *fault)
{
    for (int i = 0; i < 2; i++) {
        int alone = unshare(CLONE_NEWNET) == 0 ? 0 : errno;
        if (alone && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
            return fail_unshare(alone, errno, fault);
        ends->namespaces[i] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        if (ends->namespaces[i] < 0)
            return fail(fault, errno == ENOENT ? ENOTSUP : errno,
                        "can't open this process's network namespace, /proc/self/ns/net: %s",
                        strerror(errno));
    }
    return 0;
}

static int open_route(int *route, struct fault *fault)
{
    *route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    return *route < 0 ? fail(fault, errno, "can't open a netlink socket: %s", strerror(errno)) : 0;
}

/* An interface of this namespace, which gets its queue a little after its carrier has come. */
static int await_link(const char *name, struct fault *fault)
{
    struct veth_look look;
    const struct timespec pause = {.tv_nsec = LOOK_NS};
    int route, error = open_route(&route, fault);
    bool up = false;
    for (int i = 0; !error && !up && i < LOOKS; i++) {
        error = veth_link_look(route, if_nametoindex(name), &look, fault);
        up = !error && strcmp(look.discipline, "noop") != 0;
        if (!up)
            nanosleep(&pause, NULL);
    }
    close_file(&route);
    return error || up ? error : fail(fault, EIO, "a veth interface does not come up");
}

static int raise_far(struct ends *ends, struct fault *fault)
{
    int error = enter_namespace(ends, 1, fault);
    if (!error)
        error = ends->request->discards
                    ? veth_link_block(veth_far, fault)
                    : veth_link_address(veth_far, inet_addr(far_address), fault);
    return error ? error : veth_link_raise(veth_far, true, fault);
}

/* Ends in the near one. */
static int make_links(struct ends *ends, struct fault *fault)
{
    int error = enter_namespace(ends, 0, fault);
    if (!error)
        error = veth_link_make(ends->namespaces[1], ends->request->mtu, fault);
    if (!error)
        error = veth_link_address(veth_near, inet_addr(near_address), fault);
    if (!error)
        error = raise_far(ends, fault);
    if (!error)
        error = enter_namespace(ends, 0, fault);
    if (!error)
        error = veth_link_raise(veth_near, !ends->request->discards, fault);
    if (error)
        return error;
    ends->index = if_nametoindex(veth_near);
    error = open_route(&ends->handed[HANDED_ROUTE], fault);
    return error ? error : await_link(veth_near, fault);
}

static struct sockaddr_in name_of(const char *address)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = {.s_addr = inet_addr(address)}};
}

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

/* A socket of this namespace, bound to that address; -1 with errno. */
static int open_socket(enum veth_protocol protocol, const char *address)
{
    const struct timeval patience = {.tv_sec = VETH_PATIENCE_S};
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    struct sockaddr_in name = name_of(address);
    int fd = socket(AF_INET, (protocol == VETH_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    bool done = fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof name) == 0 &&
                setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
                setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
                (protocol == VETH_UDP ||
                 (setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0 &&
                  set(fd, IPPROTO_TCP, TCP_NODELAY, 1) == 0));
    int error = errno;
    if (!done)
        close_file(&fd);
    errno = error;
    return fd;
}

static bool connect_to(int fd, const char *address)
{
    struct sockaddr_in name = name_of(address);
    return connect(fd, (struct sockaddr *)&name, sizeof name) == 0;
}

/* Begins in the far namespace. */
static int open_far(struct ends *ends, struct fault *fault)
{
    enum veth_protocol protocol = ends->request->protocol;
    int fd = open_socket(protocol, far_address);
    ends->handed[HANDED_RECEIVER] = fd;
    bool done = fd >= 0;
    if (done && protocol == VETH_TCP) {
        done = listen(fd, 1) == 0;
    } else if (done) {
        set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES); /* as much as this user may have */
        set(fd, IPPROTO_UDP, UDP_GRO, 1);             /* kernels before 5.0 cut datagrams */
        done = connect_to(fd, near_address);
    }
    return done ? 0 : fail(fault, errno, "can't open a socket at the far end: %s", strerror(errno));
}

/* Begins in the near namespace. */
static int open_near(struct ends *ends, struct fault *fault)
{
    int fd = open_socket(ends->request->protocol, near_address);
    ends->handed[HANDED_SENDER] = fd;
    if (fd < 0 || !connect_to(fd, far_address))
        return fail(fault, errno, "can't connect from one veth interface to the other: %s",
                    strerror(errno));
    if (ends->request->protocol == VETH_UDP)
        return 0;
    int listening = ends->handed[HANDED_RECEIVER];
    ends->handed[HANDED_RECEIVER] = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    close(listening);
    return ends->handed[HANDED_RECEIVER] < 0
               ? fail(fault, errno, "can't accept at the far end: %s", strerror(errno))
               : 0;
}

static int make_ends(struct ends *ends, struct fault *fault)
{
    int error = make_namespaces(ends, fault);
    if (!error)
        error = make_links(ends, fault);
    if (!error && !ends->request->discards) {
        error = enter_namespace(ends, 1, fault);
        if (!error)
            error = await_link(veth_far, fault);
        if (!error)
            error = open_far(ends, fault);
        if (!error)
            error = enter_namespace(ends, 0, fault);
    }
    ends->handed[HANDED_FAR] = ends->namespaces[1];
    return error ? error : open_near(ends, fault);
}

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(HANDED * sizeof(int))];
};

static struct msghdr message_of(struct iovec *part, union control *control)
{
    return (struct msghdr){.msg_iov = part,
                           .msg_iovlen = 1,
                           .msg_control = control->bytes,
                           .msg_controllen = sizeof control->bytes};
}

/* All that are open, the receiver last, if there is one. */
static void hand_over(int channel, const struct ends *ends, struct report *report)
{
    union control control = {.bytes = {0}};
    struct iovec part = {report, sizeof *report};
    struct msghdr message = message_of(&part, &control);
    size_t bytes = (ends->request->discards ? HANDED - 1 : HANDED) * sizeof(int);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(bytes);
    memcpy(CMSG_DATA(header), ends->handed, bytes);
    message.msg_controllen = CMSG_SPACE(bytes);
    if (report->error) {
        message.msg_control = NULL;
        message.msg_controllen = 0;
    }
    sendmsg(channel, &message, MSG_NOSIGNAL);
}

_Noreturn static void serve(int channel, pid_t parent, const struct veth_request *request)
{
    signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct ends ends = {.request = request, .namespaces = {-1, -1}, .handed = {-1, -1, -1, -1}};
    struct report report = {.error = 0};
    if (getppid() == parent) {
        report.error = make_ends(&ends, &report.fault);
        report.index = ends.index;
        hand_over(channel, &ends, &report);
    }
    _exit(0);
}

static int take_over(struct veth *veth, int channel, struct fault *fault)
{
    struct report report = {.error = 0};
    union control control = {.bytes = {0}};
    struct iovec part = {&report, sizeof report};
    struct msghdr message = message_of(&part, &control);
    ssize_t length;
    while ((length = recvmsg(channel, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL)) < 0 &&
           errno == EINTR)
        ;
    if (length != (ssize_t)sizeof report)
        return fail(fault, ECHILD, "the process that makes network namespaces died");
    if (report.error) {
        *fault = report.fault;
        return report.error;
    }
    int handed[HANDED] = {-1, -1, -1, -1};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_RIGHTS || message.msg_flags & MSG_CTRUNC)
        return fail(fault, EMFILE, "no room for the descriptors of veth sockets: see ulimit -n");
    memcpy(handed, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
    *veth = (struct veth){.sender = handed[HANDED_SENDER],
                          .route = handed[HANDED_ROUTE],
                          .far = handed[HANDED_FAR],
                          .receiver = handed[HANDED_RECEIVER],
                          .index = report.index};
    return 0;
}

int veth_open(struct veth *veth, const struct veth_request *request, struct fault *fault)
{
    int channel[2];
    *veth = (struct veth){.sender = -1, .receiver = -1, .route = -1, .far = -1};
    if (request->discards && request->protocol == VETH_TCP)
        return fail(fault, EINVAL, "TCP needs a receiver that acknowledges");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
        return fail(fault, errno, "can't open a pair of sockets: %s", strerror(errno));
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        serve(channel[1], parent, request);
    int error = child < 0 ? fail(fault, EAGAIN, "can't start a process: %s", strerror(errno)) : 0;
    close(channel[1]);
    if (!error) {
        error = take_over(veth, channel[0], fault);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close(channel[0]);
    return error;
}

void veth_close(struct veth *veth)
{
    close_file(&veth->sender);
    close_file(&veth->receiver);
    close_file(&veth->route);
    close_file(&veth->far);
}

int veth_sent(const struct veth *veth, struct veth_count *count, struct fault *fault)
{
    struct veth_look look;
    int error = veth_link_look(veth->route, veth->index, &look, fault);
    if (!error && strcmp(look.kind, "veth") != 0)
        error = fail(fault, ENODEV, "network interface %u is no veth, but '%s'", veth->index,
                     look.kind);
    if (!error)
        *count = (struct veth_count){look.bytes, look.packets};
    return error;
}

int veth_prove(const struct veth *veth, const struct veth_count *before, uint64_t payload_bytes,
               struct fault *fault)
{
    struct veth_count after;
    int error = veth_sent(veth, &after, fault);
    if (error)
        return error;
    uint64_t bytes = after.bytes - before->bytes;
    return bytes >= payload_bytes
               ? 0
               : fail(fault, EILSEQ,
                      "of %llu bytes of payload no more than %llu left over the veth interface",
                      (unsigned long long)payload_bytes, (unsigned long long)bytes);
}
