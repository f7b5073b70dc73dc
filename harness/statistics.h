/*
 * Summaries of samples. Pure functions; nothing is deleted, nothing assumed normal.
 */
#ifndef COPYCOST_HARNESS_STATISTICS_H
#define COPYCOST_HARNESS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Quantile of `sorted` (ascending, count > 0) at p in [0, 1], linear between order statistics
 * (Hyndman & Fan 1996, type 7, the default of numpy and R).
 */
double quantile_sorted(const double *sorted, size_t count, double p);
void sort_doubles(double *values, size_t count);

/* A launch's values: values[begin[i]] .. values[begin[i + 1]). An empty launch is left out. */
struct launches {
    const double *values;
    const size_t *begin; /* count + 1 entries */
    size_t count;
};

struct summary {
    size_t samples;
    size_t launches;          /* that have samples */
    double median, low, high; /* low and high: the interval, see summarise() */
    double minimum, q1, q3, p95, p99;
    double mdape_percent; /* median absolute percentage error around the median; NAN around 0 */
};

/*
 * The point estimate is the median over launches of each launch's median: the launch is the level
 * that carries the variance (Kalibera & Jones, ISMM 2013). Quantiles are those of all samples
 * pooled.
 *
 * The interval is the one in which the median of a like run falls in 95 % of cases: percentiles of
 * median * m1 / m2 with m1, m2 two independent bootstrap medians over launches. It is about sqrt(2)
 * wider than an interval for the median alone, because the other run draws too; somebody who
 * compares two runs needs this one. Ratios, because noise multiplies times.
 * - Disturbances outlast launches, so launches are drawn in circular blocks (Politis & Romano, "A
 *   Circular Block-Resampling Procedure for Stationary Data", 1992) of about the square root of
 *   their number, but not fewer than five. The cube root would do for noise that is soon forgotten
 * (Hall, Horowitz & Jing, Biometrika 82, 1995); neighbours of a virtual machine come for spells,
 * and two runs of 22 launches then held each other's medians in 89 % of cells, with the square root
 * in 94 %.
 * - Percentiles are expanded for few blocks n (Hesterberg, "What Teachers Should Know About the
 *   Bootstrap", 2015, section 5.2: alpha' such that z(alpha') = sqrt(n / (n - 1)) t(alpha, n - 1)).
 * With fewer than 5 launches it holds less often than it says. With fewer than 3, or a median that
 * is not above 0, low is -infinity and high +infinity: there is no interval, and a record leaves
 * both empty. Without any sample every figure is NAN.
 * `seed` draws the resamples. Returns 0, or -ENOMEM.
 */
int summarise(const struct launches *launches, uint64_t seed, struct summary *summary);

/*
 * Quantile of Student's t at 0.5 + confidence / 2, so that |t| stays below it with that confidence
 * (0 < confidence < 1, freedom > 0). Bisects the closed form of Abramowitz & Stegun, "Handbook of
 * Mathematical Functions", 26.7.3 and 26.7.4.
 */
double student_quantile(double confidence, size_t freedom);

/*
 * Least squares y = intercept + slope x; r2 the coefficient of determination. count >= 2, and not
 * all x equal.
 */
struct line {
    double slope, intercept, r2;
};
struct line line_fit(const double *x, const double *y, size_t count);

#endif
