/*
 * What does a neighbour's copying do to my latency?
 *
 * The first CPU follows a chain of dependent loads through a working set (harness/cache_chase.h);
 * others copy meanwhile (microbench/loaded_copiers.h). A call is a load, so the time is the mean
 * latency of the loads of a region; how it is spread shows in the histogram, whose keys are means
 * of a few loads each (microbench/loaded_probe.h). Both have the clock's readings in them, 2.5 % at
 * most, but where the clock steps by microseconds: there a reading is of 2048 loads, and says
 * little of a tail.
 *
 * How much the copiers copied is measured, not taken from what was asked: each payload byte counts
 * once, though memory sees it read, written and, unless stores are non-temporal, fetched before.
 * Regions, and with them what is counted, begin when all copy. Memory is first touched by its user
 * unless --src-node and --dst-node say otherwise: copiers of other nodes then copy there.
 *
 * The method, a chain of loads beside generated traffic at several rates, is that of Intel's Memory
 * Latency Checker (--loaded_latency), whose generators are throttled by waiting, too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "microbench/loaded_copiers.h"
#include "microbench/loaded_probe.h"

enum { AXIS_SIZE, AXIS_COPIERS, AXIS_RATE, AXIS_KERNEL_NAME };
enum { PERCENT = 100 };

static const struct axis axes[] = {
    {"size",
     "bytes",
     "working set of the probe",
     AXIS_BYTES,
     NULL,
     0,
     {"LLC*2|32Mi", "L3/4,LLC*2|32Mi"}},
    {"copiers",
     "1",
     "threads that copy beside the probe, each on a CPU and in buffers of its own",
     AXIS_COUNT,
     NULL,
     0,
     {"0,1,others", "0,1,others/4,others/2,others"}},
    {"rate",
     "%",
     "share of the time in which each copies",
     AXIS_COUNT,
     NULL,
     0,
     {"10,25,50,100", "5,10,25,50,75,100"}},
    COPY_KERNELS_AXIS("copy_libc_memcpy", "copy_libc_memcpy,copy_*_nontemporal"),
};

static const struct report reports[] = {
    {"injected_gb_per_s", "GB/s", "what all copiers copied together, each byte counted once"},
    {"loads_per_reading", "1", "loads whose mean is one value of the histogram"},
};

static const struct report latency = {"latency_ps", "ps", "mean latency of the loads of a reading"};

struct state {
    struct probe probe;
    struct copiers copiers;
};

static unsigned copiers_of(const struct cell *cell)
{
    return cell->members - 1;
}

static void judge(struct cell *cell, const struct kernel *kernel)
{
    uint64_t rate = cell->point[AXIS_RATE].number;
    if (cell->point[AXIS_SIZE].number < CACHE_CHASE_BLOCK_BYTES)
        snprintf(cell->skip, sizeof cell->skip, "a chain takes %d B at least",
                 CACHE_CHASE_BLOCK_BYTES);
    else if (kernel && (rate == 0 || rate > PERCENT))
        snprintf(cell->skip, sizeof cell->skip, "a copier copies 1 to %d %% of the time", PERCENT);
    else if (kernel && kernel_missing(kernel))
        snprintf(cell->skip, sizeof cell->skip, "this CPU lacks %s, which %s needs",
                 kernel_missing(kernel), kernel->name);
}

/* What is timed is the loads, so the cell has neither a kernel nor a payload. */
static void loaded_plan(struct cell *cell, const struct environment *environment)
{
    const struct kernel *kernel = cell->point[AXIS_KERNEL_NAME].kernel;
    uint64_t bytes = cell->point[AXIS_SIZE].number, copiers = cell->point[AXIS_COPIERS].number;
    if (copiers == 0) {
        cell->point[AXIS_RATE] = cell->point[AXIS_KERNEL_NAME] = (struct value){.absent = true};
        kernel = NULL;
    } else {
        pair_plan(cell, kernel, COPIERS_CHUNK, copiers_bytes(environment));
        cell->region = REGION_TEAM;
    }
    copiers = copiers < REGION_MEMBERS_MAX ? copiers : REGION_MEMBERS_MAX;
    cell->members = (unsigned)copiers + 1;
    cell->kernel = NULL;
    cell->payload_bytes = 0;
    if (bytes > environment->known.memory_bytes)
        cell->memory_bytes = bytes;
    else
        cell->memory_bytes = cell->memory_bytes * copiers + bytes;
    judge(cell, kernel);
    if (!cell->skip[0] && bytes < SIZE_MAX)
        cell->calls_step = probe_loads(environment, cell->asked.cpu, (size_t)bytes);
}

static void loaded_release(struct trial *trial)
{
    struct state *state = trial->state;
    copiers_close(&state->copiers);
    probe_release(&state->probe);
    free(state);
}

static int loaded_prepare(struct trial *trial, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of loaded");
    trial->state = state;
    int error =
        copiers_open(&state->copiers, trial->environment, cell->point[AXIS_KERNEL_NAME].kernel,
                     copiers_of(cell), (unsigned)cell->point[AXIS_RATE].number, fault);
    if (!error)
        error = probe_take(&state->probe, trial, (size_t)cell->point[AXIS_SIZE].number, fault);
    if (error)
        loaded_release(trial);
    return error;
}

static int loaded_enter(struct trial *trial, const struct member *member, struct fault *fault)
{
    struct state *state = trial->state;
    return member->index ? copiers_enter(&state->copiers, member->index - 1, trial, fault) : 0;
}

static int loaded_restore(struct trial *trial, uint64_t calls, struct fault *fault)
{
    struct state *state = trial->state;
    copiers_restart(&state->copiers);
    return probe_expect(&state->probe, calls, fault);
}

static void loaded_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    struct state *state = trial->state;
    if (member->index) {
        copiers_run(&state->copiers, member->index - 1);
        return;
    }
    copiers_await(&state->copiers);
    probe_run(&state->probe, calls);
    copiers_stop(&state->copiers);
}

static int loaded_verify(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    trial->reports[0] = copiers_gb_per_s(&state->copiers);
    trial->reports[1] = (double)state->probe.loads_per_reading;
    int error = probe_verify(&state->probe, fault);
    if (!error)
        error = copiers_verify(&state->copiers, fault);
    if (error)
        return error;
    /* Those of the samples: what warmed up came before. */
    return probe_count(&state->probe, trial->timed_calls, trial->histogram, fault);
}

static const struct benchmark loaded = {
    .name = "loaded",
    .summary = "What does a neighbour's copying do to my latency?",
    .claim = "Memory bandwidth is finite.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .reports = reports,
    .report_count = sizeof reports / sizeof *reports,
    .histogram = &latency,
    .plan = loaded_plan,
    .prepare = loaded_prepare,
    .enter = loaded_enter,
    .restore = loaded_restore,
    .run = loaded_run,
    .verify = loaded_verify,
    .release = loaded_release,
};
BENCHMARK(&loaded);
