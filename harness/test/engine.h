/*
 * The engine on this machine, opened once a program, and cells and records made by hand.
 */
#ifndef COPYCOST_HARNESS_TEST_ENGINE_H
#define COPYCOST_HARNESS_TEST_ENGINE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "harness/environment.h"
#include "harness/measure.h"
#include "harness/record.h"

static struct topology machine;
static struct clock machine_clock;
static struct environment environment;
static struct fault fault;

/* For experiments made up in tests: cmocka, below, hides fail(). */
static inline int refuse(struct fault *told, int error, const char *text)
{
    return fail(told, error, "%s", text);
}

#include <cmocka.h>

/* A cmocka set-up of a group; the calling thread is bound from then on. */
static int engine_open(void **state)
{
    (void)state;
    char why[128];
    if (topology_open(&machine, &fault) || clock_open(&machine_clock, &fault))
        return -1;
    environment.asked = (struct placement){
        .cpu = topology_default_cpu(&machine, why, sizeof why),
        .src_node = NODE_LOCAL,
        .dst_node = NODE_LOCAL,
    };
    return environment_open(&environment, &machine, &machine_clock, &fault);
}

static int engine_close(void **state)
{
    (void)state;
    environment_close(&environment);
    topology_close(&machine);
    return 0;
}

/* Visits that are as short as they can be. */
static inline struct plan shortest_plan(unsigned launches, unsigned sweeps)
{
    return (struct plan){
        .launches = launches,
        .launches_min = launches,
        .sweeps = sweeps,
        .samples = 4,
        .precision = 1e9, /* whatever comes out is precise enough */
        .budget_ns = 1e5 * launches * sweeps,
        .seed = 1,
    };
}

/* A cell of one thread, with that number on its first axis. */
static inline struct cell made_up_cell(const struct benchmark *benchmark, size_t number)
{
    return (struct cell){
        .benchmark = benchmark,
        .number = number,
        .point = {{.number = number}},
        .asked = environment.asked,
        .members = 1,
    };
}

/* A record that has figures. */
static inline struct record made_up_record(const struct cell *cell, const struct counters *counters)
{
    struct record record = {
        .cell = cell,
        .environment = &environment,
        .counters = counters,
        .verdict = VERDICT_OK,
        .stop = STOP_PRECISE,
        .got = cell->asked,
        .sampling = {.calls = 1000, .method = METHOD_BATCH},
        .summary = {.samples = 60, .launches = 6, .median = 12.5, .low = 12.25, .high = 12.75},
        .loop_ns = 1.5,
    };
    for (size_t i = 0; i < COUNTERS_MAX; i++)
        record.counted[i] = NAN;
    for (size_t i = 0; i < REPORTS_MAX; i++)
        record.reports[i] = NAN;
    return record;
}

#endif
