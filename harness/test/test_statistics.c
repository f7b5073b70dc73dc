/*
 * Statistics against values from elsewhere (scipy, numpy), and the interval against simulated runs:
 * drawn from a fixed seed, so the shares are the same everywhere and every time.
 */
#include "harness/random.h"
#include "harness/statistics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { SAMPLES = 15, LAUNCHES_MOST = 20, PAIRS = 400 };

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void assert_near(double found, double expected, double relative)
{
    double allowed = relative * fmax(1.0, fabs(expected));
    if (!(fabs(found - expected) <= allowed))
        fail_msg("%.15g instead of %.15g +- %g", found, expected, allowed);
}

static void test_random_sequence(void **state)
{
    (void)state;
    static const uint64_t published[] = {6457827717110365317U, 3203168211198807973U,
                                         9817491932198370423U, 4593380528125082431U,
                                         16408922859458223821U};
    struct random random = {1234567};
    for (size_t i = 0; i < COUNT_OF(published); i++)
        assert_true(random_next(&random) == published[i]);
}

static void test_random_below_is_even(void **state)
{
    (void)state;
    size_t seen[7] = {0};
    struct random random = {1};
    for (int i = 0; i < 70000; i++)
        seen[random_below(&random, COUNT_OF(seen))]++;
    double chi_squared = 0;
    for (size_t i = 0; i < COUNT_OF(seen); i++)
        chi_squared += pow((double)seen[i] - 10000, 2) / 10000;
    assert_true(chi_squared < 22.5); /* 0.1 % of fair draws are above, 6 degrees of freedom */
    assert_true(random_below(&random, 1) == 0);
    /* Nearly half of all words have to be drawn again here. */
    uint64_t bound = (UINT64_MAX >> 1) + 2;
    for (int i = 0; i < 1000; i++)
        assert_true(random_below(&random, bound) < bound);
}

static void test_random_shuffle_permutes(void **state)
{
    (void)state;
    enum { ITEMS = 5, ROUNDS = 5000 };
    size_t at[ITEMS][ITEMS] = {{0}};
    struct random random = {2};
    for (int round = 0; round < ROUNDS; round++) {
        size_t items[ITEMS] = {0, 1, 2, 3, 4};
        bool seen[ITEMS] = {false};
        random_shuffle(&random, items, ITEMS);
        for (size_t i = 0; i < ITEMS; i++) {
            assert_false(seen[items[i]]);
            seen[items[i]] = true;
            at[items[i]][i]++;
        }
    }
    for (size_t item = 0; item < ITEMS; item++)
        for (size_t i = 0; i < ITEMS; i++)
            assert_in_range(at[item][i], ROUNDS / ITEMS * 85 / 100, ROUNDS / ITEMS * 115 / 100);
    random_shuffle(&random, NULL, 0);
}

static void test_quantiles_as_numpy(void **state)
{
    (void)state;
    double values[] = {3.5, -1, 2, 8, 8, 0.25, 11};
    static const double known[][2] = {{0, -1},   {0.05, -0.625}, {0.25, 1.125}, {0.5, 3.5},
                                      {0.75, 8}, {0.95, 10.1},   {0.99, 10.82}, {1, 11}};
    sort_doubles(values, COUNT_OF(values));
    for (size_t i = 0; i < COUNT_OF(known); i++)
        assert_near(quantile_sorted(values, COUNT_OF(values), known[i][0]), known[i][1], 1e-12);
    assert_near(quantile_sorted(values, 1, 0.99), -1, 0);
    assert_near(quantile_sorted(values, 2, 0.5), -0.375, 1e-12);
}

static void test_student_quantile_as_scipy(void **state)
{
    (void)state;
    static const struct {
        double confidence;
        size_t freedom;
        double quantile;
    } known[] = {
        {0.95, 1, 12.7062047364},   {0.95, 2, 4.30265272991}, {0.95, 3, 3.18244630528},
        {0.95, 4, 2.7764451052},    {0.95, 7, 2.36462425101}, {0.95, 9, 2.26215716274},
        {0.95, 19, 2.09302405441},  {0.99, 5, 4.03214298356}, {0.5, 6, 0.717558196491},
        {0.95, 999, 1.96234146113},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        assert_near(student_quantile(known[i].confidence, known[i].freedom), known[i].quantile,
                    1e-9);
}

static void test_line_fit_as_scipy(void **state)
{
    (void)state;
    static const double x[] = {1, 2, 4, 8, 16};
    static const double y[] = {2.1, 3.9, 8.3, 15.8, 32.4};
    struct line line = line_fit(x, y, COUNT_OF(x));
    assert_near(line.slope, 2.0188172043, 1e-10);
    assert_near(line.intercept, -0.0166666666667, 1e-10);
    assert_near(line.r2, 0.999658273451, 1e-10);
    static const double flat[] = {5, 5, 5, 5, 5};
    line = line_fit(x, flat, COUNT_OF(x));
    assert_near(line.slope, 0, 0);
    assert_near(line.r2, 1, 0);
}

static void test_summary_figures(void **state)
{
    (void)state;
    /* Launch medians 2, 25, 5.5: the estimate is 5.5, where the pooled median would be 6. */
    static const double values[] = {1, 2, 3, 10, 20, 30, 40, 4, 5, 6, 7};
    static const size_t begin[] = {0, 3, 3, 7, 11}; /* the second launch is empty */
    struct summary summary;
    assert_int_equal(summarise(&(struct launches){values, begin, 4}, 1, &summary), 0);
    assert_int_equal(summary.samples, 11);
    assert_int_equal(summary.launches, 3);
    assert_near(summary.median, 5.5, 0);
    assert_near(summary.minimum, 1, 0);
    assert_near(summary.q1, 3.5, 1e-12);
    assert_near(summary.q3, 15, 1e-12);
    assert_near(summary.p95, 35, 1e-12);
    assert_near(summary.p99, 39, 1e-12);
    assert_near(summary.mdape_percent, 100 * 3.5 / 5.5, 1e-12);
    /* With three launches the ratios reach from the least to the greatest one. */
    assert_near(summary.low, 5.5 * 2 / 25, 1e-12);
    assert_near(summary.high, 5.5 * 25 / 2, 1e-12);
}

static void test_summary_without_enough(void **state)
{
    (void)state;
    static const double values[] = {4, 0, 0, 0};
    static const size_t begin[] = {0, 1, 4};
    struct summary summary;
    assert_int_equal(summarise(&(struct launches){values, begin, 2}, 1, &summary), 0);
    assert_near(summary.median, 2, 0);
    assert_true(isinf(summary.low) && summary.low < 0);
    assert_true(isinf(summary.high) && summary.high > 0);
    assert_int_equal(summarise(&(struct launches){values, begin + 1, 1}, 1, &summary), 0);
    assert_int_equal(summary.samples, 3);
    assert_near(summary.median, 0, 0);
    assert_true(isnan(summary.mdape_percent));
    assert_int_equal(summarise(&(struct launches){values, begin, 0}, 1, &summary), 0);
    assert_int_equal(summary.samples, 0);
    assert_true(isnan(summary.median) && isnan(summary.low) && isnan(summary.p99));
}

static void test_summary_repeats(void **state)
{
    (void)state;
    static const double values[] = {1.01, 1.03, 0.99, 1.2, 1.07, 1.11, 0.97, 1.05};
    static const size_t begin[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    const struct launches launches = {values, begin, 8};
    struct summary one, two;
    summarise(&launches, 11, &one);
    summarise(&launches, 11, &two);
    assert_memory_equal(&one, &two, sizeof one);
    assert_true(one.low < one.median && one.median < one.high);
}

static double draw_uniform(struct random *random)
{
    return ((double)(random_next(random) >> 11) + 0.5) / 9007199254740992.0;
}

/* Box & Muller. */
static double draw_normal(struct random *random)
{
    double radius = sqrt(-2 * log(draw_uniform(random)));
    return radius * cos(2 * M_PI * draw_uniform(random));
}

/*
 * A run of samples around 100: launches differ by 3 %, samples by 1 %, one in ten is a spike.
 * A launch keeps the share `persistence` of what disturbed the one before.
 */
static void draw_run(struct random *random, size_t launches, double persistence, double *values,
                     size_t *begin)
{
    double launch = 0.03 * draw_normal(random);
    for (size_t i = 0; i < launches; i++) {
        launch =
            persistence * launch + 0.03 * sqrt(1 - persistence * persistence) * draw_normal(random);
        begin[i] = i * SAMPLES;
        for (size_t j = 0; j < SAMPLES; j++) {
            double noise = 0.01 * draw_normal(random);
            double spike = draw_uniform(random) < 0.1 ? 0.05 * exp(draw_normal(random)) : 0;
            values[begin[i] + j] = 100 * (1 + launch + noise + spike);
        }
    }
    begin[launches] = launches * SAMPLES;
}

typedef void interval_function(const struct launches *launches, uint64_t seed,
                               struct summary *summary);

static void interval_of_summary(const struct launches *launches, uint64_t seed,
                                struct summary *summary)
{
    assert_int_equal(summarise(launches, seed, summary), 0);
}

/* The broken specimen: percentiles of the run's own bootstrap medians. */
static void interval_of_own_median(const struct launches *launches, uint64_t seed,
                                   struct summary *summary)
{
    enum { RESAMPLES = 500 };
    struct random random = {seed};
    double medians[LAUNCHES_MOST], resample[LAUNCHES_MOST], resamples[RESAMPLES];
    for (size_t i = 0; i < launches->count; i++) {
        double launch[SAMPLES];
        memcpy(launch, launches->values + launches->begin[i], sizeof launch);
        sort_doubles(launch, SAMPLES);
        medians[i] = quantile_sorted(launch, SAMPLES, 0.5);
    }
    for (size_t i = 0; i < RESAMPLES; i++) {
        for (size_t j = 0; j < launches->count; j++)
            resample[j] = medians[random_below(&random, launches->count)];
        sort_doubles(resample, launches->count);
        resamples[i] = quantile_sorted(resample, launches->count, 0.5);
    }
    sort_doubles(medians, launches->count);
    sort_doubles(resamples, RESAMPLES);
    summary->median = quantile_sorted(medians, launches->count, 0.5);
    summary->low = quantile_sorted(resamples, RESAMPLES, 0.025);
    summary->high = quantile_sorted(resamples, RESAMPLES, 0.975);
}

/* The share of simulated pairs of runs in which one's interval holds the other's median. */
static double find_coverage(interval_function *interval, size_t launches, double persistence)
{
    struct random random = {launches};
    size_t held = 0;
    for (int pair = 0; pair < PAIRS; pair++) {
        struct summary run[2];
        for (size_t i = 0; i < 2; i++) {
            double values[LAUNCHES_MOST * SAMPLES];
            size_t begin[LAUNCHES_MOST + 1];
            draw_run(&random, launches, persistence, values, begin);
            interval(&(struct launches){values, begin, launches}, random_next(&random), &run[i]);
        }
        for (size_t i = 0; i < 2; i++)
            held += run[1 - i].median >= run[i].low && run[1 - i].median <= run[i].high;
    }
    return (double)held / (2 * PAIRS);
}

static void test_interval_holds_the_other_median(void **state)
{
    (void)state;
    static const size_t launches[] = {5, 8, 12, 20};
    for (size_t i = 0; i < COUNT_OF(launches); i++) {
        double coverage = find_coverage(interval_of_summary, launches[i], 0);
        print_message("# %zu launches: %.1f %%\n", launches[i], 100 * coverage);
        assert_true(coverage >= 0.93);
    }
}

static void test_interval_holds_when_noise_persists(void **state)
{
    (void)state;
    double coverage = find_coverage(interval_of_summary, 16, 0.4);
    print_message("# %.1f %%\n", 100 * coverage);
    assert_true(coverage >= 0.90);
}

static void test_interval_of_own_median_is_found_out(void **state)
{
    (void)state;
    double coverage = find_coverage(interval_of_own_median, 12, 0);
    print_message("# %.1f %%\n", 100 * coverage);
    assert_true(coverage < 0.90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_sequence),
        cmocka_unit_test(test_random_below_is_even),
        cmocka_unit_test(test_random_shuffle_permutes),
        cmocka_unit_test(test_quantiles_as_numpy),
        cmocka_unit_test(test_student_quantile_as_scipy),
        cmocka_unit_test(test_line_fit_as_scipy),
        cmocka_unit_test(test_summary_figures),
        cmocka_unit_test(test_summary_without_enough),
        cmocka_unit_test(test_summary_repeats),
        cmocka_unit_test(test_interval_holds_the_other_median),
        cmocka_unit_test(test_interval_holds_when_noise_persists),
        cmocka_unit_test(test_interval_of_own_median_is_found_out),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
