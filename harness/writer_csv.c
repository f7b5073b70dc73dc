/* Comma-separated values (RFC 4180, with \n), an empty field where there is nothing. */
#include "harness/writer.h"

#include <string.h>

static void put_quoted(FILE *file, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static void csv_begin(FILE *file, const struct benchmark *benchmark,
                      const struct column_list *columns, bool first)
{
    (void)benchmark;
    if (!first)
        fputc('\n', file); /* another experiment has other columns: another table */
    for (size_t i = 0; i < columns->count; i++)
        fprintf(file, "%s%s", i ? "," : "", columns->columns[i].name);
    fputc('\n', file);
}

static void csv_put(FILE *file, const struct column_list *columns, const struct record *record,
                    bool first)
{
    (void)first;
    for (size_t i = 0; i < columns->count; i++) {
        const struct column *column = &columns->columns[i];
        struct field field = {.kind = FIELD_EMPTY};
        char buffer[32];
        column->get(record, column->index, &field);
        if (i)
            fputc(',', file);
        put_quoted(file, field_text(&field, buffer, sizeof buffer));
    }
    fputc('\n', file);
}

static void csv_end(FILE *file, bool last)
{
    (void)file;
    (void)last;
}

static const struct writer writer_csv = {"csv", "comma-separated values, all columns", csv_begin,
                                         csv_put, csv_end};
WRITER(&writer_csv);
