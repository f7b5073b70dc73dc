/*
 * A queue of a network card, between two CPUs that share nothing but it: a device, which fills
 * packets in and drains them again, and a worker, which copies each from a receive buffer into a
 * transmit buffer.
 *
 * Both directions are rings of descriptors {data, bytes} with as many slots, each slot with a
 * buffer of its own; a packet has the same slot in both. Three positions, each on lines of its own,
 * say how far it all has come: filled and drained, which the device publishes (release), and
 * copied, the worker's, by which a receive slot is free and a transmit slot is full. Positions are
 * published once a burst, as drivers do.
 *
 * A queue is in a steady state from the first packet to the last: half of its slots are filled and
 * half are copied when a call begins, and when it ends. So nobody waits for a pipeline to fill, or
 * to run empty.
 */
#ifndef COPYCOST_MICROBENCH_STREAMS_QUEUE_H
#define COPYCOST_MICROBENCH_STREAMS_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "arch/kernel.h"
#include "harness/clock.h"
#include "harness/packet.h"

enum {
    QUEUE_BURST = 32,
    QUEUE_LINE = 128,       /* no two positions closer than that: lines are fetched in pairs */
    QUEUE_CLOCKED = 1 << 14 /* times kept, of single copies */
};

struct queue_shape {
    size_t bytes, stride; /* of a packet, of a slot */
    uint32_t ring;        /* slots */
};

struct queue {
    struct queue_shape shape;
    uint32_t burst;
    unsigned contents;                  /* packets repeat after that many, which no lap does */
    unsigned char *source;              /* of all contents */
    unsigned char *received, *sent;     /* the slots; somebody else's */
    struct packet *receive, *transmit;  /* descriptors */
    _Alignas(QUEUE_LINE) uint32_t slot; /* the worker's next */
    uint64_t position;                  /* packets that it has taken, of both kinds below */
    uint64_t proven;                    /* of them copied by a kernel, before any other was not */
    uint32_t *clocked;                  /* ticks of single copies; room for QUEUE_CLOCKED */
    size_t clocked_count;
    bool warm; /* a clocked pass is done, and all slots have been in use twice */
    _Alignas(QUEUE_LINE) _Atomic uint32_t filled;
    _Alignas(QUEUE_LINE) _Atomic uint32_t copied;
    _Alignas(QUEUE_LINE) _Atomic uint32_t drained;
};

/* What one device needs to itself. */
struct queue_device {
    kernel_function *store; /* fills a buffer */
    unsigned char *source;  /* of all contents, its own */
    uint32_t *touches;      /* what the drain of each content finds */
    uint32_t fill_slot, drain_slot;
    unsigned fill_content, drain_content;
    uint64_t found, expected; /* sums over all drained packets that count */
};

/*
 * A queue over these buffers of ring x stride bytes, which the calling thread writes: receive
 * buffers with packets, transmit buffers with half a lap of copies, and else with what no copy
 * leaves. NULL: no memory. Ended with queue_free(), which takes NULL.
 */
struct queue *queue_make(const struct queue_shape *shape, unsigned char *received,
                         unsigned char *sent);
void queue_free(struct queue *queue);

/* The device of a queue, with memory of the calling thread; as above. */
struct queue_device *queue_device_make(const struct queue_shape *shape, kernel_function *store);
void queue_device_free(struct queue_device *device);

/*
 * The worker's part of so many packets. `function` copies. real: it is a kernel, whose work can be
 * proven; false for an empty one. clock: each copy is timed by itself; NULL: none is.
 */
struct queue_work {
    kernel_function *function;
    bool real;
    const struct clock *clock;
};
void queue_copy(struct queue *queue, uint64_t packets, const struct queue_work *work);

/* The device's part, at the same time, on another CPU: fills so many and drains so many. */
void queue_serve(struct queue *queue, struct queue_device *device, uint64_t packets, bool real);

/* The worker's part where there is no device: the same packets lap by lap, without descriptors. */
void queue_copy_alone(struct queue *queue, uint64_t packets, const struct queue_work *work);

/* Ends a clocked pass. Times are kept of those that began when all was warm. */
void queue_end_clocked(struct queue *queue);

/*
 * Whether all that was copied is right: what the device has drained so far (NULL: what lies in the
 * transmit buffers), and all bytes of one more lap, which the calling thread does as both sides.
 * Error: EILSEQ, naming what is wrong.
 */
int queue_verify(struct queue *queue, struct queue_device *device, kernel_function *function,
                 struct fault *fault);

#endif
