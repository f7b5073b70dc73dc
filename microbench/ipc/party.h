/*
 * One process's part in handing chunks over: it makes them, gives them, takes and touches those of
 * its peer, with or without copies of its own.
 *
 * Of each chunk the producer makes anew what the consumer is going to touch, from the number of the
 * chunk; so what all touches add up to tells whether each chunk arrived once, and was a new one.
 */
#ifndef COPYCOST_MICROBENCH_IPC_PARTY_H
#define COPYCOST_MICROBENCH_IPC_PARTY_H

#include "harness/clock.h"
#include "harness/touch.h"
#include "microbench/ipc/transport.h"
#include "microbench/ipc/trips.h"

enum { SEAT_LINE = 256 };

/*
 * Chunks of random bytes by which parties prove that what they have between them works, and how
 * many stamps there are: chunks that far apart are equal. It is prime to the powers of two that
 * buffers come round by.
 */
enum { PARTY_PROOFS = 3, PARTY_STAMPS = 7 };

/* What a process did, in memory that both have. Each writes its own. */
struct seat {
    _Alignas(SEAT_LINE) uint64_t given;
    uint64_t taken;
    uint64_t touched; /* what touch_payload() said of the chunks taken, added up */
    int error;        /* negative errno of the first thing that went wrong */
};

struct party {
    struct lane *out, *in; /* NULL: it does not give, or take */
    bool begins;           /* gives before it takes */
    bool copies_in, copies_out;
    enum touch touch;
    unsigned char *made, *kept; /* its own memory, of a chunk each, for the two copies */
    struct seat *seat;
};

/*
 * The transport's part after the fork, then some chunks of random bytes, compared with what `seed`
 * makes of them. Both parties call it at the same time, with the same seed. Errors: the
 * transport's; EILSEQ (a wrong byte). -EPIPE: the peer failed, and says why.
 */
int party_enter(struct party *party, uint64_t seed, struct fault *fault);

/* Gives and takes a chunk each, as far as it does. Errors: those of the transport. */
int party_turn(struct party *party);

/* After the last turn for now. */
int party_flush(struct party *party);

/*
 * So many turns, and a flush unless it takes as well as gives. Each is timed by itself if there are
 * `trips`. After an error, which the seat keeps, none.
 */
void party_play(struct party *party, uint64_t turns, struct trips *trips,
                const struct clock *clock);

/* Tells the peer, and whoever looks at the seat, of an error. */
void party_abandon(struct party *party, int error);

/*
 * What touches of the first `count` chunks add up to, each written for the touch `made` into a
 * buffer that was all zero before. party_proven(): of those of random bytes, given by who begins or
 * by the other one. Both overwrite `scratch`, a chunk.
 */
uint64_t party_touched(enum touch made, enum touch touch, unsigned char *scratch, size_t bytes,
                       uint64_t count);
uint64_t party_proven(enum touch touch, unsigned char *scratch, size_t bytes, uint64_t seed,
                      bool begins);

#endif
