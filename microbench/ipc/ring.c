#include "microbench/ipc/ring.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch/cpu.h"

#ifndef SYS_futex
#define SYS_futex SYS_futex_time64 /* where time never had 32 bits */
#endif

enum { ALL = 256 * 1024, FEWEST = 4, MOST = 64 };

size_t ring_slots(size_t chunk_bytes)
{
    size_t slots = ALL / (chunk_bytes ? chunk_bytes : 1);
    return slots < FEWEST ? FEWEST : slots > MOST ? MOST : slots;
}

static long futex(_Atomic uint32_t *word, int operation, uint32_t value)
{
    return syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

/* What `sleeping` says of somebody who waits for that count to change; never 0. */
static uint32_t mark_of(uint32_t count)
{
    return count << 1 | 1;
}

/* Only one process changes a counter, until the ring is abandoned. */
static void change(struct ring_counter *counter, bool spins)
{
    uint32_t next = atomic_load_explicit(&counter->count, memory_order_relaxed) + 1;
    if (spins) {
        atomic_store_explicit(&counter->count, next, memory_order_release);
        return;
    }
    /*
     * In one order with sleep_on(): either this sees who sleeps, or that one sees the change. Who
     * sleeps on `next` already is left alone: taking its mark would lose the next change's wake.
     */
    atomic_store(&counter->count, next);
    uint32_t mark = atomic_load(&counter->sleeping);
    if (mark && mark != mark_of(next) &&
        atomic_compare_exchange_strong(&counter->sleeping, &mark, 0))
        futex(&counter->count, FUTEX_WAKE, 1);
}

/* Unless the counter is no longer `seen`. A return says nothing: whoever calls looks again. */
static void sleep_on(struct ring_counter *counter, uint32_t seen)
{
    atomic_store(&counter->sleeping, mark_of(seen));
    if (atomic_load(&counter->count) == seen)
        futex(&counter->count, FUTEX_WAIT, seen);
    else
        atomic_store(&counter->sleeping, 0);
}

/* Until the counter is no longer `stuck`. */
static int await_change(struct ring *ring, struct ring_counter *counter, uint32_t stuck, bool spins)
{
    while (atomic_load_explicit(&counter->count, memory_order_acquire) == stuck &&
           !atomic_load_explicit(&ring->abandoned, memory_order_relaxed)) {
        if (spins)
            cpu_relax();
        else
            sleep_on(counter, stuck);
    }
    return atomic_load_explicit(&ring->abandoned, memory_order_relaxed) ? -EPIPE : 0;
}

int ring_await_space(struct ring *ring, uint64_t given, size_t slots, bool spins)
{
    return await_change(ring, &ring->taken, (uint32_t)(given - slots), spins);
}

int ring_await_chunk(struct ring *ring, uint64_t taken, bool spins)
{
    return await_change(ring, &ring->given, (uint32_t)taken, spins);
}

void ring_give(struct ring *ring, bool spins)
{
    change(&ring->given, spins);
}

void ring_take(struct ring *ring, bool spins)
{
    change(&ring->taken, spins);
}

/* Who is about to sleep must find a counter changed. */
static void disturb(struct ring_counter *counter)
{
    atomic_fetch_add(&counter->count, 1);
    futex(&counter->count, FUTEX_WAKE, 1);
}

void ring_abandon(struct ring *ring)
{
    atomic_store(&ring->abandoned, 1);
    disturb(&ring->given);
    disturb(&ring->taken);
}
