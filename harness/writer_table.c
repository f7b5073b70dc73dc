/* For the terminal: the axes and the headline figures, in columns of fixed width. */
#include "harness/writer.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH_NUMBER = 9, WIDTH_NAME = 32 };

static bool is_name(const struct column *column)
{
    return strcmp(column->type, "string") == 0;
}

static void put_cell(FILE *file, const struct column *column, const char *text)
{
    if (is_name(column))
        fprintf(file, "%-*s ", strcmp(column->role, "axis") == 0 ? WIDTH_NAME : 0, text);
    else
        fprintf(file, "%*s ", WIDTH_NUMBER, text);
}

static void table_begin(FILE *file, const struct benchmark *benchmark,
                        const struct column_list *columns, bool first)
{
    fprintf(file, "%s%s: %s\n", first ? "" : "\n", benchmark->name, benchmark->summary);
    for (size_t i = 0; i < columns->count; i++)
        if (columns->columns[i].headline)
            put_cell(file, &columns->columns[i], columns->columns[i].headline);
    fputc('\n', file);
}

static void number_text(const struct column *column, const struct field *field, char *text,
                        size_t text_bytes)
{
    if (field->kind == FIELD_INTEGER && strcmp(column->unit, "bytes") == 0)
        quantity_bytes_text(field->integer, text, text_bytes);
    else if (field->kind == FIELD_NUMBER)
        snprintf(text, text_bytes, field->number >= 1000 ? "%.0f" : "%.3g", field->number);
    else
        snprintf(text, text_bytes, "%s", "-");
}

static void table_put(FILE *file, const struct column_list *columns, const struct record *record,
                      bool first)
{
    (void)first;
    for (size_t i = 0; i < columns->count; i++) {
        const struct column *column = &columns->columns[i];
        if (!column->headline)
            continue;
        struct field field = {.kind = FIELD_EMPTY};
        char buffer[32];
        column->get(record, column->index, &field);
        if (field.kind == FIELD_TEXT)
            put_cell(file, column, field.text);
        else if (field.kind == FIELD_INTEGER && strcmp(column->unit, "bytes") != 0)
            put_cell(file, column, field_text(&field, buffer, sizeof buffer));
        else {
            number_text(column, &field, buffer, sizeof buffer);
            put_cell(file, column, buffer);
        }
    }
    fprintf(file, "%s\n", record->reason);
}

static void table_end(FILE *file, bool last)
{
    (void)file;
    (void)last;
}

static const struct writer writer_table = {"table", "headline columns for the terminal",
                                           table_begin, table_put, table_end};
WRITER(&writer_table);
