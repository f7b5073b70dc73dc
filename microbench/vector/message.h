/*
 * A message in fragments, as a network hands it over: cut at random places, each fragment in a
 * buffer of its own, at a random offset, in no order of addresses.
 */
#ifndef COPYCOST_MICROBENCH_VECTOR_MESSAGE_H
#define COPYCOST_MICROBENCH_VECTOR_MESSAGE_H

#include <stddef.h>
#include <sys/uio.h>

#include "harness/random.h"

enum { FRAGMENTS_MAX = 1024 }; /* as many as readv(2) takes: IOV_MAX */

/* What the fragments of a message may occupy. */
size_t message_room(size_t bytes, size_t fragments);

/*
 * Cuts the text into that many fragments, 1 to FRAGMENTS_MAX and no more than bytes, none of them
 * empty, all cuts equally likely; and lays them out from `start` on, where there is message_room(),
 * each at 0 to 63 past a multiple of 64 from there. Fills `vector` in the message's order.
 */
void message_lay(struct iovec *vector, size_t fragments, const char *text, size_t bytes,
                 unsigned char *start, struct random *random);

#endif
