/*
 * What a user or a profile writes for an axis, as values.
 */
#ifndef COPYCOST_HARNESS_AXIS_VALUES_H
#define COPYCOST_HARNESS_AXIS_VALUES_H

#include "harness/benchmark.h"

struct axis_values {
    const char *text; /* all of what was written for the axis */
    struct value *items;
    size_t count;
    size_t usual;   /* of them, the first: those before a semicolon, or all */
    size_t unknown; /* sizes left out because this machine does not tell the caches they name */
    bool given;     /* by the user; set by the caller */
};

/*
 * Parses the values in the axis's own syntax (see harness/cells.h), without repetitions. Free
 * `items`, also after an error. Errors: EINVAL (what the axis does not take, with what it takes),
 * ERANGE, ENOMEM.
 */
int axis_values_parse(struct axis_values *values, const struct axis *axis, const char *text,
                      const struct environment *environment, struct fault *fault);

#endif
