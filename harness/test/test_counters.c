/*
 * Which counters are chosen, believed and packed together, over a PMU made up.
 */
#include "harness/test/made_up_counters.h"

static long long read_disturbed_instructions(int run)
{
    return read_instructions(run) + (run % COUNTER_CHECK_RUNS < 4 ? 20000 + run : 0);
}

static long long read_constant(int run)
{
    (void)run;
    return 4711000;
}

static long long read_half(int run)
{
    return additions(run) / 2;
}

static long long read_with_offset(int run)
{
    return 100000 + additions(run);
}

static struct counters open_made_up(const char *events)
{
    return open_sources(&made_up, events);
}

static void test_default_set_is_packed(void **state)
{
    (void)state;
    make_whole_pmu();
    struct counters counters = open_made_up(NULL);
    assert_int_equal(counters.count, 7);
    assert_int_equal(counters.passes, 2);
    assert_string_equal(counters.counter[0].name, "cycles");
    assert_string_equal(counters.counter[6].event, "PAPI_BR_MSP");
    for (size_t i = 0; i < counters.count; i++) {
        assert_string_equal(counters.counter[i].reason, "");
        assert_int_equal(counters.counter[i].pass, i / 4);
    }
    char text[80];
    counters_reason(&counters, text, sizeof text);
    assert_string_equal(text, "");
    counters_close(&counters);
    assert_all_closed();
}

static void test_pass_writes_its_own_values(void **state)
{
    (void)state;
    make_whole_pmu();
    struct counters counters = open_made_up(NULL);
    long long values[COUNTERS_MAX];
    struct fault fault;
    for (unsigned pass = 0; pass < counters.passes; pass++) {
        for (size_t i = 0; i < counters.count; i++)
            values[i] = -1;
        assert_int_equal(counters_start(&counters, pass, &fault), 0);
        assert_int_equal(counters_stop(&counters, pass, values, &fault), 0);
        for (size_t i = 0; i < counters.count; i++)
            assert_true((counters.counter[i].pass == pass) == (values[i] > 0));
    }
    assert_int_equal(counters_stop(&counters, 0, values, &fault), -EINVAL);
    pmu.refuses_to_start = true;
    assert_int_equal(counters_start(&counters, 0, &fault), -EBUSY);
    assert_string_equal(fault.text, "taken");
    counters_close(&counters);
    assert_all_closed();
}

static void assert_unbelieved(const char *event, reading *read, const char *why)
{
    make_whole_pmu();
    event_of(event)->read = read;
    struct counters counters = open_made_up(event);
    assert_int_equal(counters.passes, 0);
    if (strstr(counters.counter[0].reason, why) == NULL)
        fail_msg("%s: '%s' instead of '%s'", event, counters.counter[0].reason, why);
    counters_close(&counters);
    assert_all_closed();
}

static void test_lying_counters_are_found_out(void **state)
{
    (void)state;
    assert_unbelieved("PAPI_TOT_INS", read_zero, "reads 0");
    assert_unbelieved("PAPI_TOT_INS", read_constant, "reads 4711000");
    assert_unbelieved("PAPI_TOT_INS", read_half, "over twice as many");
    assert_unbelieved("PAPI_TOT_INS", read_with_offset, "over twice as many");
    assert_unbelieved("PAPI_TOT_CYC", read_zero, "reads 0");
    assert_unbelieved("PAPI_TOT_CYC", read_constant, "reads 4711000");
    assert_unbelieved("PAPI_L1_DCM", read_zero, "reads 0");
    assert_unbelieved("PAPI_BR_MSP", read_zero, "reads 0");
}

static void test_disturbed_counters_are_believed(void **state)
{
    (void)state;
    make_whole_pmu();
    event_of("PAPI_TOT_INS")->read = read_disturbed_instructions;
    event_of("PAPI_TOT_CYC")->read = read_with_offset;
    struct counters counters = open_made_up("PAPI_TOT_INS,PAPI_TOT_CYC");
    assert_string_equal(counters.counter[0].reason, "");
    assert_string_equal(counters.counter[1].reason, "");
    assert_int_equal(counters.passes, 1);
    counters_close(&counters);
}

static void test_missing_counters_are_reasons(void **state)
{
    (void)state;
    make_whole_pmu();
    event_of("PAPI_TOT_INS")->slots = 0;
    event_of("PAPI_L1_DCM")->slots = 0;
    event_of("PAPI_BR_MSP")->read = read_zero;
    event_of("PAPI_L3_TCM")->slots = 9; /* more than there are: alone it does not fit either */
    add(&pmu, "perf::INSTRUCTIONS", read_instructions);
    struct counters counters = open_made_up(NULL);
    assert_string_equal(counters.counter[1].event, "perf::INSTRUCTIONS");
    assert_string_equal(counters.counter[1].reason, "");
    assert_string_equal(counters.counter[2].event, "");
    assert_int_equal(counters.passes, 1);
    char text[200];
    counters_reason(&counters, text, sizeof text);
    assert_string_equal(text, "l1_misses: first: this CPU lacks it; l3_misses: first: does not "
                              "fit in; branch_misses: first: reads 0 over 2048 scattered reads, "
                              "so nothing counts here");
    counters_reason(&counters, text, 20);
    assert_string_equal(text, "l1_misses: first: t");
    counters_close(&counters);
    assert_all_closed();
}

static void test_nothing_can_be_counted(void **state)
{
    (void)state;
    make_whole_pmu();
    pmu.refuses_to_open = true;
    struct counters counters = open_made_up(NULL);
    assert_int_equal(counters.count, 7);
    assert_int_equal(counters.passes, 0);
    char text[80];
    counters_reason(&counters, text, sizeof text);
    assert_string_equal(text, "first: no PMU made up");
    counters_close(&counters);
    counters = open_made_up("anything::AT-ALL");
    assert_string_equal(counters.counter[0].name, "anything_at_all");
    assert_string_equal(counters.counter[0].reason, "first: no PMU made up");
    counters_close(&counters);
}

static void assert_refused(const char *events, const char *why)
{
    make_whole_pmu();
    struct counters counters;
    struct fault fault = {""};
    assert_int_equal(counters_open_from(&made_up, &counters, events, &fault), -EINVAL);
    if (strstr(fault.text, why) == NULL)
        fail_msg("'%s' instead of '%s'", fault.text, why);
    assert_all_closed();
}

static void test_bad_events_are_refused(void **state)
{
    (void)state;
    assert_refused("PAPI_TOT_INS,PAPI_TOT_INTS",
                   "unknown counter event 'PAPI_TOT_INTS'; first: ask who");
    assert_refused("", "empty");
    assert_refused("PAPI_TOT_INS,", "empty");
    assert_refused(",PAPI_TOT_INS", "empty");
    assert_refused("::", "no name");
    assert_refused("PAPI_TOT_INS,PAPI_TOT_INS", "twice");
    assert_refused("PAPI_TOT_INS_AND_A_NAME_THAT_GOES_ON_AND_ON_FOR_MORE_THAN_64_BYTES", "long");
    assert_refused("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y", "more than 24");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_set_is_packed),
        cmocka_unit_test(test_pass_writes_its_own_values),
        cmocka_unit_test(test_lying_counters_are_found_out),
        cmocka_unit_test(test_disturbed_counters_are_believed),
        cmocka_unit_test(test_missing_counters_are_reasons),
        cmocka_unit_test(test_nothing_can_be_counted),
        cmocka_unit_test(test_bad_events_are_refused),
    };
    return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
