#include "harness/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/course.h"
#include "harness/launch.h"
#include "harness/noise.h"
#include "harness/pace.h"
#include "harness/random.h"

struct running {
    const struct run *run;
    struct course *courses;
    struct sampling *samplings;
    struct launch_stop *tour;
    size_t *order;
    struct run_outcome *outcome;
    struct fault *fault;
    struct run_progress progress;
    struct timespec begun;
    unsigned launch;
    bool counting;
    bool late;    /* ended because the time was up */
    double share; /* of the cells' budgets, for which the time reaches */
};

static double elapsed_s(const struct running *running)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - running->begun.tv_sec) +
           (double)(now.tv_nsec - running->begun.tv_nsec) / 1e9;
}

static void tell_progress(struct running *running)
{
    struct run_progress *progress = &running->progress;
    progress->elapsed_s = elapsed_s(running);
    progress->left_s = -1;
    if (progress->visits > 0)
        progress->left_s = progress->elapsed_s * (double)(progress->visits_all - progress->visits) /
                           (double)progress->visits;
    double time_s = running->run->plan->time_s;
    if (time_s > 0 && progress->left_s > time_s - progress->elapsed_s)
        progress->left_s = time_s - progress->elapsed_s;
    running->run->listener.progress(running->run->listener.context, progress);
}

static int close_course(struct running *running, struct course *course, enum stop stop)
{
    const struct run *run = running->run;
    struct record record;
    int error = course_record(course, run->environment, run->counters, run->plan,
                              &running->outcome->noise, stop, &record, running->fault);
    course->open = false;
    if (error)
        return error;
    running->outcome->verdicts[record.verdict]++;
    if (course->disturbance.throttled > 0 && running->outcome->throttled++ == 0)
        memcpy(running->outcome->throttled_by, course->throttled_by, sizeof course->throttled_by);
    error = run->listener.record(run->listener.context, &record, running->fault);
    course_end(course);
    return error;
}

static int take_visit(void *context, const struct launch_stop *stop, const struct visit *visit,
                      const struct sample *samples, const struct count *counts,
                      const struct histogram_bin *bins)
{
    struct running *running = context;
    const struct run_listener *listener = &running->run->listener;
    struct course *course = &running->courses[stop->cell];
    running->progress.visits++;
    running->outcome->visits_s += visit->cost_ns / 1e9;
    tell_progress(running);
    if (visit->status) {
        /* What fails once would fail again: the first word on it stands. */
        if (!course->error) {
            course->error = visit->status;
            course->fault = visit->fault;
        }
        return 0;
    }
    if (running->counting) {
        int error = course_count(course, visit, counts, running->fault);
        return error ? error
                     : listener->counts(listener->context, course->cell, running->launch,
                                        stop->sweep, visit, counts, running->fault);
    }
    running->samplings[stop->cell] = visit->sampling;
    int error = course_add(course, running->launch, visit, samples, bins, running->fault);
    if (error)
        return error;
    return listener->samples(listener->context, course->cell, running->launch, stop->sweep, visit,
                             samples, bins, running->fault);
}

static bool is_late(const struct running *running)
{
    double time_s = running->run->plan->time_s;
    return time_s > 0 && elapsed_s(running) >= time_s;
}

/* By the user, or because the time is up. */
static bool ask_interrupted(void *context)
{
    struct running *running = context;
    return is_late(running) || running->run->listener.interrupted(running->run->listener.context);
}

/* Launches themselves take time, too: as long as until now. */
static void set_pace(struct running *running)
{
    const struct run *run = running->run;
    unsigned done = running->launch;
    running->share = 1;
    if (!(run->plan->time_s > 0) || !done)
        return;
    double elapsed = elapsed_s(running);
    double launching_s = (elapsed - running->outcome->visits_s) / done;
    double left_s = run->plan->time_s - elapsed - launching_s * (run->plan->launches - done);
    running->share = pace_share(run->plan, running->courses, run->count, done, left_s * 1e9);
}

static size_t draw_tour(struct running *running, unsigned sweeps, struct random *random)
{
    size_t open = 0, count = 0;
    for (size_t i = 0; i < running->run->count; i++)
        if (running->courses[i].open && !running->courses[i].error &&
            (running->counting || pace_due(running->run->plan, running->courses[i].cost_ns,
                                           running->share, running->launch)))
            running->order[open++] = i;
    running->progress.open = open;
    for (unsigned sweep = 0; sweep < sweeps; sweep++) {
        random_shuffle(random, running->order, open);
        for (size_t i = 0; i < open; i++)
            running->tour[count++] = (struct launch_stop){running->order[i], sweep};
    }
    return count;
}

static int make_launch(struct running *running, struct random *random)
{
    const struct run *run = running->run;
    struct launch launch = {
        .number = running->launch,
        .cells = run->cells,
        .cell_count = run->count,
        .command = run->command,
        .tour = running->tour,
        .tour_count = draw_tour(running, running->counting ? 1 : run->plan->sweeps, random),
        .samplings = running->samplings,
        .environment = run->environment,
        .plan = run->plan,
        .seed = run->plan->seed,
        .counters = running->counting ? run->counters : NULL,
        .visited = take_visit,
        .interrupted = ask_interrupted,
        .context = running,
    };
    if (!launch.tour_count)
        return 0;
    unsigned left = run->plan->launches - running->launch;
    if (running->counting)
        running->progress.visits_all += launch.tour_count;
    else
        running->progress.visits_all = running->progress.visits + launch.tour_count * left;
    return launch_run(&launch, running->fault);
}

/* Every fourth launch, because intervals take time in which nothing is measured. */
static bool checks_precision(const struct running *running)
{
    unsigned done = running->launch + 1, least = running->run->plan->launches_min;
    return done >= least && (done - least) % 4 == 0;
}

/* After a launch: failed cells and precise ones are done. */
static int find_noise(struct running *running, unsigned launches)
{
    const struct run *run = running->run;
    return noise_find(running->courses, run->count, launches, run->environment->clock,
                      run->plan->seed, &running->outcome->noise)
               ? fail(running->fault, ENOMEM, "no memory to tell the machine's noise")
               : 0;
}

static int close_finished(struct running *running)
{
    const struct run *run = running->run;
    if (checks_precision(running)) {
        int error = find_noise(running, running->launch + 1);
        if (error)
            return error;
    }
    for (size_t i = 0; i < run->count; i++) {
        struct course *course = &running->courses[i];
        if (!course->open)
            continue;
        int error = 0;
        if (course->error) {
            error = close_course(running, course, STOP_NONE);
        } else if (checks_precision(running) &&
                   course_may_be_precise(course, run->plan->precision)) {
            struct summary summary;
            double fixed_ns;
            if (course_summarise(course, run->environment->clock, &running->outcome->noise,
                                 run->plan->seed, &summary, &fixed_ns))
                return fail(running->fault, ENOMEM, "no memory to summarise a cell");
            if (summary_half_width(&summary) <= run->plan->precision)
                error = close_course(running, course, STOP_PRECISE);
        }
        if (error)
            return error;
    }
    return 0;
}

static int close_all(struct running *running, enum stop stop)
{
    int error = find_noise(running, running->launch);
    for (size_t i = 0; !error && i < running->run->count; i++)
        if (running->courses[i].open)
            error = close_course(running, &running->courses[i], stop);
    return error;
}

static bool any_open(const struct running *running)
{
    for (size_t i = 0; i < running->run->count; i++)
        if (running->courses[i].open)
            return true;
    return false;
}

static int make_launches(struct running *running)
{
    const struct run *run = running->run;
    struct random random = {run->plan->seed};
    int error = 0;
    for (; !error && running->launch < run->plan->launches && any_open(running);
         running->launch++) {
        running->progress.launch = running->launch + 1;
        set_pace(running);
        error = make_launch(running, &random);
        if (!error && running->launch == 0 && run->counters->passes) {
            running->counting = true;
            error = make_launch(running, &random);
            running->counting = false;
        }
        if (!error)
            error = close_finished(running);
    }
    running->late = error == -EINTR && is_late(running);
    bool broken = (error == -EAGAIN || error == -ETIMEDOUT) && running->launch > 1;
    running->outcome->broken = broken ? error : 0;
    running->outcome->interrupted = broken || (error == -EINTR && !running->late);
    return broken || error == -EINTR ? 0 : error;
}

static int close_skipped(struct running *running)
{
    int error = 0;
    for (size_t i = 0; !error && i < running->run->count; i++)
        if (running->run->cells[i].skip[0])
            error = close_course(running, &running->courses[i], STOP_NONE);
        else
            running->progress.cells++;
    return error;
}

static int run_all(struct running *running)
{
    int error = close_skipped(running);
    if (error || (error = make_launches(running)))
        return error;
    return close_all(running, running->outcome->interrupted ? STOP_INTERRUPTED
                              : running->late               ? STOP_TIME
                                                            : STOP_BUDGET);
}

int run_cells(const struct run *run, struct run_outcome *outcome, struct fault *fault)
{
    struct running running = {
        .run = run,
        .courses = calloc(run->count + 1, sizeof *running.courses),
        .samplings = calloc(run->count + 1, sizeof *running.samplings),
        .tour = calloc(run->count * run->plan->sweeps + 1, sizeof *running.tour),
        .order = calloc(run->count + 1, sizeof *running.order),
        .outcome = outcome,
        .fault = fault,
        .progress = {.launches = run->plan->launches},
    };
    *outcome = (struct run_outcome){.noise = {1, 1}};
    clock_gettime(CLOCK_MONOTONIC, &running.begun);
    int error;
    if (running.courses && running.samplings && running.tour && running.order) {
        for (size_t i = 0; i < run->count; i++)
            course_begin(&running.courses[i], &run->cells[i]);
        error = run_all(&running);
        for (size_t i = 0; i < run->count; i++)
            course_end(&running.courses[i]);
    } else {
        error = fail(fault, ENOMEM, "no memory for a run of %zu cells", run->count);
    }
    free(running.courses);
    free(running.samplings);
    free(running.tour);
    free(running.order);
    return error;
}
