/*
 * The parts of pages: what is fresh is fresh, faults are as many as pages, right copies pass and
 * every kind of wrong copy is found. The experiment is run part by part, as a launch does.
 */
#include "harness/test/engine.h"

#include <errno.h>

#include "microbench/test/wrong_copies.h"

struct specimen {
    enum page_kind page;
    bool fresh, random;
    uint64_t size, chunk;
};

static const struct specimen specimens[] = {
    {PAGE_BASE, false, false, 4096, 64},     {PAGE_BASE, false, false, 100000, 64},
    {PAGE_BASE, false, true, 65536, 64},     {PAGE_BASE, false, true, 8192, 4096},
    {PAGE_BASE, true, false, 1, 64},         {PAGE_BASE, true, false, 4096, 64},
    {PAGE_BASE, true, false, 100000, 64},    {PAGE_THP, false, false, 4096, 64},
    {PAGE_THP, false, true, 65536, 64},      {PAGE_THP, true, false, 4096, 64},
    {PAGE_THP, true, false, 5 << 20, 64},    {PAGE_HUGETLB, true, false, 4096, 64},
    {PAGE_HUGETLB, false, true, 65536, 512},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { CALLS = 3, UNAVAILABLE = 1 };

/* A kernel of that function, for the experiment to believe in. */
static const struct kernel *kernel_of(kernel_function *function)
{
    static struct kernel kernel;
    kernel = *kernel_find("copy_libc_memcpy");
    kernel.run = function;
    return &kernel;
}

static struct cell plan_cell(const struct specimen *specimen, kernel_function *function)
{
    const struct benchmark *pages = benchmark_find("pages");
    assert_non_null(pages);
    struct cell cell = made_up_cell(pages, 0);
    cell.point[benchmark_axis(pages, "page")].number = specimen->page;
    cell.point[benchmark_axis(pages, "mapping")].number = specimen->fresh;
    cell.point[benchmark_axis(pages, "order")].number = specimen->random;
    cell.point[benchmark_axis(pages, "kernel")].kernel = kernel_of(function);
    cell.point[benchmark_axis(pages, "size")].number = specimen->size;
    cell.point[benchmark_axis(pages, "chunk")].number = specimen->chunk;
    pages->plan(&cell, &environment);
    return cell;
}

/* What verify() says after a few samples; UNAVAILABLE where this machine has no such pages. */
static int prove(const struct specimen *specimen, kernel_function *function, struct trial *trial)
{
    struct cell cell = plan_cell(specimen, function);
    assert_string_equal(cell.skip, "");
    assert_false(cell.outside);
    *trial =
        (struct trial){.cell = &cell, .environment = &environment, .function = function, .seed = 7};
    struct member member = {.count = 1};
    int error = cell.benchmark->prepare(trial, &fault);
    for (uint64_t calls = 1; !error && calls <= CALLS; calls++) {
        error = cell.benchmark->restore(trial, calls, &fault);
        if (error)
            cell.benchmark->release(trial);
        else
            cell.benchmark->run(trial, &member, calls);
    }
    if (error) {
        assert_int_not_equal(specimen->page, PAGE_BASE);
        return UNAVAILABLE;
    }
    error = cell.benchmark->verify(trial, &fault);
    cell.benchmark->release(trial);
    trial->cell = NULL;
    return error;
}

static void right_copies_pass(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(specimens); i++) {
        struct trial trial;
        int status = prove(&specimens[i], copy_right, &trial);
        if (status != 0 && status != UNAVAILABLE)
            fail_msg("specimen %zu: %s", i, fault.text);
    }
}

static void wrong_copies_are_found(void **state)
{
    (void)state;
    kernel_function *const wrong[] = {copy_nothing, copy_short, copy_late};
    for (size_t i = 0; i < COUNT(specimens); i++)
        for (size_t j = 0; j < COUNT(wrong); j++) {
            struct trial trial;
            if (specimens[i].size == 1 && wrong[j] == copy_late) /* has no first half */
                continue;
            int status = prove(&specimens[i], wrong[j], &trial);
            if (status != -EILSEQ && status != UNAVAILABLE)
                fail_msg("specimen %zu passes with wrong copy %zu", i, j);
        }
}

/* An empty pass, by which the engine measures its loop, proves nothing and spoils nothing. */
static void the_empty_pass_is_no_copy(void **state)
{
    (void)state;
    const struct specimen few = {PAGE_BASE, false, true, 65536, 64};
    struct cell cell = plan_cell(&few, copy_right);
    struct trial trial = {
        .cell = &cell, .environment = &environment, .function = copy_right, .seed = 7};
    struct member member = {.count = 1};
    assert_int_equal(cell.benchmark->prepare(&trial, &fault), 0);
    cell.benchmark->run(&trial, &member, 2);
    trial.function = copy_nothing;
    cell.benchmark->run(&trial, &member, 1000);
    trial.function = copy_right;
    assert_int_equal(cell.benchmark->verify(&trial, &fault), 0);
    cell.benchmark->release(&trial);
}

/* Of a huge page that was granted only: what was not, faults as base pages do. */
static void faults_are_as_many_as_pages(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(specimens); i++) {
        const struct specimen *specimen = &specimens[i];
        struct trial trial;
        if (prove(specimen, copy_right, &trial))
            continue;
        double page = trial.reports[1];
        assert_true(page == (double)mapping_page_bytes(specimen->page, &machine));
        bool huge = specimen->page != PAGE_BASE;
        if (trial.got.huge_share != huge)
            continue;
        double wanted = specimen->fresh ? ceil((double)specimen->size / page) : 0;
        if (trial.reports[0] != wanted)
            fail_msg("specimen %zu takes %g faults, not %g", i, trial.reports[0], wanted);
    }
}

static void destinations_are_where_they_were_asked_for(void **state)
{
    (void)state;
    struct placement usual = environment.asked;
    environment.asked.dst_offset = 100;
    environment.asked.src_offset = 4095;
    for (size_t i = 0; i < COUNT(specimens); i++) {
        struct trial trial;
        int status = prove(&specimens[i], copy_right, &trial);
        if (status == UNAVAILABLE)
            continue;
        assert_int_equal(status, 0);
        assert_int_equal(trial.got.dst_offset, 100);
        assert_int_equal(trial.got.src_offset, 4095);
        assert_int_not_equal(trial.got.src_node, NODE_LOCAL);
    }
    environment.asked = usual;
}

static void one_call_is_all_or_a_chunk(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(specimens); i++) {
        const struct specimen *specimen = &specimens[i];
        struct cell cell = plan_cell(specimen, copy_right);
        uint64_t wanted = specimen->random ? specimen->chunk : specimen->size;
        assert_int_equal(cell.payload_bytes, wanted);
        assert_int_equal(cell.point[benchmark_axis(cell.benchmark, "chunk")].number, wanted);
        assert_int_equal(cell.asked.page, specimen->page);
        /* Only as many destinations as a sample needs, and no sample without one. */
        assert_int_equal(cell.calls_max > 0, specimen->fresh);
        assert_true(cell.memory_bytes >= 2 * specimen->size);
        assert_true(!specimen->fresh || cell.calls_max == 1 ||
                    cell.memory_bytes < environment.known.memory_bytes / 16);
    }
}

static void points_that_cannot_be_are_said(void **state)
{
    (void)state;
    static const struct specimen wrong[] = {
        {PAGE_BASE, false, false, 0, 64},  {PAGE_BASE, true, false, 0, 64},
        {PAGE_BASE, false, true, 100, 64}, {PAGE_BASE, false, true, 64, 128},
        {PAGE_BASE, false, true, 64, 0},   {PAGE_BASE, false, true, UINT64_C(1) << 40, 1},
    };
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_string_not_equal(plan_cell(&wrong[i], copy_right).skip, "");
    const struct specimen both = {PAGE_BASE, true, true, 4096, 64};
    assert_true(plan_cell(&both, copy_right).outside);
    /* No size overflows what memory is reckoned with. */
    const struct specimen huge = {PAGE_THP, true, false, UINT64_MAX - 5, 64};
    assert_true(plan_cell(&huge, copy_right).memory_bytes > UINT64_MAX / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_copies_pass),
        cmocka_unit_test(wrong_copies_are_found),
        cmocka_unit_test(the_empty_pass_is_no_copy),
        cmocka_unit_test(faults_are_as_many_as_pages),
        cmocka_unit_test(destinations_are_where_they_were_asked_for),
        cmocka_unit_test(one_call_is_all_or_a_chunk),
        cmocka_unit_test(points_that_cannot_be_are_said),
    };
    return cmocka_run_group_tests_name("pages", tests, engine_open, engine_close);
}
