/*
 * The Internet checksum (RFC 1071, "Computing the Internet Checksum"), a machine word at a time, in
 * portable C: over a message in one run or in fragments of any lengths, alone or fused with a copy
 * (integrated layer processing: Clark & Tennenhouse, "Architectural considerations for a new
 * generation of protocols", SIGCOMM 1990).
 *
 * A partial sum is 32 bits in this machine's byte order, 0 at the start of a message (RFC 1071,
 * 2(B): the order of bytes only swaps those of the result). Partial sums of the same bytes are
 * equal in what checksum_finish() makes of them, not in their bits.
 */
#ifndef COPYCOST_HARNESS_CHECKSUM_H
#define COPYCOST_HARNESS_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Adds a fragment to a partial sum. `odd`: an odd number of the message's bytes lie before it. Any
 * alignment, less than 16 GiB.
 */
uint32_t checksum_add(uint32_t sum, const void *bytes, size_t count, bool odd);

/* The same in one pass with copying the fragment from src to dst, which do not overlap. */
uint32_t checksum_copy(uint32_t sum, void *restrict dst, const void *restrict src, size_t count,
                       bool odd);

/*
 * The checksum of what was summed: the complement of the sum in 16 bits, to be stored in the
 * message as it lies in memory. 0 if the message holds its own checksum and is whole.
 */
uint16_t checksum_finish(uint32_t sum);

#endif
