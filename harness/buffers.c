#include "harness/buffers.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "harness/benchmark.h"
#include "harness/nodes.h"

struct kept {
    struct mapping mapping;
    struct mapping_request request;
    int touched_from;  /* node of the CPU that did */
    struct kept *next; /* the same for another node or page kind */
};

static struct kept kept[REGION_MEMBERS_MAX][BUFFER_SIDES][2];

unsigned char buffer_pattern(size_t offset)
{
    return (unsigned char)(offset % BUFFER_PATTERN_PERIOD + 1);
}

static void fill_pattern(const struct mapping *mapping, unsigned char invert)
{
    enum { BLOCK = BUFFER_PATTERN_PERIOD * 64 };
    unsigned char block[BLOCK];
    for (size_t i = 0; i < BLOCK; i++)
        block[i] = buffer_pattern(i) ^ invert;
    for (size_t done = 0; done < mapping->bytes; done += BLOCK) {
        size_t rest = mapping->bytes - done;
        memcpy(mapping->base + done, block, rest < BLOCK ? rest : BLOCK);
    }
}

/* Where there is one node, its memory is what is near. */
static bool same_node(int node, int other)
{
    return node == other || (nodes_single() && node <= 0 && other <= 0);
}

/* What is kept for that node and page kind, or an unused place for it; NULL: no memory. */
static struct kept *find_kept(struct kept *first, const struct mapping_request *request)
{
    struct kept *place = first;
    while (
        place && place->request.bytes &&
        (!same_node(place->request.node, request->node) || place->request.page != request->page)) {
        if (!place->next)
            place->next = calloc(1, sizeof *place->next);
        place = place->next;
    }
    return place;
}

static int node_here(const struct topology *topology)
{
    const struct topology_cpu *cpu = topology_cpu(topology, sched_getcpu());
    return cpu ? cpu->node : NODE_UNKNOWN;
}

/* Whether its pages are elsewhere than before: the kernel balances, and `migrate` moves them. */
static bool has_moved(struct mapping *held, const struct topology *topology)
{
    if (topology->node_count < 2)
        return false;
    int node = held->node;
    mapping_read_back(held);
    return held->node != node;
}

int buffer_take(unsigned member, enum buffer_side side, const struct mapping_request *request,
                const struct topology *topology, const struct mapping **mapping,
                struct fault *fault)
{
    struct kept *place = find_kept(&kept[member][side][request->shared], request);
    if (!place)
        return fail(fault, ENOMEM, "no memory to keep buffers of node %d", request->node);
    struct mapping *held = &place->mapping;
    *mapping = held;
    int here = node_here(topology);
    bool there = request->node != NODE_LOCAL || place->touched_from == here;
    if (there && held->base && held->bytes >= request->bytes && !has_moved(held, topology))
        return 0;
    if (held->base)
        mapping_free(held);
    place->request = *request;
    place->touched_from = here;
    int error = mapping_make(held, request, topology, fault);
    if (error) {
        *held = (struct mapping){0};
        return error;
    }
    fill_pattern(held, side == BUFFER_SRC ? 0 : 0xff);
    return 0;
}
