/*
 * What disturbed all cells of a run alike.
 *
 * A cell's own launches show how they differ among themselves. A neighbour or a clock that slows
 * the whole machine for longer than that shifts this run against a like one, and no cell can see it
 * in its own launches; but all cells together show how far the machine wanders. So every cell's
 * interval is multiplied by that of the factor common to all cells (median over cells of a launch's
 * median over the cell's median, then as in summarise()). On a quiet machine it is 1.000 to 1.000.
 *
 * Measured on a shared virtual machine, two runs of 3124 cells in a row, neither quiet: intervals
 * held the other run's median in 90 % of cells without this and in 96 % with it.
 */
#ifndef COPYCOST_HARNESS_NOISE_H
#define COPYCOST_HARNESS_NOISE_H

#include "harness/course.h"

/*
 * Over the courses that still have their samples. 1 and 1 where fewer than 16 have been in all
 * launches: they would show their own noise, not the machine's. Error: ENOMEM.
 */
int noise_find(const struct course *courses, size_t count, unsigned launches,
               const struct clock *clock, uint64_t seed, struct noise *noise);

#endif
