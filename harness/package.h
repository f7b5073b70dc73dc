/*
 * datapackage.json: the descriptor of a dataset (Frictionless Data Package v1).
 */
#ifndef COPYCOST_HARNESS_PACKAGE_H
#define COPYCOST_HARNESS_PACKAGE_H

#include <jansson.h>

#include "harness/column.h"
#include "harness/dataset.h"

/*
 * The descriptor without resources. Its `created` is now. The caller's to json_decref(); NULL when
 * out of memory.
 */
json_t *package_make(const struct dataset_facts *facts, const char *created);

/*
 * Adds a file of the folder, with its size and SHA-256. `columns` is NULL for a file without a
 * table. Errors: EIO (can't be read).
 */
int package_add_table(json_t *package, const char *folder, const char *experiment,
                      const struct column_list *columns, struct fault *fault);
int package_add_samples(json_t *package, const char *folder, const char *experiment,
                        struct fault *fault);
int package_add_file(json_t *package, const char *folder, const char *name, const char *path,
                     const char *format, struct fault *fault);

#endif
