/*
 * The points of the proxy experiment: its axes, which of their combinations there are, and what a
 * point asks for.
 */
#ifndef COPYCOST_MICROBENCH_PROXY_POINTS_H
#define COPYCOST_MICROBENCH_PROXY_POINTS_H

#include "harness/benchmark.h"
#include "microbench/proxy/chain.h"

enum { POINT_AXES = 8 };
extern const struct axis point_axes[POINT_AXES];

/* The engine's plan() and member_cpu(): members are those of enum CHAIN_*. */
void point_plan(struct cell *cell, const struct environment *environment);
int point_cpu(const struct cell *cell, const struct environment *environment, unsigned member);

/* Of a cell that is not skipped. */
struct chain_request point_request(const struct cell *cell, const struct environment *environment);

#endif
