#include "harness/column.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/column_common.h"

void field_put_integer(struct field *field, uint64_t value)
{
    field->kind = FIELD_INTEGER;
    field->integer = value;
}

void field_put_number(struct field *field, double value)
{
    field->kind = isfinite(value) ? FIELD_NUMBER : FIELD_EMPTY;
    field->number = value;
}

void field_put_text(struct field *field, const char *text)
{
    field->kind = text && *text ? FIELD_TEXT : FIELD_EMPTY;
    field->text = text;
}

static void get_cell(const struct record *record, size_t index, struct field *field)
{
    (void)index;
    field_put_integer(field, record->cell->number);
}

static void get_axis(const struct record *record, size_t index, struct field *field)
{
    const struct axis *axis = &record->cell->benchmark->axes[index];
    const struct value *value = &record->cell->point[index];
    if (value->absent)
        return;
    if (axis->kind == AXIS_KERNEL)
        field_put_text(field, value->kernel->name);
    else if (axis->kind == AXIS_WORD)
        field_put_text(field, axis->words[value->number]);
    else
        field_put_integer(field, value->number);
}

static void get_counter(const struct record *record, size_t index, struct field *field)
{
    if (record_has_figures(record))
        field_put_number(field, record->counted[index]);
}

static void get_report(const struct record *record, size_t index, struct field *field)
{
    if (record_has_figures(record))
        field_put_number(field, record->reports[index]);
}

static const struct column cell_column = {
    "cell", "integer", "1",      "key", "number of the cell, as in the samples",
    NULL,   NULL,      get_cell, 0};

static void append(struct column_list *list, const struct column *columns, size_t count)
{
    memcpy(list->columns + list->count, columns, count * sizeof *columns);
    list->count += count;
}

static void append_axes(struct column_list *list, const struct benchmark *benchmark)
{
    for (size_t i = 0; i < benchmark->axis_count; i++) {
        const struct axis *axis = &benchmark->axes[i];
        bool number = axis->kind != AXIS_KERNEL && axis->kind != AXIS_WORD;
        struct column column = {.name = axis->name,
                                .type = number ? "integer" : "string",
                                .unit = axis->unit,
                                .role = "axis",
                                .description = axis->help,
                                .words = axis->kind == AXIS_WORD ? axis->words : NULL,
                                .headline = axis->name,
                                .get = get_axis,
                                .index = i};
        append(list, &column, 1);
    }
}

static void append_counters(struct column_list *list, const struct counters *counters)
{
    for (size_t i = 0; i < counters->count; i++) {
        struct column column = {.name = counters->counter[i].name,
                                .type = "number",
                                .unit = "1",
                                .role = "counter",
                                .description =
                                    "per call: median of the regions counted, in a pass of its own",
                                .get = get_counter,
                                .index = i};
        append(list, &column, 1);
    }
}

static void append_reports(struct column_list *list, const struct benchmark *benchmark)
{
    for (size_t i = 0; i < benchmark->report_count; i++) {
        const struct report *report = &benchmark->reports[i];
        struct column column = {.name = report->name,
                                .type = "number",
                                .unit = report->unit,
                                .role = "report",
                                .description = report->description,
                                .headline = report->name,
                                .get = get_report,
                                .index = i};
        append(list, &column, 1);
    }
}

int column_list_make(struct column_list *list, const struct benchmark *benchmark,
                     const struct counters *counters, struct fault *fault)
{
    size_t count = 1 + benchmark->axis_count + columns_before_counters_count + counters->count +
                   columns_after_counters_count + benchmark->report_count + columns_last_count;
    *list = (struct column_list){.columns = calloc(count, sizeof *list->columns)};
    if (!list->columns)
        return fail(fault, ENOMEM, "no memory for the columns of %s", benchmark->name);
    append(list, &cell_column, 1);
    append_axes(list, benchmark);
    append(list, columns_before_counters, columns_before_counters_count);
    append_counters(list, counters);
    append(list, columns_after_counters, columns_after_counters_count);
    append_reports(list, benchmark);
    append(list, columns_last, columns_last_count);
    return 0;
}

void column_list_free(struct column_list *list)
{
    free(list->columns);
    *list = (struct column_list){0};
}

const char *field_text(const struct field *field, char *buffer, size_t buffer_bytes)
{
    switch (field->kind) {
    case FIELD_EMPTY:
        return "";
    case FIELD_TEXT:
        return field->text;
    case FIELD_INTEGER:
        snprintf(buffer, buffer_bytes, "%" PRIu64, field->integer);
        return buffer;
    case FIELD_NUMBER:
        break;
    }
    /* Nine digits: more than any clock resolves, and the same on every machine. */
    snprintf(buffer, buffer_bytes, "%.9g", field->number);
    return buffer;
}
