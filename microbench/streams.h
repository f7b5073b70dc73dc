/*
 * The parts of `streams` that its files have in common; microbench/streams.c says what it is.
 */
#ifndef COPYCOST_MICROBENCH_STREAMS_H
#define COPYCOST_MICROBENCH_STREAMS_H

#include "harness/benchmark.h"
#include "microbench/streams_seats.h"

enum streams_axis {
    AXIS_KERNEL_NAME,
    AXIS_QUEUES,
    AXIS_SIZE,
    AXIS_RING,
    AXIS_PLACEMENT,
    AXIS_FEED
};
enum streams_placement { LOCAL, BUFFER_REMOTE, CONSUMER_REMOTE, BOTH_REMOTE, INTERLEAVED };
enum streams_feed { NONE, CORE, DMA };

/* Of a cell that is planned. */
unsigned streams_queues(const struct cell *cell);

/* Where its queues are. */
const struct streams_seating *streams_seating_of(const struct cell *cell);

/* The node of the buffers of a queue that is there, or NODE_INTERLEAVED; -1: there is none. */
int streams_buffer_node(const struct cell *cell, const struct streams_seat *seat);

/* What the device fills buffers with; NULL: this CPU has no such stores. */
kernel_function *streams_store(const struct cell *cell);

/* The benchmark's functions of these names. */
int streams_prepare(struct trial *trial, struct fault *fault);
int streams_enter(struct trial *trial, const struct member *member, struct fault *fault);
int streams_arrange(struct trial *trial, const struct member *member, uint64_t calls,
                    struct fault *fault);
void streams_run(struct trial *trial, const struct member *member, uint64_t calls);
int streams_verify(struct trial *trial, struct fault *fault);
void streams_release(struct trial *trial);

#endif
