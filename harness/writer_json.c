/* One JSON object: {"experiment": [{column: value, ...}, ...], ...}; empty fields are left out. */
#include "harness/writer.h"

#include <jansson.h>

static void json_begin(FILE *file, const struct benchmark *benchmark,
                       const struct column_list *columns, bool first)
{
    (void)columns;
    fprintf(file, "%s\"%s\": [", first ? "{" : ",\n", benchmark->name);
}

static json_t *json_value(const struct field *field)
{
    switch (field->kind) {
    case FIELD_EMPTY:
        break;
    case FIELD_TEXT:
        return json_string(field->text);
    case FIELD_INTEGER:
        return json_integer((json_int_t)field->integer);
    case FIELD_NUMBER:
        return json_real(field->number);
    }
    return NULL;
}

static void json_put(FILE *file, const struct column_list *columns, const struct record *record,
                     bool first)
{
    json_t *row = json_object();
    for (size_t i = 0; i < columns->count; i++) {
        const struct column *column = &columns->columns[i];
        struct field field = {.kind = FIELD_EMPTY};
        column->get(record, column->index, &field);
        json_t *value = json_value(&field);
        if (value)
            json_object_set_new(row, column->name, value);
    }
    fputs(first ? "\n  " : ",\n  ", file);
    json_dumpf(row, file, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(row);
}

static void json_end(FILE *file, bool last)
{
    fputs(last ? "\n]}\n" : "\n]", file);
}

static const struct writer writer_json = {"json", "one JSON object, all columns", json_begin,
                                          json_put, json_end};
WRITER(&writer_json);
