#include "microbench/loaded_probe.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { READING_CLOCKS = 40, PS_PER_NS = 1000 };

static struct {
    struct cache_chase chase;
    struct mapping_request request; /* bytes 0: no chain yet */
    size_t bytes, loads_per_reading;
} kept;

static size_t lap(const struct environment *environment, int cpu, size_t bytes)
{
    return bytes / cache_chase_line_bytes(environment->topology, cpu);
}

static bool is_cached(const struct environment *environment, int cpu, size_t bytes)
{
    return bytes <= topology_last_level_bytes(environment->topology, cpu);
}

uint64_t probe_loads(const struct environment *environment, int cpu, size_t bytes)
{
    uint64_t loads = is_cached(environment, cpu, bytes) ? lap(environment, cpu, bytes) : 0;
    return loads / PROBE_LOADS * PROBE_LOADS + PROBE_LOADS;
}

static size_t choose_loads(struct cache_chase *chase)
{
    const struct clock_candidate *clock = chase->clock->chosen;
    double reading_ns = READING_CLOCKS * (clock->cost_ns + clock->step_ns), ns;
    size_t tried = PROBE_LOADS, loads = CACHE_CHASE_UNROLLED;
    while ((ns = cache_chase_walk_ns(chase, tried)) < clock_sample_ns(chase->clock))
        tried *= 2;
    while (loads < PROBE_LOADS && (double)loads * ns / (double)tried < reading_ns)
        loads *= 2;
    return loads;
}

static int open_chain(const struct trial *trial, const struct mapping_request *request,
                      struct fault *fault)
{
    const struct environment *environment = trial->environment;
    const struct mapping_request *last = &kept.request;
    if (last->bytes >= request->bytes && last->node == request->node && last->page == request->page)
        return 0;
    if (last->bytes)
        cache_chase_close(&kept.chase);
    kept.request.bytes = kept.bytes = 0;
    int error = cache_chase_open(&kept.chase, environment->topology, trial->cell->asked.cpu,
                                 environment->clock, request, CACHE_CHASE_APART, fault);
    if (!error)
        kept.request = *request;
    return error;
}

/* Linking leaves some of the set in the caches. */
static int link_chain(const struct trial *trial, size_t bytes, struct fault *fault)
{
    const struct environment *environment = trial->environment;
    int cpu = trial->cell->asked.cpu, error = 0;
    if (kept.bytes == bytes)
        return 0;
    cache_chase_link(&kept.chase, bytes);
    if (is_cached(environment, cpu, bytes))
        cache_chase_walk(&kept.chase, lap(environment, cpu, bytes));
    else
        error = memory_evict(kept.chase.mapping.base, bytes, environment->topology, fault);
    if (error)
        return error;
    kept.loads_per_reading = choose_loads(&kept.chase);
    kept.bytes = bytes;
    return 0;
}

int probe_take(struct probe *probe, struct trial *trial, size_t bytes, struct fault *fault)
{
    const struct placement *asked = &trial->cell->asked;
    struct mapping_request request = {.bytes = bytes, .node = asked->src_node, .page = asked->page};
    int error = open_chain(trial, &request, fault);
    if (!error)
        error = link_chain(trial, bytes, fault);
    if (error)
        return error;
    if (trial->environment->topology->node_count > 1)
        mapping_read_back(&kept.chase.mapping); /* the kernel may have moved pages since */
    trial->got.src_node = kept.chase.mapping.node;
    trial->got.huge_share = kept.chase.mapping.huge_share;
    *probe = (struct probe){.chase = &kept.chase, .loads_per_reading = kept.loads_per_reading};
    return 0;
}

int probe_expect(struct probe *probe, uint64_t loads, struct fault *fault)
{
    size_t wanted = probe->count + (size_t)(loads / probe->loads_per_reading);
    if (wanted <= probe->room)
        return 0;
    uint64_t *grown = realloc(probe->readings, 2 * wanted * sizeof *grown);
    if (!grown)
        return fail(fault, ENOMEM, "no memory for %zu readings", 2 * wanted);
    probe->readings = grown;
    probe->room = 2 * wanted;
    return 0;
}

void probe_run(struct probe *probe, uint64_t loads)
{
    struct cache_chase *chase = probe->chase;
    uint64_t *reading = probe->readings + probe->count, before = clock_ticks(chase->clock);
    size_t each = probe->loads_per_reading, count = (size_t)(loads / each);
    probe->begun = chase->at;
    probe->loads = loads;
    for (size_t i = 0; i < count; i++) {
        cache_chase_walk(chase, each);
        uint64_t now = clock_ticks(chase->clock);
        reading[i] = now - before;
        before = now;
    }
    probe->count += count;
}

static int compare_readings(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

int probe_count(struct probe *probe, uint64_t loads, struct histogram *histogram,
                struct fault *fault)
{
    size_t count = (size_t)(loads / probe->loads_per_reading);
    if (count > probe->count)
        return fail(fault, EILSEQ, "%zu readings were taken, not %zu", probe->count, count);
    uint64_t *readings = probe->readings + (probe->count - count);
    if (count) /* ascending, so that a histogram need not make room between bins */
        qsort(readings, count, sizeof *readings, compare_readings);
    int error = 0;
    for (size_t i = 0, end; !error && i < count; i = end) {
        for (end = i + 1; end < count && readings[end] == readings[i];)
            end++;
        double ns = clock_ns(probe->chase->clock, readings[i]);
        double ps = ns * PS_PER_NS / (double)probe->loads_per_reading;
        error = histogram_add(histogram, (uint64_t)llround(ps), end - i, fault);
    }
    return error;
}

int probe_verify(const struct probe *probe, struct fault *fault)
{
    struct cache_chase again = *probe->chase;
    again.at = probe->begun;
    if (!probe->loads)
        return fail(fault, EILSEQ, "the probe loaded nothing");
    cache_chase_walk(&again, (size_t)probe->loads);
    if (again.at != probe->chase->at)
        return fail(fault, EILSEQ, "%llu loads did not end where the chain leads to",
                    (unsigned long long)probe->loads);
    return 0;
}

void probe_release(struct probe *probe)
{
    free(probe->readings);
    *probe = (struct probe){.chase = NULL};
}
