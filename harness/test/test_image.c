/*
 * Objects in namespaces of their own, and copies of them at another place: the C library's, and
 * this program itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arch/check.h"
#include "arch/cpu.h"
#include "harness/image.h"
#include "harness/object.h"

#include <dlfcn.h>
#include <errno.h>

#include <cmocka.h>

enum { SEED = 20261122 };

static struct fault fault;
static struct object library;

/* The C library's own file; skips where it can't be loaded a second time. */
static void open_library(void)
{
    Dl_info info;
    void *inside = dlsym(RTLD_DEFAULT, "gnu_get_libc_version");
    if (!inside || !dladdr(inside, &info) || object_open(&library, info.dli_fname, &fault))
        skip();
}

static void objects_do_not_see_each_other(void **state)
{
    (void)state;
    kernel_function *first, *second;
    struct object again;
    open_library();
    if (object_open(&again, library.path, &fault))
        fail_msg("%s", fault.text);
    assert_int_equal(object_function(&library, "memcpy", &first, &fault), 0);
    assert_int_equal(object_function(&again, "memcpy", &second, &fault), 0);
    assert_ptr_not_equal(first, second);
    assert_true(first != memcpy);
    assert_int_equal(image_entry(first), image_entry(second));
    assert_int_equal(object_function(&library, "memcpyx", &first, &fault), -ENOENT);
    assert_non_null(strstr(fault.text, "'memcpyx'"));
    object_close(&again);
    object_close(&library);
}

/* Else two files of the same content would differ by where they happen to lie. */
static void its_code_lies_in_pages_of_this_process(void **state)
{
    (void)state;
    kernel_function *function;
    open_library();
    if (library.shared.text[0])
        skip();
    assert_int_equal(object_function(&library, "memcpy", &function, &fault), 0);
    FILE *maps = fopen("/proc/self/smaps", "re");
    char line[512];
    unsigned long begin, end, kib = 0, anonymous = 0;
    bool inside = false;
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            inside = begin <= (uintptr_t)function && (uintptr_t)function < end;
        else if (inside && sscanf(line, "Size: %lu", &kib) != 1)
            sscanf(line, "Anonymous: %lu", &anonymous);
    fclose(maps);
    assert_true(kib > 0);
    assert_int_equal(anonymous, kib);
    object_close(&library);
}

/* What SELinux may forbid the kernel can forbid, too, for the rest of a process: see prctl(2). */
enum { SET_MDWE = 65, REFUSE_EXEC_GAIN = 1, NOT_HERE = 77 };

static int open_without_exec_gain(const char *path)
{
    unsigned char from[] = "copied", to[sizeof from] = "";
    kernel_function *function;
    if (prctl(SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0) != 0)
        return NOT_HERE;
    if (object_open(&library, path, &fault) || !library.shared.text[0] ||
        object_function(&library, "memcpy", &function, &fault))
        return 1;
    function(to, from, sizeof from);
    return memcmp(to, from, sizeof from) != 0;
}

static void code_that_must_not_be_written_to_is_shared_and_runs(void **state)
{
    (void)state;
    int status;
    open_library();
    const char *path = library.path;
    object_close(&library);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(open_without_exec_gain(path));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_HERE)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void what_is_no_object_is_refused(void **state)
{
    (void)state;
    struct object object;
    open_library();
    object_close(&library);
    assert_int_equal(object_open(&object, "/nowhere.so", &fault), -ENOENT);
    char path[] = "/tmp/copycost-object-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(object_open(&object, path, &fault), -EINVAL);
    static const unsigned char header[64] = {0x7f, 'E', 'L', 'F', 7, 7, 1, [16] = 3, [18] = 0x2a};
    assert_int_equal(write(file, header, sizeof header), sizeof header);
    close(file);
    assert_int_equal(object_open(&object, path, &fault), -EINVAL);
    unlink(path);
    assert_non_null(strstr(fault.text, path));
}

/* Whether a page of it may be written and executed. */
static bool has_loose_page(const struct image *image)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512], rights[8];
    unsigned long begin, end;
    bool loose = false;
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx %7s", &begin, &end, rights) == 3 &&
            begin < (unsigned long)(uintptr_t)image->start + image->bytes &&
            end > (unsigned long)(uintptr_t)image->start)
            loose |= strchr(rights, 'w') && strchr(rights, 'x');
    fclose(maps);
    return loose;
}

static struct kernel kernel_of(const char *name, kernel_function *run)
{
    return (struct kernel){.name = name,
                           .operation = KERNEL_COPY,
                           .needs = "",
                           .granule = 1,
                           .alignment = 1,
                           .run = run};
}

static kernel_function *move(struct image *image, kernel_function *function, size_t entry)
{
    kernel_function *moved;
    if (image_move(image, function, entry, &moved, &fault))
        skip(); /* the kernel may forbid it */
    assert_ptr_not_equal(moved, function);
    assert_int_equal(image_entry(moved), entry);
    assert_false(has_loose_page(image));
    return moved;
}

static void a_moved_memcpy_copies(void **state)
{
    (void)state;
    kernel_function *function;
    struct image image;
    open_library();
    assert_int_equal(object_function(&library, "memcpy", &function, &fault), 0);
    for (size_t further = 32; further < IMAGE_PLACE_BYTES; further += 1760) {
        size_t entry = (image_entry(function) + further) % IMAGE_PLACE_BYTES;
        struct kernel kernel = kernel_of("moved", move(&image, function, entry));
        int error = kernel_check(&kernel, SEED, &fault);
        if (error && cpu_code_moves)
            fail_msg("%s", fault.text);
        image_free(&image);
    }
    object_close(&library);
}

static uintptr_t place;

/* Right only where it was when it was written down. */
static void *knows_its_place(void *restrict to, const void *restrict from, size_t bytes)
{
    kernel_function *volatile here = knows_its_place;
    return memcpy(to, from, image_entry(here) == place ? bytes : 0);
}

/* The check that stands between a move and its use. */
static void a_broken_move_is_seen(void **state)
{
    (void)state;
    struct image image;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* it guards what lies between this program's own variables */
#endif
    place = image_entry(knows_its_place);
    struct kernel kernel = kernel_of("here", knows_its_place);
    assert_int_equal(kernel_check(&kernel, SEED, &fault), 0);
    kernel.run = move(&image, knows_its_place, (place + 64) % IMAGE_PLACE_BYTES);
    assert_true(kernel_check(&kernel, SEED, &fault) < 0);
    image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_do_not_see_each_other),
        cmocka_unit_test(its_code_lies_in_pages_of_this_process),
        cmocka_unit_test(code_that_must_not_be_written_to_is_shared_and_runs),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(a_moved_memcpy_copies),
        cmocka_unit_test(a_broken_move_is_seen),
    };
    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
