/*
 * Why did page flipping lose?
 *
 * What takes a page away from an address space, or a right to it, must make sure that no CPU still
 * has its translation: the TLBs of other CPUs on which threads of the process run are shot down. On
 * x86 that is an interrupt that is waited for (unless the CPU can broadcast, as AMD's INVLPGB); ARM
 * broadcasts in hardware.
 *
 * One thread munmaps, mprotects, moves or drops regions (microbench/shootdown_regions.h) one after
 * the other; others of the same process have loaded from them, and spin or sleep meanwhile
 * (microbench/shootdown_others.h). A call is one operation on one region. Mapping regions, writing
 * them and waiting for the others is not timed. Page faults that an operation causes later are no
 * part of it either.
 *
 * Up to tlb_single_page_flush_ceiling pages, 33 unless set otherwise, x86 flushes one by one,
 * beyond it the whole TLB: Linux, Documentation/arch/x86/tlb.rst. Where an operation frees page
 * tables (munmap of 1024 pages and more), or the kernel can't rule it out (mremap), sleeping CPUs
 * are interrupted, too, but only once: they leave the address space then. So what idle threads add
 * is shared by the calls of a sample, and tlb_interrupts counts as many calls as a sample has.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/benchmark.h"
#include "harness/interrupts.h"
#include "microbench/shootdown_others.h"
#include "microbench/shootdown_regions.h"

enum { AXIS_OPERATION, AXIS_PAGES, AXIS_THREADS, AXIS_OTHERS };
enum { OTHERS_IDLE, OTHERS_BUSY };
enum { REPORT_TLB_INTERRUPTS, REPORT_FAULTS };
enum { CALLS_MOST = 8192 }; /* each takes up to four mappings, of 65530 usually */

/* No operation is faster: ns of a call and of a page. */
static const double fastest_call_ns = 200, fastest_page_ns = 3;

static const char *const others_words[] = {"idle", "busy", NULL};

static const struct axis axes[] = {
    {"operation",
     "",
     "munmap; mprotect: to read-only; mremap: to another address; madvise: MADV_DONTNEED",
     AXIS_WORD,
     operation_names,
     0,
     {"munmap,mprotect,mremap,madvise", "munmap,mprotect,mremap,madvise"}},
    {"pages",
     "1",
     "base pages that one operation is on",
     AXIS_COUNT,
     NULL,
     0,
     {"1,512;8,32,34,128", "1,512;2,4,8,16,24,32,33,34,40,48,64,128,256,1024,2048,4096"}},
    {"threads",
     "1",
     "other threads of the process, each on a CPU of its own",
     AXIS_COUNT,
     NULL,
     0,
     {"0,1,others;others/4,others/2", "0,1,others;others/8,others/4,others/2"}},
    {"others",
     "",
     "idle: they sleep in the kernel; busy: they run user code; both have loaded from the pages",
     AXIS_WORD,
     others_words,
     0,
     {"idle,busy", "idle,busy"}},
};

static const struct report reports[] = {
    {"tlb_interrupts", "1",
     "TLB shootdowns, by /proc/interrupts, that the others' CPUs took per call, counted after the "
     "samples; empty where that has no such row"},
    {"faults", "1", "page faults of one call, counted after the samples"},
};

struct state {
    struct regions regions;
    struct others others;
};

static void judge(struct cell *cell, const struct environment *environment)
{
    const struct placement *asked = &cell->asked;
    uint64_t threads = cell->point[AXIS_THREADS].number;
    if (cell->point[AXIS_PAGES].number == 0)
        snprintf(cell->skip, sizeof cell->skip, "an operation is on one page at least");
    else if (cell->memory_bytes == SIZE_MAX)
        snprintf(cell->skip, sizeof cell->skip, "more pages than an address space has");
    else if (threads >= environment->cpu_count)
        snprintf(cell->skip, sizeof cell->skip, "needs %llu CPUs, and %zu may be used",
                 (unsigned long long)threads + 1, environment->cpu_count);
    else if (asked->page != PAGE_BASE)
        snprintf(cell->skip, sizeof cell->skip, "shootdowns are counted by base pages: --page=%s",
                 page_kind_names[PAGE_BASE]);
    else if (asked->src_offset || asked->dst_offset)
        snprintf(cell->skip, sizeof cell->skip, "operations are on whole pages, without offsets");
    else if (asked->src_node != NODE_LOCAL && asked->dst_node != NODE_LOCAL &&
             asked->src_node != asked->dst_node)
        snprintf(cell->skip, sizeof cell->skip, "pages are on one node, not on %d and %d",
                 asked->src_node, asked->dst_node);
}

/* Enough for a sample as long as the clock needs, unless they take too much memory. */
static uint64_t calls_most(const struct environment *environment, uint64_t pages)
{
    double fastest_ns = fastest_call_ns + fastest_page_ns * (double)pages;
    double count = clock_sample_ns(environment->clock) / fastest_ns + 1;
    uint64_t room = environment->known.memory_bytes / 32 / environment->topology->page_bytes;
    room = room / (pages + 1) + 1;
    if (room > CALLS_MOST)
        room = CALLS_MOST;
    return count < (double)room ? (uint64_t)count : room;
}

static void shootdown_plan(struct cell *cell, const struct environment *environment)
{
    uint64_t pages = cell->point[AXIS_PAGES].number;
    enum operation operation = (enum operation)cell->point[AXIS_OPERATION].number;
    size_t page_bytes = environment->topology->page_bytes;
    if (cell->point[AXIS_THREADS].number == 0)
        cell->point[AXIS_OTHERS] = (struct value){.absent = true};
    cell->memory_bytes = SIZE_MAX;
    if (pages < SIZE_MAX / page_bytes) {
        cell->calls_max = calls_most(environment, pages);
        size_t room = (size_t)cell->calls_max;
        if (regions_bytes(operation, (size_t)pages, room, page_bytes) < SIZE_MAX)
            cell->memory_bytes = pages * room * page_bytes;
    }
    judge(cell, environment);
}

/* Where pages of the kind that is operated on are. */
static int read_back(struct state *state, struct trial *trial, struct fault *fault)
{
    int error = regions_map(&state->regions, 1, fault);
    if (error)
        return error;
    struct mapping mapping = {.base = region_start(&state->regions, 0),
                              .bytes = state->regions.pages * state->regions.page_bytes};
    mapping_read_back(&mapping);
    trial->got.src_node = trial->got.dst_node = mapping.node;
    trial->got.huge_share = mapping.huge_share;
    return 0;
}

static void shootdown_release(struct trial *trial)
{
    struct state *state = trial->state;
    others_close(&state->others);
    regions_close(&state->regions);
    free(state);
}

static int shootdown_prepare(struct trial *trial, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    struct state *state = aligned_alloc(_Alignof(struct state), sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of shootdown");
    *state = (struct state){.regions = {.arena = NULL}};
    trial->state = state;
    const struct placement *asked = &cell->asked;
    int error = regions_open(&state->regions, (enum operation)cell->point[AXIS_OPERATION].number,
                             (size_t)cell->point[AXIS_PAGES].number, (size_t)cell->calls_max,
                             asked->src_node != NODE_LOCAL ? asked->src_node : asked->dst_node,
                             trial->environment->topology, fault);
    if (!error)
        error = others_open(&state->others, trial->environment, &state->regions,
                            (unsigned)cell->point[AXIS_THREADS].number,
                            cell->point[AXIS_OTHERS].number == OTHERS_IDLE, fault);
    if (!error)
        error = read_back(state, trial, fault);
    if (error)
        shootdown_release(trial);
    return error;
}

static int shootdown_restore(struct trial *trial, uint64_t calls, struct fault *fault)
{
    struct state *state = trial->state;
    int error = regions_map(&state->regions, (size_t)calls, fault);
    if (error)
        return error;
    return others_touch(&state->others, fault);
}

static void shootdown_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    struct state *state = trial->state;
    regions_operate(&state->regions, calls);
}

/* Calls as those that were timed, of which faults and interrupts are counted. */
static int count_calls(struct trial *trial, uint64_t calls, struct fault *fault)
{
    struct state *state = trial->state;
    const struct topology *topology = trial->environment->topology;
    uint64_t before = 0, after = 0;
    int error = shootdown_restore(trial, calls, fault);
    if (error)
        return error;
    bool counted = state->others.count &&
                   interrupts_taken("TLB", topology, others_have, &state->others, &before);
    uint64_t faults = memory_faults();
    regions_operate(&state->regions, calls);
    faults = memory_faults() - faults;
    if (counted && interrupts_taken("TLB", topology, others_have, &state->others, &after))
        trial->reports[REPORT_TLB_INTERRUPTS] = (double)(after - before) / (double)calls;
    trial->reports[REPORT_FAULTS] = (double)faults / (double)calls;
    return 0;
}

/* What the last sample left, then as many calls more. */
static int shootdown_verify(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    int error = regions_verify(&state->regions, fault);
    if (!error)
        error = count_calls(trial, state->regions.count, fault);
    return error ? error : regions_verify(&state->regions, fault);
}

static const struct benchmark shootdown = {
    .name = "shootdown",
    .summary = "Why did page flipping lose?",
    .claim = "Behind a zero-copy API the mechanism may be moved back to a page-table flip.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .reports = reports,
    .report_count = sizeof reports / sizeof *reports,
    .plan = shootdown_plan,
    .prepare = shootdown_prepare,
    .restore = shootdown_restore,
    .run = shootdown_run,
    .verify = shootdown_verify,
    .release = shootdown_release,
};
BENCHMARK(&shootdown);
