/*
 * What a run needs before it measures: experiments, machine, clock, CPU, cells. Nothing here writes
 * a file or takes long, but for 3 s where caches have to be measured.
 */
#ifndef COPYCOST_MICROBENCH_SESSION_H
#define COPYCOST_MICROBENCH_SESSION_H

#include "harness/cells.h"
#include "harness/counters.h"
#include "harness/launch.h"
#include "harness/machine.h"
#include "harness/measure.h"
#include "microbench/command/run_settings.h"

enum { EXPERIMENTS_MAX = 64 };

struct session {
    struct run_settings settings; /* the first member: option rows fill it */
    int argc;
    char **argv;  /* as typed, argv[0] the command's name */
    char **words; /* the same, operands first once they are parsed */
    const struct benchmark *experiments[EXPERIMENTS_MAX];
    size_t experiment_count;
    struct topology topology;
    struct cache_edges cache_edges;
    struct clock clock;
    struct throttle throttle;
    struct parameter_value *parameters; /* the environment's */
    struct environment environment;
    struct counters counters;
    struct cells cells;
    struct plan plan;
    char name[128]; /* the machine's */
};

/*
 * Reads the command line and opens everything; says on stderr, unless it shall be quiet, where it
 * will measure. `found` is NULL but in a launch, which plans the same cells with the clock, the CPU
 * and the measured caches of its run, and needs neither plan nor counters. The caller closes in any
 * case. Errors: whatever of it fails.
 */
int session_open(struct session *session, int argc, char **argv,
                 const struct launch_circumstances *found, struct fault *fault);
void session_close(struct session *session);

/*
 * The second half of it, for a command that has options of its own: argv, settings (they begin with
 * run_settings_default()) and experiments are set, and the rest is zero.
 */
int session_open_machine(struct session *session, const struct launch_circumstances *found,
                         struct fault *fault);

/* The same sources for the machine's name and for its description. */
struct machine_sources session_sources(const struct session *session);

#endif
