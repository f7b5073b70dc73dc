/*
 * What a back end of harness/counters.h provides. A set is a group of events that are counted at
 * the same time, of the calling thread. Codes and handles of sets are the back end's.
 */
#ifndef COPYCOST_HARNESS_COUNTER_SOURCE_H
#define COPYCOST_HARNESS_COUNTER_SOURCE_H

#include <stdint.h>

#include "arch/fault.h"
#include "arch/registry.h"
#include "harness/counters.h"

struct counter_source {
    const char *name; /* "perf_event_open"; "PAPI 7.0.0", the version once it is opened */

    /* Before anything else, and again after a fork. Errors: ENOTSUP (nothing can be counted). */
    int (*open)(struct fault *fault);

    /* Errors: EINVAL (no event of that name; says how to list them), ENOTSUP (nobody can say). */
    int (*find)(const char *event, uint64_t *code, struct fault *fault);

    /* An empty set, to be closed with set_close(), which also takes a running one. */
    int (*set_open)(intptr_t *set, struct fault *fault);
    void (*set_close)(intptr_t set);

    /* Errors: ENOTSUP (the CPU lacks the event, or it does not fit in beside the others). */
    int (*set_add)(intptr_t set, uint64_t code, struct fault *fault);

    int (*set_start)(intptr_t set, struct fault *fault);
    /*
     * Writes one value an event, in the order in which they were added: of all the time since the
     * start, never scaled. Errors: EBUSY (others had the PMU for a part of it).
     */
    int (*set_stop)(intptr_t set, long long *values, struct fault *fault);
};

/* A file ending in this is a back end, asked in link order. */
#define COUNTER_SOURCE(entry) REGISTRY_ADD(counter_source, counter_source, entry)

/* Back ends of the caller's choice, which must outlive the counters opened from them. */
struct counter_sources {
    const struct counter_source *const *source;
    size_t count; /* COUNTER_SOURCES_MAX at most */
};
enum { COUNTER_SOURCES_MAX = 4 };

/* counters_open() and counters_adopt() with those. */
int counters_open_from(const struct counter_sources *sources, struct counters *counters,
                       const char *events, struct fault *fault);
int counters_adopt_from(const struct counter_sources *sources, struct counters *counters,
                        const struct counters *found, struct fault *fault);

#endif
