/*
 * Histograms: exact while they can be, bounded when they can't, and never losing an occurrence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/histogram.h"
#include "harness/random.h"

#include <cmocka.h>

static struct histogram histogram;
static struct fault fault;

static int empty(void **state)
{
    (void)state;
    histogram_free(&histogram);
    return 0;
}

static void add(uint64_t key, uint64_t count)
{
    assert_int_equal(histogram_add(&histogram, key, count, &fault), 0);
}

static uint64_t total(void)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < histogram.count; i++)
        sum += histogram.bins[i].count;
    return sum;
}

static void assert_ascending(void)
{
    for (size_t i = 0; i < histogram.count; i++) {
        assert_true(histogram.bins[i].count > 0);
        assert_true(i == 0 || histogram.bins[i - 1].key < histogram.bins[i].key);
    }
}

static void keys_are_exact_and_sorted(void **state)
{
    (void)state;
    static const uint64_t keys[] = {1518, 64, UINT64_MAX, 570, 0, 64, 1518, 64};
    static const struct histogram_bin expected[] = {
        {0, 1}, {64, 3}, {570, 1}, {1518, 2}, {UINT64_MAX, 1}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add(keys[i], 1);
    add(77, 0);
    assert_int_equal(histogram.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_true(histogram.bins[i].key == expected[i].key);
        assert_true(histogram.bins[i].count == expected[i].count);
    }
}

static void as_many_as_there_may_be_are_exact(void **state)
{
    (void)state;
    for (uint64_t key = HISTOGRAM_BINS_MAX; key-- > 0;)
        add(key * 1000003, key + 1);
    assert_int_equal(histogram.count, HISTOGRAM_BINS_MAX);
    assert_false(histogram.coarse);
    for (uint64_t i = 0; i < histogram.count; i++)
        assert_true(histogram.bins[i].key == i * 1000003 && histogram.bins[i].count == i + 1);
}

/* Each key alone: which bin it falls into, and how far off that is. */
static void one_more_makes_buckets(void **state)
{
    (void)state;
    for (uint64_t key = 0; key <= HISTOGRAM_BINS_MAX; key++)
        add(key, 1);
    assert_true(histogram.coarse);
    assert_true(histogram.count < HISTOGRAM_BINS_MAX);
    assert_true(total() == HISTOGRAM_BINS_MAX + 1);
    assert_ascending();
    struct random random = {1};
    for (size_t i = 0; i < 20000; i++) {
        uint64_t key = random_next(&random) >> random_below(&random, 64), below = 0;
        add(key, 1);
        for (size_t bin = 0; bin < histogram.count && histogram.bins[bin].key <= key; bin++)
            below = histogram.bins[bin].key;
        assert_true((double)(key - below) < (double)key / 128 + 0.5);
        assert_true(key >= 256 || below == key);
    }
    assert_true(histogram.count <= 7424);
    assert_true(total() == HISTOGRAM_BINS_MAX + 1 + 20000);
    assert_ascending();
}

static void merged_is_as_if_added(void **state)
{
    (void)state;
    struct histogram other = {.bins = NULL};
    for (uint64_t key = 0; key < 4000; key++) {
        add(key * 3, 1);
        assert_int_equal(histogram_add(&other, key * 5, 2, &fault), 0);
    }
    size_t before = histogram.count;
    assert_int_equal(histogram_merge(&histogram, other.bins, other.count, &fault), 0);
    assert_true(histogram.count > before && !histogram.coarse);
    assert_true(total() == 3 * 4000);
    assert_true(histogram.bins[1].key == 3 && histogram.bins[1].count == 1);
    assert_true(histogram.bins[2].key == 5 && histogram.bins[2].count == 2);
    assert_true(histogram.bins[0].count == 3);
    for (uint64_t key = 0; key < 5000; key++)
        assert_int_equal(histogram_add(&other, key * 7 + 100000, 1, &fault), 0);
    assert_true(other.coarse);
    assert_int_equal(histogram_merge(&histogram, other.bins, other.count, &fault), 0);
    assert_true(total() == 3 * 4000 + 2 * 4000 + 5000);
    assert_ascending();
    histogram_free(&other);
}

static void cleared_it_is_exact_again(void **state)
{
    (void)state;
    for (uint64_t key = 0; key <= HISTOGRAM_BINS_MAX; key++)
        add(key, 1);
    histogram_clear(&histogram);
    assert_int_equal(histogram.count, 0);
    add(1001, 1);
    add(1000, 1);
    assert_true(histogram.count == 2 && histogram.bins[0].key == 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(keys_are_exact_and_sorted, empty),
        cmocka_unit_test_teardown(as_many_as_there_may_be_are_exact, empty),
        cmocka_unit_test_teardown(one_more_makes_buckets, empty),
        cmocka_unit_test_teardown(merged_is_as_if_added, empty),
        cmocka_unit_test_teardown(cleared_it_is_exact_again, empty),
    };
    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
