/*
 * Checks every kernel that this CPU can run, or those named as arguments; --seed N repeats an
 * earlier run. Needs nothing but arch/ and the C library, so that it can be linked statically and
 * run under an emulator. Exit status: 0, 1 if a kernel failed, 2 for wrong arguments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arch/check.h"

static size_t passed, failed, skipped;

static void kernel_report(const struct kernel *kernel, uint64_t seed)
{
    const char *missing = kernel_missing(kernel);
    struct fault fault;
    if (missing) {
        printf("skip %s: needs %s\n", kernel->name, missing);
        skipped++;
    } else if (kernel_check(kernel, seed, &fault) != 0) {
        printf("FAIL %s\n", fault.text);
        failed++;
    } else {
        printf("ok %s\n", kernel->name);
        passed++;
    }
    fflush(stdout);
}

static uint64_t seed_draw(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv)
{
    uint64_t seed = seed_draw();
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--seed") == 0) {
        seed = strtoull(argv[2], NULL, 0);
        first = 3;
    }
    printf("seed %llu\n", (unsigned long long)seed);
    for (int i = first; i < argc; i++) {
        const struct kernel *kernel = kernel_find(argv[i]);
        if (!kernel) {
            fprintf(stderr, "no kernel '%s'; without arguments, all are checked and named\n",
                    argv[i]);
            return 2;
        }
        kernel_report(kernel, seed);
    }
    for (size_t i = 0; first == argc && i < kernel_count(); i++) {
        kernel_report(kernel_at(i), seed);
    }
    printf("%zu passed, %zu failed, %zu skipped\n", passed, failed, skipped);
    return failed ? 1 : 0;
}
