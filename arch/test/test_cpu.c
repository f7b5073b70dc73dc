/* What arch/<isa>/cpu.c says about this CPU, against what the system says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/cpu.h"

#include <cmocka.h>

static void test_isa_is_named(void **state)
{
    (void)state;
    assert_true(strlen(cpu_isa) > 0);
}

static void test_unknown_feature(void **state)
{
    (void)state;
    assert_false(cpu_has("no_such_feature"));
    assert_false(cpu_has(""));
}

/* The reverse need not hold: the system hides features that it was told to switch off. */
static void test_features_of_the_system(void **state)
{
    (void)state;
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file) {
        skip();
    }
    char *line = NULL;
    size_t size = 0;
    size_t found = 0;
    while (getline(&line, &size, file) > 0) {
        if (strncmp(line, "flags", 5) != 0 && strncmp(line, "Features", 8) != 0) {
            continue;
        }
        for (char *word = strtok(line, " \t\n:"); word; word = strtok(NULL, " \t\n:")) {
            for (const char *const *feature = cpu_features; *feature; feature++) {
                if (strcmp(*feature, word) == 0) {
                    assert_true(cpu_has(word));
                    found++;
                }
            }
        }
        break;
    }
    free(line);
    fclose(file);
    if (!found) {
        skip();
    }
}

static void test_ticks_never_step_back(void **state)
{
    (void)state;
    uint64_t last = cpu_ticks();
    for (int i = 0; i < 10000; i++) {
        uint64_t now = cpu_ticks();
        assert_true(now >= last);
        last = now;
    }
    assert_int_equal(cpu_ticks_name != NULL, last != 0);
}

static void test_eviction_keeps_the_content(void **state)
{
    (void)state;
    unsigned char buffer[1000], copy[1000];
    for (size_t i = 0; i < sizeof buffer; i++) {
        buffer[i] = copy[i] = (unsigned char)(i * 7);
    }
    for (size_t start = 0; start < 65; start++) {
        cpu_evict(buffer + start, sizeof buffer - 2 * start);
    }
    cpu_evict(buffer, 0);
    assert_memory_equal(buffer, copy, sizeof buffer);
}

/* Every size up to some lines, from and to every place in a word, and no byte beyond. */
static void test_stores_around_copy(void **state)
{
    (void)state;
    enum { MOST = 200, AROUND = 16 };
    unsigned char from[MOST + AROUND], to[AROUND + MOST + AROUND], expected[sizeof to];
    for (size_t i = 0; i < sizeof from; i++) {
        from[i] = (unsigned char)(i * 7 + 1);
    }
    if (!cpu_store_around(to, from, 0)) {
        skip(); /* this ISA has none */
    }
    for (size_t bytes = 0; bytes <= MOST; bytes++) {
        for (size_t place = 0; place < 64; place++) {
            size_t dst = AROUND + place % 8, src = place / 8;
            memset(to, 0, sizeof to);
            memset(expected, 0, sizeof expected);
            memcpy(expected + dst, from + src, bytes);
            assert_true(cpu_store_around(to + dst, from + src, bytes));
            assert_memory_equal(to, expected, sizeof to);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_isa_is_named),
        cmocka_unit_test(test_unknown_feature),
        cmocka_unit_test(test_features_of_the_system),
        cmocka_unit_test(test_ticks_never_step_back),
        cmocka_unit_test(test_eviction_keeps_the_content),
        cmocka_unit_test(test_stores_around_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
