/*
 * Captured packets, as tcpdump writes them: by libpcap, or not at all if it was built without.
 */
#ifndef COPYCOST_HARNESS_CAPTURE_H
#define COPYCOST_HARNESS_CAPTURE_H

#include "harness/histogram.h"

/* Why no capture can be read here; NULL if it can. */
const char *capture_missing(void);

/*
 * Adds the lengths of all packets, in bytes, as they were on the wire: not what was kept of them.
 * Errors: ENOTSUP (built without libpcap), EINVAL (path, and why it can't be read), ENOMEM.
 */
int capture_read(struct histogram *lengths, const char *path, struct fault *fault);

#endif
