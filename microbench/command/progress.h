/*
 * How a run gets on, on stderr: a bar with the time left on a terminal, plain lines elsewhere.
 */
#ifndef COPYCOST_MICROBENCH_PROGRESS_H
#define COPYCOST_MICROBENCH_PROGRESS_H

#include "harness/run.h"

struct progress {
    bool quiet, terminal;
    unsigned launch; /* the last one that a plain line told of */
    double drawn_s;  /* when the bar was last drawn */
};

void progress_begin(struct progress *progress, bool quiet);
void progress_show(struct progress *progress, const struct run_progress *now);
void progress_end(struct progress *progress);

#endif
