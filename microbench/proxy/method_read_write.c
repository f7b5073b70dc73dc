/*
 * Into a buffer and out of it: read(2) and write(2), or readv(2) and writev(2) of a buffer in
 * pieces, as of a proxy that keeps payload in a pool of pages.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "microbench/ipc/files.h"
#include "microbench/proxy/relay.h"

enum { PIECES_MOST = 256 };
_Static_assert(PIECES_MOST <= IOV_MAX, "pieces of one call");

typedef ssize_t fetch_call(struct relay *relay, size_t count, size_t done);
typedef ssize_t store_call(struct relay *relay, size_t from, size_t count);

/* done: bytes of the message that were passed before. */
static ssize_t fetch_flat(struct relay *relay, size_t count, size_t done)
{
    const struct relay_file *file = &relay->file;
    return file->fd >= 0 ? pread(file->fd, relay->buffers[0], count, (off_t)(file->at + done))
                         : read(relay->in, relay->buffers[0], count);
}

static ssize_t store_flat(struct relay *relay, size_t from, size_t count)
{
    return write(relay->out, relay->buffers[0] + from, count);
}

/* The pieces that those bytes of the buffer lie in; as many of them as one call takes. */
static int cut(struct relay *relay, size_t from, size_t count, struct iovec pieces[PIECES_MOST])
{
    int pieces_count = 0;
    while (count && pieces_count < PIECES_MOST) {
        size_t room = RELAY_PIECE - from % RELAY_PIECE;
        size_t bytes = count < room ? count : room;
        pieces[pieces_count++] = (struct iovec){relay->buffers[0] + from, bytes};
        from += bytes;
        count -= bytes;
    }
    return pieces_count;
}

static ssize_t fetch_pieces(struct relay *relay, size_t count, size_t done)
{
    struct iovec pieces[PIECES_MOST];
    const struct relay_file *file = &relay->file;
    int pieces_count = cut(relay, 0, count, pieces);
    return file->fd >= 0 ? preadv(file->fd, pieces, pieces_count, (off_t)(file->at + done))
                         : readv(relay->in, pieces, pieces_count);
}

static ssize_t store_pieces(struct relay *relay, size_t from, size_t count)
{
    struct iovec pieces[PIECES_MOST];
    return writev(relay->out, pieces, cut(relay, from, count, pieces));
}

static int store(struct relay *relay, store_call *call, size_t count)
{
    for (size_t from = 0; from < count;) {
        ssize_t stored = call(relay, from, count - from);
        relay->system_calls++;
        if (stored > 0)
            from += (size_t)stored;
        else if (stored == 0 || !files_again(relay->out, POLLOUT))
            return stored == 0 ? -EPIPE : -errno;
    }
    return 0;
}

static int pass(struct relay *relay, uint64_t messages, fetch_call *fetch, store_call *call)
{
    for (size_t done = 0; messages;) {
        size_t left = relay->message_bytes - done;
        ssize_t got = fetch(relay, left < relay->buffer_bytes ? left : relay->buffer_bytes, done);
        relay->system_calls++;
        if (got == 0)
            return -EPIPE;
        if (got < 0) {
            if (!files_again(relay->in, POLLIN))
                return -errno;
            continue;
        }
        relay_look(relay, relay->buffers[0], (size_t)got);
        int error = store(relay, call, (size_t)got);
        if (error)
            return error;
        done += (size_t)got;
        if (done == relay->message_bytes) {
            relay_finish(relay);
            messages--;
            done = 0;
        }
    }
    return 0;
}

static int pass_flat(struct relay *relay, uint64_t messages)
{
    return pass(relay, messages, fetch_flat, store_flat);
}

static int pass_pieces(struct relay *relay, uint64_t messages)
{
    return pass(relay, messages, fetch_pieces, store_pieces);
}

const struct method method_read_write = {
    .name = "read_write",
    .from_socket = true,
    .from_file = true,
    .has_buffer = true,
    .pass = pass_flat,
};

const struct method method_readv_writev = {
    .name = "readv_writev",
    .from_socket = true,
    .from_file = true,
    .has_buffer = true,
    .pass = pass_pieces,
};
