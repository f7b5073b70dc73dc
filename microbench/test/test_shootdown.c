/*
 * The parts of shootdown: operations that do nothing, half or something else are found, regions are
 * mapped anew whatever became of them, others have loaded and then spin or sleep. What needs a
 * second CPU is skipped where there is none.
 */
#include "harness/test/engine.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <sys/mman.h>

#include "harness/interrupts.h"
#include "microbench/shootdown_others.h"
#include "microbench/shootdown_regions.h"

enum { PAGES = 5, REGIONS = 3 };
enum { AXIS_OPERATION, AXIS_PAGES, AXIS_THREADS, AXIS_OTHERS };

static struct cell plan_cell(enum operation operation, uint64_t pages, uint64_t threads, bool busy)
{
    struct cell cell = made_up_cell(benchmark_find("shootdown"), 0);
    assert_non_null(cell.benchmark);
    cell.point[AXIS_OPERATION].number = operation;
    cell.point[AXIS_PAGES].number = pages;
    cell.point[AXIS_THREADS].number = threads;
    cell.point[AXIS_OTHERS].number = busy;
    cell.benchmark->plan(&cell, &environment);
    return cell;
}

static void points_that_cannot_be_are_said(void **state)
{
    (void)state;
    assert_string_equal(plan_cell(OPERATION_MUNMAP, 1, 0, false).skip, "");
    assert_string_not_equal(plan_cell(OPERATION_MUNMAP, 0, 0, false).skip, "");
    assert_non_null(
        strstr(plan_cell(OPERATION_MUNMAP, 1, environment.cpu_count, true).skip, "CPUs, and"));
    assert_non_null(strstr(plan_cell(OPERATION_MUNMAP, 1, UINT64_MAX - 1, true).skip, "CPUs, and"));
    assert_non_null(strstr(plan_cell(OPERATION_MREMAP, UINT64_MAX, 0, true).skip, "address space"));
    assert_non_null(strstr(plan_cell(OPERATION_MREMAP, SIZE_MAX / 2, 0, true).skip, "address"));
}

static void without_threads_they_are_neither_idle_nor_busy(void **state)
{
    (void)state;
    struct cell cell = plan_cell(OPERATION_MADVISE, 1, 0, true);
    assert_true(cell.point[AXIS_OTHERS].absent);
    assert_true(cell.calls_max > 1);
    assert_true(plan_cell(OPERATION_MADVISE, 4096, 0, true).calls_max < cell.calls_max);
    assert_false(plan_cell(OPERATION_MADVISE, 1, 1, true).point[AXIS_OTHERS].absent);
}

static void open_regions(struct regions *regions, enum operation operation)
{
    int error = regions_open(regions, operation, PAGES, REGIONS, NODE_LOCAL, &machine, &fault);
    if (error || regions_map(regions, REGIONS, &fault))
        fail_msg("%s", fault.text);
}

static void every_operation_is_done_again_and_again(void **state)
{
    (void)state;
    for (int operation = 0; operation < OPERATIONS; operation++) {
        struct regions regions;
        open_regions(&regions, (enum operation)operation);
        for (size_t count = 1; count <= REGIONS; count++) {
            assert_int_equal(regions_map(&regions, count, &fault), 0);
            assert_int_equal(regions_touch(&regions), count * PAGES);
            regions_operate(&regions, count);
            if (regions_verify(&regions, &fault))
                fail_msg("%s: %s", operation_names[operation], fault.text);
        }
        assert_int_equal(regions_map(&regions, REGIONS + 1, &fault), 0);
        assert_int_equal(regions.count, REGIONS);
        regions_close(&regions);
    }
}

static void a_moved_region_shares_no_page_table_alignment(void **state)
{
    (void)state;
    size_t table = machine.page_bytes / sizeof(uint64_t) * machine.page_bytes;
    for (size_t room = 1; room < 2000; room++) {
        struct regions regions;
        assert_int_equal(
            regions_open(&regions, OPERATION_MREMAP, 1, room, NODE_LOCAL, &machine, &fault), 0);
        assert_true(regions.moved_offset % table);
        assert_true(regions.moved_offset + (2 * room + 1) * machine.page_bytes <=
                    regions.arena_bytes);
        regions_close(&regions);
    }
}

/* Wrong operations. */
static int do_nothing(const struct regions *regions, size_t index)
{
    (void)regions;
    (void)index;
    return 0;
}

static int do_half(const struct regions *regions, size_t index)
{
    struct regions half = *regions;
    struct regions model;
    if (regions_open(&model, regions->operation, 1, 1, NODE_LOCAL, &machine, &fault))
        return -1;
    /* The first page of the region alone, at that region's place. */
    half.arena = region_start(regions, index) - regions->page_bytes;
    half.pages = 1;
    int status = model.operate(&half, 0);
    regions_close(&model);
    return status;
}

static int do_all_but_the_last(const struct regions *regions, size_t index)
{
    struct regions model;
    if (regions_open(&model, regions->operation, 1, 1, NODE_LOCAL, &machine, &fault))
        return -1;
    int status = index + 1 < REGIONS ? model.operate(regions, index) : 0;
    regions_close(&model);
    return status;
}

static int refuse_to(const struct regions *regions, size_t index)
{
    (void)regions;
    (void)index;
    errno = EPERM;
    return -1;
}

/* Takes the access that is asked for, but drops what was written. */
static int empty_instead(const struct regions *regions, size_t index)
{
    size_t bytes = regions->pages * regions->page_bytes;
    unsigned char *start = region_start(regions, index);
    return madvise(start, bytes, MADV_DONTNEED) || mprotect(start, bytes, PROT_READ) ? -1 : 0;
}

static int protect_too_much(const struct regions *regions, size_t index)
{
    return mprotect(region_start(regions, index), regions->pages * regions->page_bytes, PROT_NONE);
}

static int verify_wrong(enum operation operation, region_operation *wrong)
{
    struct regions regions;
    open_regions(&regions, operation);
    regions.operate = wrong;
    regions_operate(&regions, REGIONS);
    int error = regions_verify(&regions, &fault);
    regions_close(&regions);
    return error;
}

static void wrong_operations_are_found(void **state)
{
    (void)state;
    region_operation *const wrong[] = {do_nothing, do_half, do_all_but_the_last, refuse_to,
                                       empty_instead};
    for (int operation = 0; operation < OPERATIONS; operation++)
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
            if (verify_wrong((enum operation)operation, wrong[i]) != -EILSEQ)
                fail_msg("wrong operation %zu passes for %s", i, operation_names[operation]);
    assert_int_equal(verify_wrong(OPERATION_MPROTECT, protect_too_much), -EILSEQ);
}

static bool is_any(const struct topology_cpu *cpu, const void *argument)
{
    (void)cpu;
    (void)argument;
    return true;
}

static int task_count(void)
{
    DIR *folder = opendir("/proc/self/task");
    int count = 0;
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static void no_thread_is_left(void **state)
{
    (void)state;
    struct regions regions;
    struct others others;
    int tasks = task_count();
    open_regions(&regions, OPERATION_MPROTECT);
    unsigned most = environment.cpu_count > 3 ? 3 : (unsigned)environment.cpu_count - 1;
    for (unsigned count = 0; count <= most; count++)
        for (int idle = 0; idle < 2; idle++) {
            int error = others_open(&others, &environment, &regions, count, idle, &fault);
            assert_int_equal(error, 0);
            assert_int_equal(others.count, count);
            for (int round = 0; round < 3; round++)
                if (others_touch(&others, &fault))
                    fail_msg("%s", fault.text);
            for (unsigned i = 0; i < environment.cpu_count; i++) {
                const struct topology_cpu *cpu = topology_cpu(&machine, environment.cpu_order[i]);
                assert_int_equal(others_have(cpu, &others), i > 0 && i <= count);
            }
            others_close(&others);
            assert_int_equal(others.count, 0);
        }
    regions_close(&regions);
    /* A thread that was joined may take a moment to vanish. */
    while (task_count() > tasks)
        sched_yield();
}

static void others_that_find_something_else_are_found(void **state)
{
    (void)state;
    if (environment.cpu_count < 2)
        skip();
    struct regions regions;
    struct others others;
    open_regions(&regions, OPERATION_MADVISE);
    assert_int_equal(others_open(&others, &environment, &regions, 1, true, &fault), 0);
    assert_int_equal(others_touch(&others, &fault), 0);
    regions_operate(&regions, 1);
    assert_int_equal(others_touch(&others, &fault), -EILSEQ);
    others_close(&others);
    regions_close(&regions);
}

static void a_visit_verifies_and_counts(void **state)
{
    (void)state;
    struct plan plan = shortest_plan(1, 1);
    struct sample samples[16];
    for (int operation = 0; operation < OPERATIONS; operation++)
        for (uint64_t threads = 0; threads < 2 && threads < environment.cpu_count; threads++) {
            struct cell cell = plan_cell((enum operation)operation, PAGES, threads, true);
            struct visit visit;
            assert_true(measure_samples_max(&cell, &plan) <= sizeof samples / sizeof *samples);
            measure_visit(&cell, &environment, &plan, 1, (struct sampling){.calls = 0}, &visit,
                          samples, NULL);
            if (visit.status)
                fail_msg("%s", visit.fault.text);
            uint64_t taken;
            bool known = threads && interrupts_taken("TLB", &machine, is_any, NULL, &taken);
            assert_int_equal(isfinite(visit.reports[0]) != 0, known);
            assert_true(visit.reports[1] < 1);
            assert_int_equal(visit.members, 1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_that_cannot_be_are_said),
        cmocka_unit_test(without_threads_they_are_neither_idle_nor_busy),
        cmocka_unit_test(every_operation_is_done_again_and_again),
        cmocka_unit_test(a_moved_region_shares_no_page_table_alignment),
        cmocka_unit_test(wrong_operations_are_found),
        cmocka_unit_test(no_thread_is_left),
        cmocka_unit_test(others_that_find_something_else_are_found),
        cmocka_unit_test(a_visit_verifies_and_counts),
    };
    return cmocka_run_group_tests_name("shootdown", tests, engine_open, engine_close);
}
