/*
 * Who may use which slot of a ring: one producer, one consumer, each with a counter of its own.
 * Chunk number n lies in slot n modulo the number of slots.
 *
 * The struct lies in memory that both processes have mapped. Waiting is either spinning or sleeping
 * by futex(2) on the other's counter; who changes a counter makes the system call only if the other
 * has said that it sleeps.
 */
#ifndef COPYCOST_MICROBENCH_IPC_RING_H
#define COPYCOST_MICROBENCH_IPC_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RING_LINE = 128 }; /* so that neighbours are not fetched along */

struct ring_counter {
    _Alignas(RING_LINE) _Atomic uint32_t count; /* modulo 2^32 */
    _Atomic uint32_t sleeping;                  /* who waits for it to change, by a mark; 0: none */
};

struct ring { /* all zero: empty */
    struct ring_counter given, taken;
    _Alignas(RING_LINE) _Atomic uint32_t abandoned;
    _Atomic int process[2]; /* of producer and consumer */
};

/* Slots for chunks of that size: some 256 KiB, from 4 to 64 of them. */
size_t ring_slots(size_t chunk_bytes);

/*
 * Until there is a free slot after `given` chunks, or a filled one after `taken`. 0; -EPIPE: the
 * ring is abandoned.
 */
int ring_await_space(struct ring *ring, uint64_t given, size_t slots, bool spins);
int ring_await_chunk(struct ring *ring, uint64_t taken, bool spins);

/* One more chunk is there, or one more slot is free. */
void ring_give(struct ring *ring, bool spins);
void ring_take(struct ring *ring, bool spins);

/* Ends all waits. */
void ring_abandon(struct ring *ring);

#endif
