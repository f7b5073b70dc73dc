/*
 * From axes and options to cells, for experiments and a machine made up here.
 */
#include "harness/cells.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

KERNEL_FUNCTION(copy_made_up_plain)
{
    (void)src;
    (void)bytes;
    return dst;
}
KERNEL(copy_made_up_plain, KERNEL_COPY, "", 1, 1, "usable everywhere");

KERNEL_FUNCTION(copy_made_up_rare)
{
    (void)src;
    (void)bytes;
    return dst;
}
KERNEL(copy_made_up_rare, KERNEL_COPY, "imaginary", 1, 1, "usable nowhere");

KERNEL_FOREIGN(fill_made_up, copy_made_up_plain, KERNEL_FILL, "another operation");

static struct topology_cpu topology_cpus[] = {{.cpu = 3, .allowed = true},
                                              {.cpu = 5, .allowed = true}};
static const struct topology topology = {.cpus = topology_cpus, .cpu_count = 2};
static int cpu_order[] = {3, 5};

static const struct environment environment = {
    .topology = &topology,
    .cpu_order = cpu_order,
    .known = {.level_bytes = {32768}, .last_level_bytes = 32768, .memory_bytes = 1 << 20},
    .asked = {.cpu = 3, .src_node = NODE_LOCAL, .dst_node = 0, .src_offset = 16},
    .cpu_count = 2,
};

enum { AXIS_KERNEL_NAME, AXIS_SIZE, AXIS_MEMBERS, AXIS_MODE };
enum { MODE_PLAIN, MODE_OUTSIDE, MODE_REFUSED, MODE_SIZELESS, MODE_SMALL };
static const char *const modes[] = {"plain", "outside", "refused", "sizeless", "small", NULL};

static const struct axis axes[] = {
    {"kernel",
     "",
     "",
     AXIS_KERNEL,
     NULL,
     1u << KERNEL_COPY,
     {"copy_made_up_plain", "copy_made_up_*,copy_of_another_isa,copy_of_others_*"}},
    {"size", "bytes", "", AXIS_BYTES, NULL, 0, {"64,L1", "1..8"}},
    {"members", "1", "", AXIS_COUNT, NULL, 0, {"1", "none,1,2"}},
    {"mode", "", "", AXIS_WORD, modes, 0, {"plain", "plain"}},
};

static void made_up_plan(struct cell *cell, const struct environment *given)
{
    assert_ptr_equal(given, &environment);
    assert_memory_equal(&cell->asked, &environment.asked, sizeof cell->asked);
    assert_int_equal(cell->region, REGION_THREAD);
    assert_int_equal(cell->members, 1);
    cell->kernel = cell->point[AXIS_KERNEL_NAME].kernel;
    cell->memory_bytes = cell->point[AXIS_SIZE].number;
    if (!cell->point[AXIS_MEMBERS].absent)
        cell->members = (unsigned)cell->point[AXIS_MEMBERS].number;
    cell->outside = cell->point[AXIS_MODE].number == MODE_OUTSIDE;
    if (cell->point[AXIS_MODE].number == MODE_REFUSED)
        snprintf(cell->skip, sizeof cell->skip, "the experiment says so");
    if (cell->point[AXIS_MODE].number == MODE_SIZELESS)
        cell->point[AXIS_SIZE] = (struct value){.absent = true};
    if (cell->point[AXIS_MODE].number == MODE_SMALL)
        cell->point[AXIS_SIZE].number = 64;
}

static const struct benchmark made_up = {
    .name = "made_up", .axes = axes, .axis_count = 4, .plan = made_up_plan};

static struct cells cells;
static struct fault fault;

static int forget(void **state)
{
    (void)state;
    cells_free(&cells);
    assert_null(cells.cells);
    assert_int_equal(cells.count, 0);
    return 0;
}

/* Adds cells by that choice; NULL: none. */
static int add(enum profile profile, const char *axis, const char *text)
{
    struct axis_choice choice = {axis, text};
    return cells_add(&cells, &made_up, profile, &choice, axis != NULL, &environment, &fault);
}

static void add_fine(enum profile profile, const char *axis, const char *text)
{
    if (add(profile, axis, text))
        fail_msg("%s", fault.text);
}

static uint64_t number_at(size_t cell, size_t axis)
{
    return cells.cells[cell].point[axis].number;
}

static const char *kernel_at_cell(size_t cell)
{
    return cells.cells[cell].point[AXIS_KERNEL_NAME].kernel->name;
}

static void the_default_range_is_the_profiles(void **state)
{
    (void)state;
    add_fine(PROFILE_QUICK, NULL, NULL);
    assert_int_equal(cells.count, 2);
    assert_int_equal(number_at(0, AXIS_SIZE), 64);
    assert_int_equal(number_at(1, AXIS_SIZE), 32768);
    assert_ptr_equal(cells.cells[0].benchmark, &made_up);
    assert_string_equal(cells.cells[0].kernel->name, "copy_made_up_plain");
}

static void points_are_the_cross_product(void **state)
{
    (void)state;
    /* Kernels of other ISAs in a default range are no error; the rare one is left out. */
    add_fine(PROFILE_FULL, NULL, NULL);
    assert_int_equal(cells.count, 4 * 3);
    for (size_t i = 0; i < cells.count; i++) {
        assert_int_equal(cells.cells[i].number, i);
        assert_string_equal(kernel_at_cell(i), "copy_made_up_plain");
        assert_int_equal(number_at(i, AXIS_SIZE), 1 << i / 3);
        assert_int_equal(cells.cells[i].point[AXIS_MEMBERS].absent, i % 3 == 0);
        assert_int_equal(number_at(i, AXIS_MEMBERS), i % 3);
        assert_string_equal(cells.cells[i].skip, "");
    }
}

/* What follows a semicolon is varied one axis at a time. */
static void a_semicolon_keeps_the_product_small(void **state)
{
    (void)state;
    static const struct axis_choice choices[] = {
        {"size", "64;8,64,16"}, {"members", "1;none,2"}, {"mode", "plain,refused"}};
    static const struct {
        uint64_t size, members;
        bool absent;
    } wanted[] = {{64, 1, false}, {64, 0, true}, {64, 2, false}, {8, 1, false}, {16, 1, false}};
    assert_int_equal(cells_add(&cells, &made_up, PROFILE_FULL, choices, 3, &environment, &fault),
                     0);
    assert_int_equal(cells.count, 5 * 2);
    for (size_t i = 0; i < cells.count; i++) {
        assert_int_equal(cells.cells[i].number, i);
        assert_int_equal(number_at(i, AXIS_SIZE), wanted[i / 2].size);
        assert_int_equal(number_at(i, AXIS_MEMBERS), wanted[i / 2].members);
        assert_int_equal(cells.cells[i].point[AXIS_MEMBERS].absent, wanted[i / 2].absent);
        assert_int_equal(number_at(i, AXIS_MODE), i % 2 ? MODE_REFUSED : MODE_PLAIN);
    }
}

static void the_last_choice_overrides(void **state)
{
    (void)state;
    static const struct axis_choice choices[] = {
        {"size", "5"}, {"elsewhere", "x"}, {"size", "7,9"}};
    assert_int_equal(cells_add(&cells, &made_up, PROFILE_QUICK, choices, 3, &environment, &fault),
                     0);
    assert_int_equal(cells.count, 2);
    assert_int_equal(number_at(0, AXIS_SIZE), 7);
    assert_int_equal(number_at(1, AXIS_SIZE), 9);
}

static void each_experiment_counts_its_own_cells(void **state)
{
    (void)state;
    add_fine(PROFILE_QUICK, NULL, NULL);
    add_fine(PROFILE_QUICK, "size", "1,2,3");
    assert_int_equal(cells.count, 5);
    assert_int_equal(cells.cells[2].number, 0);
    assert_int_equal(cells.cells[4].number, 2);
}

static void a_kernel_is_taken_once(void **state)
{
    (void)state;
    add_fine(PROFILE_QUICK, "kernel", "copy_made_up_plain,copy_made_up_*,copy_made_up_plai?");
    assert_int_equal(cells.count, 2);
    add_fine(PROFILE_QUICK, "kernel", "copy_made_up_plain,copy_byte_forward");
    assert_int_equal(cells.count, 2 + 4);
    assert_string_equal(kernel_at_cell(2), "copy_made_up_plain");
    assert_string_equal(kernel_at_cell(5), "copy_byte_forward");
}

static void an_unknown_kernel_is_an_error(void **state)
{
    (void)state;
    static const char *const unknown[] = {"copy_made_up_plan", "copy_zz*", "fill_made_up", "",
                                          "copy_made_up_plain,nothing"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_int_equal(add(PROFILE_QUICK, "kernel", unknown[i]), -EINVAL);
        assert_non_null(strstr(fault.text, "copy_byte_forward"));
        assert_null(strstr(fault.text, " fill_"));
        assert_int_equal(cells.count, 0);
    }
    assert_non_null(strstr(fault.text, "'nothing'"));
}

static void a_missing_feature_skips_who_was_named(void **state)
{
    (void)state;
    add_fine(PROFILE_QUICK, "kernel", "copy_made_up_rar?");
    assert_int_equal(cells.count, 0);
    add_fine(PROFILE_QUICK, "kernel", "copy_made_up_rare");
    assert_int_equal(cells.count, 2);
    assert_string_equal(cells.cells[0].skip,
                        "this CPU lacks imaginary, which copy_made_up_rare needs");
}

static void points_outside_vanish(void **state)
{
    (void)state;
    add_fine(PROFILE_QUICK, "mode", "outside,plain");
    assert_int_equal(cells.count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(cells.cells[i].number, i);
    assert_int_equal(number_at(1, AXIS_MODE), MODE_PLAIN);
    add_fine(PROFILE_QUICK, "mode", "outside");
    assert_int_equal(cells.count, 2);
}

static void points_that_the_experiment_makes_equal_are_one(void **state)
{
    (void)state;
    add_fine(PROFILE_QUICK, "mode", "plain,sizeless");
    assert_int_equal(cells.count, 2 + 1);
    assert_true(cells.cells[1].point[AXIS_SIZE].absent);
    assert_int_equal(number_at(1, AXIS_MODE), MODE_SIZELESS);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(cells.cells[i].number, i);
    /* Those of an earlier choice are another matter. */
    add_fine(PROFILE_QUICK, "mode", "sizeless");
    assert_int_equal(cells.count, 3 + 1);
}

static void whichever_of_equal_points_is_drawn_first_is_the_one(void **state)
{
    (void)state;
    static const char *const orders[] = {"64,L1", "L1,64"};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct axis_choice choices[] = {{"size", orders[i]}, {"mode", "small"}};
        assert_int_equal(
            cells_add(&cells, &made_up, PROFILE_QUICK, choices, 2, &environment, &fault), 0);
        assert_int_equal(cells.count, i + 1);
        assert_int_equal(number_at(i, AXIS_SIZE), 64);
    }
}

static void what_cannot_be_measured_here_is_skipped(void **state)
{
    (void)state;
    add_fine(PROFILE_QUICK, "size", "256Ki,262145");
    assert_string_equal(cells.cells[0].skip, "");
    assert_string_equal(cells.cells[1].skip,
                        "needs 262145 B, more than a quarter of the memory (1 MiB)");
    add_fine(PROFILE_QUICK, "members", "2,3");
    assert_string_equal(cells.cells[2].skip, "");
    assert_string_equal(cells.cells[3].skip, "needs 3 CPUs, and 2 may be used");
    add_fine(PROFILE_QUICK, "mode", "refused");
    assert_string_equal(cells.cells[6].skip, "the experiment says so");
}

static void wrong_values_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *axis, *text, *told;
    } wrong[] = {
        {"size", "none", "--size='none'"},
        {"size", "64K", "Ki, Mi or Gi"},
        {"members", "one", "--members='one'"},
        {"members", "1,none", "at 'none'"},
        {"members", "none,", "a number"},
        {"mode", "plane", "--mode takes plain, outside, refused, sizeless, small, not 'plane'"},
        {"mode", "plain,", "not ''"},
        {"mode", "plain;plane", "not 'plane'"},
        {"size", "64;", "--size"},
        {"size", "1;2;3", "--size"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(add(PROFILE_QUICK, wrong[i].axis, wrong[i].text), -EINVAL);
        if (!strstr(fault.text, wrong[i].told))
            fail_msg("--%s=%s told only: %s", wrong[i].axis, wrong[i].text, fault.text);
        assert_int_equal(cells.count, 0);
    }
}

static void unknown_sizes_are_counted(void **state)
{
    (void)state;
    add_fine(PROFILE_QUICK, "size", "L2,64,L3*2");
    assert_int_equal(cells.count, 1);
    assert_int_equal(cells.unknown, 2);
    add_fine(PROFILE_QUICK, "size", "L2");
    assert_int_equal(cells.count, 1);
    assert_int_equal(cells.unknown, 3);
}

static void values_are_shown_to_people(void **state)
{
    (void)state;
    static const char *const wanted[][4] = {{"copy_made_up_plain", "1.5 KiB", "-", "refused"},
                                            {"copy_made_up_plain", "1.5 KiB", "2", "refused"}};
    static const struct axis_choice choices[] = {
        {"size", "1536"}, {"members", "none,2"}, {"mode", "refused"}};
    assert_int_equal(cells_add(&cells, &made_up, PROFILE_QUICK, choices, 3, &environment, &fault),
                     0);
    for (size_t i = 0; i < 2; i++)
        for (size_t axis = 0; axis < 4; axis++) {
            char text[64];
            cell_value_text(&cells.cells[i], axis, text, sizeof text);
            assert_string_equal(text, wanted[i][axis]);
        }
}

static void nothing_plan(struct cell *cell, const struct environment *given)
{
    (void)cell;
    (void)given;
}

/* Their number is a multiple of 2^64, which no product in 64 bits tells from none at all. */
static void more_cells_than_memory_are_refused(void **state)
{
    (void)state;
    static const struct axis wide[] = {
        {"a", "1", "", AXIS_COUNT, NULL, 0, {"1..65536+1", "1"}},
        {"b", "1", "", AXIS_COUNT, NULL, 0, {"1..65536+1", "1"}},
        {"c", "1", "", AXIS_COUNT, NULL, 0, {"1..65536+1", "1"}},
        {"d", "1", "", AXIS_COUNT, NULL, 0, {"1..65536+1", "1"}},
    };
    struct benchmark many = {.name = "many", .axes = wide, .axis_count = 4};
    assert_int_equal(cells_add(&cells, &many, PROFILE_QUICK, NULL, 0, &environment, &fault),
                     -EINVAL);
    assert_non_null(strstr(fault.text, "many"));
    assert_int_equal(cells.count, 0);
    many.axis_count = 2;
    many.plan = nothing_plan;
    const struct axis_choice shorter = {"b", "1..8+1"}; /* 2^19 points */
    assert_int_equal(cells_add(&cells, &many, PROFILE_QUICK, &shorter, 1, &environment, &fault),
                     -ENOMEM);
    assert_int_equal(cells.count, 1 << 18);
}

#define WITH_CELLS(test) cmocka_unit_test_teardown(test, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CELLS(the_default_range_is_the_profiles),
        WITH_CELLS(points_are_the_cross_product),
        WITH_CELLS(a_semicolon_keeps_the_product_small),
        WITH_CELLS(the_last_choice_overrides),
        WITH_CELLS(each_experiment_counts_its_own_cells),
        WITH_CELLS(a_kernel_is_taken_once),
        WITH_CELLS(an_unknown_kernel_is_an_error),
        WITH_CELLS(a_missing_feature_skips_who_was_named),
        WITH_CELLS(points_outside_vanish),
        WITH_CELLS(points_that_the_experiment_makes_equal_are_one),
        WITH_CELLS(whichever_of_equal_points_is_drawn_first_is_the_one),
        WITH_CELLS(what_cannot_be_measured_here_is_skipped),
        WITH_CELLS(wrong_values_are_refused),
        WITH_CELLS(unknown_sizes_are_counted),
        WITH_CELLS(values_are_shown_to_people),
        WITH_CELLS(more_cells_than_memory_are_refused),
    };
    return cmocka_run_group_tests_name("cells", tests, NULL, NULL);
}
