#include "harness/dataset.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "harness/column.h"
#include "harness/compressed.h"
#include "harness/package.h"
#include "harness/writer.h"

struct table { /* one experiment's */
    const struct benchmark *benchmark;
    const struct counters *counters;
    struct column_list columns;
    char path[PATH_MAX];
    FILE *file;
    struct compressed raw[PACKAGE_RAWS];
    size_t rows;
};

struct dataset {
    char folder[PATH_MAX - NAME_MAX];
    struct table *tables;
    size_t count;
    uint64_t begun_ns;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int make_folder(const char *folder, struct fault *fault)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", folder);
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return fail(fault, errno, "can't make the folder '%s': %s; choose another --out", path,
                        strerror(errno));
        *at = kept;
        if (!kept)
            return 0;
    }
}

static int require_empty(const char *folder, struct fault *fault)
{
    DIR *directory = opendir(folder);
    if (!directory)
        return errno == ENOENT ? 0
                               : fail(fault, errno,
                                      "can't use '%s' as a dataset's folder: %s; choose another "
                                      "--out",
                                      folder, strerror(errno));
    struct dirent *entry;
    const char *found = NULL;
    char name[NAME_MAX + 1];
    while (!found && (entry = readdir(directory)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            snprintf(name, sizeof name, "%s", entry->d_name);
            found = name;
        }
    closedir(directory);
    return found ? fail(fault, EEXIST,
                        "'%s' has '%s' in it already; a dataset needs an empty folder, or one that "
                        "is not there yet",
                        folder, found)
                 : 0;
}

int dataset_open(struct dataset **dataset, const char *path, struct fault *fault)
{
    if (!path[0] || strlen(path) >= sizeof(*dataset)->folder)
        return fail(fault, ENAMETOOLONG,
                    "'%s' is no path for a dataset's folder; choose another --out", path);
    int error = require_empty(path, fault);
    if (error || (error = make_folder(path, fault)))
        return error;
    *dataset = calloc(1, sizeof **dataset);
    if (!*dataset)
        return fail(fault, ENOMEM, "no memory for a dataset");
    snprintf((*dataset)->folder, sizeof(*dataset)->folder, "%s", path);
    (*dataset)->begun_ns = now_ns();
    return 0;
}

static int raw_open(struct dataset *dataset, struct table *table, enum package_raw kind,
                    struct fault *fault)
{
    struct compressed *raw = &table->raw[kind];
    char header[128], name[NAME_MAX], path[PATH_MAX];
    package_raw_path(table->benchmark, kind, name, sizeof name);
    snprintf(path, sizeof path, "%s/%s", dataset->folder, name);
    int error = compressed_open(raw, path, "--out", false, fault);
    if (error)
        return error;
    package_raw_header(table->benchmark, kind, header, sizeof header);
    return compressed_check(raw, compressed_write(raw, header, strlen(header)), fault);
}

int dataset_begin(struct dataset *dataset, const struct benchmark *benchmark,
                  const struct counters *counters, struct fault *fault)
{
    struct table *tables = realloc(dataset->tables, (dataset->count + 1) * sizeof *tables);
    if (!tables)
        return fail(fault, ENOMEM, "no memory for the table of %s", benchmark->name);
    dataset->tables = tables;
    struct table *table = &tables[dataset->count];
    *table = (struct table){.benchmark = benchmark, .counters = counters};
    int error = column_list_make(&table->columns, benchmark, counters, fault);
    if (error)
        return error;
    dataset->count++;
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/samples", dataset->folder);
    if ((error = make_folder(folder, fault)))
        return error;
    snprintf(table->path, sizeof table->path, "%s/%s.csv", dataset->folder, benchmark->name);
    table->file = fopen(table->path, "we");
    if (!table->file)
        return fail(fault, errno, "can't write '%s': %s", table->path, strerror(errno));
    writer_find("csv")->begin(table->file, benchmark, &table->columns, true);
    if ((error = raw_open(dataset, table, PACKAGE_SAMPLES, fault)))
        return error;
    if (counters->passes && (error = raw_open(dataset, table, PACKAGE_COUNTS, fault)))
        return error;
    if (benchmark->histogram && (error = raw_open(dataset, table, PACKAGE_HISTOGRAM, fault)))
        return error;
    return writer_check(table->file, table->path, fault);
}

static struct table *find_table(struct dataset *dataset, const struct benchmark *benchmark)
{
    for (size_t i = 0; i < dataset->count; i++)
        if (dataset->tables[i].benchmark == benchmark)
            return &dataset->tables[i];
    return NULL;
}

static int put_histogram(struct compressed *raw, const struct record *record, struct fault *fault)
{
    const struct histogram *histogram = record->histogram;
    bool written = true;
    for (size_t i = 0; written && i < histogram->count; i++)
        written = compressed_print(raw, "%zu,%" PRIu64 ",%" PRIu64 "\n", record->cell->number,
                                   histogram->bins[i].key, histogram->bins[i].count) > 0;
    return compressed_check(raw, written, fault);
}

int dataset_record(struct dataset *dataset, const struct record *record, struct fault *fault)
{
    struct table *table = find_table(dataset, record->cell->benchmark);
    writer_find("csv")->put(table->file, &table->columns, record, table->rows++ == 0);
    int error = writer_check(table->file, table->path, fault);
    const struct benchmark *benchmark = record->cell->benchmark;
    if (!error && benchmark->histogram && !benchmark->histogram_by_visit &&
        record_has_figures(record))
        error = put_histogram(&table->raw[PACKAGE_HISTOGRAM], record, fault);
    return error;
}

static int put_bins(struct compressed *raw, const struct cell *cell, unsigned launch,
                    unsigned sweep, const struct visit *visit, const struct histogram_bin *bins,
                    struct fault *fault)
{
    bool written = true;
    for (size_t i = 0; written && i < visit->bins; i++)
        written = compressed_print(raw, "%zu,%u,%u,%" PRIu64 ",%" PRIu64 "\n", cell->number, launch,
                                   sweep, bins[i].key, bins[i].count) > 0;
    return compressed_check(raw, written, fault);
}

int dataset_samples(struct dataset *dataset, const struct cell *cell, unsigned launch,
                    unsigned sweep, const struct visit *visit, const struct sample *samples,
                    const struct histogram_bin *bins, struct fault *fault)
{
    struct table *table = find_table(dataset, cell->benchmark);
    struct compressed *raw = &table->raw[PACKAGE_SAMPLES];
    bool written = true;
    for (size_t i = 0; written && i < (size_t)visit->samples * visit->members; i++) {
        written =
            compressed_print(raw, "%zu,%u,%u,%zu,%" PRIu64 ",%" PRIu64 ",%" PRIu64, cell->number,
                             launch, sweep, i % visit->members, samples[i].calls, samples[i].ticks,
                             samples[i].start_ns - dataset->begun_ns);
        if (written && cell->benchmark->wants_cpu_time)
            written = compressed_print(raw, ",%" PRIu64, samples[i].cpu_ns);
        written = written && compressed_print(raw, "\n");
    }
    int error = compressed_check(raw, written, fault);
    if (!error && cell->benchmark->histogram_by_visit)
        error = put_bins(&table->raw[PACKAGE_HISTOGRAM], cell, launch, sweep, visit, bins, fault);
    return error;
}

int dataset_counts(struct dataset *dataset, const struct cell *cell, unsigned launch,
                   unsigned sweep, const struct visit *visit, const struct count *counts,
                   struct fault *fault)
{
    struct table *table = find_table(dataset, cell->benchmark);
    struct compressed *raw = &table->raw[PACKAGE_COUNTS];
    bool written = true;
    for (size_t i = 0; written && i < visit->counts; i++)
        written = compressed_print(raw, "%zu,%u,%u,%s,%" PRIu64 ",%lld\n", cell->number, launch,
                                   sweep, table->counters->counter[counts[i].counter].name,
                                   visit->sampling.calls, counts[i].value) > 0;
    return compressed_check(raw, written, fault);
}

static int write_json(const char *path, const json_t *json, struct fault *fault)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return fail(fault, errno, "can't write '%s': %s", path, strerror(errno));
    json_dumpf(json, file, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    fputc('\n', file);
    int error = writer_check(file, path, fault);
    fclose(file);
    if (error)
        remove(path);
    return error;
}

static int close_table(struct table *table, struct fault *fault)
{
    int error = 0;
    for (size_t i = 0; i < PACKAGE_RAWS; i++) {
        struct fault unfinished;
        int closed = compressed_close(&table->raw[i], &unfinished);
        if (closed && !error) {
            error = closed;
            *fault = unfinished;
        }
    }
    if (table->file && fclose(table->file) != 0 && !error)
        error = fail(fault, EIO, "can't finish '%s': %s; make room or choose another --out",
                     table->path, strerror(errno));
    table->file = NULL;
    return error;
}

static int describe(struct dataset *dataset, json_t *package, bool has_topology,
                    struct fault *fault)
{
    int error = 0;
    for (size_t i = 0; !error && i < dataset->count; i++) {
        struct table *table = &dataset->tables[i];
        error =
            package_add_table(package, dataset->folder, table->benchmark, &table->columns, fault);
        for (enum package_raw kind = 0; !error && kind < PACKAGE_RAWS; kind++)
            if (table->raw[kind].path[0])
                error = package_add_raw(package, dataset->folder, table->benchmark, kind, fault);
    }
    if (!error)
        error =
            package_add_file(package, dataset->folder, "machine", "machine.json", "json", fault);
    if (!error && has_topology)
        error =
            package_add_file(package, dataset->folder, "topology", "topology.xml", "xml", fault);
    return error;
}

int dataset_finish(struct dataset *dataset, const struct dataset_facts *facts, struct fault *fault)
{
    char path[PATH_MAX], created[32];
    int error = 0;
    for (size_t i = 0; !error && i < dataset->count; i++)
        error = close_table(&dataset->tables[i], fault);
    if (error)
        return error;
    snprintf(path, sizeof path, "%s/machine.json", dataset->folder);
    if ((error = write_json(path, facts->machine, fault)))
        return error;
    snprintf(path, sizeof path, "%s/topology.xml", dataset->folder);
    error = topology_export(facts->topology, path, fault);
    if (error && error != -ENOTSUP)
        return error;
    bool has_topology = !error;
    time_t now = time(NULL);
    struct tm utc;
    strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    json_t *package = package_make(facts, created);
    if (!package)
        return fail(fault, ENOMEM, "no memory for the dataset's descriptor");
    snprintf(path, sizeof path, "%s/datapackage.json", dataset->folder);
    error = describe(dataset, package, has_topology, fault);
    if (!error)
        error = write_json(path, package, fault);
    json_decref(package);
    return error;
}

void dataset_close(struct dataset *dataset)
{
    if (!dataset)
        return;
    struct fault ignored; /* dataset_finish() has reported what matters */
    for (size_t i = 0; i < dataset->count; i++) {
        close_table(&dataset->tables[i], &ignored);
        column_list_free(&dataset->tables[i].columns);
    }
    free(dataset->tables);
    free(dataset);
}
