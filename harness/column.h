/*
 * The columns in which every writer shows a record, with what a reader has to know of each: the
 * same rows give the header of a table and the fields of a dataset's descriptor.
 */
#ifndef COPYCOST_HARNESS_COLUMN_H
#define COPYCOST_HARNESS_COLUMN_H

#include "harness/record.h"

enum field_kind { FIELD_EMPTY, FIELD_INTEGER, FIELD_NUMBER, FIELD_TEXT };

enum { FIELD_BYTES = 1024 };

struct field {
    enum field_kind kind;
    uint64_t integer;
    double number;
    const char *text; /* points into the record, to a constant, or to `own` */
    char own[FIELD_BYTES];
};

struct column {
    const char *name;
    const char *type; /* of a Table Schema field: "integer", "number", "string" */
    const char *unit; /* "" for text */
    const char *role; /* key, axis, setup, asked_got, code, sampling, figure, counter, report,
                         disturbance, verdict */
    const char *description;
    const char *const *words; /* what a string may be; NULL: anything */
    const char *headline;     /* heading in a terminal table; NULL: not shown there */
    void (*get)(const struct record *record, size_t index, struct field *field);
    size_t index; /* handed to get(): of the axis, counter or report */
};

struct column_list {
    struct column *columns;
    size_t count;
};

/*
 * The columns of that experiment: its axes, the common ones, one a counter, one a report. They
 * point into benchmark and counters. The caller frees with column_list_free(). Error: ENOMEM.
 */
int column_list_make(struct column_list *list, const struct benchmark *benchmark,
                     const struct counters *counters, struct fault *fault);
void column_list_free(struct column_list *list);

/* The field as text ("" if empty) for people-independent formats: shortest digits that suffice. */
const char *field_text(const struct field *field, char *buffer, size_t buffer_bytes);

#endif
