#include "microbench/streams_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch/cpu.h"
#include "harness/buffers.h"
#include "harness/touch.h"

enum { CONTENTS_LEAST = 7, CONTENT_STEP = 64 };

/* So many that a lap later another packet lies in each slot, which a missed copy would leave. */
static unsigned contents_for(uint32_t ring)
{
    unsigned contents = CONTENTS_LEAST;
    while (ring % contents == 0)
        contents++;
    return contents;
}

/* What packets are filled with: the same pattern, each from a place of its own on. NULL: no memory.
 */
static unsigned char *make_source(const struct queue_shape *shape)
{
    size_t bytes = shape->stride + (size_t)contents_for(shape->ring) * CONTENT_STEP;
    unsigned char *source = aligned_alloc(CONTENT_STEP, bytes);
    for (size_t i = 0; source && i < bytes; i++)
        source[i] = buffer_pattern(i);
    return source;
}

static const unsigned char *content_of(const unsigned char *source, uint64_t content)
{
    return source + (size_t)content * CONTENT_STEP;
}

/* No packet has a byte that is 0. */
static void spoil(struct queue *queue, uint32_t from)
{
    size_t start = from * queue->shape.stride;
    memset(queue->sent + start, 0, queue->shape.ring * queue->shape.stride - start);
}

static void fill_slots(struct queue *queue)
{
    const struct queue_shape *shape = &queue->shape;
    uint32_t half = shape->ring / 2;
    for (uint32_t slot = 0; slot < shape->ring; slot++) {
        unsigned char *received = queue->received + slot * shape->stride;
        memcpy(received, content_of(queue->source, slot % queue->contents), shape->bytes);
        queue->receive[slot] = (struct packet){received, shape->bytes};
        unsigned char *sent = queue->sent + slot * shape->stride;
        memcpy(sent, content_of(queue->source, slot % queue->contents), shape->bytes);
        queue->transmit[slot] = (struct packet){sent, shape->bytes};
    }
    spoil(queue, half);
    queue->slot = half;
    queue->position = half;
    atomic_init(&queue->copied, half);
    atomic_init(&queue->filled, 2 * half);
    atomic_init(&queue->drained, 0);
}

struct queue *queue_make(const struct queue_shape *shape, unsigned char *received,
                         unsigned char *sent)
{
    struct queue *queue = aligned_alloc(QUEUE_LINE, sizeof *queue);
    if (!queue)
        return NULL;
    *queue = (struct queue){
        .shape = *shape,
        .burst = shape->ring / 2 < QUEUE_BURST ? shape->ring / 2 : QUEUE_BURST,
        .contents = contents_for(shape->ring),
        .source = make_source(shape),
        .receive = calloc(shape->ring, sizeof *queue->receive),
        .transmit = calloc(shape->ring, sizeof *queue->transmit),
        .clocked = calloc(QUEUE_CLOCKED, sizeof *queue->clocked),
    };
    queue->received = received;
    queue->sent = sent;
    if (queue->burst == 0)
        queue->burst = 1;
    if (!queue->source || !queue->receive || !queue->transmit || !queue->clocked) {
        queue_free(queue);
        return NULL;
    }
    fill_slots(queue);
    return queue;
}

void queue_free(struct queue *queue)
{
    if (!queue)
        return;
    free(queue->source);
    free(queue->receive);
    free(queue->transmit);
    free(queue->clocked);
    free(queue);
}

struct queue_device *queue_device_make(const struct queue_shape *shape, kernel_function *store)
{
    struct queue_device *device = calloc(1, sizeof *device);
    if (!device)
        return NULL;
    unsigned contents = contents_for(shape->ring);
    device->store = store;
    device->source = make_source(shape);
    device->touches = calloc(contents, sizeof *device->touches);
    if (!device->source || !device->touches) {
        queue_device_free(device);
        return NULL;
    }
    for (unsigned content = 0; content < contents; content++)
        device->touches[content] =
            touch_payload(TOUCH_LINES, content_of(device->source, content), shape->bytes);
    device->fill_slot = 2 * (shape->ring / 2) % shape->ring;
    device->fill_content = 2 * (shape->ring / 2) % contents;
    return device;
}

void queue_device_free(struct queue_device *device)
{
    if (!device)
        return;
    free(device->source);
    free(device->touches);
    free(device);
}

static uint32_t least(uint64_t left, uint32_t burst, uint32_t there)
{
    uint32_t count = burst < there ? burst : there;
    return left < count ? (uint32_t)left : count;
}

static void next(uint32_t *place, uint32_t count)
{
    *place = *place + 1 == count ? 0 : *place + 1;
}

static void copy_packet(struct queue *queue, unsigned char *to, const struct packet *packet,
                        const struct queue_work *work)
{
    if (!work->clock) {
        work->function(to, packet->data, packet->bytes);
        return;
    }
    uint64_t start = clock_ticks(work->clock);
    work->function(to, packet->data, packet->bytes);
    uint64_t ticks = clock_ticks(work->clock) - start;
    if (queue->clocked_count < QUEUE_CLOCKED)
        queue->clocked[queue->clocked_count++] = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

/* A burst of no more than `left`; returns how many it was. */
static uint32_t copy_burst(struct queue *queue, uint64_t left, const struct queue_work *work)
{
    uint32_t copied = atomic_load_explicit(&queue->copied, memory_order_relaxed);
    uint32_t full = atomic_load_explicit(&queue->filled, memory_order_acquire) - copied;
    uint32_t unsent = copied - atomic_load_explicit(&queue->drained, memory_order_acquire);
    uint32_t room = queue->shape.ring - unsent;
    uint32_t count = least(left, queue->burst, full < room ? full : room);
    for (uint32_t i = 0; i < count; i++) {
        struct packet packet = queue->receive[queue->slot];
        unsigned char *to = queue->sent + queue->slot * queue->shape.stride;
        copy_packet(queue, to, &packet, work);
        queue->transmit[queue->slot] = (struct packet){to, packet.bytes};
        next(&queue->slot, queue->shape.ring);
    }
    atomic_store_explicit(&queue->copied, copied + count, memory_order_release);
    return count;
}

static void count_copies(struct queue *queue, uint64_t packets, bool real)
{
    queue->position += packets;
    queue->proven += real ? packets : 0;
}

void queue_copy(struct queue *queue, uint64_t packets, const struct queue_work *work)
{
    for (uint64_t left = packets; left;) {
        uint32_t count = copy_burst(queue, left, work);
        left -= count;
        if (!count)
            cpu_relax();
    }
    count_copies(queue, packets, work->real);
}

void queue_copy_alone(struct queue *queue, uint64_t packets, const struct queue_work *work)
{
    size_t stride = queue->shape.stride, offset = queue->slot * stride;
    size_t end = queue->shape.ring * stride, bytes = queue->shape.bytes;
    kernel_function *function = work->function;
    for (uint64_t i = 0; i < packets; i++) {
        if (work->clock)
            copy_packet(queue, queue->sent + offset,
                        &(struct packet){queue->received + offset, bytes}, work);
        else
            function(queue->sent + offset, queue->received + offset, bytes);
        offset = offset + stride == end ? 0 : offset + stride;
    }
    queue->slot = (uint32_t)(offset / stride);
    count_copies(queue, packets, work->real);
}

void queue_end_clocked(struct queue *queue)
{
    if (!queue->warm)
        queue->clocked_count = 0;
    queue->warm = queue->position >= 2 * (uint64_t)queue->shape.ring;
}

static uint32_t fill_burst(struct queue *queue, struct queue_device *device, uint64_t left)
{
    uint32_t filled = atomic_load_explicit(&queue->filled, memory_order_relaxed);
    uint32_t full = filled - atomic_load_explicit(&queue->copied, memory_order_acquire);
    uint32_t count = least(left, queue->burst, queue->shape.ring - full);
    for (uint32_t i = 0; i < count; i++) {
        unsigned char *data = queue->received + device->fill_slot * queue->shape.stride;
        device->store(data, content_of(device->source, device->fill_content), queue->shape.bytes);
        queue->receive[device->fill_slot] = (struct packet){data, queue->shape.bytes};
        next(&device->fill_slot, queue->shape.ring);
        next(&device->fill_content, queue->contents);
    }
    atomic_store_explicit(&queue->filled, filled + count, memory_order_release);
    return count;
}

static uint32_t drain_burst(struct queue *queue, struct queue_device *device, uint64_t left,
                            bool real)
{
    uint32_t drained = atomic_load_explicit(&queue->drained, memory_order_relaxed);
    uint32_t full = atomic_load_explicit(&queue->copied, memory_order_acquire) - drained;
    uint32_t count = least(left, queue->burst, full);
    uint64_t found = 0, expected = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct packet *packet = &queue->transmit[device->drain_slot];
        found += touch_payload(TOUCH_LINES, packet->data, packet->bytes);
        expected += device->touches[device->drain_content];
        next(&device->drain_slot, queue->shape.ring);
        next(&device->drain_content, queue->contents);
    }
    atomic_store_explicit(&queue->drained, drained + count, memory_order_release);
    device->found += real ? found : 0;
    device->expected += real ? expected : 0;
    return count;
}

void queue_serve(struct queue *queue, struct queue_device *device, uint64_t packets, bool real)
{
    uint64_t fill = packets, drain = packets;
    while (fill || drain) {
        uint32_t filled = fill_burst(queue, device, fill);
        uint32_t drained = drain_burst(queue, device, drain, real);
        fill -= filled;
        drain -= drained;
        if (!filled && !drained)
            cpu_relax();
    }
}

/* One lap by this thread alone, onto buffers that hold no copy. */
static void do_lap(struct queue *queue, struct queue_device *device, kernel_function *function)
{
    struct queue_work work = {.function = function};
    spoil(queue, 0);
    if (!device) {
        queue_copy_alone(queue, queue->shape.ring, &work);
        return;
    }
    uint64_t copy = queue->shape.ring, fill = copy, drain = copy;
    while (copy || fill || drain) {
        fill -= fill_burst(queue, device, fill);
        uint32_t copied = copy_burst(queue, copy, &work);
        count_copies(queue, copied, false);
        copy -= copied;
        drain -= drain_burst(queue, device, drain, false);
    }
}

/*
 * Whether that many packets from `slot` on lie in their transmit buffers as they arrived: those
 * from `position` on, or, lapwise, those that every lap finds there.
 */
static int check_sent(const struct queue *queue, uint32_t slot, uint64_t position, uint64_t count,
                      bool lapwise, struct fault *fault)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t number = position + i, content = (lapwise ? slot : number) % queue->contents;
        if (memcmp(queue->sent + slot * queue->shape.stride, content_of(queue->source, content),
                   queue->shape.bytes) != 0)
            return fail(fault, EILSEQ, "packet %llu of %zu B went out wrong",
                        (unsigned long long)number, queue->shape.bytes);
        next(&slot, queue->shape.ring);
    }
    return 0;
}

int queue_verify(struct queue *queue, struct queue_device *device, kernel_function *function,
                 struct fault *fault)
{
    uint32_t ring = queue->shape.ring, half = ring / 2;
    int error = 0;
    if (device && device->found != device->expected)
        return fail(fault, EILSEQ, "packets of %zu B were not drained as they were filled in",
                    queue->shape.bytes);
    if (!device) {
        uint64_t there = queue->proven < ring ? queue->proven : ring;
        error = check_sent(queue, half, half, there, true, fault);
    }
    if (error)
        return error;
    do_lap(queue, device, function);
    return check_sent(queue, queue->slot, queue->position - ring, ring, !device, fault);
}
