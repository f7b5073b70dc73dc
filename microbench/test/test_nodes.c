/*
 * The parts of nodes: the chain, its proof and that of the copy, and where cells are planned to be
 * on machines that are made up.
 */
#include "harness/test/engine.h"

#include <errno.h>
#include <stdlib.h>

#include "microbench/nodes_chase.h"
#include "microbench/test/wrong_copies.h"

enum { CPU_NODE, SRC_NODE, DST_NODE, WORK, SIZE, KERNEL };
enum { COPY, CHASE };

static unsigned char *set; /* CHASE_BYTES, aligned to a page */

static int open_chain(void **state)
{
    (void)state;
    set = aligned_alloc(4096, CHASE_BYTES);
    return set ? 0 : -1;
}

static int close_chain(void **state)
{
    (void)state;
    free(set);
    return 0;
}

static void the_chain_is_one_circle(void **state)
{
    (void)state;
    struct nodes_chase chase;
    assert_int_equal(nodes_chase_open(&chase, set, 7, &fault), 0);
    static bool seen[CHASE_LOADS];
    memset(seen, 0, sizeof seen);
    unsigned char *at = chase.at;
    for (size_t i = 0; i < CHASE_LOADS; i++, at = *(void **)(void *)at) {
        size_t offset = (size_t)(at - set);
        assert_true(offset < CHASE_BYTES && offset % CHASE_STRIDE_BYTES == 0);
        assert_false(seen[offset / CHASE_STRIDE_BYTES]);
        seen[offset / CHASE_STRIDE_BYTES] = true;
    }
    assert_ptr_equal(at, chase.at);
    nodes_chase_close(&chase);
}

/* Neighbours in the chain are neighbours in memory as seldom as chance has it: once or so. */
static void nothing_can_be_fetched_ahead(void **state)
{
    (void)state;
    struct nodes_chase chase;
    assert_int_equal(nodes_chase_open(&chase, set, 7, &fault), 0);
    unsigned near = 0;
    for (size_t i = 0; i + 1 < CHASE_LOADS; i++)
        near += chase.order[i] + 1 == chase.order[i + 1];
    assert_in_range(near, 0, 12);
    nodes_chase_close(&chase);
}

static void a_walk_is_proven(void **state)
{
    (void)state;
    struct nodes_chase chase;
    assert_int_equal(nodes_chase_open(&chase, set, 1, &fault), 0);
    assert_int_equal(nodes_chase_verify(&chase, &fault), 0);
    nodes_chase_walk(&chase, CACHE_CHASE_UNROLLED);
    nodes_chase_walk(&chase, 2 * CHASE_LOADS);
    nodes_chase_walk(&chase, CHASE_LOADS - 2 * CACHE_CHASE_UNROLLED);
    assert_int_equal(chase.done, 3 * CHASE_LOADS - CACHE_CHASE_UNROLLED);
    assert_int_equal(nodes_chase_verify(&chase, &fault), 0);
    /* Broken: a load left out, and a link that leads elsewhere. */
    void *right = chase.at;
    chase.at = *(void **)chase.at;
    assert_int_equal(nodes_chase_verify(&chase, &fault), -EILSEQ);
    chase.at = right;
    void **link = right;
    *link = link;
    nodes_chase_walk(&chase, CACHE_CHASE_UNROLLED);
    assert_int_equal(nodes_chase_verify(&chase, &fault), -EILSEQ);
    nodes_chase_close(&chase);
}

/* Evicted anew as soon as loads would come to lines that were loaded before. */
static void no_line_is_loaded_twice(void **state)
{
    (void)state;
    struct nodes_chase chase;
    assert_int_equal(nodes_chase_open(&chase, set, 1, &fault), 0);
    assert_int_equal(nodes_chase_evict(&chase, CHASE_LOADS - 8, &machine, &fault), 0);
    assert_int_equal(chase.cold, 8);
    assert_int_equal(nodes_chase_evict(&chase, 8, &machine, &fault), 0);
    assert_int_equal(chase.cold, 0);
    assert_int_equal(nodes_chase_evict(&chase, 16, &machine, &fault), 0);
    assert_int_equal(chase.cold, CHASE_LOADS - 16);
    assert_int_equal(nodes_chase_verify(&chase, &fault), 0);
    nodes_chase_close(&chase);
}

/*
 * Nodes 0 and 2 have a core of two threads each, of which the first thread of node 2 is its second
 * CPU; the CPU of node 3 may not be used, node 4 is memory only, the memory of node 5 not allowed.
 */
static struct topology_cpu cpus[] = {
    {.cpu = 0, .allowed = true, .node = 0},
    {.cpu = 1, .allowed = true, .node = 0, .smt = 1},
    {.cpu = 6, .allowed = true, .node = 2, .smt = 1},
    {.cpu = 7, .allowed = true, .node = 2},
    {.cpu = 8, .allowed = false, .node = 3},
};
static struct topology_node nodes[] = {
    {.node = 0, .allowed = true, .bytes = 1 << 30, .cpus = 2},
    {.node = 2, .allowed = true, .bytes = 1 << 30, .cpus = 2},
    {.node = 3, .allowed = true, .bytes = 1 << 30, .cpus = 1},
    {.node = 4, .allowed = true, .bytes = 1 << 30},
    {.node = 5, .allowed = false, .bytes = 1 << 30},
    {.node = 6, .allowed = true},
};
static const struct topology made_up = {
    .cpus = cpus, .cpu_count = 5, .nodes = nodes, .node_count = 6};

static struct cell plan(int cpu, uint64_t cpu_node, uint64_t src, uint64_t dst, uint64_t work)
{
    struct environment there = environment;
    there.topology = &made_up;
    there.asked.cpu = cpu;
    struct cell cell = made_up_cell(benchmark_find("nodes"), 0);
    cell.asked = there.asked;
    cell.point[CPU_NODE].number = cpu_node;
    cell.point[SRC_NODE].number = src;
    cell.point[DST_NODE].number = dst;
    cell.point[WORK].number = work;
    cell.point[SIZE].number = 10000;
    cell.point[KERNEL].kernel = kernel_find("copy_libc_memcpy");
    cell.benchmark->plan(&cell, &there);
    return cell;
}

static void cells_are_where_they_are_asked_to_be(void **state)
{
    (void)state;
    struct cell cell = plan(1, 0, 4, 2, COPY);
    assert_string_equal(cell.skip, "");
    assert_int_equal(cell.asked.cpu, 1); /* the user's */
    assert_int_equal(cell.asked.src_node, 4);
    assert_int_equal(cell.asked.dst_node, 2);
    assert_int_equal(cell.payload_bytes, 10000);
    cell = plan(1, 2, 0, 0, COPY);
    assert_int_equal(cell.asked.cpu, 7); /* a core's first thread */
    cell = plan(6, 0, 0, 0, COPY);
    assert_int_equal(cell.asked.cpu, 0);
}

static void a_chase_has_neither_size_nor_destination(void **state)
{
    (void)state;
    const struct cell cell = plan(0, 2, 4, 999, CHASE);
    assert_string_equal(cell.skip, "");
    assert_true(cell.point[DST_NODE].absent && cell.point[SIZE].absent);
    assert_true(cell.point[KERNEL].absent);
    assert_null(cell.kernel);
    assert_int_equal(cell.asked.cpu, 7);
    assert_int_equal(cell.asked.src_node, 4);
    assert_int_equal(cell.asked.dst_node, NODE_LOCAL);
    assert_int_equal(cell.payload_bytes, 0);
    assert_int_equal(cell.calls_max, CHASE_LOADS);
    assert_int_equal(cell.calls_max % cell.calls_step, 0);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    static const struct {
        uint64_t cpu, src, dst;
        const char *words;
    } wrong[] = {
        {1, 0, 0, "this machine has no node 1"},
        {UINT64_C(1) << 32, 0, 0, "this machine has no node 4294967296"},
        {3, 0, 0, "node 3 has CPUs, but none that this process may use"},
        {4, 0, 0, "node 4 has memory only, no CPU"},
        {0, 1, 0, "this machine has no node 1"},
        {0, 5, 0, "may not use memory of node 5"},
        {0, 0, 5, "may not use memory of node 5"},
        {0, 6, 0, "node 6 has no memory"},
        {0, 0, UINT64_C(1) << 32, "this machine has no node 4294967296"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct cell cell = plan(0, wrong[i].cpu, wrong[i].src, wrong[i].dst, COPY);
        if (!strstr(cell.skip, wrong[i].words))
            fail_msg("'%s' instead of '%s'", cell.skip, wrong[i].words);
    }
}

/* What verify() says on this machine's first node after a few regions. */
static int prove(uint64_t work, kernel_function *function)
{
    struct cell cell = made_up_cell(benchmark_find("nodes"), 0);
    uint64_t node = (uint64_t)machine.nodes[0].node;
    cell.point[CPU_NODE].number = cell.point[SRC_NODE].number = cell.point[DST_NODE].number = node;
    cell.point[WORK].number = work;
    cell.point[SIZE].number = 100000;
    cell.point[KERNEL].kernel = kernel_find("copy_libc_memcpy");
    cell.benchmark->plan(&cell, &environment);
    struct trial trial = {
        .cell = &cell, .environment = &environment, .function = function, .seed = 5};
    struct member member = {.count = 1};
    if (cell.skip[0] || cell.benchmark->prepare(&trial, &fault))
        return -ENOTSUP;
    assert_true(trial.got.src_node == (int)node || trial.got.src_node == NODE_UNKNOWN);
    int error = 0;
    for (uint64_t calls = 8; !error && calls < 80; calls += 8) {
        error = cell.benchmark->restore(&trial, calls, &fault);
        cell.benchmark->run(&trial, &member, calls);
    }
    if (!error)
        error = cell.benchmark->verify(&trial, &fault);
    cell.benchmark->release(&trial);
    return error;
}

static void right_work_passes_and_wrong_copies_are_found(void **state)
{
    (void)state;
    int chased = prove(CHASE, NULL);
    if (chased == -ENOTSUP)
        skip(); /* memory of that node is not to be had */
    assert_int_equal(chased, 0);
    assert_int_equal(prove(COPY, kernel_find("copy_libc_memcpy")->run), 0);
    assert_int_equal(prove(COPY, copy_nothing), -EILSEQ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_chain_is_one_circle, open_chain, close_chain),
        cmocka_unit_test_setup_teardown(nothing_can_be_fetched_ahead, open_chain, close_chain),
        cmocka_unit_test_setup_teardown(a_walk_is_proven, open_chain, close_chain),
        cmocka_unit_test_setup_teardown(no_line_is_loaded_twice, open_chain, close_chain),
        cmocka_unit_test(cells_are_where_they_are_asked_to_be),
        cmocka_unit_test(a_chase_has_neither_size_nor_destination),
        cmocka_unit_test(what_cannot_be_is_said),
        cmocka_unit_test(right_work_passes_and_wrong_copies_are_found),
    };
    return cmocka_run_group_tests_name("nodes", tests, engine_open, engine_close);
}
