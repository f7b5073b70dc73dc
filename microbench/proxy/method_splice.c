/*
 * References to the kernel's own buffers: splice(2) from socket to socket through a pipe, and
 * sendfile(2) out of the page cache.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "microbench/ipc/files.h"
#include "microbench/proxy/relay.h"

/* A call that moved nothing: 0 where it is to be repeated. */
static int refused(ssize_t moved, int fd, short direction)
{
    if (moved == 0)
        return -EPIPE;
    return files_again(fd, direction) ? 0 : -errno;
}

static int open_pipe(struct relay *relay, struct fault *fault)
{
    if (pipe2(relay->pipe, O_CLOEXEC) < 0)
        return fail(fault, errno, "can't make a pipe to splice through: %s", strerror(errno));
    /* /proc/sys/fs/pipe-max-size bounds one pipe, pipe-user-pages-soft all those of a user. */
    for (int bytes = RELAY_PIPE_BYTES; bytes > RELAY_PIECE; bytes /= 2)
        if (fcntl(relay->pipe[1], F_SETPIPE_SZ, bytes) >= 0)
            break;
    int holds = fcntl(relay->pipe[1], F_GETPIPE_SZ);
    relay->pipe_bytes = holds > 0 ? (uint64_t)holds : 0;
    return 0;
}

/* What comes next of the message, as far as it is there; it stays there. */
static ssize_t peek(struct relay *relay, size_t unseen)
{
    size_t count = unseen < relay->buffer_bytes ? unseen : relay->buffer_bytes;
    ssize_t got = recv(relay->in, relay->buffers[0], count, MSG_PEEK);
    relay->system_calls++;
    if (got > 0)
        relay_look(relay, relay->buffers[0], (size_t)got);
    return got;
}

/* MORE is promised only within a message: the kernel may hold data back for it. */
static unsigned flags_of(bool more)
{
    return SPLICE_F_MOVE | (more ? SPLICE_F_MORE : 0);
}

static int empty_pipe(struct relay *relay, size_t held, bool more)
{
    while (held) {
        ssize_t moved = splice(relay->pipe[0], NULL, relay->out, NULL, held, flags_of(more));
        relay->system_calls++;
        if (moved > 0) {
            held -= (size_t)moved;
            continue;
        }
        int error = refused(moved, relay->out, POLLOUT);
        if (error)
            return error;
    }
    return 0;
}

/* So many bytes that belong to one message, after which `after` more of it are to come. */
static int splice_through(struct relay *relay, size_t count, size_t after)
{
    while (count) {
        ssize_t moved = splice(relay->in, NULL, relay->pipe[1], NULL, count, SPLICE_F_MOVE);
        relay->system_calls++;
        if (moved > 0)
            count -= (size_t)moved;
        int error = moved > 0 ? empty_pipe(relay, (size_t)moved, count + after > 0)
                              : refused(moved, relay->in, POLLIN);
        if (error)
            return error;
    }
    return 0;
}

static int pass_spliced(struct relay *relay, uint64_t messages)
{
    size_t left = relay->message_bytes;
    while (messages) {
        size_t count = left, unseen = relay_unseen(relay, left);
        if (unseen) {
            ssize_t got = peek(relay, unseen);
            if (got <= 0) {
                int error = refused(got, relay->in, POLLIN);
                if (error)
                    return error;
                continue;
            }
            if (relay_unseen(relay, left - (size_t)got)) /* not enough of it yet */
                count = (size_t)got;
        }
        int error = splice_through(relay, count, left - count);
        if (error)
            return error;
        left -= count;
        if (left == 0) {
            relay_finish(relay);
            messages--;
            left = relay->message_bytes;
        }
    }
    return 0;
}

static int pass_file(struct relay *relay, uint64_t messages)
{
    for (; messages; messages--) {
        const struct relay_file *file = &relay->file;
        off_t at = (off_t)file->at;
        relay_look(relay, file->mapped + file->at, relay->message_bytes);
        for (size_t left = relay->message_bytes; left;) {
            ssize_t moved = sendfile(relay->out, file->fd, &at, left);
            relay->system_calls++;
            int error = moved > 0 ? 0 : refused(moved, relay->out, POLLOUT);
            if (error)
                return error;
            left -= moved > 0 ? (size_t)moved : 0;
        }
        relay_finish(relay);
    }
    return 0;
}

const struct method method_splice = {
    .name = "splice",
    .from_socket = true,
    .open = open_pipe,
    .pass = pass_spliced,
};

const struct method method_sendfile = {
    .name = "sendfile",
    .from_file = true,
    .pass = pass_file,
};
