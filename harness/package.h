/*
 * datapackage.json: the descriptor of a dataset (Frictionless Data Package v1).
 */
#ifndef COPYCOST_HARNESS_PACKAGE_H
#define COPYCOST_HARNESS_PACKAGE_H

#include <jansson.h>

#include "harness/column.h"
#include "harness/dataset.h"

/* What lies beside a table: a compressed CSV file each, with columns of its own. */
enum package_raw { PACKAGE_SAMPLES, PACKAGE_COUNTS, PACKAGE_HISTOGRAM, PACKAGE_RAWS };

/* Its path in the dataset's folder, and the first line of its file. */
void package_raw_path(const struct benchmark *benchmark, enum package_raw kind, char *path,
                      size_t path_bytes);
void package_raw_header(const struct benchmark *benchmark, enum package_raw kind, char *header,
                        size_t header_bytes);

/*
 * The descriptor without resources. Its `created` is now. The caller's to json_decref(); NULL when
 * out of memory.
 */
json_t *package_make(const struct dataset_facts *facts, const char *created);

/*
 * Adds a file of the folder, with its size and SHA-256; a table's title is the experiment's
 * question, its description the claim that it tests. Errors: EIO (can't be read).
 */
int package_add_table(json_t *package, const char *folder, const struct benchmark *benchmark,
                      const struct column_list *columns, struct fault *fault);
int package_add_raw(json_t *package, const char *folder, const struct benchmark *benchmark,
                    enum package_raw kind, struct fault *fault);
int package_add_file(json_t *package, const char *folder, const char *name, const char *path,
                     const char *format, struct fault *fault);

#endif
