/*
 * Two processes and the lanes between them: everything that both need, before the second is forked.
 */
#ifndef COPYCOST_MICROBENCH_IPC_MEETING_H
#define COPYCOST_MICROBENCH_IPC_MEETING_H

#include <signal.h>

#include "microbench/ipc/party.h"

enum { MEETING_PARTIES = 2 };

/* That a sample lasts where both have a CPU: waking the peer, and filling and draining what is
   between them, takes some 50 us of one. */
#define MEETING_SAMPLE_NS 3e6

struct meeting_request {
    const struct transport *transport;
    size_t chunk_bytes;
    bool both_ways; /* or from the first party to the second only */
    bool copies_in, copies_out;
    enum touch touch;
    /* Of each party's memory: */
    int nodes[MEETING_PARTIES];
    enum page_kind page;
    size_t produced_offset, consumed_offset; /* past a page: where transports' buffers begin */
    const struct topology *topology;
};

struct meeting_share;

struct meeting {
    struct meeting_share *share;
    struct lane lanes[MEETING_PARTIES]; /* by who produces */
    struct party parties[MEETING_PARTIES];
    const struct mapping *memory[MEETING_PARTIES];
    struct sigaction before; /* of SIGPIPE, which is ignored meanwhile: -EPIPE says as much */
};

/*
 * Takes memory for both parties (their BUFFER_OWN) and opens the lanes. The caller ends with
 * meeting_close(), in the first process, once the second is gone. Errors, after which nothing is
 * left open: those of buffer_take() and of the transport; ENOMEM.
 */
int meeting_open(struct meeting *meeting, const struct meeting_request *request,
                 struct fault *fault);
void meeting_close(struct meeting *meeting);

/* What one party's memory takes. The chunk has at least a byte, at most SIZE_MAX / 1024. */
size_t meeting_bytes(const struct meeting_request *request);

/* What was got of the memory that was asked for: the first party's is the source. */
void meeting_tell(const struct meeting *meeting, struct placement *got);

/*
 * Once neither party is at work: whether each chunk that was given arrived, once, as it was given.
 * Overwrites the first party's memory. Errors: EILSEQ, what a party met with.
 */
int meeting_prove(const struct meeting *meeting, struct fault *fault);

#endif
