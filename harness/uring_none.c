#include <errno.h>

#include "harness/uring.h"

const char *uring_backend(void)
{
    return "none: built without liburing";
}

int uring_open(struct uring **ring, unsigned requests, struct fault *fault)
{
    *ring = NULL;
    return fail(fault, ENOTSUP,
                "an io_uring of %u requests: built without liburing, which drives it; build with "
                "that",
                requests);
}

void uring_close(struct uring *ring)
{
    (void)ring;
}

int uring_can(struct uring *ring, enum uring_operation operation, struct fault *fault)
{
    (void)ring;
    (void)operation;
    return fail(fault, ENOTSUP, "built without liburing");
}

int uring_register(struct uring *ring, const struct iovec *buffers, unsigned count,
                   struct fault *fault)
{
    (void)ring;
    (void)buffers;
    return fail(fault, ENOTSUP, "%u registered buffers: built without liburing", count);
}

bool uring_queue(struct uring *ring, const struct uring_request *request)
{
    (void)ring;
    (void)request;
    return false;
}

int uring_submit(struct uring *ring, unsigned wait)
{
    (void)ring;
    (void)wait;
    return -ENOTSUP;
}

bool uring_next(struct uring *ring, struct uring_completion *completion)
{
    (void)ring;
    (void)completion;
    return false;
}
