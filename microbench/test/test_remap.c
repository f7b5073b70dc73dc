/*
 * The parts of remap: what is handed over arrives by every mechanism, a payload that did not arrive
 * is found, a call that fails ends the passes and is told, and nothing is left behind. The
 * experiment is run part by part, as a launch does.
 */
#include "harness/test/engine.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "microbench/remap_passage.h"
#include "microbench/test/wrong_copies.h"

enum { CALLS = 5, UNAVAILABLE = 1 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const size_t sizes[] = {1, 3, 16, 17, 300, 1024};

static const struct benchmark *remap(void)
{
    const struct benchmark *found = benchmark_find("remap");
    assert_non_null(found);
    return found;
}

/* A kernel of that function, for the experiment to believe in. */
static const struct kernel *kernel_of(kernel_function *function)
{
    static struct kernel kernel;
    kernel = *kernel_find("copy_libc_memcpy");
    kernel.run = function;
    return &kernel;
}

static struct cell plan_cell(enum passage_mechanism mechanism, uint64_t bytes, enum touch touch,
                             enum page_kind page, kernel_function *function)
{
    struct cell cell = made_up_cell(remap(), 0);
    cell.point[benchmark_axis(remap(), "mechanism")].number = mechanism;
    cell.point[benchmark_axis(remap(), "size")].number = bytes;
    cell.point[benchmark_axis(remap(), "touch")].number = touch;
    cell.point[benchmark_axis(remap(), "page")].number = page;
    cell.point[benchmark_axis(remap(), "threads")].number = 0;
    cell.point[benchmark_axis(remap(), "kernel")].kernel = kernel_of(function);
    remap()->plan(&cell, &environment);
    return cell;
}

/* What verify() says after a few samples; UNAVAILABLE where this machine has no such call. */
static int prove(const struct cell *cell, kernel_function *function, struct trial *trial)
{
    *trial = (struct trial){.cell = cell, .environment = &environment, .function = function};
    struct member member = {.count = 1};
    int error = remap()->prepare(trial, &fault);
    if (error) {
        assert_true(error == -ENOTSUP || error == -ENOMEM);
        assert_int_not_equal(cell->point[0].number, PASSAGE_MEMCPY);
        return UNAVAILABLE;
    }
    for (uint64_t calls = 1; !error && calls <= CALLS; calls++) {
        error = remap()->restore(trial, calls, &fault);
        remap()->run(trial, &member, calls);
    }
    if (!error)
        error = remap()->verify(trial, &fault);
    remap()->release(trial);
    trial->cell = NULL;
    return error;
}

static void everything_arrives(void **state)
{
    (void)state;
    for (unsigned mechanism = 0; mechanism < PASSAGE_MECHANISMS; mechanism++)
        for (size_t i = 0; i < COUNT(sizes); i++)
            for (enum touch touch = 0; touch < TOUCHES; touch++) {
                size_t bytes = sizes[i] * machine.page_bytes;
                struct cell cell = plan_cell((enum passage_mechanism)mechanism, bytes, touch,
                                             PAGE_BASE, copy_right);
                struct trial trial;
                assert_string_equal(cell.skip, "");
                assert_int_equal(cell.payload_bytes, bytes);
                int status = prove(&cell, copy_right, &trial);
                if (status != 0 && status != UNAVAILABLE)
                    fail_msg("%s of %zu pages: %s", passage_names[mechanism], sizes[i], fault.text);
                bool fresh = mechanism == PASSAGE_MREMAP_DONTUNMAP;
                if (!status)
                    assert_true(trial.reports[0] == (fresh ? (double)sizes[i] : 0));
            }
}

/* A whole one, or two; not granted by every machine. */
static void huge_pages_arrive(void **state)
{
    (void)state;
    size_t huge = mapping_page_bytes(PAGE_THP, &machine);
    for (unsigned mechanism = 0; mechanism < PASSAGE_MECHANISMS; mechanism++)
        for (size_t count = 1; count <= 2; count++) {
            struct cell cell = plan_cell((enum passage_mechanism)mechanism, count * huge, TOUCH_ALL,
                                         PAGE_THP, copy_right);
            struct trial trial = {.cell = &cell, .environment = &environment};
            trial.function = copy_right;
            assert_string_equal(cell.skip, "");
            if (remap()->prepare(&trial, &fault))
                continue;
            assert_int_equal(remap()->restore(&trial, 1, &fault), 0);
            remap()->run(&trial, &(struct member){.count = 1}, 1);
            int status = remap()->verify(&trial, &fault);
            remap()->release(&trial);
            if (status)
                fail_msg("%s: %s", passage_names[mechanism], fault.text);
        }
}

static void wrong_copies_are_found(void **state)
{
    (void)state;
    kernel_function *const wrong[] = {copy_nothing, copy_short, copy_late};
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t j = 0; j < COUNT(wrong); j++) {
            struct cell cell = plan_cell(PASSAGE_MEMCPY, sizes[i] * machine.page_bytes, TOUCH_NONE,
                                         PAGE_BASE, wrong[j]);
            struct trial trial;
            if (prove(&cell, wrong[j], &trial) != -EILSEQ)
                fail_msg("%zu pages pass with wrong copy %zu", sizes[i], j);
        }
}

/* An empty pass, by which the engine measures its loop, proves nothing and spoils nothing. */
static void the_empty_pass_is_no_copy(void **state)
{
    (void)state;
    struct cell cell =
        plan_cell(PASSAGE_MEMCPY, 4 * machine.page_bytes, TOUCH_ALL, PAGE_BASE, copy_right);
    struct trial trial = {.cell = &cell, .environment = &environment, .function = copy_right};
    struct member member = {.count = 1};
    assert_int_equal(remap()->prepare(&trial, &fault), 0);
    trial.function = copy_nothing;
    remap()->run(&trial, &member, 3);
    trial.function = copy_right;
    assert_int_equal(remap()->verify(&trial, &fault), 0);
    remap()->release(&trial);
}

static bool move_nothing(struct passage *passage)
{
    (void)passage;
    return true;
}

/* All pages but the last. */
static bool move_short(struct passage *passage)
{
    memcpy(passage->consumer.base, passage->producer.base, passage->bytes - passage->page_bytes);
    return true;
}

static bool move_refused(struct passage *passage)
{
    errno = EACCES;
    return passage_fail(passage, "the move");
}

static int open_passage(struct passage *passage, const struct mechanism *mechanism, size_t pages)
{
    struct mapping_request request = {
        .bytes = pages * machine.page_bytes, .node = NODE_LOCAL, .page = PAGE_BASE};
    return passage_open(passage, mechanism, &request, NODE_LOCAL, copy_right, &machine, &fault);
}

/* Each mechanism with another function in place of the one that hands over. */
static void moves_that_did_not_move_are_found(void **state)
{
    (void)state;
    bool (*const wrong[])(struct passage *) = {move_nothing, move_short};
    for (unsigned i = 0; i < PASSAGE_MECHANISMS; i++)
        for (size_t j = 0; j < COUNT(wrong); j++) {
            struct mechanism broken = passage_mechanisms[i];
            struct passage passage;
            broken.hand_over = wrong[j];
            broken.give_back = NULL;
            broken.returns = false;
            if (i == PASSAGE_USERFAULTFD)
                broken.open = NULL; /* nobody would answer for pages that are not there */
            if (i == PASSAGE_MEMFD || open_passage(&passage, &broken, 20))
                continue; /* what is shared is there, whatever is done */
            assert_true(passage_pass(&passage, TOUCH_ALL));
            if (passage_verify(&passage, &fault) != -EILSEQ)
                fail_msg("%s passes with wrong move %zu", broken.name, j);
            passage_close(&passage);
        }
}

static void a_refused_call_ends_the_passes(void **state)
{
    (void)state;
    struct mechanism broken = passage_mechanisms[PASSAGE_MEMCPY];
    struct passage passage;
    assert_int_equal(open_passage(&passage, &broken, 2), 0);
    broken.hand_over = move_refused;
    assert_false(passage_pass(&passage, TOUCH_NONE));
    uint64_t stamp = passage.stamp;
    broken.hand_over = move_nothing;
    assert_false(passage_pass(&passage, TOUCH_NONE));
    assert_int_equal(passage.stamp, stamp);
    assert_int_equal(passage_verify(&passage, &fault), -EACCES);
    assert_non_null(strstr(fault.text, "the move"));
    passage_close(&passage);
    /* At once, it is what this machine does not have. */
    broken.hand_over = move_refused;
    assert_int_equal(open_passage(&passage, &broken, 2), -ENOTSUP);
    assert_non_null(strstr(fault.text, "the move"));
}

/* Where pages are moved to by mremap, others may map between passes: they are not overwritten. */
static void addresses_of_others_are_left_alone(void **state)
{
    (void)state;
    struct passage passage;
    const struct mechanism *mechanism = &passage_mechanisms[PASSAGE_MREMAP];
    if (open_passage(&passage, mechanism, 4))
        return;
    assert_true(passage_pass(&passage, TOUCH_NONE));
    unsigned char *taken = mmap(passage.consumer.base, machine.page_bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_equal(taken, passage.consumer.base);
    *taken = 42;
    assert_int_equal(passage_reserve(&passage, &fault), -EBUSY);
    passage_close(&passage);
    assert_int_equal(*taken, 42);
    munmap(taken, machine.page_bytes);
}

static size_t open_files(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static size_t mapped_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu", &pages), 1);
    fclose(file);
    return pages * machine.page_bytes;
}

static void nothing_is_left(void **state)
{
    (void)state;
    enum { REPEATED = 8 };
    size_t bytes = 1024 * machine.page_bytes, files = 0, mapped = 0;
    for (unsigned round = 0; round <= REPEATED; round++) {
        if (round == 1) { /* the first round may load what stays */
            files = open_files();
            mapped = mapped_bytes();
        }
        for (unsigned i = 0; i < PASSAGE_MECHANISMS; i++) {
            struct cell cell =
                plan_cell((enum passage_mechanism)i, bytes, TOUCH_NONE, PAGE_BASE, copy_right);
            struct trial trial;
            (void)prove(&cell, copy_right, &trial);
        }
    }
    assert_int_equal(open_files(), files);
    assert_true(mapped_bytes() < mapped + bytes);
}

static void points_that_cannot_be_are_said(void **state)
{
    (void)state;
    size_t page = machine.page_bytes, huge = mapping_page_bytes(PAGE_THP, &machine);
    assert_string_not_equal(plan_cell(PASSAGE_MREMAP, 0, 0, PAGE_BASE, copy_right).skip, "");
    assert_string_not_equal(plan_cell(PASSAGE_MREMAP, page + 1, 0, PAGE_BASE, copy_right).skip, "");
    assert_string_not_equal(plan_cell(PASSAGE_MEMCPY, page / 2, 0, PAGE_BASE, copy_right).skip, "");
    if (huge > page)
        assert_true(plan_cell(PASSAGE_MREMAP, page, 0, PAGE_THP, copy_right).outside);
    struct placement usual = environment.asked;
    environment.asked.dst_offset = 64;
    assert_string_not_equal(plan_cell(PASSAGE_MREMAP, page, 0, PAGE_BASE, copy_right).skip, "");
    environment.asked = usual;
    environment.asked.dst_node = 0;
    assert_string_not_equal(plan_cell(PASSAGE_MREMAP, page, 0, PAGE_BASE, copy_right).skip, "");
    assert_string_equal(plan_cell(PASSAGE_MEMCPY, page, 0, PAGE_BASE, copy_right).skip, "");
    environment.asked = usual;
    struct cell most = plan_cell(PASSAGE_MREMAP, UINT64_MAX - page + 1, 0, PAGE_BASE, copy_right);
    assert_true(most.memory_bytes > UINT64_MAX / 2);
}

static void names_are_those_of_the_mechanisms(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PASSAGE_MECHANISMS; i++)
        assert_string_equal(passage_names[i], passage_mechanisms[i].name);
    assert_null(passage_names[PASSAGE_MECHANISMS]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_arrives),
        cmocka_unit_test(huge_pages_arrive),
        cmocka_unit_test(wrong_copies_are_found),
        cmocka_unit_test(the_empty_pass_is_no_copy),
        cmocka_unit_test(moves_that_did_not_move_are_found),
        cmocka_unit_test(a_refused_call_ends_the_passes),
        cmocka_unit_test(addresses_of_others_are_left_alone),
        cmocka_unit_test(nothing_is_left),
        cmocka_unit_test(points_that_cannot_be_are_said),
        cmocka_unit_test(names_are_those_of_the_mechanisms),
    };
    return cmocka_run_group_tests_name("remap", tests, engine_open, engine_close);
}
