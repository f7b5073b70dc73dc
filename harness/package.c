#include "harness/package.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/digest.h"

struct raw_column {
    const char *name, *type, *unit, *description, *role;
};

enum { RAW_COLUMNS = 8 };

#define CELL                                                                                       \
    {                                                                                              \
        "cell", "integer", "1", "number of the cell, as in the experiment's table", "key"          \
    }
#define LAUNCH                                                                                     \
    {                                                                                              \
        "launch", "integer", "1", "which fresh process, from 0", "sample"                          \
    }
#define SWEEP                                                                                      \
    {                                                                                              \
        "sweep", "integer", "1", "which visit in that launch, from 0", "sample"                    \
    }

/* Only where the experiment wants it. */
static const char CPU_TIME[] = "cpu_ns";

/* In the order in which the dataset writes them. */
static const struct raw {
    const char *suffix; /* of the resource's name */
    const char *file;   /* of the path, after the experiment's name */
    struct raw_column columns[RAW_COLUMNS + 1];
} raws[PACKAGE_RAWS] = {
    [PACKAGE_SAMPLES] =
        {"-samples",
         ".csv.gz",
         {CELL,
          LAUNCH,
          SWEEP,
          {"member", "integer", "1",
           "which member of the region, from 0; the slowest is the sample", "sample"},
          {"calls", "integer", "1", "calls timed", "sample"},
          {"ticks", "integer", "ticks", "what they took; machine.json has the clock's ns_per_tick",
           "sample"},
          {"start_ns", "integer", "ns", "since the run began, the same for all members of a region",
           "sample"},
          {CPU_TIME, "integer", "ns", "CPU time of the member, user and kernel", "sample"}}},
    [PACKAGE_COUNTS] =
        {"-counts",
         "-counts.csv.gz",
         {CELL,
          {"launch", "integer", "1", "after which launch a process counted, from 0", "sample"},
          {"sweep", "integer", "1", "which visit in that process, from 0", "sample"},
          {"counter", "string", NULL, "the table's column; machine.json has the event", "sample"},
          {"calls", "integer", "1", "calls counted", "sample"},
          {"count", "integer", "1", "what the counter counted over them", "sample"}}},
    [PACKAGE_HISTOGRAM] = {"-histogram",
                           "-histogram.csv.gz",
                           {CELL,
                            {"", "integer", NULL, NULL, "bin"},
                            {"count", "integer", "1", "how often, over all visits of the cell",
                             "sample"}}},
};

/* In place of the above where a histogram is kept by visit. */
static const struct raw_column by_visit[RAW_COLUMNS + 1] = {
    CELL,
    LAUNCH,
    SWEEP,
    {"", "integer", NULL, NULL, "bin"},
    {"count", "integer", "1", "how often in that visit", "sample"},
};

/* The column of that index; its name is NULL after the last. What bins are, the experiment says. */
static struct raw_column raw_column(const struct benchmark *benchmark, enum package_raw kind,
                                    size_t index)
{
    bool each = kind == PACKAGE_HISTOGRAM && benchmark->histogram_by_visit;
    struct raw_column column = each ? by_visit[index] : raws[kind].columns[index];
    if (column.name == CPU_TIME && !benchmark->wants_cpu_time)
        column.name = NULL; /* it is the last */
    if (column.name && !column.name[0]) {
        column.name = benchmark->histogram->name;
        column.unit = benchmark->histogram->unit;
        column.description = benchmark->histogram->description;
    }
    return column;
}

void package_raw_path(const struct benchmark *benchmark, enum package_raw kind, char *path,
                      size_t path_bytes)
{
    snprintf(path, path_bytes, "samples/%s%s", benchmark->name, raws[kind].file);
}

void package_raw_header(const struct benchmark *benchmark, enum package_raw kind, char *header,
                        size_t header_bytes)
{
    struct raw_column column;
    size_t length = 0;
    for (size_t i = 0; (column = raw_column(benchmark, kind, i)).name; i++)
        length += (size_t)snprintf(header + length, header_bytes - length, "%s%s", i ? "," : "",
                                   column.name);
    snprintf(header + length, header_bytes - length, "\n");
}

json_t *package_make(const struct dataset_facts *facts, const char *created)
{
    char name[256];
    snprintf(name, sizeof name, "%s-%s-%s", facts->name, created, facts->profile);
    size_t kept = 0;
    for (size_t i = 0; name[i]; i++)
        if (name[i] != ':')
            name[kept++] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
    name[kept] = '\0';
    return json_pack(
        "{s:s, s:s, s:s+, s:s, s:s, s:s, s:[{s:s, s:s}], s:{s:s, s:s, s:b}, s:[]}", "profile",
        "data-package", "name", name, "title", "What copying memory costs: ", facts->name,
        "description",
        "Measured by copycost. One table an experiment, one row a cell; raw samples beside them; "
        "machine.json describes the machine and the run.",
        "version", "1.0.0", "created", created, "licenses", "name", "notspecified", "title",
        "not chosen yet", "copycost", "format", "copycost-dataset-1", "profile", facts->profile,
        "interrupted", (int)facts->interrupted, "resources");
}

static json_t *column_field(const struct column *column)
{
    json_t *field = json_pack("{s:s, s:s, s:s, s:s}", "name", column->name, "type", column->type,
                              "description", column->description, "copycost:role", column->role);
    if (column->unit[0])
        json_object_set_new(field, "unit", json_string(column->unit));
    if (column->words) {
        json_t *words = json_array();
        for (size_t i = 0; column->words[i]; i++)
            json_array_append_new(words, json_string(column->words[i]));
        json_object_set_new(field, "constraints", json_pack("{s:o}", "enum", words));
    }
    return field;
}

static json_t *table_schema(const struct column_list *columns)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < columns->count; i++)
        json_array_append_new(fields, column_field(&columns->columns[i]));
    return json_pack("{s:o, s:s, s:[s]}", "fields", fields, "primaryKey", "cell", "missingValues",
                     "");
}

static json_t *raw_schema(const struct benchmark *benchmark, enum package_raw kind)
{
    struct raw_column column;
    json_t *fields = json_array();
    for (size_t i = 0; (column = raw_column(benchmark, kind, i)).name; i++) {
        json_t *field = json_pack("{s:s, s:s, s:s, s:s}", "name", column.name, "type", column.type,
                                  "description", column.description, "copycost:role", column.role);
        if (column.unit)
            json_object_set_new(field, "unit", json_string(column.unit));
        json_array_append_new(fields, field);
    }
    return json_pack("{s:o, s:[s]}", "fields", fields, "missingValues", "");
}

/* Consumes the resource, to which it adds what the file itself says. */
static int add_resource(json_t *package, const char *folder, const char *path, json_t *resource,
                        struct fault *fault)
{
    char whole[PATH_MAX], digest[DIGEST_BYTES];
    struct stat status;
    snprintf(whole, sizeof whole, "%s/%s", folder, path);
    if (!resource || stat(whole, &status) != 0 || digest_file(whole, digest, fault)) {
        json_decref(resource);
        return fail(fault, EIO, "can't read back '%s' to describe it: %s", whole, strerror(errno));
    }
    json_object_set_new(resource, "path", json_string(path));
    json_object_set_new(resource, "encoding", json_string("utf-8"));
    json_object_set_new(resource, "bytes", json_integer(status.st_size));
    json_object_set_new(resource, "hash", json_sprintf("sha256:%s", digest));
    json_array_append_new(json_object_get(package, "resources"), resource);
    return 0;
}

int package_add_table(json_t *package, const char *folder, const struct benchmark *benchmark,
                      const struct column_list *columns, struct fault *fault)
{
    char path[NAME_MAX];
    snprintf(path, sizeof path, "%s.csv", benchmark->name);
    json_t *resource = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "name", benchmark->name,
                                 "profile", "tabular-data-resource", "title", benchmark->summary,
                                 "description", benchmark->claim, "format", "csv", "mediatype",
                                 "text/csv", "schema", table_schema(columns));
    return add_resource(package, folder, path, resource, fault);
}

int package_add_raw(json_t *package, const char *folder, const struct benchmark *benchmark,
                    enum package_raw kind, struct fault *fault)
{
    char path[NAME_MAX];
    package_raw_path(benchmark, kind, path, sizeof path);
    json_t *resource =
        json_pack("{s:s+, s:s, s:s, s:s, s:s, s:o}", "name", benchmark->name, raws[kind].suffix,
                  "profile", "tabular-data-resource", "format", "csv", "mediatype", "text/csv",
                  "compression", "gz", "schema", raw_schema(benchmark, kind));
    return add_resource(package, folder, path, resource, fault);
}

int package_add_file(json_t *package, const char *folder, const char *name, const char *path,
                     const char *format, struct fault *fault)
{
    json_t *resource = json_pack("{s:s, s:s, s:s, s:s+}", "name", name, "profile", "data-resource",
                                 "format", format, "mediatype", "application/", format);
    return add_resource(package, folder, path, resource, fault);
}
