/*
 * A clock whose time only passes by what calls are said to take, so that nothing depends on how
 * fast or how disturbed this machine is.
 */
#ifndef COPYCOST_HARNESS_TEST_VIRTUAL_H
#define COPYCOST_HARNESS_TEST_VIRTUAL_H

#include "harness/clock.h"

static uint64_t virtual_ns; /* advanced by the experiments under test */

static uint64_t read_virtual(void)
{
    return virtual_ns;
}

static struct clock virtual_clock = {
    .candidates = {{.name = "virtual", .read = read_virtual, .ns_per_tick = 1}},
    .candidate_count = 1,
    .chosen = virtual_clock.candidates,
};

#endif
