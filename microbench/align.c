/*
 * Does alignment matter?
 *
 * Two grids in one: source and destination at offsets past a 64-byte line (alias absent), and,
 * with the source at a line, the destination at a distance (dst - src) mod 4096 from it. Some cores
 * compare only the low twelve bits of a load's address with those of earlier stores; a small
 * positive distance then looks like a dependency (4 KiB aliasing).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/benchmark.h"
#include "harness/pair.h"

enum { AXIS_KERNEL_NAME, AXIS_SIZE, AXIS_SRC_ALIGN, AXIS_DST_ALIGN, AXIS_ALIAS };
enum { LINE = 64, APART = 2048 };

static const struct axis axes[] = {
    COPY_KERNELS_AXIS(
        "copy_libc_memcpy,copy_*_unaligned,copy_rep_movsb,copy_ldp_*,copy_neon_pld*,copy_word_"
        "forward",
        "copy_*"),
    {"size",
     "bytes",
     "bytes that one call copies",
     AXIS_BYTES,
     NULL,
     0,
     {"256,4Ki", "64,256,1500,4Ki,L1/4,L2/4"}},
    {"src_align",
     "bytes",
     "source, past a 64-byte boundary",
     AXIS_COUNT,
     NULL,
     0,
     {"0,1,4,8,16,32,48,63", "0,1,2,4,8,16,32,48,63"}},
    {"dst_align",
     "bytes",
     "destination, past a 64-byte boundary",
     AXIS_COUNT,
     NULL,
     0,
     {"0,1,4,8,16,32,48,63", "0,1,2,4,8,16,32,48,63"}},
    {"alias",
     "bytes",
     "(dst - src) mod 4096; empty: the lines are 2048 apart",
     AXIS_COUNT,
     NULL,
     0,
     {"none,0,1,8,32,64,128,256,512,1Ki,2Ki,3Ki,3968,4032,4088,4095",
      "none,0,1,2,4,8,16,24,32,48,63,64,65,96,128..4096+64,4032,4064,4080,4088,4095"}},
};

struct state {
    struct pair pair;
};

static void align_plan(struct cell *cell, const struct environment *environment)
{
    (void)environment;
    const struct value *alias = &cell->point[AXIS_ALIAS];
    uint64_t src_align = cell->point[AXIS_SRC_ALIGN].number;
    uint64_t dst_align = cell->point[AXIS_DST_ALIGN].number;
    cell->asked.src_offset = (size_t)src_align;
    cell->asked.dst_offset = (size_t)(alias->absent ? APART + dst_align : alias->number);
    /* One aliasing curve is enough: the source stays at its line. */
    cell->outside = !alias->absent && (src_align || dst_align);
    if (!alias->absent)
        cell->point[AXIS_DST_ALIGN].number = alias->number % LINE;
    uint64_t bytes = cell->point[AXIS_SIZE].number;
    pair_plan(cell, cell->point[AXIS_KERNEL_NAME].kernel, bytes, bytes);
    if (src_align >= LINE || dst_align >= LINE)
        snprintf(cell->skip, sizeof cell->skip, "alignment is counted in 0 to 63 past a line");
}

static int align_prepare(struct trial *trial, struct fault *fault)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of align");
    trial->state = state;
    int error = pair_take(&state->pair, trial, 0, (size_t)trial->cell->payload_bytes, fault);
    if (error)
        free(state);
    else
        pair_spoil(&state->pair, trial->cell->kernel);
    return error;
}

static void align_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    const struct state *state = trial->state;
    kernel_function *function = trial->function;
    for (uint64_t i = 0; i < calls; i++)
        function(state->pair.dst, state->pair.src, state->pair.bytes);
}

static int align_verify(struct trial *trial, struct fault *fault)
{
    const struct state *state = trial->state;
    return pair_verify(&state->pair, trial->cell->kernel, fault);
}

static void align_release(struct trial *trial)
{
    free(trial->state);
}

static const struct benchmark align = {
    .name = "align",
    .summary = "Does alignment matter?",
    .claim = "Copying is fast on modern x86; other architectures suffer.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .plan = align_plan,
    .prepare = align_prepare,
    .run = align_run,
    .verify = align_verify,
    .release = align_release,
};
BENCHMARK(&align);
