/*
 * The pairs of a comparison as a file, "copycost-pairs/1", which results/ab judges (its
 * reader, results/ab/pairs.py, says what has to be in it): one JSON object with both objects, the
 * machine, the plan and each cell's pairs.
 */
#ifndef COPYCOST_HARNESS_PAIRS_FILE_H
#define COPYCOST_HARNESS_PAIRS_FILE_H

#include <jansson.h>

#include "harness/pairs_run.h"

struct pairs_facts {
    const struct pairs_run *run;
    const struct pairs_outcome *outcome;
    json_t *machine; /* machine_describe()'s; stays the caller's */
};

/*
 * Writes it, compressed if the name ends in .gz. `option` chose the place. Errors: EIO and what the
 * file system says, ENOMEM.
 */
int pairs_file_write(const char *path, const char *option, const struct pairs_facts *facts,
                     struct fault *fault);

#endif
