/*
 * In which launches a cell is visited, so that the run ends in time.
 *
 * A cell whose budget does not reach for all launches is visited in some, evenly spread. Where the
 * run's time does not reach for that, all budgets are shortened by the same share: cheap cells keep
 * their launches longest. A cell gets PACE_LEAST launches while time allows, an interval's least
 * where it does not; beyond that the run's end cuts off whatever is left.
 */
#ifndef COPYCOST_HARNESS_PACE_H
#define COPYCOST_HARNESS_PACE_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/course.h"

enum { PACE_LEAST = 8, PACE_LEAST_SHORT = 3 };

/* In how many of the plan's launches a cell is visited whose visit costs that much. */
unsigned pace_launches(const struct plan *plan, double cost_ns, double share);

/* Whether `launch` (from 0) is one of them. A cost not known yet (NAN) is due in all. */
bool pace_due(const struct plan *plan, double cost_ns, double share, unsigned launch);

/*
 * The share of the cells' budgets, in (0, 1], by which the visits of the open courses in the
 * launches from `launch` on fit into that time, as nearly as visits can be counted.
 */
double pace_share(const struct plan *plan, const struct course *courses, size_t count,
                  unsigned launch, double left_ns);

#endif
