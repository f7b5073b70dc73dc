/*
 * Counters of the calling thread. Back ends: counters_papi.c (the only file that includes papi.h)
 * or counters_none.c, where every counter is a reason. They never run inside timed samples but in
 * passes of their own over the same cell.
 */
#ifndef COPYCOST_HARNESS_COUNTERS_H
#define COPYCOST_HARNESS_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "arch/fault.h"

enum { COUNTERS_MAX = 24, COUNTER_NAME_BYTES = 64 };

extern const char *const counters_backend; /* "PAPI 7.0.0", or "none: built without PAPI" */

struct counter {
    char name[COUNTER_NAME_BYTES];  /* dataset column: cycles, instructions, l1_misses, ... */
    char event[COUNTER_NAME_BYTES]; /* the back end's event that gives it: PAPI_TOT_CYC, ... */
    unsigned pass;                  /* in which pass it is counted */
    char reason[160];               /* "" if it can be counted, else why not */
};

struct counters {
    struct counter counter[COUNTERS_MAX];
    size_t count;
    unsigned passes; /* 0: nothing can be counted */
    void *handle;
};

/*
 * `events`: comma-separated PAPI event names (preset or native), each becoming a column: its name
 * in lower case, whatever is no letter or digit as '_'. NULL: the default set (cycles,
 * instructions, l1_misses, l2_misses, l3_misses, tlb_misses, branch_misses), each by the first
 * event that this CPU has for it. Counted is what the thread does in user mode.
 * Events are packed into as few passes as fit without multiplexing. Every counter is checked
 * against work of known count where that is possible (harness/counter_check.h); one that reads 0
 * there is recorded as unavailable: a zero is no success. Absent counters are no error.
 * Must be called again in a forked process that wants to count; there it need not come to the same
 * counters, as a check may fail on a disturbed machine.
 * Errors: EINVAL (an event that the back end does not know, with how to list them; one named twice;
 * too many), ENOMEM.
 */
int counters_open(struct counters *counters, const char *events, struct fault *fault);
/* Also after counters_open() has failed. */
void counters_close(struct counters *counters);

/* Starts and stops one pass. stop writes values[i] of the counters of that pass, others untouched.
 */
int counters_start(struct counters *counters, unsigned pass, struct fault *fault);
int counters_stop(struct counters *counters, unsigned pass, double *values, struct fault *fault);

/* One line of why nothing (or not everything) can be counted; "" if all can. */
void counters_reason(const struct counters *counters, char *text, size_t text_bytes);

#endif
