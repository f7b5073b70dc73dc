#include "harness/cache_chase.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { UNROLLED = 8, SAMPLES = 3, SAMPLE_LOADS = 8192, GROWTH_MAX = 8 };

static const double growth_margin = 1.05;

static size_t usable_line_bytes(const struct topology *topology, int cpu)
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

void cache_chase_link(struct cache_chase *chase, size_t bytes)
{
    size_t count = (bytes - 1) / CACHE_CHASE_BLOCK_BYTES + 1;
    size_t cut = chase->last;
    chase->last = count - 1;
    chase->last_lines = (bytes - chase->last * CACHE_CHASE_BLOCK_BYTES) / chase->line_bytes;
    link_block(chase, cut);
    link_block(chase, chase->last);
    for (size_t i = 0; i < count; i++)
        chase->blocks[i] = i;
    random_shuffle(&chase->random, chase->blocks, count);
    for (size_t i = 0; i < count; i++)
        *block_tail(chase, chase->blocks[i]) = block_head(chase, chase->blocks[(i + 1) % count]);
    chase->at = block_head(chase, chase->blocks[0]);
}

int cache_chase_open(struct cache_chase *chase, const struct topology *topology, int cpu,
                     const struct clock *clock, size_t most_bytes, struct fault *fault)
{
    *chase = (struct cache_chase){.clock = clock, .line_bytes = usable_line_bytes(topology, cpu)};
    chase->lines = CACHE_CHASE_BLOCK_BYTES / chase->line_bytes;
    chase->last_lines = chase->lines;
    for (size_t i = 0; i < chase->lines; i++)
        chase->order[i] = i;
    random_shuffle(&chase->random, chase->order, chase->lines);
    size_t blocks = most_bytes / CACHE_CHASE_BLOCK_BYTES + 1;
    struct mapping_request request = {
        .bytes = blocks * CACHE_CHASE_BLOCK_BYTES, .node = NODE_LOCAL, .page = PAGE_BASE};
    int error = mapping_make(&chase->mapping, &request, topology, fault);
    if (error)
        return error;
    chase->blocks = calloc(blocks, sizeof *chase->blocks);
    if (!chase->blocks) {
        mapping_free(&chase->mapping);
        return fail(fault, ENOMEM, "no memory for the order of %zu blocks", blocks);
    }
    for (size_t block = 0; block < blocks; block++)
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

/* ns of that many loads (rounded up to whole turns). */
static double walk_ns(struct cache_chase *chase, size_t loads)
{
    void *at = chase->at;
    uint64_t begun = clock_ticks(chase->clock);
    for (size_t done = 0; done < loads; done += UNROLLED) {
        LOAD_8
    }
    /* The time is read only when the last load has come. */
    __asm__ volatile("" : "+r"(at) : : "memory");
    uint64_t ended = clock_ticks(chase->clock);
    chase->at = at;
    return clock_ns(chase->clock, ended - begun);
}

static size_t whole_turns(double loads)
{
    return (size_t)ceil(loads / UNROLLED) * UNROLLED;
}

double cache_chase_latency(void *context, size_t bytes)
{
    struct cache_chase *chase = context;
    double sample_ns = clock_sample_ns(chase->clock), least = INFINITY;
    cache_chase_link(chase, bytes);
    size_t around = bytes / chase->line_bytes;
    walk_ns(chase, around);
    size_t loads = whole_turns(fmin((double)around, SAMPLE_LOADS));
    for (int taken = 0; taken < SAMPLES;) {
        double ns = walk_ns(chase, loads);
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
