#include "microbench/layers_stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/checksum.h"

static unsigned char *payload_at(const struct stack *stack, size_t packet)
{
    return stack->payloads + packet * stack->stride;
}

static void write_headers(struct stack *stack)
{
    bool summed = stack->passing == PASSING_TWO_PASS || stack->passing == PASSING_FUSED;
    for (size_t packet = 0; packet < stack->packets; packet++) {
        uint16_t checksum = 0;
        if (summed)
            checksum = checksum_finish(
                checksum_add(0, payload_at(stack, packet), stack->payload_bytes, false));
        for (size_t i = 0; i < stack->depth; i++)
            stack->headers[packet * stack->depth + i] = (struct header){
                .length = (uint32_t)stack->payload_bytes,
                .layer = (uint16_t)i,
                .checksum = checksum,
            };
    }
}

/* The packet as the lowest layer gets it. */
static struct packet packet_made(const struct stack *stack, size_t number)
{
    struct packet packet = {
        .headers = stack->headers + number * stack->depth,
        .headers_left = stack->depth,
        .base = (uintptr_t)payload_at(stack, number),
        .length = stack->payload_bytes,
    };
    if (stack->handles)
        packet.base = (uintptr_t)&stack->handles[number];
    if (stack->grants) {
        size_t at = stack->grants_offset + number * stack->stride;
        packet.base = at / stack->page_bytes;
        packet.offset = at % stack->page_bytes;
    }
    return packet;
}

void stack_build(struct stack *stack)
{
    const struct passing_functions *functions = &passing_functions[stack->passing];
    for (size_t i = 0; i <= stack->depth; i++)
        stack->layers[i] = (struct layer){
            .receive = i < stack->depth ? functions->layer : functions->consumer,
            .above = i < stack->depth ? &stack->layers[i + 1] : NULL,
            .stack = stack,
            .number = i,
        };
    write_headers(stack);
    for (size_t i = 0; i < stack->packets; i++) {
        if (stack->handles)
            stack->handles[i] = (struct handle){.references = 1, .bytes = payload_at(stack, i)};
        stack->ring[i] = packet_made(stack, i);
    }
}

void stack_deliver(struct stack *stack, uint64_t packets)
{
    struct layer *lowest = stack->layers;
    size_t next = stack->next;
    stack->delivered += packets;
    for (uint64_t i = 0; i < packets; i++) {
        const struct packet *packet = &stack->ring[next];
        lowest->receive(lowest, packet->headers, packet->headers_left, packet->base, packet->offset,
                        packet->length);
        next = next + 1 == stack->packets ? 0 : next + 1;
    }
    stack->next = next;
}

/* So that what earlier packets left there can't pass for this one. */
static void spoil_buffers(struct stack *stack, const unsigned char *payload)
{
    const struct pool *pool = &stack->pool;
    for (size_t i = 0; i < pool->count && i < stack->depth; i++)
        for (size_t at = 0; at < stack->payload_bytes; at++)
            pool->slots[(pool->first + i) % pool->count][at] = (unsigned char)~payload[at];
}

/* Where the consumer has to read that packet, as far as it is one place. */
static bool is_place(const struct stack *stack, const unsigned char *bytes, size_t number)
{
    size_t at = stack->grants_offset + number * stack->stride;
    if (stack->grants)
        return bytes == stack->grants[at / stack->page_bytes] + at % stack->page_bytes;
    if (!passing_copies(stack->passing))
        return bytes == payload_at(stack, number);
    return bytes < stack->payloads || bytes >= payload_at(stack, stack->packets);
}

static int prove_packet(struct stack *stack, size_t number, struct fault *fault)
{
    const unsigned char *payload = payload_at(stack, number);
    spoil_buffers(stack, payload);
    stack->next = number;
    stack->touched = 0;
    stack_deliver(stack, 1);
    if (!is_place(stack, stack->consumed_bytes, number))
        return fail(fault, EILSEQ, "the consumer got packet %zu of %zu in the wrong memory", number,
                    stack->packets);
    for (size_t at = 0; at < stack->payload_bytes; at++)
        if (stack->consumed_bytes[at] != payload[at])
            return fail(fault, EILSEQ, "the consumer got a wrong byte at %zu of %zu", at,
                        stack->payload_bytes);
    if (stack->touched != touch_payload(stack->touch, payload, stack->payload_bytes))
        return fail(fault, EILSEQ, "the consumer's touch (%s) missed something",
                    touch_names[stack->touch]);
    return 0;
}

static int prove_layers(const struct stack *stack, struct fault *fault)
{
    for (size_t i = 0; i <= stack->depth; i++) {
        const struct layer *layer = &stack->layers[i];
        uint64_t passed = i < stack->depth ? layer->passed : stack->consumed;
        if (passed != stack->delivered)
            return fail(fault, EILSEQ, "%llu packets delivered, %llu went through layer %zu of %zu",
                        (unsigned long long)stack->delivered, (unsigned long long)passed, i,
                        stack->depth);
        if (layer->wrong)
            return fail(fault, EILSEQ, "layer %zu of %zu found %llu wrong headers or checksums", i,
                        stack->depth, (unsigned long long)layer->wrong);
    }
    for (size_t i = 0; stack->handles && i < stack->packets; i++)
        if (stack->handles[i].references != 1)
            return fail(fault, EILSEQ, "packet %zu was left with %u references instead of one", i,
                        (unsigned)stack->handles[i].references);
    return 0;
}

static int order_buffers(const void *one, const void *other)
{
    uintptr_t left = (uintptr_t) * (unsigned char *const *)one;
    uintptr_t right = (uintptr_t) * (unsigned char *const *)other;
    return (left > right) - (left < right);
}

/* Each buffer is in it once. */
static int prove_pool(const struct pool *pool, struct fault *fault)
{
    if (pool->first != pool->last)
        return fail(fault, EILSEQ, "not all of the pool's %zu buffers came back", pool->count);
    unsigned char **slots = calloc(pool->count + 1, sizeof *slots);
    if (!slots)
        return fail(fault, ENOMEM, "no memory to count a pool of %zu buffers", pool->count);
    memcpy(slots, pool->slots, pool->count * sizeof *slots);
    qsort(slots, pool->count, sizeof *slots, order_buffers);
    size_t twice = 0;
    for (size_t i = 1; i < pool->count; i++)
        twice += slots[i] == slots[i - 1];
    free(slots);
    return twice ? fail(fault, EILSEQ, "%zu of the pool's %zu buffers are in it twice", twice,
                        pool->count)
                 : 0;
}

int stack_prove(struct stack *stack, struct fault *fault)
{
    /* The empty kernel, whose time is measured last, copies nothing for a checksum to be right. */
    for (size_t i = 0; i <= stack->depth; i++)
        stack->layers[i].wrong = 0;
    int error = prove_packet(stack, 0, fault);
    if (!error)
        error = prove_packet(stack, stack->packets - 1, fault);
    if (!error)
        error = prove_layers(stack, fault);
    return error ? error : prove_pool(&stack->pool, fault);
}
