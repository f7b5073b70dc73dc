/*
 * Sending messages over a link by one of three methods, and learning when their memory is free
 * again.
 *
 *   copy      send(2): the kernel copies the message; its memory is free when the call returns
 *   zerocopy  send(2) with MSG_ZEROCOPY: the kernel keeps the pages and says by a notice in the
 *             socket's error queue when it has let go of them, and whether it had to copy them all
 *             the same (Linux, Documentation/networking/msg_zerocopy.rst)
 *   send_zc   io_uring's zero-copy send, a request at a time; notices come through the ring
 *
 * Messages lie in slots that take turns, all methods alike. One whose memory is not free is waited
 * for, and read is what notices are there then: one reading may tell of many sends.
 */
#ifndef COPYCOST_MICROBENCH_SEND_SENDER_H
#define COPYCOST_MICROBENCH_SEND_SENDER_H

#include <stddef.h>
#include <stdint.h>

#include "harness/clock.h"
#include "harness/uring.h"
#include "microbench/send/link.h"

enum send_method { SEND_COPY, SEND_ZEROCOPY, SEND_URING, SEND_METHODS };
extern const char *const send_method_names[SEND_METHODS + 1]; /* NULL-terminated */

enum { SLOTS_MOST = 64, SLOTS_LEAST = 2, SLOTS_BYTES = 512 << 10, NOTICES_MOST = 4096 };

struct tally {
    uint64_t notices; /* that memory is free */
    uint64_t copied;  /* of them: the kernel copied all the same */
    uint64_t refused; /* sends, for too many notices or locked pages: repeated after a wait */
    uint64_t ticks;   /* in which notices were read; of io_uring's, which takes no call, none */
};

struct sender {
    struct link *link;
    const struct clock *clock;
    enum send_method method;
    struct uring *ring;
    unsigned char *payload; /* slots, one after the other, page by page */
    size_t bytes, stride;
    unsigned slots;
    struct ring *credits; /* the receiver takes from it what has arrived; NULL: none does */
    size_t window;
    uint64_t messages;
    unsigned held[SLOTS_MOST], held_all; /* notices still to come, by slot */
    unsigned char slot_of[NOTICES_MOST]; /* by number of the send */
    struct tally tally;
};

/* Slots of messages of that size: some SLOTS_BYTES, if that is from 2 to 64 of them. */
unsigned sender_slots(size_t bytes);

/* From slot to slot: whole pages. */
size_t sender_stride(size_t bytes, size_t page_bytes);

/*
 * Makes ready what the method needs; link, clock, method, payload, bytes, stride, slots, credits
 * and window are set. The caller ends with sender_close(). Errors: ENOTSUP (the kernel has no such
 * method, or the link none for that protocol), those of uring_open().
 */
int sender_open(struct sender *sender, struct fault *fault);
void sender_close(struct sender *sender);

/*
 * Sends the next message, whole, as soon as its slot is free. Errors: -EPIPE (the peer is gone),
 * -EAGAIN (it takes nothing for VETH_PATIENCE_S), -ENOBUFS or -ENOMEM (refused with nothing to wait
 * for: sysctl net.core.optmem_max, RLIMIT_MEMLOCK), and others of send(2).
 */
int sender_send(struct sender *sender);

/* Waits until all memory is free. Errors: those of sender_send(). */
int sender_settle(struct sender *sender);

/* What refused it, and what to do. */
int sender_fail(const struct sender *sender, int error, struct fault *fault);

#endif
