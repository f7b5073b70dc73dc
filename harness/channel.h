/*
 * What a run and the process of a launch say to each other, over a socket pair. Both are the same
 * program, so structs go over as they are.
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
    bool counting;
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

/* Then, for each stop, one when it begins and one when it is done, which `samples` follow. */
struct channel_message {
    size_t stop; /* index into the tour */
    bool begun;
    struct visit visit;
};

/* False if the other side is gone. */
bool channel_write(int fd, const void *data, size_t bytes);
bool channel_read(int fd, void *data, size_t bytes);

/* How many entries of samples follow a visit. */
size_t channel_entries(const struct visit *visit);

/* Tells plans of cells apart: experiments, numbers, kernels, sizes. */
uint64_t channel_cells_hash(const struct cell *cells, size_t count);

#endif
