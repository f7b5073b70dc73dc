#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/cpu.h"
#include "harness/buffers.h"
#include "microbench/streams.h"
#include "microbench/streams_queue.h"

enum { CLOCKED_PACKETS = 128, CLOCK_STEP_NS_MOST = 100 };

struct state {
    const struct streams_seating *seating;
    struct queue **queues; /* one a queue, made by its worker and its device */
    struct queue_device **devices;
};

/* No copy kernel: those have ordinary stores for what is shorter than a block of theirs, and for
   the last one, and a packet may be that short. */
static void *store_around(void *dst, const void *src, size_t bytes)
{
    cpu_store_around(dst, src, bytes);
    return dst;
}

kernel_function *streams_store(const struct cell *cell)
{
    if (cell->point[AXIS_FEED].number != DMA)
        return memcpy;
    return cpu_store_around(NULL, NULL, 0) ? store_around : NULL;
}

void streams_release(struct trial *trial)
{
    struct state *state = trial->state;
    for (unsigned i = 0; state->queues && state->devices && i < streams_queues(trial->cell); i++) {
        queue_free(state->queues[i]);
        queue_device_free(state->devices[i]);
    }
    free(state->queues);
    free(state->devices);
    free(state);
}

int streams_prepare(struct trial *trial, struct fault *fault)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of streams");
    trial->state = state;
    state->seating = streams_seating_of(trial->cell);
    state->queues = calloc(streams_queues(trial->cell), sizeof(struct queue *));
    state->devices = calloc(streams_queues(trial->cell), sizeof(struct queue_device *));
    if (state->queues && state->devices)
        return 0;
    streams_release(trial);
    return fail(fault, ENOMEM, "no memory for %u queues", streams_queues(trial->cell));
}

static struct queue_shape shape_of(const struct cell *cell)
{
    size_t bytes = (size_t)cell->point[AXIS_SIZE].number;
    return (struct queue_shape){bytes, (size_t)packet_stride(bytes),
                                (uint32_t)cell->point[AXIS_RING].number};
}

/* OWN: what others find in src stays as it is. */
static int take_buffers(const struct trial *trial, unsigned queue, enum buffer_side side,
                        const struct mapping **mapping, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    const struct state *state = trial->state;
    const struct topology *topology = trial->environment->topology;
    struct queue_shape shape = shape_of(cell);
    struct mapping_request request = {
        .bytes = shape.ring * shape.stride +
                 (side == BUFFER_OWN ? cell->asked.src_offset : cell->asked.dst_offset),
        .node = topology->node_count > 1 ? streams_buffer_node(cell, &state->seating->seats[queue])
                                         : NODE_LOCAL,
        .page = cell->asked.page,
    };
    return buffer_take(queue, side, &request, topology, mapping, fault);
}

static int enter_worker(struct trial *trial, unsigned index, struct fault *fault)
{
    struct state *state = trial->state;
    const struct placement *asked = &trial->cell->asked;
    const struct mapping *received, *sent;
    int error = take_buffers(trial, index, BUFFER_OWN, &received, fault);
    if (!error)
        error = take_buffers(trial, index, BUFFER_DST, &sent, fault);
    if (error)
        return error;
    struct queue_shape shape = shape_of(trial->cell);
    state->queues[index] =
        queue_make(&shape, received->base + asked->src_offset, sent->base + asked->dst_offset);
    return state->queues[index]
               ? 0
               : fail(fault, ENOMEM, "no memory for a ring of %u packets", (unsigned)shape.ring);
}

int streams_enter(struct trial *trial, const struct member *member, struct fault *fault)
{
    struct state *state = trial->state;
    unsigned queues = streams_queues(trial->cell), index = member->index % queues;
    if (member->index < queues)
        return enter_worker(trial, index, fault);
    struct queue_shape shape = shape_of(trial->cell);
    state->devices[index] = queue_device_make(&shape, streams_store(trial->cell));
    return state->devices[index] ? 0 : fail(fault, ENOMEM, "no memory for a device");
}

/* One member's part of so many packets of each queue. */
static void work(const struct trial *trial, const struct member *member, uint64_t packets,
                 const struct clock *clock)
{
    const struct state *state = trial->state;
    unsigned queues = streams_queues(trial->cell), index = member->index % queues;
    struct queue *queue = state->queues[index];
    struct queue_work copies = {
        .function = trial->function,
        .real = trial->function == trial->cell->kernel->run,
        .clock = clock,
    };
    if (member->index >= queues)
        queue_serve(queue, state->devices[index], packets, copies.real);
    else if (trial->cell->point[AXIS_FEED].number == NONE)
        queue_copy_alone(queue, packets, &copies);
    else
        queue_copy(queue, packets, &copies);
}

static bool can_clock(const struct trial *trial)
{
    return trial->environment->clock->chosen->step_ns <= CLOCK_STEP_NS_MOST;
}

/* The pass that is clocked. */
int streams_arrange(struct trial *trial, const struct member *member, uint64_t calls,
                    struct fault *fault)
{
    (void)calls;
    (void)fault;
    const struct state *state = trial->state;
    if (!can_clock(trial) || trial->function != trial->cell->kernel->run)
        return 0;
    work(trial, member, CLOCKED_PACKETS, trial->environment->clock);
    if (member->index < streams_queues(trial->cell))
        queue_end_clocked(state->queues[member->index]);
    return 0;
}

void streams_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    work(trial, member, calls, NULL);
}

static int add_clocked(struct trial *trial, const struct queue *queue, struct fault *fault)
{
    int error = 0;
    for (size_t i = 0; !error && trial->histogram && i < queue->clocked_count; i++) {
        double ns = clock_ns(trial->environment->clock, queue->clocked[i]);
        error = histogram_add(trial->histogram, (uint64_t)llround(ns), 1, fault);
    }
    return error;
}

/* Whether each page of a queue's buffers is where it was asked for; takes what was got. */
static int check_place(struct trial *trial, unsigned queue, enum buffer_side side,
                       struct fault *fault)
{
    const struct state *state = trial->state;
    int asked = streams_buffer_node(trial->cell, &state->seating->seats[queue]);
    const struct mapping *mapping;
    int error = take_buffers(trial, queue, side, &mapping, fault);
    if (error)
        return error;
    int *got = side == BUFFER_OWN ? &trial->got.src_node : &trial->got.dst_node;
    *got = queue == 0 || *got == mapping->node ? mapping->node : NODE_MIXED;
    bool first = queue == 0 && side == BUFFER_OWN;
    if (first || mapping->huge_share < trial->got.huge_share)
        trial->got.huge_share = mapping->huge_share;
    return mapping_check(mapping, asked, fault);
}

int streams_verify(struct trial *trial, struct fault *fault)
{
    const struct state *state = trial->state;
    const struct queue_shape shape = shape_of(trial->cell);
    int error = 0;
    for (unsigned i = 0; !error && i < streams_queues(trial->cell); i++) {
        error = queue_verify(state->queues[i], state->devices[i], trial->function, fault);
        if (!error)
            error = add_clocked(trial, state->queues[i], fault);
        if (!error)
            error = check_place(trial, i, BUFFER_OWN, fault);
        if (!error)
            error = check_place(trial, i, BUFFER_DST, fault);
    }
    trial->got.src_offset %= 4096;
    trial->got.dst_offset %= 4096;
    trial->reports[0] = (double)streams_seating_nodes(state->seating, streams_queues(trial->cell));
    trial->reports[1] = 2.0 * (double)shape.ring * (double)shape.stride;
    return error;
}
