/*
 * Sizes of packets and how frequent each is, dealt like cards: the frequencies of what is dealt are
 * those asked for, in random order, instead of being drawn anew with their luck.
 */
#ifndef COPYCOST_HARNESS_DISTRIBUTION_H
#define COPYCOST_HARNESS_DISTRIBUTION_H

#include <stddef.h>

#include "arch/fault.h"
#include "harness/random.h"

enum {
    DISTRIBUTION_BYTES_MAX = 1 << 20,
    /*
     * Sizes in a deal. Predictors learn what recurs, of random branches 5000 (Emerald Rapids) to
     * 30000 (Zen 5): D. Lemire, "How many branches can your CPU predict?", lemire.me, 2026. A Zen 4
     * learnt a deal of 8192 in some walks through it, after which memcpy of log-uniform sizes took
     * half the time; it did not learn this one.
     */
    DISTRIBUTION_DEALT = 32768,
};

struct distribution_item {
    size_t bytes;
    double weight; /* of any scale */
    size_t dealt;  /* how often it is among those dealt; 0: it is too rare */
};

struct distribution {                /* all zero: none */
    struct distribution_item *items; /* ascending by bytes */
    size_t count;
};

/*
 * Whole numbers of bytes from least to most, 1 to DISTRIBUTION_BYTES_MAX: equally frequent; as
 * those of an interval on a logarithmic scale, so that each octave is equally frequent; the simple
 * Internet mix, 64, 570 and 1518 bytes (frames with their checksum) 7:4:1. The caller frees with
 * distribution_free(). Error: ENOMEM.
 */
int distribution_uniform(struct distribution *distribution, size_t least, size_t most,
                         struct fault *fault);
int distribution_log_uniform(struct distribution *distribution, size_t least, size_t most,
                             struct fault *fault);
int distribution_imix(struct distribution *distribution, struct fault *fault);

/*
 * Reads a CSV file: the line "bytes,weight", then a line a size, in any order, whose weight is any
 * number above 0, such as a count of packets. Errors: ENOMEM; EINVAL (path, line, and what is
 * wrong).
 */
int distribution_read(struct distribution *distribution, const char *path, struct fault *fault);

/*
 * Takes over the items, allocated by malloc, as they come, in any order; frees them on an error.
 * Error: EINVAL (a size is given twice).
 */
int distribution_make(struct distribution *distribution, struct distribution_item *items,
                      size_t count, struct fault *fault);
void distribution_free(struct distribution *distribution);

/* Of those dealt. */
double distribution_mean(const struct distribution *distribution);
size_t distribution_largest(const struct distribution *distribution);

/*
 * Writes DISTRIBUTION_DEALT sizes in random order. The share of all sizes up to any is right to
 * half of one of them.
 */
void distribution_deal(const struct distribution *distribution, struct random *random,
                       size_t *sizes);

#endif
