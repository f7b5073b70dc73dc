/*
 * A small reproducible generator: SplitMix64 (Steele, Lea & Flood, "Fast Splittable Pseudorandom
 * Number Generators", OOPSLA 2014). Any seed will do, 0 too; the same seed gives the same sequence
 * on every machine.
 */
#ifndef COPYCOST_HARNESS_RANDOM_H
#define COPYCOST_HARNESS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state; /* the seed at first */
};

uint64_t random_next(struct random *random);

/* Uniform in [0, bound), bound > 0, unbiased. */
uint64_t random_below(struct random *random, uint64_t bound);

/* Fisher-Yates. */
void random_shuffle(struct random *random, size_t *items, size_t count);

#endif
