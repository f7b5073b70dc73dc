#include "microbench/loaded_copiers.h"

#include <errno.h>
#include <stdlib.h>

#include "arch/cpu.h"

/* So that neither the clock nor the start after a pause is much of a burst. */
enum { BURST_CLOCKS = 60 };

enum { PERCENT = 100, BYTES_USUAL = 16 << 20 };

/* Where each copier's next visit goes on, so that it finds nothing in the caches. */
static size_t left_at[REGION_MEMBERS_MAX];

size_t copiers_bytes(const struct environment *environment)
{
    size_t last = (size_t)environment->known.last_level_bytes;
    size_t bytes = last ? 2 * last : BYTES_USUAL;
    return bytes < COPIERS_CHUNK ? COPIERS_CHUNK : bytes - bytes % COPIERS_CHUNK;
}

int copiers_open(struct copiers *copiers, const struct environment *environment,
                 const struct kernel *kernel, unsigned count, unsigned rate, struct fault *fault)
{
    const struct clock_candidate *clock = environment->clock->chosen;
    double burst_ns = BURST_CLOCKS * (clock->cost_ns + clock->step_ns);
    *copiers = (struct copiers){
        .kernel = kernel,
        .clock = environment->clock,
        .count = count,
        .rate = rate,
        .burst_ticks = (uint64_t)(burst_ns / clock->ns_per_tick),
        .copiers = calloc(count + 1, sizeof *copiers->copiers),
    };
    return copiers->copiers ? 0 : fail(fault, ENOMEM, "no memory for %u copiers", count);
}

void copiers_close(struct copiers *copiers)
{
    for (unsigned i = 0; i < copiers->count; i++)
        left_at[i] = copiers->copiers[i].at;
    free(copiers->copiers);
}

/* What a visit copies first. */
static struct pair first_chunk(const struct copier *copier)
{
    return (struct pair){
        .src = copier->pair.src + copier->first,
        .dst = copier->pair.dst + copier->first,
        .bytes = COPIERS_CHUNK,
        .src_at = copier->pair.src_at + copier->first,
    };
}

int copiers_enter(struct copiers *copiers, unsigned index, struct trial *trial, struct fault *fault)
{
    struct copier *copier = &copiers->copiers[index];
    size_t bytes = copiers_bytes(trial->environment);
    int error = pair_take(&copier->pair, trial, index + 1, bytes, fault);
    if (error)
        return error;
    if (index == 0)
        trial->got.dst_node = copier->pair.dst_node;
    copier->at = copier->first = left_at[index] % bytes;
    copier->burst_chunks = 1;
    struct pair first = first_chunk(copier);
    pair_spoil(&first, copiers->kernel);
    return 0;
}

void copiers_restart(struct copiers *copiers)
{
    atomic_store(&copiers->ready, 0);
    atomic_store(&copiers->stop, false);
}

static bool stopped(const struct copiers *copiers)
{
    return atomic_load_explicit(&copiers->stop, memory_order_relaxed);
}

static void copy_chunk(struct copier *copier, kernel_function *function)
{
    const struct pair *pair = &copier->pair;
    function(pair->dst + copier->at, pair->src + copier->at, COPIERS_CHUNK);
    copier->bytes += COPIERS_CHUNK;
    copier->at += COPIERS_CHUNK;
    if (copier->at == pair->bytes)
        copier->at = 0;
}

/*
 * Returns how long it took. The clock is not read between chunks: a reading may wait for all that
 * came before, and what a pause costs the first chunk it would cost each.
 */
static uint64_t copy_burst(const struct copiers *copiers, struct copier *copier)
{
    uint64_t begun = clock_ticks(copiers->clock);
    for (unsigned i = 0; i < copier->burst_chunks && !stopped(copiers); i++)
        copy_chunk(copier, copiers->kernel->run);
    return clock_ticks(copiers->clock) - begun;
}

static void copy_throttled(const struct copiers *copiers, unsigned index)
{
    struct copier copier = copiers->copiers[index];
    uint64_t share = index + 1; /* of the first wait, out of all copiers' */
    while (!stopped(copiers)) {
        uint64_t spent = copy_burst(copiers, &copier), begun = clock_ticks(copiers->clock);
        if (spent < copiers->burst_ticks && !stopped(copiers))
            copier.burst_chunks *= 2;
        uint64_t wait = spent * (PERCENT - copiers->rate) / copiers->rate;
        wait = wait * share / copiers->count;
        share = copiers->count;
        while (clock_ticks(copiers->clock) - begun < wait && !stopped(copiers))
            cpu_relax();
    }
    copiers->copiers[index] = copier;
}

static void copy_always(const struct copiers *copiers, unsigned index)
{
    struct copier copier = copiers->copiers[index];
    while (!stopped(copiers))
        copy_chunk(&copier, copiers->kernel->run);
    copiers->copiers[index] = copier;
}

void copiers_run(struct copiers *copiers, unsigned index)
{
    uint64_t begun = clock_ticks(copiers->clock);
    copy_chunk(&copiers->copiers[index], copiers->kernel->run);
    atomic_fetch_add(&copiers->ready, 1);
    if (copiers->rate < PERCENT)
        copy_throttled(copiers, index);
    else
        copy_always(copiers, index);
    copiers->copiers[index].ticks += clock_ticks(copiers->clock) - begun;
}

void copiers_await(const struct copiers *copiers)
{
    while (atomic_load_explicit(&copiers->ready, memory_order_acquire) < copiers->count)
        cpu_relax();
}

void copiers_stop(struct copiers *copiers)
{
    atomic_store_explicit(&copiers->stop, true, memory_order_relaxed);
}

double copiers_gb_per_s(const struct copiers *copiers)
{
    double sum = 0;
    for (unsigned i = 0; i < copiers->count; i++)
        if (copiers->copiers[i].ticks)
            sum += (double)copiers->copiers[i].bytes /
                   clock_ns(copiers->clock, copiers->copiers[i].ticks);
    return sum;
}

int copiers_verify(const struct copiers *copiers, struct fault *fault)
{
    int error = 0;
    for (unsigned i = 0; !error && i < copiers->count; i++) {
        struct pair first = first_chunk(&copiers->copiers[i]);
        error = pair_verify(&first, copiers->kernel, fault);
    }
    return error;
}
