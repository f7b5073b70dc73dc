/*
 * The output formats: what is written is read back by other means and compared with the record.
 */
#include "harness/test/csv.h"
#include "harness/test/engine.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/writer.h"

static const char *const words[] = {"warm", "cold", NULL};
static const struct axis axes[] = {
    {"kernel", "", "", AXIS_KERNEL, NULL, 1u << KERNEL_COPY, {"*", "*"}},
    {"size", "bytes", "", AXIS_BYTES, NULL, 0, {"1", "1"}},
    {"alias", "1", "", AXIS_COUNT, NULL, 0, {"none", "none"}},
    {"temperature", "", "", AXIS_WORD, words, 0, {"warm", "warm"}},
};
static const struct report reports[] = {{"depth", "1", "how deep"}};
static const struct benchmark made_up = {.name = "made_up",
                                         .summary = "What is written?",
                                         .axes = axes,
                                         .axis_count = 4,
                                         .reports = reports,
                                         .report_count = 1};
static const struct counters counters = {
    .counter = {{.name = "cycles"}, {.name = "l1_misses", .reason = "no \"PMU\" here"}},
    .count = 2};

static struct column_list columns;
static struct cell cell;
static struct record measured, failed;

static int make_records(void **state)
{
    if (engine_open(state) || column_list_make(&columns, &made_up, &counters, &fault))
        return -1;
    cell = made_up_cell(&made_up, 7);
    cell.kernel = kernel_find("copy_byte_forward");
    cell.point[0].kernel = cell.kernel;
    cell.point[1].number = 65536;
    cell.point[2].absent = true;
    cell.point[3].number = 1;
    cell.payload_bytes = 65536;
    measured = made_up_record(&cell, &counters);
    measured.counted[0] = 1e6 / 3;
    measured.reports[0] = 4242;
    measured.summary.low = -INFINITY;
    failed = made_up_record(&cell, &counters);
    failed.verdict = VERDICT_FAILED;
    snprintf(failed.reason, sizeof failed.reason, "one, \"two\"\nthree");
    return 0;
}

static int forget_records(void **state)
{
    column_list_free(&columns);
    return engine_close(state);
}

/* What the format makes of two experiments with these records each; the caller's to free(). */
static char *write_both(const char *format)
{
    const struct writer *writer = writer_find(format);
    char *text = NULL;
    size_t bytes = 0;
    struct benchmark other = made_up;
    other.name = "other";
    FILE *file = open_memstream(&text, &bytes);
    assert_non_null(file);
    writer->begin(file, &made_up, &columns, true);
    writer->put(file, &columns, &measured, true);
    writer->put(file, &columns, &failed, false);
    writer->end(file, false);
    writer->begin(file, &other, &columns, false);
    writer->put(file, &columns, &measured, true);
    writer->end(file, true);
    assert_int_equal(writer_check(file, "memory", &fault), 0);
    fclose(file);
    return text;
}

static enum field_kind get_field(const struct record *record, size_t column, struct field *field)
{
    *field = (struct field){.kind = FIELD_EMPTY};
    columns.columns[column].get(record, columns.columns[column].index, field);
    return field->kind;
}

static void assert_text(const char *text, const struct record *record, size_t column)
{
    struct field field;
    get_field(record, column, &field);
    const char *name = columns.columns[column].name;
    char own[32], *end;
    if (field.kind == FIELD_NUMBER) {
        double value = strtod(text, &end);
        if (*end || end == text || fabs(value - field.number) > 1e-8 * fabs(field.number))
            fail_msg("%s is '%s'", name, text);
    } else if (strcmp(text, field_text(&field, own, sizeof own)) != 0) {
        fail_msg("%s is '%s'", name, text);
    }
}

static size_t column_of(const char *name)
{
    for (size_t i = 0; i < columns.count; i++)
        if (strcmp(columns.columns[i].name, name) == 0)
            return i;
    fail_msg("no column %s", name);
    return 0;
}

static void csv_can_be_read_back(void **state)
{
    (void)state;
    char *text = write_both("csv"), *at = text, *fields[FIELDS_MAX];
    size_t count;
    at = read_row(at, fields, &count);
    assert_non_null(at);
    assert_int_equal(count, columns.count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(fields[i], columns.columns[i].name);
    static const struct record *const records[] = {&measured, &failed};
    for (size_t row = 0; row < 2; row++) {
        at = read_row(at, fields, &count);
        assert_non_null(at);
        assert_int_equal(count, columns.count);
        for (size_t i = 0; i < count; i++)
            assert_text(fields[i], records[row], i);
    }
    assert_string_equal(fields[column_of("reason")], "one, \"two\"\nthree");
    assert_string_equal(fields[column_of("counters_reason")], "no \"PMU\" here");
    assert_int_equal(*at, '\n'); /* an empty line, then another table */
    at = read_row(at + 1, fields, &count);
    assert_int_equal(count, columns.count);
    at = read_row(at, fields, &count);
    assert_non_null(at);
    assert_int_equal(*at, '\0');
    free(text);
}

/* The broken specimens for read_row(): reasons that nobody has quoted. */
static void wrong_csv_is_found_out(void **state)
{
    (void)state;
    static const char *const wrong[] = {"a,\"b\n", "a,b\"c\n", "a,\"b\"c\n", "a,b"};
    char *fields[FIELDS_MAX], row[32];
    size_t count;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        strcpy(row, wrong[i]);
        assert_null(read_row(row, fields, &count));
    }
    strcpy(row, "one, two,\n");
    assert_non_null(read_row(row, fields, &count));
    assert_int_equal(count, 3);
}

static void what_is_not_known_is_empty(void **state)
{
    (void)state;
    struct field field;
    static const char *const unmeasured[] = {"cpu_got",   "median_ns", "samples",
                                             "calls",     "method",    "steal_ns",
                                             "throttled", "stop",      "cycles_source"};
    for (size_t i = 0; i < sizeof unmeasured / sizeof *unmeasured; i++)
        assert_int_equal(get_field(&failed, column_of(unmeasured[i]), &field), FIELD_EMPTY);
    static const char *const absent[] = {"alias", "low_ns", "l1_misses", "reason"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_int_equal(get_field(&measured, column_of(absent[i]), &field), FIELD_EMPTY);
    /* What was asked for stands there whatever came of it. */
    static const char *const planned[] = {"cell",   "kernel",    "size",   "payload_bytes",
                                          "region", "cpu_asked", "verdict"};
    for (size_t i = 0; i < sizeof planned / sizeof *planned; i++)
        assert_int_not_equal(get_field(&failed, column_of(planned[i]), &field), FIELD_EMPTY);
}

static void figures_follow_from_the_record(void **state)
{
    (void)state;
    struct field field;
    static const struct {
        const char *column, *text;
    } known[] = {{"cell", "7"},
                 {"kernel", "copy_byte_forward"},
                 {"size", "65536"},
                 {"temperature", "cold"},
                 {"median_ns", "12.5"},
                 {"gb_per_s", "5242.88"},
                 {"cycles", "333333.333"},
                 {"cycles_source", "counter"},
                 {"src_node_asked", "local"},
                 {"depth", "4242"},
                 {"cycles_per_byte", "5.08626302"},
                 {"stop", "precise"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char own[32];
        get_field(&measured, column_of(known[i].column), &field);
        assert_string_equal(field_text(&field, own, sizeof own), known[i].text);
    }
    measured.counted[0] = NAN;
    get_field(&measured, column_of("cycles_source"), &field);
    assert_string_equal(field.text, "estimate");
    measured.counted[0] = 1e6 / 3;
    assert_int_equal(get_field(&measured, column_of("throttled"), &field), FIELD_INTEGER);
    measured.disturbance.throttled = -1; /* it can't be seen, which is not 0 */
    assert_int_equal(get_field(&measured, column_of("throttled"), &field), FIELD_EMPTY);
    measured.disturbance.throttled = 0;
}

static void json_is_the_record(void **state)
{
    (void)state;
    char *text = write_both("json");
    json_error_t error;
    json_t *all = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!all)
        fail_msg("%s", error.text);
    assert_int_equal(json_object_size(all), 2);
    assert_int_equal(json_array_size(json_object_get(all, "other")), 1);
    const json_t *rows = json_object_get(all, "made_up");
    assert_int_equal(json_array_size(rows), 2);
    for (size_t row = 0; row < 2; row++)
        for (size_t i = 0; i < columns.count; i++) {
            const struct record *record = row ? &failed : &measured;
            const json_t *value =
                json_object_get(json_array_get(rows, row), columns.columns[i].name);
            struct field field;
            get_field(record, i, &field);
            assert_int_equal(value == NULL, field.kind == FIELD_EMPTY);
            assert_int_equal(json_is_integer(value), field.kind == FIELD_INTEGER);
            assert_int_equal(json_is_real(value), field.kind == FIELD_NUMBER);
            if (field.kind == FIELD_INTEGER)
                assert_true((uint64_t)json_integer_value(value) == field.integer);
            if (field.kind == FIELD_NUMBER)
                assert_true(fabs(json_real_value(value) / field.number - 1) < 1e-8 ||
                            json_real_value(value) == field.number);
            if (field.kind == FIELD_TEXT)
                assert_string_equal(json_string_value(value), field.text);
        }
    json_decref(all);
    free(text);
}

static void the_table_shows_the_headlines(void **state)
{
    (void)state;
    char *text = write_both("table");
    assert_non_null(strstr(text, "made_up: What is written?\n"));
    assert_non_null(strstr(text, "\n\nother: What is written?\n"));
    static const char *const shown[] = {"kernel", "size",   "alias",   "temperature",
                                        "GB/s",   "64 KiB", "12.5",    "copy_byte_forward",
                                        "5243",   "cold",   "verdict", "one, \"two\""};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (!strstr(text, shown[i]))
            fail_msg("no '%s' in\n%s", shown[i], text);
    assert_null(strstr(text, "src_node_asked"));
    assert_null(strstr(text, "inf"));
    assert_null(strstr(text, "nan"));
    free(text);
}

static void formats_are_found_by_name(void **state)
{
    (void)state;
    assert_int_equal(writer_count(), 3);
    for (size_t i = 0; i < writer_count(); i++)
        assert_ptr_equal(writer_find(writer_at(i)->name), writer_at(i));
    assert_null(writer_find("xml"));
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    FILE *file = access("/dev/full", W_OK) == 0 ? fopen("/dev/full", "w") : NULL;
    if (!file)
        skip();
    writer_find("csv")->begin(file, &made_up, &columns, true);
    assert_int_equal(writer_check(file, "/dev/full", &fault), -ENOSPC);
    assert_non_null(strstr(fault.text, "'/dev/full'"));
    assert_non_null(strstr(fault.text, "make room"));
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_can_be_read_back),
        cmocka_unit_test(wrong_csv_is_found_out),
        cmocka_unit_test(what_is_not_known_is_empty),
        cmocka_unit_test(figures_follow_from_the_record),
        cmocka_unit_test(json_is_the_record),
        cmocka_unit_test(the_table_shows_the_headlines),
        cmocka_unit_test(formats_are_found_by_name),
        cmocka_unit_test(a_full_disk_is_told),
    };
    return cmocka_run_group_tests_name("writer", tests, make_records, forget_records);
}
