/*
 * Copying a source chunk by chunk in random order, and the proof that it was done.
 */
#ifndef COPYCOST_MICROBENCH_PAGES_CHUNKS_H
#define COPYCOST_MICROBENCH_PAGES_CHUNKS_H

#include "harness/pair.h"

enum { CHUNKS_PROVEN = 64 }; /* calls, the first ones */

struct chunks {
    struct pair pair; /* all of source and destination */
    size_t bytes;     /* of a chunk */
    uint64_t count;   /* at most UINT32_MAX; 0: not in use */
    uint64_t first;   /* the generator's state before the first call */
    uint64_t place;   /* and before the next one */
    uint64_t calls;   /* so far, CHUNKS_PROVEN at most */
};

/*
 * Begins with those of the pair, a whole number of chunks; copies as much of them as the caches
 * hold (0: unknown, so all), as they would if calls had gone on for long, and spoils what the first
 * calls will copy to.
 */
void chunks_begin(struct chunks *chunks, const struct pair *pair, size_t chunk_bytes, uint64_t seed,
                  const struct kernel *kernel, uint64_t caches_bytes);

/* So many chunks, each as likely every time; `empty`: by a function that copies nothing. */
void chunks_copy(struct chunks *chunks, kernel_function *function, uint64_t calls, bool empty);

/* Whether the first calls copied. Error: EILSEQ. */
int chunks_verify(const struct chunks *chunks, const struct kernel *kernel, struct fault *fault);

#endif
