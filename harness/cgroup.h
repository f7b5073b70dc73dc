/*
 * What the process's control group (version 2, or version 1 in its usual places) grants it. The
 * narrowest limit from its own group up to the root counts.
 */
#ifndef COPYCOST_HARNESS_CGROUP_H
#define COPYCOST_HARNESS_CGROUP_H

#include <stdint.h>

/* The memory limit in bytes; UINT64_MAX where there is none. */
uint64_t cgroup_memory_limit(void);

/* Bytes left below the limit, page cache that can be dropped included; UINT64_MAX: no limit. */
uint64_t cgroup_memory_available(void);

/* CPUs' worth of time that the quota grants (1.5: one and a half CPU); 0 where there is none. */
double cgroup_cpu_quota(void);

#endif
