/*
 * The columns that every experiment has, in their order around the counters and reports.
 */
#ifndef COPYCOST_HARNESS_COLUMN_COMMON_H
#define COPYCOST_HARNESS_COLUMN_COMMON_H

#include "harness/column.h"

extern const struct column columns_before_counters[];
extern const struct column columns_after_counters[];
extern const struct column columns_last[];
extern const size_t columns_before_counters_count;
extern const size_t columns_after_counters_count;
extern const size_t columns_last_count;

/* Empty if the number is not finite, the text NULL or "". The text has to outlive the field. */
void field_put_integer(struct field *field, uint64_t value);
void field_put_number(struct field *field, double value);
void field_put_text(struct field *field, const char *text);

#endif
