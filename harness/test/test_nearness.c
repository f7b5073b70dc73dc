/*
 * What two CPUs share, on a made-up machine: two packages, of which the first has two nodes, each
 * of two L3 caches, each of two clusters, each of two L2 caches, each of two cores, of two threads.
 */
#include "harness/nearness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { CPUS = 128 };

static struct topology_cpu cpus[CPUS];
static const struct topology topology = {.cpus = cpus, .cpu_count = CPUS};

static void make_machine(void)
{
    for (int i = 0; i < CPUS; i++) {
        struct topology_cpu *cpu = &cpus[i];
        cpu->cpu = i;
        cpu->core = i / 2;
        cpu->cache_id[1] = i / 4;
        cpu->cluster = i / 8;
        cpu->cache_id[2] = i / 16;
        cpu->node = i / 32 < 2 ? i / 32 : 2;
        cpu->package = i / 64;
    }
}

static void the_innermost_that_is_shared_counts(void **state)
{
    (void)state;
    static const struct {
        int other;
        enum nearness nearness;
    } expected[] = {{0, NEAR_CPU},      {1, NEAR_CORE},     {2, NEAR_L2},
                    {4, NEAR_CLUSTER},  {8, NEAR_L3},       {16, NEAR_NODE},
                    {32, NEAR_PACKAGE}, {64, NEAR_MACHINE}, {127, NEAR_MACHINE}};
    make_machine();
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(nearness_of(&topology, 0, expected[i].other), expected[i].nearness);
        assert_int_equal(nearness_of(&topology, expected[i].other, 0), expected[i].nearness);
    }
}

static void what_is_unknown_is_not_shared(void **state)
{
    (void)state;
    make_machine();
    for (int i = 0; i < 2; i++) {
        cpus[i].core = cpus[i].package = cpus[i].cluster = -1;
        for (size_t level = 0; level < TOPOLOGY_LEVELS; level++)
            cpus[i].cache_id[level] = -1;
    }
    assert_int_equal(nearness_of(&topology, 0, 1), NEAR_NODE);
    assert_string_equal(nearness_names[NEAR_NODE], "node");
    assert_string_equal(nearness_names[NEAR_MACHINE], "machine");
    assert_null(nearness_names[NEARNESSES]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_innermost_that_is_shared_counts),
        cmocka_unit_test(what_is_unknown_is_not_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
