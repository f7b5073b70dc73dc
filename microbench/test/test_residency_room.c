/*
 * How many slots the experiment residency has, on machines of all sorts, and what it says where a
 * place can't be had.
 */
#include "microbench/residency_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A machine of two nodes, of two cores of two threads each, and a third one of memory only. */
enum { CPUS = 8, NODES = 3, L1 = 32 << 10, L2 = 512 << 10, L3 = 8 << 20 };
static struct topology_cpu cpus[CPUS];
static struct topology_node nodes[NODES];
static unsigned distances[NODES * NODES] = {10, 30, 20, 30, 10, 20, 20, 20, 10};
static int order[CPUS];
static struct topology made_up;
static struct clock_candidate ticking;
static struct clock made_up_clock;
static struct environment there;

static int make_machine(void **state)
{
    (void)state;
    for (int i = 0; i < CPUS; i++) {
        cpus[i] = (struct topology_cpu){.cpu = i,
                                        .allowed = true,
                                        .node = i / 4,
                                        .package = i / 4,
                                        .cluster = -1,
                                        .core = i / 2,
                                        .smt = i % 2,
                                        .cache_bytes = {L1, L2, L3},
                                        .cache_id = {i / 2, i / 2, i / 4, -1},
                                        .cache_cpus = {2, 2, 4},
                                        .line_bytes = 64};
        order[i] = i;
    }
    for (int i = 0; i < NODES; i++)
        nodes[i] =
            (struct topology_node){.node = i, .allowed = true, .bytes = 1 << 30, .cpus = i < 2};
    made_up = (struct topology){.cpus = cpus,
                                .cpu_count = CPUS,
                                .nodes = nodes,
                                .node_count = NODES,
                                .distances = distances,
                                .cache_source = CACHE_TOPOLOGY,
                                .page_bytes = 4096};
    ticking = (struct clock_candidate){.ns_per_tick = 1, .cost_ns = 20, .step_ns = 1};
    made_up_clock = (struct clock){.chosen = &ticking};
    there = (struct environment){
        .topology = &made_up,
        .clock = &made_up_clock,
        .known = {.level_bytes = {L1, L2, L3}, .last_level_bytes = L3, .memory_bytes = 1 << 30},
        .asked = {.cpu = 0, .src_node = NODE_LOCAL, .dst_node = NODE_LOCAL},
        .cpu_order = order,
        .cpu_count = CPUS,
    };
    return 0;
}

static struct room plan(enum residence src, enum residence dst, uint64_t bytes)
{
    struct room room;
    room_plan(&room, &there, src, dst, bytes);
    return room;
}

static void assert_refused(enum residence src, enum residence dst, uint64_t bytes, const char *why)
{
    struct room room = plan(src, dst, bytes);
    if (!strstr(room.reason, why))
        fail_msg("%" PRIu64 " B: \"%s\" is not \"%s\"", bytes, room.reason, why);
}

static void what_lasts_fits_half_of_its_level_and_not_the_one_before(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 64, 1500, 4096, 8192};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t padded = (sizes[i] + 63) / 64 * 64;
        struct room near = plan(AT_L1, AT_L1, sizes[i]);
        assert_string_equal(near.reason, "");
        assert_true((near.src.count + near.dst.count) * padded <= L1 / 2);
        struct room both = plan(AT_L2, AT_L2, sizes[i]), mixed = plan(AT_L2, AT_L1, sizes[i]);
        assert_in_range((both.src.count + both.dst.count) * padded, 3 * L1, L2 / 2);
        assert_in_range(mixed.src.count * padded, 3 * L1, L2 / 2);
        assert_true(mixed.dst.count * 2 * padded <= L1 / 2);
        assert_int_equal(near.copies_max, 0);
        assert_int_equal(both.copies_max, 0);
    }
    assert_refused(AT_L1, AT_L1, 8193, "do not fit half of the L1 (32 KiB)");
    assert_refused(AT_DRAM, AT_L1, 8193, "do not fit half of the L1 (32 KiB)");
    assert_refused(AT_L2, AT_L2, L2 / 4 + 1, "do not fit half of the L2 (512 KiB)");
}

static void slots_used_once_are_enough_for_a_sample(void **state)
{
    (void)state;
    struct room room = plan(AT_DRAM, AT_L1, 64);
    assert_in_range(room.copies_max, 200, 2000);
    assert_int_equal(room.src.count, room.copies_max);
    room = plan(AT_CORE_DIRTY, AT_CORE_CLEAN, 4096);
    assert_true(room.copies_max * 2 * 4096 <= L2 / 2);
    assert_true(room.copies_max > 1);
    assert_refused(AT_CORE_DIRTY, AT_L2, L2 / 2 + 1, "another core's cache");
    ticking.step_ns = 19000; /* samples of 9.5 ms */
    assert_refused(AT_CORE_DIRTY, AT_L1, 64, "this clock needs samples of 9.5 ms");
    assert_refused(AT_L3, AT_L1, 64, "");
    room = plan(AT_DRAM, AT_L1, 64);
    assert_string_equal(room.reason, "");
    assert_true(room.src.count * slots_stride(&room.src) <= (1 << 30) / 32);
    assert_true(room.copies_max > 100000);
}

static void levels_that_are_not_there_are_said(void **state)
{
    (void)state;
    there.known.level_bytes[2] = 0;
    assert_refused(AT_L3, AT_L1, 64, "this CPU has no L3");
    made_up.cache_source = CACHE_MEASURED;
    assert_refused(AT_L1, AT_L3, 64, "the size of the L3 is not known");
    there.known.level_bytes[2] = 3 * L2;
    assert_refused(AT_L3, AT_L1, 64, "the L3 (1.5 MiB) is less than 4 times the L2 (512 KiB)");
    there.known.level_bytes[0] = 0;
    assert_refused(AT_L2, AT_DRAM, 64, "the size of the L1 is not known");
    assert_refused(AT_DRAM, AT_L1, 64, "the size of the L1 is not known");
    for (int i = 0; i < CPUS; i++)
        memset(cpus[i].cache_bytes, 0, sizeof cpus[i].cache_bytes);
    assert_refused(AT_CORE_DIRTY, AT_DRAM, 64, "the caches of CPU 2 are not known");
    assert_string_equal(plan(AT_DRAM, AT_NODE, 64).reason, "");
}

static void the_neighbour_is_the_nearest_whole_core(void **state)
{
    (void)state;
    assert_int_equal(room_neighbour(&there), 2);
    assert_int_equal(plan(AT_L1, AT_CORE_CLEAN, 64).neighbour, 2);
    assert_int_equal(plan(AT_L1, AT_DRAM, 64).neighbour, -1);
    there.asked.cpu = 5;
    assert_int_equal(room_neighbour(&there), 6);
    there.asked.cpu = 0;
    order[1] = 7; /* those that may be used, nearest last */
    order[2] = 3;
    there.cpu_count = 3;
    assert_int_equal(room_neighbour(&there), 3);
    order[1] = 1; /* the other thread of its own core */
    there.cpu_count = 2;
    assert_refused(AT_CORE_DIRTY, AT_L1, 64, "needs a CPU of another core");
    there.cpu_count = 1;
    assert_refused(AT_L1, AT_CORE_CLEAN, 64, "needs a CPU of another core");
}

static void caches_measured_on_one_cpu_serve_for_those_of_its_kind(void **state)
{
    (void)state;
    memset(cpus[2].cache_bytes, 0, sizeof cpus[2].cache_bytes);
    assert_string_equal(plan(AT_CORE_DIRTY, AT_L2, L1 / 2).reason, "");
    assert_refused(AT_CORE_DIRTY, AT_L2, L1 / 2 + 1, "another core's cache (32 KiB)");
    cpus[2].kind = 1;
    assert_refused(AT_CORE_DIRTY, AT_L2, 64, "the caches of CPU 2 are not known");
}

/* An L2 that two cores share is no other core's cache. */
static void a_shared_cache_is_not_another_cores(void **state)
{
    (void)state;
    for (int i = 0; i < CPUS; i++)
        cpus[i].cache_id[1] = i / 4;
    assert_refused(AT_CORE_DIRTY, AT_L2, L1 / 2 + 1, "another core's cache (32 KiB)");
    cpus[2].cache_id[1] = -1; /* not told */
    assert_refused(AT_CORE_DIRTY, AT_L2, L1 / 2 + 1, "another core's cache (32 KiB)");
    assert_string_equal(plan(AT_CORE_DIRTY, AT_L2, L1 / 2).reason, "");
}

static void the_far_node_is_the_nearest_other_one(void **state)
{
    (void)state;
    struct room room = plan(AT_NODE, AT_L1, 64);
    assert_string_equal(room.reason, "");
    assert_int_equal(room.src_node, 2); /* memory only */
    assert_int_equal(room.dst_node, NODE_LOCAL);
    there.asked.cpu = 4;
    assert_int_equal(plan(AT_L1, AT_NODE, 64).dst_node, 2);
    nodes[2].allowed = false;
    assert_int_equal(plan(AT_L1, AT_NODE, 64).dst_node, 0);
    made_up.distances = NULL;
    assert_int_equal(plan(AT_NODE, AT_NODE, 64).src_node, 0);
    nodes[0].bytes = 0;
    assert_refused(AT_NODE, AT_L1, 64, "no other node has memory");
    there.asked.src_node = 0;
    assert_int_equal(plan(AT_NODE, AT_L1, 64).src_node, 0);
    assert_int_equal(plan(AT_DRAM, AT_L1, 64).src_node, 0);
    there.asked.src_node = 1;
    assert_refused(AT_NODE, AT_L1, 64, "node 1, as asked for, is that of CPU 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_lasts_fits_half_of_its_level_and_not_the_one_before,
                               make_machine),
        cmocka_unit_test_setup(slots_used_once_are_enough_for_a_sample, make_machine),
        cmocka_unit_test_setup(levels_that_are_not_there_are_said, make_machine),
        cmocka_unit_test_setup(the_neighbour_is_the_nearest_whole_core, make_machine),
        cmocka_unit_test_setup(caches_measured_on_one_cpu_serve_for_those_of_its_kind,
                               make_machine),
        cmocka_unit_test_setup(a_shared_cache_is_not_another_cores, make_machine),
        cmocka_unit_test_setup(the_far_node_is_the_nearest_other_one, make_machine),
    };
    return cmocka_run_group_tests_name("residency_room", tests, NULL, NULL);
}
