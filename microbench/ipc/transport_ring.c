/*
 * A ring of slots that both processes have mapped: nothing is copied but by them. Waiting by
 * futex(2), or by spinning, which never enters the kernel.
 */
#include "microbench/ipc/transport.h"

static size_t slots(size_t chunk_bytes, size_t page_bytes)
{
    (void)page_bytes;
    return ring_slots(chunk_bytes);
}

static int open(struct lane *there, struct lane *back, struct fault *fault)
{
    (void)back;
    (void)fault;
    there->capacity_bytes = there->produced_count * there->chunk_bytes;
    return 0;
}

static int get_space(struct lane *lane, unsigned char **space)
{
    *space = lane->produced + lane->given % lane->produced_count * lane->stride;
    return ring_await_space(lane->ring, lane->given, lane->produced_count, lane->transport->spins);
}

static int commit(struct lane *lane)
{
    lane->given++;
    ring_give(lane->ring, lane->transport->spins);
    return 0;
}

static int get_chunk(struct lane *lane, const unsigned char **chunk)
{
    *chunk = lane->produced + lane->taken % lane->produced_count * lane->stride;
    return ring_await_chunk(lane->ring, lane->taken, lane->transport->spins);
}

static int release(struct lane *lane)
{
    lane->taken++;
    ring_take(lane->ring, lane->transport->spins);
    return 0;
}

static void abandon(struct lane *lane, enum lane_end end)
{
    (void)end;
    ring_abandon(lane->ring);
}

#define RING_PARTS                                                                                 \
    .produced = slots, .open = open, .get_space = get_space, .commit = commit,                     \
    .get_chunk = get_chunk, .release = release, .abandon = abandon

static const struct transport shm_futex = {.name = "shm_futex", RING_PARTS};
TRANSPORT(&shm_futex);

static const struct transport shm_spin = {.name = "shm_spin", .spins = true, RING_PARTS};
TRANSPORT(&shm_spin);
