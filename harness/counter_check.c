#include "harness/counter_check.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arch/cpu.h"
#include "harness/clock.h"
#include "harness/random.h"

enum {
    ADDITIONS = COUNTER_CHECK_ADDITIONS,
    READS = 2048,
    READ_STRIDE = 4096, /* the smallest page size, and the same cache set over and over */
};

/* Counts `work(argument)` with the event alone. */
static int count_work(const struct counter_source *source, uint64_t code, void (*work)(void *),
                      void *argument, long long *value, struct fault *fault)
{
    intptr_t set;
    int result = source->set_open(&set, fault);
    if (result != 0)
        return result;
    result = source->set_add(set, code, fault);
    if (result == 0)
        result = source->set_start(set, fault);
    if (result == 0) {
        work(argument);
        result = source->set_stop(set, value, fault);
    }
    source->set_close(set);
    return result;
}

static void work_chain(void *additions)
{
    core_clock_chain(*(const uint64_t *)additions);
}

static int count_chain(const struct counter_source *source, uint64_t code, uint64_t additions,
                       long long *least, struct fault *fault)
{
    *least = LLONG_MAX;
    for (int i = 0; i < COUNTER_CHECK_RUNS; i++) {
        long long value = 0;
        int result = count_work(source, code, work_chain, &additions, &value, fault);
        if (result != 0)
            return result;
        *least = value < *least ? value : *least;
    }
    return 0;
}

static int check_chain(const struct counter_source *source, uint64_t code, enum counter_check check,
                       struct fault *fault)
{
    long long once, twice;
    int result = count_chain(source, code, ADDITIONS, &once, fault);
    if (result == 0)
        result = count_chain(source, code, UINT64_C(2) * ADDITIONS, &twice, fault);
    if (result != 0)
        return result;
    if (once == 0)
        return fail(fault, ERANGE, "reads 0 over %d additions, so nothing counts here", ADDITIONS);
    long long growth = twice - once;
    bool believed = once >= ADDITIONS / 8 && growth > 0;
    if (check == COUNTER_CHECK_INSTRUCTIONS)
        believed = growth >= ADDITIONS && llabs(once - growth) <= growth / 100;
    if (!believed)
        return fail(fault, ERANGE, "reads %lld over %d additions and %lld over twice as many", once,
                    ADDITIONS, twice);
    return 0;
}

static void work_reads(void *memory)
{
    const unsigned char *bytes = memory;
    struct random random = {1};
    unsigned sum = 0;
    unsigned page = 0;
    for (int i = 0; i < READS; i++) {
        page = (page * 1229 + 1) % READS; /* visits each once, in an order hard to prefetch */
        /* The barriers keep the branch a branch. */
        if (random_next(&random) & 1) {
            sum += bytes[(size_t)page * READ_STRIDE];
            __asm__ volatile("" : "+r"(sum));
        } else {
            sum ^= bytes[(size_t)page * READ_STRIDE];
            __asm__ volatile("" : "+r"(sum));
        }
    }
}

static int check_misses(const struct counter_source *source, uint64_t code, struct fault *fault)
{
    size_t bytes = (size_t)READS * READ_STRIDE;
    unsigned char *memory = malloc(bytes);
    if (memory == NULL)
        return fail(fault, ENOTSUP, "no %zu bytes of memory to check it with", bytes);
    /* Pages never written to would all be the one zero page. Where user space can't evict, this
     * much memory has pushed its own beginning out of the caches. */
    memset(memory, 1, bytes);
    cpu_evict(memory, bytes);
    long long value = 0;
    int result = count_work(source, code, work_reads, memory, &value, fault);
    free(memory);
    if (result == 0 && value == 0)
        return fail(fault, ERANGE, "reads 0 over %d scattered reads, so nothing counts here",
                    READS);
    return result;
}

static void work_nothing(void *unused)
{
    (void)unused;
}

int counter_check_event(const struct counter_source *source, uint64_t code,
                        enum counter_check check, struct fault *fault)
{
    long long value;
    switch (check) {
    case COUNTER_CHECK_INSTRUCTIONS:
    case COUNTER_CHECK_CYCLES:
        return check_chain(source, code, check, fault);
    case COUNTER_CHECK_MISSES:
        return check_misses(source, code, fault);
    case COUNTER_CHECK_NONE:
        break;
    }
    return count_work(source, code, work_nothing, NULL, &value, fault);
}
