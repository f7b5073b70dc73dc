/*
 * Two builds of the same functions, old and new, measured in pairs of adjacent samples.
 *
 * The noise of a machine is time: what two samples a few hundred microseconds apart have in common
 * cancels in their ratio, what two runs have in common does not. So a visit of a cell takes one
 * pair: a warm-up of both, then a sample of each, in an order drawn by the trial's seed. (Duet
 * benchmarking: Bulej et al., "Duet Benchmarking: Improving Measurement Accuracy in the Cloud",
 * ICPE 2020.) Where one call is a sample, it takes a series of pairs, each in an order of its own:
 * a large cache goes on filling for longer than the warm-up, and the first of a single pair of
 * 4 MiB took 16 to 22 % more time than the second.
 *
 * The cells are those of an experiment of its own, which is in no registry: it needs both builds.
 */
#ifndef COPYCOST_HARNESS_PAIRS_H
#define COPYCOST_HARNESS_PAIRS_H

#include <stdbool.h>

#include "harness/benchmark.h"
#include "harness/image.h"
#include "harness/measure.h"
#include "harness/object.h"

enum comparison {
    COMPARISON_CHANGE,    /* old against new, as they lie */
    COMPARISON_CONTROL,   /* old against old, in two more copies, loaded by the same means */
    COMPARISON_PLACEMENT, /* old against new moved to old's entry modulo 4096, where those differ
                             and the size is at most 16 KiB: beyond that it makes no difference */
    COMPARISONS
};
extern const char *const comparison_names[COMPARISONS + 1]; /* NULL-terminated */

enum pairs_axis {
    PAIRS_FUNCTION,
    PAIRS_SIZE,
    PAIRS_SRC_OFFSET,
    PAIRS_DST_OFFSET,
    PAIRS_PAGE,
    PAIRS_TEMPERATURE,
    PAIRS_COMPARISON,
    PAIRS_AXES
};

struct pairs_symbols { /* of one function in both builds */
    const char *old, *new;
};

/*
 * Each comparison has a copy of old of its own, and of all that it runs. One that two of them share
 * would run more often than what it is compared with, and code that runs more often is faster: 2 to
 * 6 % for 256 KiB from DRAM on a Zen 4, with the same code on both sides.
 */
enum { PAIRS_COPIES = 3, PAIRS_LABEL_BYTES = 256 };
enum pairs_copy { COPY_CONTROL, COPY_CONTROL_OTHER, COPY_PLACEMENT };

struct pairs_function {
    char name[128];                               /* the symbol, or both */
    char labels[3][PAIRS_LABEL_BYTES];            /* the kernels' names: "memcpy of old.so (old)" */
    struct kernel old, new, copies[PAIRS_COPIES]; /* copies: of old */
    struct kernel moved; /* new at old's entry; without `run` if it could not be moved */
    struct image image;
    struct fault unmoved; /* why */
    unsigned proven;      /* bit set of 1 << comparison, in this process */
    bool overlaps;        /* the two may overlap: a memmove */
};

struct pairs {
    struct benchmark benchmark; /* the first member: cells lead to it */
    struct axis axes[PAIRS_AXES];
    struct object old, new, copies[PAIRS_COPIES];
    struct pairs_function *functions;
    const char **names; /* theirs, NULL-terminated */
    char *all_names;    /* the same, comma-separated */
    size_t count;
    bool proves; /* visits prove functions instead of only timing them; see pairs_run() */
};

/*
 * Loads both files, the old one once a copy more, and finds the functions in them: copies with
 * memcpy's signature, memmoves by their name. pairs_close() is due in any case, and once its cells
 * are of no more use. Errors: ENOMEM, those of object_open() and object_function().
 */
int pairs_open(struct pairs *pairs, const char *old_path, const char *new_path,
               const struct pairs_symbols *symbols, size_t count, struct fault *fault);
void pairs_close(struct pairs *pairs);

/* Fills axes and benchmark. Part of pairs_open(). */
void pairs_describe(struct pairs *pairs);

/* Of a cell: what is compared, the function, and the entries modulo 4096 of both while measured. */
enum comparison pairs_comparison(const struct cell *cell);
const struct pairs_function *pairs_function(const struct cell *cell);
void pairs_entries(const struct cell *cell, size_t *old_entry, size_t *new_entry);

/* Whether new came first in a pair of a visit, the samples of which are in the order in which they
 * were taken; at most so many pairs. */
enum { PAIRS_SERIES = 4 };
bool pairs_new_first(const struct visit *visit, unsigned pair);

#endif
