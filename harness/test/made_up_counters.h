/*
 * Counters opened from PMUs made up.
 */
#ifndef COPYCOST_HARNESS_TEST_MADE_UP_COUNTERS_H
#define COPYCOST_HARNESS_TEST_MADE_UP_COUNTERS_H

#include "harness/test/made_up_pmu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static long long read_zero(int run)
{
    (void)run;
    return 0;
}

static void assert_all_closed(void)
{
    assert_int_equal(pmu.misuses + other.misuses, 0);
    for (int i = 0; i < SETS_MOST; i++)
        assert_false(pmu.sets[i].open || other.sets[i].open);
}

static struct counters open_sources(const struct counter_sources *sources, const char *events)
{
    struct counters counters;
    struct fault fault = {""};
    if (counters_open_from(sources, &counters, events, &fault) != 0)
        fail_msg("%s", fault.text);
    return counters;
}

#endif
