/*
 * Ways of handing data to another process, all behind one interface.
 *
 * A lane carries chunks of one size, one way, from a producer to a consumer that was forked after
 * the lane was opened. The producer asks for space, writes a chunk there and commits it; the
 * consumer asks for the next chunk, reads it where it lies and releases it. Where that is, and how
 * often the kernel copies in between:
 *
 *   transport          space of the producer             chunk of the consumer      kernel copies
 *   pipe               a buffer of its own, written      a buffer of its own, read  2
 *                      by write(2)                       into by read(2)
 *   unix_stream        likewise by send(2)               likewise by recv(2)        2
 *   unix_dgram         likewise, in datagrams of         likewise                   2
 *                      DATAGRAM_BYTES at most
 *   tcp, tcp_nodelay   likewise over loopback            likewise                   2
 *   mq                 likewise by mq_send(3)            likewise by mq_receive(3)  2
 *   vmsplice           pages of its own that go into     likewise by read(2)        1
 *   vmsplice_huge      the pipe (there: huge ones)
 *   vmsplice_gift      likewise, but given away: each    likewise                   1
 *                      chunk is written to new pages
 *   process_vm_readv   a slot in a ring of its own       a buffer of its own, into  1
 *                                                        which it reads the slot
 *   process_vm_writev  a buffer of its own, written      a slot in a ring of its    1
 *                      to the consumer's slot            own
 *   shm_futex          a slot in a ring that both have   the same slot              0
 *   shm_spin           mapped
 *
 * `in_place` means that producer or consumer works exactly there. `copy_in` adds a copy from the
 * producer's own data into that space, `copy_out` one from there into the consumer's own memory.
 * So each of the two switches is one copy by the user's own code, the same one for all.
 *
 * A producer never writes to what the consumer may still be reading: rings tell by their counters;
 * pages that vmsplice(2) put into a pipe are used again when the pipe has taken more pages since
 * than it holds.
 *
 * A transport is a file microbench/ipc/transport_*.c with a TRANSPORT() line; being there is all
 * that is needed.
 */
#ifndef COPYCOST_MICROBENCH_IPC_TRANSPORT_H
#define COPYCOST_MICROBENCH_IPC_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/registry.h"
#include "harness/memory.h"
#include "microbench/ipc/ring.h"

enum lane_end { LANE_PRODUCER, LANE_CONSUMER };

enum { DATAGRAM_BYTES = 65536, PIPE_BYTES = 262144 };

/* Each process has a copy of its own; what both have is in shared memory, at the same address. */
struct lane {
    /* Set by whoever opens it: */
    const struct transport *transport;
    size_t chunk_bytes, page_bytes;
    struct ring *ring;                  /* shared, all zero */
    unsigned char *produced, *consumed; /* buffers, lane_stride() apart, as many as are wanted */
    const struct topology *topology;
    int node; /* where pages shall be that the producer maps */
    /* By lane_count_buffers(): */
    size_t stride, produced_count, consumed_count;
    /* The transport's: */
    bool borrows;                 /* the file descriptors are the other lane's */
    int producer_fd, consumer_fd; /* -1: none */
    uint64_t given, taken;        /* chunks, in this process */
    struct mapping pages;         /* of the producer alone; base NULL: none */
    int peer;                     /* process; 0 not known yet */
    uint64_t capacity_bytes;      /* that it holds, by the kernel's own count; 0: not told */
};

/*
 * All return 0, or -errno where nothing else is said. Those without a fault are in the timed part:
 * they wait for the peer as long as it takes, go on after a signal, and hand over or take a whole
 * chunk, however many calls of the kernel that needs. -EPIPE: the peer has abandoned the lane.
 */
struct transport {
    const char *name;
    unsigned kernel_copies; /* of the payload */
    bool spins;             /* while it waits, instead of sleeping */
    bool maps_pages;        /* of the producer's own, in enter(); lane->produced are those then */
    /* Buffers in the memory of producer and consumer that a lane of such chunks needs. NULL: 1. */
    size_t (*produced)(size_t chunk_bytes, size_t page_bytes);
    size_t (*consumed)(size_t chunk_bytes, size_t page_bytes);
    /*
     * Why this machine can't do it with such chunks, which begin that far past a page; NULL: it
     * can, as far as can be told cheaply. The text may be overwritten by the next call. No
     * function: any machine can.
     */
    const char *(*missing)(size_t chunk_bytes, size_t offset, size_t page_bytes);
    /*
     * Before the fork, of cleared lanes. `back`, of the same sizes, is the one in the other
     * direction; NULL: there is none. After an error both still have to be closed.
     */
    int (*open)(struct lane *there, struct lane *back, struct fault *fault);
    /* In each process, once, after the fork, both at once. NULL: nothing is to be done. */
    int (*enter)(struct lane *lane, enum lane_end end, struct fault *fault);
    int (*get_space)(struct lane *lane, unsigned char **space); /* NULL: lane->produced */
    int (*commit)(struct lane *lane);
    /* After the last chunk for now: hands over what was held back. NULL: it holds nothing back. */
    int (*flush)(struct lane *lane);
    int (*get_chunk)(struct lane *lane, const unsigned char **chunk);
    int (*release)(struct lane *lane); /* NULL: nothing is to be done */
    /* Ends the peer's waits with an error. */
    void (*abandon)(struct lane *lane, enum lane_end end);
    void (*close)(struct lane *lane); /* NULL: closes the file descriptors */
};

#define TRANSPORT(entry) REGISTRY_ADD(transport, transport, entry)

enum { TRANSPORTS_MAX = 32 };

size_t transport_count(void);
const struct transport *transport_at(size_t index);

/* NULL: there is none of that name. */
const struct transport *transport_find(const char *name);

/* The names in the registry's order, NULL-terminated, and joined by commas. */
extern const char *transport_names[TRANSPORTS_MAX + 1];
extern char transport_list[];

/* Sets what is the transport's to "none yet"; lane_close() then does nothing. */
void lane_clear(struct lane *lane);

/* Also after an error in open(). */
void lane_close(struct lane *lane);
void lane_close_files(struct lane *lane);

/* How many buffers the transport wants in the producer's and in the consumer's memory. */
void lane_count_buffers(struct lane *lane);

/* The distance from buffer to buffer: whole lines, or whole pages of chunks from a page on. */
size_t lane_stride(size_t chunk_bytes, size_t page_bytes);

static inline int lane_get_space(struct lane *lane, unsigned char **space)
{
    *space = lane->produced;
    return lane->transport->get_space ? lane->transport->get_space(lane, space) : 0;
}

static inline int lane_release(struct lane *lane)
{
    return lane->transport->release ? lane->transport->release(lane) : 0;
}

#endif
