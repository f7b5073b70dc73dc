#include "harness/course.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void course_begin(struct course *course, const struct cell *cell)
{
    *course = (struct course){.cell = cell, .open = !cell->skip[0], .loop_ns = NAN, .cost_ns = NAN};
    for (size_t i = 0; i < COUNTERS_MAX; i++)
        course->counted[i] = NAN;
}

void course_end(struct course *course)
{
    free(course->samples);
    free(course->reports);
    course->samples = NULL;
    course->reports = NULL;
    histogram_free(&course->histogram);
}

static uint64_t slowest(const struct sample *members, unsigned count)
{
    uint64_t ticks = 0;
    for (unsigned i = 0; i < count; i++)
        if (members[i].ticks > ticks)
            ticks = members[i].ticks;
    return ticks;
}

static int keep_reports(struct course *course, const struct visit *visit)
{
    if (!course->cell->benchmark->report_count)
        return 0;
    size_t row = sizeof visit->reports;
    double *reports = realloc(course->reports, (course->visits + 1) * row);
    if (!reports)
        return -ENOMEM;
    course->reports = reports;
    memcpy(reports + (size_t)course->visits * REPORTS_MAX, visit->reports, row);
    return 0;
}

/* Memory that was somewhere else, in part, in any of the visits is not where it was asked to be. */
static void keep_placement(struct course *course, const struct placement *got)
{
    if (course->visits == 0) {
        course->got = *got;
        return;
    }
    if (course->got.src_node != got->src_node)
        course->got.src_node = NODE_MIXED;
    if (course->got.dst_node != got->dst_node)
        course->got.dst_node = NODE_MIXED;
    if (got->huge_share < course->got.huge_share)
        course->got.huge_share = got->huge_share;
}

static void keep_disturbance(struct course *course, const struct visit *visit)
{
    struct disturbance *sum = &course->disturbance;
    sum->context_switches += visit->disturbance.context_switches;
    sum->page_faults += visit->disturbance.page_faults;
    sum->migrations += visit->disturbance.migrations;
    sum->steal_ns += visit->disturbance.steal_ns;
    /* All visits of a run watch the same sources. */
    sum->throttled =
        visit->disturbance.throttled < 0 ? -1 : sum->throttled + visit->disturbance.throttled;
    if (!course->throttled_by[0])
        memcpy(course->throttled_by, visit->throttled_by, sizeof course->throttled_by);
}

int course_add(struct course *course, unsigned launch, const struct visit *visit,
               const struct sample *samples, const struct histogram_bin *bins, struct fault *fault)
{
    size_t count = course->count + visit->samples;
    struct course_sample *grown = realloc(course->samples, (count ? count : 1) * sizeof *grown);
    if (grown)
        course->samples = grown;
    if (!grown || keep_reports(course, visit))
        return fail(fault, ENOMEM, "no memory for the samples of %s",
                    course->cell->benchmark->name);
    for (unsigned i = 0; i < visit->samples; i++) {
        const struct sample *members = samples + (size_t)i * visit->members;
        course->samples[course->count++] =
            (struct course_sample){slowest(members, visit->members), members->calls, launch};
    }
    int error = course->cell->benchmark->histogram_by_visit
                    ? 0
                    : histogram_merge(&course->histogram, bins, visit->bins, fault);
    if (error)
        return error;
    keep_placement(course, &visit->got);
    course->visits++;
    course->sampling = visit->sampling;
    /* Not every visit measures it. */
    if (isnan(course->loop_ns) || visit->loop_ns < course->loop_ns)
        course->loop_ns = visit->loop_ns;
    if (!(course->cost_ns <= visit->cost_ns))
        course->cost_ns = visit->cost_ns;
    keep_disturbance(course, visit);
    return 0;
}

int course_count(struct course *course, const struct visit *visit, const struct count *counts,
                 struct fault *fault)
{
    double *values = calloc((size_t)visit->counts + 1, sizeof *values);
    if (!values)
        return fail(fault, ENOMEM, "no memory for the counts of %s", course->cell->benchmark->name);
    for (size_t counter = 0; counter < COUNTERS_MAX; counter++) {
        size_t count = 0;
        for (unsigned i = 0; i < visit->counts; i++)
            if (counts[i].counter == counter)
                values[count++] = (double)counts[i].value;
        sort_doubles(values, count);
        if (count)
            course->counted[counter] =
                quantile_sorted(values, count, 0.5) / (double)visit->sampling.calls;
    }
    free(values);
    return 0;
}

bool course_may_be_precise(const struct course *course, double precision)
{
    enum { LAST = 64 };
    double rates[LAST];
    if (course->cell->lasts_ns > 0) /* its time says nothing of what it got done */
        return false;
    size_t count = course->count < LAST ? course->count : LAST;
    for (size_t i = 0; i < count; i++) {
        const struct course_sample *sample = &course->samples[course->count - 1 - i];
        rates[i] = (double)sample->ticks / (double)sample->calls;
    }
    if (!count)
        return false;
    sort_doubles(rates, count);
    double middle_half = quantile_sorted(rates, count, 0.75) - quantile_sorted(rates, count, 0.25);
    /* Half an interval of 16 launches is about two thirds of the middle half of their samples. */
    return middle_half < 6 * precision * quantile_sorted(rates, count, 0.5);
}

/* Median of the ns of those samples of [begin, end) that have that many calls; NAN if none. */
static double median_of_calls(const struct course *course, const struct clock *clock, size_t begin,
                              size_t end, uint64_t calls, double *scratch)
{
    size_t count = 0;
    for (size_t i = begin; i < end; i++)
        if (course->samples[i].calls == calls)
            scratch[count++] = clock_ns(clock, course->samples[i].ticks);
    if (!count)
        return NAN;
    sort_doubles(scratch, count);
    return quantile_sorted(scratch, count, 0.5);
}

struct scratch {
    double *values; /* one a sample */
    double *per_launch;
    size_t *begin; /* one a launch, and one more */
    size_t launches;
};

static void find_launches(const struct course *course, struct scratch *scratch)
{
    scratch->launches = 0;
    for (size_t i = 0; i < course->count; i++)
        if (i == 0 || course->samples[i].launch != course->samples[i - 1].launch)
            scratch->begin[scratch->launches++] = i;
    scratch->begin[scratch->launches] = course->count;
}

/* T(N) = fixed + N call and T(2 N) = fixed + 2 N call, so fixed = 2 T(N) - T(2 N). */
static double fixed_cost(const struct course *course, const struct clock *clock,
                         struct scratch *scratch)
{
    size_t count = 0;
    uint64_t calls = course->sampling.calls;
    for (size_t i = 0; i < scratch->launches; i++) {
        size_t begin = scratch->begin[i], end = scratch->begin[i + 1];
        double once = median_of_calls(course, clock, begin, end, calls, scratch->values);
        double twice = median_of_calls(course, clock, begin, end, calls * 2, scratch->values);
        if (isfinite(once) && isfinite(twice))
            scratch->per_launch[count++] = 2 * once - twice;
    }
    if (!count)
        return 0;
    sort_doubles(scratch->per_launch, count);
    return quantile_sorted(scratch->per_launch, count, 0.5);
}

int course_summarise(const struct course *course, const struct clock *clock,
                     const struct noise *noise, uint64_t seed, struct summary *summary,
                     double *fixed_ns)
{
    struct scratch scratch = {
        .values = calloc(course->count + 1, sizeof *scratch.values),
        .per_launch = calloc(course->count + 1, sizeof *scratch.per_launch),
        .begin = calloc(course->count + 1, sizeof *scratch.begin),
    };
    int error = -ENOMEM;
    if (scratch.values && scratch.per_launch && scratch.begin) {
        find_launches(course, &scratch);
        *fixed_ns =
            course->sampling.method == METHOD_DIFFERENCE ? fixed_cost(course, clock, &scratch) : 0;
        for (size_t i = 0; i < course->count; i++)
            scratch.values[i] = (clock_ns(clock, course->samples[i].ticks) - *fixed_ns) /
                                (double)course->samples[i].calls;
        struct launches launches = {scratch.values, scratch.begin, scratch.launches};
        error = summarise(&launches, seed, summary);
        summary->low *= noise->low;
        summary->high *= noise->high;
    }
    free(scratch.values);
    free(scratch.per_launch);
    free(scratch.begin);
    return error;
}

double summary_half_width(const struct summary *summary)
{
    double half = (summary->high - summary->low) / 2;
    return isfinite(half) && summary->median > 0 ? half / summary->median : INFINITY;
}

static void summarise_reports(const struct course *course, struct record *record)
{
    double *values = course->reports ? calloc(course->visits, sizeof *values) : NULL;
    for (size_t report = 0; report < REPORTS_MAX; report++) {
        size_t count = 0;
        for (size_t visit = 0; values && visit < course->visits; visit++) {
            double value = course->reports[visit * REPORTS_MAX + report];
            if (isfinite(value))
                values[count++] = value;
        }
        if (count)
            sort_doubles(values, count);
        record->reports[report] = count ? quantile_sorted(values, count, 0.5) : NAN;
    }
    free(values);
}

static void judge_interval(const struct plan *plan, struct record *record)
{
    double half = summary_half_width(&record->summary);
    record->verdict = VERDICT_OK;
    if (half <= plan->precision)
        return;
    record->verdict = VERDICT_NOISY;
    if (isinf(half))
        snprintf(record->reason, sizeof record->reason,
                 "%zu launches give no interval; 3 or more do", record->summary.launches);
    else
        snprintf(record->reason, sizeof record->reason,
                 "interval +-%.1f %% is wider than +-%.1f %% after %zu launches", half * 100,
                 plan->precision * 100, record->summary.launches);
}

/* A slowed CPU may be evenly slow, so that the interval does not show it. */
static void judge_throttling(const struct course *course, struct record *record)
{
    size_t used = strlen(record->reason);
    if (course->disturbance.throttled <= 0)
        return;
    record->verdict = VERDICT_NOISY;
    snprintf(record->reason + used, sizeof record->reason - used,
             "%sthe CPU was slowed in %lld of %u visits: %s", used ? "; " : "",
             (long long)course->disturbance.throttled, course->visits, course->throttled_by);
}

/* What this machine has not, or does not permit, is no fault of the cell's. */
static bool is_failure(int error)
{
    return error && error != -ENOTSUP && error != -EPERM && error != -ENOMEM;
}

int course_record(const struct course *course, const struct environment *environment,
                  const struct counters *counters, const struct plan *plan,
                  const struct noise *noise, enum stop stop, struct record *record,
                  struct fault *fault)
{
    *record = (struct record){
        .cell = course->cell, .environment = environment, .counters = counters, .stop = stop};
    if (course->cell->skip[0] || course->error || !course->count) {
        record->verdict = is_failure(course->error) ? VERDICT_FAILED : VERDICT_SKIPPED;
        snprintf(record->reason, sizeof record->reason, "%.255s",
                 course->error           ? course->fault.text
                 : course->cell->skip[0] ? course->cell->skip
                 : stop == STOP_TIME     ? "the run's time was up before this cell was visited"
                                         : "the run was interrupted before this cell was visited");
        return 0;
    }
    record->got = course->got;
    record->sampling = course->sampling;
    record->loop_ns = course->loop_ns;
    record->disturbance = course->disturbance;
    record->histogram = &course->histogram;
    memcpy(record->counted, course->counted, sizeof record->counted);
    summarise_reports(course, record);
    if (course_summarise(course, environment->clock, noise, plan->seed, &record->summary,
                         &record->fixed_ns))
        return fail(fault, ENOMEM, "no memory to summarise a cell of %s",
                    course->cell->benchmark->name);
    judge_interval(plan, record);
    judge_throttling(course, record);
    return 0;
}
