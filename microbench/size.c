/*
 * What does one copy cost?
 *
 * Warm or cold, without a pause between calls: harness/copies.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "harness/benchmark.h"
#include "harness/copies.h"

enum { AXIS_KERNEL_NAME, AXIS_SIZE, AXIS_TEMPERATURE };

static const struct axis axes[] = {
    COPY_KERNELS_AXIS("copy_*", "copy_*"),
    {"size",
     "bytes",
     "bytes that one call copies",
     AXIS_BYTES,
     NULL,
     0,
     {"1..256,3,7,15,24,31,33,48,63,65,96,127,192,255,512,1Ki,1500,4Ki,L1/2,64Ki,256Ki,L2/"
      "2,1Mi,4Mi,"
      "LLC/2,LLC*2",
      "1..64+1,65..256+19,384,512..memory/4,1500,9000,L1/2,L1,L2/2,L2,LLC/2,LLC,memory/9"}},
    {"temperature",
     "",
     "warm: the same buffers again; cold: evicted from all caches before",
     AXIS_WORD,
     temperature_names,
     0,
     {"warm,cold", "warm,cold"}},
};

static enum temperature temperature_of(const struct cell *cell)
{
    return (enum temperature)cell->point[AXIS_TEMPERATURE].number;
}

static void size_plan(struct cell *cell, const struct environment *environment)
{
    copies_plan(cell, cell->point[AXIS_KERNEL_NAME].kernel, cell->point[AXIS_SIZE].number,
                temperature_of(cell), environment);
}

static int size_prepare(struct trial *trial, struct fault *fault)
{
    struct copies *copies = calloc(1, sizeof *copies);
    if (!copies)
        return fail(fault, ENOMEM, "no memory for a cell of size");
    trial->state = copies;
    int error = copies_take(copies, trial, temperature_of(trial->cell), fault);
    if (error)
        free(copies);
    else
        pair_spoil(&copies->proof, trial->cell->kernel);
    return error;
}

static int size_restore(struct trial *trial, uint64_t calls, struct fault *fault)
{
    (void)calls;
    return copies_restore(trial->state, trial->environment, fault);
}

static void size_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    copies_run(trial->state, trial->function, calls);
}

static int size_verify(struct trial *trial, struct fault *fault)
{
    const struct copies *copies = trial->state;
    return pair_verify(&copies->proof, trial->cell->kernel, fault);
}

static void size_release(struct trial *trial)
{
    copies_free(trial->state);
    free(trial->state);
}

static const struct benchmark size = {
    .name = "size",
    .summary = "What does one copy cost?",
    .claim = "Copying is fast on modern x86; other architectures suffer.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .plan = size_plan,
    .prepare = size_prepare,
    .restore = size_restore,
    .run = size_run,
    .verify = size_verify,
    .release = size_release,
};
BENCHMARK(&size);
