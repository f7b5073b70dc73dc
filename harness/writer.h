/*
 * Output formats. An experiment knows none of them; a format is one file, writer_<name>.c, ending
 * in WRITER().
 */
#ifndef COPYCOST_HARNESS_WRITER_H
#define COPYCOST_HARNESS_WRITER_H

#include <stdio.h>

#include "harness/column.h"

struct writer {
    const char *name;
    const char *summary;
    /* Before the first record of an experiment; `first` if it is the first in this file. */
    void (*begin)(FILE *file, const struct benchmark *benchmark, const struct column_list *columns,
                  bool first);
    void (*put)(FILE *file, const struct column_list *columns, const struct record *record,
                bool first);
    /* After the last record of an experiment; `last` if no other follows in this file. */
    void (*end)(FILE *file, bool last);
};

#define WRITER(entry) REGISTRY_ADD(writer, writer, entry)

size_t writer_count(void);
const struct writer *writer_at(size_t index);
const struct writer *writer_find(const char *name);

/* 0, or -EIO (-ENOSPC where that was it) if anything written to the file so far was lost. */
int writer_check(FILE *file, const char *path, struct fault *fault);

#endif
