/*
 * Whole runs: in which order and in which processes cells are visited, and how they are sampled.
 */
#include "harness/test/made_up_pmu.h"

#include "harness/test/probe.h"

COUNTER_SOURCE(&pmu_source); /* which launches find, too */

static void open_counters(const char *events, int slots)
{
    make_whole_pmu();
    pmu.slots = slots;
    if (counters_open_from(&made_up, &counters, events, &fault))
        fail_msg("%s", fault.text);
}

static void the_seed_draws_the_order(void **state)
{
    (void)state;
    static struct observer first;
    make_cells(CELLS_MAX, GOOD);
    assert_int_equal(run(CELLS_MAX), 0);
    first = observer;
    assert_int_equal(run(CELLS_MAX), 0);
    size_t same = 0, in_order = 0;
    for (size_t i = 0; i < first.visits; i++) {
        assert_int_equal(observer.seen[i].cell, first.seen[i].cell);
        assert_int_equal(observer.seen[i].launch, i / (2 * CELLS_MAX));
        assert_int_equal(observer.seen[i].sweep, i / CELLS_MAX % 2);
        in_order += first.seen[i].cell == i % CELLS_MAX;
    }
    assert_true(in_order < first.visits / 2);
    plan.seed++;
    assert_int_equal(run(CELLS_MAX), 0);
    for (size_t i = 0; i < first.visits; i++)
        same += observer.seen[i].cell == first.seen[i].cell;
    assert_true(same < first.visits / 2);
}

static void each_launch_is_a_process(void **state)
{
    (void)state;
    make_cells(2, GOOD);
    assert_int_equal(run(2), 0);
    for (size_t i = 0; i < observer.visits; i++) {
        assert_true(observer.seen[i].process != (double)getpid());
        for (size_t j = 0; j < i; j++)
            assert_int_equal(observer.seen[i].process == observer.seen[j].process,
                             observer.seen[i].launch == observer.seen[j].launch);
    }
}

/* Each visit of a cell adds to its own, from whichever process. */
static void histograms_are_merged(void **state)
{
    (void)state;
    plan = shortest_plan(3, 2);
    make_cells(3, GOOD);
    assert_int_equal(run(3), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(observer.bins[i][0].key, 7);
        assert_int_equal(observer.bins[i][0].count, 6);
        assert_int_equal(observer.bins[i][1].key, 1000 + i);
        assert_int_equal(observer.bins[i][1].count, 12);
    }
}

static void sampling_once_found_is_kept(void **state)
{
    (void)state;
    plan = shortest_plan(3, 2);
    make_cells(1, SLOWER);
    assert_int_equal(run(1), 0);
    assert_int_equal(observer.visits, 6);
    uint64_t calls = observer.seen[0].calls;
    for (size_t i = 1; i < observer.visits; i++)
        assert_int_equal(observer.seen[i].calls, calls);
    /* The broken specimen: calls last longer by now, and a run that begins here takes fewer. */
    assert_int_equal(run(1), 0);
    assert_true(observer.seen[0].calls < calls / 2);
}

static void counting_is_a_launch_of_its_own(void **state)
{
    (void)state;
    plan = shortest_plan(1, 2);
    make_cells(3, GOOD);
    cells[1].point[0].number = WRONG;
    open_counters(NULL, 4);
    assert_int_equal(run(3), 0);
    assert_int_equal(observer.visits, 2 * 2);
    assert_int_equal(observer.progress.visits, 3 * 2 + 2); /* what has failed is not counted */
    assert_int_equal(observer.progress.visits_all, 3 * 2 + 2);
    assert_true(observer.progress.left_s == 0);
    assert_record(1, VERDICT_FAILED, "the third byte is wrong");
    assert_int_equal(observer.counted[1], 0);
    assert_true(observer.counted[0] > 0 && observer.records[0].counted[0] > 0);
    counters_close(&counters);
}

static long long read_every_second(int run)
{
    return run % 2 ? -1 : 7;
}

static long long read_run(int run)
{
    return run;
}

/* As many as the plan has samples in a visit, but those that were not counted whole. */
static void every_count_is_kept(void **state)
{
    (void)state;
    plan = shortest_plan(1, 1);
    plan.samples = 100;
    plan.budget_ns = 1e9;
    make_cells(2, GOOD);
    open_counters("PAPI_L1_DCM,PAPI_BR_MSP", 1);
    assert_int_equal(counters.passes, 2);
    *event_of("PAPI_L1_DCM") = (struct event){"PAPI_L1_DCM", read_every_second, 1, 0, false};
    *event_of("PAPI_BR_MSP") = (struct event){"PAPI_BR_MSP", read_run, 1, 0, false};
    assert_int_equal(run(2), 0);
    assert_int_equal(observer.counts[0], 2 * 50);
    assert_int_equal(observer.counts[1], 2 * 100);
    double medians = 0;
    for (size_t i = 0; i < 2; i++) {
        const struct record *record = &observer.records[i];
        double calls = (double)record->sampling.calls;
        assert_int_equal(observer.counted[i], 50 + 100);
        assert_true(fabs(record->counted[0] * calls - 7) < 1e-6);
        assert_true(isnan(record->counted[2]));
        medians += record->counted[1] * calls;
    }
    /* Opening took one run; the cell that came first has 1 to 100, the other one 101 to 200. */
    assert_true(fabs(medians - (50.5 + 150.5)) < 1e-6);
    observer.counts_error = EIO;
    assert_int_equal(run(2), -EIO);
    assert_string_equal(fault.text, "counts lost");
    counters_close(&counters);
}

static void counting_respects_the_budget(void **state)
{
    (void)state;
    plan = shortest_plan(20, 1);
    plan.samples = 100;
    make_cells(1, GOOD);
    open_counters("PAPI_TOT_CYC", 4);
    assert_int_equal(run(1), 0);
    /* A region is as long as a sample. A tenth of the budget, and with few launches a visit's. */
    uint64_t region_ns = observer.seen[0].calls * 200;
    plan.budget_ns = (double)region_ns * 70.5;
    assert_int_equal(run(1), 0);
    assert_int_equal(observer.counted[0], 7);
    plan.launches = plan.launches_min = 2;
    assert_int_equal(run(1), 0);
    assert_int_equal(observer.counted[0], 35);
    plan.budget_ns = 1;
    assert_int_equal(run(1), 0);
    assert_int_equal(observer.counted[0], 1);
    /* The passes share it. */
    counters_close(&counters);
    open_counters("PAPI_TOT_CYC,PAPI_TOT_INS", 1);
    plan.budget_ns = (double)region_ns * 40.5;
    assert_int_equal(run(1), 0);
    assert_int_equal(observer.counted[0], 10 + 10);
    counters_close(&counters);
}

static void a_cell_too_dear_is_visited_in_some_launches(void **state)
{
    (void)state;
    plan = shortest_plan(16, 1);
    plan.budget_ns = 1; /* no visit is as cheap as that */
    make_cells(2, GOOD);
    assert_int_equal(run(2), 0);
    unsigned first = 0, late = 0;
    for (size_t i = 0; i < observer.visits; i++) {
        first += observer.seen[i].cell == 0;
        late += observer.seen[i].launch >= 8;
    }
    assert_in_range(first, 8, 9); /* the first launch finds what a visit costs */
    assert_int_equal(late, 2 * 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNS(the_seed_draws_the_order),        RUNS(each_launch_is_a_process),
        RUNS(sampling_once_found_is_kept),     RUNS(a_cell_too_dear_is_visited_in_some_launches),
        RUNS(counting_is_a_launch_of_its_own), RUNS(every_count_is_kept),
        RUNS(counting_respects_the_budget),    RUNS(histograms_are_merged),
    };
    return cmocka_run_group_tests_name("tour", tests, engine_open, engine_close);
}
