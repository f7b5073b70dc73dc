/*
 * How close is the best copy to this machine's limit?
 *
 * Loads alone, stores alone, non-temporal stores alone, and copies, over the same working set per
 * thread, by one thread and by all. Each thread has buffers of its own. The payload is counted once
 * whatever the operation: the bytes loaded, stored or copied; a copy moves each byte in and out.
 * The working set is what is touched: of a copy half is source, half destination.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/benchmark.h"
#include "harness/pair.h"

enum { AXIS_KERNEL_NAME, AXIS_SIZE, AXIS_THREADS };

#define OPERATIONS (1u << KERNEL_READ | 1u << KERNEL_FILL | 1u << KERNEL_ZERO | 1u << KERNEL_COPY)

static const struct axis axes[] = {
    {"kernel",
     "",
     "kernels of any operation, by name or pattern",
     AXIS_KERNEL,
     NULL,
     OPERATIONS,
     {"read_*,fill_*,zero_*,copy_*,!*_byte*,!*_word*,!*_backward,!*_prefetch,!*_twopass,!*_aligned",
      "read_*,fill_*,zero_*,copy_*"}},
    {"size",
     "bytes",
     "working set of one thread",
     AXIS_BYTES,
     NULL,
     0,
     {"L1/2|8Ki,L2/2|64Ki,L3/4,LLC*4|32Mi",
      "L1/4|4Ki,L1/2|8Ki,L2/4|32Ki,L2/2|64Ki,L3/8,L3/4,LLC*2|16Mi,LLC*4|32Mi"}},
    {"threads",
     "1",
     "threads at work, each on a CPU and a working set of its own",
     AXIS_COUNT,
     NULL,
     0,
     {"1,cpus", "1..cpus"}},
};

static void limits_plan(struct cell *cell, const struct environment *environment)
{
    (void)environment;
    const struct kernel *kernel = cell->point[AXIS_KERNEL_NAME].kernel;
    uint64_t bytes = cell->point[AXIS_SIZE].number;
    if (kernel->operation == KERNEL_COPY)
        bytes /= 2;
    bytes -= bytes % kernel->granule;
    pair_plan(cell, kernel, bytes, bytes);
    uint64_t threads = cell->point[AXIS_THREADS].number;
    if (threads > REGION_MEMBERS_MAX) {
        snprintf(cell->skip, sizeof cell->skip, "1 to %d threads are possible", REGION_MEMBERS_MAX);
        return;
    }
    cell->members = (unsigned)threads;
    cell->region = cell->members > 1 ? REGION_TEAM : REGION_THREAD;
    cell->payload_bytes = bytes * cell->members;
    cell->memory_bytes *= cell->members;
    if (cell->members == 0 || bytes == 0)
        snprintf(cell->skip, sizeof cell->skip, "no thread, or nothing to touch");
}

/* One pair a thread. */
static int limits_prepare(struct trial *trial, struct fault *fault)
{
    trial->state = calloc(trial->cell->members, sizeof(struct pair));
    return trial->state ? 0 : fail(fault, ENOMEM, "no memory for a cell of limits");
}

static int limits_enter(struct trial *trial, const struct member *member, struct fault *fault)
{
    struct pair *pair = (struct pair *)trial->state + member->index;
    size_t bytes = (size_t)(trial->cell->payload_bytes / trial->cell->members);
    int error = pair_take(pair, trial, member->index, bytes, fault);
    if (!error)
        pair_spoil(pair, trial->cell->kernel);
    return error;
}

static void limits_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    const struct pair *pair = (const struct pair *)trial->state + member->index;
    kernel_function *function = trial->function;
    for (uint64_t i = 0; i < calls; i++)
        function(pair->dst, pair->src, pair->bytes);
}

static int limits_verify(struct trial *trial, struct fault *fault)
{
    const struct pair *pairs = trial->state;
    int error = 0;
    for (unsigned i = 0; !error && i < trial->cell->members; i++)
        error = pair_verify(&pairs[i], trial->cell->kernel, fault);
    return error;
}

static void limits_release(struct trial *trial)
{
    free(trial->state);
}

static const struct benchmark limits = {
    .name = "limits",
    .summary = "How close is the best copy to this machine's limit?",
    .claim = "Memory bandwidth is finite.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .plan = limits_plan,
    .prepare = limits_prepare,
    .enter = limits_enter,
    .run = limits_run,
    .verify = limits_verify,
    .release = limits_release,
};
BENCHMARK(&limits);
