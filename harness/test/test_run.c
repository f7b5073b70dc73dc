/*
 * Whole runs: what becomes of each cell, and how a run ends early.
 */
#include "harness/test/probe.h"
#include "harness/test/tree.h"

static void every_cell_becomes_one_record(void **state)
{
    (void)state;
    static const enum behaviour behaviours[] = {GOOD, CRASHES, WRONG,     GOOD,
                                                GOOD, ENDS,    NO_MEMORY, GOOD};
    plan = shortest_plan(3, 2);
    make_cells(8, GOOD);
    for (size_t i = 0; i < 8; i++)
        cells[i].point[0].number = behaviours[i];
    strcpy(cells[4].skip, "not on a Sunday");
    if (run(8))
        fail_msg("%s", fault.text);
    assert_record(0, VERDICT_OK, "");
    assert_record(1, VERDICT_FAILED, "the process died in this cell: ");
    assert_non_null(strstr(observer.records[1].reason, strsignal(SIGSEGV)));
    assert_record(2, VERDICT_FAILED, "the third byte is wrong");
    assert_record(3, VERDICT_OK, "");
    assert_record(4, VERDICT_SKIPPED, "not on a Sunday");
    assert_record(5, VERDICT_FAILED, "ended in this cell with status 7");
    assert_record(6, VERDICT_SKIPPED, "nothing to copy");
    assert_record(7, VERDICT_OK, "");
    static const size_t verdicts[VERDICTS] = {3, 0, 2, 3};
    assert_memory_equal(outcome.verdicts, verdicts, sizeof verdicts);
    assert_false(outcome.interrupted);
    assert_int_equal(observer.visits, 3 * 3 * 2); /* good cells x launches x sweeps */
    assert_int_equal(observer.records[0].summary.launches, 3);
    assert_int_equal(observer.records[0].summary.samples, 3 * 2 * 4);
    assert_true(observer.records[0].summary.median == 200 && observer.records[0].fixed_ns == 0);
    assert_int_equal(observer.records[0].stop, STOP_PRECISE);
    assert_int_equal(observer.progress.cells, 7);
    assert_true(observer.progress.visits == observer.progress.visits_all);
}

static void a_cell_stops_when_it_is_precise(void **state)
{
    (void)state;
    plan = shortest_plan(9, 1);
    plan.precision = 0.03;
    plan.launches_min = 5;
    make_cells(2, GOOD);
    cells[1].point[0].number = SLOWER;
    assert_int_equal(run(2), 0);
    assert_record(0, VERDICT_OK, "");
    assert_int_equal(observer.records[0].stop, STOP_PRECISE);
    assert_int_equal(observer.records[0].summary.launches, 5);
    assert_record(1, VERDICT_NOISY, "is wider than +-3.0 % after 9 launches");
    assert_int_equal(observer.records[1].stop, STOP_BUDGET);
    assert_int_equal(observer.records[1].summary.launches, 9);
    /* One launch gives no interval, and four launches later is the next look. */
    plan.launches_min = 1;
    assert_int_equal(run(1), 0);
    assert_int_equal(observer.records[0].summary.launches, 5);
}

static void what_there_is_no_time_for_says_so(void **state)
{
    (void)state;
    plan = shortest_plan(9, 1);
    plan.time_s = 1e-9;
    make_cells(2, GOOD);
    assert_int_equal(run(2), 0);
    assert_int_equal(observer.visits, 0);
    assert_false(outcome.interrupted);
    assert_record(0, VERDICT_SKIPPED, "the run's time was up before this cell was visited");
    assert_record(1, VERDICT_SKIPPED, "the run's time was up");
    plan.time_s = 1e9;
    assert_int_equal(run(2), 0);
    assert_record(0, VERDICT_OK, "");
}

static void an_interruption_keeps_what_is_measured(void **state)
{
    (void)state;
    plan = shortest_plan(9, 1);
    make_cells(4, GOOD);
    observer.interrupt_after = 2 * 4 + 2;
    assert_int_equal(run(4), 0);
    assert_true(outcome.interrupted);
    assert_in_range(observer.visits, observer.interrupt_after, 3 * 4); /* what was measured then */
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(observer.recorded[i], 1);
        assert_int_equal(observer.records[i].stop, STOP_INTERRUPTED);
        assert_true(record_has_figures(&observer.records[i]));
        assert_in_range(observer.records[i].summary.launches, 2, 3);
    }
    observer.interrupt_at_once = true;
    assert_int_equal(run(4), 0);
    assert_int_equal(outcome.verdicts[VERDICT_SKIPPED], 4);
    for (size_t i = 0; i < 4; i++)
        assert_record(i, VERDICT_SKIPPED, "interrupted before this cell was visited");
}

static void a_cell_that_hangs_is_ended(void **state)
{
    (void)state;
    plan = shortest_plan(2, 1);
    plan.hang_s = 2; /* far more than the good ones take */
    make_cells(5, GOOD);
    cells[2].point[0].number = HANGS;
    assert_int_equal(run(5), 0);
    for (size_t i = 0; i < 5; i++)
        if (i != 2)
            assert_true(record_has_figures(&observer.records[i]));
    assert_record(2, VERDICT_FAILED, "did not finish this cell in time");
}

static void an_error_of_the_listener_ends_the_run(void **state)
{
    (void)state;
    make_cells(3, GOOD);
    observer.samples_error = ENOSPC;
    assert_int_equal(run(3), -ENOSPC);
    assert_string_equal(fault.text, "samples lost");
    assert_int_equal(observer.visits, 1);
    observer.samples_error = 0;
    observer.record_error = EIO;
    assert_int_equal(run(3), -EIO);
    assert_string_equal(fault.text, "record lost");
    assert_int_equal(observer.recorded[0] + observer.recorded[1] + observer.recorded[2], 1);
}

static struct throttle throttle;

static void write_cooling(const char *state)
{
    tree_write("/sys/class/thermal/cooling_device0/cur_state", state);
}

/* Watched in every visit: looks cost nothing. */
static void watch_throttling(void)
{
    throttle_open(&throttle, 0);
    throttle.cost_ns = 0;
    environment.throttle = &throttle;
}

static int begin_in_tree(void **state)
{
    return begin(state) || tree_make(state);
}

static int end_in_tree(void **state)
{
    environment.throttle = NULL;
    return tree_remove(state);
}

enum { SLOWED_CELLS = 3 };

/* With one sweep, a launch has a visit of every cell. */
static void heat_the_second_launch(size_t visits)
{
    if (visits == SLOWED_CELLS)
        write_cooling("2\n");
    if (visits == SLOWED_CELLS * 2)
        write_cooling("0\n");
}

static void the_cpu_is_slowed_in_the_middle(void **state)
{
    (void)state;
    tree_write("/sys/class/thermal/cooling_device0/type", "thermal-cpufreq-0\n");
    write_cooling("0\n");
    watch_throttling();
    plan = shortest_plan(3, 1);
    make_cells(SLOWED_CELLS, GOOD);
    observer.heard = heat_the_second_launch;
    assert_int_equal(run(SLOWED_CELLS), 0);
    for (size_t i = 0; i < SLOWED_CELLS; i++) {
        assert_record(i, VERDICT_NOISY, "the CPU was slowed in 1 of 3 visits: cooling device");
        assert_int_equal(observer.records[i].disturbance.throttled, 1);
        assert_int_equal(observer.records[i].summary.launches, 3); /* none is left out */
    }
    assert_int_equal(outcome.throttled, SLOWED_CELLS);
    assert_string_equal(outcome.throttled_by, "cooling device thermal-cpufreq-0 at step 2");
}

static void what_was_before_a_launch_is_no_visits(void **state)
{
    (void)state;
    static const char count[] = "/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count";
    tree_write(count, "1\n");
    watch_throttling();
    tree_write(count, "2\n");
    plan = shortest_plan(3, 1);
    make_cells(1, GOOD);
    assert_int_equal(run(1), 0);
    assert_record(0, VERDICT_OK, "");
    assert_int_equal(observer.records[0].disturbance.throttled, 0);
    assert_int_equal(outcome.throttled, 0);
    /* Where nothing tells, that is not 0. */
    environment.throttle = NULL;
    assert_int_equal(run(1), 0);
    assert_record(0, VERDICT_OK, "");
    assert_int_equal(observer.records[0].disturbance.throttled, -1);
    assert_int_equal(outcome.throttled, 0);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, begin_in_tree, end_in_tree)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNS(every_cell_becomes_one_record),      RUNS(a_cell_stops_when_it_is_precise),
        RUNS(what_there_is_no_time_for_says_so),  RUNS(an_interruption_keeps_what_is_measured),
        RUNS(a_cell_that_hangs_is_ended),         RUNS(an_error_of_the_listener_ends_the_run),
        IN_TREE(the_cpu_is_slowed_in_the_middle), IN_TREE(what_was_before_a_launch_is_no_visits),
    };
    return cmocka_run_group_tests_name("run", tests, engine_open, engine_close);
}
