/*
 * The far end of a link that delivers: takes messages as fast as it can.
 *
 * While it is timed it leaves the payload unread (MSG_TRUNC: the kernel drops it), whatever the
 * sender's method is. TCP's acknowledgements go out with every reading, since those that are put
 * off would make a sender wait for them that wants to know whether its memory is free.
 */
#ifndef COPYCOST_MICROBENCH_SEND_RECEIVER_H
#define COPYCOST_MICROBENCH_SEND_RECEIVER_H

#include <stddef.h>
#include <stdint.h>

#include "microbench/send/link.h"

struct receiver {
    struct link *link;
    struct ring *credits; /* gets one for each message */
    size_t bytes;         /* of a message */
    unsigned slots;
    uint64_t messages; /* that have arrived whole */
    size_t part;       /* bytes of the next one */
};

/* What a slot holds: random bytes, by the seed. */
void message_make(unsigned char *message, size_t bytes, uint64_t seed, unsigned slot);

/* So many more messages, unread. Errors: -EPIPE (the peer is gone), -EAGAIN (nothing came for
   VETH_PATIENCE_S). */
int receiver_drain(struct receiver *receiver, uint64_t messages);

/* So many more messages, each byte of which is compared. Errors: those; EILSEQ; ENOMEM. */
int receiver_compare(struct receiver *receiver, uint64_t messages, uint64_t seed,
                     struct fault *fault);

#endif
