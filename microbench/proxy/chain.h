/*
 * Client, proxy and server, and what is between them: everything that they need, before the other
 * two are forked from the proxy.
 *
 * Client and server are the first and the second party of an ipc meeting (microbench/ipc/), which
 * make, take and touch messages as they do there. They have a connection each with the proxy, of
 * the same kind; without a proxy, one with each other. Where messages come from a file, the file is
 * made of what the client would have sent, and the client has nothing to do.
 */
#ifndef COPYCOST_MICROBENCH_PROXY_CHAIN_H
#define COPYCOST_MICROBENCH_PROXY_CHAIN_H

#include "microbench/ipc/meeting.h"
#include "microbench/proxy/relay.h"

enum { CHAIN_PROXY, CHAIN_CLIENT, CHAIN_SERVER, CHAIN_MEMBERS };

struct chain_request {
    struct meeting_request meeting; /* of client and server, by a stream socket */
    const struct method *method;    /* NULL: no proxy */
    enum touch inspect;
    size_t buffer_bytes;
    bool from_file; /* one way only */
    int node;       /* of the proxy's memory */
};

struct chain {
    struct meeting meeting;
    struct lane middle; /* the proxy's: takes from the client, gives to the server */
    struct lane file;   /* of the client, which writes one */
    struct relay relay;
    int error; /* of the proxy: negative errno of the first thing that went wrong */
};

/*
 * Opens connections and file. The caller ends with chain_close(), in the proxy's process, once the
 * others are gone. Errors, after which nothing is left open: those of meeting_open(), buffer_take()
 * and memfd_create(2).
 */
int chain_open(struct chain *chain, const struct chain_request *request, struct fault *fault);
void chain_close(struct chain *chain);

/* What all of it takes of memory. */
uint64_t chain_bytes(const struct chain_request *request);

/*
 * Once in each process, all at the same time, with the same seed: some messages of random bytes go
 * through, are compared byte by byte, and so is what the proxy saw of them. Errors: EILSEQ, the
 * method's. -EPIPE: another one failed, and says why.
 */
int chain_enter(struct chain *chain, unsigned member, uint64_t seed, struct fault *fault);

/*
 * One member's part of so many messages, or there-and-backs if the meeting is both ways; the client
 * times each in `trips`, if there are any.
 */
void chain_play(struct chain *chain, unsigned member, uint64_t turns, struct trips *trips,
                const struct clock *clock);

/*
 * Once nobody is at work, in the proxy's process: whether each message arrived, once, as it was
 * sent, and the proxy saw what it was to see. Errors: EILSEQ, what a member met with.
 */
int chain_prove(const struct chain *chain, struct fault *fault);

#endif
