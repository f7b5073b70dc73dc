/*
 * The judgement on clocks, by clocks made up here: their time is virtual and only passes when one
 * of them is read, so nothing depends on how fast or how disturbed this machine is.
 */
#include "harness/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

static uint64_t now_ns;
static uint64_t readings;

/* Time passes while a clock is read; what it shows is from half way. */
static uint64_t pass(uint64_t cost_ns)
{
    readings++;
    now_ns += cost_ns;
    return now_ns - cost_ns / 2;
}

static uint64_t read_reference(void)
{
    return pass(24);
}

static uint64_t read_coarse_reference(void)
{
    return pass(1000) / 19000 * 19000;
}

static uint64_t read_counter_2600_mhz(void)
{
    return pass(18) * 26 / 10;
}

static uint64_t read_counter_24_mhz(void)
{
    return pass(40) * 24 / 1000;
}

static uint64_t read_counter_coarse(void)
{
    return pass(1000) / 19000 * 456;
}

/* Another task gets the CPU for 100 us now and then. */
static uint64_t read_counter_preempted(void)
{
    uint64_t ticks = pass(18) * 26 / 10;
    if (readings % 50000 == 0)
        now_ns += 100000;
    return ticks;
}

static uint64_t read_still(void)
{
    pass(20);
    return 4711;
}

static uint64_t read_backwards(void)
{
    return UINT64_MAX - pass(20);
}

/* Shows now and then what another, late CPU would. */
static uint64_t read_sometimes_late(void)
{
    uint64_t ticks = pass(20);
    return readings % 5000 == 0 ? ticks - 1000 : ticks;
}

/* Ticks with the core's clock, which rises by 1 % in 20 ms. */
static uint64_t read_drifting(void)
{
    uint64_t ns = pass(20);
    return ns + ns / 2000 * ns / 1000000;
}

static uint64_t read_jumping(void)
{
    uint64_t ns = pass(20);
    return ns > 20000000 ? ns + 100000 : ns;
}

static uint64_t read_stopping(void)
{
    uint64_t ns = pass(20);
    return ns > 10000000 ? 10000000 : ns;
}

static struct clock_candidate validate(uint64_t (*read)(void), uint64_t (*reference)(void))
{
    struct clock_candidate candidate = {.name = "made up", .read = read, .rejected = "stale"};
    now_ns = 0;
    readings = 0;
    clock_candidate_validate(&candidate, reference);
    assert_ptr_equal(candidate.read, read);
    assert_string_equal(candidate.name, "made up");
    return candidate;
}

static void assert_within(double found, double expected, double relative)
{
    if (!(fabs(found - expected) <= relative * expected))
        fail_msg("%.9g instead of %.9g +- %g %%", found, expected, 100 * relative);
}

static void test_fine_counter(void **state)
{
    (void)state;
    struct clock_candidate tsc = validate(read_counter_2600_mhz, read_reference);
    assert_string_equal(tsc.rejected, "");
    assert_within(tsc.ns_per_tick, 1 / 2.6, 1e-5);
    assert_within(tsc.cost_ns, 18, 0.05);
    assert_within(tsc.step_ns, 18, 0.05);
    assert_true(tsc.rate_spread < 1e-4);
}

static void test_slow_counter(void **state)
{
    (void)state;
    struct clock_candidate counter = validate(read_counter_24_mhz, read_reference);
    assert_string_equal(counter.rejected, "");
    assert_within(counter.ns_per_tick, 1000 / 24.0, 1e-4);
    assert_within(counter.cost_ns, 40, 0.05);
    assert_within(counter.step_ns, 1000 / 24.0, 0.01);
}

static void test_coarse_system_clock(void **state)
{
    (void)state;
    struct clock_candidate raw = validate(read_coarse_reference, read_coarse_reference);
    assert_string_equal(raw.rejected, "");
    assert_within(raw.ns_per_tick, 1, 0);
    assert_within(raw.cost_ns, 1000, 0.03);
    assert_within(raw.step_ns, 19000, 0);
}

static void test_coarse_counter_against_coarse_clock(void **state)
{
    (void)state;
    struct clock_candidate counter = validate(read_counter_coarse, read_coarse_reference);
    assert_string_equal(counter.rejected, "");
    assert_within(counter.ns_per_tick, 1000 / 24.0, 1e-3);
    assert_within(counter.step_ns, 19000, 1e-3);
    counter = validate(read_counter_2600_mhz, read_coarse_reference);
    assert_string_equal(counter.rejected, "");
    assert_within(counter.ns_per_tick, 1 / 2.6, 1e-4);
}

static void test_preemption_is_no_reason(void **state)
{
    (void)state;
    struct clock_candidate counter = validate(read_counter_preempted, read_reference);
    assert_string_equal(counter.rejected, "");
    assert_within(counter.ns_per_tick, 1 / 2.6, 1e-5);
    assert_within(counter.cost_ns, 18, 0.05);
}

static void assert_rejected(uint64_t (*read)(void), const char *why)
{
    struct clock_candidate candidate = validate(read, read_reference);
    if (strstr(candidate.rejected, why) == NULL)
        fail_msg("rejected: '%s', instead of '%s'", candidate.rejected, why);
    assert_true(candidate.cost_ns + candidate.step_ns <= 0);
}

static void test_broken_clocks_are_rejected(void **state)
{
    (void)state;
    assert_rejected(read_still, "stands still");
    assert_rejected(read_backwards, "runs backwards");
    assert_rejected(read_sometimes_late, "runs backwards");
    assert_rejected(read_drifting, "rate spreads");
    assert_rejected(read_jumping, "rate spreads");
    assert_rejected(read_stopping, "rate spreads");
}

static void test_broken_system_clocks_are_rejected(void **state)
{
    (void)state;
    struct clock_candidate raw = validate(read_still, read_still);
    assert_string_not_equal(raw.rejected, "");
    raw = validate(read_sometimes_late, read_sometimes_late);
    assert_string_not_equal(raw.rejected, "");
    /* A counter can't be judged then either, and the judgement still comes to an end. */
    assert_string_not_equal(validate(read_counter_24_mhz, read_still).rejected, "");
}

static void test_samples_outlast_the_clock(void **state)
{
    (void)state;
    struct clock clock = {.candidate_count = 1, .chosen = &clock.candidates[0]};
    clock.candidates[0] = validate(read_counter_2600_mhz, read_reference);
    assert_within(clock_sample_ns(&clock), 15000, 0);
    clock.candidates[0] = validate(read_coarse_reference, read_coarse_reference);
    assert_within(clock_sample_ns(&clock), 500 * 19000.0, 0);
    clock.candidates[0].step_ns = 1;
    assert_within(clock_sample_ns(&clock), 500 * clock.candidates[0].cost_ns, 0);
}

static void test_ticks_become_ns(void **state)
{
    (void)state;
    struct clock clock = {.candidate_count = 1, .chosen = &clock.candidates[0]};
    clock.candidates[0] = validate(read_counter_24_mhz, read_reference);
    uint64_t start = now_ns, begun = clock_ticks(&clock);
    while (clock_ns(&clock, clock_ticks(&clock) - begun) < 1e6) {
    }
    assert_within((double)(now_ns - start), 1e6, 0.001);
    assert_within(clock_ns(&clock, 24), 1000, 1e-4);
}

/* Of the clocks here only what holds on every machine. */
static void test_clock_of_this_machine(void **state)
{
    (void)state;
    struct clock clock;
    struct fault fault;
    assert_int_equal(clock_open(&clock, &fault), 0);
    assert_non_null(clock.chosen);
    assert_string_equal(clock.chosen->rejected, "");
    assert_in_range(clock.candidate_count, 1, CLOCK_CANDIDATES);
    assert_string_equal(clock.candidates[clock.candidate_count - 1].name, "clock_monotonic_raw");
    assert_true(clock.chosen->ns_per_tick > 0);
    assert_true(clock.chosen->cost_ns > 0 && clock.chosen->step_ns > 0);
    assert_true(clock_sample_ns(&clock) >= 15000);
    uint64_t before = clock_ticks(&clock);
    uint64_t after = before;
    while (after == before)
        after = clock_ticks(&clock);
    assert_true(after > before);
    double hz = core_clock_estimate(&clock);
    assert_true(isfinite(hz) && hz > 0);
}

static void test_core_clock_chain_counts(void **state)
{
    (void)state;
    static const uint64_t asked[] = {0, 1, 64, 65, 1000, 100000};
    static const uint64_t done[] = {64, 64, 64, 128, 1024, 100032};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        assert_true(core_clock_chain(asked[i]) == done[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fine_counter),
        cmocka_unit_test(test_slow_counter),
        cmocka_unit_test(test_coarse_system_clock),
        cmocka_unit_test(test_coarse_counter_against_coarse_clock),
        cmocka_unit_test(test_preemption_is_no_reason),
        cmocka_unit_test(test_broken_clocks_are_rejected),
        cmocka_unit_test(test_broken_system_clocks_are_rejected),
        cmocka_unit_test(test_samples_outlast_the_clock),
        cmocka_unit_test(test_ticks_become_ns),
        cmocka_unit_test(test_clock_of_this_machine),
        cmocka_unit_test(test_core_clock_chain_counts),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
