#include "harness/cache_chase.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { SAMPLES = 3, SAMPLE_LOADS = 8192, GROWTH_MAX = 8 };

static const double growth_margin = 1.05;

size_t cache_chase_line_bytes(const struct topology *topology, int cpu)
{
    const struct topology_cpu *entry = topology_cpu(topology, cpu);
    size_t bytes = entry ? entry->line_bytes : 0;
#ifdef _SC_LEVEL1_DCACHE_LINESIZE
    long told = bytes ? 0 : sysconf(_SC_LEVEL1_DCACHE_LINESIZE);
    bytes = told > 0 ? (size_t)told : bytes;
#endif
    bool usable = bytes > CACHE_CHASE_LINE_BYTES_MIN && bytes <= 256 && !(bytes & (bytes - 1));
    return usable ? bytes : CACHE_CHASE_LINE_BYTES_MIN;
}

/*
 * Line number `place` in the chain's order of that block. Neighbouring blocks differ, so that no
 * block's order tells the next one's.
 */
static size_t line_at(const struct cache_chase *chase, size_t block, size_t place)
{
    return chase->order[place] ^ (block % chase->lines);
}

static size_t lines_of(const struct cache_chase *chase, size_t block)
{
    return block == chase->last ? chase->last_lines : chase->lines;
}

static void **address_of(const struct cache_chase *chase, size_t block, size_t line)
{
    return (void **)(void *)(chase->mapping.base + block * CACHE_CHASE_BLOCK_BYTES +
                             line * chase->line_bytes);
}

static void **block_head(const struct cache_chase *chase, size_t block)
{
    size_t place = 0;
    while (line_at(chase, block, place) >= lines_of(chase, block))
        place++;
    return address_of(chase, block, line_at(chase, block, place));
}

static void **block_tail(const struct cache_chase *chase, size_t block)
{
    size_t place = chase->lines - 1;
    while (line_at(chase, block, place) >= lines_of(chase, block))
        place--;
    return address_of(chase, block, line_at(chase, block, place));
}

/* From its head to its tail. */
static void link_block(const struct cache_chase *chase, size_t block)
{
    void **before = NULL;
    for (size_t place = 0; place < chase->lines; place++) {
        size_t line = line_at(chase, block, place);
        if (line >= lines_of(chase, block))
            continue;
        void **here = address_of(chase, block, line);
        if (before)
            *before = here;
        before = here;
    }
}

static void link_blockwise(struct cache_chase *chase, size_t bytes, size_t count)
{
    size_t cut = chase->last;
    chase->last = count - 1;
    chase->last_lines = (bytes - chase->last * CACHE_CHASE_BLOCK_BYTES) / chase->line_bytes;
    link_block(chase, cut);
    link_block(chase, chase->last);
    for (size_t i = 0; i < count; i++)
        *block_tail(chase, chase->blocks[i]) = block_head(chase, chase->blocks[(i + 1) % count]);
}

/* The line of each place leads to that of the same place in the next block, the last block's to
   that of the next place in the first. */
static void link_apart(const struct cache_chase *chase, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t block = chase->blocks[i], next = chase->blocks[(i + 1) % count];
        for (size_t place = 0; place < chase->lines; place++) {
            size_t then = i + 1 < count ? place : (place + 1) % chase->lines;
            *address_of(chase, block, line_at(chase, block, place)) =
                address_of(chase, next, line_at(chase, next, then));
        }
    }
}

void cache_chase_link(struct cache_chase *chase, size_t bytes)
{
    size_t count = (bytes - 1) / CACHE_CHASE_BLOCK_BYTES + 1;
    for (size_t i = 0; i < count; i++)
        chase->blocks[i] = i;
    random_shuffle(&chase->random, chase->blocks, count);
    if (chase->kind == CACHE_CHASE_APART)
        link_apart(chase, count);
    else
        link_blockwise(chase, bytes, count);
    chase->at = block_head(chase, chase->blocks[0]);
}

int cache_chase_open(struct cache_chase *chase, const struct topology *topology, int cpu,
                     const struct clock *clock, const struct mapping_request *request,
                     enum cache_chase_order kind, struct fault *fault)
{
    *chase = (struct cache_chase){
        .clock = clock,
        .kind = kind,
        .line_bytes = cache_chase_line_bytes(topology, cpu),
    };
    chase->lines = CACHE_CHASE_BLOCK_BYTES / chase->line_bytes;
    chase->last_lines = chase->lines;
    for (size_t i = 0; i < chase->lines; i++)
        chase->order[i] = i;
    random_shuffle(&chase->random, chase->order, chase->lines);
    size_t blocks = (request->bytes - 1) / CACHE_CHASE_BLOCK_BYTES + 1;
    struct mapping_request whole = *request;
    whole.bytes = blocks * CACHE_CHASE_BLOCK_BYTES;
    int error = mapping_make(&chase->mapping, &whole, topology, fault);
    if (error)
        return error;
    chase->blocks = calloc(blocks, sizeof *chase->blocks);
    if (!chase->blocks) {
        mapping_free(&chase->mapping);
        return fail(fault, ENOMEM, "no memory for the order of %zu blocks", blocks);
    }
    for (size_t block = 0; kind == CACHE_CHASE_BLOCKWISE && block < blocks; block++)
        link_block(chase, block);
    return 0;
}

void cache_chase_close(struct cache_chase *chase)
{
    free(chase->blocks);
    mapping_free(&chase->mapping);
}

#define LOAD at = *(void **)at;
#define LOAD_8 LOAD LOAD LOAD LOAD LOAD LOAD LOAD LOAD

void *cache_chase_follow(void *at, size_t loads)
{
    for (size_t done = 0; done < loads; done += CACHE_CHASE_UNROLLED) {
        LOAD_8
    }
    /* The clock, read next, waits for what is before it, but the compiler might not. */
    __asm__ volatile("" : "+r"(at) : : "memory");
    return at;
}

void cache_chase_walk(struct cache_chase *chase, size_t loads)
{
    chase->at = cache_chase_follow(chase->at, loads);
}

double cache_chase_walk_ns(struct cache_chase *chase, size_t loads)
{
    uint64_t begun = clock_ticks(chase->clock);
    cache_chase_walk(chase, loads);
    return clock_ns(chase->clock, clock_ticks(chase->clock) - begun);
}

static size_t whole_turns(double loads)
{
    return (size_t)ceil(loads / CACHE_CHASE_UNROLLED) * CACHE_CHASE_UNROLLED;
}

double cache_chase_latency(void *context, size_t bytes)
{
    struct cache_chase *chase = context;
    double sample_ns = clock_sample_ns(chase->clock), least = INFINITY;
    cache_chase_link(chase, bytes);
    size_t around = bytes / chase->line_bytes;
    cache_chase_walk(chase, around);
    size_t loads = whole_turns(fmin((double)around, SAMPLE_LOADS));
    for (int taken = 0; taken < SAMPLES;) {
        double ns = cache_chase_walk_ns(chase, loads);
        if (ns >= sample_ns) {
            least = fmin(least, ns / (double)loads);
            taken++;
        } else {
            /* Few ticks tell little of how long it has to be. */
            double short_by = fmin(sample_ns / fmax(ns, 1), GROWTH_MAX);
            loads = whole_turns((double)loads * growth_margin * short_by);
        }
    }
    return least;
}
