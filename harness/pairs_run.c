#include "harness/pairs_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/sampler.h"

enum {
    SHARE = 3,           /* of the sweeps in which control and placement take part */
    LARGE_NS = 25000000, /* for the pairs of a cell in a launch, if one call is a sample */
};

struct running {
    const struct pairs_run *run;
    struct pairs_outcome *outcome;
    struct fault *fault;
    struct sampling *samplings;
    struct launch_stop *tour;
    size_t *order;
    struct run_progress progress;
    uint64_t begun_ns;
    bool proving;
    int refused; /* a function's error, which ends the run */
};

static bool takes_part(const struct pairs_run *run, const struct pairs_result *results, size_t cell,
                       unsigned sweep, bool large)
{
    const struct pairs_result *result = &results[cell];
    bool shares = pairs_comparison(&run->cells[cell]) != COMPARISON_CHANGE;
    return result->verdict == VERDICT_OK && (result->calls == 1) == large &&
           sweep < result->visits && (!shares || sweep % SHARE == 0);
}

size_t pairs_tour(const struct pairs_run *run, const struct pairs_result *results,
                  struct random *random, struct launch_stop *tour, size_t *order)
{
    size_t stops = 0;
    for (int large = 0; large < 2; large++)
        for (unsigned sweep = 0; sweep < run->plan->pairs; sweep++) {
            size_t count = 0;
            for (size_t cell = 0; cell < run->count; cell++)
                if (takes_part(run, results, cell, sweep, large))
                    order[count++] = cell;
            random_shuffle(random, order, count);
            for (size_t i = 0; i < count; i++)
                tour[stops++] = (struct launch_stop){order[i], sweep};
        }
    return stops;
}

static void end_cell(struct pairs_result *result, enum verdict verdict, const char *reason)
{
    result->verdict = verdict;
    snprintf(result->reason, sizeof result->reason, "%s", reason);
}

/* New can't be moved, for all sizes alike. */
static void skip_placement(struct running *running, const struct cell *cell, const char *reason)
{
    for (size_t i = 0; i < running->run->count; i++)
        if (pairs_comparison(&running->run->cells[i]) == COMPARISON_PLACEMENT &&
            pairs_function(&running->run->cells[i]) == pairs_function(cell) &&
            running->outcome->results[i].verdict == VERDICT_OK)
            end_cell(&running->outcome->results[i], VERDICT_SKIPPED, reason);
}

/* A function that does not what it should is no cell's matter. */
static bool is_wrong(int status)
{
    return status == -EILSEQ || status == -EFAULT || status == -ETIMEDOUT;
}

static void take_failure(struct running *running, size_t index, const struct visit *visit)
{
    const struct cell *cell = &running->run->cells[index];
    if (running->proving && pairs_comparison(cell) == COMPARISON_PLACEMENT)
        skip_placement(running, cell, visit->fault.text);
    else if (running->proving && is_wrong(visit->status))
        running->refused = fail(running->fault, -visit->status, "%s: %s",
                                pairs_function(cell)->name, visit->fault.text);
    else
        end_cell(&running->outcome->results[index],
                 running->proving ? VERDICT_SKIPPED : VERDICT_FAILED, visit->fault.text);
}

/* As many as fit into that time, by how long it took from one sample to the other; one at least. */
static unsigned visits_affordable(const struct pairs_run *run, const struct visit *visit,
                                  const struct sample *samples)
{
    unsigned most = run->plan->pairs;
    double visit_ns = (double)visit->samples * (double)(samples[1].start_ns - samples[0].start_ns);
    if (visit->sampling.calls > 1 || visit_ns * most <= LARGE_NS)
        return most;
    return visit_ns < LARGE_NS ? (unsigned)(LARGE_NS / visit_ns) : 1;
}

static int keep_pair(struct running *running, struct pairs_result *result, bool new_first,
                     const struct sample *samples)
{
    if (result->count == result->room) {
        size_t room = result->room ? result->room * 2 : 64;
        struct pairs_taken *taken = realloc(result->taken, room * sizeof *taken);
        if (!taken)
            return fail(running->fault, ENOMEM, "no memory for more than %zu pairs of a cell",
                        result->count);
        result->taken = taken;
        result->room = room;
    }
    const struct clock *clock = running->run->environment->clock;
    double calls = (double)result->calls;
    result->taken[result->count++] = (struct pairs_taken){
        .launch = running->outcome->launches,
        .new_first = new_first,
        .old_ns = clock_ns(clock, samples[new_first].ticks) / calls,
        .new_ns = clock_ns(clock, samples[!new_first].ticks) / calls,
    };
    return 0;
}

static int keep_pairs(struct running *running, struct pairs_result *result,
                      const struct visit *visit, const struct sample *samples)
{
    int error = 0;
    for (unsigned pair = 0; !error && pair < visit->samples / 2; pair++)
        error =
            keep_pair(running, result, pairs_new_first(visit, pair), samples + (size_t)2 * pair);
    return error;
}

static void tell_progress(struct running *running)
{
    struct run_progress *progress = &running->progress;
    progress->visits++;
    progress->elapsed_s = (double)(sampler_now_ns() - running->begun_ns) / 1e9;
    progress->left_s = progress->elapsed_s * (double)(progress->visits_all - progress->visits) /
                       (double)progress->visits;
    running->run->progress(running->run->context, progress);
}

static int take_visit(void *context, const struct launch_stop *stop, const struct visit *visit,
                      const struct sample *samples, const struct count *counts,
                      const struct histogram_bin *bins)
{
    (void)counts;
    (void)bins;
    struct running *running = context;
    struct pairs_result *result = &running->outcome->results[stop->cell];
    if (visit->status) {
        take_failure(running, stop->cell, visit);
    } else if (running->proving) {
        running->samplings[stop->cell] = visit->sampling;
        result->calls = visit->sampling.calls;
        result->visits = visits_affordable(running->run, visit, samples);
    } else if (result->verdict == VERDICT_OK) {
        int error = keep_pairs(running, result, visit, samples);
        if (error)
            return error;
    }
    if (!running->proving)
        tell_progress(running);
    return running->refused;
}

static bool ask_interrupted(void *context)
{
    const struct running *running = context;
    return running->run->interrupted(running->run->context);
}

static int make_launch(struct running *running, unsigned number, size_t stops)
{
    const struct pairs_run *run = running->run;
    const struct plan plan = {
        .launches = 1, .sweeps = 1, .samples = 2 * PAIRS_SERIES, .budget_ns = 1e9};
    struct launch launch = {
        .number = number,
        .cells = run->cells,
        .cell_count = run->count,
        .command = running->proving ? NULL : run->command,
        .tour = running->tour,
        .tour_count = stops,
        .samplings = running->samplings,
        .environment = run->environment,
        .plan = &plan,
        .seed = run->plan->seed,
        .visited = take_visit,
        .interrupted = ask_interrupted,
        .context = running,
    };
    return launch_run(&launch, running->fault);
}

/* Finds the calls of a sample, too. */
static int prove(struct running *running)
{
    size_t stops = 0;
    for (size_t i = 0; i < running->run->count; i++)
        if (running->outcome->results[i].verdict == VERDICT_OK)
            running->tour[stops++] = (struct launch_stop){i, 0};
    running->proving = running->run->proving->proves = true;
    int error = make_launch(running, 0, stops);
    running->proving = running->run->proving->proves = false;
    return error;
}

static int measure(struct running *running)
{
    const struct pairs_run *run = running->run;
    struct random random = {run->plan->seed};
    running->begun_ns = sampler_now_ns();
    int error = 0;
    while (!error && running->outcome->launches < run->plan->launches) {
        unsigned done = running->outcome->launches;
        size_t stops =
            pairs_tour(run, running->outcome->results, &random, running->tour, running->order);
        if (!stops)
            break;
        running->progress.launch = done + 1;
        running->progress.visits_all =
            running->progress.visits + stops * (run->plan->launches - done);
        error = make_launch(running, done + 1, stops);
        running->outcome->launches += !error;
    }
    return error;
}

static void begin_results(struct running *running)
{
    const struct pairs_run *run = running->run;
    for (size_t i = 0; i < run->count; i++) {
        if (run->cells[i].skip[0])
            end_cell(&running->outcome->results[i], VERDICT_SKIPPED, run->cells[i].skip);
        running->progress.cells += !run->cells[i].skip[0];
    }
    running->progress.open = running->progress.cells;
    running->progress.launches = run->plan->launches;
}

/* What was not measured at all says so. */
static void finish_results(struct running *running)
{
    for (size_t i = 0; i < running->run->count; i++) {
        struct pairs_result *result = &running->outcome->results[i];
        if (result->verdict == VERDICT_OK && !result->count)
            end_cell(result, VERDICT_FAILED, "interrupted before its first pair");
    }
}

int pairs_run(const struct pairs_run *run, struct pairs_outcome *outcome, struct fault *fault)
{
    *outcome = (struct pairs_outcome){
        .results = calloc(run->count + 1, sizeof *outcome->results),
        .count = run->count,
    };
    struct running running = {
        .run = run,
        .outcome = outcome,
        .fault = fault,
        .samplings = calloc(run->count + 1, sizeof *running.samplings),
        .tour = calloc(run->count * run->plan->pairs + 1, sizeof *running.tour),
        .order = calloc(run->count + 1, sizeof *running.order),
    };
    int error;
    if (outcome->results && running.samplings && running.tour && running.order) {
        begin_results(&running);
        error = prove(&running);
        if (!error)
            error = measure(&running);
        finish_results(&running);
    } else {
        error = fail(fault, ENOMEM, "no memory for the pairs of %zu cells", run->count);
    }
    free(running.samplings);
    free(running.tour);
    free(running.order);
    outcome->interrupted = error == -EINTR;
    return outcome->interrupted ? 0 : error;
}

void pairs_outcome_free(struct pairs_outcome *outcome)
{
    for (size_t i = 0; outcome->results && i < outcome->count; i++)
        free(outcome->results[i].taken);
    free(outcome->results);
    outcome->results = NULL;
}
