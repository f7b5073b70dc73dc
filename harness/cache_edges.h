/*
 * Cache sizes by measurement, for machines whose topology tells none: load-to-use latency against
 * the working set is flat as long as a cache holds the set, and rises where it no longer does
 * (Saavedra & Smith, "Measuring Cache and TLB Performance and Their Effect on Benchmark Runtimes",
 * IEEE Trans. Computers 44(10), 1995; McVoy & Staelin, "lmbench", USENIX 1996, lat_mem_rd; Yotov,
 * Pingali & Stodghill, "Automatic Measurement of Memory Hierarchy Parameters", SIGMETRICS 2005).
 */
#ifndef COPYCOST_HARNESS_CACHE_EDGES_H
#define COPYCOST_HARNESS_CACHE_EDGES_H

#include <stddef.h>

#include "harness/clock.h"
#include "harness/topology.h"

enum { CACHE_CURVE_POINTS = 65, CACHE_PLATEAUS = TOPOLOGY_LEVELS + 1 };

struct cache_point {
    size_t bytes; /* working set */
    double ns;    /* of a load that needs the one before it: the least of all repetitions */
};

struct cache_plateau {
    size_t bytes; /* the last working set of the curve that counts to it */
    double ns;
};

struct cache_edges {                              /* all 0: not measured */
    struct cache_point curve[CACHE_CURVE_POINTS]; /* ascending; by cache_edges_measure() */
    size_t curve_count;
    struct cache_plateau plateaus[CACHE_PLATEAUS]; /* the caches', and last memory's */
    size_t plateau_count;                          /* 0 where no edge is found, else at least 2 */
    char reason[160];                              /* why no edge is found; "" if one is */
};

/*
 * Finds the plateaus of the curve.
 * - A larger set is never faster, and what disturbs only slows: a point counts as the least of it
 *   and of those to its right.
 * - A plateau is the longest run whose ends differ by at most a quarter, then the longest to either
 *   side of it, and so on: at least three points over a factor of 1.6, any two where the curve
 *   ends. Of two that differ by less than 1.4 the shorter is none: address translation and drifting
 *   clocks make such steps.
 * - A plateau ends at the last point that lies less than a third of the way to the next, that is,
 *   where less than a third of the loads miss. Between plateaus the curve is smeared: with 8 ways,
 *   pages of random colours and least-recent replacement a third miss at 0.8 of the cache's size
 *   (Poisson), with random replacement at 1.2 (m = 1 - exp(-m size / cache)); so the third is off
 *   by one step to either side. And it ends where latency doubles, lest a cache between two
 *   plateaus that shows no plateau of its own is counted to the lower one.
 * - The last plateau is memory's. A cache beyond the curve's end is taken for memory, and more than
 *   four caches lose the least different.
 */
void cache_edges_find(struct cache_edges *edges);

/* The latency of a working set in ns. */
typedef double cache_latency(void *context, size_t bytes);

/*
 * Measures the curve and finds its plateaus: four points an octave (x 4/4, 5/4, 6/4, 7/4) from
 * 1 KiB to 64 MiB, but not beyond `most_bytes`, in twelve passes. By that clock it takes 2.5 s at
 * most, of which a point that has had its even share is left out of further passes. A pass takes
 * whole octaves first, then halves, then quarters: time that runs out costs resolution.
 */
void cache_edges_measure(struct cache_edges *edges, cache_latency *latency, void *context,
                         size_t most_bytes, const struct clock *clock);

/*
 * The same on that CPU of this machine, by a chain of loads (harness/cache_chase.h), up to a 16th
 * of the memory that is free. Binds the calling thread to the CPU. Takes 3 s. Emulated machines are
 * not measured: what their loads cost is the emulator's. What prevents it is the `reason`.
 */
void cache_edges_here(struct cache_edges *edges, const struct topology *topology, int cpu,
                      const struct clock *clock);

/*
 * Where the topology knows no caches (CACHE_UNKNOWN): measures them here, and gives the CPU those
 * that are found. Elsewhere *edges is all 0.
 */
void cache_edges_supply(struct cache_edges *edges, struct topology *topology, int cpu,
                        const struct clock *clock);

/* "L1 32 KiB (1.5 ns), L2 256 KiB (9 ns), memory (120 ns)", or the reason. */
void cache_edges_text(const struct cache_edges *edges, char *text, size_t text_bytes);

#endif
