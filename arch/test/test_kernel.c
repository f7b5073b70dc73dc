/*
 * The registry, what it tells about its kernels, kernels from shared objects; and kernel_check() of
 * every kernel that this CPU can run, a test each.
 */
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch/check.h"
#include "arch/cpu.h"

#include <cmocka.h> /* last: its macro fail() is not ours */

enum { SEED = 1 };

static void test_descriptions(void **state)
{
    (void)state;
    assert_true(kernel_count() > 0);
    for (size_t i = 0; i < kernel_count(); i++) {
        const struct kernel *kernel = kernel_at(i);
        const char *operation = kernel_operation_name(kernel->operation);
        size_t length = strlen(operation);
        assert_memory_equal(kernel->name, operation, length);
        assert_int_equal(kernel->name[length], '_');
        assert_true(strlen(kernel->summary) > 0);
        assert_int_not_equal(kernel->summary[strlen(kernel->summary) - 1], '.');
        assert_true(kernel->granule > 0);
        assert_true(kernel->alignment > 0);
        assert_int_equal(kernel->alignment & (kernel->alignment - 1), 0);
    }
}

static void test_names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < kernel_count(); i++) {
        assert_ptr_equal(kernel_find(kernel_at(i)->name), kernel_at(i));
    }
    assert_null(kernel_find("copy_nothing"));
}

static bool feature_known(const char *name)
{
    for (const char *const *feature = cpu_features; *feature; feature++) {
        if (strcmp(*feature, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A misspelt feature would make a kernel unusable everywhere, and nobody would see it. */
static void test_needs_are_known_features(void **state)
{
    (void)state;
    for (size_t i = 0; i < kernel_count(); i++) {
        char needs[128];
        assert_true(strlen(kernel_at(i)->needs) < sizeof needs);
        strcpy(needs, kernel_at(i)->needs);
        for (char *word = strtok(needs, " "); word; word = strtok(NULL, " ")) {
            assert_true(feature_known(word));
        }
    }
}

static void test_missing(void **state)
{
    (void)state;
    struct kernel kernel = *kernel_at(0);
    kernel.needs = "";
    assert_null(kernel_missing(&kernel));
    kernel.needs = "no_such_feature";
    assert_string_equal(kernel_missing(&kernel), "no_such_feature");
    for (const char *const *feature = cpu_features; *feature; feature++) {
        kernel.needs = *feature;
        if (cpu_has(*feature)) {
            assert_null(kernel_missing(&kernel));
            char both[64];
            snprintf(both, sizeof both, "%s no_such_feature", *feature);
            kernel.needs = both;
            assert_string_equal(kernel_missing(&kernel), "no_such_feature");
        } else {
            assert_string_equal(kernel_missing(&kernel), *feature);
        }
    }
}

static void test_entry_points_are_aligned(void **state)
{
    (void)state;
    for (size_t i = 0; i < kernel_count(); i++) {
        const struct kernel *kernel = kernel_at(i);
        if (!kernel->code) {
            continue;
        }
        uintptr_t start = (uintptr_t)kernel->code;
        assert_int_equal(start % 64, 0);
        /* Bit 0 of a function's address is the Thumb bit on 32-bit ARM. */
        assert_int_equal((uintptr_t)kernel->run & ~(uintptr_t)1, start);
        assert_true(kernel->code < kernel->code_end);
    }
}

static void test_code_hash(void **state)
{
    (void)state;
    for (size_t i = 0; i < kernel_count(); i++) {
        const struct kernel *kernel = kernel_at(i);
        assert_true(kernel_code_hash(kernel) == kernel_code_hash(kernel));
        assert_true(kernel_code_hash(kernel) != 0 || !kernel->code);
    }
    assert_true(kernel_code_hash(kernel_find("copy_byte_forward")) !=
                kernel_code_hash(kernel_find("copy_byte_backward")));
}

static void test_resolved(void **state)
{
    (void)state;
    for (size_t i = 0; i < kernel_count(); i++) {
        const char *resolved = kernel_resolved(kernel_at(i));
        assert_true(!resolved || strstr(kernel_at(i)->name, "_libc_"));
        assert_true(!resolved || strstr(resolved, "mem"));
    }
}

static void test_load_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int error;
        const char *said;
    } cases[] = {
        {"", EINVAL, "path.so:symbol[:name]"},
        {"copy.so", EINVAL, "'copy.so' is not of the form"},
        {"copy.so:", EINVAL, "is not of the form"},
        {":copy", EINVAL, "is not of the form"},
        {"./no-such-object.so:copy", ENOENT, "no-such-object.so"},
        {"./no-such-object.so:copy:copy_byte_forward", EINVAL, "'copy_byte_forward' already"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t before = kernel_count();
        struct fault fault = {""};
        assert_int_equal(kernel_load(cases[i].text, &fault), -cases[i].error);
        assert_non_null(strstr(fault.text, cases[i].said));
        assert_int_equal(kernel_count(), before);
    }
}

/* The C library serves as a shared object that is surely there. */
static void test_load(void **state)
{
    (void)state;
    Dl_info info;
    if (!dladdr((void *)(uintptr_t)getppid, &info) || !strchr(info.dli_fname, '/')) {
        skip();
    }
    struct fault fault = {""};
    size_t before = kernel_count();
    char text[4096];
    snprintf(text, sizeof text, "%s:no_such_function", info.dli_fname);
    assert_int_equal(kernel_load(text, &fault), -ENOENT);
    assert_non_null(strstr(fault.text, "no function 'no_such_function'"));

    snprintf(text, sizeof text, "%s:memmove", info.dli_fname);
    assert_int_equal(kernel_load(text, &fault), 0);
    assert_int_equal(kernel_load(text, &fault), -EINVAL);
    assert_non_null(strstr(fault.text, "'copy_memmove' already"));
    snprintf(text, sizeof text, "%s:memmove:copy_second", info.dli_fname);
    assert_int_equal(kernel_load(text, &fault), 0);

    assert_int_equal(kernel_count(), before + 2);
    assert_string_equal(kernel_at(before)->name, "copy_memmove");
    assert_ptr_equal(kernel_find("copy_second"), kernel_at(before + 1));
    assert_int_equal(kernel_check(kernel_find("copy_second"), SEED, &fault), 0);
}

static void test_check_kernel(void **state)
{
    const struct kernel *kernel = *state;
    struct fault fault;
    if (kernel_missing(kernel)) {
        skip();
    }
    if (kernel_check(kernel, SEED, &fault) != 0) {
        fail_msg("%s", fault.text);
    }
}

int main(void)
{
    const struct CMUnitTest registry_tests[] = {
        cmocka_unit_test(test_descriptions),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_needs_are_known_features),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_entry_points_are_aligned),
        cmocka_unit_test(test_code_hash),
        cmocka_unit_test(test_resolved),
        cmocka_unit_test(test_load_errors),
        cmocka_unit_test(test_load),
    };
    size_t fixed = sizeof registry_tests / sizeof registry_tests[0];
    size_t linked = kernel_count();
    struct CMUnitTest *tests = calloc(fixed + linked, sizeof *tests);
    if (!tests) {
        return 1;
    }
    memcpy(tests, registry_tests, sizeof registry_tests);
    for (size_t i = 0; i < linked; i++) {
        tests[fixed + i] = (struct CMUnitTest){
            .name = kernel_at(i)->name,
            .test_func = test_check_kernel,
            .initial_state = (void *)(uintptr_t)kernel_at(i),
        };
    }
    int failures = _cmocka_run_group_tests("kernels", tests, fixed + linked, NULL, NULL);
    free(tests);
    return failures;
}
