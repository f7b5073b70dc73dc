#include "microbench/layers_stack.h"

#include "harness/checksum.h"

const char *const passing_names[PASSINGS + 1] = {
    "copy",   "checksum_two_pass", "checksum_fused", "view",
    "handle", "handle_atomic",     "grant",          NULL};

bool passing_copies(enum passing passing)
{
    return passing <= PASSING_FUSED;
}

/*
 * Defines NAME() and, as its only user, NAME_packet(), which has the parts as one. A layer is code
 * of its own, not a loop that the compiler has made of several.
 */
#define LAYER_FUNCTION(name)                                                                       \
    static inline size_t name##_packet(struct layer *layer, struct packet *packet);                \
    __attribute__((noinline, aligned(64))) static size_t name(                                     \
        struct layer *layer, const struct header *headers, size_t headers_left, uintptr_t base,    \
        size_t offset, size_t length)                                                              \
    {                                                                                              \
        struct packet packet = {headers, headers_left, base, offset, length};                      \
        return name##_packet(layer, &packet);                                                      \
    }                                                                                              \
    static inline __attribute__((always_inline))                                                   \
    size_t name##_packet(struct layer *layer, struct packet *packet)

static inline size_t pool_after(const struct pool *pool, size_t place)
{
    return place + 1 == pool->count ? 0 : place + 1;
}

static inline unsigned char *pool_take(struct pool *pool)
{
    unsigned char *buffer = pool->slots[pool->first];
    pool->first = pool_after(pool, pool->first);
    return buffer;
}

static inline void pool_give(struct pool *pool, unsigned char *buffer)
{
    pool->slots[pool->last] = buffer;
    pool->last = pool_after(pool, pool->last);
}

static inline void expect(struct layer *layer, bool right)
{
    if (!right)
        layer->wrong++;
}

/* Takes this layer's header off, and trims the payload. NULL if there is none. */
static inline const struct header *strip(struct layer *layer, struct packet *packet)
{
    const struct header *header = packet->headers;
    expect(layer, packet->headers_left > 0);
    if (packet->headers_left == 0)
        return NULL;
    expect(layer, header->layer == layer->number && header->length <= packet->length);
    packet->headers++;
    packet->headers_left--;
    packet->length = header->length;
    return header;
}

static inline unsigned char *buffer_of(const struct packet *packet)
{
    return (unsigned char *)packet->base;
}

static inline struct handle *handle_of(const struct packet *packet)
{
    return (struct handle *)packet->base;
}

static inline size_t hand_up(struct layer *layer, const struct packet *packet)
{
    struct layer *above = layer->above;
    size_t consumed = above->receive(above, packet->headers, packet->headers_left, packet->base,
                                     packet->offset, packet->length);
    layer->passed += consumed; /* after the call, so that it is one and not a jump */
    return consumed;
}

/* What the layer below passed has been copied: if that was a buffer of the pool, it is done. */
static inline size_t hand_up_copy(struct layer *layer, struct packet *packet,
                                  const unsigned char *fresh)
{
    if (layer->number > 0)
        pool_give(&layer->stack->pool, buffer_of(packet));
    packet->base = (uintptr_t)fresh;
    packet->offset = 0;
    return hand_up(layer, packet);
}

static inline void check(struct layer *layer, const struct header *header, uint32_t sum)
{
    expect(layer, header && checksum_finish(sum) == header->checksum);
}

LAYER_FUNCTION(receive_copy)
{
    strip(layer, packet);
    unsigned char *fresh = pool_take(&layer->stack->pool);
    layer->stack->copy(fresh, buffer_of(packet) + packet->offset, packet->length);
    return hand_up_copy(layer, packet, fresh);
}

LAYER_FUNCTION(receive_two_pass)
{
    const struct header *header = strip(layer, packet);
    unsigned char *fresh = pool_take(&layer->stack->pool);
    layer->stack->copy(fresh, buffer_of(packet) + packet->offset, packet->length);
    check(layer, header, checksum_add(0, fresh, packet->length, false));
    return hand_up_copy(layer, packet, fresh);
}

LAYER_FUNCTION(receive_fused)
{
    const struct header *header = strip(layer, packet);
    unsigned char *fresh = pool_take(&layer->stack->pool);
    const unsigned char *bytes = buffer_of(packet) + packet->offset;
    check(layer, header, checksum_copy(0, fresh, bytes, packet->length, false));
    return hand_up_copy(layer, packet, fresh);
}

/* Of views and of grants: what is passed is three numbers either way. */
LAYER_FUNCTION(receive_view)
{
    strip(layer, packet);
    return hand_up(layer, packet);
}

LAYER_FUNCTION(receive_handle)
{
    struct handle *handle = handle_of(packet);
    strip(layer, packet);
    handle->references++;
    size_t consumed = hand_up(layer, packet);
    expect(layer, --handle->references > 0); /* the ring holds a reference */
    return consumed;
}

/* Orders as Linux has them: getting is relaxed, putting releases, the last one acquires. */
LAYER_FUNCTION(receive_atomic)
{
    struct handle *handle = handle_of(packet);
    strip(layer, packet);
    __atomic_fetch_add(&handle->references, 1, __ATOMIC_RELAXED);
    size_t consumed = hand_up(layer, packet);
    bool last = __atomic_sub_fetch(&handle->references, 1, __ATOMIC_RELEASE) == 0;
    if (last)
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    expect(layer, !last);
    return consumed;
}

static inline size_t consume(struct stack *stack, const unsigned char *base,
                             const struct packet *packet)
{
    const unsigned char *bytes = base + packet->offset;
    stack->touched += touch_payload(stack->touch, bytes, packet->length);
    stack->consumed_bytes = bytes;
    stack->consumed++;
    return 1;
}

LAYER_FUNCTION(consume_view)
{
    return consume(layer->stack, buffer_of(packet), packet);
}

LAYER_FUNCTION(consume_copy)
{
    size_t consumed = consume(layer->stack, buffer_of(packet), packet);
    pool_give(&layer->stack->pool, buffer_of(packet));
    return consumed;
}

LAYER_FUNCTION(consume_handle)
{
    return consume(layer->stack, handle_of(packet)->bytes, packet);
}

/*
 * Looks up every page that a payload of that length can lie in, as its owner might have granted
 * them in any order; as many whether it crosses one page more or not, or else the branch predictor
 * would be measured.
 */
LAYER_FUNCTION(consume_grant)
{
    struct stack *stack = layer->stack;
    unsigned char *const *pages = stack->grants + packet->base;
    for (size_t i = 1; (i - 1) * stack->page_bytes < packet->length; i++)
        expect(layer, pages[i] == pages[0] + i * stack->page_bytes);
    return consume(stack, pages[0], packet);
}

const struct passing_functions passing_functions[PASSINGS] = {
    [PASSING_COPY] = {receive_copy, consume_copy},
    [PASSING_TWO_PASS] = {receive_two_pass, consume_copy},
    [PASSING_FUSED] = {receive_fused, consume_copy},
    [PASSING_VIEW] = {receive_view, consume_view},
    [PASSING_HANDLE] = {receive_handle, consume_handle},
    [PASSING_ATOMIC] = {receive_atomic, consume_handle},
    [PASSING_GRANT] = {receive_view, consume_grant},
};
