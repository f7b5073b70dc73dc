/*
 * The probe of `loaded`: a chain of dependent loads, timed a few loads at a time.
 *
 * One load is too short for the clock, whose reading takes 18 ns and waits for all loads before it,
 * so a reading is of several loads in a row: as many, a power of two, as take 40 times the clock's
 * cost and step. What is known of a reading is its mean: a load that took ten times as long as the
 * others is seen as one of, say, 16 that took 1.6 times as long each.
 */
#ifndef COPYCOST_MICROBENCH_LOADED_PROBE_H
#define COPYCOST_MICROBENCH_LOADED_PROBE_H

#include "harness/benchmark.h"
#include "harness/cache_chase.h"

/* Loads of a region are a multiple of this, and so of any number of loads of a reading. */
enum { PROBE_LOADS = 2048 };

struct probe {
    struct cache_chase *chase; /* the process's, kept from visit to visit */
    size_t loads_per_reading;
    uint64_t *readings; /* ticks, of all walks so far */
    size_t count, room;
    void *begun; /* where the last walk began, and its loads */
    uint64_t loads;
};

/*
 * Loads of a region over such a set on that CPU: so many that the time of those who have to stop
 * with it is lost in them, and a whole lap of a set that fits a cache, so that what is measured is
 * what remains of it there.
 */
uint64_t probe_loads(const struct environment *environment, int cpu, size_t bytes);

/*
 * Takes the chain through a set of those bytes on the source's node and pages, which it writes into
 * trial->got. It is linked once a process; the walk goes on from visit to visit, so that lines come
 * anew. Errors: those of mapping_make(), ENOMEM.
 */
int probe_take(struct probe *probe, struct trial *trial, size_t bytes, struct fault *fault);

/* Makes room for the readings of a walk of so many loads. Error: ENOMEM. */
int probe_expect(struct probe *probe, uint64_t loads, struct fault *fault);

void probe_run(struct probe *probe, uint64_t loads);

/* Counts the readings of the last so many loads in the histogram, in ps a load. Errors: ENOMEM,
 * EILSEQ (there were fewer). */
int probe_count(struct probe *probe, uint64_t loads, struct histogram *histogram,
                struct fault *fault);

/* Whether the last walk ended where the chain leads to. Error: EILSEQ. */
int probe_verify(const struct probe *probe, struct fault *fault);

void probe_release(struct probe *probe);

#endif
