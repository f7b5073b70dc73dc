/*
 * The self-test's checks that judge no time, and the work that it measures.
 */
#include "harness/test/engine.h"

#include <errno.h>

#include "harness/selftest.h"
#include "harness/selftest_work.h"

enum { CHECKS_MAX = 16 };

static struct told {
    struct selftest_result results[CHECKS_MAX];
    size_t count;
} told;

static void hear(void *context, const struct selftest_result *result)
{
    assert_ptr_equal(context, &told);
    assert_true(told.count < CHECKS_MAX);
    told.results[told.count++] = *result;
}

static void what_judges_no_time_passes(void **state)
{
    (void)state;
    if (selftest_run(&environment, true, hear, &told, &fault))
        fail_msg("%s", fault.text);
    static const char *const names[] = {"sizes", "proof"};
    assert_int_equal(told.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(told.results[i].name, names[i]);
        assert_true(told.results[i].expected[0] != '\0');
        if (!told.results[i].passed)
            fail_msg("%s: %s", told.results[i].name, told.results[i].found);
    }
    /* The idle kernel was caught, by name. */
    assert_non_null(strstr(told.results[1].found, "copy_idle left a wrong byte"));
}

static void visit(const struct kernel *kernel, uint64_t bytes, struct visit *visit)
{
    struct plan plan = shortest_plan(1, 1);
    struct sample samples[8];
    struct cell cell = work_cell(&work_copy, kernel, bytes, &environment);
    assert_true(measure_samples_max(&cell, &plan) <= 8);
    measure_visit(&cell, &environment, &plan, 1, (struct sampling){0}, visit, samples, NULL);
}

static void calls_are_counted_by_size(void **state)
{
    (void)state;
    struct visit one;
    work_tally_reset();
    assert_int_equal(work_tally_of(100) + work_tally_others(100), 0);
    visit(&work_tally_kernel, 100, &one);
    assert_int_equal(one.status, 0);
    assert_true(work_tally_of(100) > one.samples * one.sampling.calls);
    assert_int_equal(work_tally_others(100), 0);
    /* The broken specimen: who asks for another size hears of these. */
    assert_int_equal(work_tally_of(101), 0);
    assert_true(work_tally_others(101) == work_tally_of(100));
}

static void work_that_is_not_done_fails(void **state)
{
    (void)state;
    struct visit one;
    visit(&work_idle_kernel, 64, &one);
    assert_int_equal(one.status, -EILSEQ);
    visit(kernel_find("copy_byte_forward"), 64, &one);
    assert_int_equal(one.status, 0);
    assert_int_equal(one.got.cpu, environment.cpu_order[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_judges_no_time_passes),
        cmocka_unit_test(calls_are_counted_by_size),
        cmocka_unit_test(work_that_is_not_done_fails),
    };
    return cmocka_run_group_tests_name("selftest", tests, engine_open, engine_close);
}
