#include "harness/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/random.h"

enum { RESAMPLES = 2000 };

static const double interval_confidence = 0.95;

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

void sort_doubles(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
}

double quantile_sorted(const double *sorted, size_t count, double p)
{
    double position = p * (double)(count - 1);
    size_t below = (size_t)position;
    if (below + 1 >= count)
        return sorted[count - 1];
    double share = position - (double)below;
    return sorted[below] + share * (sorted[below + 1] - sorted[below]);
}

/* The probability that |t| < tan(angle) sqrt(freedom). */
static double student_central(double angle, size_t freedom)
{
    double cosine = cos(angle);
    size_t first = freedom % 2 == 0 ? 2 : 3;
    double term = freedom % 2 == 0 ? 1.0 : cosine;
    double sum = freedom == 1 ? 0.0 : term;
    for (size_t next = first; next + 2 <= freedom; next += 2) {
        term *= cosine * cosine * (double)(next - 1) / (double)next;
        sum += term;
    }
    sum *= sin(angle);
    return freedom % 2 == 0 ? sum : (angle + sum) * M_2_PI;
}

double student_quantile(double confidence, size_t freedom)
{
    double low = 0.0;
    double high = M_PI_2;
    for (int halving = 0; halving < 60; halving++) {
        double angle = (low + high) / 2;
        if (student_central(angle, freedom) < confidence)
            low = angle;
        else
            high = angle;
    }
    return tan((low + high) / 2) * sqrt((double)freedom);
}

/* The share to leave out on either side: see Hesterberg in the header. */
static double expanded_tail(size_t launches)
{
    double n = (double)launches;
    double z = sqrt(n / (n - 1)) * student_quantile(interval_confidence, launches - 1);
    return erfc(z * M_SQRT1_2) / 2;
}

/*
 * The median of `count` draws with replacement from the `count` sorted values. Draws are counted
 * by rank, so nothing has to be sorted.
 */
static double resampled_median(const double *sorted, size_t count, unsigned *drawn,
                               struct random *random)
{
    memset(drawn, 0, count * sizeof *drawn);
    for (size_t draw = 0; draw < count; draw++) {
        /* Uneven by count / 2^32 only, and without a division, which small cores lack. */
        drawn[((random_next(random) >> 32) * count) >> 32]++;
    }
    size_t rank = 0;
    size_t seen = drawn[0];
    while (seen < (count + 1) / 2)
        seen += drawn[++rank];
    double lower = sorted[rank];
    if (count % 2 == 1 || seen > count / 2)
        return lower;
    do {
        rank++;
    } while (drawn[rank] == 0);
    return (lower + sorted[rank]) / 2;
}

static int interval_find(const double *medians, uint64_t seed, struct summary *summary)
{
    size_t count = summary->launches;
    summary->low = -INFINITY;
    summary->high = INFINITY;
    if (count < 3)
        return 0;
    unsigned *drawn = malloc(count * sizeof *drawn);
    if (drawn == NULL)
        return -ENOMEM;
    struct random random = {seed};
    double differences[RESAMPLES];
    for (size_t i = 0; i < RESAMPLES; i++) {
        double one = resampled_median(medians, count, drawn, &random);
        differences[i] = one - resampled_median(medians, count, drawn, &random);
    }
    free(drawn);
    sort_doubles(differences, RESAMPLES);
    double tail = expanded_tail(count);
    summary->low = summary->median + quantile_sorted(differences, RESAMPLES, tail);
    summary->high = summary->median + quantile_sorted(differences, RESAMPLES, 1 - tail);
    return 0;
}

/* Writes the sorted medians of the launches that have any samples; returns their number. */
static size_t medians_find(const struct launches *launches, double *values, double *medians)
{
    size_t count = 0;
    for (size_t i = 0; i < launches->count; i++) {
        size_t samples = launches->begin[i + 1] - launches->begin[i];
        if (samples == 0)
            continue;
        double *launch = values + (launches->begin[i] - launches->begin[0]);
        sort_doubles(launch, samples);
        medians[count++] = quantile_sorted(launch, samples, 0.5);
    }
    sort_doubles(medians, count);
    return count;
}

/* `values` are all samples, and lost: they become their distances from the median. */
static void quantiles_find(double *values, struct summary *summary)
{
    size_t count = summary->samples;
    sort_doubles(values, count);
    summary->minimum = values[0];
    summary->q1 = quantile_sorted(values, count, 0.25);
    summary->q3 = quantile_sorted(values, count, 0.75);
    summary->p95 = quantile_sorted(values, count, 0.95);
    summary->p99 = quantile_sorted(values, count, 0.99);
    for (size_t i = 0; i < count; i++)
        values[i] = fabs(values[i] - summary->median);
    sort_doubles(values, count);
    summary->mdape_percent = fabs(summary->median) > 0
                                 ? 100 * quantile_sorted(values, count, 0.5) / fabs(summary->median)
                                 : (double)NAN;
}

int summarise(const struct launches *launches, uint64_t seed, struct summary *summary)
{
    size_t samples =
        launches->count == 0 ? 0 : launches->begin[launches->count] - launches->begin[0];
    *summary = (struct summary){0, 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (samples == 0)
        return 0;
    double *values = malloc((samples + launches->count) * sizeof *values);
    if (values == NULL)
        return -ENOMEM;
    double *medians = values + samples;
    memcpy(values, launches->values + launches->begin[0], samples * sizeof *values);
    summary->samples = samples;
    summary->launches = medians_find(launches, values, medians);
    summary->median = quantile_sorted(medians, summary->launches, 0.5);
    quantiles_find(values, summary);
    int result = interval_find(medians, seed, summary);
    free(values);
    return result;
}

struct line line_fit(const double *x, const double *y, size_t count)
{
    double mean_x = 0;
    double mean_y = 0;
    for (size_t i = 0; i < count; i++) {
        mean_x += x[i] / (double)count;
        mean_y += y[i] / (double)count;
    }
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (size_t i = 0; i < count; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    struct line line = {.slope = xy / xx};
    line.intercept = mean_y - line.slope * mean_x;
    line.r2 = yy > 0 ? xy * xy / (xx * yy) : 1.0;
    return line;
}
