/*
 * Plateaus and edges of made-up curves, and the measurement on made-up machines, whose latencies
 * are known.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "harness/cache_edges.h"
#include "harness/random.h"
#include "harness/test/virtual.h"

#include <cmocka.h>

enum { KI = 1 << 10, MI = 1 << 20, WAYS = 8 };

/* How much of a set misses a cache of that size. */
typedef double miss_share(double set, double cache);

struct cache {
    size_t bytes; /* 0: memory */
    double ns;
};

struct machine {
    struct cache caches[CACHE_PLATEAUS + 2]; /* ends with memory */
    miss_share *share;
    double noise; /* either way */
    unsigned spike_every;
    struct random random;
    /* Of a measurement: what each visit takes, and how many there were. */
    uint64_t visit_ns;
    unsigned visits, disturbed_visits;
    size_t largest;
};

static double misses_at_once(double set, double cache)
{
    return set > cache;
}

/* Random replacement: a line survives a turn with exp(-misses / lines of the cache). */
static double misses_at_random(double set, double cache)
{
    double share = set > cache;
    for (int i = 0; i < 1000; i++)
        share = 1 - exp(-share * set / cache);
    return share;
}

/* Least-recent replacement, pages of random colours: a page misses beside WAYS others or more. */
static double misses_by_colour(double set, double cache)
{
    double mean = WAYS * set / cache, term = exp(-mean), share = 1;
    for (int others = 0; others < WAYS; others++) {
        share -= term;
        term *= mean / (others + 1);
    }
    return share;
}

static double ideal_ns(const struct machine *machine, size_t bytes)
{
    const struct cache *cache = machine->caches;
    double ns = cache->ns;
    for (; cache->bytes; cache++)
        ns += machine->share((double)bytes, (double)cache->bytes) * (cache[1].ns - cache->ns);
    return ns;
}

/* A cache_latency. */
static double latency_of(void *context, size_t bytes)
{
    struct machine *machine = context;
    double draw = (double)random_below(&machine->random, 2001) / 1000 - 1;
    double ns = ideal_ns(machine, bytes) * (1 + machine->noise * draw);
    virtual_ns += machine->visit_ns;
    machine->visits++;
    if (bytes > machine->largest)
        machine->largest = bytes;
    if (machine->spike_every && machine->visits % machine->spike_every == 0)
        ns *= 3;
    return machine->visits <= machine->disturbed_visits ? 5 * ns : ns;
}

/* The curve of one visit a point, with every `step`th point of an octave's four. */
static struct cache_edges curve_of(struct machine *machine, size_t most_bytes, size_t step)
{
    struct cache_edges edges = {.curve_count = 0};
    for (size_t i = 0; i < CACHE_CURVE_POINTS; i += step) {
        size_t bytes = ((size_t)KI << i / 4) / 4 * (4 + i % 4);
        if (bytes <= most_bytes)
            edges.curve[edges.curve_count++] =
                (struct cache_point){bytes, latency_of(machine, bytes)};
    }
    cache_edges_find(&edges);
    return edges;
}

/* Each cache has its edge, between `before` and `after` times its size, and there are no more. */
static void assert_edges(const struct cache_edges *edges, const struct cache *caches, double before,
                         double after)
{
    size_t count = 0;
    char text[200];
    cache_edges_text(edges, text, sizeof text);
    for (; caches[count].bytes; count++) {
        double share = (double)edges->plateaus[count].bytes / (double)caches[count].bytes;
        if (count + 1 >= edges->plateau_count || share < before || share > after)
            fail_msg("%s", text);
    }
    if (edges->plateau_count != count + 1)
        fail_msg("%s", text);
    assert_int_equal(edges->plateaus[count].bytes, edges->curve[edges->curve_count - 1].bytes);
    assert_string_equal(edges->reason, "");
}

static const struct machine three_levels = {
    .caches = {{32 * KI, 1}, {MI, 4}, {8 * MI, 14}, {0, 90}}, .share = misses_at_once};
static const struct machine cortex_a8 = {.caches = {{32 * KI, 3}, {256 * KI, 6}, {0, 80}},
                                         .share = misses_at_once};

static void edges_of_ideal_caches_are_exact(void **state)
{
    (void)state;
    struct machine machines[] = {
        three_levels,
        cortex_a8,
        {.caches = {{16 * KI, 3}, {0, 120}}, .share = misses_at_once},
        {.caches = {{48 * KI, 1.2}, {5 * MI / 4, 4}, {24 * MI, 20}, {0, 90}},
         .share = misses_at_once},
        {.caches = {{8 * KI, 1}, {64 * KI, 2}, {512 * KI, 6}, {4 * MI, 18}, {0, 100}},
         .share = misses_at_once},
    };
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        struct cache_edges edges = curve_of(&machines[i], SIZE_MAX, 1);
        assert_edges(&edges, machines[i].caches, 1, 1);
        for (size_t j = 0; j < edges.plateau_count; j++)
            assert_true(fabs(edges.plateaus[j].ns / machines[i].caches[j].ns - 1) < 1e-9);
    }
}

static void smeared_edges_are_off_by_one_step(void **state)
{
    (void)state;
    struct machine machines[] = {three_levels, cortex_a8};
    for (size_t i = 0; i < 2; i++) {
        machines[i].share = misses_at_random;
        struct cache_edges edges = curve_of(&machines[i], SIZE_MAX, 1);
        assert_edges(&edges, machines[i].caches, 1, 1.25);
    }
    machines[0].share = misses_by_colour;
    struct cache_edges edges = curve_of(&machines[0], SIZE_MAX, 1);
    assert_edges(&edges, machines[0].caches, 0.625, 1);
}

static void noise_makes_no_edges(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct machine machine = three_levels;
        machine.random.state = seed;
        machine.noise = 0.06;
        struct cache_edges edges = curve_of(&machine, SIZE_MAX, 1);
        assert_edges(&edges, machine.caches, 1, 1);
        machine.share = misses_at_random;
        edges = curve_of(&machine, SIZE_MAX, 1);
        assert_edges(&edges, machine.caches, 1, 1.25);
        /* One that hits the last point of a plateau takes it away. */
        machine.spike_every = 7;
        edges = curve_of(&machine, SIZE_MAX, 1);
        assert_edges(&edges, machine.caches, 0.8, 1.25);
    }
}

static void no_edges_have_a_reason(void **state)
{
    (void)state;
    struct machine flat = {.caches = {{0, 5}}, .share = misses_at_once, .noise = 0.06};
    struct cache_edges edges = curve_of(&flat, 32 * MI, 1);
    assert_int_equal(edges.plateau_count, 0);
    assert_non_null(strstr(edges.reason, "%"));
    assert_non_null(strstr(edges.reason, "1 KiB to 32 MiB"));
    char text[200];
    cache_edges_text(&edges, text, sizeof text);
    assert_string_equal(text, edges.reason);
    /* A rise without plateaus. */
    for (size_t i = 0; i < edges.curve_count; i++)
        edges.curve[i].ns = pow(1.2, (double)i);
    cache_edges_find(&edges);
    assert_int_equal(edges.plateau_count, 0);
    assert_non_null(strstr(edges.reason, "plateau"));
    edges.curve_count = 0;
    cache_edges_find(&edges);
    assert_int_equal(edges.plateau_count, 0);
    assert_non_null(strstr(edges.reason, "could be measured"));
}

static void address_translation_makes_no_edges(void **state)
{
    (void)state;
    /* Steps of 10 and of 30 % where translations no longer fit, within L2's plateau. */
    static const double steps[] = {1.1, 1.3};
    for (size_t i = 0; i < 2; i++) {
        struct machine machine = {
            .caches = {{32 * KI, 3}, {128 * KI, 9}, {MI, 9 * steps[i]}, {0, 120}},
            .share = misses_at_once};
        static const struct cache expected[] = {{32 * KI, 3}, {MI, 9}, {0, 120}};
        struct cache_edges edges = curve_of(&machine, SIZE_MAX, 1);
        assert_edges(&edges, expected, 1, 1);
    }
}

static void memory_may_be_two_points(void **state)
{
    (void)state;
    struct machine machine = three_levels;
    struct cache_edges edges = curve_of(&machine, 12 * MI, 1);
    assert_edges(&edges, machine.caches, 1, 1);
    /* One point may be anything: the last cache is taken for memory. */
    static const struct cache seen[] = {{32 * KI, 1}, {MI, 4}, {0, 14}};
    edges = curve_of(&machine, 10 * MI, 1);
    assert_edges(&edges, seen, 1, 1);
}

static void of_five_caches_the_least_different_is_lost(void **state)
{
    (void)state;
    struct machine machine = {
        .caches = {{4 * KI, 1}, {32 * KI, 2}, {256 * KI, 6}, {MI, 9}, {8 * MI, 30}, {0, 90}},
        .share = misses_at_once};
    static const struct cache expected[] = {
        {4 * KI, 1}, {32 * KI, 2}, {MI, 6}, {8 * MI, 30}, {0, 90}};
    struct cache_edges edges = curve_of(&machine, SIZE_MAX, 1);
    assert_edges(&edges, expected, 1, 1);
}

/* A cache that is not seen because it is only twice as large must not enlarge the one below. */
static void a_cache_without_a_plateau_is_not_added_to_another(void **state)
{
    (void)state;
    struct machine machine = {.caches = {{32 * KI, 1}, {40 * KI, 15}, {0, 90}},
                              .share = misses_at_once};
    static const struct cache expected[] = {{32 * KI, 1}, {0, 90}};
    struct cache_edges edges = curve_of(&machine, SIZE_MAX, 1);
    assert_edges(&edges, expected, 1, 1);
}

static void coarse_curves_do(void **state)
{
    (void)state;
    struct machine machine = three_levels;
    struct cache_edges edges = curve_of(&machine, SIZE_MAX, 4);
    assert_edges(&edges, machine.caches, 1, 1);
}

static void measuring_takes_the_least(void **state)
{
    (void)state;
    struct machine machine = three_levels;
    machine.visit_ns = 100000;
    machine.disturbed_visits = CACHE_CURVE_POINTS;
    struct cache_edges edges;
    cache_edges_measure(&edges, latency_of, &machine, SIZE_MAX, &virtual_clock);
    assert_int_equal(edges.curve_count, CACHE_CURVE_POINTS);
    assert_true(machine.visits > 2 * CACHE_CURVE_POINTS);
    assert_edges(&edges, machine.caches, 1, 1);
    for (size_t i = 0; i < edges.curve_count; i++)
        assert_true(fabs(edges.curve[i].ns / ideal_ns(&machine, edges.curve[i].bytes) - 1) < 1e-9);
    /* The broken specimen: with no visit undisturbed, the disturbed ones are what is there. */
    machine = three_levels;
    machine.disturbed_visits = UINT32_MAX;
    cache_edges_measure(&edges, latency_of, &machine, SIZE_MAX, &virtual_clock);
    assert_true(edges.curve[0].ns > 4);
}

static void measuring_keeps_to_its_bounds(void **state)
{
    (void)state;
    struct machine machine = cortex_a8;
    struct cache_edges edges;
    machine.visit_ns = 1000;
    cache_edges_measure(&edges, latency_of, &machine, 25 * MI, &virtual_clock);
    assert_int_equal(machine.largest, 24 * MI);
    assert_edges(&edges, machine.caches, 1, 1);
    /* A slow one: time for octaves and halves only. */
    machine = cortex_a8;
    machine.visit_ns = 75000000;
    uint64_t begun = virtual_ns;
    cache_edges_measure(&edges, latency_of, &machine, SIZE_MAX, &virtual_clock);
    assert_true(virtual_ns - begun <= 2600000000);
    assert_true(edges.curve_count >= 33 && edges.curve_count < 40);
    assert_edges(&edges, machine.caches, 1, 1);
}

static void edges_are_said(void **state)
{
    (void)state;
    struct machine machine = cortex_a8;
    struct cache_edges edges = curve_of(&machine, SIZE_MAX, 1);
    char text[200];
    cache_edges_text(&edges, text, sizeof text);
    assert_string_equal(text, "L1 32 KiB (3 ns), L2 256 KiB (6 ns), memory (80 ns)");
    char small[8];
    cache_edges_text(&edges, small, sizeof small);
    assert_string_equal(small, "L1 32 K");
    edges = (struct cache_edges){.curve_count = 0};
    cache_edges_text(&edges, text, sizeof text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_of_ideal_caches_are_exact),
        cmocka_unit_test(smeared_edges_are_off_by_one_step),
        cmocka_unit_test(noise_makes_no_edges),
        cmocka_unit_test(no_edges_have_a_reason),
        cmocka_unit_test(address_translation_makes_no_edges),
        cmocka_unit_test(memory_may_be_two_points),
        cmocka_unit_test(of_five_caches_the_least_different_is_lost),
        cmocka_unit_test(a_cache_without_a_plateau_is_not_added_to_another),
        cmocka_unit_test(coarse_curves_do),
        cmocka_unit_test(measuring_takes_the_least),
        cmocka_unit_test(measuring_keeps_to_its_bounds),
        cmocka_unit_test(edges_are_said),
    };
    return cmocka_run_group_tests_name("cache_edges", tests, NULL, NULL);
}
