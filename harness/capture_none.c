#include "harness/capture.h"

#include <errno.h>

const char *capture_missing(void)
{
    return "built without libpcap";
}

int capture_read(struct histogram *lengths, const char *path, struct fault *fault)
{
    (void)lengths;
    return fail(fault, ENOTSUP, "'%s' can't be read: %s", path, capture_missing());
}
