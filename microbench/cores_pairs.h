/*
 * Which pairs of CPUs are measured: all, or, since their number grows with the square, some of each
 * nearness where there are many CPUs.
 */
#ifndef COPYCOST_MICROBENCH_CORES_PAIRS_H
#define COPYCOST_MICROBENCH_CORES_PAIRS_H

#include "harness/nearness.h"

enum {
    PAIRS_CPUS_MAX = 64,  /* of more CPUs only some pairs are taken */
    PAIRS_TAKEN_MAX = 128 /* of them, each to be measured in both directions */
};

struct pairs {
    bool all;
    uint64_t *taken; /* ascending; unused if all are */
    size_t taken_count;
    size_t there[NEARNESSES]; /* pairs of CPUs that may be used, by nearness */
};

/*
 * Of the CPUs that may be used. What is taken of many follows from their numbers and the topology
 * alone, so that every process of a run, and every run on the machine, takes the same: as many of
 * each nearness as of any other, as far as there are. The caller ends with pairs_free(). Error:
 * ENOMEM.
 */
int pairs_take(struct pairs *pairs, const struct topology *topology, bool all, struct fault *fault);
void pairs_free(struct pairs *pairs);

/* Whether the pair is taken; in both directions or in none. */
bool pairs_have(const struct pairs *pairs, int from, int to);

#endif
