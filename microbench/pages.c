/*
 * What do page size and first touch add?
 *
 * prefaulted   the same source and destination again and again, every page of them touched before.
 * first_touch  the destination of each call has just been mapped, so that the copy takes its page
 *              faults: the kernel finds a page, clears it and maps it. Mapping and unmapping are
 *              not timed. The destinations of one sample are neighbours in one mapping, so a
 *              page-table page is shared as those of a heap that grows are. Each begins at a page
 *              of its own: where that is a huge one, all of it is cleared for however few bytes.
 *
 * sequential   a call copies all of the source.
 * random       a call copies one chunk of it, each time another one. Calls follow one another
 *              without a pause, so their misses overlap, of caches and of the TLB alike. The caches
 *              hold what they can of source and destination before the first call.
 *
 * The source is prefaulted always, on pages of the kind that the destination is asked to be on.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/benchmark.h"
#include "harness/buffers.h"
#include "harness/nodes.h"
#include "harness/pair.h"
#include "microbench/pages_chunks.h"

enum { AXIS_PAGE, AXIS_MAPPING, AXIS_ORDER, AXIS_KERNEL_NAME, AXIS_SIZE, AXIS_CHUNK };
enum { PREFAULTED, FIRST_TOUCH };
enum { SEQUENTIAL, RANDOM };
enum { REPORT_FAULTS, REPORT_PAGE_BYTES };
enum { OFFSET_PERIOD = 4096 };

/* No memory is cleared faster, B/ns. */
static const double clearing_rate = 100;

static const char *const mappings[] = {"prefaulted", "first_touch", NULL};
static const char *const orders[] = {"sequential", "random", NULL};

static const struct axis axes[] = {
    {"page",
     "",
     "base: base pages; thp: transparent huge pages; hugetlb: from the pool of huge pages",
     AXIS_WORD,
     page_kind_names,
     0,
     {"base,thp,hugetlb", "base,thp,hugetlb"}},
    {"mapping",
     "",
     "prefaulted: every page was touched before; first_touch: the destination is mapped anew for "
     "each call, which takes its page faults",
     AXIS_WORD,
     mappings,
     0,
     {"prefaulted;first_touch", "prefaulted;first_touch"}},
    {"order",
     "",
     "sequential: a call copies all; random: a call copies a chunk, each time another one",
     AXIS_WORD,
     orders,
     0,
     {"sequential,random", "sequential,random"}},
    COPY_KERNELS_AXIS("copy_libc_memcpy", "copy_libc_memcpy;copy_rep_movsb,copy_*_nontemporal"),
    {"size",
     "bytes",
     "bytes of the source, and as many of the destination",
     AXIS_BYTES,
     NULL,
     0,
     {"4Ki,64Ki,1Mi,4Mi,16Mi;32Mi", "4Ki..64Mi;memory/64,memory/16"}},
    {"chunk",
     "bytes",
     "bytes of a call: of one in random order; all in sequence",
     AXIS_BYTES,
     NULL,
     0,
     {"64", "64;512,4Ki"}},
};

static const struct report reports[] = {
    {"faults", "1", "page faults of one call, counted after the samples"},
    {"page_bytes", "bytes", "bytes of a page of the kind that was asked for"},
};

struct state {
    struct pair pair;     /* all of the source and, of what is prefaulted, of the destination */
    struct mapping fresh; /* first_touch: the destinations of fresh_calls calls */
    size_t fresh_calls, fresh_stride;
    struct chunks chunks; /* random */
};

static bool is_fresh(const struct cell *cell)
{
    return cell->point[AXIS_MAPPING].number == FIRST_TOUCH;
}

static bool is_random(const struct cell *cell)
{
    return cell->point[AXIS_ORDER].number == RANDOM;
}

static uint64_t fresh_stride(const struct cell *cell, const struct topology *topology)
{
    uint64_t page = mapping_page_bytes(cell->asked.page, topology);
    uint64_t bytes = cell->point[AXIS_SIZE].number + cell->asked.dst_offset;
    return (bytes + page - 1) / page * page;
}

/* Enough for a sample as long as the clock needs, since each has to clear its pages. */
static uint64_t fresh_calls(const struct environment *environment, uint64_t stride)
{
    double fastest_ns = (double)stride / clearing_rate;
    uint64_t count = (uint64_t)(clock_sample_ns(environment->clock) / fastest_ns) + 1;
    uint64_t room = environment->known.memory_bytes / 32 / stride;
    return count < room ? count : room > 1 ? room : 1;
}

static void plan_fresh(struct cell *cell, const struct environment *environment)
{
    uint64_t stride = fresh_stride(cell, environment->topology);
    cell->calls_max = fresh_calls(environment, stride);
    cell->memory_bytes += cell->calls_max * stride;
}

static void pages_plan(struct cell *cell, const struct environment *environment)
{
    const struct kernel *kernel = cell->point[AXIS_KERNEL_NAME].kernel;
    uint64_t bytes = cell->point[AXIS_SIZE].number;
    cell->asked.page = (enum page_kind)cell->point[AXIS_PAGE].number;
    cell->outside = is_fresh(cell) && is_random(cell);
    if (!is_random(cell))
        cell->point[AXIS_CHUNK].number = bytes;
    uint64_t chunk = cell->point[AXIS_CHUNK].number;
    pair_plan(cell, kernel, chunk, bytes);
    if (bytes == 0 || chunk == 0 || bytes % chunk)
        snprintf(cell->skip, sizeof cell->skip, "the size is no multiple of the chunk, or nothing");
    else if (bytes / chunk > UINT32_MAX)
        snprintf(cell->skip, sizeof cell->skip, "more chunks than 32 bits can count");
    else if (is_fresh(cell) && cell->memory_bytes < UINT64_MAX / 4)
        plan_fresh(cell, environment);
}

static int take_source(struct state *state, struct trial *trial, struct fault *fault)
{
    const struct placement *asked = &trial->cell->asked;
    const struct topology *topology = trial->environment->topology;
    size_t bytes = (size_t)trial->cell->payload_bytes;
    struct mapping_request request = {
        .bytes = bytes + asked->src_offset, .node = asked->src_node, .page = asked->page};
    const struct mapping *src;
    int error = buffer_take(0, BUFFER_SRC, &request, topology, &src, fault);
    if (error)
        return error;
    state->pair = (struct pair){
        .src = src->base + asked->src_offset, .bytes = bytes, .src_at = asked->src_offset};
    state->fresh_stride = (size_t)fresh_stride(trial->cell, topology);
    trial->got.src_node = src->node;
    trial->got.huge_share = src->huge_share;
    trial->got.src_offset = (uintptr_t)state->pair.src % OFFSET_PERIOD;
    return 0;
}

static int take_both(struct state *state, struct trial *trial, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    size_t bytes = (size_t)cell->point[AXIS_SIZE].number;
    int error = pair_take(&state->pair, trial, 0, bytes, fault);
    if (error)
        return error;
    if (is_random(cell))
        chunks_begin(&state->chunks, &state->pair, (size_t)cell->payload_bytes, trial->seed,
                     cell->kernel, trial->environment->known.last_level_bytes);
    else
        pair_spoil(&state->pair, cell->kernel);
    return 0;
}

static void pages_release(struct trial *trial)
{
    struct state *state = trial->state;
    mapping_free(&state->fresh);
    free(state);
}

static int pages_prepare(struct trial *trial, struct fault *fault)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of pages");
    trial->state = state;
    int error =
        is_fresh(trial->cell) ? take_source(state, trial, fault) : take_both(state, trial, fault);
    if (error)
        pages_release(trial);
    return error;
}

static int pages_restore(struct trial *trial, uint64_t calls, struct fault *fault)
{
    struct state *state = trial->state;
    const struct placement *asked = &trial->cell->asked;
    if (!state->fresh_stride)
        return 0;
    mapping_free(&state->fresh);
    state->fresh_calls = (size_t)calls;
    struct mapping_request request = {.bytes = state->fresh_calls * state->fresh_stride,
                                      .node = asked->dst_node,
                                      .page = asked->page,
                                      .untouched = true};
    return mapping_make(&state->fresh, &request, trial->environment->topology, fault);
}

static void run_fresh(const struct state *state, kernel_function *function, uint64_t calls,
                      size_t dst_offset)
{
    unsigned char *dst = state->fresh.base + dst_offset;
    for (uint64_t i = 0; i < calls; i++, dst += state->fresh_stride)
        function(dst, state->pair.src, state->pair.bytes);
}

static void pages_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    struct state *state = trial->state;
    kernel_function *function = trial->function;
    if (state->fresh_stride)
        run_fresh(state, function, calls, trial->cell->asked.dst_offset);
    else if (state->chunks.count)
        chunks_copy(&state->chunks, function, calls, function != trial->cell->kernel->run);
    else
        for (uint64_t i = 0; i < calls; i++)
            function(state->pair.dst, state->pair.src, state->pair.bytes);
}

/* What the last calls copied, and where it lies. */
static int verify_fresh(struct state *state, struct trial *trial, struct fault *fault)
{
    const struct placement *asked = &trial->cell->asked;
    struct pair copied = state->pair;
    copied.dst = state->fresh.base + asked->dst_offset;
    trial->got.dst_offset = (uintptr_t)copied.dst % OFFSET_PERIOD;
    trial->got.dst_node = nodes_of(state->fresh.base, asked->dst_offset + copied.bytes,
                                   trial->environment->topology->page_bytes);
    mapping_read_back(&state->fresh);
    if (state->fresh.huge_share < trial->got.huge_share)
        trial->got.huge_share = state->fresh.huge_share;
    int error = 0;
    for (size_t i = 0; !error && i < state->fresh_calls; i++, copied.dst += state->fresh_stride)
        error = pair_verify(&copied, trial->cell->kernel, fault);
    return error;
}

/* The samples' copies first, where they are still there; then a few more, whose faults count. */
static int pages_verify(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    const struct kernel *kernel = trial->cell->kernel;
    uint64_t calls = 1;
    int error = 0;
    if (state->fresh_stride) {
        calls = state->fresh_calls;
    } else if (state->chunks.count) {
        calls = CHUNKS_PROVEN;
        error = chunks_verify(&state->chunks, kernel, fault);
    } else {
        error = pair_verify(&state->pair, kernel, fault);
    }
    if (error || (error = pages_restore(trial, calls, fault)))
        return error;
    uint64_t before = memory_faults();
    pages_run(trial, NULL, calls);
    trial->reports[REPORT_FAULTS] = (double)(memory_faults() - before) / (double)calls;
    trial->reports[REPORT_PAGE_BYTES] =
        (double)mapping_page_bytes(trial->cell->asked.page, trial->environment->topology);
    return state->fresh_stride ? verify_fresh(state, trial, fault) : 0;
}

static const struct benchmark pages = {
    .name = "pages",
    .summary = "What do page size and first touch add?",
    .claim = "Memory is one thing to a copy, whatever pages it is made of.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .reports = reports,
    .report_count = sizeof reports / sizeof *reports,
    .plan = pages_plan,
    .prepare = pages_prepare,
    .restore = pages_restore,
    .run = pages_run,
    .verify = pages_verify,
    .release = pages_release,
};
BENCHMARK(&pages);
