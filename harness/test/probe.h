/*
 * An experiment whose cells behave well or badly, in virtual time, and who listens to a run of it.
 */
#ifndef COPYCOST_HARNESS_TEST_PROBE_H
#define COPYCOST_HARNESS_TEST_PROBE_H

#include "harness/test/engine.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "harness/run.h"
#include "harness/test/virtual.h"

enum { CELLS_MAX = 24, VISITS_MAX = 256 };
enum behaviour { GOOD, WRONG, CRASHES, ENDS, HANGS, NO_MEMORY, SLOWER };

static uint64_t slow_ns; /* what a call of SLOWER lasts, more after each visit; else 200 ns */

static int probe_prepare(struct trial *trial, struct fault *told)
{
    return trial->cell->point[0].number == NO_MEMORY ? refuse(told, ENOMEM, "nothing to copy") : 0;
}

static void probe_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    switch (trial->cell->point[0].number) {
    case CRASHES:
        signal(SIGSEGV, SIG_DFL); /* a sanitizer's handler would end it otherwise */
        raise(SIGSEGV);
        break;
    case ENDS:
        _exit(7);
    case HANGS:
        for (;;)
            pause();
    case SLOWER:
        virtual_ns += calls * slow_ns;
        break;
    default:
        virtual_ns += calls * 200;
    }
}

static int probe_verify(struct trial *trial, struct fault *told)
{
    static unsigned visits; /* of this process */
    trial->reports[0] = (double)getpid();
    if (histogram_add(trial->histogram, 7, 1, told) ||
        histogram_add(trial->histogram, 1000 + trial->cell->number, 2, told))
        return -ENOMEM;
    if (trial->cell->point[0].number != WRONG)
        return 0;
    return refuse(told, EILSEQ, visits++ ? "and wrong again" : "the third byte is wrong");
}

static void probe_release(struct trial *trial)
{
    (void)trial;
}

static const struct report reports[] = {{"process", "1", "who measured"}};
static const struct benchmark probe = {
    .name = "probe",
    .reports = reports,
    .report_count = 1,
    .histogram = reports,
    .prepare = probe_prepare,
    .run = probe_run,
    .verify = probe_verify,
    .release = probe_release,
};

struct seen { /* one visit that went well */
    size_t cell;
    unsigned launch, sweep;
    double process;
    uint64_t calls;
};

static struct observer { /* of a run */
    struct seen seen[VISITS_MAX];
    size_t visits;
    struct record records[CELLS_MAX]; /* by cell */
    struct histogram_bin bins[CELLS_MAX][2];
    unsigned recorded[CELLS_MAX];
    unsigned counted[CELLS_MAX], counts[COUNTERS_MAX]; /* by cell, by counter */
    size_t interrupt_after;                            /* so many visits; 0: never */
    bool interrupt_at_once;
    int samples_error, counts_error, record_error;
    void (*heard)(size_t visits); /* after each visit; NULL: nothing happens then */
    struct run_progress progress; /* the latest */
} observer;

static int hear_samples(void *context, const struct cell *cell, unsigned launch, unsigned sweep,
                        const struct visit *visit, const struct sample *samples,
                        const struct histogram_bin *bins, struct fault *told)
{
    (void)context;
    (void)bins;
    for (unsigned i = 0; i < visit->samples; i++)
        assert_true(samples[i].calls > 0 && samples[i].start_ns > 0);
    assert_true(observer.visits < VISITS_MAX);
    observer.seen[observer.visits++] =
        (struct seen){cell->number, launch, sweep, visit->reports[0], visit->sampling.calls};
    if (cell->point[0].number == SLOWER)
        slow_ns += 100;
    if (observer.heard)
        observer.heard(observer.visits);
    return observer.samples_error ? refuse(told, observer.samples_error, "samples lost") : 0;
}

static int hear_counts(void *context, const struct cell *cell, unsigned launch, unsigned sweep,
                       const struct visit *visit, const struct count *counts, struct fault *told)
{
    (void)context;
    (void)told;
    assert_int_equal(launch + sweep, 0);
    observer.counted[cell->number] += visit->counts;
    for (unsigned i = 0; i < visit->counts; i++)
        observer.counts[counts[i].counter]++;
    return observer.counts_error ? refuse(told, observer.counts_error, "counts lost") : 0;
}

static int hear_record(void *context, const struct record *record, struct fault *told)
{
    (void)context;
    observer.recorded[record->cell->number]++;
    observer.records[record->cell->number] = *record;
    if (record_has_figures(record)) {
        assert_int_equal(record->histogram->count, 2);
        memcpy(observer.bins[record->cell->number], record->histogram->bins,
               sizeof observer.bins[0]);
    }
    return observer.record_error ? refuse(told, observer.record_error, "record lost") : 0;
}

static void hear_progress(void *context, const struct run_progress *progress)
{
    (void)context;
    observer.progress = *progress;
    assert_true(progress->visits <= progress->visits_all);
    assert_in_range(progress->launch, 1, progress->launches);
    assert_true(progress->open <= progress->cells);
}

static bool ask_interrupted(void *context)
{
    (void)context;
    return observer.interrupt_at_once ||
           (observer.interrupt_after && observer.visits >= observer.interrupt_after);
}

static struct cell cells[CELLS_MAX];
static struct plan plan;
static struct counters counters; /* none */
static struct run_outcome outcome;

/* So many cells that all behave like that. */
static inline void make_cells(size_t count, enum behaviour behaviour)
{
    for (size_t i = 0; i < count; i++) {
        cells[i] = made_up_cell(&probe, i);
        cells[i].point[0].number = behaviour;
    }
}

static inline int run(size_t count)
{
    const struct run all = {
        .cells = cells,
        .count = count,
        .environment = &environment,
        .plan = &plan,
        .counters = &counters,
        .listener = {NULL, hear_samples, hear_counts, hear_record, hear_progress, ask_interrupted},
    };
    observer.visits = 0;
    memset(observer.counted, 0, sizeof observer.counted);
    memset(observer.counts, 0, sizeof observer.counts);
    memset(observer.recorded, 0, sizeof observer.recorded);
    return run_cells(&all, &outcome, &fault);
}

/* A cmocka set-up. */
static int begin(void **state)
{
    (void)state;
    memset(&observer, 0, sizeof observer);
    memset(&counters, 0, sizeof counters);
    environment.clock = &virtual_clock;
    plan = shortest_plan(2, 2);
    slow_ns = 200;
    return 0;
}

static inline void assert_record(size_t cell, enum verdict verdict, const char *reason)
{
    const struct record *record = &observer.records[cell];
    if (observer.recorded[cell] != 1 || record->verdict != verdict)
        fail_msg("cell %zu: %u records, %s: %s", cell, observer.recorded[cell],
                 verdict_names[record->verdict], record->reason);
    if (!strstr(record->reason, reason))
        fail_msg("cell %zu: %s", cell, record->reason);
    assert_int_equal(record->reason[0] != '\0', verdict != VERDICT_OK);
    assert_ptr_equal(record->cell, &cells[cell]);
}

#define RUNS(test) cmocka_unit_test_setup(test, begin)

#endif
