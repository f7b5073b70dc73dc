/*
 * A source and a destination for a kernel, where the cell's placement asks for them, and the proof
 * afterwards that the kernel did its work on them.
 */
#ifndef COPYCOST_HARNESS_PAIR_H
#define COPYCOST_HARNESS_PAIR_H

#include "harness/benchmark.h"

struct pair {
    unsigned char *src, *dst; /* at the cell's offsets past a page */
    size_t bytes;
    size_t src_at; /* offset of src in its buffer, whose pattern it holds */
    int dst_node;  /* read back */
};

/*
 * For plan(): the cell runs that kernel over `bytes`, in buffers of `buffer_bytes` each. Fills
 * kernel, payload_bytes and memory_bytes; sets skip where the kernel does not take that size or
 * the cell's offsets.
 */
void pair_plan(struct cell *cell, const struct kernel *kernel, uint64_t bytes,
               uint64_t buffer_bytes);

/*
 * Takes both of that member's buffers, for a copy if the cell has no kernel; those of member 0 are
 * written into trial->got. Errors: those of buffer_take().
 */
int pair_take(struct pair *pair, struct trial *trial, unsigned member, size_t bytes,
              struct fault *fault);

/* Writes wrong bytes to the places of dst that pair_verify() looks at. */
void pair_spoil(const struct pair *pair, const struct kernel *kernel);

/*
 * Whether the operation of the kernel shows at those places (at all bytes up to 4 KiB, beyond that
 * at both ends and once a page). Error: EILSEQ, naming the kernel and the first wrong byte.
 */
int pair_verify(const struct pair *pair, const struct kernel *kernel, struct fault *fault);

#endif
