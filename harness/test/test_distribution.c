/*
 * Distributions of sizes: how frequent each is among those dealt, and files that give them.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/distribution.h"

#include <cmocka.h>

static struct distribution distribution;
static struct fault fault;
static char path[] = "/tmp/copycost-sizes-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int file = mkstemp(path);
    return file < 0 || close(file);
}

static int remove_file(void **state)
{
    (void)state;
    return remove(path);
}

static int forget(void **state)
{
    (void)state;
    distribution_free(&distribution);
    return 0;
}

static size_t dealt_upto(size_t bytes)
{
    size_t dealt = 0;
    for (size_t i = 0; i < distribution.count && distribution.items[i].bytes <= bytes; i++)
        dealt += distribution.items[i].dealt;
    return dealt;
}

static void imix_is_7_4_1(void **state)
{
    (void)state;
    assert_int_equal(distribution_imix(&distribution, &fault), 0);
    assert_int_equal(dealt_upto(63), 0);
    assert_int_equal(dealt_upto(64), lround(DISTRIBUTION_DEALT * 7 / 12.0));
    assert_int_equal(dealt_upto(570), lround(DISTRIBUTION_DEALT * 11 / 12.0));
    assert_int_equal(dealt_upto(1518), DISTRIBUTION_DEALT);
    assert_true(fabs(distribution_mean(&distribution) - (7 * 64 + 4 * 570 + 1518) / 12.0) < 0.05);
    assert_int_equal(distribution_largest(&distribution), 1518);
}

static void uniform_is_even(void **state)
{
    (void)state;
    assert_int_equal(distribution_uniform(&distribution, 64, 1518, &fault), 0);
    for (size_t bytes = 63; bytes <= 1518; bytes++) {
        double share = (double)(bytes - 63) / (1518 - 63);
        assert_true(fabs((double)dealt_upto(bytes) - share * DISTRIBUTION_DEALT) <= 0.5);
    }
    assert_true(fabs(distribution_mean(&distribution) - (64 + 1518) / 2.0) < 0.05);
}

/* Of [1, 1519) on a logarithmic scale, of which a size has what lies from it to the next. */
static void log_uniform_has_equal_octaves(void **state)
{
    (void)state;
    assert_int_equal(distribution_log_uniform(&distribution, 1, 1518, &fault), 0);
    for (size_t bytes = 1; bytes < 1024; bytes *= 2) {
        size_t octave = dealt_upto(2 * bytes - 1) - dealt_upto(bytes - 1);
        assert_true(fabs((double)octave - log(2) / log(1519) * DISTRIBUTION_DEALT) <= 1);
    }
    double mean = 0;
    for (size_t bytes = 1; bytes <= 1518; bytes++)
        mean += (double)bytes * log1p(1 / (double)bytes) / log(1519);
    assert_true(fabs(distribution_mean(&distribution) - mean) < 0.05);
}

static int compare_sizes(const void *left, const void *right)
{
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return (a > b) - (a < b);
}

static void a_deal_is_the_same_cards_in_another_order(void **state)
{
    (void)state;
    static size_t first[DISTRIBUTION_DEALT], second[DISTRIBUTION_DEALT], again[DISTRIBUTION_DEALT];
    assert_int_equal(distribution_uniform(&distribution, 1, 300, &fault), 0);
    distribution_deal(&distribution, &(struct random){1}, first);
    distribution_deal(&distribution, &(struct random){2}, second);
    distribution_deal(&distribution, &(struct random){1}, again);
    assert_memory_equal(first, again, sizeof first);
    size_t same = 0, ascending = 0;
    for (size_t i = 1; i < DISTRIBUTION_DEALT; i++) {
        same += first[i] == second[i];
        ascending += first[i] > first[i - 1];
    }
    assert_true(same < DISTRIBUTION_DEALT / 100);
    assert_in_range(ascending, DISTRIBUTION_DEALT * 48 / 100, DISTRIBUTION_DEALT * 52 / 100);
    qsort(first, DISTRIBUTION_DEALT, sizeof *first, compare_sizes);
    qsort(second, DISTRIBUTION_DEALT, sizeof *second, compare_sizes);
    assert_memory_equal(first, second, sizeof first);
    assert_int_equal(first[0], 1);
    assert_int_equal(first[DISTRIBUTION_DEALT - 1], 300);
}

static int read_text(const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    distribution_free(&distribution);
    return distribution_read(&distribution, path, &fault);
}

static void a_file_gives_sizes_in_any_order(void **state)
{
    (void)state;
    assert_int_equal(read_text("bytes,weight\n1500,0.25\n64,0.5\r\n1048576,2.5e-1"), 0);
    assert_int_equal(distribution.count, 3);
    assert_int_equal(dealt_upto(64), DISTRIBUTION_DEALT / 2);
    assert_int_equal(dealt_upto(1500), DISTRIBUTION_DEALT * 3 / 4);
    assert_int_equal(distribution_largest(&distribution), 1048576);
    /* Too rare to be dealt, and so not the largest that is copied. */
    assert_int_equal(read_text("bytes,weight\n64,1000000\n9000,1\n"), 0);
    assert_int_equal(distribution_largest(&distribution), 64);
    assert_true(distribution_mean(&distribution) == 64);
}

static void what_is_no_histogram_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } broken[] = {
        {"", "no sizes"},
        {"bytes,weight\n", "no sizes"},
        {"size,count\n64,1\n", "first line has to be 'bytes,weight'"},
        {"64,1\n", "first line has to be 'bytes,weight'"},
        {"bytes,weight\n64\n", "line 2: '64'"},
        {"bytes,weight\n64,1\n0,1\n", "line 3: '0,1'"},
        {"bytes,weight\n1048577,1\n", "line 2: '1048577,1'"},
        {"bytes,weight\n-64,1\n", "line 2: '-64,1'"},
        {"bytes,weight\n64,0\n", "line 2: '64,0'"},
        {"bytes,weight\n64,-1\n", "line 2: '64,-1'"},
        {"bytes,weight\n64,nan\n", "line 2: '64,nan'"},
        {"bytes,weight\n64,inf\n", "line 2: '64,inf'"},
        {"bytes,weight\n64,1,2\n", "line 2: '64,1,2'"},
        {"bytes,weight\n64,\n", "line 2: '64,'"},
        {"bytes,weight\n\n", "line 2: ''"},
        {"bytes,weight\n64,1\n65,1\n64,2\n", "64 bytes are given twice"},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        assert_int_equal(read_text(broken[i].text), -EINVAL);
        if (!strstr(fault.text, broken[i].said) || !strstr(fault.text, path))
            fail_msg("%zu: %s", i, fault.text);
        assert_null(distribution.items);
    }
    assert_int_equal(distribution_read(&distribution, "/nowhere/sizes.csv", &fault), -EINVAL);
    assert_non_null(strstr(fault.text, "/nowhere/sizes.csv"));
    assert_int_equal(distribution_read(&distribution, "/tmp", &fault), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(imix_is_7_4_1, forget),
        cmocka_unit_test_teardown(uniform_is_even, forget),
        cmocka_unit_test_teardown(log_uniform_has_equal_octaves, forget),
        cmocka_unit_test_teardown(a_deal_is_the_same_cards_in_another_order, forget),
        cmocka_unit_test_teardown(a_file_gives_sizes_in_any_order, forget),
        cmocka_unit_test_teardown(what_is_no_histogram_is_refused, forget),
    };
    return cmocka_run_group_tests_name("distribution", tests, make_file, remove_file);
}
