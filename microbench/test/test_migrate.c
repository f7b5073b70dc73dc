/*
 * The parts of the experiment migrate, on made-up machines and in virtual time: the time line, who
 * moves where, and copies, of which wrong ones are found.
 */
#include "harness/benchmark.h"
#include "harness/nearness.h"
#include "microbench/migrate_job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

enum { TICK_NS = 2, BLOCK = 4096, BLOCKS = 4, CPUS = 8 };
enum { WHERE, MOVER, PAGES, SIZE, KERNEL_NAME };

static uint64_t now; /* virtual ticks: each reading of the clock takes a microsecond */

static uint64_t read_virtual(void)
{
    return now += 1000 / TICK_NS;
}

static struct clock virtual_clock = {
    .candidates = {{.name = "virtual", .read = read_virtual, .ns_per_tick = TICK_NS}},
    .candidate_count = 1,
    .chosen = virtual_clock.candidates,
};
static struct fault fault;
static struct job job;
static unsigned char src[BLOCK * BLOCKS], dst[BLOCK * BLOCKS];

static void make_job(bool has_peer)
{
    static const unsigned phases_ms[PHASES] = {2, 3, 2};
    job = (struct job){.src = src, .dst = dst, .block = BLOCK, .blocks = BLOCKS};
    job.has_peer = job.peer_moves = has_peer;
    timeline_make(&job.timeline, &virtual_clock, phases_ms);
    job.peer_timeline = job.timeline;
    for (size_t i = 0; i < sizeof src; i++)
        src[i] = (unsigned char)(i % 251 + 1);
    memset(dst, 0, sizeof dst);
    job_reset(&job);
}

static const struct kernel *libc(void)
{
    return kernel_find("copy_libc_memcpy");
}

static void *copy_nothing(void *restrict to, const void *restrict from, size_t bytes)
{
    (void)from;
    (void)bytes;
    return to;
}

static void *copy_but_the_end(void *restrict to, const void *restrict from, size_t bytes)
{
    return memcpy(to, from, bytes - 1);
}

static void what_is_done_is_counted_by_millisecond(void **state)
{
    (void)state;
    make_job(false);
    struct timeline *timeline = &job.timeline;
    assert_int_equal(timeline->bins, 7);
    timeline_start(timeline);
    uint64_t bin = 1000000 / TICK_NS;
    timeline_count(timeline, 0);
    timeline_count(timeline, bin - 1);
    timeline_count(timeline, bin);
    timeline_count(timeline, 7 * bin - 1);
    timeline_count(timeline, 7 * bin); /* too late */
    static const uint32_t expected[7] = {2, 1, 0, 0, 0, 0, 1};
    assert_memory_equal(timeline->counts, expected, sizeof expected);
    timeline_start(timeline);
    assert_int_equal(timeline->counts[0], 0);
}

static void a_phases_rate_is_that_of_its_later_half(void **state)
{
    (void)state;
    make_job(false);
    static const uint32_t counts[7] = {90, 10, 90, 90, 40, 90, 70};
    memcpy(job.timeline.counts, counts, sizeof counts);
    assert_true(fabs(timeline_rate(&job.timeline, PHASE_BEFORE) - 10e-6) < 1e-12);
    assert_true(fabs(timeline_rate(&job.timeline, PHASE_AWAY) - 40e-6) < 1e-12);
    assert_true(fabs(timeline_rate(&job.timeline, PHASE_BACK) - 70e-6) < 1e-12);
}

/* The first and the last CPU that may be used: one and the same where there is only one. */
static void open_mover(struct topology *topology)
{
    if (topology_open(topology, &fault))
        fail_msg("%s", fault.text);
    job.mover = (struct mover){.topology = topology, .home = -1};
    for (size_t i = 0; i < topology->cpu_count; i++) {
        if (!topology->cpus[i].allowed)
            continue;
        job.mover.away = topology->cpus[i].cpu;
        if (job.mover.home < 0)
            job.mover.home = topology->cpus[i].cpu;
    }
    assert_int_equal(topology_bind(topology, job.mover.home, &fault), 0);
}

static void close_mover(struct topology *topology)
{
    assert_int_equal(topology_unbind(topology, &fault), 0);
    topology_close(topology);
}

static int copied_on[CPUS * 1024], where_count;

static void *copy_and_note(void *restrict to, const void *restrict from, size_t bytes)
{
    int cpu = sched_getcpu();
    if (where_count == 0 || copied_on[where_count - 1] != cpu)
        copied_on[where_count++] = cpu;
    return memcpy(to, from, bytes);
}

static void the_thread_goes_there_and_back(void **state)
{
    (void)state;
    struct topology topology;
    make_job(false);
    open_mover(&topology);
    where_count = 0;
    job_copy(&job, copy_and_note);
    assert_int_equal(job.mover.error, 0);
    assert_int_equal(job_verify(&job, libc(), &fault), 0);
    if (job.mover.home != job.mover.away) {
        const int expected[] = {job.mover.home, job.mover.away, job.mover.home};
        assert_int_equal(where_count, 3);
        assert_memory_equal(copied_on, expected, sizeof expected);
    }
    assert_in_range(job.mover.set_out[PHASE_AWAY] * TICK_NS, 2000000, 2010000);
    assert_in_range(job.mover.set_out[PHASE_BACK] * TICK_NS, 5000000, 5010000);
    uint64_t sum = 0;
    for (unsigned bin = 0; bin < job.timeline.bins; bin++)
        sum += job.timeline.counts[bin];
    assert_in_range(sum, job.copied - 1, job.copied); /* the last one may end too late */
    assert_in_range(job.timeline.counts[1], 990, 1010);
    close_mover(&topology);
}

static void where_it_cannot_go_is_said(void **state)
{
    (void)state;
    struct topology topology;
    make_job(false);
    open_mover(&topology);
    job.mover.away = 65535;
    job_copy(&job, libc()->run);
    assert_int_equal(job.mover.error, -EINVAL);
    assert_non_null(strstr(job.mover.fault.text, "65535"));
    job.mover.away = job.mover.home;
    job_copy(&job, libc()->run); /* the next course begins anew */
    assert_int_equal(job.mover.error, 0);
    close_mover(&topology);
}

static void pages_on_the_only_node_are_there(void **state)
{
    (void)state;
    struct topology topology;
    double share = 0;
    make_job(false);
    open_mover(&topology);
    job.mover.buffers[0] = (struct mover_pages){src, sizeof src};
    if (topology.node_count == 1) {
        assert_int_equal(mover_bring(&job.mover, job.mover.home, &share, &fault), 0);
        assert_true(share == 1);
    }
    close_mover(&topology);
}

/* Both steps by turns, as two threads would take them. */
static void relay(unsigned rounds, kernel_function *copy)
{
    for (unsigned i = 0; i < rounds; i++) {
        for (unsigned block = 0; block < BLOCKS; block++)
            assert_true(job_fill_block(&job));
        assert_false(job_fill_block(&job)); /* the ring is full */
        for (unsigned block = 0; block < BLOCKS; block++)
            assert_true(job_copy_block(&job, copy));
        assert_false(job_copy_block(&job, copy)); /* and empty */
    }
}

static void a_peer_hands_blocks_over(void **state)
{
    (void)state;
    make_job(true);
    relay(100, libc()->run);
    assert_int_equal(job.copied, 100 * BLOCKS);
    assert_int_equal(job.wrong, 0);
    assert_int_equal(job_verify(&job, libc(), &fault), 0);
    assert_int_equal(dst[BLOCK - 1], job_byte(99 * BLOCKS));
    assert_int_not_equal(job_byte(7), job_byte(7 + BLOCKS));
}

static void wrong_copies_are_found(void **state)
{
    (void)state;
    kernel_function *const broken[] = {copy_nothing, copy_but_the_end};
    struct topology topology;
    for (size_t i = 0; i < 2; i++) {
        make_job(true);
        relay(2, broken[i]);
        assert_int_equal(job_verify(&job, libc(), &fault), -EILSEQ);
        assert_non_null(strstr(fault.text, "as the peer wrote them"));
        make_job(false);
        open_mover(&topology);
        job_copy(&job, broken[i]);
        assert_int_equal(job_verify(&job, libc(), &fault), -EILSEQ);
        assert_non_null(strstr(fault.text, "copy_libc_memcpy left a wrong byte"));
        close_mover(&topology);
    }
    job_reset(&job);
    assert_int_equal(job_verify(&job, libc(), &fault), -EILSEQ);
    assert_non_null(strstr(fault.text, "not one copy"));
}

/* Two packages of two nodes; two CPUs a node, which share an L3. */
static struct topology_cpu cpus[CPUS];
static int order[CPUS];
static const struct topology machine = {
    .cpus = cpus, .cpu_count = CPUS, .node_count = 4, .page_bytes = 4096};
static struct environment environment;

static void make_machine(void)
{
    for (int i = 0; i < CPUS; i++) {
        cpus[i] = (struct topology_cpu){.cpu = i,
                                        .allowed = true,
                                        .node = i / 2,
                                        .package = i / 4,
                                        .core = i,
                                        .cluster = -1,
                                        .cache_id = {i, i, i / 2, -1}};
        order[i] = i;
    }
    environment = (struct environment){
        .topology = &machine,
        .cpu_order = order,
        .cpu_count = CPUS,
        .asked = {.src_node = NODE_LOCAL, .dst_node = NODE_LOCAL},
    };
}

static struct cell planned(enum nearness where, unsigned mover, unsigned pages, uint64_t size)
{
    const struct benchmark *benchmark = benchmark_find("migrate");
    struct cell cell = {.benchmark = benchmark, .region = REGION_THREAD, .members = 1};
    cell.point[WHERE].number = where - NEAR_CORE;
    cell.point[MOVER].number = mover;
    cell.point[PAGES].number = pages;
    cell.point[SIZE].number = size;
    cell.point[KERNEL_NAME].kernel = libc();
    cell.asked = environment.asked;
    benchmark->plan(&cell, &environment);
    return cell;
}

static void moves_that_the_machine_has_are_cells(void **state)
{
    (void)state;
    make_machine();
    struct cell cell = planned(NEAR_PACKAGE, 0, 0, 1 << 20);
    assert_string_equal(cell.skip, "");
    assert_false(cell.outside);
    assert_true(cell.members == 1 && cell.lasts_ns == 55e6 && cell.payload_bytes == 0);
    cell = planned(NEAR_MACHINE, 1, 0, 1 << 20);
    assert_string_equal(cell.skip, "");
    assert_true(cell.members == 2 && cell.region == REGION_TEAM);
    /* Pages take time, but not for ever. */
    assert_true(planned(NEAR_MACHINE, 0, 1, 64 << 20).lasts_ns > 200e6);
    assert_true(planned(NEAR_MACHINE, 0, 1, UINT64_C(1) << 40).lasts_ns <= TIMELINE_BINS_MAX * 1e6);
}

static void points_without_a_meaning_are_no_cells(void **state)
{
    (void)state;
    make_machine();
    assert_true(planned(NEAR_L3, 0, 1, 1 << 20).outside); /* the same node */
    assert_true(planned(NEAR_MACHINE, 1, 1, 1 << 20).outside);
}

static void moves_that_the_machine_lacks_are_said_once(void **state)
{
    (void)state;
    make_machine();
    for (unsigned mover = 0; mover < 2; mover++) {
        struct cell cell = planned(NEAR_CORE, mover, 0, 1 << 20);
        assert_string_equal(
            cell.skip, "no CPU that may be used shares the core with CPU 0, and nothing nearer");
        assert_true(cell.point[MOVER].absent && cell.point[PAGES].absent);
        assert_true(cell.point[SIZE].absent && !cell.outside);
    }
    struct cell cell = planned(NEAR_L3, 1, 0, 1 << 20); /* where the peer is already */
    assert_non_null(strstr(cell.skip, "the peer needs a second CPU"));
    assert_true(!cell.point[MOVER].absent && cell.point[SIZE].absent);
    environment.cpu_count = 1;
    assert_string_equal(planned(NEAR_L3, 0, 0, 1 << 20).skip,
                        "moving needs 2 CPUs, and 1 may be used");
}

static void pages_that_are_asked_to_be_elsewhere_do_not_follow(void **state)
{
    (void)state;
    make_machine();
    assert_string_equal(planned(NEAR_MACHINE, 0, 1, 1 << 20).skip, "");
    environment.asked.dst_node = 1;
    assert_string_equal(planned(NEAR_MACHINE, 0, 0, 1 << 20).skip, "");
    assert_non_null(strstr(planned(NEAR_MACHINE, 0, 1, 1 << 20).skip, "can't follow"));
}

static void a_working_set_that_is_too_small_is_said(void **state)
{
    (void)state;
    make_machine();
    assert_string_equal(planned(NEAR_L3, 0, 0, 255).skip, "a working set has 256 B at least");
    assert_string_equal(planned(NEAR_L3, 0, 0, 256).skip, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_done_is_counted_by_millisecond),
        cmocka_unit_test(a_phases_rate_is_that_of_its_later_half),
        cmocka_unit_test(the_thread_goes_there_and_back),
        cmocka_unit_test(where_it_cannot_go_is_said),
        cmocka_unit_test(pages_on_the_only_node_are_there),
        cmocka_unit_test(a_peer_hands_blocks_over),
        cmocka_unit_test(wrong_copies_are_found),
        cmocka_unit_test(moves_that_the_machine_has_are_cells),
        cmocka_unit_test(points_without_a_meaning_are_no_cells),
        cmocka_unit_test(moves_that_the_machine_lacks_are_said_once),
        cmocka_unit_test(pages_that_are_asked_to_be_elsewhere_do_not_follow),
        cmocka_unit_test(a_working_set_that_is_too_small_is_said),
    };
    return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
