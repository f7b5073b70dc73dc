#include "harness/buffers.h"

#include <string.h>

#include "harness/benchmark.h"

static struct {
    struct mapping mapping;
    struct mapping_request request;
} kept[REGION_MEMBERS_MAX][BUFFER_SIDES][2];

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

int buffer_take(unsigned member, enum buffer_side side, const struct mapping_request *request,
                const struct topology *topology, const struct mapping **mapping,
                struct fault *fault)
{
    struct mapping *held = &kept[member][side][request->shared].mapping;
    struct mapping_request *last = &kept[member][side][request->shared].request;
    *mapping = held;
    if (held->base && held->bytes >= request->bytes && last->node == request->node &&
        last->page == request->page) {
        if (topology->node_count > 1)
            mapping_read_back(held); /* the kernel may have moved pages since */
        return 0;
    }
    if (held->base)
        mapping_free(held);
    *held = (struct mapping){0};
    int error = mapping_make(held, request, topology, fault);
    if (error) {
        *held = (struct mapping){0};
        return error;
    }
    *last = *request;
    fill_pattern(held, side == BUFFER_SRC ? 0 : 0xff);
    return 0;
}
