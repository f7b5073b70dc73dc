/*
 * What the user asked of `copycost run`, and the option rows that fill it: the fixed ones and one
 * for each axis and parameter of any experiment.
 */
#ifndef COPYCOST_MICROBENCH_RUN_SETTINGS_H
#define COPYCOST_MICROBENCH_RUN_SETTINGS_H

#include "harness/cells.h"
#include "harness/measure.h"
#include "microbench/command/command.h"

enum { CHOICES_MAX = 64, PARAMETERS_MAX = 16 };

struct parameter_choice { /* what the user gave for a parameter, of whichever experiment */
    const char *name, *value;
};

struct run_settings {
    enum profile profile;
    struct axis_choice choices[CHOICES_MAX];
    size_t choice_count;
    struct parameter_choice parameters[PARAMETERS_MAX];
    size_t parameter_count;
    int cpu; /* -1: the default one */
    struct placement asked;
    const char *caches;   /* --cache */
    const char *counters; /* --counters */
    const char *out;      /* NULL: results/local/...; "none": no dataset */
    const char *format;
    const char *machine;
    /* Of struct plan; 0: by profile. */
    uint64_t launches, sweeps, samples, seed;
    double precision, budget_ms, time_s;
    bool grow_hugetlb_pool, dry_run, quiet;
};

struct option_rows run_options(void);

/*
 * For another command, whose settings begin with a struct run_settings: the fixed row of that name,
 * and a row that takes values for an axis into its choices, under the name written to `option`.
 */
struct option_row run_option(const char *name);
struct option_row axis_row(const struct axis *axis, char option[AXIS_OPTION_BYTES]);

void run_settings_default(struct run_settings *settings);

/* The profile's plan with what the user gave in its place, on that many CPUs; `seed` drawn if none
 * was given. */
struct plan run_settings_plan(const struct run_settings *settings, size_t cpus);

/*
 * Checks that what was given for axes and parameters is some of those experiments', and takes
 * placements (--page, --src-node, --dst-node) into `asked` for the experiments that have no axis of
 * that name. Errors: EINVAL (which option is nobody's, or takes one value there).
 */
int run_settings_check(struct run_settings *settings, const struct benchmark *const *experiments,
                       size_t count, struct fault *fault);

/* Writes what was given for the experiment, PARAMETERS_MAX values at most; returns how many. */
size_t run_settings_parameters(const struct run_settings *settings,
                               const struct benchmark *experiment, struct parameter_value *values);

#endif
