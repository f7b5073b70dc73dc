/*
 * Cells whose axes are CPUs and nodes, and where their members run.
 */
#include "harness/cells.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

static struct topology_cpu topology_cpus[] = {
    {.cpu = 3, .allowed = true}, {.cpu = 5, .allowed = true}, {.cpu = 7, .node = 2}};
static struct topology_node topology_nodes[] = {{.node = 0, .allowed = true}, {.node = 2}};
static const struct topology topology = {
    .cpus = topology_cpus, .cpu_count = 3, .nodes = topology_nodes, .node_count = 2};
static int cpu_order[] = {3, 5};

static const struct environment environment = {
    .topology = &topology, .cpu_order = cpu_order, .cpu_count = 2};

static struct cells cells;
static struct fault fault;

static int forget(void **state)
{
    (void)state;
    cells_free(&cells);
    return 0;
}

static uint64_t number_at(size_t cell, size_t axis)
{
    return cells.cells[cell].point[axis].number;
}

/* The axes' CPUs are its members'. */
static void pair_plan(struct cell *cell, const struct environment *given)
{
    (void)given;
    cell->asked.cpu = (int)cell->point[0].number;
    cell->members = 2;
}

static int pair_cpu(const struct cell *cell, const struct environment *given, unsigned member)
{
    (void)given;
    assert_int_equal(member, 1);
    return (int)cell->point[1].number;
}

static const struct axis pair_axes[] = {
    {"from", "1", "", AXIS_CPU, NULL, 0, {"all", "all"}},
    {"to", "1", "", AXIS_CPU, NULL, 0, {"all", "all"}},
    {"node", "1", "", AXIS_NODE, NULL, 0, {"all", "all"}},
    {"home", "1", "", AXIS_CPU_NODE, NULL, 0, {"all", "all"}},
};
static const struct benchmark pair = {
    .name = "pair", .axes = pair_axes, .axis_count = 4, .plan = pair_plan, .member_cpu = pair_cpu};

static int add_pair(const char *axis, const char *text)
{
    struct axis_choice choice = {axis, text};
    return cells_add(&cells, &pair, PROFILE_QUICK, &choice, 1, &environment, &fault);
}

static void all_are_those_that_may_be_used(void **state)
{
    (void)state;
    assert_int_equal(add_pair("node", "all"), 0);
    assert_int_equal(cells.count, 4);
    assert_int_equal(number_at(1, 0), 3);
    assert_int_equal(number_at(1, 1), 5);
    assert_int_equal(number_at(3, 2), 0);
    assert_string_equal(cells.cells[1].skip, "");
    assert_int_equal(cell_cpu(&cells.cells[1], &environment, 0), 3);
    assert_int_equal(cell_cpu(&cells.cells[1], &environment, 1), 5);
    assert_string_equal(cells.cells[0].skip,
                        "two members would share CPU 3, which would measure the scheduler");
}

/* Whose CPUs may be used is one thing, whose memory another. */
static void nodes_of_cpus_are_those_that_have_some(void **state)
{
    (void)state;
    assert_int_equal(add_pair("home", "all"), 0);
    assert_int_equal(cells.count, 4);
    for (size_t i = 0; i < cells.count; i++)
        assert_int_equal(number_at(i, 3), 0);
    cells_free(&cells);
    topology_cpus[2].allowed = true;
    assert_int_equal(add_pair("home", "all"), 0);
    topology_cpus[2].allowed = false;
    assert_int_equal(cells.count, 18);
    assert_int_equal(number_at(1, 3), 2);
    cells_free(&cells);
    assert_int_equal(add_pair("home", "1-2"), 0);
    assert_int_equal(cells.count, 8);
    char text[16];
    cell_value_text(&cells.cells[0], 3, text, sizeof text);
    assert_string_equal(text, "1");
}

static void what_is_not_there_is_a_row(void **state)
{
    (void)state;
    assert_int_equal(add_pair("to", "5,7-9"), 0);
    assert_int_equal(cells.count, 8);
    assert_string_equal(cells.cells[1].skip,
                        "CPU 7 may not be used by this process; 3,5 may be used");
    assert_string_equal(cells.cells[2].skip, "CPU 8 is offline or does not exist; 3,5 may be used");
    assert_int_equal(number_at(3, 1), 9);
}

static void no_number_of_a_cpu_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {"",   "-1",    "1-", "-",   "4-2",    "a",
                                         "1,", "all,1", "1 ", "0x1", "123456", "1-2-3"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        fault.text[0] = '\0';
        if (add_pair("from", broken[i]) != -EINVAL || !strstr(fault.text, "--from takes"))
            fail_msg("'%s' was taken: %s", broken[i], fault.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(all_are_those_that_may_be_used, forget),
        cmocka_unit_test_teardown(nodes_of_cpus_are_those_that_have_some, forget),
        cmocka_unit_test_teardown(what_is_not_there_is_a_row, forget),
        cmocka_unit_test_teardown(no_number_of_a_cpu_is_refused, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
