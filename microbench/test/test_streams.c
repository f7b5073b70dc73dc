/*
 * The parts of streams: right work passes, and every kind of wrong copy is found, wherever it
 * happens; queues get CPUs and nodes as their placement wants them. The experiment is run part by
 * part, each member's in turn: half a ring of packets can be done without waiting for the other.
 */
#include "harness/test/engine.h"

#include <errno.h>
#include <stdio.h>

#include "harness/nodes.h"
#include "microbench/streams.h"
#include "microbench/streams_queue.h"
#include "microbench/test/wrong_copies.h"

struct specimen {
    uint64_t queues, size, ring;
    enum streams_placement placement;
    enum streams_feed feed;
};

static const struct specimen specimens[] = {
    {1, 1500, 256, LOCAL, NONE}, {1, 1500, 256, LOCAL, CORE}, {1, 1500, 256, LOCAL, DMA},
    {1, 64, 1, LOCAL, NONE},     {1, 64, 1, LOCAL, CORE},     {1, 65, 7, LOCAL, CORE},
    {1, 9000, 49, LOCAL, DMA},   {2, 100, 64, LOCAL, NONE},   {2, 200, 64, LOCAL, CORE},
    {3, 40, 2, LOCAL, CORE},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct cell plan_cell(const struct specimen *specimen, struct environment *where)
{
    struct cell cell = made_up_cell(benchmark_find("streams"), 0);
    assert_non_null(cell.benchmark);
    assert_int_equal(cell.benchmark->open(where, &fault), 0);
    cell.asked = where->asked;
    cell.point[AXIS_KERNEL_NAME].kernel = kernel_find("copy_libc_memcpy");
    cell.point[AXIS_QUEUES].number = specimen->queues;
    cell.point[AXIS_SIZE].number = specimen->size;
    cell.point[AXIS_RING].number = specimen->ring;
    cell.point[AXIS_PLACEMENT].number = specimen->placement;
    cell.point[AXIS_FEED].number = specimen->feed;
    cell.benchmark->plan(&cell, where);
    return cell;
}

/* A machine of eight CPUs, and the environment of a program on it. */
static struct topology_cpu made_up_cpus[8];
static struct topology made_up;
static int made_up_order[8];

static struct environment make_up(size_t cpus, size_t nodes)
{
    static struct topology_node two[2];
    int first = topology_cpu(&machine, environment.asked.cpu)->node;
    made_up = machine;
    for (int i = 0; i < 8; i++) {
        made_up_cpus[i] =
            (struct topology_cpu){.cpu = i, .allowed = true, .node = nodes == 1 ? first : i % 2};
        made_up_order[i] = i % 4 * 2 + i / 4;
    }
    for (int i = 0; i < 2; i++)
        two[i] =
            (struct topology_node){.node = nodes == 1 ? first : i, .allowed = true, .bytes = 1};
    made_up.cpus = made_up_cpus;
    made_up.cpu_count = 8;
    made_up.nodes = two;
    made_up.node_count = nodes;
    struct environment where = environment;
    where.topology = &made_up;
    where.cpu_order = made_up_order;
    where.cpu_count = cpus;
    where.asked.cpu = 0;
    return where;
}

/* Copies that may be wrong, in the regions or when the proof itself copies. */
static bool proving, wrong_in_region, wrong_in_proof;
static kernel_function *wrong;

static void *copy(void *restrict dst, const void *restrict src, size_t bytes)
{
    return (proving ? wrong_in_proof : wrong_in_region) ? wrong(dst, src, bytes)
                                                        : memcpy(dst, src, bytes);
}

/* Every member's part of so many packets, one after the other. */
static void run_members(struct trial *trial, uint64_t calls)
{
    for (unsigned i = 0; i < trial->cell->members; i++)
        trial->cell->benchmark->run(
            trial, &(struct member){.index = i, .count = trial->cell->members}, calls);
}

/* What verify() says of a visit in which copy() is the kernel. */
static int prove_on(const struct specimen *specimen, struct environment *where)
{
    struct cell cell = plan_cell(specimen, where);
    struct kernel kernel = *cell.kernel;
    kernel.run = copy;
    cell.kernel = &kernel;
    struct trial trial = {.cell = &cell, .environment = where, .function = copy};
    proving = false;
    if (cell.benchmark->prepare(&trial, &fault))
        fail_msg("%s", fault.text);
    for (unsigned i = 0; i < cell.members; i++)
        if (cell.benchmark->enter(&trial, &(struct member){.index = i, .count = cell.members},
                                  &fault))
            fail_msg("%s", fault.text);
    uint64_t calls = specimen->feed == NONE ? specimen->ring : specimen->ring / 2;
    for (unsigned i = 0; i < 5; i++)
        run_members(&trial, calls);
    trial.function = copy_nothing; /* as the engine does to time the loop, last of all */
    run_members(&trial, calls);
    trial.function = copy;
    proving = true;
    int error = cell.benchmark->verify(&trial, &fault);
    cell.benchmark->release(&trial);
    return error;
}

/* The same on a machine of eight CPUs and one node, which needs no more than this one's memory. */
static int prove(const struct specimen *specimen)
{
    struct environment where = make_up(8, 1);
    return prove_on(specimen, &where);
}

static bool can_prove(const struct specimen *specimen)
{
    struct environment where = make_up(8, 1);
    return plan_cell(specimen, &where).skip[0] == '\0';
}

static void right_work_passes(void **state)
{
    (void)state;
    wrong_in_region = wrong_in_proof = false;
    for (size_t i = 0; i < COUNT(specimens); i++)
        if (can_prove(&specimens[i]) && prove(&specimens[i]))
            fail_msg("specimen %zu: %s", i, fault.text);
}

static void wrong_copies_are_found(void **state)
{
    (void)state;
    kernel_function *const kinds[] = {copy_nothing, copy_short, copy_late, copy_shifted};
    for (size_t i = 0; i < COUNT(specimens); i++)
        for (size_t j = 0; can_prove(&specimens[i]) && j < COUNT(kinds); j++) {
            wrong = kinds[j];
            wrong_in_region = false;
            wrong_in_proof = true;
            if (prove(&specimens[i]) != -EILSEQ)
                fail_msg("specimen %zu passes with wrong copy %zu", i, j);
        }
}

/* What a region left undone is found though the proof's own copies are right. */
static void copies_left_out_of_a_region_are_found(void **state)
{
    (void)state;
    wrong = copy_nothing;
    wrong_in_region = true;
    wrong_in_proof = false;
    for (size_t i = 0; i < COUNT(specimens); i++) {
        bool ran = specimens[i].feed == NONE || specimens[i].ring > 2;
        if (ran && can_prove(&specimens[i]) && prove(&specimens[i]) != -EILSEQ)
            fail_msg("specimen %zu passes though its regions copied nothing", i);
    }
}

/* Members' CPUs as text: workers, then devices. */
static const char *cpus_of(const struct cell *cell, const struct environment *where)
{
    static char text[64];
    size_t used = (size_t)snprintf(text, sizeof text, "%d", cell->asked.cpu);
    for (unsigned i = 1; i < cell->members; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, " %d",
                                 cell->benchmark->member_cpu(cell, where, i));
    return text;
}

static void queues_get_the_cpus_they_need(void **state)
{
    (void)state;
    static const struct {
        struct specimen specimen;
        const char *cpus;
        int node;
    } expected[] = {
        {{4, 64, 8, LOCAL, NONE}, "0 2 4 6", NODE_LOCAL},
        {{6, 64, 8, LOCAL, NONE}, "0 2 4 6 1 3", NODE_LOCAL},
        {{2, 64, 8, LOCAL, CORE}, "0 4 2 6", NODE_LOCAL},
        {{4, 64, 8, LOCAL, DMA}, "0 4 1 5 2 6 3 7", NODE_LOCAL},
        {{2, 64, 8, CONSUMER_REMOTE, CORE}, "0 2 1 3", NODE_LOCAL},
        {{4, 64, 8, BOTH_REMOTE, CORE}, "0 2 4 6 1 3 5 7", 1},
        {{2, 64, 8, BUFFER_REMOTE, CORE}, "0 4 2 6", 1},
        {{4, 64, 8, BUFFER_REMOTE, CORE}, "0 4 1 5 2 6 3 7", NODE_MIXED},
        {{1, 64, 8, BUFFER_REMOTE, NONE}, "0", 1},
        {{2, 64, 8, INTERLEAVED, DMA}, "0 4 2 6", NODE_INTERLEAVED},
    };
    bool stores = can_prove(&specimens[2]);
    struct environment where = make_up(8, 2);
    for (size_t i = 0; i < COUNT(expected); i++) {
        if (expected[i].specimen.feed == DMA && !stores)
            continue; /* this CPU has none that are non-temporal */
        struct cell cell = plan_cell(&expected[i].specimen, &where);
        assert_string_equal(cell.skip, "");
        assert_string_equal(cpus_of(&cell, &where), expected[i].cpus);
        assert_int_equal(cell.asked.src_node, expected[i].node);
        assert_int_equal(cell.asked.dst_node, expected[i].node);
        assert_int_equal(cell.payload_bytes, 64 * expected[i].specimen.queues);
    }
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    struct environment where = make_up(4, 2); /* CPUs 0, 2, 4 and 6, all on the first node */
    assert_non_null(
        strstr(plan_cell(&(struct specimen){1, 64, 8, CONSUMER_REMOTE, CORE}, &where).skip,
               "0 queues have CPUs where"));
    assert_non_null(
        strstr(plan_cell(&(struct specimen){1, 64, 8, BUFFER_REMOTE, NONE}, &where).skip,
               "no other node has CPUs"));
    assert_string_equal(plan_cell(&(struct specimen){1, 64, 8, INTERLEAVED, NONE}, &where).skip,
                        "");
    made_up.nodes[1].allowed = false;
    struct cell alone = plan_cell(&(struct specimen){2, 64, 8, INTERLEAVED, CORE}, &where);
    assert_non_null(strstr(alone.skip, "one node"));
    assert_true(alone.point[AXIS_QUEUES].absent);
    assert_int_equal(alone.members, 1);
    where.asked.src_node = 0;
    assert_non_null(strstr(plan_cell(&specimens[0], &where).skip, "--placement"));
    static const struct specimen nothing[] = {
        {0, 64, 8, LOCAL, NONE},          {1, 0, 8, LOCAL, NONE},
        {1, 64, 0, LOCAL, NONE},          {1, UINT64_C(1) << 33, 1, LOCAL, CORE},
        {UINT64_MAX, 64, 1, LOCAL, NONE}, {1, 64, UINT64_MAX, LOCAL, NONE},
    };
    for (size_t i = 0; i < COUNT(nothing); i++)
        assert_string_not_equal(plan_cell(&nothing[i], &environment).skip, "");
    assert_true(plan_cell(&(struct specimen){1, 64, 8, BOTH_REMOTE, NONE}, &environment).outside);
}

static void memory_on_another_node_is_found(void **state)
{
    (void)state;
    if (nodes_of(made_up_order, sizeof made_up_order, machine.page_bytes) == NODE_UNKNOWN)
        skip();
    wrong_in_region = wrong_in_proof = false;
    struct environment where = make_up(8, 1);
    for (int i = 0; i < 8; i++)
        made_up_cpus[i].node = 77;
    int error = prove_on(&specimens[0], &where);
    assert_int_equal(error, -EIO);
    assert_non_null(strstr(fault.text, "node 77 asked for"));
}

/* Half of the ring is in use from the start; what is kept began when all had been twice. */
static void single_copies_are_clocked_when_all_is_warm(void **state)
{
    (void)state;
    enum { RING = 8, BYTES = 64, PASS = 6 };
    static unsigned char received[RING * BYTES], sent[RING * BYTES];
    const struct queue_shape shape = {.bytes = BYTES, .stride = BYTES, .ring = RING};
    const struct queue_work work = {copy_right, true, &machine_clock};
    struct queue *queue = queue_make(&shape, received, sent);
    assert_non_null(queue);
    for (unsigned pass = 1; pass <= 5; pass++) {
        queue_copy_alone(queue, PASS, &work);
        queue_end_clocked(queue);
        unsigned cold = (2 * RING - RING / 2 + PASS - 1) / PASS;
        assert_int_equal(queue->clocked_count, pass > cold ? (pass - cold) * PASS : 0);
    }
    queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_work_passes),
        cmocka_unit_test(single_copies_are_clocked_when_all_is_warm),
        cmocka_unit_test(wrong_copies_are_found),
        cmocka_unit_test(copies_left_out_of_a_region_are_found),
        cmocka_unit_test(queues_get_the_cpus_they_need),
        cmocka_unit_test(what_cannot_be_is_said),
        cmocka_unit_test(memory_on_another_node_is_found),
    };
    return cmocka_run_group_tests_name("streams", tests, engine_open, engine_close);
}
