#include "harness/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/random.h"

enum { RESAMPLES = 1000, BLOCKS_LEAST = 5 };

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

static size_t block_length(size_t launches)
{
    size_t root = (size_t)(sqrt((double)launches) + 0.5), most = launches / BLOCKS_LEAST;
    return most < 1 ? 1 : root < most ? root : most;
}

/* The share to leave out on either side: see Hesterberg in the header. */
static double expanded_tail(size_t launches)
{
    double blocks = (double)launches / (double)block_length(launches);
    double z =
        sqrt(blocks / (blocks - 1)) * student_quantile(interval_confidence, (size_t)blocks - 1);
    return erfc(z * M_SQRT1_2) / 2;
}

struct resampling {
    const double *sorted; /* medians of the launches, ascending */
    const size_t *rank;   /* of each launch's median among them, in order of time */
    size_t count;
    size_t block;
    unsigned *drawn; /* how often each rank was */
    struct random random;
};

/*
 * The median of as many launches, drawn in circular blocks with replacement. Draws are counted by
 * rank, so nothing has to be sorted.
 */
static double resampled_median(struct resampling *self)
{
    size_t count = self->count;
    memset(self->drawn, 0, count * sizeof *self->drawn);
    size_t launch = 0;
    for (size_t draw = 0; draw < count; draw++) {
        /* Uneven by count / 2^32 only, and without a division, which small cores lack. */
        launch = draw % self->block == 0
                     ? (size_t)(((random_next(&self->random) >> 32) * count) >> 32)
                     : (launch + 1) % count;
        self->drawn[self->rank[launch]]++;
    }
    size_t rank = 0;
    size_t seen = self->drawn[0];
    while (seen < (count + 1) / 2)
        seen += self->drawn[++rank];
    double lower = self->sorted[rank];
    if (count % 2 == 1 || seen > count / 2)
        return lower;
    do {
        rank++;
    } while (self->drawn[rank] == 0);
    return (lower + self->sorted[rank]) / 2;
}

/* Ranks of the launches' medians: equal ones get different ranks, which one does not matter. */
static void ranks_find(const double *medians, size_t count, size_t *rank)
{
    for (size_t i = 0; i < count; i++) {
        rank[i] = 0;
        for (size_t j = 0; j < count; j++)
            rank[i] += medians[j] < medians[i] || (j < i && !(medians[j] > medians[i]));
    }
}

static void interval_find(struct resampling *self, struct summary *summary)
{
    double ratios[RESAMPLES];
    for (size_t i = 0; i < RESAMPLES; i++) {
        double one = resampled_median(self);
        ratios[i] = one / resampled_median(self);
    }
    sort_doubles(ratios, RESAMPLES);
    double tail = expanded_tail(self->count);
    summary->low = summary->median * quantile_sorted(ratios, RESAMPLES, tail);
    summary->high = summary->median * quantile_sorted(ratios, RESAMPLES, 1 - tail);
}

/* `medians` are those of the launches in order of time; they are sorted. */
static int medians_summarise(double *medians, uint64_t seed, struct summary *summary)
{
    size_t count = summary->launches;
    size_t *rank = malloc((count + 1) * sizeof *rank);
    unsigned *drawn = malloc((count + 1) * sizeof *drawn);
    int result = rank && drawn ? 0 : -ENOMEM;
    summary->low = -INFINITY;
    summary->high = INFINITY;
    if (!result) {
        ranks_find(medians, count, rank);
        sort_doubles(medians, count);
        summary->median = quantile_sorted(medians, count, 0.5);
        struct resampling resampling = {medians, rank, count, block_length(count), drawn, {seed}};
        if (count >= 3 && medians[0] > 0)
            interval_find(&resampling, summary);
    }
    free(rank);
    free(drawn);
    return result;
}

/* Writes the medians of the launches that have any samples, in order; returns their number. */
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
    int result = medians_summarise(medians, seed, summary);
    quantiles_find(values, summary);
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
