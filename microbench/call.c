/*
 * What does the boundary cost?
 *
 * A loop reaches the function that copies in several ways; what differs from the same copy called
 * from the loop itself (inlined) is the boundary. See microbench/call/boundary.h for those within
 * C, microbench/ocaml/copies.ml for those out of OCaml. A call of 0 bytes is the boundary alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/benchmark.h"
#include "harness/nodes.h"
#include "harness/pair.h"
#include "microbench/call/boundary.h"
#include "microbench/ocaml/ocaml.h"

enum { AXIS_KERNEL_NAME, AXIS_BOUNDARY, AXIS_SIZE };
enum side { C, OCAML_WITH_BIGARRAY, OCAML_WITH_BYTES };
enum copier { KERNEL, ITSELF };

/* Each: its word, on whose side the loop is, what copies, the loop. */
#define BOUNDARIES(each)                                                                           \
    each(constant, C, ITSELF, boundary_constant) each(inlined, C, KERNEL, boundary_inlined)        \
        each(direct, C, KERNEL, boundary_direct) each(plt, C, KERNEL, boundary_plt)                \
            each(pointer, C, KERNEL, boundary_pointer) each(ocaml_noalloc_bytes, OCAML_WITH_BYTES, \
                                                            KERNEL, ocaml_run)                     \
                each(ocaml_noalloc_bigarray, OCAML_WITH_BIGARRAY, KERNEL, ocaml_run)               \
                    each(ocaml_plain_bytes, OCAML_WITH_BYTES, KERNEL, ocaml_run)                   \
                        each(ocaml_plain_bigarray, OCAML_WITH_BIGARRAY, KERNEL, ocaml_run)         \
                            each(ocaml_boxed_bytes, OCAML_WITH_BYTES, KERNEL, ocaml_run)           \
                                each(ocaml_boxed_bigarray, OCAML_WITH_BIGARRAY, KERNEL, ocaml_run) \
                                    each(ocaml_blit, OCAML_WITH_BYTES, ITSELF, ocaml_run)          \
                                        each(ocaml_loop, OCAML_WITH_BYTES, ITSELF, ocaml_run)      \
                                            each(ocaml_loop_unchecked, OCAML_WITH_BYTES, ITSELF,   \
                                                 ocaml_run)

#define WORD(word, side, copier, run) #word,
static const char *const words[] = {BOUNDARIES(WORD) NULL};

#define BOUNDARY(word, side, copier, run) {side, copier, run},
static const struct boundary {
    enum side side;
    enum copier copier;
    boundary_loop *run;
} boundaries[] = {BOUNDARIES(BOUNDARY)};

#define AFTER_COMMA(word, side, copier, run) "," #word
#define ALL_WORDS &(BOUNDARIES(AFTER_COMMA))[1]

static const struct axis axes[] = {
    {"kernel",
     "",
     "copy kernels on the far side; empty: the boundary copies by itself",
     AXIS_KERNEL,
     NULL,
     1u << KERNEL_COPY,
     {"copy_libc_memcpy", "copy_libc_memcpy"}},
    {"boundary", "", "the way to the copy", AXIS_WORD, words, 0, {ALL_WORDS, ALL_WORDS}},
    {"size",
     "bytes",
     "bytes that one call copies",
     AXIS_BYTES,
     NULL,
     0,
     {"0,8,64,256,1Ki,4Ki", "0,1,8,16,32,64,128,256,512,1Ki,1500,2Ki,4Ki"}},
};

struct state {
    struct pair pair;
    const struct boundary *boundary;
    struct kernel named; /* a copy, called as the boundary is, for what is said of the proof */
};

static const struct boundary *boundary_of(const struct cell *cell)
{
    return &boundaries[cell->point[AXIS_BOUNDARY].number];
}

static bool constant_knows(uint64_t bytes)
{
    for (const long *size = boundary_constant_sizes; *size >= 0; size++)
        if ((uint64_t)*size == bytes)
            return true;
    return false;
}

/* Why there is no such boundary here; NULL if there is. */
static const char *boundary_missing(const struct cell *cell)
{
    const struct boundary *boundary = boundary_of(cell);
    const struct placement *asked = &cell->asked;
    if (boundary->run == boundary_constant && !constant_knows(cell->point[AXIS_SIZE].number))
        return "not among the sizes that the compiler was given: 0, powers of two to 4 KiB, 1500";
    if (boundary->run == boundary_plt)
        return boundary_plt_missing;
    if (boundary->side == C || ocaml_missing)
        return boundary->side == C ? NULL : ocaml_missing;
    if (boundary->side == OCAML_WITH_BYTES &&
        (asked->src_node != NODE_LOCAL || asked->dst_node != NODE_LOCAL || asked->page))
        return "OCaml's heap can't be placed: only local memory on base pages";
    return NULL;
}

static void call_plan(struct cell *cell, const struct environment *environment)
{
    (void)environment;
    struct value *kernel = &cell->point[AXIS_KERNEL_NAME];
    uint64_t bytes = cell->point[AXIS_SIZE].number;
    pair_plan(cell, kernel->kernel, bytes, bytes);
    const char *missing = boundary_missing(cell);
    if (missing)
        snprintf(cell->skip, sizeof cell->skip, "%s", missing);
    if (boundary_of(cell)->copier == KERNEL)
        return;
    /* Once is enough: beside the kernel that is always there. */
    cell->outside = strcmp(kernel->kernel->name, "copy_libc_memcpy") != 0;
    cell->kernel = NULL;
    *kernel = (struct value){.absent = true};
}

static int cross(struct state *state, struct trial *trial, struct fault *fault)
{
    enum side side = state->boundary->side;
    struct pair *pair = &state->pair;
    size_t page_bytes = trial->environment->topology->page_bytes;
    if (side == C)
        return 0;
    int error = ocaml_take(state->named.name,
                           side == OCAML_WITH_BYTES ? OCAML_BYTES : OCAML_BIGARRAY, pair, fault);
    if (error || side != OCAML_WITH_BYTES)
        return error;
    trial->got.src_node = nodes_of(pair->src, pair->bytes + 1, page_bytes);
    trial->got.dst_node = nodes_of(pair->dst, pair->bytes + 1, page_bytes);
    trial->got.huge_share = -1;
    return 0;
}

static int call_prepare(struct trial *trial, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of call");
    *state = (struct state){
        .boundary = boundary_of(cell),
        .named = {.name = words[cell->point[AXIS_BOUNDARY].number], .operation = KERNEL_COPY},
    };
    trial->state = state;
    int error = pair_take(&state->pair, trial, 0, (size_t)cell->payload_bytes, fault);
    if (!error)
        error = cross(state, trial, fault);
    if (error)
        free(state);
    else
        pair_spoil(&state->pair, &state->named);
    return error;
}

static void call_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    const struct state *state = trial->state;
    boundary_copy = trial->function;
    state->boundary->run(state->pair, calls);
}

static int call_verify(struct trial *trial, struct fault *fault)
{
    const struct state *state = trial->state;
    return pair_verify(&state->pair, &state->named, fault);
}

static void call_release(struct trial *trial)
{
    ocaml_release();
    free(trial->state);
}

static const struct benchmark call = {
    .name = "call",
    .summary = "What does the boundary cost?",
    .claim = "Calling C from a managed language costs something before the copy even begins.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .plan = call_plan,
    .prepare = call_prepare,
    .run = call_run,
    .verify = call_verify,
    .release = call_release,
};
BENCHMARK(&call);
