/*
 * Is it the copy, or the allocation?
 *
 * A packet arrives in a ring, is handed on, and is looked at (its header) by its consumer while
 * others have come after it. It is handed on
 *
 *   view    where it lies, as {data, bytes}
 *   malloc  in a buffer from malloc, which its consumer frees: the C library's, or whatever is
 *           preloaded in its place (machine.json names it)
 *   arena   in the next bytes of a block (bump allocation); a block is reset as a whole once its
 *           packets are consumed, and two blocks take turns
 *   pool    in a buffer from a stack of free ones, onto which its consumer puts it back
 *
 * With `copy` the packet is copied into the buffer and looked at there. With `skip` the buffer
 * stays empty and the packet is looked at where it lies: that is what allocation alone adds to a
 * view.
 *
 * `live` packets are in flight when the consumer takes the older half of them, oldest first, and
 * half as many are left. So malloc is not seen at its best alone, where what was freed last is what
 * is wanted next: its free lists get half a window long, and neighbours are joined and split again.
 * 1: each is consumed before the next arrives. Sizes don't mix, and nothing else allocates
 * meanwhile; alloc_heap.h says what the heap is like.
 *
 * A packet that stays where it is counts as no payload bytes moved.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/benchmark.h"
#include "harness/packet.h"
#include "harness/pair.h"
#include "harness/touch.h"
#include "microbench/alloc_heap.h"

enum { AXIS_KERNEL_NAME, AXIS_BUFFER, AXIS_SIZE, AXIS_LIVE, AXIS_WORK };
enum buffer { VIEW, MALLOC, ARENA, POOL, BUFFERS };
enum { COPY, SKIP, WORKS };

static const char *const buffers[] = {"view", "malloc", "arena", "pool", NULL};
static const char *const works[] = {"copy", "skip", NULL};

static const struct axis axes[] = {
    COPY_KERNELS_AXIS("copy_libc_memcpy", "copy_libc_memcpy"),
    {"buffer",
     "",
     "where a packet lies when it is handed on: view, where it arrived",
     AXIS_WORD,
     buffers,
     0,
     {"view,malloc,arena,pool", "view,malloc,arena,pool"}},
    {"size",
     "bytes",
     "bytes of a packet",
     AXIS_BYTES,
     NULL,
     0,
     {"16..64Ki*4,1500", "16..64Ki,1500,9000"}},
    {"live",
     "1",
     "packets in flight at most: 1, or an even number",
     AXIS_COUNT,
     NULL,
     0,
     {"64", "1,8,64,512"}},
    {"work",
     "",
     "copy: each packet is copied; skip: all but that is done",
     AXIS_WORD,
     works,
     0,
     {"copy,skip", "copy,skip"}},
};

static const struct report reports[] = {
    {"working_set_bytes", "bytes", "of packets where they arrive and, if copied, their buffers"},
};

struct flight {
    unsigned char *buffer; /* NULL: a view */
    struct packet packet;
};

struct state;
typedef void rounds_function(struct state *state, kernel_function *function, uint64_t calls);

struct state {
    struct pair pair; /* src: where packets arrive; dst: the arena's blocks or the pool's buffers */
    size_t bytes, stride;
    size_t live, burst; /* in flight at most; handed on, and then consumed, at a time */
    rounds_function *rounds;
    struct flight *window; /* one for each of the `live` places at which packets arrive */
    size_t newest, oldest;
    size_t block; /* of the arena: the one in use */
    unsigned char *block_at, *block_end;
    unsigned char **stack; /* of the pool */
    size_t stacked;
    void *guard;      /* of the heap */
    uint64_t refused; /* times that there was no buffer */
    uint32_t seen;    /* sum of what the headers' reader made of them */
};

#define INLINE static inline __attribute__((always_inline))

INLINE unsigned char *buffer_get(struct state *state, enum buffer kind)
{
    unsigned char *buffer = NULL;
    if (kind == MALLOC)
        return malloc(state->bytes);
    if (kind == POOL)
        return state->stacked ? state->stack[--state->stacked] : NULL;
    if (kind == ARENA && (size_t)(state->block_end - state->block_at) >= state->stride) {
        buffer = state->block_at;
        state->block_at += state->stride;
    }
    return buffer;
}

INLINE void buffer_put(struct state *state, enum buffer kind, unsigned char *buffer)
{
    if (kind == MALLOC)
        free(buffer);
    else if (kind == POOL)
        state->stack[state->stacked++] = buffer;
}

INLINE size_t next_place(const struct state *state, size_t place)
{
    return place + 1 == state->live ? 0 : place + 1;
}

INLINE void hand_on(struct state *state, kernel_function *function, enum buffer kind, bool copies)
{
    if (kind == ARENA) {
        state->block = !state->block;
        state->block_at = state->pair.dst + state->block * state->burst * state->stride;
        state->block_end = state->block_at + state->burst * state->stride;
    }
    for (size_t i = 0; i < state->burst; i++) {
        unsigned char *data = state->pair.src + state->newest * state->stride;
        unsigned char *buffer = buffer_get(state, kind);
        if (kind != VIEW && !buffer)
            state->refused++;
        else if (copies)
            data = function(buffer, data, state->bytes);
        state->window[state->newest] = (struct flight){buffer, {data, state->bytes}};
        state->newest = next_place(state, state->newest);
    }
}

INLINE void consume(struct state *state, enum buffer kind)
{
    for (size_t i = 0; i < state->burst; i++) {
        struct flight *flight = &state->window[state->oldest];
        state->seen += touch_payload(TOUCH_HEADER, flight->packet.data, flight->packet.bytes);
        buffer_put(state, kind, flight->buffer);
        flight->buffer = NULL;
        state->oldest = next_place(state, state->oldest);
    }
}

/* Of each way an instance of its own, in which nothing is asked that is known before. */
#define ROUNDS(name, kind, copies)                                                                 \
    static void name(struct state *state, kernel_function *function, uint64_t calls)               \
    {                                                                                              \
        for (uint64_t done = 0; done < calls; done += state->burst) {                              \
            hand_on(state, function, kind, copies);                                                \
            consume(state, kind);                                                                  \
        }                                                                                          \
    }
ROUNDS(rounds_view, VIEW, false)
ROUNDS(rounds_malloc, MALLOC, false)
ROUNDS(rounds_malloc_copy, MALLOC, true)
ROUNDS(rounds_arena, ARENA, false)
ROUNDS(rounds_arena_copy, ARENA, true)
ROUNDS(rounds_pool, POOL, false)
ROUNDS(rounds_pool_copy, POOL, true)

static rounds_function *const rounds[BUFFERS][WORKS] = {
    [VIEW] = {[SKIP] = rounds_view},
    [MALLOC] = {[COPY] = rounds_malloc_copy, [SKIP] = rounds_malloc},
    [ARENA] = {[COPY] = rounds_arena_copy, [SKIP] = rounds_arena},
    [POOL] = {[COPY] = rounds_pool_copy, [SKIP] = rounds_pool},
};

static enum buffer kind_of(const struct cell *cell)
{
    return (enum buffer)cell->point[AXIS_BUFFER].number;
}

static bool does_copy(const struct cell *cell)
{
    return cell->point[AXIS_WORK].number == COPY;
}

static void alloc_plan(struct cell *cell, const struct environment *environment)
{
    (void)environment;
    uint64_t bytes = cell->point[AXIS_SIZE].number, live = cell->point[AXIS_LIVE].number;
    bool fits = bytes < UINT64_C(1) << 32 && live < UINT64_C(1) << 24;
    cell->calls_step = live / 2 + (live == 1);
    pair_plan(cell, cell->point[AXIS_KERNEL_NAME].kernel, bytes,
              fits ? packet_stride(bytes) * 2 * cell->calls_step : UINT64_MAX);
    cell->outside = kind_of(cell) == VIEW && does_copy(cell);
    if (!does_copy(cell)) {
        cell->kernel = NULL;
        cell->payload_bytes = 0;
    }
    const struct placement *asked = &cell->asked;
    if (bytes == 0 || live == 0 || (live > 1 && live % 2))
        snprintf(cell->skip, sizeof cell->skip,
                 "packets have a byte at least, and 1 or an even number of them is in flight");
    else if (kind_of(cell) == MALLOC &&
             (asked->dst_node != NODE_LOCAL || asked->page != PAGE_BASE || asked->dst_offset))
        snprintf(cell->skip, sizeof cell->skip,
                 "malloc places its buffers itself: no node, page kind or offset can be asked for");
}

static void alloc_release(struct trial *trial)
{
    struct state *state = trial->state;
    for (size_t place = 0; state->window && place < state->live; place++)
        if (state->window[place].buffer)
            buffer_put(state, kind_of(trial->cell), state->window[place].buffer);
    free(state->window);
    free(state->stack);
    free(state->guard);
    free(state);
}

static int fill_state(struct state *state, struct trial *trial, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    state->bytes = (size_t)cell->point[AXIS_SIZE].number;
    state->stride = (size_t)packet_stride(state->bytes);
    state->live = (size_t)cell->point[AXIS_LIVE].number;
    state->burst = (size_t)cell->calls_step;
    state->rounds = rounds[kind_of(cell)][cell->point[AXIS_WORK].number];
    state->window = calloc(state->live, sizeof *state->window);
    state->stack = calloc(state->live, sizeof *state->stack);
    if (!state->window || !state->stack)
        return fail(fault, ENOMEM, "no memory for %zu packets in flight", state->live);
    int error = pair_take(&state->pair, trial, 0, 2 * state->burst * state->stride, fault);
    if (error)
        return error;
    memset(state->pair.dst, 0, 2 * state->burst * state->stride); /* no byte of any packet */
    if (kind_of(cell) == MALLOC)
        error = heap_settle(state->bytes, state->live, &state->guard, fault);
    while (kind_of(cell) == POOL && state->stacked < state->live) {
        state->stack[state->stacked] = state->pair.dst + state->stacked * state->stride;
        state->stacked++;
    }
    return error;
}

static int alloc_prepare(struct trial *trial, struct fault *fault)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of alloc");
    trial->state = state;
    int error = fill_state(state, trial, fault);
    if (error) {
        alloc_release(trial);
        return error;
    }
    if (state->live > 1)
        hand_on(state, trial->function, kind_of(trial->cell), does_copy(trial->cell));
    if (kind_of(trial->cell) == MALLOC) {
        trial->got.dst_node = NODE_UNKNOWN;
        trial->got.huge_share = -1;
        trial->got.dst_offset = (uintptr_t)state->window[0].buffer % 4096;
    }
    return 0;
}

static void alloc_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    struct state *state = trial->state;
    state->rounds(state, trial->function, calls);
}

/* Wrong bytes in the buffers that are in flight, so that what is found there later was copied. */
static void spoil_flights(const struct state *state)
{
    for (size_t place = 0; place < state->live; place++)
        if (state->window[place].buffer)
            memset(state->window[place].buffer, 0, state->bytes);
}

/* All that can be in flight is what arrived, and its consumer reads it right. */
static int alloc_verify(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    enum buffer kind = kind_of(trial->cell);
    bool copies = does_copy(trial->cell);
    trial->reports[0] = (double)((1 + copies) * state->live * state->stride);
    if (copies)
        spoil_flights(state);
    alloc_run(trial, NULL, state->burst);
    hand_on(state, trial->function, kind, copies);
    uint32_t expected = 0;
    size_t wrong = 0;
    for (size_t i = 0, place = state->oldest; i < state->live; i++) {
        const unsigned char *arrived = state->pair.src + place * state->stride;
        wrong += memcmp(state->window[place].packet.data, arrived, state->bytes) != 0;
        if (i < state->burst)
            expected += touch_payload(TOUCH_HEADER, arrived, state->bytes);
        place = next_place(state, place);
    }
    state->seen = 0;
    consume(state, kind);
    if (state->refused)
        return fail(fault, ENOMEM, "%s had no buffer of %zu B %llu times", buffers[kind],
                    state->bytes, (unsigned long long)state->refused);
    if (wrong)
        return fail(fault, EILSEQ, "%zu of %zu packets in flight are not what arrived", wrong,
                    state->live);
    if (state->seen != expected)
        return fail(fault, EILSEQ, "the headers of %zu packets were not read right", state->burst);
    return 0;
}

static const struct benchmark alloc = {
    .name = "alloc",
    .summary = "Is it the copy, or the allocation?",
    .claim = "A copying API gets more expensive as abstractions are stacked.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .reports = reports,
    .report_count = sizeof reports / sizeof *reports,
    .plan = alloc_plan,
    .prepare = alloc_prepare,
    .run = alloc_run,
    .verify = alloc_verify,
    .release = alloc_release,
};
BENCHMARK(&alloc);
