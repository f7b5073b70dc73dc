/* copycost run: measures experiments and writes a dataset. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/dataset.h"
#include "harness/hugetlb_pool.h"
#include "harness/machine.h"
#include "harness/run.h"
#include "harness/writer.h"
#include "microbench/command/command.h"
#include "microbench/command/progress.h"
#include "microbench/command/run_description.h"
#include "microbench/command/session.h"
#include "microbench/command/stop.h"

struct measurement {
    struct session session;
    struct dataset *dataset; /* NULL: none is written */
    char folder[PATH_MAX], started[32];
    struct record *records; /* copies of all, for what is printed at the end */
    size_t record_count;
    struct hugetlb_pools pools;
    bool pools_kept; /* they could not be put back, which was said */
    struct progress progress;
    struct run_outcome outcome;
};

static void utc_text(char *text, size_t bytes, const char *format)
{
    time_t now = time(NULL);
    struct tm utc;
    strftime(text, bytes, format, gmtime_r(&now, &utc));
}

static int finish_dataset(struct measurement *self, struct fault *fault)
{
    char finished[32];
    utc_text(finished, sizeof finished, "%Y-%m-%dT%H:%M:%SZ");
    struct run_facts run_facts = {&self->session, &self->outcome, &self->pools, self->started,
                                  finished};
    struct machine_sources sources = session_sources(&self->session);
    json_t *machine = machine_describe(&sources), *run = run_describe(&run_facts);
    if (!machine || !run || json_object_set_new(machine, "run", run))
        return fail(fault, ENOMEM, "no memory for machine.json");
    struct dataset_facts facts = {
        .name = self->session.name,
        .profile = profile_names[self->session.settings.profile],
        .interrupted = self->outcome.interrupted,
        .machine = machine,
        .topology = &self->session.topology,
    };
    int error = dataset_finish(self->dataset, &facts, fault);
    json_decref(machine);
    return error;
}

static int begin_dataset(struct measurement *self, struct fault *fault)
{
    const char *out = self->session.settings.out;
    char stamp[32];
    utc_text(self->started, sizeof self->started, "%Y-%m-%dT%H:%M:%SZ");
    utc_text(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ");
    if (out && strcmp(out, "none") == 0)
        return 0;
    if (out)
        snprintf(self->folder, sizeof self->folder, "%s", out);
    else
        snprintf(self->folder, sizeof self->folder, "results/local/%s/%s-%s", self->session.name,
                 stamp, profile_names[self->session.settings.profile]);
    int error = dataset_open(&self->dataset, self->folder, fault);
    for (size_t i = 0; !error && i < self->session.experiment_count; i++)
        error = dataset_begin(self->dataset, self->session.experiments[i], &self->session.counters,
                              fault);
    return error;
}

static int keep_samples(void *context, const struct cell *cell, unsigned launch, unsigned sweep,
                        const struct visit *visit, const struct sample *samples,
                        const struct histogram_bin *bins, struct fault *fault)
{
    struct measurement *self = context;
    return self->dataset
               ? dataset_samples(self->dataset, cell, launch, sweep, visit, samples, bins, fault)
               : 0;
}

static int keep_counts(void *context, const struct cell *cell, unsigned launch, unsigned sweep,
                       const struct visit *visit, const struct count *counts, struct fault *fault)
{
    struct measurement *self = context;
    return self->dataset ? dataset_counts(self->dataset, cell, launch, sweep, visit, counts, fault)
                         : 0;
}

static int keep_record(void *context, const struct record *record, struct fault *fault)
{
    struct measurement *self = context;
    struct record *kept = &self->records[self->record_count++];
    *kept = *record;
    kept->histogram = NULL;
    return self->dataset ? dataset_record(self->dataset, record, fault) : 0;
}

static void show_progress(void *context, const struct run_progress *progress)
{
    struct measurement *self = context;
    progress_show(&self->progress, progress);
}

static int compare_records(const void *left, const void *right)
{
    const struct record *a = left, *b = right;
    return (a->cell > b->cell) - (a->cell < b->cell); /* cells lie in the order of the plan */
}

static int print_records(struct measurement *self, const struct writer *writer, struct fault *fault)
{
    qsort(self->records, self->record_count, sizeof *self->records, compare_records);
    size_t at = 0;
    for (size_t i = 0; i < self->session.experiment_count; i++) {
        const struct benchmark *experiment = self->session.experiments[i];
        struct column_list columns;
        int error = column_list_make(&columns, experiment, &self->session.counters, fault);
        if (error)
            return error;
        writer->begin(stdout, experiment, &columns, i == 0);
        for (bool first = true;
             at < self->record_count && self->records[at].cell->benchmark == experiment;
             at++, first = false)
            writer->put(stdout, &columns, &self->records[at], first);
        writer->end(stdout, i + 1 == self->session.experiment_count);
        column_list_free(&columns);
    }
    return 0;
}

static int print_plan(const struct session *session, const struct run *run)
{
    for (size_t i = 0; i < session->cells.count; i++) {
        const struct cell *cell = &session->cells.cells[i];
        printf("%s", cell->benchmark->name);
        for (size_t axis = 0; axis < cell->benchmark->axis_count; axis++) {
            char text[64];
            cell_value_text(cell, axis, text, sizeof text);
            printf(" %s=%s", cell->benchmark->axes[axis].name, text);
        }
        printf("%s%s\n", cell->skip[0] ? ": skipped: " : "", cell->skip);
    }
    printf("%zu cells, at most %u launches, %.0f s at most by what is known\n",
           session->cells.count, session->plan.launches, run_expected_s(run));
    return 0;
}

static void print_outcome(const struct measurement *self)
{
    const size_t *verdicts = self->outcome.verdicts;
    if (self->session.settings.quiet && self->dataset == NULL)
        return;
    FILE *file = strcmp(self->session.settings.format, "table") == 0 ||
                         strcmp(self->session.settings.format, "none") == 0
                     ? stdout
                     : stderr;
    fprintf(file, "%zu cells: %zu ok, %zu noisy, %zu skipped, %zu failed%s\n", self->record_count,
            verdicts[VERDICT_OK], verdicts[VERDICT_NOISY], verdicts[VERDICT_SKIPPED],
            verdicts[VERDICT_FAILED],
            self->outcome.interrupted ? "; interrupted, what was measured is kept" : "");
    if (self->outcome.throttled)
        fprintf(file, "the CPU was slowed in visits of %zu cells: %s; see 'copycost machine'\n",
                self->outcome.throttled, self->outcome.throttled_by);
    if (self->dataset)
        fprintf(file, "dataset: %s\n", self->folder);
}

static void grow_pools(struct measurement *self)
{
    const struct session *session = &self->session;
    if (!session->settings.grow_hugetlb_pool)
        return;
    hugetlb_pools_grow(&self->pools, session->cells.cells, session->cells.count,
                       &session->topology);
    for (size_t i = 0; i < self->pools.count && !session->settings.quiet; i++) {
        const struct hugetlb_pool *pool = &self->pools.pools[i];
        fprintf(stderr, "hugetlb pool: %llu pages, %llu until the end of the run%s%s\n",
                (unsigned long long)pool->before, (unsigned long long)pool->after,
                pool->reason[0] ? ": " : "", pool->reason);
    }
}

/* Between these, whatever ends the run but SIGKILL, the pool of huge pages is put back. */
static int run_between_pools(struct measurement *self, const struct run *run, struct fault *fault)
{
    struct fault kept;
    grow_pools(self);
    progress_begin(&self->progress, self->session.settings.quiet);
    int error = run_cells(run, &self->outcome, fault);
    progress_end(&self->progress);
    self->pools_kept = hugetlb_pools_put_back(&self->pools, &kept);
    if (self->pools_kept)
        fprintf(stderr, "copycost: %s\n", kept.text);
    return error;
}

static int measure(struct measurement *self, const struct writer *writer, struct fault *fault)
{
    char *command[self->session.argc + 2];
    command[0] = "copycost";
    memcpy(command + 1, self->session.argv, (size_t)self->session.argc * sizeof *command);
    command[self->session.argc + 1] = NULL;
    struct run run = {
        .cells = self->session.cells.cells,
        .count = self->session.cells.count,
        .environment = &self->session.environment,
        .plan = &self->session.plan,
        .counters = &self->session.counters,
        .command = command,
        .listener = {self, keep_samples, keep_counts, keep_record, show_progress, stop_asked},
    };
    if (self->session.settings.dry_run)
        return print_plan(&self->session, &run);
    self->records = calloc(self->session.cells.count + 1, sizeof *self->records);
    if (!self->records)
        return fail(fault, ENOMEM, "no memory for %zu records", self->session.cells.count);
    int error = begin_dataset(self, fault);
    if (error)
        return error;
    stop_catch();
    error = run_between_pools(self, &run, fault);
    if (!error && self->dataset)
        error = finish_dataset(self, fault);
    if (!error && writer)
        error = print_records(self, writer, fault);
    if (!error)
        print_outcome(self);
    return error ? error : self->outcome.broken;
}

/* This process is a launch of another one's run. */
static int serve_run(int argc, char **argv)
{
    struct session session = {.argc = 0};
    struct launch_circumstances found;
    struct fault fault;
    int error = launch_receive(&found, &fault);
    if (error)
        return command_complain(error, &fault);
    error = session_open(&session, argc, argv, &found, &fault);
    int status =
        launch_serve(error, &fault, session.cells.cells, session.cells.count, &session.environment);
    session_close(&session);
    return status;
}

static int run_run(int argc, char **argv)
{
    if (launch_is_served())
        return serve_run(argc, argv);
    struct measurement self = {.dataset = NULL};
    struct fault fault;
    int error = session_open(&self.session, argc, argv, NULL, &fault);
    if (!error)
        error = measure(&self, writer_find(self.session.settings.format), &fault);
    int status = error ? command_complain(error, &fault) : EXIT_FINE;
    if (!error &&
        (self.outcome.verdicts[VERDICT_FAILED] || self.outcome.interrupted || self.pools_kept))
        status = EXIT_FAILED;
    dataset_close(self.dataset);
    free(self.records);
    session_close(&self.session);
    return status;
}

static const struct command run = {"run", "[EXPERIMENT...]",
                                   "measure experiments (default: all), write a dataset, print the "
                                   "rows",
                                   run_options, run_run};
COMMAND(&run);
