#include "harness/pairs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/check.h"
#include "harness/copies.h"
#include "harness/random.h"
#include "harness/sampler.h"

enum { SMALL_BYTES = 16384, PAGE = 4096 };

const char *const comparison_names[COMPARISONS + 1] = {"change", "control", "placement", NULL};

/* Some 80 cells: alignments, cold ones and 4 MiB one at a time. Destinations lie half a page past
 * the source, lest loads run into earlier stores (4 KiB aliasing). */
static const struct axis pairs_axes[PAIRS_AXES] = {
    [PAIRS_FUNCTION] = {"function", "", "functions of both builds", AXIS_WORD, NULL, 0, {"", ""}},
    [PAIRS_SIZE] = {"size",
                    "bytes",
                    "bytes that one call copies",
                    AXIS_BYTES,
                    NULL,
                    0,
                    {"64,1Ki,16Ki,256Ki;4Mi", "64,1Ki,16Ki,256Ki;4Mi"}},
    [PAIRS_SRC_OFFSET] = {"src_offset",
                          "bytes",
                          "source, past a 4 KiB boundary",
                          AXIS_COUNT,
                          NULL,
                          0,
                          {"0;1,16,32,63", "0;1,16,32,63"}},
    [PAIRS_DST_OFFSET] = {"dst_offset",
                          "bytes",
                          "destination, past a 4 KiB boundary",
                          AXIS_COUNT,
                          NULL,
                          0,
                          {"2048;2049,2064,2080,2111", "2048;2049,2064,2080,2111"}},
    [PAIRS_PAGE] = {"page",
                    "",
                    "page kinds of the buffers",
                    AXIS_WORD,
                    page_kind_names,
                    0,
                    {"base,thp", "base,thp"}},
    [PAIRS_TEMPERATURE] = {"temperature",
                           "",
                           "warm: the same buffers again; cold: evicted from all caches before",
                           AXIS_WORD,
                           temperature_names,
                           0,
                           {"warm;cold", "warm;cold"}},
    [PAIRS_COMPARISON] = {"comparison",
                          "",
                          "what is compared",
                          AXIS_WORD,
                          comparison_names,
                          0,
                          {"change,control,placement", "change,control,placement"}},
};

enum comparison pairs_comparison(const struct cell *cell)
{
    return (enum comparison)cell->point[PAIRS_COMPARISON].number;
}

static struct pairs_function *function_of(const struct cell *cell)
{
    const struct pairs *pairs = (const struct pairs *)cell->benchmark;
    return &pairs->functions[cell->point[PAIRS_FUNCTION].number];
}

const struct pairs_function *pairs_function(const struct cell *cell)
{
    return function_of(cell);
}

/* What is called old in a cell, and what it is compared with. */
static const struct kernel *old_of(const struct cell *cell)
{
    const struct pairs_function *function = function_of(cell);
    const struct kernel *olds[] = {[COMPARISON_CHANGE] = &function->old,
                                   [COMPARISON_CONTROL] = &function->copies[COPY_CONTROL],
                                   [COMPARISON_PLACEMENT] = &function->copies[COPY_PLACEMENT]};
    return olds[pairs_comparison(cell)];
}

static const struct kernel *other_of(const struct cell *cell)
{
    const struct pairs_function *function = function_of(cell);
    const struct kernel *others[] = {[COMPARISON_CHANGE] = &function->new,
                                     [COMPARISON_CONTROL] = &function->copies[COPY_CONTROL_OTHER],
                                     [COMPARISON_PLACEMENT] = &function->moved};
    return others[pairs_comparison(cell)];
}

void pairs_entries(const struct cell *cell, size_t *old_entry, size_t *new_entry)
{
    const struct kernel *other = other_of(cell);
    *old_entry = image_entry(old_of(cell)->run);
    *new_entry = other->run ? image_entry(other->run) : *old_entry;
}

static enum temperature temperature_of(const struct cell *cell)
{
    return (enum temperature)cell->point[PAIRS_TEMPERATURE].number;
}

static void pairs_plan(struct cell *cell, const struct environment *environment)
{
    const struct pairs_function *function = function_of(cell);
    uint64_t bytes = cell->point[PAIRS_SIZE].number;
    uint64_t src_offset = cell->point[PAIRS_SRC_OFFSET].number;
    uint64_t dst_offset = cell->point[PAIRS_DST_OFFSET].number;
    cell->asked.page = (enum page_kind)cell->point[PAIRS_PAGE].number;
    cell->asked.src_offset = (size_t)(src_offset % PAGE);
    cell->asked.dst_offset = (size_t)(dst_offset % PAGE);
    cell->outside =
        pairs_comparison(cell) == COMPARISON_PLACEMENT &&
        (bytes > SMALL_BYTES || image_entry(function->old.run) == image_entry(function->new.run));
    copies_plan(cell, old_of(cell), bytes, temperature_of(cell), environment);
    if (src_offset >= PAGE || dst_offset >= PAGE)
        snprintf(cell->skip, sizeof cell->skip, "offsets are counted in 0 to %d past a page",
                 PAGE - 1);
    else if (!cell->skip[0] && !other_of(cell)->run)
        snprintf(cell->skip, sizeof cell->skip, "%.*s", (int)sizeof cell->skip - 1,
                 function->unmoved.text);
}

static int pairs_restore(struct trial *trial, uint64_t calls, struct fault *fault)
{
    (void)calls;
    return copies_restore(trial->state, trial->environment, fault);
}

static void pairs_run_one(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    copies_run(trial->state, trial->function, calls);
}

/* Of few calls, all: what a copy of this size needs of predictors and prefetchers. */
static uint64_t warm_up_calls(uint64_t calls)
{
    return calls < 16 ? calls : calls / 8 + 1;
}

static int take_sample(struct trial *trial, kernel_function *function, uint64_t calls,
                       struct sample *sample, struct fault *fault)
{
    const struct clock *clock = trial->environment->clock;
    int error = copies_restore(trial->state, trial->environment, fault);
    if (error)
        return error;
    *sample = (struct sample){.calls = calls, .start_ns = sampler_now_ns()};
    uint64_t begun = clock_ticks(clock);
    copies_run(trial->state, function, calls);
    sample->ticks = clock_ticks(clock) - begun;
    return 0;
}

/*
 * Both are warmed up in the state in which they will be timed: old has run more often than any that
 * it is compared with, and neither is to pay for code that prefetchers have forgotten.
 */
static int pairs_sample(struct trial *trial, uint64_t calls, struct sample *samples,
                        unsigned *count, struct fault *fault)
{
    struct random random = {trial->seed};
    uint64_t orders = random_next(&random) >> (64 - PAIRS_SERIES);
    kernel_function *both[] = {trial->cell->kernel->run, other_of(trial->cell)->run};
    struct sample warm_up;
    *count = 2 * (calls == 1 ? PAIRS_SERIES : 1);
    trial->reports[0] = (double)orders;
    for (unsigned i = 0; i < *count + 2; i++) {
        unsigned pair = i < 2 ? 0 : i / 2 - 1;
        kernel_function *function = both[(i ^ orders >> pair) & 1];
        int error = i < 2 ? take_sample(trial, function, warm_up_calls(calls), &warm_up, fault)
                          : take_sample(trial, function, calls, &samples[i - 2], fault);
        if (error)
            return error;
    }
    return 0;
}

static int prove_function(const struct kernel *kernel, bool overlaps, uint64_t seed,
                          struct fault *fault)
{
    int error = kernel_check(kernel, seed, fault);
    return error || !overlaps ? error : kernel_check_overlap(kernel, seed, fault);
}

/* Once a function; the copies of old are as right as the first. */
static int prove_functions(const struct cell *cell, uint64_t seed, struct fault *fault)
{
    struct pairs_function *function = function_of(cell);
    unsigned bit = 1u << pairs_comparison(cell);
    if ((function->proven & bit) || pairs_comparison(cell) == COMPARISON_CONTROL)
        return 0;
    function->proven |= bit;
    int error = pairs_comparison(cell) == COMPARISON_CHANGE
                    ? prove_function(&function->old, function->overlaps, seed, fault)
                    : 0;
    return error ? error : prove_function(other_of(cell), function->overlaps, seed, fault);
}

/* In this cell's own size and place: sizes beyond those of the checks take other ways. */
static int prove_here(const struct copies *copies, const struct kernel *kernel, struct fault *fault)
{
    pair_spoil(&copies->proof, kernel);
    copies_run(copies, kernel->run, 1);
    return pair_verify(&copies->proof, kernel, fault);
}

static int prove(struct trial *trial, struct fault *fault)
{
    int error = prove_here(trial->state, trial->cell->kernel, fault);
    return error ? error : prove_here(trial->state, other_of(trial->cell), fault);
}

static void pairs_release(struct trial *trial)
{
    copies_free(trial->state);
    free(trial->state);
}

/* Nothing is run before it is proven. */
static int pairs_prepare(struct trial *trial, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    bool proves = ((const struct pairs *)cell->benchmark)->proves;
    int error = proves ? prove_functions(cell, trial->seed, fault) : 0;
    if (error)
        return error;
    struct copies *copies = calloc(1, sizeof *copies);
    if (!copies)
        return fail(fault, ENOMEM, "no memory for a pair");
    error = copies_take(copies, trial, temperature_of(cell), fault);
    if (error) {
        free(copies);
        return error;
    }
    trial->state = copies;
    error = proves ? prove(trial, fault) : 0;
    if (error)
        pairs_release(trial);
    return error;
}

bool pairs_new_first(const struct visit *visit, unsigned pair)
{
    return (unsigned)visit->reports[0] >> pair & 1;
}

void pairs_describe(struct pairs *pairs)
{
    memcpy(pairs->axes, pairs_axes, sizeof pairs->axes);
    pairs->axes[PAIRS_FUNCTION].words = pairs->names;
    for (size_t profile = 0; profile < PROFILES; profile++)
        pairs->axes[PAIRS_FUNCTION].range[profile] = pairs->all_names;
    pairs->benchmark = (struct benchmark){
        .name = "pairs",
        .summary = "Is the new build slower than the old one?",
        .claim = "",
        .axes = pairs->axes,
        .axis_count = PAIRS_AXES,
        .plan = pairs_plan,
        .prepare = pairs_prepare,
        .restore = pairs_restore,
        .run = pairs_run_one,
        .sample = pairs_sample,
        .release = pairs_release,
    };
}
