/*
 * What does the engine itself cost? A region that does nothing, by one thread, by a team, by
 * several processes: what is measured here is in every other figure of that kind.
 *
 * Each member counts its calls; the proof is that all counts are equal and right.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "harness/benchmark.h"

enum { AXIS_KIND, AXIS_WORKERS };

static const struct axis axes[] = {
    {"kind",
     "",
     "kind of region",
     AXIS_WORD,
     region_kind_names,
     0,
     {"thread,team,processes", "thread,team,processes"}},
    {"workers", "1", "members of a team, or processes", AXIS_COUNT, NULL, 0, {"1,2", "1..64"}},
};

struct tally { /* one a member, on a line of its own */
    _Alignas(256) uint64_t calls;
};

static void null_plan(struct cell *cell, const struct environment *environment)
{
    (void)environment;
    cell->region = (enum region_kind)cell->point[AXIS_KIND].number;
    uint64_t workers = cell->point[AXIS_WORKERS].number;
    if (workers == 0 || workers > REGION_MEMBERS_MAX) {
        snprintf(cell->skip, sizeof cell->skip, "a region has 1 to %d members", REGION_MEMBERS_MAX);
        return;
    }
    cell->members = (unsigned)workers;
    cell->outside = cell->region == REGION_THREAD && cell->members > 1;
    cell->memory_bytes = cell->members * sizeof(struct tally);
}

static int null_prepare(struct trial *trial, struct fault *fault)
{
    trial->state = mmap(NULL, trial->cell->members * sizeof(struct tally), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (trial->state == MAP_FAILED)
        return fail(fault, errno, "no memory for the tallies of %u members", trial->cell->members);
    return 0;
}

static void null_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    struct tally *tally = (struct tally *)trial->state + member->index;
    for (uint64_t i = 0; i < calls; i++) {
        tally->calls++;
        __asm__ volatile("" : : : "memory");
    }
}

static int null_verify(struct trial *trial, struct fault *fault)
{
    const struct tally *tallies = trial->state;
    for (unsigned i = 0; i < trial->cell->members; i++)
        if (tallies[i].calls == 0 || tallies[i].calls != tallies[0].calls)
            return fail(fault, EILSEQ, "member %u made %llu calls, member 0 made %llu", i,
                        (unsigned long long)tallies[i].calls, (unsigned long long)tallies[0].calls);
    return 0;
}

static void null_release(struct trial *trial)
{
    munmap(trial->state, trial->cell->members * sizeof(struct tally));
}

static const struct benchmark null = {
    .name = "null",
    .summary = "What does the engine itself cost?",
    .claim = "What the suite adds to a measurement is known.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .plan = null_plan,
    .prepare = null_prepare,
    .run = null_run,
    .verify = null_verify,
    .release = null_release,
};
BENCHMARK(&null);
