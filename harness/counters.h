/*
 * Counters of the calling thread. Back ends (harness/counter_source.h) are those that are linked:
 * counters_perf.c, and counters_papi.c (the only file that includes papi.h) where there is PAPI.
 * Counters never run inside timed samples but in passes of their own over the same cell.
 */
#ifndef COPYCOST_HARNESS_COUNTERS_H
#define COPYCOST_HARNESS_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "arch/fault.h"

enum { COUNTERS_MAX = 24, COUNTER_NAME_BYTES = 64, COUNTER_BACKEND_BYTES = 32 };

struct counter {
    char name[COUNTER_NAME_BYTES];  /* dataset column: cycles, instructions, l1_misses, ... */
    char event[COUNTER_NAME_BYTES]; /* what gives it, or was asked to: PAPI_TOT_CYC, cycles:u */
    char backend[COUNTER_BACKEND_BYTES]; /* whose event that is: PAPI 7.0.0, perf_event_open */
    unsigned pass;                       /* in which pass it is counted */
    char reason[256];                    /* "" if it can be counted, else why not */
};

struct counters {
    struct counter counter[COUNTERS_MAX];
    size_t count;
    unsigned passes; /* 0: nothing can be counted */
    void *handle;
};

/*
 * `events`: comma-separated events, PAPI's (preset or native) or those of perf_event_open by perf's
 * names, each becoming a column: its name in lower case, whatever is no letter or digit as '_';
 * plain names such as page-faults become perf_page_faults. NULL: the default set (cycles,
 * instructions, l1_misses, l2_misses, l3_misses, tlb_misses, branch_misses), each by the first
 * event of any back end that validates here.
 *
 * Counted is what the thread does in user mode, unless the event's name says otherwise. Events are
 * packed into as few passes as fit without multiplexing; a pass is one back end's. Every counter is
 * checked against work of known count where that is possible (harness/counter_check.h); one that
 * reads 0 there is recorded as unavailable: a zero is no success. Absent counters are no error.
 *
 * Errors: EINVAL (an event that no back end knows, with how to list them; one named twice; too
 * many), ENOMEM.
 */
int counters_open(struct counters *counters, const char *events, struct fault *fault);

/*
 * In another process of the same run: opens the same events of the same back ends, without choosing
 * or checking anew. What can't be opened there gets a reason. Error: ENOMEM.
 */
int counters_adopt(struct counters *counters, const struct counters *found, struct fault *fault);

/* Also after counters_open() or counters_adopt() has failed. */
void counters_close(struct counters *counters);

/*
 * Starts and stops one pass. stop writes values[i] of the counters of that pass, others untouched.
 * Errors: EBUSY (others had the PMU meanwhile), and what the back end says.
 */
int counters_start(struct counters *counters, unsigned pass, struct fault *fault);
int counters_stop(struct counters *counters, unsigned pass, long long *values, struct fault *fault);

/* The back ends that are built in, such as "perf_event_open, PAPI 7.0.0". */
void counters_backends(char *text, size_t text_bytes);

/* One line of why nothing (or not everything) can be counted; "" if all can. */
void counters_reason(const struct counters *counters, char *text, size_t text_bytes);

#endif
