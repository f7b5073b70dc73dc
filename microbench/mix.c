/*
 * What do real packets cost, whose sizes a branch predictor can't know?
 *
 * Copies of random sizes against copies of their mean, in the same loop, which takes each size from
 * a table: the cards of a distribution in random order, dealt anew in every visit (see
 * harness/distribution.h for why that many), or the mean at every place. The walk through the table
 * goes on from sample to sample. Copies go through a ring of eight slots of the largest size each,
 * source and destination: 24 KiB for Ethernet's frames, so that nothing leaves L1 or L2. The mean
 * is rounded to a byte.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/benchmark.h"
#include "harness/capture.h"
#include "harness/distribution.h"
#include "harness/pair.h"

enum { AXIS_KERNEL_NAME, AXIS_DISTRIBUTION, AXIS_SEQUENCE };
enum { UNIFORM, LOGUNIFORM, IMIX, HISTOGRAM, PCAP, DISTRIBUTIONS };
enum { FIXED, RANDOM };
enum { SLOTS = 8, LINE = 64 };

/* Ethernet's frames with their checksum; messages may be as short as a byte. */
enum { FRAME_LEAST = 64, FRAME_MOST = 1518, MESSAGE_LEAST = 1 };

static const char *const distribution_names[] = {"uniform",   "loguniform", "imix",
                                                 "histogram", "pcap",       NULL};
static const char *const sequences[] = {"fixed", "random", NULL};

static const struct axis axes[] = {
    COPY_KERNELS_AXIS(
        "copy_libc_memcpy,copy_builtin,copy_rep_movsb,copy_*_unaligned,copy_q*,copy_sve*,copy_mops*"
        ","
        "copy_ldm,copy_neon*,copy_rvv_m8,copy_ld_unrolled,!*_backward,!*_twopass,!*_prefetch,"
        "!*_nontemporal,!*_pld*,!*_forward",
        "copy_*"),
    {"distribution",
     "",
     "sizes: uniform over 64..1518 B; loguniform over 1..1518 B; imix: 64, 570, 1518 B as 7:4:1; "
     "histogram: by --sizes; pcap: by --pcap",
     AXIS_WORD,
     distribution_names,
     0,
     {"uniform,loguniform,imix,histogram,pcap", "uniform,loguniform,imix,histogram,pcap"}},
    {"sequence",
     "",
     "random: each size by the distribution; fixed: always its mean",
     AXIS_WORD,
     sequences,
     0,
     {"fixed,random", "fixed,random"}},
};

static const struct parameter parameters[] = {
    {"sizes", "FILE", "histogram of mix: a CSV file, 'bytes,weight' and a line a size"},
    {"pcap", "FILE", "capture whose packets' lengths on the wire mix copies"},
};

static const struct report copied = {"bytes", "bytes", "size of a copy that was made"};

static struct distribution distributions[DISTRIBUTIONS];

struct state {
    struct pair ring;
    size_t stride;
    size_t *sizes;  /* DISTRIBUTION_DEALT */
    uint64_t calls; /* of the kernel so far: the place in sizes follows */
};

static int take_lengths(struct distribution *distribution, const struct histogram *lengths,
                        const char *path, struct fault *fault)
{
    if (lengths->count == 0)
        return fail(fault, EINVAL, "'%s' has no packets", path);
    for (size_t i = 0; i < lengths->count; i++)
        if (lengths->bins[i].key < 1 || lengths->bins[i].key > DISTRIBUTION_BYTES_MAX)
            return fail(fault, EINVAL, "'%s' has a packet of %llu bytes; 1 to %d are taken", path,
                        (unsigned long long)lengths->bins[i].key, DISTRIBUTION_BYTES_MAX);
    struct distribution_item *items = calloc(lengths->count, sizeof *items);
    if (!items)
        return fail(fault, ENOMEM, "no memory for %zu sizes", lengths->count);
    for (size_t i = 0; i < lengths->count; i++)
        items[i] = (struct distribution_item){.bytes = (size_t)lengths->bins[i].key,
                                              .weight = (double)lengths->bins[i].count};
    return distribution_make(distribution, items, lengths->count, fault);
}

static int read_capture(struct distribution *distribution, const char *path, struct fault *fault)
{
    struct histogram lengths = {.bins = NULL};
    int error = capture_read(&lengths, path, fault);
    if (!error)
        error = take_lengths(distribution, &lengths, path, fault);
    histogram_free(&lengths);
    return error;
}

/* Of the parameter, if it is given. */
static int read_file(const struct environment *environment, const char *name,
                     struct distribution *distribution,
                     int (*read)(struct distribution *, const char *, struct fault *),
                     struct fault *fault)
{
    struct fault detail;
    const char *path = environment_parameter(environment, "mix", name);
    int error = path ? read(distribution, path, &detail) : 0;
    if (!error)
        return 0;
    return fail(fault, error == -ENOMEM ? ENOMEM : EINVAL, "--%s: %s", name, detail.text);
}

static int mix_open(const struct environment *environment, struct fault *fault)
{
    for (size_t i = 0; i < DISTRIBUTIONS; i++)
        distribution_free(&distributions[i]);
    int error = distribution_uniform(&distributions[UNIFORM], FRAME_LEAST, FRAME_MOST, fault);
    if (!error)
        error =
            distribution_log_uniform(&distributions[LOGUNIFORM], MESSAGE_LEAST, FRAME_MOST, fault);
    if (!error)
        error = distribution_imix(&distributions[IMIX], fault);
    if (!error)
        error =
            read_file(environment, "sizes", &distributions[HISTOGRAM], distribution_read, fault);
    if (!error)
        error = read_file(environment, "pcap", &distributions[PCAP], read_capture, fault);
    return error;
}

static const struct distribution *distribution_of(const struct cell *cell)
{
    return &distributions[cell->point[AXIS_DISTRIBUTION].number];
}

static size_t slot_stride(const struct cell *cell)
{
    return (distribution_largest(distribution_of(cell)) + LINE - 1) / LINE * LINE;
}

static void mix_plan(struct cell *cell, const struct environment *environment)
{
    (void)environment;
    const struct kernel *kernel = cell->point[AXIS_KERNEL_NAME].kernel;
    uint64_t mean = (uint64_t)llround(distribution_mean(distribution_of(cell)));
    pair_plan(cell, kernel, mean, slot_stride(cell) * SLOTS);
    cell->memory_bytes += DISTRIBUTION_DEALT * sizeof(size_t);
    if (mean == 0)
        snprintf(cell->skip, sizeof cell->skip, "%s",
                 cell->point[AXIS_DISTRIBUTION].number == HISTOGRAM ? "no --sizes=FILE is given"
                 : capture_missing()                                ? capture_missing()
                                                                    : "no --pcap=FILE is given");
    else if (kernel->granule > 1)
        snprintf(cell->skip, sizeof cell->skip, "%s takes multiples of %zu B only", kernel->name,
                 kernel->granule);
}

static void mix_release(struct trial *trial)
{
    struct state *state = trial->state;
    free(state->sizes);
    free(state);
}

static void deal_sizes(const struct trial *trial, size_t *sizes)
{
    struct random random = {trial->seed};
    if (trial->cell->point[AXIS_SEQUENCE].number == RANDOM)
        distribution_deal(distribution_of(trial->cell), &random, sizes);
    else
        for (size_t i = 0; i < DISTRIBUTION_DEALT; i++)
            sizes[i] = (size_t)trial->cell->payload_bytes;
}

static int mix_prepare(struct trial *trial, struct fault *fault)
{
    struct state *state = calloc(1, sizeof *state);
    if (state)
        state->sizes = calloc(DISTRIBUTION_DEALT, sizeof *state->sizes);
    if (!state || !state->sizes) {
        free(state);
        return fail(fault, ENOMEM, "no memory for a cell of mix");
    }
    trial->state = state;
    state->stride = slot_stride(trial->cell);
    int error = pair_take(&state->ring, trial, 0, state->stride * SLOTS, fault);
    if (error) {
        mix_release(trial);
        return error;
    }
    for (size_t i = 0; i < state->ring.bytes; i++)
        state->ring.dst[i] = (unsigned char)~state->ring.src[i];
    deal_sizes(trial, state->sizes);
    return 0;
}

static void mix_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    struct state *state = trial->state;
    kernel_function *function = trial->function;
    unsigned char *dst = state->ring.dst;
    const unsigned char *src = state->ring.src;
    const size_t *sizes = state->sizes;
    size_t stride = state->stride, at = (size_t)(state->calls % DISTRIBUTION_DEALT);
    for (uint64_t i = 0; i < calls; i++) {
        size_t slot = at % SLOTS * stride;
        function(dst + slot, src + slot, sizes[at]);
        at = (at + 1) % DISTRIBUTION_DEALT;
    }
    if (function == trial->cell->kernel->run) /* not the empty one */
        state->calls += calls;
}

/* How often the place in the table was walked over. */
static uint64_t times_walked(const struct state *state, size_t place)
{
    return state->calls / DISTRIBUTION_DEALT + (place < state->calls % DISTRIBUTION_DEALT);
}

/* What was written of a slot is as long as its longest copy. */
static int verify_slot(const struct trial *trial, size_t slot, size_t longest, struct fault *fault)
{
    const struct state *state = trial->state;
    size_t begin = slot * state->stride;
    for (size_t i = begin; i < begin + state->stride; i++) {
        unsigned char byte = state->ring.src[i];
        if (state->ring.dst[i] != (i - begin < longest ? byte : (unsigned char)~byte))
            return fail(fault, EILSEQ, "%s left a wrong byte at %zu, its longest copy being of %zu",
                        trial->cell->kernel->name, i - begin, longest);
    }
    return 0;
}

static int count_sizes(const struct state *state, struct histogram *histogram, struct fault *fault)
{
    uint64_t *times = calloc(state->stride + 1, sizeof *times);
    if (!times)
        return fail(fault, ENOMEM, "no memory to count sizes up to %zu", state->stride);
    for (size_t i = 0; i < DISTRIBUTION_DEALT; i++)
        times[state->sizes[i]] += times_walked(state, i);
    int error = 0;
    for (size_t bytes = 0; !error && bytes <= state->stride; bytes++)
        error = histogram_add(histogram, bytes, times[bytes], fault);
    free(times);
    return error;
}

static int mix_verify(struct trial *trial, struct fault *fault)
{
    const struct state *state = trial->state;
    size_t longest[SLOTS] = {0};
    int error = 0;
    for (size_t i = 0; i < DISTRIBUTION_DEALT && times_walked(state, i); i++)
        if (state->sizes[i] > longest[i % SLOTS])
            longest[i % SLOTS] = state->sizes[i];
    for (size_t slot = 0; !error && slot < SLOTS; slot++)
        error = verify_slot(trial, slot, longest[slot], fault);
    return error ? error : count_sizes(state, trial->histogram, fault);
}

static const struct benchmark mix = {
    .name = "mix",
    .summary = "What do real packets cost, whose sizes a branch predictor can't know?",
    .claim = "A copy costs what its size costs: specialised code for small sizes is worth it.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .histogram = &copied,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof *parameters,
    .open = mix_open,
    .plan = mix_plan,
    .prepare = mix_prepare,
    .run = mix_run,
    .verify = mix_verify,
    .release = mix_release,
};
BENCHMARK(&mix);
