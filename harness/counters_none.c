/* No counters: every one of them is a reason. */
#include <errno.h>

#include "harness/counter_source.h"

const char *const counters_backend = "none: built without PAPI";

static int none_open(struct fault *fault)
{
    return fail(fault, ENOTSUP, "built without PAPI: install its development files and build anew");
}

/* open() fails, so nothing else is ever called. */
const struct counter_source counter_source = {.open = none_open};
