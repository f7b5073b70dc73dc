/*
 * io_uring, the kernel's queues of requests and completions. Back ends: uring_liburing.c (liburing;
 * the only file that includes liburing.h) or uring_none.c where it is missing.
 *
 * A ring belongs to the thread that opened it; a process that forks leaves it to one side only.
 * Memory of a request must stay as it is until its completion has been taken; that of a zero-copy
 * send until its notification.
 */
#ifndef COPYCOST_HARNESS_URING_H
#define COPYCOST_HARNESS_URING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "arch/fault.h"

enum uring_operation {
    URING_READ,
    URING_WRITE,
    URING_READ_FIXED,
    URING_WRITE_FIXED,
    URING_SEND_ZC
};

struct uring;

/* "liburing 2.3", or "none: built without liburing". Static. */
const char *uring_backend(void);

/*
 * A ring for that many requests at a time; close it by uring_close(). Errors: ENOTSUP (built
 * without; kernel before 5.1 or without io_uring, or a container's filter that says so), EPERM
 * (forbidden: kernel.io_uring_disabled, or a filter), ENOMEM (RLIMIT_MEMLOCK on kernels
 * before 5.12).
 */
int uring_open(struct uring **ring, unsigned requests, struct fault *fault);

/* Waits for nothing: take what is under way first. NULL is fine. */
void uring_close(struct uring *ring);

/* 0 if the kernel knows the operation, or ENOTSUP. */
int uring_can(struct uring *ring, enum uring_operation operation, struct fault *fault);

/*
 * Pins the buffers for the *_FIXED operations, which name them by their place there; they stay the
 * caller's and registered until the ring is closed. Errors: ENOMEM (RLIMIT_MEMLOCK), EFAULT.
 */
int uring_register(struct uring *ring, const struct iovec *buffers, unsigned count,
                   struct fault *fault);

struct uring_request {
    enum uring_operation operation;
    int fd;
    void *memory;
    size_t bytes;
    unsigned buffer; /* of *_FIXED: which registered one `memory` lies in */
    uint64_t tag;    /* comes back with its completion */
};

/* Queues it, nothing more. false: the queue is full; submit first. */
bool uring_queue(struct uring *ring, const struct uring_request *request);

/*
 * Hands all queued requests to the kernel and waits until that many completions can be taken (0:
 * doesn't wait). Returns -errno, such as -EINTR; what was queued may then have been submitted or
 * not, and another call goes on.
 */
int uring_submit(struct uring *ring, unsigned wait);

struct uring_completion {
    uint64_t tag;
    int32_t result;    /* bytes, or -errno */
    bool more;         /* of a zero-copy send: its notification is still to come */
    bool notification; /* the memory of a zero-copy send is free again; `result` is none */
    bool copied;       /* of a notification: the kernel copied all the same */
};

/* Takes the next completion that is there, if there is one. */
bool uring_next(struct uring *ring, struct uring_completion *completion);

#endif
