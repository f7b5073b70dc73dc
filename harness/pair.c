#include "harness/pair.h"

#include <errno.h>
#include <stdio.h>

#include "harness/buffers.h"

enum { PAGE = 4096, EDGE = 256 };

void pair_plan(struct cell *cell, const struct kernel *kernel, uint64_t bytes,
               uint64_t buffer_bytes)
{
    const struct placement *asked = &cell->asked;
    cell->kernel = kernel;
    cell->payload_bytes = bytes;
    cell->memory_bytes = UINT64_MAX; /* for what does not fit 64 bits */
    if (buffer_bytes < UINT64_MAX / 4)
        cell->memory_bytes = 2 * (buffer_bytes + PAGE) + asked->src_offset + asked->dst_offset;
    if (bytes % kernel->granule)
        snprintf(cell->skip, sizeof cell->skip, "%s takes multiples of %zu B only", kernel->name,
                 kernel->granule);
    else if (asked->src_offset % kernel->alignment || asked->dst_offset % kernel->alignment)
        snprintf(cell->skip, sizeof cell->skip, "%s takes buffers aligned to %zu B only",
                 kernel->name, kernel->alignment);
}

/* What the operation does not touch need not be there but for one page; with no kernel, all is. */
static size_t side_bytes(const struct kernel *kernel, enum buffer_side side, size_t bytes)
{
    enum kernel_operation operation = kernel ? kernel->operation : KERNEL_COPY;
    bool touched = side == BUFFER_SRC ? operation == KERNEL_COPY || operation == KERNEL_READ
                                      : operation != KERNEL_READ;
    return touched && bytes > PAGE ? bytes : PAGE;
}

static int take_side(const struct trial *trial, unsigned member, enum buffer_side side,
                     size_t bytes, const struct mapping **mapping, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    bool is_src = side == BUFFER_SRC;
    struct mapping_request request = {
        .bytes = side_bytes(cell->kernel, side, bytes) +
                 (is_src ? cell->asked.src_offset : cell->asked.dst_offset),
        .node = is_src ? cell->asked.src_node : cell->asked.dst_node,
        .page = cell->asked.page,
        .shared = cell->region == REGION_PROCESSES,
    };
    return buffer_take(member, side, &request, trial->environment->topology, mapping, fault);
}

int pair_take(struct pair *pair, struct trial *trial, unsigned member, size_t bytes,
              struct fault *fault)
{
    const struct placement *asked = &trial->cell->asked;
    const struct mapping *src, *dst;
    int error = take_side(trial, member, BUFFER_SRC, bytes, &src, fault);
    if (!error)
        error = take_side(trial, member, BUFFER_DST, bytes, &dst, fault);
    if (error)
        return error;
    *pair = (struct pair){
        .src = src->base + asked->src_offset,
        .dst = dst->base + asked->dst_offset,
        .bytes = bytes,
        .src_at = asked->src_offset,
        .dst_node = dst->node,
    };
    if (member > 0)
        return 0;
    trial->got.src_node = src->node;
    trial->got.dst_node = pair->dst_node;
    trial->got.huge_share = src->huge_share < dst->huge_share ? src->huge_share : dst->huge_share;
    trial->got.src_offset = (uintptr_t)pair->src % PAGE;
    trial->got.dst_offset = (uintptr_t)pair->dst % PAGE;
    return 0;
}

/* The place that is looked at after `at`: all at the ends, one a page between them. */
static size_t next_place(const struct pair *pair, size_t at)
{
    if (at + 1 < EDGE || pair->bytes <= PAGE || at + EDGE >= pair->bytes)
        return at + 1;
    size_t next = at + PAGE + 1; /* another place in each page */
    return next + EDGE < pair->bytes ? next : pair->bytes - EDGE;
}

/* XOR of all bytes of src, from the pattern: reading it all would cost more than the samples. */
static unsigned char xor_of_src(const struct pair *pair)
{
    unsigned char all = 0;
    for (size_t i = 0; i < BUFFER_PATTERN_PERIOD && i < pair->bytes; i++)
        if ((pair->bytes - i - 1) / BUFFER_PATTERN_PERIOD % 2 == 0)
            all ^= buffer_pattern(pair->src_at + i);
    return all;
}

/* The byte that the operation leaves at that place of dst. */
static unsigned char expected(const struct pair *pair, enum kernel_operation operation, size_t at)
{
    switch (operation) {
    case KERNEL_COPY:
        return pair->src[at];
    case KERNEL_FILL:
        return pair->src[0];
    case KERNEL_ZERO:
        return 0;
    case KERNEL_READ:
        break;
    }
    return xor_of_src(pair);
}

static size_t places(const struct pair *pair, enum kernel_operation operation)
{
    return operation == KERNEL_READ && pair->bytes ? 1 : pair->bytes;
}

void pair_spoil(const struct pair *pair, const struct kernel *kernel)
{
    for (size_t at = 0; at < places(pair, kernel->operation); at = next_place(pair, at))
        pair->dst[at] = (unsigned char)~expected(pair, kernel->operation, at);
}

int pair_verify(const struct pair *pair, const struct kernel *kernel, struct fault *fault)
{
    for (size_t at = 0; at < places(pair, kernel->operation); at = next_place(pair, at))
        if (pair->dst[at] != expected(pair, kernel->operation, at))
            return fail(fault, EILSEQ, "%s left a wrong byte at %zu of %zu", kernel->name, at,
                        pair->bytes);
    return 0;
}
