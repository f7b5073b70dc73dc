/*
 * From how many pages on does a page-table flip beat a copy?
 *
 * A call is a pass (microbench/remap_passage.h): the producer writes a word into every base page of
 * its payload, hands it over, the consumer touches it, and the pages go back, so that each call
 * finds the same state: the same buffers, all of them prefaulted. Timed is all of that, by every
 * mechanism alike: what is moved is moved there and back again, and what the processor forgot of
 * the addresses (TLB) is looked up again by the next who writes or reads. Only mremap_dontunmap
 * shows the other life of pages: the producer takes fresh ones, which the kernel clears, and the
 * consumer's are unmapped. Not timed: mapping, the first touch, opening what mechanisms need.
 *
 * Payloads begin at a boundary of huge pages. Where one is whole, mremap moves the page-table page
 * that maps 2 MiB at once, be it of base pages or of a huge one: it gets cheaper by the byte there.
 *
 * Other threads of the address space run meanwhile if they are asked for: they touch nothing but a
 * flag, but their processors have to forget what is moved, too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "arch/cpu.h"
#include "harness/pair.h"
#include "microbench/remap_passage.h"

enum { AXIS_MECHANISM, AXIS_SIZE, AXIS_TOUCH, AXIS_PAGE, AXIS_THREADS, AXIS_KERNEL_NAME };
enum { REPORT_FAULTS };

static const char *const pages[] = {"base", "thp", NULL};

static const struct axis axes[] = {
    {"mechanism",
     "",
     "what hands the payload over: a copy by memcpy, process_vm_readv or out of a pipe, a flip of "
     "page tables, or memory that both have mapped",
     AXIS_WORD,
     passage_names,
     0,
     {"memcpy,mremap,mremap_dontunmap,userfaultfd,memfd,process_vm_readv,vmsplice_gift",
      "memcpy,mremap,mremap_dontunmap,userfaultfd,memfd,process_vm_readv,vmsplice_gift"}},
    {"size",
     "bytes",
     "bytes of the payload, whole pages",
     AXIS_BYTES,
     NULL,
     0,
     {"16Ki,256Ki,1Mi,4Mi;4Ki,64Ki,16Mi", "4Ki..64Mi"}},
    {"touch",
     "",
     "what the consumer reads of it: none, header (64 bytes), lines (a byte in every 64), all",
     AXIS_WORD,
     touch_names,
     0,
     {"none;lines,all", "none;header,lines,all"}},
    {"page",
     "",
     "base: base pages; thp: transparent huge pages, whole ones",
     AXIS_WORD,
     pages,
     0,
     {"base;thp", "base;thp"}},
    {"threads",
     "1",
     "other threads of the address space that run meanwhile",
     AXIS_COUNT,
     NULL,
     0,
     {"0;others", "0;1,others/2,others"}},
    {"kernel",
     "",
     "copy kernels of memcpy, by name or pattern",
     AXIS_KERNEL,
     NULL,
     1u << KERNEL_COPY,
     {"copy_libc_memcpy", "copy_libc_memcpy"}},
};

static const struct report reports[] = {
    {"faults", "1", "page faults of one call, counted after the samples"},
};

struct state {
    struct passage passage;
    unsigned others;
    _Atomic unsigned running; /* of them, in this region */
    _Atomic bool stop;
};

static const struct mechanism *mechanism_of(const struct cell *cell)
{
    return &passage_mechanisms[cell->point[AXIS_MECHANISM].number];
}

static void judge(struct cell *cell, const struct topology *topology)
{
    const struct placement *asked = &cell->asked;
    uint64_t bytes = cell->point[AXIS_SIZE].number;
    size_t page = mapping_page_bytes(asked->page, topology);
    bool whole = bytes && bytes % page == 0;
    if (!whole && asked->page != PAGE_BASE && !(cell->given & 1u << AXIS_PAGE))
        cell->outside = true;
    else if (!whole)
        snprintf(cell->skip, sizeof cell->skip, "pages are handed over whole: multiples of %zu B",
                 page);
    else if (asked->src_offset || asked->dst_offset)
        snprintf(cell->skip, sizeof cell->skip, "pages are handed over whole, so no offset can be");
    else if (asked->dst_node != NODE_LOCAL && !mechanism_of(cell)->copies)
        snprintf(cell->skip, sizeof cell->skip, "%s leaves pages on the node where they are",
                 mechanism_of(cell)->name);
}

static void remap_plan(struct cell *cell, const struct environment *environment)
{
    uint64_t bytes = cell->point[AXIS_SIZE].number, threads = cell->point[AXIS_THREADS].number;
    cell->asked.page = (enum page_kind)cell->point[AXIS_PAGE].number;
    if (cell->point[AXIS_MECHANISM].number != PASSAGE_MEMCPY)
        cell->point[AXIS_KERNEL_NAME] = (struct value){.absent = true};
    else
        pair_plan(cell, cell->point[AXIS_KERNEL_NAME].kernel, bytes, bytes);
    cell->payload_bytes = bytes;
    cell->memory_bytes = bytes < UINT64_MAX / 4 ? 2 * bytes : UINT64_MAX;
    threads = threads < REGION_MEMBERS_MAX ? threads : REGION_MEMBERS_MAX;
    cell->members = (unsigned)threads + 1;
    cell->region = threads ? REGION_TEAM : REGION_THREAD;
    if (!cell->skip[0])
        judge(cell, environment->topology);
}

static void remap_release(struct trial *trial)
{
    struct state *state = trial->state;
    passage_close(&state->passage);
    free(state);
}

static int remap_prepare(struct trial *trial, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of remap");
    struct mapping_request request = {.bytes = (size_t)cell->payload_bytes,
                                      .node = cell->asked.src_node,
                                      .page = cell->asked.page};
    int error = passage_open(&state->passage, mechanism_of(cell), &request, cell->asked.dst_node,
                             trial->function, trial->environment->topology, fault);
    if (error) {
        free(state);
        return error;
    }
    state->others = cell->members - 1;
    trial->state = state;
    return 0;
}

static int remap_restore(struct trial *trial, uint64_t calls, struct fault *fault)
{
    (void)calls;
    struct state *state = trial->state;
    atomic_store(&state->running, 0);
    atomic_store(&state->stop, false);
    return passage_reserve(&state->passage, fault);
}

static void run_beside(struct state *state)
{
    atomic_fetch_add(&state->running, 1);
    while (!atomic_load_explicit(&state->stop, memory_order_relaxed))
        cpu_relax();
}

static void remap_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    struct state *state = trial->state;
    enum touch touch = (enum touch)trial->cell->point[AXIS_TOUCH].number;
    if (member->index) {
        run_beside(state);
        return;
    }
    while (atomic_load(&state->running) < state->others)
        cpu_relax();
    state->passage.copy = trial->function;
    for (uint64_t i = 0; i < calls && passage_pass(&state->passage, touch); i++)
        ;
    atomic_store(&state->stop, true);
}

/* After a pass: the pages are where they stay. */
static void read_placement(struct trial *trial)
{
    struct passage *passage = &((struct state *)trial->state)->passage;
    struct mapping *src = &passage->producer, *dst = &passage->consumer;
    if (!passage->mechanism->copies && passage->mechanism->returns)
        dst = src;
    else if (!passage->mechanism->copies)
        src = dst;
    mapping_read_back(src);
    mapping_read_back(dst);
    trial->got.src_node = src->node;
    trial->got.dst_node = dst->node;
    trial->got.huge_share = src->huge_share < dst->huge_share ? src->huge_share : dst->huge_share;
}

/* The first pass is an ordinary one, since the empty kernel may have been the last that ran. */
static int remap_verify(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    enum touch touch = (enum touch)trial->cell->point[AXIS_TOUCH].number;
    int error = passage_reserve(&state->passage, fault);
    if (error)
        return error;
    state->passage.copy = trial->function;
    uint64_t before = memory_faults();
    passage_pass(&state->passage, touch);
    trial->reports[REPORT_FAULTS] = (double)(memory_faults() - before);
    error = passage_verify(&state->passage, fault);
    if (!error)
        read_placement(trial);
    return error;
}

static const struct benchmark remap = {
    .name = "remap",
    .summary = "From how many pages on does a page-table flip beat a copy?",
    .claim = "Behind a zero-copy API the mechanism may be moved back to a page-table flip at any "
             "point.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .reports = reports,
    .report_count = sizeof reports / sizeof *reports,
    .plan = remap_plan,
    .prepare = remap_prepare,
    .restore = remap_restore,
    .run = remap_run,
    .verify = remap_verify,
    .release = remap_release,
};
BENCHMARK(&remap);
