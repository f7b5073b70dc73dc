/*
 * How often each key occurred: sizes, latencies, the time bins of events.
 *
 * Up to HISTOGRAM_BINS_MAX different keys each has a bin of its own. When one more comes, all
 * become log-linear buckets: keys from 256 on share one with those whose eight leading bits are the
 * same, of which the lowest is its key. A key is then too low by less than 1/128 (0.8 %). There are
 * 7424 such buckets of 64-bit keys, so a histogram never takes more than 128 KiB.
 */
#ifndef COPYCOST_HARNESS_HISTOGRAM_H
#define COPYCOST_HARNESS_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/fault.h"

enum { HISTOGRAM_BINS_MAX = 8192 };

struct histogram_bin {
    uint64_t key, count;
};

struct histogram {              /* all zero: empty */
    struct histogram_bin *bins; /* ascending by key */
    size_t count, room;
    bool coarse; /* keys are those of buckets */
};

/* Adds so many occurrences; none change nothing. Error: ENOMEM. */
int histogram_add(struct histogram *histogram, uint64_t key, uint64_t count, struct fault *fault);

/* Adds the bins of another one, which keep the width that they have. Error: ENOMEM. */
int histogram_merge(struct histogram *histogram, const struct histogram_bin *bins, size_t count,
                    struct fault *fault);

/* Leaves no bins, but the memory for some. */
void histogram_clear(struct histogram *histogram);

void histogram_free(struct histogram *histogram);

#endif
