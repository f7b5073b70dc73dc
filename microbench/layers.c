/*
 * What does stacking cost?
 *
 * A ring of packets is handed up through a stack of layers (layers_stack.h), one packet a call.
 * Copying layers take fresh buffers from one recycled pool and give the buffer below back as soon
 * as they have copied it. The pool is a queue: the buffer that has rested longest is used next. (A
 * pool of last in, first out would copy between the same two buffers in L1 whatever was asked for;
 * that is one end of what a stack with deep queues does, and `size` measures it.) Its order is
 * shuffled, as that of a pool that has been in use for long.
 *
 * The working set is all that is cycled through: the ring's descriptors, headers and payloads (and
 * handles), and the pool's buffers and slots. Copies get a pool of `depth` buffers a packet of the
 * ring, so each byte is used once a cycle whatever the depth; a working set that is too small for
 * that has a ring of one packet, and all the rest is pool. It is cycled through once before samples
 * are taken: what is too large for a cache has then left it, too.
 *
 * At depth 0 the consumer reads the ring: nothing is passed, so it is measured as a view, and as a
 * grant, which the consumer has to look up.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/benchmark.h"
#include "harness/buffers.h"
#include "harness/pair.h"
#include "harness/random.h"
#include "microbench/layers_stack.h"

enum { AXIS_PASSING, AXIS_DEPTH, AXIS_SIZE, AXIS_WORKING_SET, AXIS_TOUCH, AXIS_KERNEL_NAME };
enum { LINE = 64, PAGE = 4096 };

static const struct axis axes[] = {
    {"passing",
     "",
     "what each layer does to pass a packet up",
     AXIS_WORD,
     passing_names,
     0,
     {"copy,checksum_two_pass,checksum_fused,view,handle,handle_atomic,grant",
      "copy,checksum_two_pass,checksum_fused,view,handle,handle_atomic,grant"}},
    {"depth", "1", "layers", AXIS_COUNT, NULL, 0, {"0,1,4,16", "0..16+1"}},
    {"size",
     "bytes",
     "payload of a packet",
     AXIS_BYTES,
     NULL,
     0,
     {"1500;64,256,9000,64Ki", "1500;64,256,9000,64Ki"}},
    {"working_set",
     "bytes",
     "what ring and pool cycle through",
     AXIS_BYTES,
     NULL,
     0,
     {"L2/2|64Ki;L1/2|8Ki,LLC/2,LLC*2|16Mi", "L2/2|64Ki;L1/2|8Ki,LLC/2,LLC*2|16Mi"}},
    {"touch",
     "",
     "what the consumer reads of the payload: nothing, 64 bytes, a byte of each line, all",
     AXIS_WORD,
     touch_names,
     0,
     {"lines;none,all", "lines;none,header,all"}},
    {"kernel",
     "",
     "copy kernels of copy and checksum_two_pass, by name or pattern",
     AXIS_KERNEL,
     NULL,
     1u << KERNEL_COPY,
     {"copy_libc_memcpy", "copy_libc_memcpy"}},
};

struct state {
    struct stack stack;
    size_t payloads_at; /* of the first payload in its buffer, whose pattern it holds */
    const struct mapping *ring_pages;
    struct mapping consumer_pages; /* of grants: the same pages once more */
};

/* How the working set is divided, and what lies where. */
struct division {
    uint64_t stride, packets, buffers;
    uint64_t ring_bytes, headers_bytes, handles_bytes, slots_bytes;
};

static bool has_handles(enum passing passing)
{
    return passing == PASSING_HANDLE || passing == PASSING_ATOMIC;
}

static struct division divide(const struct cell *cell)
{
    enum passing passing = (enum passing)cell->point[AXIS_PASSING].number;
    uint64_t depth = cell->point[AXIS_DEPTH].number, size = cell->point[AXIS_SIZE].number;
    uint64_t room = cell->point[AXIS_WORKING_SET].number;
    struct division division = {.stride = (size + LINE - 1) / LINE * LINE};
    uint64_t handle = has_handles(passing) ? sizeof(struct handle) : 0;
    uint64_t packet =
        division.stride + sizeof(struct packet) + depth * sizeof(struct header) + handle;
    uint64_t buffer = division.stride + sizeof(unsigned char *);
    uint64_t own = passing_copies(passing) ? depth : 0;
    division.packets = room / (packet + own * buffer);
    division.buffers = division.packets * own;
    if (own && division.packets == 0 && room > packet) {
        division.packets = 1;
        division.buffers = (room - packet) / buffer;
    }
    division.ring_bytes = division.packets * sizeof(struct packet);
    division.headers_bytes = division.packets * depth * sizeof(struct header);
    division.handles_bytes = division.packets * handle;
    division.slots_bytes = division.buffers * sizeof(unsigned char *);
    return division;
}

/* The buffer of all but payloads: the pool's buffers begin at a page. */
static uint64_t tables_bytes(const struct division *division)
{
    uint64_t tables = division->ring_bytes + division->headers_bytes + division->handles_bytes +
                      division->slots_bytes;
    return (tables + PAGE - 1) / PAGE * PAGE;
}

/*
 * Of either buffer: what any cell of that working set could need, so that a launch maps it once and
 * not anew for each cell that needs a little more.
 */
static uint64_t buffer_bytes(const struct cell *cell)
{
    return cell->point[AXIS_WORKING_SET].number + PAGE;
}

static void skip_misfits(struct cell *cell, const struct division *division)
{
    uint64_t depth = cell->point[AXIS_DEPTH].number;
    bool copies = passing_copies((enum passing)cell->point[AXIS_PASSING].number);
    if (depth > STACK_LAYERS_MAX)
        snprintf(cell->skip, sizeof cell->skip, "a stack has at most %d layers", STACK_LAYERS_MAX);
    else if (cell->payload_bytes == 0 || cell->payload_bytes > UINT32_MAX)
        snprintf(cell->skip, sizeof cell->skip, "a packet has from one byte to 4 GiB - 1");
    else if (division->packets == 0 || (copies && division->buffers < (depth > 1 ? 2 : 1))) {
        char room[32], size[32];
        quantity_bytes_text(cell->point[AXIS_WORKING_SET].number, room, sizeof room);
        quantity_bytes_text(cell->payload_bytes, size, sizeof size);
        snprintf(cell->skip, sizeof cell->skip,
                 "a working set of %s has no room for the packet and buffers of %s that this stack "
                 "needs at least",
                 room, size);
    }
}

static void layers_plan(struct cell *cell, const struct environment *environment)
{
    (void)environment;
    enum passing passing = (enum passing)cell->point[AXIS_PASSING].number;
    uint64_t size = cell->point[AXIS_SIZE].number;
    cell->outside =
        cell->point[AXIS_DEPTH].number == 0 && passing != PASSING_VIEW && passing != PASSING_GRANT;
    cell->payload_bytes = size;
    if (passing == PASSING_COPY || passing == PASSING_TWO_PASS)
        pair_plan(cell, cell->point[AXIS_KERNEL_NAME].kernel, size, size);
    struct division division = divide(cell);
    cell->memory_bytes = UINT64_MAX; /* for what does not fit 64 bits */
    if (cell->point[AXIS_WORKING_SET].number < UINT64_MAX / 4)
        cell->memory_bytes =
            2 * buffer_bytes(cell) + cell->asked.src_offset + cell->asked.dst_offset;
    if (!cell->skip[0])
        skip_misfits(cell, &division);
}

/* All slots, in random order (Fisher-Yates, inside out). */
static void fill_pool(struct pool *pool, unsigned char *buffers, size_t stride, uint64_t seed)
{
    struct random random = {seed};
    for (size_t i = 0; i < pool->count; i++) {
        size_t place = (size_t)random_below(&random, i + 1);
        pool->slots[i] = pool->slots[place];
        pool->slots[place] = buffers + i * stride;
    }
}

static int take_memory(struct state *state, struct trial *trial, struct fault *fault)
{
    struct stack *stack = &state->stack;
    const struct placement *asked = &trial->cell->asked;
    const struct topology *topology = trial->environment->topology;
    struct division division = divide(trial->cell);
    struct mapping_request ring = {
        .bytes = (size_t)buffer_bytes(trial->cell) + asked->src_offset,
        .node = asked->src_node,
        .page = asked->page,
        .shared = true, /* so that grants pass the same memory as the others */
    };
    struct mapping_request pool = {
        .bytes = (size_t)buffer_bytes(trial->cell) + asked->dst_offset,
        .node = asked->dst_node,
        .page = asked->page,
    };
    const struct mapping *src, *dst;
    int error = buffer_take(0, BUFFER_SRC, &ring, topology, &src, fault);
    if (!error)
        error = buffer_take(0, BUFFER_DST, &pool, topology, &dst, fault);
    if (error)
        return error;
    state->ring_pages = src;
    state->payloads_at = asked->src_offset;
    stack->stride = (size_t)division.stride;
    stack->packets = (size_t)division.packets;
    stack->payloads = src->base + asked->src_offset;
    unsigned char *at = dst->base;
    stack->ring = (struct packet *)(void *)at;
    at += division.ring_bytes;
    stack->headers = (struct header *)(void *)at;
    at += division.headers_bytes;
    if (division.handles_bytes)
        stack->handles = (struct handle *)(void *)at;
    at += division.handles_bytes;
    stack->pool.slots = (unsigned char **)(void *)at;
    stack->pool.count = (size_t)division.buffers;
    unsigned char *buffers = dst->base + tables_bytes(&division) + asked->dst_offset;
    fill_pool(&stack->pool, buffers, stack->stride, trial->seed);
    trial->got.src_node = src->node;
    trial->got.dst_node = dst->node;
    trial->got.huge_share = src->huge_share < dst->huge_share ? src->huge_share : dst->huge_share;
    trial->got.src_offset = (uintptr_t)stack->payloads % PAGE;
    trial->got.dst_offset = (uintptr_t)buffers % PAGE;
    return 0;
}

static int make_grants(struct state *state, const struct trial *trial, struct fault *fault)
{
    struct stack *stack = &state->stack;
    const struct topology *topology = trial->environment->topology;
    size_t page = topology->page_bytes;
    size_t pages = (state->payloads_at + stack->packets * stack->stride + page - 1) / page;
    int error = mapping_again(&state->consumer_pages, state->ring_pages, topology, fault);
    if (error)
        return error;
    stack->grants = malloc((pages + 1) * sizeof *stack->grants);
    if (!stack->grants)
        return fail(fault, ENOMEM, "no memory for a table of %zu grants", pages);
    for (size_t i = 0; i <= pages; i++)
        stack->grants[i] = state->consumer_pages.base + i * page;
    stack->grants_offset = state->payloads_at;
    stack->page_bytes = page;
    return 0;
}

static void layers_release(struct trial *trial)
{
    struct state *state = trial->state;
    mapping_free(&state->consumer_pages);
    free(state->stack.grants);
    free(state);
}

static int layers_prepare(struct trial *trial, struct fault *fault)
{
    const struct value *point = trial->cell->point;
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of layers");
    trial->state = state;
    struct stack *stack = &state->stack;
    stack->passing = (enum passing)point[AXIS_PASSING].number;
    stack->touch = (enum touch)point[AXIS_TOUCH].number;
    stack->depth = (size_t)point[AXIS_DEPTH].number;
    stack->payload_bytes = (size_t)point[AXIS_SIZE].number;
    stack->copy = trial->function;
    int error = take_memory(state, trial, fault);
    if (!error && stack->passing == PASSING_GRANT)
        error = make_grants(state, trial, fault);
    if (error) {
        layers_release(trial);
        return error;
    }
    stack_build(stack);
    stack_deliver(stack, stack->packets);
    return 0;
}

static void layers_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    struct state *state = trial->state;
    state->stack.copy = trial->function;
    stack_deliver(&state->stack, calls);
}

static int layers_verify(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    const struct stack *stack = &state->stack;
    size_t last = (stack->packets - 1) * stack->stride;
    for (size_t i = 0; i < stack->payload_bytes; i++)
        if (stack->payloads[i] != buffer_pattern(state->payloads_at + i) ||
            stack->payloads[last + i] != buffer_pattern(state->payloads_at + last + i))
            return fail(fault, EILSEQ, "a layer wrote to the ring's payload, at %zu of %zu", i,
                        stack->payload_bytes);
    state->stack.copy = trial->function;
    return stack_prove(&state->stack, fault);
}

static const struct benchmark layers = {
    .name = "layers",
    .summary = "What does stacking cost?",
    .claim = "A copying API gets linearly more expensive as abstractions are stacked; a zero-copy "
             "API passes a reference through any depth.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .plan = layers_plan,
    .prepare = layers_prepare,
    .run = layers_run,
    .verify = layers_verify,
    .release = layers_release,
};
BENCHMARK(&layers);
