/*
 * Which of several back ends gives a counter, and what they say where none does.
 */
#include "harness/test/made_up_counters.h"

static long long read_interrupted(int run)
{
    (void)run;
    return -1;
}

static void test_first_that_validates_gives_the_counter(void **state)
{
    (void)state;
    make_whole_pmu();
    add(&other, "PAPI_TOT_CYC", read_cycles);
    event_of("PAPI_TOT_INS")->read = read_zero;
    add(&other, "PAPI_TOT_INS", read_instructions);
    event_of("PAPI_L1_DCM")->slots = 0;
    add(&other, "L1-dcache-load-misses:u", read_misses);
    struct counters counters = open_sources(&two_made_up, NULL);
    char text[200];
    counters_reason(&counters, text, sizeof text);
    assert_string_equal(text, "");
    static const char *const given[][2] = {
        {"first", "PAPI_TOT_CYC"},
        {"second", "PAPI_TOT_INS"},
        {"second", "L1-dcache-load-misses:u"},
        {"first", "PAPI_L2_DCM"},
    };
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        assert_string_equal(counters.counter[i].backend, given[i][0]);
        assert_string_equal(counters.counter[i].event, given[i][1]);
    }
    counters_close(&counters);
    assert_all_closed();
}

/* Two back ends can't count at the same time, whatever room there is. */
static void test_pass_is_of_one_back_end(void **state)
{
    (void)state;
    make_whole_pmu();
    add(&other, "cycles", read_cycles);
    add(&other, "instructions", read_instructions);
    struct counters counters =
        open_sources(&two_made_up, "PAPI_TOT_CYC,cycles,PAPI_TOT_INS,instructions");
    assert_int_equal(counters.passes, 2);
    for (size_t i = 0; i < counters.count; i++) {
        assert_string_equal(counters.counter[i].reason, "");
        assert_string_equal(counters.counter[i].backend, i % 2 ? "second" : "first");
        assert_int_equal(counters.counter[i].pass, i % 2);
    }
    assert_string_equal(counters.counter[1].name, "perf_cycles");
    long long values[COUNTERS_MAX] = {-1, -1, -1, -1};
    struct fault fault;
    assert_int_equal(counters_start(&counters, 1, &fault), 0);
    assert_int_equal(counters_stop(&counters, 1, values, &fault), 0);
    assert_true(values[0] == -1 && values[1] > 0 && values[2] == -1 && values[3] > 0);
    counters_close(&counters);
    assert_all_closed();
}

/* It fits in by what the PMU says, but not by what it does. */
static void test_group_that_does_not_run_is_split(void **state)
{
    (void)state;
    make_whole_pmu();
    event_of("PAPI_TOT_INS")->alone = true;
    struct counters counters = open_sources(&made_up, "PAPI_TOT_CYC,PAPI_TOT_INS,PAPI_L1_DCM");
    assert_int_equal(counters.passes, 2);
    assert_int_equal(counters.counter[1].pass, 1);
    assert_int_equal(counters.counter[2].pass, 0);
    counters_close(&counters);
    event_of("PAPI_TOT_INS")->read = read_interrupted;
    counters = open_sources(&made_up, "PAPI_TOT_INS");
    assert_int_equal(counters.passes, 0);
    assert_string_equal(counters.counter[0].reason, "first: did not run all the time");
    counters_close(&counters);
    assert_all_closed();
}

static void test_furthest_word_comes_first(void **state)
{
    (void)state;
    make_whole_pmu();
    event_of("PAPI_TOT_CYC")->slots = 0;
    add(&other, "cycles:u", read_zero);
    event_of("PAPI_L1_DCM")->slots = 0;
    event_of("PAPI_L2_DCM")->name = "else";
    struct counters counters = open_sources(&two_made_up, NULL);
    const char *reason = counters.counter[0].reason;
    assert_ptr_equal(strstr(reason, "second: reads 0 over"), reason);
    assert_non_null(strstr(reason, "; first: this CPU lacks it"));
    /* Who knows no such event says nothing of the machine. */
    assert_string_equal(counters.counter[2].reason, "first: this CPU lacks it");
    assert_string_equal(counters.counter[2].backend, "");
    assert_string_equal(counters.counter[3].reason,
                        "no back end that is built in has an event for it");
    counters_close(&counters);
    /* One that can't be opened may have known it. */
    other.refuses_to_open = true;
    counters = open_sources(&two_made_up, "nonsense");
    assert_string_equal(counters.counter[0].reason, "second: no PMU made up");
    counters_close(&counters);
    assert_all_closed();
}

/* In another process of the run, where checks might come to something else. */
static void test_what_was_found_is_adopted(void **state)
{
    (void)state;
    make_whole_pmu();
    add(&other, "PAPI_TOT_CYC", read_cycles);
    event_of("PAPI_TOT_CYC")->read = read_zero;
    event_of("PAPI_L3_TCM")->slots = 0;
    struct counters found = open_sources(&two_made_up, NULL), counters;
    struct fault fault;
    event_of("PAPI_TOT_CYC")->read = read_cycles;
    event_of("PAPI_L3_TCM")->slots = 1;
    event_of("PAPI_BR_MSP")->slots = 0;
    assert_int_equal(counters_adopt_from(&two_made_up, &counters, &found, &fault), 0);
    assert_int_equal(counters.count, found.count);
    assert_int_equal(found.passes, 3);
    assert_int_equal(counters.passes, 2);
    assert_string_equal(counters.counter[0].backend, "second");
    assert_string_equal(counters.counter[4].reason, found.counter[4].reason);
    assert_string_equal(counters.counter[6].reason, "this CPU lacks it");
    counters_close(&counters);
    assert_int_equal(counters_adopt_from(&made_up, &counters, &found, &fault), 0);
    assert_non_null(strstr(counters.counter[0].reason, "second, which counted it before"));
    counters_close(&counters);
    counters_close(&found);
    assert_all_closed();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_that_validates_gives_the_counter),
        cmocka_unit_test(test_pass_is_of_one_back_end),
        cmocka_unit_test(test_group_that_does_not_run_is_split),
        cmocka_unit_test(test_furthest_word_comes_first),
        cmocka_unit_test(test_what_was_found_is_adopted),
    };
    return cmocka_run_group_tests_name("counter sources", tests, NULL, NULL);
}
