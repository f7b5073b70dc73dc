#include "microbench/residency_side.h"

#include <errno.h>
#include <stdlib.h>

#include "arch/cpu.h"
#include "harness/memory.h"
#include "harness/random.h"

enum { PAGE = 4096 };

bool residence_lasts(enum residence residence)
{
    return residence == AT_L1 || residence == AT_L2;
}

bool residence_is_core(enum residence residence)
{
    return residence == AT_CORE_CLEAN || residence == AT_CORE_DIRTY;
}

bool residence_evicted(enum residence residence)
{
    return residence == AT_DRAM || residence == AT_NODE || residence == AT_CORE_CLEAN;
}

size_t slots_pitch(const struct topology *topology, int cpu)
{
    const struct topology_cpu *entry = topology_cpu(topology, cpu);
    size_t line = entry ? entry->line_bytes : 0;
    return line > SIDE_UNIT_BYTES && line % SIDE_UNIT_BYTES == 0 ? line : SIDE_UNIT_BYTES;
}

static bool is_one_line(const struct slots *slots)
{
    return slots->bytes <= slots->pitch;
}

uint64_t slots_stride(const struct slots *slots)
{
    uint64_t bytes = slots->bytes, pitch = slots->pitch;
    if (residence_lasts(slots->residence))
        return (bytes + pitch - 1) / pitch * pitch;
    return is_one_line(slots) ? 2 * pitch : (bytes / PAGE + 1) * PAGE + 2 * pitch;
}

uint64_t slots_extent(const struct slots *slots)
{
    uint64_t stride = slots_stride(slots);
    return slots->count < UINT64_MAX / stride ? slots->count * stride : UINT64_MAX;
}

int side_open(struct side *side, const struct slots *slots, uint64_t seed, struct fault *fault)
{
    *side = (struct side){.slots = *slots};
    size_t *places = calloc(slots->count, sizeof *places);
    side->order = calloc(slots->count, sizeof *side->order);
    if (!places || !side->order) {
        free(places);
        side_close(side);
        return fail(fault, ENOMEM, "no memory for the order of %zu slots", slots->count);
    }
    struct random random = {seed};
    for (size_t i = 0; i < slots->count; i++)
        places[i] = i;
    random_shuffle(&random, places, slots->count);
    size_t stride = (size_t)slots_stride(slots);
    bool halves = is_one_line(slots) && !residence_lasts(slots->residence);
    for (size_t i = 0; i < slots->count; i++) {
        /* Either line of the pair, so that no half of a cache's sets stays empty. */
        size_t half = halves ? (size_t)random_below(&random, 2) * slots->pitch : 0;
        side->order[i] = (uint32_t)((places[i] * stride + half) / SIDE_UNIT_BYTES);
    }
    free(places);
    return 0;
}

void side_close(struct side *side)
{
    free(side->order);
    *side = (struct side){0};
}

void side_read(const struct side *side, size_t count)
{
    struct side walk = *side;
    for (size_t i = 0; i < count; i++) {
        const volatile unsigned char *slot = side->base + side_step(&walk);
        for (size_t at = 0; at < side->slots.bytes; at += side->slots.pitch)
            (void)slot[at];
    }
}

void side_write(const struct side *side, size_t count)
{
    struct side walk = *side;
    for (size_t i = 0; i < count; i++) {
        volatile unsigned char *slot = side->base + side_step(&walk);
        for (size_t at = 0; at < side->slots.bytes; at += side->slots.pitch) {
            unsigned char byte = slot[at];
            slot[at] = byte;
        }
    }
}

int side_evict(const struct side *side, size_t count, const struct topology *topology, bool *swept,
               struct fault *fault)
{
    struct side walk = *side;
    for (size_t i = 0; i < count; i++) {
        if (!cpu_evict(side->base + side_step(&walk), side->slots.bytes)) {
            *swept = true;
            return memory_evict(side->base, (size_t)slots_extent(&side->slots), topology, fault);
        }
    }
    return 0;
}

static size_t common_divisor(size_t one, size_t other)
{
    return other ? common_divisor(other, one % other) : one;
}

/*
 * From line to line of a slot: so far that prefetchers see no stride where slots are long, and all
 * lines come before one comes again (near the golden section of their number, prime to it).
 */
static size_t line_step(size_t lines)
{
    size_t step = lines * 5 / 8;
    while (step > 1 && common_divisor(lines, step) > 1)
        step--;
    return step;
}

double side_latency_ns(struct side *side, size_t loads, const struct clock *clock)
{
    size_t pitch = side->slots.pitch, lines = (side->slots.bytes + pitch - 1) / pitch;
    size_t all = lines * pitch, step = line_step(lines) * pitch, none = 0, after = 0;
    size_t line = 0, first = 0;        /* of this slot, of this round through the slots */
    __asm__ volatile("" : "+r"(none)); /* 0, which the compiler can't know */
    uint64_t begun = clock_ticks(clock);
    for (size_t i = 0; i < loads; i++) {
        if (side->next == 0) {
            first = first + step < all ? first + step : first + step - all;
            line = first;
        }
        const volatile unsigned char *slot = side->base + side_step(side) + line;
        after = slot[after] & none;
        line = line + step < all ? line + step : line + step - all;
    }
    /* The time is read only when the last load has come. */
    __asm__ volatile("" : "+r"(after) : : "memory");
    uint64_t ended = clock_ticks(clock);
    return clock_ns(clock, ended - begun) / (double)loads;
}
