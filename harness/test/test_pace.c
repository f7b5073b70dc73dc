/*
 * Which launches visit a cell, for costs and times of the test's own choice.
 */
#include "harness/pace.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct plan plan = {.launches = 34, .sweeps = 1, .budget_ns = 100e6};

static unsigned visits(double cost_ns, double share)
{
    unsigned due = 0;
    for (unsigned launch = 0; launch < plan.launches; launch++)
        due += pace_due(&plan, cost_ns, share, launch);
    return due;
}

static void a_budget_is_spread_over_the_launches(void **state)
{
    (void)state;
    assert_int_equal(visits(1e6, 1), 34);
    assert_int_equal(visits(5e6, 1), 20);
    assert_int_equal(visits(1e9, 1), PACE_LEAST);
    assert_true(pace_due(&plan, NAN, 0.001, 0));
    /* Evenly: never two launches in a row that could be apart. */
    unsigned gap = 0, least = 34, most = 0;
    for (unsigned launch = 0; launch < plan.launches; launch++) {
        gap++;
        if (!pace_due(&plan, 10e6, 1, launch))
            continue;
        least = gap < least ? gap : least;
        most = gap > most ? gap : most;
        gap = 0;
    }
    assert_true(most - least <= 1);
}

static void a_share_shortens_dear_cells_first(void **state)
{
    (void)state;
    assert_int_equal(visits(1e6, 0.5), 34);
    assert_int_equal(visits(5e6, 0.5), 10);
    assert_int_equal(visits(1e9, 0.5), 4);
    assert_int_equal(visits(1e9, 0.01), PACE_LEAST_SHORT);
}

enum { CELLS = 40 };

/* Costs from 1 to 40 ms, two of them closed, one not visited yet. */
static void make_courses(struct course *courses)
{
    for (size_t i = 0; i < CELLS; i++)
        courses[i] = (struct course){.open = true, .cost_ns = 1e6 * (double)(i + 1)};
    courses[0].open = false;
    courses[1].error = -1;
    courses[2].cost_ns = NAN;
}

static double cost_of(const struct course *courses, double share)
{
    double cost = 0;
    for (size_t i = 3; i < CELLS; i++)
        cost += courses[i].cost_ns * visits(courses[i].cost_ns, share);
    return cost;
}

static void the_share_fits_the_time(void **state)
{
    (void)state;
    struct course courses[CELLS];
    make_courses(courses);
    double all = cost_of(courses, 1);
    assert_true(pace_share(&plan, courses, CELLS, 0, all * 1.01) == 1);
    double before = 1;
    for (unsigned tenths = 9; tenths > 4; tenths--) {
        double part = tenths / 10.0;
        double share = pace_share(&plan, courses, CELLS, 0, all * part);
        assert_true(share > 0 && share <= before);
        /* Launches are whole, and all cells may lose one at the same share. */
        double cost = cost_of(courses, share), launch = 0;
        for (size_t i = 3; i < CELLS; i++)
            launch += courses[i].cost_ns;
        assert_true(fabs(cost - all * part) <= launch);
        before = share;
    }
    /* No time at all: the least is planned, and the run's end cuts it off. */
    assert_int_equal(visits(1e6, pace_share(&plan, courses, CELLS, 0, -1)), PACE_LEAST_SHORT);
}

static void launches_that_are_over_cost_nothing(void **state)
{
    (void)state;
    struct course courses[CELLS];
    make_courses(courses);
    double all = cost_of(courses, 1);
    assert_true(pace_share(&plan, courses, CELLS, 0, all / 2) < 1);
    assert_true(pace_share(&plan, courses, CELLS, 17, all * 0.51) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_budget_is_spread_over_the_launches),
        cmocka_unit_test(a_share_shortens_dear_cells_first),
        cmocka_unit_test(the_share_fits_the_time),
        cmocka_unit_test(launches_that_are_over_cost_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
