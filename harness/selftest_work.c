#include "harness/selftest_work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/pair.h"

static uint64_t amount_of(const struct trial *trial)
{
    return trial->cell->point[WORK_AMOUNT].number;
}

static int prepare_nothing(struct trial *trial, struct fault *fault)
{
    (void)trial;
    (void)fault;
    return 0;
}

static void release_nothing(struct trial *trial)
{
    (void)trial;
}

/* Deadlines are counted from the first, so that a call that ends late makes the next one shorter.
 */
static void spin_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    const struct clock *clock = trial->environment->clock;
    double ticks_per_call = (double)amount_of(trial) / clock->chosen->ns_per_tick;
    uint64_t begun = clock_ticks(clock);
    for (uint64_t i = 1; i <= calls; i++)
        while ((double)(clock_ticks(clock) - begun) < ticks_per_call * (double)i)
            ;
}

const struct benchmark work_spin = {
    .name = "spin", .prepare = prepare_nothing, .run = spin_run, .release = release_nothing};

static void chain_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    for (uint64_t i = 0; i < calls; i++) {
        core_clock_chain(amount_of(trial));
        clock_ticks(trial->environment->clock); /* else the next chain starts within this one */
    }
}

const struct benchmark work_chain = {
    .name = "chain", .prepare = prepare_nothing, .run = chain_run, .release = release_nothing};

static int copy_prepare(struct trial *trial, struct fault *fault)
{
    struct pair *pair = calloc(1, sizeof *pair);
    if (!pair)
        return fail(fault, ENOMEM, "no memory for the self-test's copy");
    trial->state = pair;
    int error = pair_take(pair, trial, 0, (size_t)amount_of(trial), fault);
    if (error)
        free(pair);
    else
        pair_spoil(pair, trial->cell->kernel);
    return error;
}

static void copy_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    const struct pair *pair = trial->state;
    kernel_function *function = trial->function;
    for (uint64_t i = 0; i < calls; i++)
        function(pair->dst, pair->src, pair->bytes);
}

static int copy_verify(struct trial *trial, struct fault *fault)
{
    return pair_verify(trial->state, trial->cell->kernel, fault);
}

static void copy_release(struct trial *trial)
{
    free(trial->state);
}

const struct benchmark work_copy = {.name = "copy",
                                    .prepare = copy_prepare,
                                    .run = copy_run,
                                    .verify = copy_verify,
                                    .release = copy_release};

enum { TALLY_MAX = 4096 };
static uint64_t tally[TALLY_MAX + 1]; /* the last one: larger sizes */

static void *tally_copy(void *restrict dst, const void *restrict src, size_t bytes)
{
    tally[bytes < TALLY_MAX ? bytes : TALLY_MAX]++;
    return memcpy(dst, src, bytes);
}

const struct kernel work_tally_kernel = {
    .name = "copy_tally", .needs = "", .granule = 1, .alignment = 1, .run = tally_copy};

uint64_t work_tally_of(size_t bytes)
{
    return tally[bytes < TALLY_MAX ? bytes : TALLY_MAX];
}

uint64_t work_tally_others(size_t bytes)
{
    uint64_t others = 0;
    for (size_t i = 0; i <= TALLY_MAX; i++)
        others += i == bytes ? 0 : tally[i];
    return others;
}

void work_tally_reset(void)
{
    memset(tally, 0, sizeof tally);
}

static void *idle_copy(void *restrict dst, const void *restrict src, size_t bytes)
{
    (void)src;
    (void)bytes;
    return dst;
}

const struct kernel work_idle_kernel = {
    .name = "copy_idle", .needs = "", .granule = 1, .alignment = 1, .run = idle_copy};

struct cell work_cell(const struct benchmark *work, const struct kernel *kernel, uint64_t amount,
                      const struct environment *environment)
{
    return (struct cell){
        .benchmark = work,
        .point = {[WORK_AMOUNT] = {.number = amount}},
        .kernel = kernel,
        .asked = environment->asked,
        .region = REGION_THREAD,
        .members = 1,
        .payload_bytes = amount,
    };
}
