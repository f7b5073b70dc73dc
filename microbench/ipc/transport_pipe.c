/*
 * A pipe, written and read.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "microbench/ipc/files.h"
#include "microbench/ipc/pipe.h"

static int open_one(struct lane *lane, struct fault *fault)
{
    int ends[2], capacity = PIPE_BYTES;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail(fault, errno, "can't make a pipe: %s", strerror(errno));
    lane->consumer_fd = ends[0];
    lane->producer_fd = ends[1];
    /* /proc/sys/fs/pipe-max-size bounds one pipe, pipe-user-pages-soft all those of a user. */
    while (fcntl(ends[1], F_SETPIPE_SZ, capacity) < 0 && (size_t)capacity > lane->page_bytes)
        capacity /= 2;
    capacity = fcntl(ends[1], F_GETPIPE_SZ);
    lane->capacity_bytes = capacity > 0 ? (uint64_t)capacity : 0;
    return 0;
}

int pipe_open(struct lane *there, struct lane *back, struct fault *fault)
{
    int error = open_one(there, fault);
    return error || !back ? error : open_one(back, fault);
}

int pipe_enter(struct lane *lane, enum lane_end end, struct fault *fault)
{
    (void)fault;
    files_close(end == LANE_PRODUCER ? &lane->consumer_fd : &lane->producer_fd);
    return 0;
}

void pipe_abandon(struct lane *lane, enum lane_end end)
{
    files_close(end == LANE_PRODUCER ? &lane->producer_fd : &lane->consumer_fd);
}

int pipe_get_chunk(struct lane *lane, const unsigned char **chunk)
{
    *chunk = lane->consumed;
    return files_move(files_read, lane->consumer_fd, POLLIN, lane->consumed, lane->chunk_bytes, 0);
}

static int commit(struct lane *lane)
{
    return files_move(files_write, lane->producer_fd, POLLOUT, lane->produced, lane->chunk_bytes,
                      0);
}

static const struct transport transport_pipe = {
    .name = "pipe",
    .kernel_copies = 2,
    .open = pipe_open,
    .enter = pipe_enter,
    .commit = commit,
    .get_chunk = pipe_get_chunk,
    .abandon = pipe_abandon,
};
TRANSPORT(&transport_pipe);
