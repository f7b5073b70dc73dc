/*
 * How many packets at a time?
 *
 * The loop of a packet-processing program (such as Snabb's or DPDK's). Each round takes a batch of
 * packets through four stages, all packets through one before the next stage begins. A stage is a
 * function called through a pointer, once a batch:
 *
 *   receive   takes descriptors {data, bytes} from the receive ring
 *   take      copy: copies each packet into a buffer of the program's own
 *             skip: leaves each where it was received; all else is the same
 *   process   reads the header and writes two addresses into it, as whoever forwards does
 *   transmit  puts descriptors into the transmit ring and publishes how far it has come
 *
 * So a small batch pays for calls and ring positions, and in a large one packets have left L1, then
 * L2, when the next stage comes to them. Rings have RING_SLOTS descriptors whatever the batch.
 * Buffers are used again as soon as a batch is done, received ones and own ones, last in, first
 * out; the working set is one batch (of a copy: twice), nothing more.
 *
 * A call is a packet. A packet that stays where it is counts as no payload bytes moved.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/benchmark.h"
#include "harness/buffers.h"
#include "harness/packet.h"
#include "harness/pair.h"
#include "harness/touch.h"

enum { AXIS_KERNEL_NAME, AXIS_SIZE, AXIS_BATCH, AXIS_WORK };
enum { COPY, SKIP };
enum { STAGES = 4, RING_SLOTS = 1024, ADDRESSES_BYTES = 12, NEXT_HOP = 0xfe };

static const char *const works[] = {"copy", "skip", NULL};

static const struct axis axes[] = {
    COPY_KERNELS_AXIS("copy_libc_memcpy", "copy_libc_memcpy"),
    {"size", "bytes", "bytes of a packet", AXIS_BYTES, NULL, 0, {"64,1500", "64,256,1500,9000"}},
    {"batch", "1", "packets at a time", AXIS_COUNT, NULL, 0, {"1..1024", "1..1024"}},
    {"work",
     "",
     "copy: each packet is copied; skip: all but that is done",
     AXIS_WORD,
     works,
     0,
     {"copy,skip", "copy,skip"}},
};

static const struct report reports[] = {
    {"working_set_bytes", "bytes", "what one batch touches: packets, copies and descriptors"},
};

struct ring {
    struct packet *slots; /* a multiple of the batch, so that no batch wraps */
    size_t count, at;
    atomic_size_t published;
};

struct state;
typedef void stage_function(struct state *state, kernel_function *function);

struct state {
    struct pair pair; /* packets as received, and the program's own buffers */
    size_t bytes, stride, batch;
    stage_function *stages[STAGES];
    struct ring receive, transmit;
    struct packet *packets; /* of the batch */
    unsigned char addresses[ADDRESSES_BYTES];
    uint32_t seen; /* sum of what the headers' reader made of them */
};

static void ring_advance(struct ring *ring, size_t count)
{
    ring->at += count;
    atomic_store_explicit(&ring->published, ring->at, memory_order_release);
    if (ring->at == ring->count)
        ring->at = 0;
}

static void stage_receive(struct state *state, kernel_function *function)
{
    (void)function;
    for (size_t i = 0; i < state->batch; i++)
        state->packets[i] = state->receive.slots[state->receive.at + i];
    ring_advance(&state->receive, state->batch);
}

static void stage_copy(struct state *state, kernel_function *function)
{
    unsigned char *own = state->pair.dst;
    for (size_t i = 0; i < state->batch; i++, own += state->stride) {
        function(own, state->packets[i].data, state->packets[i].bytes);
        state->packets[i].data = own;
    }
}

static void stage_skip(struct state *state, kernel_function *function)
{
    (void)state;
    (void)function;
}

static void stage_process(struct state *state, kernel_function *function)
{
    (void)function;
    for (size_t i = 0; i < state->batch; i++) {
        const struct packet *packet = &state->packets[i];
        state->seen += touch_payload(TOUCH_HEADER, packet->data, packet->bytes);
        memcpy(packet->data, state->addresses, ADDRESSES_BYTES);
    }
}

static void stage_transmit(struct state *state, kernel_function *function)
{
    (void)function;
    for (size_t i = 0; i < state->batch; i++)
        state->transmit.slots[state->transmit.at + i] = state->packets[i];
    ring_advance(&state->transmit, state->batch);
}

static void batch_plan(struct cell *cell, const struct environment *environment)
{
    (void)environment;
    uint64_t bytes = cell->point[AXIS_SIZE].number;
    uint64_t batch = cell->point[AXIS_BATCH].number;
    bool fits = bytes < UINT64_C(1) << 32 && batch < UINT64_C(1) << 24;
    pair_plan(cell, cell->point[AXIS_KERNEL_NAME].kernel, bytes,
              fits ? packet_stride(bytes) * batch : UINT64_MAX);
    cell->calls_step = batch;
    if (batch == 0 || bytes < TOUCH_HEADER_BYTES)
        snprintf(cell->skip, sizeof cell->skip,
                 "a batch has one packet at least, and a packet a header of %d B",
                 TOUCH_HEADER_BYTES);
    if (cell->point[AXIS_WORK].number == SKIP) {
        cell->kernel = NULL;
        cell->payload_bytes = 0;
    }
}

static int ring_make(struct ring *ring, const struct state *state, struct fault *fault)
{
    ring->count = (RING_SLOTS + state->batch - 1) / state->batch * state->batch;
    ring->slots = calloc(ring->count, sizeof *ring->slots);
    if (!ring->slots)
        return fail(fault, ENOMEM, "no memory for a ring of %zu packets", ring->count);
    for (size_t i = 0; i < ring->count; i++)
        ring->slots[i] =
            (struct packet){state->pair.src + i % state->batch * state->stride, state->bytes};
    return 0;
}

/* What was received is the pattern again, which others rely on. */
static void restore_headers(const struct state *state)
{
    for (size_t at = 0; at < state->batch * state->stride; at += state->stride)
        for (size_t i = 0; i < ADDRESSES_BYTES; i++)
            state->pair.src[at + i] = buffer_pattern(state->pair.src_at + at + i);
}

static void batch_release(struct trial *trial)
{
    struct state *state = trial->state;
    if (state->pair.src)
        restore_headers(state);
    free(state->receive.slots);
    free(state->transmit.slots);
    free(state->packets);
    free(state);
}

static int fill_state(struct state *state, struct trial *trial, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    state->bytes = (size_t)cell->point[AXIS_SIZE].number;
    state->stride = (size_t)packet_stride(state->bytes);
    state->batch = (size_t)cell->point[AXIS_BATCH].number;
    state->stages[0] = stage_receive;
    state->stages[1] = cell->point[AXIS_WORK].number == COPY ? stage_copy : stage_skip;
    state->stages[2] = stage_process;
    state->stages[3] = stage_transmit;
    memset(state->addresses, NEXT_HOP, sizeof state->addresses);
    state->packets = calloc(state->batch, sizeof *state->packets);
    if (!state->packets)
        return fail(fault, ENOMEM, "no memory for a batch of %zu packets", state->batch);
    int error = pair_take(&state->pair, trial, 0, state->batch * state->stride, fault);
    if (!error)
        error = ring_make(&state->receive, state, fault);
    return error ? error : ring_make(&state->transmit, state, fault);
}

static int batch_prepare(struct trial *trial, struct fault *fault)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of batch");
    trial->state = state;
    int error = fill_state(state, trial, fault);
    if (error)
        batch_release(trial);
    return error;
}

static void batch_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    struct state *state = trial->state;
    for (uint64_t done = 0; done < calls; done += state->batch)
        for (size_t stage = 0; stage < STAGES; stage++)
            state->stages[stage](state, trial->function);
}

/* One more batch, onto spoiled buffers: what it transmits must be what it received. */
static int batch_verify(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    bool copies = state->stages[1] == stage_copy;
    const unsigned char *out = copies ? state->pair.dst : state->pair.src;
    if (copies)
        memset(state->pair.dst, 0, state->batch * state->stride);
    trial->reports[0] =
        (double)(state->batch * ((1 + copies) * state->stride + 3 * sizeof *state->packets));
    size_t begun = state->transmit.at;
    state->seen = 0;
    batch_run(trial, NULL, state->batch);
    uint32_t expected = 0;
    for (size_t i = 0; i < state->batch; i++) {
        const struct packet *packet = &state->transmit.slots[begun + i];
        const unsigned char *received = state->pair.src + i * state->stride;
        expected += touch_payload(TOUCH_HEADER, received, state->bytes);
        if (packet->data != out + i * state->stride || packet->bytes != state->bytes ||
            memcmp(packet->data, state->addresses, ADDRESSES_BYTES) != 0 ||
            memcmp(packet->data + ADDRESSES_BYTES, received + ADDRESSES_BYTES,
                   state->bytes - ADDRESSES_BYTES) != 0)
            return fail(fault, EILSEQ, "packet %zu of a batch of %zu went out wrong", i,
                        state->batch);
    }
    if (state->seen != expected)
        return fail(fault, EILSEQ, "the headers of a batch of %zu were not read right",
                    state->batch);
    return 0;
}

static const struct benchmark batch = {
    .name = "batch",
    .summary = "How many packets at a time?",
    .claim = "A copying API gets more expensive as abstractions are stacked.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .reports = reports,
    .report_count = sizeof reports / sizeof *reports,
    .plan = batch_plan,
    .prepare = batch_prepare,
    .run = batch_run,
    .verify = batch_verify,
    .release = batch_release,
};
BENCHMARK(&batch);
