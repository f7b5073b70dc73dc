/*
 * Is a counter to be believed? Emulated and passed-through PMUs open counters that read 0, or
 * whatever, without an error.
 */
#ifndef COPYCOST_HARNESS_COUNTER_CHECK_H
#define COPYCOST_HARNESS_COUNTER_CHECK_H

#include "arch/fault.h"
#include "harness/counter_source.h"

enum {
    COUNTER_CHECK_ADDITIONS = 200000 / 64 * 64,
    COUNTER_CHECK_RUNS = 5, /* an interrupt may add to one or the other */
};

enum counter_check {
    COUNTER_CHECK_NONE, /* there is no work whose count is known: it is believed */
    /* Over RUNS chains of n = ADDITIONS dependent additions, then RUNS of 2n; the least of each: */
    COUNTER_CHECK_INSTRUCTIONS, /* at least 1 an addition, and growing with n within 1 % */
    COUNTER_CHECK_CYCLES,       /* at least 1/8 an addition (issue width), and more for 2n */
    /* Over reads of evicted lines, each of another page, behind branches on random bits: */
    COUNTER_CHECK_MISSES, /* not 0 */
};

/* Errors: ENOTSUP (not to be had), ERANGE (not to be believed: says what it read). */
int counter_check_event(const struct counter_source *source, uint64_t code,
                        enum counter_check check, struct fault *fault);

#endif
