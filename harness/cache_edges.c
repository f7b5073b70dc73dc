#include "harness/cache_edges.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "harness/cache_chase.h"
#include "harness/machine_parts.h"
#include "harness/memory.h"
#include "harness/quantity.h"

enum {
    STEPS = 4, /* of an octave */
    FIRST_BYTES = 1024,
    PASSES = 12,
    RUN_POINTS = 3,
    LAST_RUN_POINTS = 2,
    RUNS_MAX = CACHE_CURVE_POINTS / RUN_POINTS + 1,
    MEMORY_PART = 16,
    SET_BYTES_MAX = 64 << 20,
};

static const double flat_ratio = 1.25, span_ratio = 1.6, rise_ratio = 1.4, miss_share = 1.0 / 3,
                    most_ratio = 2, budget_ns = 2.5e9;

struct run { /* points [first, last] of about the same latency */
    size_t first, last;
};

struct fit {
    const struct cache_point *curve;
    double ns[CACHE_CURVE_POINTS]; /* ascending */
    size_t count;
    struct run runs[RUNS_MAX]; /* ascending */
    size_t run_count;
};

static double run_ns(const struct fit *fit, size_t run)
{
    return fit->ns[(fit->runs[run].first + fit->runs[run].last) / 2];
}

static size_t run_points(const struct fit *fit, size_t run)
{
    return fit->runs[run].last - fit->runs[run].first + 1;
}

static bool is_plateau(const struct fit *fit, const struct run *run)
{
    if (run->last + 1 == fit->count)
        return run->last - run->first + 1 >= LAST_RUN_POINTS;
    double from = (double)fit->curve[run->first].bytes, to = (double)fit->curve[run->last].bytes;
    return run->last - run->first + 1 >= RUN_POINTS && to >= span_ratio * from;
}

/* Adds the plateaus within [from, to), ascending. */
static void find_runs(struct fit *fit, size_t from, size_t to)
{
    struct run longest = {from, from};
    for (size_t first = from, last = from; first < to; first++) {
        while (last + 1 < to && fit->ns[last + 1] <= flat_ratio * fit->ns[first])
            last++;
        if (last - first > longest.last - longest.first)
            longest = (struct run){first, last};
    }
    if (from == to || !is_plateau(fit, &longest))
        return;
    find_runs(fit, from, longest.first);
    fit->runs[fit->run_count++] = longest;
    find_runs(fit, longest.last + 1, to);
}

/* The shorter of the two runs that differ least, unless all are different enough and fit. */
static bool drop_least(struct fit *fit)
{
    double least = INFINITY;
    size_t drop = 0;
    for (size_t i = 0; i + 1 < fit->run_count; i++) {
        double rise = run_ns(fit, i + 1) / run_ns(fit, i);
        if (rise >= least)
            continue;
        least = rise;
        drop = run_points(fit, i) < run_points(fit, i + 1) ? i : i + 1;
    }
    if (fit->run_count < 2 || (least >= rise_ratio && fit->run_count <= CACHE_PLATEAUS))
        return false;
    memmove(fit->runs + drop, fit->runs + drop + 1,
            (fit->run_count - drop - 1) * sizeof *fit->runs);
    fit->run_count--;
    return true;
}

/* Up to which latency a point still counts to the plateau. */
static double run_limit_ns(const struct fit *fit, size_t run)
{
    double ns = run_ns(fit, run);
    if (run + 1 == fit->run_count)
        return INFINITY;
    return fmin(ns + miss_share * (run_ns(fit, run + 1) - ns), most_ratio * ns);
}

static void take_plateaus(struct cache_edges *edges, const struct fit *fit)
{
    for (size_t i = 0; i < fit->run_count; i++) {
        size_t last = fit->runs[i].first;
        while (last + 1 < fit->count && fit->ns[last + 1] < run_limit_ns(fit, i))
            last++;
        edges->plateaus[i] = (struct cache_plateau){edges->curve[last].bytes, run_ns(fit, i)};
    }
    edges->plateau_count = fit->run_count;
}

static void explain(struct cache_edges *edges, const struct fit *fit)
{
    if (edges->curve_count == 0) {
        snprintf(edges->reason, sizeof edges->reason, "no latency could be measured");
        return;
    }
    char from[32], to[32];
    double rise = fit->ns[fit->count - 1] / fit->ns[0] - 1;
    quantity_bytes_text(edges->curve[0].bytes, from, sizeof from);
    quantity_bytes_text(edges->curve[fit->count - 1].bytes, to, sizeof to);
    snprintf(edges->reason, sizeof edges->reason,
             "the latency of loads rises by %.0f %% from %s to %s, and nowhere from one plateau to "
             "another",
             100 * rise, from, to);
}

void cache_edges_find(struct cache_edges *edges)
{
    struct fit fit = {.curve = edges->curve, .count = edges->curve_count};
    double least = INFINITY;
    for (size_t i = fit.count; i-- > 0;)
        fit.ns[i] = least = fmin(least, edges->curve[i].ns);
    find_runs(&fit, 0, fit.count);
    while (drop_least(&fit))
        ;
    edges->plateau_count = 0;
    edges->reason[0] = '\0';
    if (fit.run_count >= 2)
        take_plateaus(edges, &fit);
    else
        explain(edges, &fit);
}

/* A point of the curve while it is measured. */
struct spot {
    size_t bytes;
    double least_ns;
    double spent_ns;
};

static void visit(struct spot *spot, cache_latency *latency, void *context,
                  const struct clock *clock)
{
    uint64_t begun = clock_ticks(clock);
    spot->least_ns = fmin(spot->least_ns, latency(context, spot->bytes));
    spot->spent_ns += clock_ns(clock, clock_ticks(clock) - begun);
}

/* One pass: whole octaves, halves, quarters. */
static void visit_all(struct spot *spots, cache_latency *latency, void *context, size_t most_bytes,
                      const struct clock *clock, uint64_t begun)
{
    static const struct {
        size_t first, step;
    } rounds[] = {{0, STEPS}, {STEPS / 2, STEPS}, {1, 2}};
    for (size_t round = 0; round < sizeof rounds / sizeof *rounds; round++)
        for (size_t i = rounds[round].first; i < CACHE_CURVE_POINTS; i += rounds[round].step)
            if (spots[i].bytes <= most_bytes &&
                spots[i].spent_ns < budget_ns / CACHE_CURVE_POINTS &&
                clock_ns(clock, clock_ticks(clock) - begun) < budget_ns)
                visit(&spots[i], latency, context, clock);
}

void cache_edges_measure(struct cache_edges *edges, cache_latency *latency, void *context,
                         size_t most_bytes, const struct clock *clock)
{
    struct spot spots[CACHE_CURVE_POINTS];
    uint64_t begun = clock_ticks(clock);
    for (size_t i = 0; i < CACHE_CURVE_POINTS; i++)
        spots[i] = (struct spot){((size_t)FIRST_BYTES << i / STEPS) / STEPS * (STEPS + i % STEPS),
                                 INFINITY, 0};
    for (int pass = 0; pass < PASSES; pass++)
        visit_all(spots, latency, context, most_bytes, clock, begun);
    edges->curve_count = 0;
    for (size_t i = 0; i < CACHE_CURVE_POINTS; i++)
        if (isfinite(spots[i].least_ns))
            edges->curve[edges->curve_count++] =
                (struct cache_point){spots[i].bytes, spots[i].least_ns};
    cache_edges_find(edges);
}

void cache_edges_here(struct cache_edges *edges, const struct topology *topology, int cpu,
                      const struct clock *clock)
{
    struct cache_chase chase;
    struct fault fault;
    uint64_t most = memory_available() / MEMORY_PART;
    const char *emulation = machine_emulation();
    size_t most_bytes = most < SET_BYTES_MAX ? (size_t)most : SET_BYTES_MAX;
    struct mapping_request request = {.bytes = most_bytes, .node = NODE_LOCAL, .page = PAGE_BASE};
    *edges = (struct cache_edges){.curve_count = 0};
    if (emulation) {
        snprintf(edges->reason, sizeof edges->reason,
                 "the instructions are emulated (%.80s), and so would be the latencies", emulation);
        return;
    }
    if (topology_bind(topology, cpu, &fault) ||
        cache_chase_open(&chase, topology, cpu, clock, &request, CACHE_CHASE_BLOCKWISE, &fault)) {
        snprintf(edges->reason, sizeof edges->reason, "%.150s", fault.text);
        return;
    }
    cache_edges_measure(edges, cache_chase_latency, &chase, most_bytes, clock);
    cache_chase_close(&chase);
}

void cache_edges_supply(struct cache_edges *edges, struct topology *topology, int cpu,
                        const struct clock *clock)
{
    size_t bytes[TOPOLOGY_LEVELS] = {0};
    *edges = (struct cache_edges){.curve_count = 0};
    if (topology->cache_source != CACHE_UNKNOWN)
        return;
    cache_edges_here(edges, topology, cpu, clock);
    for (size_t i = 0; i + 1 < edges->plateau_count; i++)
        bytes[i] = edges->plateaus[i].bytes;
    if (edges->plateau_count)
        topology_take_measured(topology, cpu, bytes);
}

void cache_edges_text(const struct cache_edges *edges, char *text, size_t text_bytes)
{
    size_t used = (size_t)snprintf(text, text_bytes, "%s", edges->reason);
    for (size_t i = 0; i < edges->plateau_count && used < text_bytes; i++) {
        const struct cache_plateau *plateau = &edges->plateaus[i];
        char size[32];
        quantity_bytes_text(plateau->bytes, size, sizeof size);
        if (i + 1 < edges->plateau_count)
            used += (size_t)snprintf(text + used, text_bytes - used, "L%zu %s (%.3g ns), ", i + 1,
                                     size, plateau->ns);
        else
            used +=
                (size_t)snprintf(text + used, text_bytes - used, "memory (%.3g ns)", plateau->ns);
    }
}
