/*
 * All pairs of a comparison, launch after launch, and what came out of them.
 *
 * First one forked launch visits every cell: it proves both functions, and finds how many calls
 * make a sample. Then come as many fresh processes as the plan says, no more and no fewer whatever
 * they find: who looks at the result and goes on until he likes it, errs more often than he says.
 * In each of them every cell has its pairs in as many sweeps, all cells in random order in each.
 * Cells of which one call is a sample have sweeps of their own after those, because they leave
 * nothing of the others in the caches, and up to four times as many pairs (PAIRS_SERIES), as time
 * allows: they are noisier. Control and placement take part in every third sweep: they show a bias,
 * which is as large in few pairs.
 */
#ifndef COPYCOST_HARNESS_PAIRS_RUN_H
#define COPYCOST_HARNESS_PAIRS_RUN_H

#include "harness/launch.h"
#include "harness/pairs.h"
#include "harness/random.h"
#include "harness/record.h"
#include "harness/run.h"

struct pairs_plan {
    double detect;            /* the slowdown that shall be found, 0.02 for 2 % */
    double alpha;             /* of a false alarm in the whole family of cells */
    double threshold;         /* of the median ratio, below which nothing is called a regression */
    unsigned launches, pairs; /* pairs of a cell in a launch, if it is not large */
    uint64_t seed;
};

struct pairs_taken {
    unsigned launch;
    bool new_first;
    double old_ns, new_ns; /* per call */
};

struct pairs_result {     /* of a cell */
    enum verdict verdict; /* VERDICT_OK: measured; or SKIPPED, FAILED */
    char reason[sizeof((struct fault *)0)->text];
    uint64_t calls;  /* in a sample; 0: not found */
    unsigned visits; /* in a launch, of a pair each, or of a series of pairs */
    struct pairs_taken *taken;
    size_t count, room;
};

struct pairs_outcome {
    struct pairs_result *results; /* of each cell */
    size_t count;
    unsigned launches; /* that came to their end */
    bool interrupted;
};

struct pairs_run {
    const struct pairs *pairs;
    struct pairs *proving; /* the same, whose `proves` is set meanwhile */
    const struct cell *cells;
    size_t count;
    const struct environment *environment;
    const struct pairs_plan *plan;
    char *const *command; /* for struct launch; NULL: launches are forked only */
    void *context;
    void (*progress)(void *context, const struct run_progress *progress);
    bool (*interrupted)(void *context);
};

/*
 * Measures everything; the outcome is to be freed in any case, and is whole after an interruption,
 * too. A cell that can't be measured is skipped or failed with its reason. Errors: EILSEQ, EFAULT
 * (a function does not copy as it should, or ended its process: says which, and the failing case),
 * ENOMEM, those of launch_run() but EINTR.
 */
int pairs_run(const struct pairs_run *run, struct pairs_outcome *outcome, struct fault *fault);
void pairs_outcome_free(struct pairs_outcome *outcome);

/*
 * The stops of one launch: draws them by the random generator into `tour`, which has room for
 * `pairs` stops a cell, and returns how many there are. `results` say which cells are
 * measured, and which of them are large.
 */
size_t pairs_tour(const struct pairs_run *run, const struct pairs_result *results,
                  struct random *random, struct launch_stop *tour, size_t *order);

#endif
