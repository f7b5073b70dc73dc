/*
 * The proxy itself: takes messages from one side and passes them on to the other, by one of several
 * methods. Each file microbench/proxy/method_*.c is one or a few of them.
 *
 *   method          a message's way through the proxy                      the proxy's copies
 *   read_write      read(2) into a buffer, write(2) out of it              2
 *   readv_writev    likewise, the buffer being pieces of RELAY_PIECE       2
 *   splice          splice(2) into a pipe and out of it                    0
 *   sendfile        sendfile(2) out of a file in the page cache            0
 *   io_uring        as read_write by requests to an io_uring(7), the next  2
 *                   piece being read while the one before it is written
 *   io_uring_fixed  likewise with buffers that are registered              2
 *
 * Every method knows the messages' length and takes no piece that reaches beyond a message's end,
 * as a proxy does that has to know where messages begin. What is there of a message is passed on at
 * once. Calls of the kernel go on after EINTR, and after EAGAIN once the descriptor is ready.
 *
 * What the proxy looks at of a message, by Internet checksum: nothing, its first 64 bytes, all.
 * Methods with a buffer look there. splice looks by recv(2) with MSG_PEEK into the buffer, which is
 * one copy of what is looked at, and then passes on what it has seen; once it has seen enough, the
 * rest goes through unseen. sendfile looks at the file through a mapping, without any copy.
 */
#ifndef COPYCOST_MICROBENCH_PROXY_RELAY_H
#define COPYCOST_MICROBENCH_PROXY_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/touch.h"
#include "harness/uring.h"

enum { RELAY_PIECE = 4096, RELAY_BUFFERS = 2, RELAY_PIPE_BYTES = 1 << 20 };

/* A file of messages: those from `again` to `end` come round and round after those before. */
struct relay_file {
    int fd; /* -1: messages come from a socket */
    const unsigned char *mapped;
    size_t again, end, at; /* at: where the next message begins */
};

struct relay {
    /* Set by whoever opens it: */
    const struct method *method;
    size_t message_bytes, buffer_bytes;
    enum touch inspect;                    /* none, header or all */
    unsigned char *buffers[RELAY_BUFFERS]; /* of buffer_bytes each */
    struct relay_file file;
    int in, out; /* sockets of the messages that are passed next; without `in` from the file */
    /* The method's: */
    int pipe[2];         /* -1: none */
    uint64_t pipe_bytes; /* that it holds */
    struct uring *ring;  /* NULL: none */
    /* Of the message that is under way: */
    size_t seen; /* bytes looked at */
    uint32_t sum;
    /* Of all: */
    uint64_t messages, looked, system_calls; /* looked: touch_payload() of each, added up */
};

struct method {
    const char *name;
    bool from_socket, from_file;
    bool has_buffer; /* whatever it looks at; the others have none but for looking */
    /* NULL: nothing is to be done. Errors: ENOTSUP, EPERM, ENOMEM (not here), of the kernel's. */
    int (*open)(struct relay *relay, struct fault *fault);
    /* So many messages, whole. 0, -EPIPE (a side has gone) or another -errno. */
    int (*pass)(struct relay *relay, uint64_t messages);
};

extern const struct method method_read_write, method_readv_writev, method_splice, method_sendfile,
    method_io_uring, method_io_uring_fixed;

/* In the process that passes messages. After an error nothing is left open. Errors: the method's.
 */
int relay_open(struct relay *relay, struct fault *fault);

/* Once no message is under way. */
void relay_close(struct relay *relay);

/* Looks at what comes next of the message, as far as it is to be looked at. */
void relay_look(struct relay *relay, const unsigned char *bytes, size_t count);

/* How many more bytes of a message of which `left` are to come shall be looked at. */
size_t relay_unseen(const struct relay *relay, size_t left);

/* The message has been passed whole. */
void relay_finish(struct relay *relay);

#endif
