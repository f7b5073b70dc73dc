/* The noise that all cells have in common, from made-up courses. */
#include "harness/noise.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "harness/random.h"

#include <setjmp.h>

#include <cmocka.h>

enum { CELLS = 40, LAUNCHES = 12, SAMPLES = 3 };

static uint64_t no_ticks(void)
{
    return 0;
}

static struct clock ns_clock = {.candidates = {{.name = "ns", .read = no_ticks, .ns_per_tick = 1}},
                                .candidate_count = 1,
                                .chosen = &ns_clock.candidates[0]};
static const struct benchmark nothing = {.name = "nothing"};
static const struct cell cell = {.benchmark = &nothing};
static struct course courses[CELLS];

static double uniform(struct random *random)
{
    return (double)(random_next(random) >> 11) / 9007199254740992.0;
}

/* `common` moves all cells of a launch alike, `own` each for itself. */
static void make_courses(double common, double own)
{
    struct random random = {1};
    for (size_t i = 0; i < CELLS; i++)
        courses[i] = (struct course){
            .cell = &cell, .samples = calloc(LAUNCHES * SAMPLES, sizeof *courses[i].samples)};
    for (unsigned launch = 0; launch < LAUNCHES; launch++) {
        double factor = 1 + common * (uniform(&random) - 0.5);
        for (size_t i = 0; i < CELLS; i++)
            for (size_t j = 0; j < SAMPLES; j++) {
                double ns = 1000 * (double)(i + 1) * factor * (1 + own * (uniform(&random) - 0.5));
                courses[i].samples[courses[i].count++] =
                    (struct course_sample){(uint64_t)(ns * 100), 100, launch};
            }
    }
}

static struct noise find(size_t count, unsigned launches)
{
    struct noise noise;
    assert_int_equal(noise_find(courses, count, launches, &ns_clock, 1, &noise), 0);
    return noise;
}

static int free_courses(void **state)
{
    (void)state;
    for (size_t i = 0; i < CELLS; i++)
        free(courses[i].samples);
    memset(courses, 0, sizeof courses);
    return 0;
}

static void a_quiet_machine_adds_nothing(void **state)
{
    (void)state;
    make_courses(0, 0);
    struct noise noise = find(CELLS, LAUNCHES);
    assert_true(fabs(noise.low - 1) < 1e-4 && fabs(noise.high - 1) < 1e-4);
}

static void what_cells_have_in_common_is_found(void **state)
{
    (void)state;
    make_courses(0.2, 0);
    struct noise noise = find(CELLS, LAUNCHES);
    assert_true(noise.low < 0.97 && noise.low > 0.8);
    assert_true(noise.high > 1.03 && noise.high < 1.25);
}

/* The broken specimen of the idea: noise of each cell's own is in its own interval already. */
static void noise_of_each_ones_own_is_not(void **state)
{
    (void)state;
    make_courses(0, 0.2);
    struct noise noise = find(CELLS, LAUNCHES);
    assert_true(noise.low > 0.97 && noise.high < 1.03);
}

static void a_few_cells_say_nothing_of_the_machine(void **state)
{
    (void)state;
    make_courses(0.2, 0);
    struct noise noise = find(15, LAUNCHES);
    assert_true(noise.low >= 1 && noise.high <= 1);
}

static void cells_that_missed_a_launch_do_not_count(void **state)
{
    (void)state;
    make_courses(0.2, 0);
    struct noise noise = find(CELLS, LAUNCHES + 1);
    assert_true(noise.low >= 1 && noise.high <= 1);
}

/* They would say that all is quiet. */
static void cells_that_last_a_set_time_do_not_count(void **state)
{
    (void)state;
    static const struct cell lasting = {.benchmark = &nothing, .lasts_ns = 1e6};
    make_courses(0.2, 0);
    struct noise all = find(CELLS, LAUNCHES);
    for (size_t i = CELLS / 2; i < CELLS; i++) {
        courses[i].cell = &lasting;
        for (size_t j = 0; j < courses[i].count; j++)
            courses[i].samples[j].ticks = 100000000;
    }
    struct noise rest = find(CELLS, LAUNCHES);
    assert_true(rest.low < 0.97 && rest.high > 1.03);
    assert_true(fabs(rest.low - all.low) < 0.02 && fabs(rest.high - all.high) < 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_quiet_machine_adds_nothing, free_courses),
        cmocka_unit_test_teardown(what_cells_have_in_common_is_found, free_courses),
        cmocka_unit_test_teardown(noise_of_each_ones_own_is_not, free_courses),
        cmocka_unit_test_teardown(a_few_cells_say_nothing_of_the_machine, free_courses),
        cmocka_unit_test_teardown(cells_that_missed_a_launch_do_not_count, free_courses),
        cmocka_unit_test_teardown(cells_that_last_a_set_time_do_not_count, free_courses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
