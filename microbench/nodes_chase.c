#include "microbench/nodes_chase.h"

#include <errno.h>
#include <stdlib.h>

#include "harness/memory.h"
#include "harness/random.h"

static void **place_at(const struct nodes_chase *chase, uint64_t number)
{
    size_t place = chase->order[number % CHASE_LOADS];
    return (void **)(void *)(chase->base + place * CHASE_STRIDE_BYTES);
}

int nodes_chase_open(struct nodes_chase *chase, unsigned char *base, uint64_t seed,
                     struct fault *fault)
{
    struct random random = {seed};
    *chase = (struct nodes_chase){0};
    chase->base = base;
    chase->order = calloc(CHASE_LOADS, sizeof *chase->order);
    if (!chase->order)
        return fail(fault, ENOMEM, "no memory for the order of %d loads", CHASE_LOADS);
    for (size_t i = 0; i < CHASE_LOADS; i++)
        chase->order[i] = i;
    random_shuffle(&random, chase->order, CHASE_LOADS);
    for (size_t i = 0; i < CHASE_LOADS; i++)
        *place_at(chase, i) = place_at(chase, i + 1);
    chase->at = place_at(chase, 0);
    return 0;
}

void nodes_chase_close(struct nodes_chase *chase)
{
    free(chase->order);
}

int nodes_chase_evict(struct nodes_chase *chase, uint64_t loads, const struct topology *topology,
                      struct fault *fault)
{
    if (loads > chase->cold) {
        int error = memory_evict(chase->base, CHASE_BYTES, topology, fault);
        if (error)
            return error;
        chase->cold = CHASE_LOADS;
    }
    chase->cold -= loads;
    return 0;
}

void nodes_chase_walk(struct nodes_chase *chase, uint64_t loads)
{
    chase->at = cache_chase_follow(chase->at, (size_t)loads);
    chase->done += loads;
}

int nodes_chase_verify(const struct nodes_chase *chase, struct fault *fault)
{
    if (chase->at == (void *)place_at(chase, chase->done))
        return 0;
    return fail(fault, EILSEQ, "%llu loads did not end where the chain leads to",
                (unsigned long long)chase->done);
}
