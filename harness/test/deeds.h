/*
 * An experiment whose members write down what they did, for tests of regions.
 */
#ifndef COPYCOST_HARNESS_TEST_DEEDS_H
#define COPYCOST_HARNESS_TEST_DEEDS_H

#include "harness/test/engine.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/region.h"

enum { MEMBERS = 2 };
enum behaviour { WORK, REFUSE, KILLED, EXITS, UNARRANGED, BEHAVIOURS };

/* What a member did, visible to the process that looks. */
struct deed {
    uint64_t calls;
    int cpu, told_cpu;
    unsigned entered, count;
    pid_t process;
    uint64_t arranged; /* calls for which it arranged, all in all */
    bool in_order;     /* every member had arranged before it ran */
};
static struct deed *deeds; /* MEMBERS */

static double lag_ns; /* what the last member takes longer */
static bool all_lag;  /* or each */

static int deed_prepare(struct trial *trial, struct fault *told)
{
    (void)trial;
    (void)told;
    memset(deeds, 0, MEMBERS * sizeof *deeds);
    return 0;
}

static enum behaviour behaviour_of(const struct trial *trial, const struct member *member)
{
    bool last = member->index == member->count - 1;
    return last ? (enum behaviour)trial->cell->point[0].number : WORK;
}

static int deed_enter(struct trial *trial, const struct member *member, struct fault *told)
{
    deeds[member->index].entered++;
    deeds[member->index].count = member->count;
    return behaviour_of(trial, member) == REFUSE ? refuse(told, EXDEV, "no room for the last one")
                                                 : 0;
}

static inline int deed_arrange(struct trial *trial, const struct member *member, uint64_t calls,
                               struct fault *told)
{
    deeds[member->index].arranged += calls;
    return behaviour_of(trial, member) == UNARRANGED
               ? refuse(told, EXDEV, "the last one can't arrange")
               : 0;
}

static void deed_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    struct deed *deed = &deeds[member->index];
    deed->calls += calls;
    deed->in_order = true;
    for (unsigned i = 0; i < member->count; i++)
        deed->in_order &= deeds[i].arranged == deed->calls;
    deed->cpu = sched_getcpu();
    deed->told_cpu = member->cpu;
    deed->process = getpid();
    if (behaviour_of(trial, member) == KILLED)
        kill(getpid(), SIGKILL);
    if (behaviour_of(trial, member) == EXITS)
        _exit(3);
    if (member->index != member->count - 1 && !all_lag)
        return;
    const struct clock *clock = trial->environment->clock;
    uint64_t begun = clock_ticks(clock);
    while (clock_ns(clock, clock_ticks(clock) - begun) < lag_ns) {
    }
}

static void deed_release(struct trial *trial)
{
    (void)trial;
}

/* Backwards from the end of the order. */
static inline int deed_cpu(const struct cell *cell, const struct environment *given,
                           unsigned member)
{
    (void)cell;
    return given->cpu_order[given->cpu_count - member];
}

static const struct benchmark deed = {
    .name = "deed",
    .prepare = deed_prepare,
    .enter = deed_enter,
    .run = deed_run,
    .release = deed_release,
};

static inline struct cell deed_cell(enum behaviour behaviour, enum region_kind kind,
                                    unsigned members)
{
    struct cell cell = made_up_cell(&deed, behaviour);
    cell.region = kind;
    cell.members = members;
    return cell;
}

static inline void need_cpus(unsigned count)
{
    if (environment.cpu_count < count)
        skip();
}

static int open_deeds(void **state)
{
    deeds = mmap(NULL, MEMBERS * sizeof *deeds, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0);
    return deeds == MAP_FAILED ? -1 : engine_open(state);
}

#endif
