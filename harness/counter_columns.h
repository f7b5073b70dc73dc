/*
 * Which columns are counted: the default set, or events that were asked for.
 */
#ifndef COPYCOST_HARNESS_COUNTER_COLUMNS_H
#define COPYCOST_HARNESS_COUNTER_COLUMNS_H

#include "harness/counter_choice.h"

/*
 * Appends a counter for each, with its choice or its reason; `events` and errors are those of
 * counters_open(). `choices` has room for COUNTERS_MAX.
 */
int counter_columns_choose(const char *events, const struct counter_field *field,
                           struct counter_choice *choices, struct counters *counters,
                           struct fault *fault);

#endif
