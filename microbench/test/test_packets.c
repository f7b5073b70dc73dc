/*
 * The proofs of alloc and batch: right work passes, and every kind of wrong copy is found. The
 * experiments are run part by part, as a launch does.
 */
#include "harness/test/engine.h"

#include <errno.h>

#include "harness/buffers.h"
#include "microbench/test/wrong_copies.h"

struct specimen {
    const char *benchmark;
    uint64_t point[AXES_MAX]; /* of the axes beyond the kernel */
};

static const struct specimen copying[] = {
    {"alloc", {0, 1, 1500, 64, 0}}, {"alloc", {0, 2, 1500, 64, 0}}, {"alloc", {0, 3, 1500, 64, 0}},
    {"alloc", {0, 1, 65, 1, 0}},    {"alloc", {0, 2, 65, 1, 0}},    {"alloc", {0, 3, 65, 1, 0}},
    {"alloc", {0, 3, 70000, 2, 0}}, {"batch", {0, 64, 1, 0}},       {"batch", {0, 1500, 7, 0}},
    {"batch", {0, 300, 1024, 0}},   {"batch", {0, 64, 1500, 0}},
};

static const struct specimen leaving[] = {
    {"alloc", {0, 0, 1500, 64, 1}}, {"alloc", {0, 0, 1, 1, 1}},   {"alloc", {0, 1, 1500, 64, 1}},
    {"alloc", {0, 2, 64, 1, 1}},    {"alloc", {0, 3, 16, 8, 1}},  {"batch", {0, 64, 1, 1}},
    {"batch", {0, 1500, 64, 1}},    {"batch", {0, 100, 1024, 1}},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct cell plan_cell(const struct specimen *specimen)
{
    struct cell cell = made_up_cell(benchmark_find(specimen->benchmark), 0);
    assert_non_null(cell.benchmark);
    cell.point[0].kernel = kernel_find("copy_libc_memcpy");
    for (size_t axis = 1; axis < cell.benchmark->axis_count; axis++)
        cell.point[axis].number = specimen->point[axis];
    cell.benchmark->plan(&cell, &environment);
    return cell;
}

/* What verify() says after a few rounds with that function in place of the kernel. */
static int prove(const struct specimen *specimen, kernel_function *function)
{
    struct cell cell = plan_cell(specimen);
    assert_string_equal(cell.skip, "");
    assert_false(cell.outside);
    struct trial trial = {.cell = &cell, .environment = &environment, .function = function};
    struct member member = {.count = 1};
    if (cell.benchmark->prepare(&trial, &fault))
        fail_msg("%s", fault.text);
    for (unsigned i = 1; i < 4; i++)
        cell.benchmark->run(&trial, &member, i * cell.calls_step);
    int error = cell.benchmark->verify(&trial, &fault);
    cell.benchmark->release(&trial);
    return error;
}

static void right_work_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(copying); i++)
        assert_int_equal(prove(&copying[i], copy_right), 0);
    for (size_t i = 0; i < COUNT(leaving); i++)
        assert_int_equal(prove(&leaving[i], NULL), 0);
}

static void wrong_copies_are_found(void **state)
{
    (void)state;
    kernel_function *const wrong[] = {copy_nothing, copy_short, copy_late, copy_shifted};
    for (size_t i = 0; i < COUNT(copying); i++)
        for (size_t j = 0; j < COUNT(wrong); j++)
            if (prove(&copying[i], wrong[j]) != -EILSEQ)
                fail_msg("specimen %zu passes with wrong copy %zu", i, j);
}

/* Other cells rely on it, and batch writes into it where it skips the copy. */
static void what_arrived_is_left_as_it_was(void **state)
{
    (void)state;
    struct mapping_request request = {.bytes = 100000, .node = NODE_LOCAL};
    const struct mapping *src;
    for (size_t i = 0; i < COUNT(leaving); i++) {
        prove(&leaving[i], NULL);
        assert_int_equal(buffer_take(0, BUFFER_SRC, &request, &machine, &src, &fault), 0);
        for (size_t at = 0; at < request.bytes; at++)
            if (src->base[at] != buffer_pattern(at))
                fail_msg("specimen %zu leaves a wrong byte at %zu", i, at);
    }
}

static void points_that_cannot_be_are_said(void **state)
{
    (void)state;
    static const struct specimen wrong[] = {
        {"alloc", {0, 1, 0, 64, 0}}, {"alloc", {0, 1, 64, 0, 0}}, {"alloc", {0, 1, 64, 3, 0}},
        {"batch", {0, 63, 4, 0}},    {"batch", {0, 64, 0, 0}},
    };
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_string_not_equal(plan_cell(&wrong[i]).skip, "");
    assert_true(plan_cell(&(struct specimen){"alloc", {0, 0, 64, 64, 0}}).outside);
    /* No size overflows what memory is reckoned with. */
    struct cell huge = plan_cell(&(struct specimen){"batch", {0, UINT64_MAX, UINT64_MAX, 0}});
    assert_true(huge.memory_bytes > UINT64_MAX / 2);
}

static void malloc_cannot_be_told_where(void **state)
{
    (void)state;
    const struct specimen in_malloc = {"alloc", {0, 1, 64, 64, 0}};
    const struct specimen in_pool = {"alloc", {0, 3, 64, 64, 0}};
    environment.asked.page = PAGE_THP;
    struct placement usual = environment.asked;
    assert_string_not_equal(plan_cell(&in_malloc).skip, "");
    assert_string_equal(plan_cell(&in_pool).skip, "");
    environment.asked = usual;
    environment.asked.page = PAGE_BASE;
    assert_string_equal(plan_cell(&in_malloc).skip, "");
}

static void only_copies_move_payload(void **state)
{
    (void)state;
    assert_int_equal(plan_cell(&copying[0]).payload_bytes, 1500);
    assert_int_equal(plan_cell(&copying[0]).calls_step, 32);
    assert_int_equal(plan_cell(&copying[8]).payload_bytes, 1500);
    assert_int_equal(plan_cell(&copying[8]).calls_step, 7);
    for (size_t i = 0; i < COUNT(leaving); i++) {
        assert_int_equal(plan_cell(&leaving[i]).payload_bytes, 0);
        assert_null(plan_cell(&leaving[i]).kernel);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_work_passes),
        cmocka_unit_test(wrong_copies_are_found),
        cmocka_unit_test(what_arrived_is_left_as_it_was),
        cmocka_unit_test(points_that_cannot_be_are_said),
        cmocka_unit_test(malloc_cannot_be_told_where),
        cmocka_unit_test(only_copies_move_payload),
    };
    return cmocka_run_group_tests_name("packets", tests, engine_open, engine_close);
}
