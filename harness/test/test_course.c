/*
 * From visits to a record: by visits and a clock made up here.
 */
#include "harness/course.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES = 4 };

/* Two ticks a ns. */
static const struct noise quiet = {1, 1};

static struct clock half_ns = {
    .candidates = {{.name = "made up", .ns_per_tick = 0.5}},
    .candidate_count = 1,
    .chosen = half_ns.candidates,
};
static const struct environment environment = {.clock = &half_ns, .core_clock_hz = 2e9};
static const struct counters counters;
static const struct plan plan = {.precision = 0.03, .seed = 1};
static const struct report reports[] = {{"one", "1", ""}, {"two", "1", ""}, {"three", "1", ""}};
static const struct benchmark plain = {.name = "plain"};
static const struct benchmark reporting = {
    .name = "reporting", .reports = reports, .report_count = 3};

static struct cell cell;
static struct course course;
static struct record record;
static struct fault fault;

static int begin(void **state)
{
    (void)state;
    cell = (struct cell){.benchmark = &plain, .members = 1, .payload_bytes = 100};
    course_begin(&course, &cell);
    return 0;
}

static int end(void **state)
{
    (void)state;
    course_end(&course);
    return 0;
}

static struct visit made_up_visit(enum method method, uint64_t calls, unsigned members)
{
    struct visit visit = {.sampling = {.calls = calls, .method = method},
                          .samples = SAMPLES,
                          .members = members,
                          .loop_ns = NAN};
    for (size_t i = 0; i < REPORTS_MAX; i++)
        visit.reports[i] = NAN;
    return visit;
}

static void add(unsigned launch, const struct visit *visit, const struct sample *samples)
{
    assert_int_equal(course_add(&course, launch, visit, samples, NULL, &fault), 0);
}

/* A launch with one visit, all of whose samples are `calls` calls of that length. */
static void add_even(unsigned launch, enum method method, uint64_t calls, double call_ns)
{
    struct visit visit = made_up_visit(method, calls, 1);
    struct sample samples[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = (struct sample){(uint64_t)(call_ns * 2 * (double)calls), calls, 0, 0};
    add(launch, &visit, samples);
}

static void finish(void)
{
    assert_int_equal(course_record(&course, &environment, &counters, &plan, &quiet, STOP_BUDGET,
                                   &record, &fault),
                     0);
    assert_ptr_equal(record.cell, &cell);
    assert_ptr_equal(record.environment, &environment);
    assert_ptr_equal(record.counters, &counters);
}

static void a_batch_is_divided_by_its_calls(void **state)
{
    (void)state;
    for (unsigned launch = 0; launch < 5; launch++)
        add_even(launch, METHOD_BATCH, 100, 10 + launch);
    add_even(4, METHOD_BATCH, 100, 14); /* a second sweep of the same launch */
    finish();
    assert_true(record.summary.median == 12 && record.summary.minimum == 10);
    assert_int_equal(record.summary.launches, 5);
    assert_int_equal(record.summary.samples, 6 * SAMPLES);
    assert_true(record.fixed_ns == 0);
    assert_int_equal(record.sampling.calls, 100);
    assert_int_equal(record.stop, STOP_BUDGET);
}

static void a_single_call_is_its_sample(void **state)
{
    (void)state;
    for (unsigned launch = 0; launch < 3; launch++)
        add_even(launch, METHOD_SINGLE, 1, 20000);
    finish();
    assert_true(record.summary.median == 20000 && record.fixed_ns == 0);
    assert_int_equal(record.verdict, VERDICT_OK);
    assert_string_equal(record.reason, "");
    assert_true(record.summary.low == 20000 && record.summary.high == 20000);
}

/* Samples of N and of 2 N calls with 3 ns a call and 40 ns beyond them. */
static void add_pairs(enum method method)
{
    static const uint64_t calls[SAMPLES] = {1000, 2000, 2000, 1000};
    for (unsigned launch = 0; launch < 4; launch++) {
        struct visit visit = made_up_visit(method, 1000, 1);
        struct sample samples[SAMPLES];
        for (size_t i = 0; i < SAMPLES; i++)
            samples[i] = (struct sample){(calls[i] * 3 + 40) * 2, calls[i], 0, 0};
        add(launch, &visit, samples);
    }
}

static void a_difference_gives_the_fixed_cost(void **state)
{
    (void)state;
    add_pairs(METHOD_DIFFERENCE);
    finish();
    assert_true(record.fixed_ns == 40);
    assert_true(record.summary.median == 3 && record.summary.minimum == 3);
    assert_true(record.summary.p99 == 3);
}

/* The broken specimen: without the difference the fixed cost stays in every call. */
static void a_batch_keeps_the_fixed_cost(void **state)
{
    (void)state;
    add_pairs(METHOD_BATCH);
    finish();
    assert_true(record.fixed_ns == 0);
    assert_true(record.summary.median > 3.01 && record.summary.minimum == 3.02);
}

static void the_slowest_member_is_the_sample(void **state)
{
    (void)state;
    static const struct sample samples[SAMPLES * 3] = {
        {200, 10, 0, 0}, {900, 10, 0, 0}, {300, 10, 0, 0}, {200, 10, 0, 0},
        {100, 10, 0, 0}, {900, 10, 0, 0}, {900, 10, 0, 0}, {100, 10, 0, 0},
        {100, 10, 0, 0}, {900, 10, 0, 0}, {900, 10, 0, 0}, {900, 10, 0, 0},
    };
    for (unsigned launch = 0; launch < 3; launch++) {
        struct visit visit = made_up_visit(METHOD_BATCH, 10, 3);
        add(launch, &visit, samples);
    }
    finish();
    assert_int_equal(record.summary.samples, 3 * SAMPLES);
    assert_true(record.summary.minimum == 45 && record.summary.p99 == 45);
}

static void two_launches_give_no_interval(void **state)
{
    (void)state;
    struct summary summary;
    double fixed_ns;
    add_even(0, METHOD_BATCH, 100, 10);
    add_even(1, METHOD_BATCH, 100, 10);
    finish();
    assert_int_equal(record.verdict, VERDICT_NOISY);
    assert_string_equal(record.reason, "2 launches give no interval; 3 or more do");
    assert_true(isinf(record.summary.low) && isinf(record.summary.high));
    assert_int_equal(course_summarise(&course, &half_ns, &quiet, 1, &summary, &fixed_ns), 0);
    assert_true(isinf(summary_half_width(&summary)));
    add_even(2, METHOD_BATCH, 100, 10);
    finish();
    assert_int_equal(record.verdict, VERDICT_OK);
    assert_true(summary_half_width(&record.summary) == 0);
}

static void a_wide_interval_is_noisy(void **state)
{
    (void)state;
    add_even(0, METHOD_BATCH, 100, 10);
    add_even(1, METHOD_BATCH, 100, 11);
    add_even(2, METHOD_BATCH, 100, 12);
    finish();
    assert_int_equal(record.verdict, VERDICT_NOISY);
    assert_string_equal(record.reason, "interval +-18.3 % is wider than +-3.0 % after 3 launches");
    assert_true(fabs(record.summary.low - 11 * 10 / 12.0) < 1e-9);
    assert_true(fabs(record.summary.high - 11 * 12 / 10.0) < 1e-9);
}

/* A call that lasts a set time is always even, whatever it gets done. */
static void a_set_time_makes_no_cell_precise(void **state)
{
    (void)state;
    for (unsigned launch = 0; launch < 5; launch++)
        add_even(launch, METHOD_SINGLE, 1, 55e6);
    assert_true(course_may_be_precise(&course, 0.03));
    cell.lasts_ns = 55e6;
    assert_false(course_may_be_precise(&course, 0.03));
}

static void a_series_is_its_visits_own(void **state)
{
    (void)state;
    static const struct benchmark series = {.name = "series", .histogram_by_visit = true};
    static const struct histogram_bin bins[] = {{3, 7}};
    struct visit visit = made_up_visit(METHOD_SINGLE, 1, 1);
    struct sample samples[SAMPLES] = {{1, 1, 0, 0}};
    visit.bins = 1;
    assert_int_equal(course_add(&course, 0, &visit, samples, bins, &fault), 0);
    assert_int_equal(course.histogram.count, 1);
    cell.benchmark = &series;
    assert_int_equal(course_add(&course, 1, &visit, samples, bins, &fault), 0);
    assert_int_equal(course.histogram.bins[0].count, 7);
}

static void placement_is_what_all_visits_had(void **state)
{
    (void)state;
    static const struct placement got[] = {
        {.cpu = 2, .src_node = 1, .dst_node = 0, .huge_share = 1, .src_offset = 8},
        {.cpu = 2, .src_node = 1, .dst_node = 1, .huge_share = 0.25, .src_offset = 8},
        {.cpu = 2, .src_node = 1, .dst_node = 0, .huge_share = 0.5, .src_offset = 8},
    };
    static const struct sample samples[SAMPLES] = {
        {1, 1, 0, 0}, {1, 1, 0, 0}, {1, 1, 0, 0}, {1, 1, 0, 0}};
    for (unsigned launch = 0; launch < 3; launch++) {
        struct visit visit = made_up_visit(METHOD_SINGLE, 1, 1);
        visit.got = got[launch];
        visit.loop_ns = launch == 1 ? 1.25 : 1.5;
        visit.disturbance = (struct disturbance){1, 2, 3, launch, 0};
        add(launch, &visit, samples);
    }
    finish();
    assert_int_equal(record.got.cpu, 2);
    assert_int_equal(record.got.src_node, 1);
    assert_int_equal(record.got.dst_node, NODE_MIXED);
    assert_true(record.got.huge_share == 0.25);
    assert_int_equal(record.got.src_offset, 8);
    assert_true(record.loop_ns == 1.25);
    static const struct disturbance all = {3, 6, 9, 3, 0};
    assert_memory_equal(&record.disturbance, &all, sizeof all);
}

static void add_throttled(unsigned launch, double call_ns, int throttled, const char *by)
{
    struct visit visit = made_up_visit(METHOD_BATCH, 1000, 1);
    struct sample samples[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = (struct sample){(uint64_t)(call_ns * 2000), 1000, 0, 0};
    visit.disturbance.throttled = throttled;
    snprintf(visit.throttled_by, sizeof visit.throttled_by, "%s", by);
    add(launch, &visit, samples);
}

static void a_slowed_cpu_makes_a_precise_cell_noisy(void **state)
{
    (void)state;
    for (unsigned launch = 0; launch < 5; launch++)
        add_throttled(launch, 10, launch == 1 || launch == 3,
                      launch == 3   ? "heat again"
                      : launch == 1 ? "heat"
                                    : "");
    finish();
    assert_int_equal(record.verdict, VERDICT_NOISY);
    assert_string_equal(record.reason, "the CPU was slowed in 2 of 5 visits: heat");
    assert_int_equal(record.disturbance.throttled, 2);
    assert_int_equal(record.summary.samples, 5 * SAMPLES); /* kept */
    /* Both reasons, where there are two. */
    for (unsigned launch = 5; launch < 8; launch++)
        add_throttled(launch, 20, 0, "");
    finish();
    assert_non_null(strstr(record.reason, "launches; the CPU was slowed in 2 of 8 visits: heat"));
}

static void what_could_not_be_seen_is_unknown(void **state)
{
    (void)state;
    for (unsigned launch = 0; launch < 3; launch++)
        add_throttled(launch, 10, -1, "");
    finish();
    assert_int_equal(record.disturbance.throttled, -1);
    assert_int_equal(record.verdict, VERDICT_OK);
    assert_string_equal(record.reason, "");
}

static void reports_are_medians_of_visits(void **state)
{
    (void)state;
    cell.benchmark = &reporting;
    static const double told[4][3] = {{5, NAN, NAN}, {1, 7, NAN}, {9, INFINITY, NAN}, {2, 8, NAN}};
    static const struct sample samples[SAMPLES] = {
        {1, 1, 0, 0}, {1, 1, 0, 0}, {1, 1, 0, 0}, {1, 1, 0, 0}};
    for (unsigned i = 0; i < 4; i++) {
        struct visit visit = made_up_visit(METHOD_SINGLE, 1, 1);
        memcpy(visit.reports, told[i], sizeof told[i]);
        add(i / 2, &visit, samples);
    }
    finish();
    assert_true(record.reports[0] == 3.5 && record.reports[1] == 7.5);
    assert_true(isnan(record.reports[2]) && isnan(record.reports[REPORTS_MAX - 1]));
}

static void without_figures_there_is_a_reason(void **state)
{
    (void)state;
    finish();
    assert_int_equal(record.verdict, VERDICT_SKIPPED);
    assert_string_equal(record.reason, "the run was interrupted before this cell was visited");
    assert_false(record_has_figures(&record));
    snprintf(cell.skip, sizeof cell.skip, "too large");
    finish();
    assert_int_equal(record.verdict, VERDICT_SKIPPED);
    assert_string_equal(record.reason, "too large");
    course_begin(&course, &cell);
    assert_false(course.open);
}

static void an_error_outweighs_samples(void **state)
{
    (void)state;
    static const struct {
        int error;
        enum verdict verdict;
    } known[] = {{-EILSEQ, VERDICT_FAILED},    {-EFAULT, VERDICT_FAILED},
                 {-ETIMEDOUT, VERDICT_FAILED}, {-ENOTSUP, VERDICT_SKIPPED},
                 {-EPERM, VERDICT_SKIPPED},    {-ENOMEM, VERDICT_SKIPPED}};
    add_even(0, METHOD_BATCH, 100, 10);
    memset(course.fault.text, 'x', sizeof course.fault.text - 1);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        course.error = known[i].error;
        finish();
        assert_int_equal(record.verdict, known[i].verdict);
        assert_int_equal(strlen(record.reason), sizeof record.reason - 1);
        assert_int_equal(record.summary.samples, 0);
    }
}

#define ON_COURSE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_COURSE(a_batch_is_divided_by_its_calls),
        ON_COURSE(a_single_call_is_its_sample),
        ON_COURSE(a_difference_gives_the_fixed_cost),
        ON_COURSE(a_batch_keeps_the_fixed_cost),
        ON_COURSE(the_slowest_member_is_the_sample),
        ON_COURSE(two_launches_give_no_interval),
        ON_COURSE(a_wide_interval_is_noisy),
        ON_COURSE(a_set_time_makes_no_cell_precise),
        ON_COURSE(a_series_is_its_visits_own),
        ON_COURSE(placement_is_what_all_visits_had),
        ON_COURSE(reports_are_medians_of_visits),
        ON_COURSE(without_figures_there_is_a_reason),
        ON_COURSE(an_error_outweighs_samples),
        ON_COURSE(a_slowed_cpu_makes_a_precise_cell_noisy),
        ON_COURSE(what_could_not_be_seen_is_unknown),
    };
    return cmocka_run_group_tests_name("course", tests, NULL, NULL);
}
