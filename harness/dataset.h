/*
 * A dataset: a folder in the form of a Frictionless Data Package (results/README.md is its
 * glossary). Tables grow row by row, each flushed; datapackage.json comes last, with checksums of
 * everything, so a dataset that was cut short never looks whole.
 */
#ifndef COPYCOST_HARNESS_DATASET_H
#define COPYCOST_HARNESS_DATASET_H

#include <jansson.h>
#include <stdbool.h>

#include "harness/record.h"

struct dataset;

/*
 * Makes the folder, its parents included. An existing folder has to be empty. The caller closes
 * with dataset_close(). Errors: EEXIST (something is in it), and what mkdir says.
 */
int dataset_open(struct dataset **dataset, const char *path, struct fault *fault);

/*
 * Starts an experiment's table and samples, raw counts where anything can be counted, and
 * histograms if it has some. The counters must outlive the dataset. Errors: what opening and
 * writing say.
 */
int dataset_begin(struct dataset *dataset, const struct benchmark *benchmark,
                  const struct counters *counters, struct fault *fault);

/*
 * One row and its histogram / one visit's samples, and its bins if the experiment keeps them by
 * visit, or counts, of an experiment that was begun. Errors: ENOSPC, EIO.
 */
int dataset_record(struct dataset *dataset, const struct record *record, struct fault *fault);
int dataset_samples(struct dataset *dataset, const struct cell *cell, unsigned launch,
                    unsigned sweep, const struct visit *visit, const struct sample *samples,
                    const struct histogram_bin *bins, struct fault *fault);

int dataset_counts(struct dataset *dataset, const struct cell *cell, unsigned launch,
                   unsigned sweep, const struct visit *visit, const struct count *counts,
                   struct fault *fault);

struct dataset_facts {
    const char *name; /* of the machine */
    const char *profile;
    bool interrupted;
    const json_t *machine; /* whole machine.json */
    const struct topology *topology;
};

/*
 * Writes machine.json, topology.xml (if topology_export() can) and datapackage.json. Errors:
 * ENOSPC, EIO.
 */
int dataset_finish(struct dataset *dataset, const struct dataset_facts *facts, struct fault *fault);

void dataset_close(struct dataset *dataset);

#endif
