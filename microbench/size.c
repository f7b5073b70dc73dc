/*
 * What does one copy cost?
 *
 * Warm: the same source and destination again and again, so that they stay where their size lets
 * them stay. Cold: every call takes another source and destination whose lines have been evicted
 * from all caches (their address translations have not), in random order. Calls follow one another
 * without a pause in both, as in a stream of packets, so misses of neighbouring calls overlap.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/benchmark.h"
#include "harness/pair.h"
#include "harness/random.h"

enum { AXIS_KERNEL_NAME, AXIS_SIZE, AXIS_TEMPERATURE };
enum { WARM, COLD };

static const char *const temperatures[] = {"warm", "cold", NULL};

static const struct axis axes[] = {
    COPY_KERNELS_AXIS("copy_*", "copy_*"),
    {"size",
     "bytes",
     "bytes that one call copies",
     AXIS_BYTES,
     NULL,
     0,
     {"1..256,3,7,15,24,31,33,48,63,65,96,127,192,255,512,1Ki,1500,4Ki,L1/2,64Ki,256Ki,L2/"
      "2,1Mi,4Mi,"
      "LLC/2,LLC*2",
      "1..64+1,65..256+19,384,512..memory/4,1500,9000,L1/2,L1,L2/2,L2,LLC/2,LLC,memory/8"}},
    {"temperature",
     "",
     "warm: the same buffers again; cold: evicted from all caches before",
     AXIS_WORD,
     temperatures,
     0,
     {"warm,cold", "warm,cold"}},
};

struct state {
    struct pair pair;  /* warm: what is copied; cold: all slots together */
    struct pair proof; /* what the proof looks at: cold: the slot that every sample uses first */
    size_t bytes;
    size_t *slots; /* cold: offsets of the slots in the order of use */
    size_t count;
};

static bool is_cold(const struct cell *cell)
{
    return cell->point[AXIS_TEMPERATURE].number == COLD;
}

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

static void size_plan(struct cell *cell, const struct environment *environment)
{
    const struct kernel *kernel = cell->point[AXIS_KERNEL_NAME].kernel;
    uint64_t bytes = cell->point[AXIS_SIZE].number;
    uint64_t last_level = environment->known.last_level_bytes;
    if (!is_cold(cell) || bytes > environment->known.memory_bytes) {
        pair_plan(cell, kernel, bytes, bytes);
        return;
    }
    cell->calls_max = slot_count(environment, bytes);
    pair_plan(cell, kernel, bytes, slot_stride(bytes) * cell->calls_max);
    if (last_level && bytes > last_level && !cell->skip[0])
        snprintf(cell->skip, sizeof cell->skip,
                 "larger than the last-level cache: warm is as cold as it gets");
}

static int draw_slots(struct state *state, const struct trial *trial, struct fault *fault)
{
    state->count = (size_t)trial->cell->calls_max;
    state->slots = calloc(state->count, sizeof *state->slots);
    if (!state->slots)
        return fail(fault, ENOMEM, "no memory for the order of %zu cold buffers", state->count);
    for (size_t i = 0; i < state->count; i++)
        state->slots[i] = i * (size_t)slot_stride(state->bytes);
    struct random random = {trial->seed};
    random_shuffle(&random, state->slots, state->count);
    return 0;
}

static void size_release(struct trial *trial)
{
    struct state *state = trial->state;
    free(state->slots);
    free(state);
}

static int size_prepare(struct trial *trial, struct fault *fault)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of size");
    trial->state = state;
    state->bytes = (size_t)trial->cell->payload_bytes;
    bool cold = is_cold(trial->cell);
    int error = cold ? draw_slots(state, trial, fault) : 0;
    if (!error)
        error = pair_take(&state->pair, trial, 0,
                          cold ? (size_t)slot_stride(state->bytes) * state->count : state->bytes,
                          fault);
    if (error) {
        size_release(trial);
        return error;
    }
    state->proof = state->pair;
    if (cold) {
        state->proof.src += state->slots[0];
        state->proof.dst += state->slots[0];
        state->proof.bytes = state->bytes;
    }
    pair_spoil(&state->proof, trial->cell->kernel);
    return 0;
}

static int size_restore(struct trial *trial, uint64_t calls, struct fault *fault)
{
    (void)calls;
    struct state *state = trial->state;
    if (!is_cold(trial->cell))
        return 0;
    /* All slots at once: what an eviction costs beyond its lines can be much (a fence at best). */
    const struct topology *topology = trial->environment->topology;
    int error = memory_evict(state->pair.src, state->pair.bytes, topology, fault);
    return error ? error : memory_evict(state->pair.dst, state->pair.bytes, topology, fault);
}

static void size_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    const struct state *state = trial->state;
    kernel_function *function = trial->function;
    unsigned char *dst = state->pair.dst;
    const unsigned char *src = state->pair.src;
    size_t bytes = state->bytes;
    const size_t *slots = state->slots;
    if (slots)
        for (uint64_t i = 0; i < calls; i++)
            function(dst + slots[i], src + slots[i], bytes);
    else
        for (uint64_t i = 0; i < calls; i++)
            function(dst, src, bytes);
}

static int size_verify(struct trial *trial, struct fault *fault)
{
    const struct state *state = trial->state;
    return pair_verify(&state->proof, trial->cell->kernel, fault);
}

static const struct benchmark size = {
    .name = "size",
    .summary = "What does one copy cost?",
    .claim = "Copying is fast on modern x86; other architectures suffer.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .plan = size_plan,
    .prepare = size_prepare,
    .restore = size_restore,
    .run = size_run,
    .verify = size_verify,
    .release = size_release,
};
BENCHMARK(&size);
