/*
 * The parts of loaded: loads that go astray and copies that do not arrive are found, no reading is
 * lost, and all stop together. What needs a second CPU is skipped where there is none.
 */
#include "harness/test/engine.h"

#include <errno.h>

#include "microbench/loaded_copiers.h"
#include "microbench/loaded_probe.h"
#include "microbench/test/wrong_copies.h"

enum { SIZE = 1 << 16, AXIS_SIZE = 0, AXIS_COPIERS, AXIS_RATE, AXIS_KERNEL_NAME };

static struct cell plan_cell(uint64_t size, uint64_t copiers, uint64_t rate,
                             const struct kernel *kernel)
{
    struct cell cell = made_up_cell(benchmark_find("loaded"), 0);
    assert_non_null(cell.benchmark);
    cell.point[AXIS_SIZE].number = size;
    cell.point[AXIS_COPIERS].number = copiers;
    cell.point[AXIS_RATE].number = rate;
    cell.point[AXIS_KERNEL_NAME].kernel = kernel;
    cell.benchmark->plan(&cell, &environment);
    return cell;
}

static const struct kernel *usual(void)
{
    return kernel_find("copy_libc_memcpy");
}

static void points_that_cannot_be_are_said(void **state)
{
    (void)state;
    struct kernel lacking = *usual(), coarse = *usual();
    lacking.needs = "a_feature_of_no_cpu";
    coarse.granule = 3;
    assert_string_equal(plan_cell(SIZE, 1, 100, usual()).skip, "");
    assert_string_equal(plan_cell(SIZE, 0, 0, usual()).skip, "");
    assert_string_not_equal(plan_cell(100, 0, 100, usual()).skip, "");
    assert_string_not_equal(plan_cell(SIZE, 1, 0, usual()).skip, "");
    assert_string_not_equal(plan_cell(SIZE, 1, 101, usual()).skip, "");
    assert_string_not_equal(plan_cell(SIZE, 1, 100, &coarse).skip, "");
    assert_non_null(strstr(plan_cell(SIZE, 1, 100, &lacking).skip, "a_feature_of_no_cpu"));
    /* No number overflows what memory and members are reckoned with. */
    struct cell huge = plan_cell(UINT64_MAX, UINT64_MAX, 100, usual());
    assert_true(huge.memory_bytes > environment.known.memory_bytes);
    assert_int_equal(huge.members, REGION_MEMBERS_MAX + 1);
}

static void idle_there_are_no_copiers(void **state)
{
    (void)state;
    struct cell cell = plan_cell(SIZE, 0, 25, usual());
    assert_int_equal(cell.members, 1);
    assert_true(cell.point[AXIS_RATE].absent && cell.point[AXIS_KERNEL_NAME].absent);
    assert_int_equal(cell.memory_bytes, SIZE);
    cell = plan_cell(SIZE, 3, 25, usual());
    assert_int_equal(cell.members, 4);
    assert_int_equal(cell.region, REGION_TEAM);
    assert_true(cell.memory_bytes > 6 * copiers_bytes(&environment));
    assert_null(cell.kernel);
    assert_int_equal(cell.payload_bytes, 0);
}

static void a_region_over_a_cached_set_is_a_lap(void **state)
{
    (void)state;
    struct topology_cpu cpu = {.cpu = 0, .cache_bytes = {SIZE}, .line_bytes = 64};
    struct topology topology = {.cpus = &cpu, .cpu_count = 1};
    struct environment small = {.topology = &topology};
    assert_int_equal(probe_loads(&small, 0, 4 * SIZE), PROBE_LOADS);
    assert_int_equal(probe_loads(&small, 0, SIZE / 4), PROBE_LOADS);
    cpu.cache_bytes[0] = 16 * SIZE;
    uint64_t lap = probe_loads(&small, 0, 16 * SIZE);
    assert_true(lap >= 16 * SIZE / 64);
    assert_int_equal(lap % PROBE_LOADS, 0);
}

static uint64_t loads_of(const struct histogram *histogram, const struct probe *probe)
{
    uint64_t readings = 0;
    for (size_t i = 0; i < histogram->count; i++)
        readings += histogram->bins[i].count;
    return readings * probe->loads_per_reading;
}

static void loads_that_go_astray_are_found(void **state)
{
    (void)state;
    struct cell cell = plan_cell(SIZE, 0, 0, NULL);
    struct trial trial = {.cell = &cell, .environment = &environment};
    struct probe probe;
    assert_int_equal(probe_take(&probe, &trial, SIZE, &fault), 0);
    assert_int_equal(probe_verify(&probe, &fault), -EILSEQ); /* none was made */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(probe_expect(&probe, PROBE_LOADS, &fault), 0);
        probe_run(&probe, PROBE_LOADS);
        assert_int_equal(probe_verify(&probe, &fault), 0);
    }
    void *right = probe.chase->at;
    probe.chase->at = *(void **)right;
    assert_int_equal(probe_verify(&probe, &fault), -EILSEQ);
    probe.chase->at = right;
    probe.loads -= CACHE_CHASE_UNROLLED;
    assert_int_equal(probe_verify(&probe, &fault), -EILSEQ);
    probe_release(&probe);
}

static void readings_are_those_of_the_last_loads(void **state)
{
    (void)state;
    struct cell cell = plan_cell(SIZE, 0, 0, NULL);
    struct trial trial = {.cell = &cell, .environment = &environment};
    struct histogram histogram = {.bins = NULL};
    struct probe probe;
    assert_int_equal(probe_take(&probe, &trial, SIZE, &fault), 0);
    probe.loads_per_reading = CACHE_CHASE_UNROLLED;
    for (uint64_t walk = 1; walk < 6; walk++) {
        assert_int_equal(probe_expect(&probe, walk * PROBE_LOADS, &fault), 0);
        probe_run(&probe, walk * PROBE_LOADS);
    }
    size_t readings = 15 * PROBE_LOADS / CACHE_CHASE_UNROLLED;
    assert_int_equal(probe.count, readings);
    /* All before the last walk took long. */
    size_t last = 5 * PROBE_LOADS / CACHE_CHASE_UNROLLED;
    for (size_t i = 0; i < readings - last; i++)
        probe.readings[i] = UINT64_C(1) << 40;
    assert_int_equal(probe_count(&probe, 5 * PROBE_LOADS, &histogram, &fault), 0);
    assert_int_equal(loads_of(&histogram, &probe), 5 * PROBE_LOADS);
    assert_true(histogram.bins[histogram.count - 1].key < UINT64_C(1) << 40);
    assert_int_equal(probe_count(&probe, 16 * PROBE_LOADS, &histogram, &fault), -EILSEQ);
    probe_release(&probe);
    histogram_free(&histogram);
}

/* One copier that is stopped before it begins, and so copies no more than what all begin with. */
static int copy_once(const struct kernel *kernel, unsigned rate, struct copier *copier)
{
    struct cell cell = plan_cell(SIZE, 1, rate, kernel);
    struct trial trial = {.cell = &cell, .environment = &environment};
    struct copiers copiers;
    assert_int_equal(copiers_open(&copiers, &environment, kernel, 1, rate, &fault), 0);
    assert_int_equal(copiers_enter(&copiers, 0, &trial, &fault), 0);
    copiers_restart(&copiers);
    copiers_stop(&copiers);
    copiers_run(&copiers, 0);
    copiers_await(&copiers);
    int error = copiers_verify(&copiers, &fault);
    *copier = copiers.copiers[0];
    copiers_close(&copiers);
    return error;
}

static void copies_that_do_not_arrive_are_found(void **state)
{
    (void)state;
    kernel_function *const wrong[] = {copy_nothing, copy_short, copy_shifted};
    struct kernel kernel = *usual();
    struct copier copier;
    for (unsigned rate = 10; rate <= 100; rate += 90) {
        assert_int_equal(copy_once(usual(), rate, &copier), 0);
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            kernel.run = wrong[i];
            if (copy_once(&kernel, rate, &copier) != -EILSEQ)
                fail_msg("wrong copy %zu passes at %u %%", i, rate);
        }
    }
}

static void each_visit_goes_on_where_the_last_one_ended(void **state)
{
    (void)state;
    struct copier first, second;
    assert_int_equal(copy_once(usual(), 100, &first), 0);
    assert_int_equal(first.bytes, COPIERS_CHUNK);
    assert_int_equal(copy_once(usual(), 50, &second), 0);
    assert_int_equal(second.first, first.at);
    assert_int_equal(second.at, first.at + COPIERS_CHUNK);
    size_t chunks = copiers_bytes(&environment) / COPIERS_CHUNK;
    for (size_t i = 0; i < chunks; i++)
        assert_int_equal(copy_once(usual(), 100, &first), 0);
    assert_int_equal(first.at, second.at);
}

/* A visit by the engine with one copier; the histogram has to be freed. */
static int visit(const struct kernel *kernel, struct visit *done, struct histogram *histogram)
{
    struct cell cell = plan_cell(SIZE, 1, 50, kernel);
    struct plan plan = shortest_plan(1, 1);
    struct sample samples[16];
    assert_true(measure_samples_max(&cell, &plan) <= sizeof samples / sizeof *samples);
    measure_visit(&cell, &environment, &plan, 1, (struct sampling){.calls = 0}, done, samples,
                  histogram);
    return done->status;
}

static void loads_and_copies_go_together(void **state)
{
    (void)state;
    if (environment.cpu_count < 2)
        skip();
    struct histogram histogram = {.bins = NULL};
    struct visit done;
    if (visit(usual(), &done, &histogram))
        fail_msg("%s", done.fault.text);
    assert_int_equal(done.members, 2);
    assert_true(done.reports[0] > 0);
    assert_true(done.reports[1] >= CACHE_CHASE_UNROLLED && done.reports[1] <= PROBE_LOADS);
    assert_true(histogram.count > 0);
    assert_int_equal(done.sampling.calls % PROBE_LOADS, 0);
    struct kernel kernel = *usual();
    kernel.run = copy_nothing;
    assert_int_equal(visit(&kernel, &done, &histogram), -EILSEQ);
    histogram_free(&histogram);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_that_cannot_be_are_said),
        cmocka_unit_test(idle_there_are_no_copiers),
        cmocka_unit_test(a_region_over_a_cached_set_is_a_lap),
        cmocka_unit_test(loads_that_go_astray_are_found),
        cmocka_unit_test(readings_are_those_of_the_last_loads),
        cmocka_unit_test(copies_that_do_not_arrive_are_found),
        cmocka_unit_test(each_visit_goes_on_where_the_last_one_ended),
        cmocka_unit_test(loads_and_copies_go_together),
    };
    return cmocka_run_group_tests_name("loaded", tests, engine_open, engine_close);
}
