/*
 * Copies of one size that follow one another, as in a stream of packets. Warm: the same source and
 * destination again and again, so that they stay where their size lets them stay. Cold: every call
 * takes another source and destination, whose lines have been evicted from all caches (their
 * address translations have not), in random order; misses of neighbouring calls overlap.
 */
#ifndef COPYCOST_HARNESS_COPIES_H
#define COPYCOST_HARNESS_COPIES_H

#include "harness/pair.h"

enum temperature { COPIES_WARM, COPIES_COLD };
extern const char *const temperature_names[]; /* "warm", "cold"; NULL-terminated */

struct copies {
    struct pair pair;  /* warm: what is copied; cold: all slots together */
    struct pair proof; /* what the proof looks at: cold: the slot that every sample uses first */
    size_t bytes;
    size_t *slots; /* cold: offsets of the slots in the order of use */
    size_t count;
};

/* For plan(): pair_plan(), and calls_max; skips what is no colder than warm. */
void copies_plan(struct cell *cell, const struct kernel *kernel, uint64_t bytes,
                 enum temperature temperature, const struct environment *environment);

/*
 * For prepare(): takes the buffers of such a cell and draws the slots' order from the trial's seed.
 * copies_free() is due unless it fails. Errors: ENOMEM, those of pair_take().
 */
int copies_take(struct copies *copies, struct trial *trial, enum temperature temperature,
                struct fault *fault);
void copies_free(struct copies *copies);

/* Evicts what has to be cold. Errors: those of memory_evict(). */
int copies_restore(const struct copies *copies, const struct environment *environment,
                   struct fault *fault);

/* So many calls of the function: the timed region. */
void copies_run(const struct copies *copies, kernel_function *function, uint64_t calls);

#endif
