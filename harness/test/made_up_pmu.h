/*
 * Back ends of counters made up for tests: two PMUs that have as many slots, lack as much and lie
 * as much as a test wants. To be included before cmocka.h, whose macro fail() hides ours.
 */
#ifndef COPYCOST_HARNESS_TEST_MADE_UP_PMU_H
#define COPYCOST_HARNESS_TEST_MADE_UP_PMU_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "harness/counter_check.h"
#include "harness/counter_source.h"

enum { EVENTS_MOST = 32, SETS_MOST = 32 };

/*
 * What an event reads the run-th time that it is counted, over chains as counter_check.h says;
 * below 0: it did not run all the time.
 */
typedef long long reading(int run);

struct event {
    const char *name;
    reading *read;
    int slots; /* that it takes; 0: the CPU lacks it */
    int runs;
    bool alone; /* taken beside others, but not running then */
};

struct set {
    bool open, running;
    int count;
    struct event *events[EVENTS_MOST];
};

struct pmu {
    struct event events[EVENTS_MOST];
    int slots;
    bool refuses_to_open, refuses_to_start;
    struct set sets[SETS_MOST];
    int misuses; /* of sets, by its caller */
};

static struct pmu pmu, other; /* asked in this order */

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

static int open_pmu(const struct pmu *self, struct fault *fault)
{
    return self->refuses_to_open ? fail(fault, ENOTSUP, "no PMU made up") : 0;
}

static int find_event(const struct pmu *self, const char *event, uint64_t *code,
                      struct fault *fault)
{
    for (unsigned i = 0; i < EVENTS_MOST && self->events[i].name != NULL; i++) {
        if (strcmp(self->events[i].name, event) == 0) {
            *code = i;
            return 0;
        }
    }
    return fail(fault, EINVAL, "ask who made it up");
}

static int open_set(struct pmu *self, intptr_t *set, struct fault *fault)
{
    for (*set = 0; *set < SETS_MOST; (*set)++) {
        if (!self->sets[*set].open) {
            self->sets[*set] = (struct set){.open = true};
            return 0;
        }
    }
    return fail(fault, ENOTSUP, "no more sets");
}

static void close_set(struct pmu *self, intptr_t set)
{
    self->misuses += !self->sets[set].open;
    self->sets[set].open = false;
}

static int add_event(struct pmu *self, intptr_t set, uint64_t code, struct fault *fault)
{
    struct set *to = &self->sets[set];
    int slots = self->events[code].slots;
    if (slots == 0)
        return fail(fault, ENOTSUP, "this CPU lacks it");
    for (int i = 0; i < to->count; i++)
        slots += to->events[i]->slots;
    if (slots > self->slots)
        return fail(fault, ENOTSUP, "does not fit in");
    to->events[to->count++] = &self->events[code];
    return 0;
}

static int start_set(struct pmu *self, intptr_t set, struct fault *fault)
{
    if (self->refuses_to_start)
        return fail(fault, EBUSY, "taken");
    self->misuses += !self->sets[set].open || self->sets[set].running;
    self->sets[set].running = true;
    return 0;
}

static int stop_set(struct pmu *self, intptr_t set, long long *values, struct fault *fault)
{
    struct set *from = &self->sets[set];
    if (!from->running)
        return fail(fault, EINVAL, "not running");
    from->running = false;
    for (int i = 0; i < from->count; i++) {
        struct event *event = from->events[i];
        values[i] = event->read(event->runs++);
        if (values[i] < 0 || (event->alone && from->count > 1))
            return fail(fault, EBUSY, "did not run all the time");
    }
    return 0;
}

#define MADE_UP_SOURCE(pmu, text)                                                                  \
    static int pmu##_open(struct fault *fault)                                                     \
    {                                                                                              \
        return open_pmu(&(pmu), fault);                                                            \
    }                                                                                              \
    static int pmu##_find(const char *event, uint64_t *code, struct fault *fault)                  \
    {                                                                                              \
        return find_event(&(pmu), event, code, fault);                                             \
    }                                                                                              \
    static int pmu##_set_open(intptr_t *set, struct fault *fault)                                  \
    {                                                                                              \
        return open_set(&(pmu), set, fault);                                                       \
    }                                                                                              \
    static void pmu##_set_close(intptr_t set)                                                      \
    {                                                                                              \
        close_set(&(pmu), set);                                                                    \
    }                                                                                              \
    static int pmu##_set_add(intptr_t set, uint64_t code, struct fault *fault)                     \
    {                                                                                              \
        return add_event(&(pmu), set, code, fault);                                                \
    }                                                                                              \
    static int pmu##_set_start(intptr_t set, struct fault *fault)                                  \
    {                                                                                              \
        return start_set(&(pmu), set, fault);                                                      \
    }                                                                                              \
    static int pmu##_set_stop(intptr_t set, long long *values, struct fault *fault)                \
    {                                                                                              \
        return stop_set(&(pmu), set, values, fault);                                               \
    }                                                                                              \
    static const struct counter_source pmu##_source = {                                            \
        text,          pmu##_open,      pmu##_find,     pmu##_set_open, pmu##_set_close,           \
        pmu##_set_add, pmu##_set_start, pmu##_set_stop,                                            \
    }

MADE_UP_SOURCE(pmu, "first");
MADE_UP_SOURCE(other, "second");

static const struct counter_source *const made_up_sources[] = {&pmu_source, &other_source};
static const struct counter_sources made_up = {made_up_sources, 1};
static const struct counter_sources two_made_up = {made_up_sources, 2};

/* A PMU with everything in the default set, four slots wide, and another one that has nothing. */
static void make_whole_pmu(void)
{
    static const struct event events[] = {
        {.name = "PAPI_TOT_CYC", .read = read_cycles, .slots = 1},
        {.name = "PAPI_TOT_INS", .read = read_instructions, .slots = 1},
        {.name = "PAPI_L1_DCM", .read = read_misses, .slots = 1},
        {.name = "PAPI_L2_DCM", .read = read_misses, .slots = 1},
        {.name = "PAPI_L3_TCM", .read = read_misses, .slots = 1},
        {.name = "PAPI_TLB_DM", .read = read_misses, .slots = 1},
        {.name = "PAPI_BR_MSP", .read = read_misses, .slots = 1},
    };
    memset(&pmu, 0, sizeof pmu);
    memset(&other, 0, sizeof other);
    other.slots = 4;
    memcpy(pmu.events, events, sizeof events);
    pmu.slots = 4;
}

/* Added, as one that the CPU lacks, if the PMU does not know it yet. */
static struct event *event_in(struct pmu *self, const char *name)
{
    for (int i = 0; i < EVENTS_MOST; i++) {
        if (self->events[i].name == NULL)
            self->events[i].name = name;
        if (strcmp(self->events[i].name, name) == 0)
            return &self->events[i];
    }
    return NULL;
}

static struct event *event_of(const char *name)
{
    return event_in(&pmu, name);
}

/* The CPU has it now. */
static inline void add(struct pmu *self, const char *name, reading *read)
{
    struct event *event = event_in(self, name);
    event->read = read;
    event->slots = 1;
}

#endif
