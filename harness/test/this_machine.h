/*
 * This machine's topology, opened once a program.
 */
#ifndef COPYCOST_HARNESS_TEST_THIS_MACHINE_H
#define COPYCOST_HARNESS_TEST_THIS_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/topology.h"

#include <cmocka.h>

static struct topology machine;
static struct fault fault;

/* A cmocka set-up and tear-down of a group. */
static int open_machine(void **state)
{
    (void)state;
    return topology_open(&machine, &fault);
}

static int close_machine(void **state)
{
    (void)state;
    topology_close(&machine);
    return 0;
}

#endif
