/*
 * Pairs of functions made up here: time passes by what a call is said to take, and each call is
 * written down.
 */
#ifndef COPYCOST_HARNESS_TEST_MADE_UP_PAIRS_H
#define COPYCOST_HARNESS_TEST_MADE_UP_PAIRS_H

#include "harness/test/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/cells.h"
#include "harness/pairs_run.h"
#include "harness/test/virtual.h"

enum { OLD_NS = 1000, NEW_NS = 2000, COPY_NS = 1010, OTHER_NS = 1020, LOG_MAX = 1 << 16 };

static char call_log[LOG_MAX]; /* a letter a call: o, n, c, x */
static size_t call_count;

static inline void *log_call(char who, uint64_t ns, void *to, const void *from, size_t bytes)
{
    call_log[call_count++ % LOG_MAX] = who;
    virtual_ns += ns;
    return memcpy(to, from, bytes);
}

static void *run_old(void *restrict to, const void *restrict from, size_t bytes)
{
    return log_call('o', OLD_NS, to, from, bytes);
}

static void *run_new(void *restrict to, const void *restrict from, size_t bytes)
{
    return log_call('n', NEW_NS, to, from, bytes);
}

static void *run_copy(void *restrict to, const void *restrict from, size_t bytes)
{
    return log_call('c', COPY_NS, to, from, bytes);
}

static void *run_other(void *restrict to, const void *restrict from, size_t bytes)
{
    return log_call('x', OTHER_NS, to, from, bytes);
}

static struct pairs_function made_up_function;
static const char *made_up_names[] = {"copy", NULL};
static struct pairs made_up_pairs;
static struct environment virtual_environment; /* this machine's with the virtual clock */
static struct cells made_up_cells;

static inline struct kernel kernel_named(const char *name, kernel_function *run)
{
    return (struct kernel){.name = name,
                           .operation = KERNEL_COPY,
                           .needs = "",
                           .granule = 1,
                           .alignment = 1,
                           .run = run};
}

/* Plans cells of those sizes at one place; without a placement where `moved` is NULL. */
static inline void plan_pairs(const char *sizes, const char *comparisons, kernel_function *new,
                              kernel_function *moved)
{
    static char names[] = "copy";
    const struct axis_choice choices[] = {{"size", sizes},         {"src_offset", "0"},
                                          {"dst_offset", "2048"},  {"page", "base"},
                                          {"temperature", "warm"}, {"comparison", comparisons}};
    cells_free(&made_up_cells);
    made_up_function = (struct pairs_function){
        .name = "copy",
        .old = kernel_named("old", run_old),
        .copies = {kernel_named("copy", run_copy), kernel_named("other", run_other),
                   kernel_named("placed", run_old)},
        .new = kernel_named("new", new),
        .moved = kernel_named("moved", moved),
    };
    snprintf(made_up_function.unmoved.text, sizeof made_up_function.unmoved.text, "it stays");
    made_up_pairs = (struct pairs){
        .functions = &made_up_function, .names = made_up_names, .count = 1, .all_names = names};
    pairs_describe(&made_up_pairs);
    virtual_environment = environment;
    virtual_environment.clock = &virtual_clock;
    call_count = 0;
    if (cells_add(&made_up_cells, &made_up_pairs.benchmark, PROFILE_QUICK, choices,
                  sizeof choices / sizeof *choices, &virtual_environment, &fault))
        fail_msg("%s", fault.text);
}

#endif
