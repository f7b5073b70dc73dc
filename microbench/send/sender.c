#include "microbench/send/sender.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif
#ifndef SO_EE_ORIGIN_ZEROCOPY
#define SO_EE_ORIGIN_ZEROCOPY 5
#endif
#ifndef SO_EE_CODE_ZEROCOPY_COPIED
#define SO_EE_CODE_ZEROCOPY_COPIED 1
#endif

enum { REQUESTS = 128, CONTROL_BYTES = 128 };

const char *const send_method_names[SEND_METHODS + 1] = {"copy", "zerocopy", "send_zc", NULL};

unsigned sender_slots(size_t bytes)
{
    size_t slots = SLOTS_BYTES / (bytes ? bytes : 1);
    return (unsigned)(slots < SLOTS_LEAST ? SLOTS_LEAST : slots > SLOTS_MOST ? SLOTS_MOST : slots);
}

size_t sender_stride(size_t bytes, size_t page_bytes)
{
    return (bytes + page_bytes - 1) / page_bytes * page_bytes;
}

int sender_open(struct sender *sender, struct fault *fault)
{
    const int on = 1;
    if (sender->method == SEND_ZEROCOPY &&
        setsockopt(sender->link->veth.sender, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on) < 0)
        return fail(fault, ENOTSUP, "SO_ZEROCOPY (kernel 4.14 for TCP, 5.0 for UDP): %s",
                    strerror(errno));
    if (sender->method != SEND_URING)
        return 0;
    int error = uring_open(&sender->ring, REQUESTS, fault);
    return error ? error : uring_can(sender->ring, URING_SEND_ZC, fault);
}

void sender_close(struct sender *sender)
{
    uring_close(sender->ring);
    sender->ring = NULL;
}

/* What a system that refuses a send so may not have; NULL: nothing that is known. */
static const char *lacking(const struct sender *sender, int error)
{
    if ((error == -ENOBUFS || error == -ENOMEM) && sender->method != SEND_COPY)
        return "more pages than may be locked (ulimit -l), or no room for a notice (sysctl "
               "net.core.optmem_max)";
    if (error == -EINVAL && link_datagrams(sender->link, sender->bytes) > LINK_DATAGRAMS_OLD)
        return "more datagrams in one piece than a kernel before 6.9 takes; see --mtu";
    if (error == -EINVAL && sender->method == SEND_URING)
        return "its notices tell from kernel 6.2 on whether it copied";
    return NULL;
}

int sender_fail(const struct sender *sender, int error, struct fault *fault)
{
    const char *lacks = lacking(sender, error);
    if (lacks)
        return fail(fault, ENOTSUP, "%s of %zu B is refused (%s) with nothing under way: %s",
                    send_method_names[sender->method], sender->bytes, strerror(-error), lacks);
    return fail(fault, -error, "%s of %zu B fails: %s", send_method_names[sender->method],
                sender->bytes, strerror(-error));
}

static void let_go(struct sender *sender, unsigned slot, bool copied)
{
    sender->held[slot]--;
    sender->held_all--;
    sender->tally.notices++;
    sender->tally.copied += copied;
}

/* One of the error queue, of a run of sends. 1; 0: there is none; -errno. */
static int read_notice(struct sender *sender)
{
    _Alignas(struct cmsghdr) char control[CONTROL_BYTES];
    struct msghdr message = {.msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(sender->link->veth.sender, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    struct sock_extended_err told;
    if (!header || header->cmsg_level != IPPROTO_IP || header->cmsg_type != IP_RECVERR)
        return -EBADMSG;
    memcpy(&told, CMSG_DATA(header), sizeof told);
    if (told.ee_origin != SO_EE_ORIGIN_ZEROCOPY)
        return told.ee_errno ? -(int)told.ee_errno : -EBADMSG;
    uint32_t count = told.ee_data - told.ee_info + 1;
    if (count > sender->held_all)
        return -EBADMSG;
    for (uint32_t i = 0; i < count; i++)
        let_go(sender, sender->slot_of[(told.ee_info + i) % NOTICES_MOST],
               told.ee_code & SO_EE_CODE_ZEROCOPY_COPIED);
    return 1;
}

/* Until something is in the error queue, or the peer is gone. */
static int await_notice(const struct sender *sender)
{
    struct pollfd ready = {.fd = sender->link->veth.sender};
    int count = poll(&ready, 1, VETH_PATIENCE_S * 1000);
    if (count < 0 && errno != EINTR)
        return -errno;
    if (count == 0)
        return -EAGAIN;
    return count > 0 && ready.revents & POLLHUP ? -EPIPE : 0;
}

/* Takes what has completed: notices, and the result of a send, if that is there. */
static void take_completions(struct sender *sender, bool *completed, int *result)
{
    struct uring_completion completion;
    while (uring_next(sender->ring, &completion)) {
        unsigned slot = (unsigned)completion.tag;
        if (completion.notification) {
            let_go(sender, slot, completion.copied);
            continue;
        }
        *completed = true;
        *result = completion.result;
        if (completion.more) {
            sender->held[slot]++;
            sender->held_all++;
        }
    }
}

/* 1: there were some; 0: there are none; -errno. */
static int read_notices(struct sender *sender)
{
    if (sender->method == SEND_URING) {
        uint64_t before = sender->tally.notices;
        bool completed;
        int result;
        take_completions(sender, &completed, &result);
        return sender->tally.notices > before;
    }
    uint64_t start = clock_ticks(sender->clock);
    int found = read_notice(sender);
    sender->tally.ticks += clock_ticks(sender->clock) - start;
    return found;
}

/* At least one more notice. */
static int await_free(struct sender *sender)
{
    for (;;) {
        int found = read_notices(sender);
        if (found)
            return found < 0 ? found : 0;
        int error =
            sender->method == SEND_URING ? uring_submit(sender->ring, 1) : await_notice(sender);
        if (error && error != -EINTR)
            return error;
    }
}

/* What became of a try to send. 0: it is to be repeated. */
static int repeat_send(struct sender *sender, int error)
{
    if (error == -EINTR)
        return 0;
    if ((error == -ENOBUFS || error == -ENOMEM) && sender->held_all) {
        sender->tally.refused++;
        return await_free(sender);
    }
    return error;
}

static unsigned char *place(const struct sender *sender, unsigned slot, size_t from)
{
    return sender->payload + slot * sender->stride + from;
}

/* What is left of the slot's message from there on. Returns bytes that were sent, or -errno. */
static ssize_t try_call(struct sender *sender, unsigned slot, size_t from)
{
    bool zerocopy = sender->method == SEND_ZEROCOPY;
    ssize_t sent = send(sender->link->veth.sender, place(sender, slot, from), sender->bytes - from,
                        MSG_NOSIGNAL | (zerocopy ? MSG_ZEROCOPY : 0));
    if (sent < 0)
        return -errno;
    if (zerocopy) {
        sender->slot_of[sender->link->notices++ % NOTICES_MOST] = (unsigned char)slot;
        sender->held[slot]++;
        sender->held_all++;
    }
    return sent;
}

static ssize_t try_request(struct sender *sender, unsigned slot, size_t from)
{
    const struct uring_request request = {.operation = URING_SEND_ZC,
                                          .fd = sender->link->veth.sender,
                                          .memory = place(sender, slot, from),
                                          .bytes = sender->bytes - from,
                                          .tag = slot};
    bool completed = false;
    int result = 0;
    uring_queue(sender->ring, &request);
    while (!completed) {
        int error = uring_submit(sender->ring, 1);
        if (error && error != -EINTR)
            return error;
        take_completions(sender, &completed, &result);
    }
    return result;
}

int sender_send(struct sender *sender)
{
    unsigned slot = (unsigned)(sender->messages % sender->slots);
    size_t done = 0;
    int error = 0;
    if (sender->credits)
        error = ring_await_space(sender->credits, sender->messages, sender->window, false);
    while (!error && sender->held[slot])
        error = await_free(sender);
    while (!error && done < sender->bytes) {
        ssize_t sent = sender->method == SEND_URING ? try_request(sender, slot, done)
                                                    : try_call(sender, slot, done);
        if (sent < 0)
            error = repeat_send(sender, (int)sent);
        else
            done += (size_t)sent;
    }
    sender->messages++;
    return error;
}

int sender_settle(struct sender *sender)
{
    int error = 0;
    while (!error && sender->held_all)
        error = await_free(sender);
    return error;
}
