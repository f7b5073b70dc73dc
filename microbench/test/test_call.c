/*
 * Boundaries: each makes every copy that it is asked for, where it is asked for, and one that does
 * not is found out.
 */
#include "harness/test/engine.h"

#include <errno.h>

#include "harness/cells.h"
#include "microbench/test/wrong_copies.h"

static struct cells cells;
static const unsigned char *last_src, *last_dst;
static uint64_t counted;

/* A kernel that does its work and tells of it. */
static void *copy_counted(void *restrict dst, const void *restrict src, size_t bytes)
{
    counted++;
    last_src = src;
    last_dst = dst;
    return memcpy(dst, src, bytes);
}

static int open_cells(void **state)
{
    static const struct axis_choice sizes = {"size", "0,1,8,1500,4Ki,5000"};
    int error = engine_open(state);
    environment.asked.src_offset = 24;
    environment.asked.dst_offset = 3;
    return error ? error
                 : cells_add(&cells, benchmark_find("call"), PROFILE_QUICK, &sizes, 1, &environment,
                             &fault);
}

static int close_cells(void **state)
{
    cells_free(&cells);
    return engine_close(state);
}

static bool is_measured(const struct cell *cell)
{
    return !cell->skip[0];
}

/* The proof after so many copies by that kernel. */
static int cross(const struct cell *cell, kernel_function *kernel, uint64_t calls)
{
    const struct benchmark *call = cell->benchmark;
    struct trial trial = {.cell = cell, .environment = &environment, .function = kernel};
    if (call->prepare(&trial, &fault))
        return -EIO;
    counted = 0;
    call->run(&trial, NULL, calls);
    int error = call->verify(&trial, &fault);
    call->release(&trial);
    return error;
}

static void expect_fine(const struct cell *cell, int error)
{
    char word[64];
    cell_value_text(cell, 1, word, sizeof word);
    if (error)
        fail_msg("%s over %llu B: %s", word, (unsigned long long)cell->payload_bytes, fault.text);
}

static void every_copy_is_made_in_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < cells.count; i++) {
        const struct cell *cell = &cells.cells[i];
        if (!is_measured(cell))
            continue;
        expect_fine(cell, cross(cell, cell->kernel ? copy_counted : NULL, 7));
        if (!cell->kernel)
            continue;
        assert_int_equal(counted, 7);
        assert_int_equal((uintptr_t)last_src % 4096, 24);
        assert_int_equal((uintptr_t)last_dst % 4096, 3);
    }
}

static void work_that_is_not_done_is_found(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; i < cells.count; i++) {
        const struct cell *cell = &cells.cells[i];
        char word[64];
        if (!is_measured(cell) || !cell->payload_bytes)
            continue;
        cell_value_text(cell, 1, word, sizeof word);
        /* What copies by itself is not asked to. */
        assert_int_equal(cross(cell, copy_nothing, cell->kernel ? 7 : 0), -EILSEQ);
        assert_memory_equal(fault.text, word, strlen(word));
        tried++;
    }
    assert_true(tried >= 15);
}

/* So many that OCaml collects its garbage several times. */
static void buffers_stay_where_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < cells.count; i++)
        if (is_measured(&cells.cells[i]) && cells.cells[i].payload_bytes == 8)
            expect_fine(&cells.cells[i], cross(&cells.cells[i], copy_counted, 200000));
}

static void what_is_not_there_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < cells.count; i++) {
        const struct cell *cell = &cells.cells[i];
        char word[64];
        cell_value_text(cell, 1, word, sizeof word);
        if (!strcmp(word, "constant"))
            assert_int_equal(cell->skip[0] != 0, cell->payload_bytes == 5000);
        if (!strcmp(word, "inlined") || !strcmp(word, "direct") || !strcmp(word, "pointer"))
            assert_true(is_measured(cell));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_copy_is_made_in_its_place),
        cmocka_unit_test(work_that_is_not_done_is_found),
        cmocka_unit_test(buffers_stay_where_they_are),
        cmocka_unit_test(what_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, open_cells, close_cells);
}
