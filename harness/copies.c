#include "harness/copies.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/random.h"

const char *const temperature_names[] = {"warm", "cold", NULL};

static uint64_t slot_stride(uint64_t bytes)
{
    uint64_t apart = 128; /* a multiple of every line size, and what prefetchers fetch as a pair */
    return (bytes + apart - 1) / apart * apart + (bytes == 0) * apart;
}

/* Slots enough for a sample as long as the clock needs, even at the rate of a warm copy. */
static uint64_t slot_count(const struct environment *environment, uint64_t bytes)
{
    double fastest_ns = 20 + (double)bytes / 20;
    uint64_t count = (uint64_t)(clock_sample_ns(environment->clock) / fastest_ns) + 1;
    uint64_t room = environment->known.memory_bytes / 32 / slot_stride(bytes);
    return count < room ? count : room > 1 ? room : 1;
}

void copies_plan(struct cell *cell, const struct kernel *kernel, uint64_t bytes,
                 enum temperature temperature, const struct environment *environment)
{
    uint64_t last_level = environment->known.last_level_bytes;
    if (temperature == COPIES_WARM || bytes > environment->known.memory_bytes) {
        pair_plan(cell, kernel, bytes, bytes);
        return;
    }
    cell->calls_max = slot_count(environment, bytes);
    pair_plan(cell, kernel, bytes, slot_stride(bytes) * cell->calls_max);
    if (last_level && bytes > last_level && !cell->skip[0])
        snprintf(cell->skip, sizeof cell->skip,
                 "larger than the last-level cache: warm is as cold as it gets");
}

static int draw_slots(struct copies *copies, const struct trial *trial, struct fault *fault)
{
    copies->count = (size_t)trial->cell->calls_max;
    copies->slots = calloc(copies->count, sizeof *copies->slots);
    if (!copies->slots)
        return fail(fault, ENOMEM, "no memory for the order of %zu cold buffers", copies->count);
    for (size_t i = 0; i < copies->count; i++)
        copies->slots[i] = i * (size_t)slot_stride(copies->bytes);
    struct random random = {trial->seed};
    random_shuffle(&random, copies->slots, copies->count);
    return 0;
}

int copies_take(struct copies *copies, struct trial *trial, enum temperature temperature,
                struct fault *fault)
{
    *copies = (struct copies){.bytes = (size_t)trial->cell->payload_bytes};
    bool cold = temperature == COPIES_COLD;
    int error = cold ? draw_slots(copies, trial, fault) : 0;
    if (!error)
        error = pair_take(&copies->pair, trial, 0,
                          cold ? (size_t)slot_stride(copies->bytes) * copies->count : copies->bytes,
                          fault);
    if (error) {
        copies_free(copies);
        return error;
    }
    copies->proof = copies->pair;
    if (cold) {
        copies->proof.src += copies->slots[0];
        copies->proof.dst += copies->slots[0];
        copies->proof.bytes = copies->bytes;
    }
    return 0;
}

void copies_free(struct copies *copies)
{
    free(copies->slots);
    copies->slots = NULL;
}

int copies_restore(const struct copies *copies, const struct environment *environment,
                   struct fault *fault)
{
    if (!copies->slots)
        return 0;
    /* All slots at once: what an eviction costs beyond its lines can be much (a fence at best). */
    const struct topology *topology = environment->topology;
    int error = memory_evict(copies->pair.src, copies->pair.bytes, topology, fault);
    return error ? error : memory_evict(copies->pair.dst, copies->pair.bytes, topology, fault);
}

void copies_run(const struct copies *copies, kernel_function *function, uint64_t calls)
{
    unsigned char *dst = copies->pair.dst;
    const unsigned char *src = copies->pair.src;
    size_t bytes = copies->bytes;
    const size_t *slots = copies->slots;
    if (slots)
        for (uint64_t i = 0; i < calls; i++)
            function(dst + slots[i], src + slots[i], bytes);
    else
        for (uint64_t i = 0; i < calls; i++)
            function(dst, src, bytes);
}
