#include "harness/buffers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/benchmark.h"
#include "harness/nodes.h"

struct kept {
    struct mapping mapping;
    struct mapping_request request;
    struct kept *next; /* the same for another node */
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

/* What is kept for that node, or an unused place for it; NULL: no memory. */
static struct kept *find_kept(struct kept *first, int node)
{
    struct kept *place = first;
    while (place && place->request.bytes && !same_node(place->request.node, node)) {
        if (!place->next)
            place->next = calloc(1, sizeof *place->next);
        place = place->next;
    }
    return place;
}

int buffer_take(unsigned member, enum buffer_side side, const struct mapping_request *request,
                const struct topology *topology, const struct mapping **mapping,
                struct fault *fault)
{
    struct kept *place = find_kept(&kept[member][side][request->shared], request->node);
    if (!place)
        return fail(fault, ENOMEM, "no memory to keep buffers of node %d", request->node);
    struct mapping *held = &place->mapping;
    *mapping = held;
    if (held->base && held->bytes >= request->bytes && place->request.page == request->page) {
        if (topology->node_count > 1)
            mapping_read_back(held); /* the kernel may have moved pages since */
        return mapping_check(held, request->node, fault);
    }
    if (held->base)
        mapping_free(held);
    place->request = *request;
    int error = mapping_make(held, request, topology, fault);
    if (error) {
        *held = (struct mapping){0};
        return error;
    }
    fill_pattern(held, side == BUFFER_SRC ? 0 : 0xff);
    return 0;
}
