#include "harness/pace.h"

#include <math.h>

unsigned pace_launches(const struct plan *plan, double cost_ns, double share)
{
    double affordable = share * plan->budget_ns / (cost_ns * plan->sweeps);
    double least = fmax(PACE_LEAST_SHORT, share * PACE_LEAST);
    return (unsigned)fmin(plan->launches, fmax(affordable, least));
}

bool pace_due(const struct plan *plan, double cost_ns, double share, unsigned launch)
{
    if (isnan(cost_ns))
        return true;
    unsigned launches = pace_launches(plan, cost_ns, share);
    return (launch + 1) * launches / plan->launches > launch * launches / plan->launches;
}

/* Of all visits in those launches, in ns. */
static double visits_cost(const struct plan *plan, const struct course *courses, size_t count,
                          unsigned launch, double share)
{
    double part = 1 - (double)launch / plan->launches, cost = 0;
    for (size_t i = 0; i < count; i++)
        if (courses[i].open && !courses[i].error && !isnan(courses[i].cost_ns))
            cost += courses[i].cost_ns * plan->sweeps * part *
                    pace_launches(plan, courses[i].cost_ns, share);
    return cost;
}

double pace_share(const struct plan *plan, const struct course *courses, size_t count,
                  unsigned launch, double left_ns)
{
    enum { HALVINGS = 20 };
    double low = 0, high = 1;
    if (visits_cost(plan, courses, count, launch, high) <= left_ns)
        return 1;
    for (unsigned i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        if (visits_cost(plan, courses, count, launch, middle) <= left_ns)
            low = middle;
        else
            high = middle;
    }
    return high;
}
