/*
 * A back end of counters made up for tests: a PMU that has as many slots, lacks as much and lies as
 * much as a test wants. To be included before cmocka.h, whose macro fail() hides ours.
 */
#ifndef COPYCOST_HARNESS_TEST_MADE_UP_PMU_H
#define COPYCOST_HARNESS_TEST_MADE_UP_PMU_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "harness/counter_check.h"
#include "harness/counter_source.h"

enum { EVENTS_MOST = 32, SETS_MOST = 32 };

/* What an event reads the run-th time that it is counted, over chains as counter_check.h says. */
typedef long long reading(int run);

struct event {
    const char *name;
    reading *read;
    int slots; /* that it takes; 0: the CPU lacks it */
    int runs;
};

struct set {
    bool open, running;
    int count;
    struct event *events[EVENTS_MOST];
};

static struct {
    struct event events[EVENTS_MOST];
    int slots;
    bool refuses_to_open, refuses_to_start;
    struct set sets[SETS_MOST];
    int misuses; /* of sets, by its caller */
} pmu;

static int additions(int run)
{
    return run < COUNTER_CHECK_RUNS ? COUNTER_CHECK_ADDITIONS : 2 * COUNTER_CHECK_ADDITIONS;
}

static long long read_instructions(int run)
{
    return 300 + additions(run) / 64 * 67;
}

static long long read_cycles(int run)
{
    return 2000 + additions(run);
}

static long long read_misses(int run)
{
    return 2048 + run;
}

static int pmu_open(struct fault *fault)
{
    return pmu.refuses_to_open ? fail(fault, ENOTSUP, "no PMU made up") : 0;
}

static int pmu_find(const char *event, int *code, struct fault *fault)
{
    for (int i = 0; i < EVENTS_MOST && pmu.events[i].name != NULL; i++) {
        if (strcmp(pmu.events[i].name, event) == 0) {
            *code = i;
            return 0;
        }
    }
    return fail(fault, EINVAL, "unknown counter event '%s'", event);
}

static int pmu_set_open(int *set, struct fault *fault)
{
    for (*set = 0; *set < SETS_MOST; (*set)++) {
        if (!pmu.sets[*set].open) {
            pmu.sets[*set] = (struct set){.open = true};
            return 0;
        }
    }
    return fail(fault, ENOTSUP, "no more sets");
}

static void pmu_set_close(int set)
{
    pmu.misuses += !pmu.sets[set].open;
    pmu.sets[set].open = false;
}

static int pmu_set_add(int set, int code, struct fault *fault)
{
    struct set *to = &pmu.sets[set];
    int slots = pmu.events[code].slots;
    if (slots == 0)
        return fail(fault, ENOTSUP, "this CPU lacks it");
    for (int i = 0; i < to->count; i++)
        slots += to->events[i]->slots;
    if (slots > pmu.slots)
        return fail(fault, ENOTSUP, "does not fit in");
    to->events[to->count++] = &pmu.events[code];
    return 0;
}

static int pmu_set_start(int set, struct fault *fault)
{
    if (pmu.refuses_to_start)
        return fail(fault, EBUSY, "taken");
    pmu.misuses += !pmu.sets[set].open || pmu.sets[set].running;
    pmu.sets[set].running = true;
    return 0;
}

static int pmu_set_stop(int set, long long *values, struct fault *fault)
{
    struct set *from = &pmu.sets[set];
    if (!from->running)
        return fail(fault, EINVAL, "not running");
    from->running = false;
    for (int i = 0; i < from->count; i++)
        values[i] = from->events[i]->read(from->events[i]->runs++);
    return 0;
}

static const struct counter_source made_up = {
    .open = pmu_open,
    .find = pmu_find,
    .set_open = pmu_set_open,
    .set_close = pmu_set_close,
    .set_add = pmu_set_add,
    .set_start = pmu_set_start,
    .set_stop = pmu_set_stop,
};

/* A PMU with everything in the default set, four slots wide. */
static void make_whole_pmu(void)
{
    static const struct event events[] = {
        {"PAPI_TOT_CYC", read_cycles, 1, 0}, {"PAPI_TOT_INS", read_instructions, 1, 0},
        {"PAPI_L1_DCM", read_misses, 1, 0},  {"PAPI_L2_DCM", read_misses, 1, 0},
        {"PAPI_L3_TCM", read_misses, 1, 0},  {"PAPI_TLB_DM", read_misses, 1, 0},
        {"PAPI_BR_MSP", read_misses, 1, 0},
    };
    memset(&pmu, 0, sizeof pmu);
    memcpy(pmu.events, events, sizeof events);
    pmu.slots = 4;
}

/* Added, as one that the CPU lacks, if the PMU does not know it yet. */
static struct event *event_of(const char *name)
{
    for (int i = 0; i < EVENTS_MOST; i++) {
        if (pmu.events[i].name == NULL)
            pmu.events[i].name = name;
        if (strcmp(pmu.events[i].name, name) == 0)
            return &pmu.events[i];
    }
    return NULL;
}

#endif
