/*
 * Rows of /proc/interrupts, as made-up files tell them.
 */
#include "harness/test/tree.h"

#include "harness/interrupts.h"

static struct topology_cpu cpus[] = {{.cpu = 0}, {.cpu = 1}, {.cpu = 10}};
static const struct topology topology = {.cpus = cpus, .cpu_count = 3};

static bool is_any(const struct topology_cpu *cpu, const void *argument)
{
    (void)cpu;
    (void)argument;
    return true;
}

static bool is_number(const struct topology_cpu *cpu, const void *argument)
{
    return cpu->cpu == *(const int *)argument;
}

static void counts_are_those_of_the_row_and_the_cpus(void **state)
{
    (void)state;
    /* Wide counts touch their neighbours' columns; CPUs that are offline have none. */
    tree_write("/proc/interrupts",
               "            CPU0       CPU1       CPU10      CPU11\n"
               "   1:          9          9          9          9  timer\n"
               " TLBX:         7          7          7          7\n"
               " TLB:         10 4000000000       5000          1   shootdowns\n"
               " ERR:          3\n");
    uint64_t taken = 1;
    assert_true(interrupts_taken("TLB", &topology, is_any, NULL, &taken));
    assert_true(taken == UINT64_C(4000005010));
    for (int cpu = 9; cpu < 12; cpu++) {
        assert_true(interrupts_taken("TLB", &topology, is_number, &cpu, &taken));
        assert_int_equal(taken, cpu == 10 ? 5000 : 0);
    }
    assert_true(interrupts_taken("ERR", &topology, is_any, NULL, &taken));
    assert_int_equal(taken, 3);
}

static void what_is_not_there_is_unknown(void **state)
{
    (void)state;
    uint64_t taken = 42;
    assert_false(interrupts_taken("TLB", &topology, is_any, NULL, &taken));
    tree_write("/proc/interrupts", "");
    assert_false(interrupts_taken("TLB", &topology, is_any, NULL, &taken));
    tree_write("/proc/interrupts",
               "      CPU0       CPU1\nIPI0:   1  2  Rescheduling interrupts\n");
    assert_false(interrupts_taken("TLB", &topology, is_any, NULL, &taken));
    assert_int_equal(taken, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_are_those_of_the_row_and_the_cpus, tree_make,
                                        tree_remove),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_unknown, tree_make, tree_remove),
    };
    return cmocka_run_group_tests_name("interrupts", tests, NULL, NULL);
}
