/*
 * Whether memory can be had, before it is asked for: the kernel grants more than there is, and
 * kills who uses it.
 */
#ifndef COPYCOST_HARNESS_MEMORY_LIMITS_H
#define COPYCOST_HARNESS_MEMORY_LIMITS_H

#include "harness/memory.h"

/*
 * Judges a request, rounded up to `bytes`. Errors: EINVAL (no such node), EPERM (node not allowed),
 * ENOMEM, ENOTSUP (no huge page in the pool; transparent ones are never granted).
 */
int memory_check(const struct mapping_request *request, const struct topology *topology,
                 size_t bytes, struct fault *fault);

#endif
