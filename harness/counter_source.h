/*
 * What a back end of harness/counters.h provides. A set is a group of events that are counted at
 * the same time, of the calling thread. Codes and handles of sets are the back end's.
 */
#ifndef COPYCOST_HARNESS_COUNTER_SOURCE_H
#define COPYCOST_HARNESS_COUNTER_SOURCE_H

#include "arch/fault.h"
#include "harness/counters.h"

struct counter_source {
    /* Before anything else, and again after a fork. Errors: ENOTSUP (nothing can be counted). */
    int (*open)(struct fault *fault);

    /* Errors: EINVAL (no event of that name, with how to list them), ENOTSUP (nobody can say). */
    int (*find)(const char *event, int *code, struct fault *fault);

    /* An empty set, to be closed with set_close(), which also takes a running one. */
    int (*set_open)(int *set, struct fault *fault);
    void (*set_close)(int set);

    /* Errors: ENOTSUP (the CPU lacks the event, or it does not fit in beside the others). */
    int (*set_add)(int set, int code, struct fault *fault);

    int (*set_start)(int set, struct fault *fault);
    /* Writes one value an event, in the order in which they were added. */
    int (*set_stop)(int set, long long *values, struct fault *fault);
};

/* The one that was built in. */
extern const struct counter_source counter_source;

/* counters_open() with a back end of the caller's choice, which must outlive `counters`. */
int counters_open_from(const struct counter_source *source, struct counters *counters,
                       const char *events, struct fault *fault);

#endif
