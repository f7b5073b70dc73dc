#include "microbench/cores_pairs.h"

#include <errno.h>
#include <stdlib.h>

#include "harness/random.h"

struct candidate {
    enum nearness nearness;
    uint64_t rank, name;
};

/* Of a pair in either direction. */
static uint64_t name_of(int cpu, int other)
{
    uint64_t low = (uint64_t)(cpu < other ? cpu : other);
    return low << 32 | (uint64_t)(cpu < other ? other : cpu);
}

static int compare_names(const void *one, const void *other)
{
    const uint64_t *a = one, *b = other;
    return (*a > *b) - (*a < *b);
}

static int compare_candidates(const void *one, const void *other)
{
    const struct candidate *a = one, *b = other;
    if (a->nearness != b->nearness)
        return a->nearness < b->nearness ? -1 : 1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

/* Writes all pairs, if there is room for them, and counts them. */
static size_t list_pairs(struct pairs *pairs, const struct topology *topology,
                         struct candidate *candidates)
{
    size_t count = 0;
    for (size_t i = 0; i < topology->cpu_count; i++)
        for (size_t j = i + 1; j < topology->cpu_count; j++) {
            const struct topology_cpu *cpu = &topology->cpus[i], *other = &topology->cpus[j];
            if (!cpu->allowed || !other->allowed)
                continue;
            enum nearness nearness = nearness_of(topology, cpu->cpu, other->cpu);
            struct random random = {name_of(cpu->cpu, other->cpu)};
            uint64_t name = random.state;
            if (candidates)
                candidates[count] = (struct candidate){nearness, random_next(&random), name};
            pairs->there[nearness]++;
            count++;
        }
    return count;
}

/* One of each nearness by turns, until there are enough. */
static void share_out(const size_t *there, size_t *shares)
{
    size_t left = PAIRS_TAKEN_MAX, before = 0;
    while (left != before) {
        before = left;
        for (size_t i = 0; i < NEARNESSES; i++)
            if (left > 0 && shares[i] < there[i]) {
                shares[i]++;
                left--;
            }
    }
}

int pairs_take(struct pairs *pairs, const struct topology *topology, bool all, struct fault *fault)
{
    size_t cpus = 0;
    for (size_t i = 0; i < topology->cpu_count; i++)
        cpus += topology->cpus[i].allowed;
    *pairs = (struct pairs){.all = all || cpus <= PAIRS_CPUS_MAX};
    if (pairs->all) {
        list_pairs(pairs, topology, NULL);
        return 0;
    }
    struct candidate *candidates = calloc(cpus * (cpus - 1) / 2, sizeof *candidates);
    pairs->taken = calloc(PAIRS_TAKEN_MAX, sizeof *pairs->taken);
    if (!candidates || !pairs->taken) {
        free(candidates);
        pairs_free(pairs);
        return fail(fault, ENOMEM, "no memory for the pairs of %zu CPUs", cpus);
    }
    size_t count = list_pairs(pairs, topology, candidates), shares[NEARNESSES] = {0};
    qsort(candidates, count, sizeof *candidates, compare_candidates);
    share_out(pairs->there, shares);
    for (size_t i = 0; i < count; i++)
        if (shares[candidates[i].nearness] > 0) {
            shares[candidates[i].nearness]--;
            pairs->taken[pairs->taken_count++] = candidates[i].name;
        }
    free(candidates);
    qsort(pairs->taken, pairs->taken_count, sizeof *pairs->taken, compare_names);
    return 0;
}

void pairs_free(struct pairs *pairs)
{
    free(pairs->taken);
    *pairs = (struct pairs){.all = false};
}

bool pairs_have(const struct pairs *pairs, int from, int to)
{
    uint64_t name = name_of(from, to);
    return pairs->all ||
           bsearch(&name, pairs->taken, pairs->taken_count, sizeof *pairs->taken, compare_names);
}
