/* Histograms in a dataset, of a cell and of each of its visits. */
#include "harness/test/dataset.h"

static void histograms_are_kept(void **state)
{
    (void)state;
    static const struct report copied = {"bytes", "bytes", "what was copied"};
    static const struct benchmark binned = {.name = "binned",
                                            .summary = "How many?",
                                            .claim = "Some.",
                                            .axes = axes,
                                            .axis_count = 1,
                                            .histogram = &copied};
    struct histogram_bin bins[] = {{64, 7}, {1518, 10000000000}};
    const struct histogram histogram = {.bins = bins, .count = 2};
    char text[512];
    assert_int_equal(dataset_open(&dataset, folder, &fault), 0);
    assert_int_equal(dataset_begin(dataset, &binned, &counters, &fault), 0);
    for (size_t i = 0; i < 2; i++) {
        struct cell cell = made_up_cell(&binned, i);
        struct record record = made_up_record(&cell, &counters);
        record.verdict = i == 0 ? VERDICT_FAILED : VERDICT_OK;
        record.histogram = i == 0 ? NULL : &histogram;
        assert_int_equal(dataset_record(dataset, &record, &fault), 0);
    }
    assert_int_equal(finish(), 0);
    read_text("samples/binned-histogram.csv.gz", text, sizeof text);
    assert_string_equal(text, "cell,bytes,count\n1,64,7\n1,1518,10000000000\n");
}

static void histograms_by_visit_are_kept_with_its_samples(void **state)
{
    (void)state;
    static const struct report when = {"ms", "ms", "when it was copied"};
    static const struct benchmark series = {.name = "series",
                                            .summary = "When?",
                                            .claim = "Now and then.",
                                            .axes = axes,
                                            .axis_count = 1,
                                            .histogram = &when,
                                            .histogram_by_visit = true};
    static const struct histogram_bin bins[] = {{0, 7}, {3, 10000000000}};
    static const struct histogram none = {.count = 0};
    struct visit visit = {.members = 1, .bins = 2};
    struct cell cell = made_up_cell(&series, 4);
    struct record record = made_up_record(&cell, &counters);
    record.histogram = &none;
    char text[512];
    assert_int_equal(dataset_open(&dataset, folder, &fault), 0);
    assert_int_equal(dataset_begin(dataset, &series, &counters, &fault), 0);
    assert_int_equal(dataset_samples(dataset, &cell, 2, 0, &visit, NULL, bins, &fault), 0);
    visit.bins = 1;
    assert_int_equal(dataset_samples(dataset, &cell, 2, 1, &visit, NULL, bins, &fault), 0);
    assert_int_equal(dataset_record(dataset, &record, &fault), 0);
    assert_int_equal(finish(), 0);
    read_text("samples/series-histogram.csv.gz", text, sizeof text);
    assert_string_equal(text, "cell,launch,sweep,ms,count\n4,2,0,0,7\n4,2,0,3,10000000000\n"
                              "4,2,1,0,7\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOT(histograms_are_kept),
        IN_ROOT(histograms_by_visit_are_kept_with_its_samples),
    };
    return cmocka_run_group_tests_name("dataset_histogram", tests, engine_open, engine_close);
}
