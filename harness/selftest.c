#include "harness/selftest.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/cache_edges.h"
#include "harness/measure.h"
#include "harness/quantity.h"
#include "harness/random.h"
#include "harness/selftest_work.h"
#include "harness/statistics.h"

enum { SAMPLES = 20, ROUNDS = 12, POINTS_MAX = 16 };

struct selftest {
    const struct environment *environment;
    struct plan plan;
    struct random random;
    struct fault *fault;
    struct selftest_result result;
};

struct series { /* one kind of work at several amounts, visited in random order */
    const struct benchmark *work;
    const struct kernel *kernels[POINTS_MAX];
    double amounts[POINTS_MAX];
    double fastest_ns[POINTS_MAX]; /* least per call */
    double median_ns[POINTS_MAX];  /* of all rounds */
    double rounds_ns[POINTS_MAX][ROUNDS];
    double loop_ns;
    size_t count;
};

static int visit_once(struct selftest *self, const struct cell *cell, struct visit *visit,
                      struct sample *samples)
{
    measure_visit(cell, self->environment, &self->plan, random_next(&self->random),
                  (struct sampling){0}, visit, samples, NULL);
    return visit->status ? fail(self->fault, -visit->status, "%s", visit->fault.text) : 0;
}

/*
 * Per call: median and least of a visit's samples. Where samples of N and 2 N alternate, those of
 * 2 N are taken, whose share of the fixed cost is smaller.
 */
static void visit_figures(const struct selftest *self, const struct visit *visit,
                          const struct sample *samples, double *median, double *least)
{
    double values[SAMPLES + 1];
    size_t count = 0;
    uint64_t calls = visit->sampling.calls * (visit->sampling.method == METHOD_DIFFERENCE ? 2 : 1);
    for (unsigned i = 0; i < visit->samples; i++)
        if (samples[i].calls == calls)
            values[count++] = clock_ns(self->environment->clock, samples[i].ticks) / (double)calls;
    sort_doubles(values, count);
    *median = quantile_sorted(values, count, 0.5);
    *least = values[0];
}

static int measure_series(struct selftest *self, struct series *series)
{
    struct visit visit;
    struct sample samples[SAMPLES + 1];
    size_t order[POINTS_MAX];
    for (size_t i = 0; i < series->count; i++) {
        order[i] = i;
        series->fastest_ns[i] = INFINITY;
    }
    series->loop_ns = INFINITY;
    for (unsigned round = 0; round < ROUNDS; round++) {
        random_shuffle(&self->random, order, series->count);
        for (size_t j = 0; j < series->count; j++) {
            size_t i = order[j];
            struct cell cell = work_cell(series->work, series->kernels[i],
                                         (uint64_t)series->amounts[i], self->environment);
            int error = visit_once(self, &cell, &visit, samples);
            if (error)
                return error;
            double least;
            visit_figures(self, &visit, samples, &series->rounds_ns[i][round], &least);
            series->fastest_ns[i] = fmin(series->fastest_ns[i], least);
            series->loop_ns = fmin(series->loop_ns, visit.loop_ns);
        }
    }
    for (size_t i = 0; i < series->count; i++) {
        sort_doubles(series->rounds_ns[i], ROUNDS);
        series->median_ns[i] = quantile_sorted(series->rounds_ns[i], ROUNDS, 0.5);
    }
    return 0;
}

static int check_empty(struct selftest *self)
{
    self->result.name = "empty";
    self->result.expected = "the cost of calling a kernel that does nothing is known, below 100 ns";
    struct series series = {.work = &work_copy,
                            .kernels = {kernel_find("copy_byte_forward")},
                            .amounts = {64},
                            .count = 1};
    int error = measure_series(self, &series);
    self->result.passed = series.loop_ns > 0 && series.loop_ns < 100;
    snprintf(self->result.found, sizeof self->result.found, "%.2f ns a call; clock %s: %.1f ns",
             series.loop_ns, self->environment->clock->chosen->name,
             self->environment->clock->chosen->cost_ns);
    return error;
}

static int check_spin(struct selftest *self)
{
    self->result.name = "spin";
    self->result.expected = "a spin of 1 us to 1 ms is found within 1 %";
    struct series series = {
        .work = &work_spin, .amounts = {1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6}, .count = 7};
    int error = measure_series(self, &series);
    double worst = 0, at = 0;
    for (size_t i = 0; !error && i < series.count; i++) {
        double off = series.fastest_ns[i] / series.amounts[i] - 1;
        if (fabs(off) >= fabs(worst)) {
            worst = off;
            at = series.amounts[i];
        }
    }
    self->result.passed = fabs(worst) <= 0.01;
    snprintf(self->result.found, sizeof self->result.found, "worst %+.2f %% at %.0f us",
             worst * 100, at / 1e3);
    return error;
}

/* Amounts that take about 50 ns to 1 ms at the core's clock. */
static int check_chain(struct selftest *self)
{
    self->result.name = "chain";
    self->result.expected = "N dependent additions, 50 ns to 1 ms: linear in N, R2 above 0.999, "
                            "intercept within the overhead of call and clock";
    struct series series = {.work = &work_chain};
    double per_ns = self->environment->core_clock_hz / 1e9;
    for (double ns = 50; ns < 1.1e6 && series.count < POINTS_MAX; ns *= 2.7)
        series.amounts[series.count++] = round(ns * per_ns / 64 + 1) * 64;
    int error = measure_series(self, &series);
    struct line all = line_fit(series.amounts, series.fastest_ns, series.count);
    /* A thousandth of a millisecond is more than any overhead: the short ones tell the intercept.
     */
    struct line few = line_fit(series.amounts, series.fastest_ns, 4);
    double overhead = 2 * self->environment->clock->chosen->cost_ns + 10;
    self->result.passed = all.r2 > 0.999 && fabs(few.intercept) <= overhead;
    snprintf(self->result.found, sizeof self->result.found,
             "R2 %.6f, %.4f ns an addition, intercept %+.1f ns (may be %.0f)", all.r2, all.slope,
             few.intercept, overhead);
    return error;
}

static int check_dose(struct selftest *self)
{
    self->result.name = "dose";
    self->result.expected =
        "a copy of n + k bytes costs what n + k bytes cost: slope of small k within 2 % of large k";
    struct series series = {.work = &work_copy, .count = 9};
    for (size_t i = 0; i < series.count; i++) {
        series.kernels[i] = kernel_find("copy_byte_forward");
        series.amounts[i] = (double)(4096 + i * 512);
    }
    int error = measure_series(self, &series);
    struct line small = line_fit(series.amounts, series.fastest_ns, 5);
    struct line large = line_fit(series.amounts + 4, series.fastest_ns + 4, 5);
    double off = small.slope / large.slope - 1;
    self->result.passed = fabs(off) <= 0.02 && small.slope > 0;
    snprintf(self->result.found, sizeof self->result.found,
             "%.4f ns a byte up to 6 KiB, %.4f up to 8 KiB: %+.2f %% apart", small.slope,
             large.slope, off * 100);
    return error;
}

static int check_twice(struct selftest *self)
{
    self->result.name = "twice";
    self->result.expected = "the same kernel twice: no difference beyond the interval";
    const struct kernel *kernel = kernel_find("copy_libc_memcpy");
    struct series series = {
        .work = &work_copy, .kernels = {kernel, kernel}, .amounts = {1500, 1500}, .count = 2};
    int error = measure_series(self, &series);
    if (error)
        return error;
    size_t begin[ROUNDS + 1];
    for (size_t i = 0; i <= ROUNDS; i++)
        begin[i] = i;
    struct summary once, again;
    struct launches first = {series.rounds_ns[0], begin, ROUNDS};
    struct launches second = {series.rounds_ns[1], begin, ROUNDS};
    if (summarise(&first, self->plan.seed, &once) || summarise(&second, self->plan.seed, &again))
        return fail(self->fault, ENOMEM, "no memory to summarise the self-test");
    self->result.passed = (again.median >= once.low && again.median <= once.high) ||
                          (once.median >= again.low && once.median <= again.high);
    snprintf(self->result.found, sizeof self->result.found,
             "%.2f ns (%.2f to %.2f) and %.2f ns (%.2f to %.2f)", once.median, once.low, once.high,
             again.median, again.low, again.high);
    return 0;
}

static int check_sizes(struct selftest *self)
{
    self->result.name = "sizes";
    self->result.expected = "every call copies the size that was asked for, as often as is said";
    struct visit visit;
    struct sample samples[SAMPLES + 1];
    static const size_t sizes[] = {0, 1, 63, 64, 1500, 4095};
    uint64_t asked = 0, others = 0, seen = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        work_tally_reset();
        struct cell cell = work_cell(&work_copy, &work_tally_kernel, sizes[i], self->environment);
        int error = visit_once(self, &cell, &visit, samples);
        if (error)
            return error;
        for (unsigned j = 0; j < visit.samples; j++)
            asked += samples[j].calls;
        seen += work_tally_of(sizes[i]);
        others += work_tally_others(sizes[i]);
    }
    self->result.passed = others == 0 && seen > asked && asked > 0; /* warming up calls, too */
    snprintf(self->result.found, sizeof self->result.found,
             "%" PRIu64 " calls timed, %" PRIu64 " seen of the right size, %" PRIu64 " of another",
             asked, seen, others);
    return 0;
}

static int check_proof(struct selftest *self)
{
    self->result.name = "proof";
    self->result.expected = "a kernel that does not copy fails its cell";
    struct visit visit;
    struct sample samples[SAMPLES + 1];
    struct cell cell = work_cell(&work_copy, &work_idle_kernel, 1500, self->environment);
    measure_visit(&cell, self->environment, &self->plan, 1, (struct sampling){0}, &visit, samples,
                  NULL);
    self->result.passed = visit.status == -EILSEQ;
    snprintf(self->result.found, sizeof self->result.found, "%.150s",
             visit.status ? visit.fault.text : "it passed");
    return 0;
}

static int check_caches(struct selftest *self)
{
    self->result.name = "caches";
    self->result.expected = "the first edge of load latency lies within an octave of L1's size";
    const struct environment *environment = self->environment;
    const struct topology *topology = environment->topology;
    struct cache_edges edges;
    char text[120], size[32] = "is not told";
    cache_edges_here(&edges, topology, environment->asked.cpu, environment->clock);
    cache_edges_text(&edges, text, sizeof text);
    size_t told = topology_cache_bytes(topology, environment->asked.cpu, 1);
    size_t found = edges.plateau_count ? edges.plateaus[0].bytes : 0;
    if (told)
        quantity_bytes_text(told, size, sizeof size);
    self->result.passed = !told || (found >= told / 2 && found <= 2 * told);
    snprintf(self->result.found, sizeof self->result.found, "L1 %s; by latency %s", size, text);
    return 0;
}

static const struct check {
    int (*run)(struct selftest *self);
    bool timed;
} checks[] = {
    {check_sizes, false}, {check_proof, false}, {check_empty, true}, {check_spin, true},
    {check_chain, true},  {check_dose, true},   {check_twice, true}, {check_caches, true},
};

int selftest_run(const struct environment *environment, bool functional,
                 void (*report)(void *context, const struct selftest_result *result), void *context,
                 struct fault *fault)
{
    struct selftest self = {
        .environment = environment,
        .plan = {.launches = 1,
                 .launches_min = 1,
                 .sweeps = 1,
                 .samples = SAMPLES,
                 .precision = 1,
                 .budget_ns = 20e6,
                 .seed = 1},
        .random = {1},
        .fault = fault,
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (functional && checks[i].timed)
            continue;
        memset(&self.result, 0, sizeof self.result);
        int error = checks[i].run(&self);
        if (error)
            return error;
        report(context, &self.result);
    }
    return 0;
}
