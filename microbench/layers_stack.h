/*
 * A stack of layers through which packets are handed up, as through the modules of a protocol
 * stack: each layer is called through a pointer by the one below, strips its header, does what its
 * way of passing asks for, and calls the one above. A consumer on top touches the payload.
 *
 * Headers lie apart from the payload (as a network card with header/data split leaves them), so
 * that every layer passes the same payload whatever the depth. A layer checks that the header is
 * its own, strips it off the view of headers, and trims the view of the payload to the length that
 * stands in it. Nothing that is wrong changes the way of a packet: it is counted.
 */
#ifndef COPYCOST_MICROBENCH_LAYERS_STACK_H
#define COPYCOST_MICROBENCH_LAYERS_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/kernel.h"
#include "harness/touch.h"

enum passing {
    PASSING_COPY,     /* into a fresh buffer of the pool; the one below is given back then */
    PASSING_TWO_PASS, /* the same, and the Internet checksum of the copy is checked */
    PASSING_FUSED,    /* the same in one pass: integrated layer processing */
    PASSING_VIEW,     /* {buffer, offset, length}: nothing is copied */
    PASSING_HANDLE,   /* a reference-counted handle: got at entry, put at exit */
    PASSING_ATOMIC,   /* the same, counted atomically */
    PASSING_GRANT,    /* {page, offset, length}: an index into a table of shared pages, which only
                         the consumer looks up and reads, in a mapping of its own */
    PASSINGS
};
/* "copy", "checksum_two_pass", ... */
extern const char *const passing_names[PASSINGS + 1]; /* NULL-terminated */

/* Whether layers of that passing take buffers from the pool. */
bool passing_copies(enum passing passing);

enum { STACK_LAYERS_MAX = 64 };

struct layer;
struct stack;

struct header {
    uint32_t length; /* of the payload */
    uint16_t layer;  /* whose it is: 0 is the lowest */
    uint16_t checksum;
};

struct handle {
    uint32_t references;
    unsigned char *bytes;
};

/* A view: three numbers, whatever is passed. */
struct packet {
    const struct header *headers; /* those that are left, the next layer's first */
    size_t headers_left;
    uintptr_t base; /* the buffer's address, the handle's, or of a grant the number of the page in
                       which the offset lies */
    size_t offset, length;
};

/* Free buffers in the order in which they were given back, the oldest first. */
struct pool {
    unsigned char **slots;
    size_t count;       /* of slots, and of buffers: never more than that are free */
    size_t first, last; /* slots to take from, and to give back to: equal if all are free */
};

/*
 * Takes a struct packet in its parts, which 64-bit calling conventions keep in registers: in memory
 * it would measure whether the compiler's way of copying 40 bytes suits the core's store buffer.
 * Returns the packets that were consumed.
 */
typedef size_t receive_function(struct layer *layer, const struct header *headers,
                                size_t headers_left, uintptr_t base, size_t offset, size_t length);

struct layer {
    receive_function *receive;
    struct layer *above;
    struct stack *stack;
    size_t number; /* from 0 */
    uint64_t passed, wrong;
};

/*
 * The caller fills the first part, in memory that it provides; stack_build() fills ring, headers
 * and handles, and makes the layers. The ring's packets are delivered in turn.
 */
struct stack {
    enum passing passing;
    enum touch touch;
    size_t depth;                 /* layers between the ring and the consumer; of copies not 0 */
    size_t payload_bytes, stride; /* from one payload to the next */
    size_t packets;
    unsigned char *payloads;
    struct packet *ring;    /* `packets` descriptors */
    struct header *headers; /* packets x depth */
    struct handle *handles; /* of handles: one a packet; else NULL */
    unsigned char **grants; /* of grants: where the consumer has each page that holds payloads, and
                               where one more would follow; else NULL */
    size_t grants_offset;   /* of the first payload in the first page */
    size_t page_bytes;
    struct pool pool;      /* of copies: full; else empty */
    kernel_function *copy; /* of copies, but of fused ones */

    size_t next; /* packet of the ring */
    uint64_t delivered, consumed;
    uint32_t touched;
    const unsigned char *consumed_bytes;       /* of the last packet */
    struct layer layers[STACK_LAYERS_MAX + 1]; /* the lowest first; the last is the consumer */
};

/* What a layer of each passing does, and the consumer on top of them. */
struct passing_functions {
    receive_function *layer, *consumer;
};
extern const struct passing_functions passing_functions[PASSINGS];

/* After this the stack must stay where it is. */
void stack_build(struct stack *stack);

/* Hands up so many packets. */
void stack_deliver(struct stack *stack, uint64_t packets);

/*
 * Hands up the first and the last packet of the ring, and checks that the consumer got their bytes
 * in the memory in which it has to get them, that its touch saw them, that no layer found anything
 * wrong in them, that every packet ever delivered went through every layer, that handles are back
 * at one reference, and that the pool is whole. Errors: EILSEQ, saying what was not so; ENOMEM.
 */
int stack_prove(struct stack *stack, struct fault *fault);

#endif
