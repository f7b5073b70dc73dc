/*
 * Where were source and destination?
 *
 * Before each sample, slots of source and destination are brought into the states that the cell
 * asks for (microbench/residency_side.h says how, and what they are in terms of cache coherence).
 * Then as many copies are made one after another, each of another slot, in random order.
 *
 * Copies wait for each other: where a copy lies is known only when the first and the last byte of
 * the copy before it have been loaded out of its destination. So the time of a call is that of one
 * copy alone until it can be read, with the load that reads it: what is missed in one copy does not
 * overlap with what the next one misses, as it does in `size` cold, but for what the CPU looks
 * ahead over the inner bytes of long copies. Stores may wait in the store buffer, from which loads
 * are served, and go on to a far destination while the next copies are made: what a CPU hides so
 * costs nobody. A fence ends the sample, so what it does not hide is in it.
 *
 * Where the lines really were is found by the latency of dependent loads, of slots made ready in
 * the same way, before the first samples of a visit: one side before each of them, in turn. The
 * columns have the medians; results/findings/residency.py says which cells they speak against.
 */
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/benchmark.h"
#include "harness/buffers.h"
#include "harness/pair.h"
#include "harness/statistics.h"
#include "microbench/residency_ready.h"
#include "microbench/residency_room.h"

enum { AXIS_KERNEL_NAME, AXIS_SRC, AXIS_DST, AXIS_SIZE };
enum { SAME = RESIDENCES };
enum {
    PROBES_MAX = 5,          /* of a side, in a visit */
    PROBE_LOADS_LEAST = 128, /* where there are lines enough */
    PROBE_SHARE = 30, /* a load takes at least 1 ns, and a 30th of a sample shows 2 ns well */
    PROVEN_COPIES = 64,
    L2_SWEEPS = 2 /* of what displaces to the L3, in L2s */
};

#define PLACES "l1", "l2", "l3", "dram", "core_clean", "core_dirty", "node"
static const char *const src_places[] = {PLACES, NULL};
static const char *const dst_places[] = {PLACES, "same", NULL};

static const struct axis axes[] = {
    COPY_KERNELS_AXIS("copy_libc_memcpy", "copy_*"),
    {"src",
     "",
     "where the source is: in the CPU's own L1, L2 or L3; in DRAM alone; in another core's cache, "
     "clean or dirty; in the DRAM of another node",
     AXIS_WORD,
     src_places,
     0,
     {"l1;l2,l3,dram,core_clean,core_dirty,node", "l1;l2,l3,dram,core_clean,core_dirty,node"}},
    {"dst",
     "",
     "where the destination is, likewise; same: where the source is",
     AXIS_WORD,
     dst_places,
     0,
     {"l1,same;l2,l3,dram,core_clean,core_dirty,node",
      "l1,same;l2,l3,dram,core_clean,core_dirty,node"}},
    {"size",
     "bytes",
     "bytes that one call copies",
     AXIS_BYTES,
     NULL,
     0,
     {"64,1500;4Ki", "64,256,1Ki,1500,4Ki,L1/4,L1,L2/4,L2/2"}},
};

static const struct report reports[] = {
    {"src_latency_ns", "ns",
     "of a dependent load from the source, made ready as for a copy: median over the visits"},
    {"dst_latency_ns", "ns", "likewise from the destination"},
};

struct state {
    struct ready ready;
    size_t bytes;
    double latencies_ns[SIDES][PROBES_MAX];
    unsigned probes[SIDES];
    unsigned turn; /* the side to be probed next */
};

static enum residence residence_of(const struct cell *cell, int axis)
{
    return (enum residence)cell->point[axis].number;
}

static uint64_t buffer_bytes(const struct room *room)
{
    uint64_t src = slots_extent(&room->src), dst = slots_extent(&room->dst);
    return src > dst ? src : dst;
}

static void residency_plan(struct cell *cell, const struct environment *environment)
{
    const struct kernel *kernel = cell->point[AXIS_KERNEL_NAME].kernel;
    uint64_t bytes = cell->point[AXIS_SIZE].number;
    if (cell->point[AXIS_DST].number == SAME)
        cell->point[AXIS_DST].number = cell->point[AXIS_SRC].number;
    enum residence src = residence_of(cell, AXIS_SRC), dst = residence_of(cell, AXIS_DST);
    if (bytes == 0 || bytes > environment->known.memory_bytes / 8 || bytes > SIZE_MAX / 8) {
        pair_plan(cell, kernel, bytes, bytes);
        snprintf(cell->skip, sizeof cell->skip,
                 bytes ? "more than an eighth of the memory" : "nothing to copy");
        return;
    }
    struct room room;
    room_plan(&room, environment, src, dst, bytes);
    snprintf(cell->skip, sizeof cell->skip, "%s", room.reason);
    cell->asked.src_node = room.src_node;
    cell->asked.dst_node = room.dst_node;
    if (room.neighbour >= 0) {
        cell->region = REGION_TEAM;
        cell->members = 2;
    }
    cell->calls_max = room.copies_max;
    pair_plan(cell, kernel, bytes, buffer_bytes(&room));
}

static int residency_cpu(const struct cell *cell, const struct environment *environment,
                         unsigned member)
{
    (void)cell;
    (void)member;
    return room_neighbour(environment);
}

static void residency_release(struct trial *trial)
{
    struct state *state = trial->state;
    for (int side = 0; side < SIDES; side++)
        side_close(&state->ready.sides[side]);
    free(state);
}

static int take_displacing(const struct trial *trial, struct state *state, struct fault *fault)
{
    struct mapping_request request = {
        .bytes = (size_t)trial->environment->known.level_bytes[1] * L2_SWEEPS,
        .node = NODE_LOCAL,
        .page = trial->cell->asked.page,
    };
    return buffer_take(0, BUFFER_OWN, &request, trial->environment->topology,
                       &state->ready.displacing, fault);
}

static int residency_prepare(struct trial *trial, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of residency");
    trial->state = state;
    state->bytes = (size_t)cell->payload_bytes;
    state->ready.topology = trial->environment->topology;
    struct room room;
    struct pair pair;
    room_plan(&room, trial->environment, residence_of(cell, AXIS_SRC), residence_of(cell, AXIS_DST),
              cell->payload_bytes);
    int error = pair_take(&pair, trial, 0, (size_t)buffer_bytes(&room), fault);
    if (!error && (room.src.residence == AT_L3 || room.dst.residence == AT_L3))
        error = take_displacing(trial, state, fault);
    if (!error)
        error = side_open(&state->ready.sides[SIDE_SRC], &room.src, trial->seed, fault);
    /* The same seed: where both sides have as many slots, their order is one. */
    if (!error)
        error = side_open(&state->ready.sides[SIDE_DST], &room.dst, trial->seed, fault);
    if (error) {
        residency_release(trial);
        return error;
    }
    state->ready.sides[SIDE_SRC].base = pair.src;
    state->ready.sides[SIDE_DST].base = pair.dst;
    return 0;
}

static size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}

/*
 * Each slot once, as for copies, or so long as the clock needs; where slots are long and few, some
 * more lines of each.
 */
static size_t probe_loads(const struct trial *trial, const struct slots *slots)
{
    size_t wanted = (size_t)(clock_sample_ns(trial->environment->clock) / PROBE_SHARE);
    size_t copies = (size_t)trial->cell->calls_max;
    if (!copies)
        return wanted;
    size_t lines = (slots->bytes + slots->pitch - 1) / slots->pitch;
    if (copies < PROBE_LOADS_LEAST)
        copies = least(copies * lines, PROBE_LOADS_LEAST);
    return least(wanted, copies);
}

static int probe_side(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    unsigned turn = state->turn;
    state->turn = !turn;
    if (state->probes[turn] == PROBES_MAX)
        return 0;
    struct side *side = &state->ready.sides[turn];
    size_t loads = probe_loads(trial, &side->slots);
    int error = ready_make(&state->ready, least(loads, side->slots.count), fault);
    if (!error)
        state->latencies_ns[turn][state->probes[turn]++] =
            side_latency_ns(side, loads, trial->environment->clock);
    return error;
}

static int residency_arrange(struct trial *trial, const struct member *member, uint64_t calls,
                             struct fault *fault)
{
    struct state *state = trial->state;
    if (member->index > 0) {
        ready_serve(&state->ready);
        return 0;
    }
    int error = probe_side(trial, fault);
    if (!error)
        error = ready_make(&state->ready, (size_t)calls, fault);
    if (member->count > 1)
        ready_release(&state->ready);
    return error;
}

static void residency_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    if (member->index > 0)
        return;
    struct state *state = trial->state;
    kernel_function *function = trial->function;
    struct side src = state->ready.sides[SIDE_SRC], dst = state->ready.sides[SIDE_DST];
    size_t bytes = state->bytes, none = 0, after = 0;
    __asm__ volatile("" : "+r"(none)); /* 0, which the compiler can't know */
    for (uint64_t i = 0; i < calls; i++) {
        unsigned char *to = dst.base + side_step(&dst) + after;
        function(to, src.base + side_step(&src) + after, bytes);
        const volatile unsigned char *copy = to;
        after = (size_t)(copy[0] + copy[bytes - 1]) & none;
    }
    atomic_thread_fence(memory_order_seq_cst);
    state->ready.sides[SIDE_SRC].next = src.next;
    state->ready.sides[SIDE_DST].next = dst.next;
}

static double median_ns(double *latencies_ns, unsigned count)
{
    if (!count)
        return NAN;
    sort_doubles(latencies_ns, count);
    return quantile_sorted(latencies_ns, count, 0.5);
}

/* Copies anew, into slots that were made wrong, and looks at all of their bytes. */
static int residency_verify(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    for (int side = 0; side < SIDES; side++) {
        trial->reports[side] = median_ns(state->latencies_ns[side], state->probes[side]);
        state->ready.sides[side].next = 0;
    }
    struct side src = state->ready.sides[SIDE_SRC], dst = state->ready.sides[SIDE_DST];
    size_t copies = least(PROVEN_COPIES, least(src.slots.count, dst.slots.count));
    for (size_t i = 0; i < copies; i++) {
        unsigned char *to = dst.base + side_step(&dst);
        const unsigned char *from = src.base + side_step(&src);
        for (size_t at = 0; at < state->bytes; at++)
            to[at] = (unsigned char)~from[at];
    }
    residency_run(trial, &(struct member){.count = 1}, copies);
    src.next = dst.next = 0;
    for (size_t i = 0; i < copies; i++) {
        size_t at = side_step(&dst);
        if (memcmp(dst.base + at, src.base + side_step(&src), state->bytes) != 0)
            return fail(fault, EILSEQ, "copy %zu of %zu, of %zu B, is wrong", i, copies,
                        state->bytes);
    }
    return 0;
}

static const struct benchmark residency = {
    .name = "residency",
    .summary = "Where were source and destination?",
    .claim = "Copying is fast on modern x86; lines that are elsewhere are what costs.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .reports = reports,
    .report_count = sizeof reports / sizeof *reports,
    .plan = residency_plan,
    .member_cpu = residency_cpu,
    .prepare = residency_prepare,
    .arrange = residency_arrange,
    .run = residency_run,
    .verify = residency_verify,
    .release = residency_release,
};
BENCHMARK(&residency);
