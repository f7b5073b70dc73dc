/*
 * Packets of one size in a ring or a pool.
 */
#ifndef COPYCOST_HARNESS_PACKET_H
#define COPYCOST_HARNESS_PACKET_H

#include <stddef.h>
#include <stdint.h>

/* A packet that is handed on: where its bytes are, and how many. */
struct packet {
    unsigned char *data;
    size_t bytes;
};

/*
 * From one buffer of packets of that size to the next: an odd number of lines of 64 bytes. With an
 * even one headers, which every packet's consumer reads, would crowd in a part of a cache's sets
 * (DPDK's rte_mempool pads its objects for the like reason, over the memory's channels).
 */
static inline uint64_t packet_stride(uint64_t bytes)
{
    enum { LINE_BYTES = 64 };
    return ((bytes / LINE_BYTES + (bytes % LINE_BYTES > 0)) | 1) * LINE_BYTES;
}

#endif
