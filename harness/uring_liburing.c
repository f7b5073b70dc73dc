#include "harness/uring.h"

#include <errno.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kernel 6.2; headers of that time lack them. */
#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE (1U << 3)
#endif
#ifndef IORING_NOTIF_USAGE_ZC_COPIED
#define IORING_NOTIF_USAGE_ZC_COPIED (1U << 31)
#endif

struct uring {
    struct io_uring ring;
};

static const struct {
    const char *name;
    int code;
} OPERATIONS[] = {
    [URING_READ] = {"read", IORING_OP_READ},
    [URING_WRITE] = {"write", IORING_OP_WRITE},
    [URING_READ_FIXED] = {"read into a registered buffer", IORING_OP_READ_FIXED},
    [URING_WRITE_FIXED] = {"write from a registered buffer", IORING_OP_WRITE_FIXED},
    [URING_SEND_ZC] = {"zero-copy send", IORING_OP_SEND_ZC},
};

const char *uring_backend(void)
{
#ifdef IO_URING_VERSION_MAJOR
    static char text[32];
    snprintf(text, sizeof text, "liburing %d.%d", IO_URING_VERSION_MAJOR, IO_URING_VERSION_MINOR);
    return text;
#else
    return "liburing";
#endif
}

int uring_open(struct uring **ring, unsigned requests, struct fault *fault)
{
    *ring = NULL;
    struct uring *new = malloc(sizeof *new);
    if (!new)
        return fail(fault, ENOMEM, "no memory for an io_uring");
    int error = io_uring_queue_init(requests, &new->ring, 0);
    if (error) {
        free(new);
        return fail(fault, error == -ENOSYS ? ENOTSUP : -error, "io_uring of %u requests: %s%s",
                    requests, strerror(-error),
                    error == -EPERM    ? "; see the sysctl kernel.io_uring_disabled"
                    : error == -ENOMEM ? "; see ulimit -l"
                    : error == -ENOSYS ? "; kernel 5.1 brings it, and a filter may hide it"
                                       : "");
    }
    *ring = new;
    return 0;
}

void uring_close(struct uring *ring)
{
    if (ring)
        io_uring_queue_exit(&ring->ring);
    free(ring);
}

int uring_can(struct uring *ring, enum uring_operation operation, struct fault *fault)
{
    struct io_uring_probe *probe = io_uring_get_probe_ring(&ring->ring);
    bool can = probe && io_uring_opcode_supported(probe, OPERATIONS[operation].code);
    io_uring_free_probe(probe);
    return can ? 0
               : fail(fault, ENOTSUP, "this kernel's io_uring has no %s",
                      OPERATIONS[operation].name);
}

int uring_register(struct uring *ring, const struct iovec *buffers, unsigned count,
                   struct fault *fault)
{
    int error = io_uring_register_buffers(&ring->ring, buffers, count);
    return error ? fail(fault, -error, "registering %u buffers with io_uring: %s%s", count,
                        strerror(-error), error == -ENOMEM ? "; see ulimit -l" : "")
                 : 0;
}

bool uring_queue(struct uring *ring, const struct uring_request *request)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring->ring);
    if (!entry)
        return false;
    unsigned bytes = (unsigned)request->bytes;
    const __u64 here = (__u64)-1; /* a file's position, and all that a socket has */
    switch (request->operation) {
    case URING_READ:
        io_uring_prep_read(entry, request->fd, request->memory, bytes, here);
        break;
    case URING_WRITE:
        io_uring_prep_write(entry, request->fd, request->memory, bytes, here);
        break;
    case URING_READ_FIXED:
        io_uring_prep_read_fixed(entry, request->fd, request->memory, bytes, here,
                                 (int)request->buffer);
        break;
    case URING_WRITE_FIXED:
        io_uring_prep_write_fixed(entry, request->fd, request->memory, bytes, here,
                                  (int)request->buffer);
        break;
    case URING_SEND_ZC:
        io_uring_prep_send_zc(entry, request->fd, request->memory, request->bytes, MSG_NOSIGNAL,
                              IORING_SEND_ZC_REPORT_USAGE);
        break;
    }
    io_uring_sqe_set_data64(entry, request->tag);
    return true;
}

int uring_submit(struct uring *ring, unsigned wait)
{
    int submitted = io_uring_submit_and_wait(&ring->ring, wait);
    return submitted < 0 ? submitted : 0;
}

bool uring_next(struct uring *ring, struct uring_completion *completion)
{
    struct io_uring_cqe *entry;
    if (io_uring_peek_cqe(&ring->ring, &entry))
        return false;
    bool notification = entry->flags & IORING_CQE_F_NOTIF;
    *completion = (struct uring_completion){
        .tag = entry->user_data,
        .result = notification ? 0 : entry->res,
        .more = entry->flags & IORING_CQE_F_MORE,
        .notification = notification,
        .copied = notification && (unsigned)entry->res & IORING_NOTIF_USAGE_ZC_COPIED,
    };
    io_uring_cqe_seen(&ring->ring, entry);
    return true;
}
