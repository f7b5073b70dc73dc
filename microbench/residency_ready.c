#include "microbench/residency_ready.h"

#include <stdatomic.h>

#include "arch/cpu.h"

enum { REQUEST_NONE, REQUEST_TAKE, REQUEST_LEAVE };

/* What the other core does with its slots. All is done when this returns. */
static void take_slots(const struct ready *ready)
{
    for (int i = 0; i < SIDES; i++) {
        const struct side *side = &ready->sides[i];
        if (side->slots.residence == AT_CORE_CLEAN)
            side_read(side, ready->wanted);
        else if (side->slots.residence == AT_CORE_DIRTY)
            side_write(side, ready->wanted);
    }
    atomic_thread_fence(memory_order_seq_cst);
}

static void ask_neighbour(struct ready *ready, int request)
{
    atomic_store(&ready->request, request);
    while (atomic_load(&ready->request) != REQUEST_NONE)
        cpu_relax();
}

void ready_serve(struct ready *ready)
{
    int request;
    do {
        while ((request = atomic_load(&ready->request)) == REQUEST_NONE)
            cpu_relax();
        if (request == REQUEST_TAKE)
            take_slots(ready);
        atomic_store(&ready->request, REQUEST_NONE);
    } while (request != REQUEST_LEAVE);
}

void ready_release(struct ready *ready)
{
    ask_neighbour(ready, REQUEST_LEAVE);
}

/* Reads the slots that go to the L3, then what sends them there. */
static void displace_sides(const struct ready *ready, size_t count)
{
    for (int i = 0; i < SIDES; i++)
        if (ready->sides[i].slots.residence == AT_L3)
            side_read(&ready->sides[i], count);
    const volatile unsigned char *base = ready->displacing->base;
    for (size_t at = 0; at < ready->displacing->bytes; at += SIDE_UNIT_BYTES)
        (void)base[at];
}

/* Slots in states that last, the farther ones first, each side's in the order of use. */
static void settle_sides(struct ready *ready)
{
    static const enum residence order[] = {AT_L2, AT_L1};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (int side = 0; side < SIDES; side++)
            if (ready->sides[side].slots.residence == order[i])
                side_read(&ready->sides[side], ready->sides[side].slots.count);
    ready->settled = true;
}

int ready_make(struct ready *ready, size_t count, struct fault *fault)
{
    bool swept = ready->displacing, core = false;
    for (int i = 0; i < SIDES; i++) {
        struct side *side = &ready->sides[i];
        enum residence residence = side->slots.residence;
        if (residence_lasts(residence))
            continue;
        side->next = 0;
        core |= residence_is_core(residence);
        int error = residence_evicted(residence)
                        ? side_evict(side, count, ready->topology, &swept, fault)
                        : 0;
        if (error)
            return error;
    }
    if (ready->displacing)
        displace_sides(ready, count);
    if (swept || !ready->settled)
        settle_sides(ready);
    if (core) {
        ready->wanted = count;
        ask_neighbour(ready, REQUEST_TAKE);
    }
    return 0;
}
