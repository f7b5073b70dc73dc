/*
 * Datasets in folders that are made and removed here: what is in them, in which order it comes, and
 * that what goes wrong leaves none that looks whole.
 */
#include "harness/test/csv.h"
#include "harness/test/dataset.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/topology_source.h"

static const struct benchmark first = {.name = "first",
                                       .summary = "Which is first?",
                                       .claim = "One is.",
                                       .axes = axes,
                                       .axis_count = 1};
static const struct benchmark second = {.name = "second",
                                        .summary = "Which is second?",
                                        .claim = "Another is.",
                                        .axes = axes,
                                        .axis_count = 1};

static bool is_there(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static bool has_topology(void)
{
    return !strncmp(machine.backend, "hwloc ", strlen("hwloc "));
}

static int put_record(const struct benchmark *benchmark, size_t number)
{
    struct cell cell = made_up_cell(benchmark, number);
    struct record record = made_up_record(&cell, &counters);
    return dataset_record(dataset, &record, &fault);
}

/* A visit of two regions with two members. */
static int put_samples(const struct benchmark *benchmark, size_t number, unsigned launch)
{
    struct cell cell = made_up_cell(benchmark, number);
    struct visit visit = {.samples = 2, .members = 2};
    struct sample samples[4];
    for (size_t i = 0; i < 4; i++)
        samples[i] = (struct sample){
            .ticks = 1000 + i, .calls = 5, .start_ns = UINT64_MAX / 2, .cpu_ns = 700 + i};
    return dataset_samples(dataset, &cell, launch, 1, &visit, samples, NULL, &fault);
}

static void open_and_begin(void)
{
    if (dataset_open(&dataset, folder, &fault) ||
        dataset_begin(dataset, &first, &counters, &fault) ||
        dataset_begin(dataset, &second, &counters, &fault))
        fail_msg("%s", fault.text);
}

/* Whether the package says of every file in the folder what is so. */
static bool package_right(const json_t *package)
{
    size_t i;
    json_t *resource;
    char digest[SHA256_DIGEST_STRING_LENGTH], hash[sizeof digest + 8];
    bool right = true;
    json_array_foreach(json_object_get(package, "resources"), i, resource)
    {
        struct stat status;
        const char *path = path_of(json_string_value(json_object_get(resource, "path")));
        assert_int_equal(stat(path, &status), 0);
        assert_non_null(SHA256File(path, digest));
        snprintf(hash, sizeof hash, "sha256:%s", digest);
        right &= strcmp(json_string_value(json_object_get(resource, "hash")), hash) == 0;
        right &= json_integer_value(json_object_get(resource, "bytes")) == status.st_size;
    }
    return right;
}

static void a_dataset_is_described_last(void **state)
{
    (void)state;
    open_and_begin();
    assert_int_equal(put_samples(&first, 0, 0), 0);
    assert_int_equal(put_record(&first, 0), 0);
    assert_int_equal(put_record(&second, 3), 0);
    assert_false(is_there("datapackage.json"));
    assert_false(is_there("machine.json"));
    if (finish())
        fail_msg("%s", fault.text);
    static const char *const paths[] = {"first.csv",    "samples/first.csv.gz",
                                        "second.csv",   "samples/second.csv.gz",
                                        "machine.json", "topology.xml"};
    json_t *package = json_load_file(path_of("datapackage.json"), 0, NULL);
    const json_t *resources = json_object_get(package, "resources");
    size_t count = sizeof paths / sizeof *paths - !has_topology();
    assert_int_equal(json_array_size(resources), count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(
            json_string_value(json_object_get(json_array_get(resources, i), "path")), paths[i]);
    assert_true(package_right(package));
    const json_t *table = json_array_get(resources, 0);
    assert_string_equal(json_string_value(json_object_get(table, "title")), first.summary);
    assert_string_equal(json_string_value(json_object_get(table, "description")), first.claim);
    const char *name = json_string_value(json_object_get(package, "name"));
    assert_int_equal(name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._/")], '\0');
    json_t *facts = json_load_file(path_of("machine.json"), 0, NULL);
    assert_true(json_equal(facts, machine_facts));
    json_decref(facts);
    /* The broken specimen: one more byte in one file. */
    FILE *file = fopen(path_of("first.csv"), "a");
    fputc('\n', file);
    fclose(file);
    assert_false(package_right(package));
    json_decref(package);
}

static int export_none(const struct topology *described, const char *path, struct fault *reason)
{
    (void)described;
    (void)path;
    (void)reason;
    return -ENOTSUP;
}

static void a_topology_that_cannot_be_exported_is_left_out(void **state)
{
    (void)state;
    static const struct topology_source without = {NULL, NULL, export_none};
    struct topology described = {.source = &without};
    struct dataset_facts facts = {
        .name = "Made-Up", .profile = "quick", .machine = machine_facts, .topology = &described};
    open_and_begin();
    assert_int_equal(dataset_finish(dataset, &facts, &fault), 0);
    assert_false(is_there("topology.xml"));
    json_t *package = json_load_file(path_of("datapackage.json"), 0, NULL);
    assert_int_equal(json_array_size(json_object_get(package, "resources")), 5);
    assert_true(package_right(package));
    json_decref(package);
}

static void rows_are_there_as_they_are_made(void **state)
{
    (void)state;
    char text[16384], *fields[FIELDS_MAX] = {NULL};
    size_t count, columns;
    open_and_begin();
    for (size_t row = 1; row <= 3; row++) {
        assert_int_equal(put_record(&first, row), 0);
        read_text("first.csv", text, sizeof text);
        char *at = read_row(text, fields, &columns);
        assert_string_equal(fields[0], "cell");
        assert_string_equal(fields[1], "size");
        for (size_t i = 0; i < row; i++) {
            at = read_row(at, fields, &count);
            assert_int_equal(count, columns);
        }
        assert_int_equal(strtoul(fields[0], NULL, 10), row);
        assert_int_equal(*at, '\0');
    }
    read_text("second.csv", text, sizeof text);
    assert_int_equal(*read_row(text, fields, &count), '\0');
}

static void samples_are_kept_raw(void **state)
{
    (void)state;
    static const char *const header[] = {"cell",  "launch", "sweep",   "member",
                                         "calls", "ticks",  "start_ns"};
    char text[4096], *fields[FIELDS_MAX] = {NULL};
    size_t count;
    open_and_begin();
    for (unsigned launch = 0; launch < 2; launch++)
        assert_int_equal(put_samples(&first, 9, launch), 0);
    assert_int_equal(finish(), 0);
    read_text("samples/first.csv.gz", text, sizeof text);
    char *at = read_row(text, fields, &count);
    assert_int_equal(count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(fields[i], header[i]);
    for (size_t i = 0; i < 8; i++) {
        const uint64_t expected[] = {9, i / 4, 1, i % 2, 5, 1000 + i % 4};
        at = read_row(at, fields, &count);
        assert_int_equal(count, 7);
        for (size_t j = 0; j < 6; j++)
            assert_true(strtoull(fields[j], NULL, 10) == expected[j]);
        /* Counted from when the dataset was opened, not since boot. */
        assert_true(strtoull(fields[6], NULL, 10) < UINT64_MAX / 2);
    }
    assert_int_equal(*at, '\0');
}

/* Of an experiment that wants it, in a column of its own. */
static void cpu_time_is_kept_raw(void **state)
{
    (void)state;
    struct benchmark wants = first;
    wants.wants_cpu_time = true;
    char text[4096], *fields[FIELDS_MAX] = {NULL};
    size_t count;
    assert_int_equal(dataset_open(&dataset, folder, &fault), 0);
    assert_int_equal(dataset_begin(dataset, &wants, &counters, &fault), 0);
    assert_int_equal(put_samples(&wants, 9, 0), 0);
    assert_int_equal(finish(), 0);
    read_text("samples/first.csv.gz", text, sizeof text);
    char *at = read_row(text, fields, &count);
    assert_int_equal(count, 8);
    assert_string_equal(fields[7], "cpu_ns");
    for (size_t i = 0; i < 4; i++) {
        at = read_row(at, fields, &count);
        assert_int_equal(count, 8);
        char used[8];
        snprintf(used, sizeof used, "%zu", 700 + i);
        assert_string_equal(fields[7], used);
    }
    assert_int_equal(*at, '\0');
}

static void counts_are_kept_raw(void **state)
{
    (void)state;
    static const struct counters counting = {
        .counter = {{.name = "cycles"}, {.name = "l1_misses"}}, .count = 2, .passes = 1};
    struct cell cell = made_up_cell(&first, 9);
    struct visit visit = {.counts = 2, .sampling = {.calls = 5}};
    const struct count counts[] = {{1, 1234567890123}, {0, 0}};
    char text[512];
    assert_int_equal(dataset_open(&dataset, folder, &fault), 0);
    assert_int_equal(dataset_begin(dataset, &first, &counting, &fault), 0);
    assert_int_equal(dataset_begin(dataset, &second, &counters, &fault), 0);
    assert_int_equal(dataset_counts(dataset, &cell, 3, 0, &visit, counts, &fault), 0);
    assert_int_equal(finish(), 0);
    read_text("samples/first-counts.csv.gz", text, sizeof text);
    assert_string_equal(text, "cell,launch,sweep,counter,calls,count\n"
                              "9,3,0,l1_misses,5,1234567890123\n9,3,0,cycles,5,0\n");
    /* Where nothing can be counted there is no such file, and nobody says that there is. */
    assert_false(is_there("samples/second-counts.csv.gz"));
    json_t *package = json_load_file(path_of("datapackage.json"), 0, NULL);
    assert_int_equal(json_array_size(json_object_get(package, "resources")), 3 + 2 + 2);
    assert_true(package_right(package));
    json_decref(package);
}

static void a_used_folder_is_refused(void **state)
{
    (void)state;
    open_and_begin();
    dataset_close(dataset);
    dataset = NULL;
    assert_int_equal(dataset_open(&dataset, folder, &fault), -EEXIST);
    assert_non_null(strstr(fault.text, folder));
    assert_non_null(strstr(fault.text, ".csv' in it already") ?: strstr(fault.text, "'samples'"));
    assert_null(dataset);
    snprintf(folder, sizeof folder, "%s/empty", root);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(dataset_open(&dataset, folder, &fault), 0);
}

static void a_folder_that_cannot_be_is_refused(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/file", root);
    close(open(folder, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(dataset_open(&dataset, folder, &fault), -ENOTDIR);
    assert_int_equal(dataset_open(&dataset, path_of("below"), &fault), -ENOTDIR);
    assert_non_null(strstr(fault.text, "/file"));
    assert_int_equal(dataset_open(&dataset, "", &fault), -ENAMETOOLONG);
    char long_path[8192];
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    assert_int_equal(dataset_open(&dataset, long_path, &fault), -ENAMETOOLONG);
    assert_null(dataset);
}

static void an_unwritable_folder_is_refused(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip(); /* who may write everywhere */
    assert_int_equal(chmod(root, 0500), 0);
    assert_int_equal(dataset_open(&dataset, folder, &fault), -EACCES);
    assert_int_equal(chmod(root, 0700), 0);
    assert_non_null(strstr(fault.text, root));
    assert_null(dataset);
}

/* Each file in turn lies on a disk without room. */
static void a_full_disk_leaves_no_dataset(void **state)
{
    (void)state;
    static const char *const full[] = {"first.csv",    "samples/first.csv.gz",
                                       "machine.json", "samples/first-counts.csv.gz",
                                       "topology.xml", "datapackage.json"};
    static const struct counters counting = {
        .counter = {{.name = "cycles"}}, .count = 1, .passes = 1};
    if (access("/dev/full", W_OK) != 0)
        skip();
    for (size_t i = 0; i < sizeof full / sizeof *full; i++) {
        if (!strcmp(full[i], "topology.xml") && !has_topology())
            continue;
        snprintf(folder, sizeof folder, "%s/full-%zu", root, i);
        assert_int_equal(dataset_open(&dataset, folder, &fault), 0);
        assert_int_equal(mkdir(path_of("samples"), 0700), 0);
        assert_int_equal(symlink("/dev/full", path_of(full[i])), 0);
        int error = dataset_begin(dataset, &first, &counting, &fault);
        assert_int_equal(error, i == 0 ? -ENOSPC : 0);
        if (!error)
            error = put_samples(&first, 0, 0);
        if (!error)
            error = put_record(&first, 0);
        if (!error)
            error = finish();
        assert_true(error == -ENOSPC || error == -EIO);
        if (!strstr(fault.text, full[i]) || !strstr(fault.text, strerror(ENOSPC)))
            fail_msg("%s", fault.text);
        assert_false(is_there("datapackage.json"));
        dataset_close(dataset);
        dataset = NULL;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOT(a_dataset_is_described_last),
        IN_ROOT(a_topology_that_cannot_be_exported_is_left_out),
        IN_ROOT(rows_are_there_as_they_are_made),
        IN_ROOT(samples_are_kept_raw),
        IN_ROOT(cpu_time_is_kept_raw),
        IN_ROOT(counts_are_kept_raw),
        IN_ROOT(a_used_folder_is_refused),
        IN_ROOT(a_folder_that_cannot_be_is_refused),
        IN_ROOT(an_unwritable_folder_is_refused),
        IN_ROOT(a_full_disk_leaves_no_dataset),
    };
    return cmocka_run_group_tests_name("dataset", tests, engine_open, engine_close);
}
