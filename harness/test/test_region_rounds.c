/*
 * Rounds of a region: all arrange before any runs, on CPUs of the cell's own or on one that they
 * share.
 */
#include "harness/test/deeds.h"

/* A deed with the optional parts. */
static struct benchmark arranged_deed(void)
{
    struct benchmark arranged = deed;
    arranged.arrange = deed_arrange;
    arranged.member_cpu = deed_cpu;
    return arranged;
}

static void all_arrange_before_any_runs(void **state)
{
    (void)state;
    const struct benchmark arranged = arranged_deed();
    unsigned members = environment.cpu_count < MEMBERS ? 1 : MEMBERS;
    for (enum region_kind kind = REGION_TEAM; kind <= REGION_PROCESSES; kind++) {
        struct cell cell = deed_cell(WORK, kind, members);
        cell.benchmark = &arranged;
        struct trial trial = {.cell = &cell, .environment = &environment};
        struct region region;
        uint64_t ticks[MEMBERS];
        deed_prepare(&trial, &fault);
        assert_int_equal(region_open(&region, &trial, &fault), 0);
        for (uint64_t calls = 1; calls < 100; calls++) {
            assert_int_equal(region_arrange(&region, calls, &fault), 0);
            region_run(&region, calls, ticks);
            for (unsigned i = 0; i < members; i++)
                assert_true(deeds[i].in_order);
        }
        region_close(&region);
        assert_int_equal(deeds[0].cpu, cell.asked.cpu);
        if (members > 1)
            assert_int_equal(deeds[1].cpu, environment.cpu_order[environment.cpu_count - 1]);
    }
}

/* The asked CPU, whatever the member. */
static int only_cpu(const struct cell *cell, const struct environment *given, unsigned member)
{
    (void)given;
    (void)member;
    return cell->asked.cpu;
}

static void members_may_share_a_cpu(void **state)
{
    (void)state;
    struct benchmark crowded = arranged_deed();
    crowded.member_cpu = only_cpu;
    crowded.wants_cpu_time = true;
    for (enum region_kind kind = REGION_TEAM; kind <= REGION_PROCESSES; kind++) {
        struct cell cell = deed_cell(WORK, kind, MEMBERS);
        cell.benchmark = &crowded;
        cell.cpus_shared = true;
        struct trial trial = {.cell = &cell, .environment = &environment};
        struct region region;
        uint64_t ticks[MEMBERS];
        deed_prepare(&trial, &fault);
        assert_int_equal(region_open(&region, &trial, &fault), 0);
        for (uint64_t calls = 1; calls < 100; calls++) {
            assert_int_equal(region_arrange(&region, calls, &fault), 0);
            region_run(&region, calls, ticks);
            for (unsigned i = 0; i < MEMBERS; i++) {
                assert_true(deeds[i].in_order && deeds[i].calls == calls * (calls + 1) / 2);
                assert_int_equal(deeds[i].cpu, cell.asked.cpu);
                assert_true(region_cpu_ns(&region, i) > 0);
            }
        }
        region_close(&region);
    }
}

/* One after another on one CPU they take as long as both together, whoever was the first. */
static void who_waits_for_a_cpu_counts(void **state)
{
    (void)state;
    struct benchmark crowded = arranged_deed();
    crowded.member_cpu = only_cpu;
    crowded.wants_cpu_time = true;
    lag_ns = 100e3;
    all_lag = true;
    for (enum region_kind kind = REGION_TEAM; kind <= REGION_PROCESSES; kind++) {
        struct cell cell = deed_cell(WORK, kind, MEMBERS);
        cell.benchmark = &crowded;
        cell.cpus_shared = true;
        struct trial trial = {.cell = &cell, .environment = &environment};
        struct region region;
        uint64_t ticks[MEMBERS], used_ns = 0;
        deed_prepare(&trial, &fault);
        assert_int_equal(region_open(&region, &trial, &fault), 0);
        uint64_t slowest = region_run(&region, 1, ticks);
        for (unsigned i = 0; i < MEMBERS; i++)
            used_ns += region_cpu_ns(&region, i);
        region_close(&region);
        assert_true(clock_ns(&machine_clock, slowest) >= 0.9 * (double)used_ns);
    }
    lag_ns = 0;
    all_lag = false;
}

static void an_error_on_arranging_reaches_the_caller(void **state)
{
    (void)state;
    const struct benchmark arranged = arranged_deed();
    struct cell cell =
        deed_cell(UNARRANGED, REGION_TEAM, environment.cpu_count < MEMBERS ? 1 : MEMBERS);
    cell.benchmark = &arranged;
    struct trial trial = {.cell = &cell, .environment = &environment};
    struct region region;
    deed_prepare(&trial, &fault);
    assert_int_equal(region_open(&region, &trial, &fault), 0);
    assert_int_equal(region_arrange(&region, 3, &fault), -EXDEV);
    assert_string_equal(fault.text, "the last one can't arrange");
    assert_int_equal(deeds[0].calls, 0);
    region_close(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_arrange_before_any_runs),
        cmocka_unit_test(members_may_share_a_cpu),
        cmocka_unit_test(who_waits_for_a_cpu_counts),
        cmocka_unit_test(an_error_on_arranging_reaches_the_caller),
    };
    return cmocka_run_group_tests_name("region rounds", tests, open_deeds, engine_close);
}
