/*
 * Requests to an io_uring(7): while one piece is written, the next one is read into the other
 * buffer, and both requests go to the kernel in one call, which waits for both.
 */
#include <errno.h>

#include "microbench/proxy/relay.h"

enum { REQUESTS = 4 };
enum { READING, WRITING, TRANSFERS };

struct transfer {
    enum uring_operation operation;
    int fd;
    unsigned buffer;
    size_t from, count;
    bool under_way;
};

static int open_ring(struct relay *relay, enum uring_operation first, enum uring_operation second,
                     struct fault *fault)
{
    int error = uring_open(&relay->ring, REQUESTS, fault);
    if (!error)
        error = uring_can(relay->ring, first, fault);
    return error ? error : uring_can(relay->ring, second, fault);
}

static int open_plain(struct relay *relay, struct fault *fault)
{
    return open_ring(relay, URING_READ, URING_WRITE, fault);
}

static int open_fixed(struct relay *relay, struct fault *fault)
{
    struct iovec buffers[RELAY_BUFFERS];
    for (unsigned i = 0; i < RELAY_BUFFERS; i++)
        buffers[i] = (struct iovec){relay->buffers[i], relay->buffer_bytes};
    int error = open_ring(relay, URING_READ_FIXED, URING_WRITE_FIXED, fault);
    return error ? error : uring_register(relay->ring, buffers, RELAY_BUFFERS, fault);
}

static void begin(struct relay *relay, struct transfer *transfer, unsigned tag)
{
    const struct uring_request request = {
        .operation = transfer->operation,
        .fd = transfer->fd,
        .memory = relay->buffers[transfer->buffer] + transfer->from,
        .bytes = transfer->count,
        .buffer = transfer->buffer,
        .tag = tag,
    };
    transfer->under_way = uring_queue(relay->ring, &request); /* there is room for both */
}

/* What one request came to: a write may have to go on, either may have to be repeated. */
static int end(struct relay *relay, struct transfer *transfer, int result, unsigned tag)
{
    transfer->under_way = false;
    if (result == 0)
        return -EPIPE;
    if (result < 0 && result != -EINTR && result != -EAGAIN)
        return result;
    if (result > 0 && tag == READING) {
        transfer->count = (size_t)result;
        return 0;
    }
    if (result > 0) {
        transfer->from += (size_t)result;
        transfer->count -= (size_t)result;
    }
    if (transfer->count)
        begin(relay, transfer, tag);
    return 0;
}

static unsigned under_way(const struct transfer transfers[TRANSFERS])
{
    return (unsigned)transfers[READING].under_way + transfers[WRITING].under_way;
}

/* Waits for what was begun, also after an error: the kernel has the buffers until then. */
static int complete(struct relay *relay, struct transfer transfers[TRANSFERS])
{
    int error = 0;
    while (under_way(transfers)) {
        struct uring_completion completion;
        int submitted = uring_submit(relay->ring, under_way(transfers));
        relay->system_calls++;
        if (submitted && submitted != -EINTR && submitted != -EAGAIN && submitted != -EBUSY)
            return submitted;
        while (uring_next(relay->ring, &completion)) {
            unsigned tag = (unsigned)completion.tag;
            int ended = end(relay, &transfers[tag], completion.result, tag);
            error = error ? error : ended;
        }
    }
    return error;
}

static int pass(struct relay *relay, uint64_t messages, enum uring_operation reading,
                enum uring_operation writing)
{
    size_t unread = relay->message_bytes, unwritten = relay->message_bytes;
    uint64_t unread_messages = messages;
    struct transfer transfers[TRANSFERS] = {{.operation = reading, .fd = relay->in},
                                            {.operation = writing, .fd = relay->out}};
    struct transfer *in = &transfers[READING], *out = &transfers[WRITING];
    size_t held = 0; /* bytes that were read and are to be written */
    while (messages) {
        if (held) {
            relay_look(relay, relay->buffers[in->buffer], held);
            *out = (struct transfer){writing, relay->out, in->buffer, 0, held, false};
            begin(relay, out, WRITING);
        }
        in->buffer ^= 1;
        in->count = unread < relay->buffer_bytes ? unread : relay->buffer_bytes;
        if (unread_messages)
            begin(relay, in, READING);
        bool reads = in->under_way;
        int error = complete(relay, transfers);
        if (error)
            return error;
        unwritten -= held;
        if (unwritten == 0) {
            relay_finish(relay);
            messages--;
            unwritten = relay->message_bytes;
        }
        held = reads ? in->count : 0;
        unread -= held;
        if (unread == 0) {
            unread_messages--;
            unread = relay->message_bytes;
        }
    }
    return 0;
}

static int pass_plain(struct relay *relay, uint64_t messages)
{
    return pass(relay, messages, URING_READ, URING_WRITE);
}

static int pass_fixed(struct relay *relay, uint64_t messages)
{
    return pass(relay, messages, URING_READ_FIXED, URING_WRITE_FIXED);
}

const struct method method_io_uring = {
    .name = "io_uring",
    .from_socket = true,
    .has_buffer = true,
    .open = open_plain,
    .pass = pass_plain,
};

const struct method method_io_uring_fixed = {
    .name = "io_uring_fixed",
    .from_socket = true,
    .has_buffer = true,
    .open = open_fixed,
    .pass = pass_fixed,
};
