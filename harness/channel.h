/*
 * What a run and the process of a launch say to each other. Both are the same program, so structs
 * go over as they are.
 *
 * Over a socket pair, `talk`: order, answer, then visits in batches, after each of which the
 * process waits for a byte: the run works only then, and never takes the CPU from a sample. Over a
 * pipe, `trace`, on which nobody waits: the number of each stop as it begins, so that the run can
 * tell which one the process died in.
 */
#ifndef COPYCOST_HARNESS_CHANNEL_H
#define COPYCOST_HARNESS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/launch.h"
#include "harness/measure.h"

/* The run's first word; the tour and the samplings of all cells follow. */
struct channel_order {
    unsigned number;
    uint64_t seed;
    struct counters counters; /* to count by, as the run has opened them; none: take samples */
    struct plan plan;
    size_t first, tour_count; /* the stop to begin with, of all */
    size_t cell_count;
    uint64_t cells_hash; /* both must have planned the same cells */
    struct launch_circumstances circumstances;
};

/* The process's answer: 0, or -errno and why it can't serve. */
struct channel_answer {
    int status;
    struct fault fault;
};

/* A stop that is done; its samples, counts and bins follow. */
struct channel_message {
    size_t stop; /* index into the tour */
    bool waits;  /* the batch ends with it */
    struct visit visit;
};

/* As file descriptors, and as the text of the environment variable. */
struct channel {
    int talk, trace;
};
#define CHANNEL_FORMAT "%d,%d"

/* False if the other side is gone. */
bool channel_write(int fd, const void *data, size_t bytes);
bool channel_read(int fd, void *data, size_t bytes);

/* How many entries of samples follow a visit. */
size_t channel_entries(const struct visit *visit);

/* Tells plans of cells apart: experiments, numbers, kernels, sizes. */
uint64_t channel_cells_hash(const struct cell *cells, size_t count);

#endif
