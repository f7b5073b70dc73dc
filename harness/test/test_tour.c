/*
 * Whole runs: in which order and in which processes cells are visited, and how they are sampled.
 */
#include "harness/test/probe.h"

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
    counters.passes = 1; /* as if this process had opened some */
    assert_int_equal(run(3), 0);
    assert_int_equal(observer.visits, 2 * 2);
    assert_int_equal(observer.progress.visits, 3 * 2 + 2); /* what has failed is not counted */
    assert_int_equal(observer.progress.visits_all, 3 * 2 + 2);
    assert_true(observer.progress.left_s == 0);
    assert_record(1, VERDICT_FAILED, "the third byte is wrong");
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
        RUNS(counting_is_a_launch_of_its_own),
    };
    return cmocka_run_group_tests_name("tour", tests, engine_open, engine_close);
}
