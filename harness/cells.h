/*
 * From axes and options to cells: the cross product of each axis's values, judged by the
 * experiment's plan().
 *
 * A semicolon in the values of axes keeps that product small, so that one axis at a time is varied:
 * "1500;64,9000" stands for 1500, and for 64 and 9000 only where every other axis stands at what
 * comes before its semicolon (or has none).
 */
#ifndef COPYCOST_HARNESS_CELLS_H
#define COPYCOST_HARNESS_CELLS_H

#include "harness/benchmark.h"

struct axis_choice { /* what the user gave for an axis */
    const char *axis;
    const char *text;
};

struct cells {
    struct cell *cells;
    size_t count, room;
    size_t unknown; /* sizes left out because this machine does not tell the caches they name */
};

/*
 * Appends the cells of one experiment. An axis without a choice has its profile's default range.
 * Kernels that lack a CPU feature are cells (skipped) if they were named, and left out if only a
 * pattern matched them. Errors: EINVAL (a value that the axis does not take; a kernel that is not
 * there, with those that are; more points than anybody waits for), ENOMEM.
 */
int cells_add(struct cells *cells, const struct benchmark *benchmark, enum profile profile,
              const struct axis_choice *choices, size_t choice_count,
              const struct environment *environment, struct fault *fault);

/* The CPU of that member of the cell. */
int cell_cpu(const struct cell *cell, const struct environment *environment, unsigned member);

/* A point's value on that axis for people: "copy_avx2", "64 KiB", "2", "-" if absent. */
void cell_value_text(const struct cell *cell, size_t axis, char *text, size_t text_bytes);

void cells_free(struct cells *cells);

#endif
