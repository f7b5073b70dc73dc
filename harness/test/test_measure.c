/*
 * One visit, in virtual time: how many calls make a sample, in which order the experiment's parts
 * are called, and what is timed of them.
 */
#include "harness/test/engine.h"
#include "harness/test/virtual.h"

#include <errno.h>

enum { SAMPLES_MAX = 16, EVENTS_MAX = 256 };
enum part { PREPARE, RESTORE, RUN, RUN_EMPTY, VERIFY, RELEASE };

/* What was called, in order. */
static struct event {
    enum part part;
    uint64_t calls;
} events[EVENTS_MAX];
static size_t event_count;

static enum part failing; /* RUN: none */
static uint64_t call_ns, fixed_ns;

static int note(enum part part, uint64_t calls, struct fault *told)
{
    assert_true(event_count < EVENTS_MAX);
    events[event_count++] = (struct event){part, calls};
    return part == failing && part != RUN ? refuse(told, ENOTSUP, "not today") : 0;
}

static int tape_prepare(struct trial *trial, struct fault *told)
{
    trial->got.src_node = 5;
    return note(PREPARE, 0, told);
}

static int tape_restore(struct trial *trial, uint64_t calls, struct fault *told)
{
    (void)trial;
    virtual_ns += 1000000; /* must not be in any sample */
    return note(RESTORE, calls, told);
}

static void tape_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    bool empty = trial->cell->kernel && trial->function != trial->cell->kernel->run;
    note(empty ? RUN_EMPTY : RUN, calls, NULL);
    virtual_ns += fixed_ns + calls * (empty ? 2 : call_ns);
}

static int tape_verify(struct trial *trial, struct fault *told)
{
    trial->reports[1] = 42;
    return note(VERIFY, 0, told);
}

static void tape_release(struct trial *trial)
{
    (void)trial;
    note(RELEASE, 0, NULL);
}

static const struct benchmark tape = {
    .name = "tape",
    .prepare = tape_prepare,
    .restore = tape_restore,
    .run = tape_run,
    .verify = tape_verify,
    .release = tape_release,
};

static struct cell cell;
static struct plan plan;
static struct visit visit;
static struct sample samples[SAMPLES_MAX];

static int begin(void **state)
{
    (void)state;
    environment.clock = &virtual_clock;
    virtual_clock.candidates[0].cost_ns = 0;
    cell = made_up_cell(&tape, 0);
    plan = shortest_plan(1, 1);
    failing = RUN;
    call_ns = 200;
    fixed_ns = 0;
    return 0;
}

static void measure(struct sampling sampling)
{
    event_count = 0;
    assert_true(measure_samples_max(&cell, &plan) <= SAMPLES_MAX);
    measure_visit(&cell, &environment, &plan, 1, sampling, &visit, samples, NULL);
}

static size_t count_of(enum part part)
{
    size_t count = 0;
    for (size_t i = 0; i < event_count; i++)
        count += events[i].part == part;
    return count;
}

static const struct sampling unknown;

static void assert_samples(enum method method, uint64_t least, uint64_t most)
{
    assert_int_equal(visit.status, 0);
    assert_int_equal(visit.members, 1);
    if (visit.sampling.method != method)
        fail_msg("%s", method_names[visit.sampling.method]);
    assert_in_range(visit.sampling.calls, least, most);
    for (unsigned i = 0; i < visit.samples; i++)
        assert_true(samples[i].ticks == fixed_ns + samples[i].calls * call_ns);
}

static void short_calls_are_batched(void **state)
{
    (void)state;
    measure(unknown);
    assert_samples(METHOD_BATCH, 12000 / 200, 20000 / 200);
    assert_int_equal(visit.samples, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(samples[i].calls == visit.sampling.calls);
}

static void a_long_call_is_a_sample(void **state)
{
    (void)state;
    call_ns = 15000;
    measure(unknown);
    assert_samples(METHOD_SINGLE, 1, 1);
}

static void the_shortest_calls_alternate(void **state)
{
    (void)state;
    call_ns = 3;
    fixed_ns = 40;
    plan.samples = 5; /* pairs are completed */
    measure(unknown);
    assert_samples(METHOD_DIFFERENCE, 12000 / 3, 20000 / 3);
    assert_int_equal(visit.samples, 6);
    static const uint64_t times[] = {1, 2, 2, 1, 1, 2};
    for (size_t i = 0; i < 6; i++)
        assert_true(samples[i].calls == times[i] * visit.sampling.calls);
}

static void calls_that_are_limited_stay_so(void **state)
{
    (void)state;
    call_ns = 3;
    cell.calls_max = 7;
    measure(unknown);
    assert_samples(METHOD_BATCH, 7, 7);
    cell.calls_max = 1;
    measure(unknown);
    assert_samples(METHOD_SINGLE, 1, 1);
    cell.calls_max = 6000; /* twice as many as a sample needs there are not */
    measure(unknown);
    assert_samples(METHOD_BATCH, 4000, 6000);
    for (size_t i = 0; i < event_count; i++)
        assert_true(events[i].calls <= cell.calls_max);
}

/* It is neither looked for nor warmed up, nor measured without a kernel. */
static void a_call_that_lasts_a_set_time_is_a_sample(void **state)
{
    (void)state;
    call_ns = 3;
    cell.lasts_ns = 3;
    measure(unknown);
    assert_samples(METHOD_SINGLE, 1, 1);
    assert_int_equal(visit.samples, 4);
    assert_int_equal(count_of(RUN), 4);
    assert_int_equal(count_of(RUN_EMPTY), 0);
    cell.lasts_ns = 2 * plan.budget_ns;
    measure(visit.sampling);
    assert_int_equal(visit.samples, 1);
    assert_int_equal(count_of(RUN), 1);
}

static void a_sample_is_as_long_as_its_cell_wants(void **state)
{
    (void)state;
    cell.calls_step = 32; /* 75 would do for the clock */
    cell.sample_ns = 10 * clock_sample_ns(environment.clock);
    measure(unknown);
    assert_samples(METHOD_BATCH, 10 * 64, 10 * 96);
    cell.sample_ns = 1; /* less than the clock needs */
    measure(unknown);
    assert_samples(METHOD_BATCH, 64, 96);
}

static void calls_in_steps_stay_so(void **state)
{
    (void)state;
    cell.calls_step = 32; /* 75 would do */
    measure(unknown);
    assert_samples(METHOD_BATCH, 64, 96);
    cell.calls_step = 5000; /* more than a sample needs, so one step is enough */
    measure(unknown);
    assert_samples(METHOD_BATCH, 5000, 5000);
    call_ns = 3;
    cell.calls_step = 7;
    measure(unknown);
    assert_samples(METHOD_DIFFERENCE, 12000 / 3, 20000 / 3);
    cell.calls_max = 40;
    measure(unknown);
    assert_samples(METHOD_BATCH, 35, 35);
    for (size_t i = 0; i < event_count; i++)
        assert_int_equal(events[i].calls % 7, 0);
}

static void dear_clocks_need_longer_samples(void **state)
{
    (void)state;
    virtual_clock.candidates[0].cost_ns = 1000;
    plan.budget_ns = 1e7;
    measure(unknown);
    assert_samples(METHOD_DIFFERENCE, 400000 / 200, 700000 / 200);
}

static void a_clock_that_stands_still_is_survived(void **state)
{
    (void)state;
    call_ns = 0;
    cell.calls_max = 1 << 20;
    measure(unknown);
    assert_samples(METHOD_BATCH, 1 << 20, 1 << 20);
    assert_int_equal(visit.samples, 4);
}

static void a_known_sampling_is_taken(void **state)
{
    (void)state;
    measure((struct sampling){9, METHOD_BATCH});
    assert_samples(METHOD_BATCH, 9, 9);
    for (size_t i = 0; i < event_count; i++)
        assert_true(events[i].part != RUN || events[i].calls == 9);
    assert_true(count_of(RUN) > visit.samples); /* it warms up before */
}

static void the_budget_limits_the_samples(void **state)
{
    (void)state;
    call_ns = 20000;
    plan.samples = 12;
    plan.budget_ns = 105000;
    measure(unknown);
    assert_int_equal(visit.samples, 5);
    plan.budget_ns = 1; /* one is always taken */
    measure(unknown);
    assert_int_equal(visit.samples, 1);
    plan.budget_ns = 1e9;
    measure(unknown);
    assert_int_equal(visit.samples, 12);
}

static void the_loop_is_measured_with_an_empty_kernel(void **state)
{
    (void)state;
    measure(unknown);
    assert_true(isnan(visit.loop_ns)); /* no kernel, no loop around it */
    assert_int_equal(count_of(RUN_EMPTY), 0);
    cell.kernel = kernel_find("copy_byte_forward");
    measure(unknown);
    assert_int_equal(count_of(RUN_EMPTY), 1);
    assert_true(visit.loop_ns == 2);
    assert_samples(METHOD_BATCH, 60, 100);
}

static void parts_are_called_in_order(void **state)
{
    (void)state;
    measure(unknown);
    assert_int_equal(events[0].part, PREPARE);
    for (size_t i = 1; i + 2 < event_count; i += 2) {
        assert_int_equal(events[i].part, RESTORE);
        assert_int_equal(events[i + 1].part, RUN);
        assert_true(events[i].calls == events[i + 1].calls);
    }
    assert_int_equal(events[event_count - 2].part, VERIFY);
    assert_int_equal(events[event_count - 1].part, RELEASE);
    assert_int_equal(count_of(PREPARE) + count_of(VERIFY) + count_of(RELEASE), 3);
    assert_true(visit.reports[1] == 42 && isnan(visit.reports[0]));
    assert_int_equal(visit.got.src_node, 5);
    assert_int_equal(visit.got.cpu, environment.cpu_order[0]);
    assert_int_equal(visit.disturbance.migrations, 0); /* it is pinned */
}

static void a_failing_part_ends_the_visit(void **state)
{
    (void)state;
    static const enum part parts[] = {PREPARE, RESTORE, VERIFY};
    for (size_t i = 0; i < 3; i++) {
        failing = parts[i];
        measure(unknown);
        assert_int_equal(visit.status, -ENOTSUP);
        assert_string_equal(visit.fault.text, "not today");
        /* Who has not prepared has nothing to release; else it is released, and nothing after. */
        assert_int_equal(count_of(RELEASE), parts[i] != PREPARE);
        assert_int_equal(events[event_count - 1].part, parts[i] == PREPARE ? PREPARE : RELEASE);
        assert_int_equal(count_of(VERIFY), parts[i] == VERIFY);
    }
}

static void counting_takes_no_samples(void **state)
{
    (void)state;
    struct counters none = {.count = 2};
    event_count = 0;
    measure_count(&cell, &environment, &plan, &none, 1, (struct sampling){9, METHOD_BATCH}, &visit,
                  NULL);
    assert_int_equal(visit.status, 0);
    assert_int_equal(visit.samples + visit.counts, 0);
    assert_int_equal(count_of(RELEASE), 1);
}

#define VISITS(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VISITS(short_calls_are_batched),
        VISITS(a_long_call_is_a_sample),
        VISITS(the_shortest_calls_alternate),
        VISITS(calls_that_are_limited_stay_so),
        VISITS(a_sample_is_as_long_as_its_cell_wants),
        VISITS(calls_in_steps_stay_so),
        VISITS(a_call_that_lasts_a_set_time_is_a_sample),
        VISITS(dear_clocks_need_longer_samples),
        VISITS(a_clock_that_stands_still_is_survived),
        VISITS(a_known_sampling_is_taken),
        VISITS(the_budget_limits_the_samples),
        VISITS(the_loop_is_measured_with_an_empty_kernel),
        VISITS(parts_are_called_in_order),
        VISITS(a_failing_part_ends_the_visit),
        VISITS(counting_takes_no_samples),
    };
    return cmocka_run_group_tests_name("measure", tests, engine_open, engine_close);
}
