#include "harness/distribution.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static int compare_items(const void *left, const void *right)
{
    const struct distribution_item *a = left, *b = right;
    return (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

/* By cumulative shares, so that rare sizes together are as frequent as they ought to be. */
static void apportion(struct distribution *distribution)
{
    double total = 0, below = 0;
    size_t dealt = 0;
    for (size_t i = 0; i < distribution->count; i++)
        total += distribution->items[i].weight;
    for (size_t i = 0; i < distribution->count; i++) {
        below += distribution->items[i].weight;
        size_t upto = i + 1 == distribution->count
                          ? DISTRIBUTION_DEALT
                          : (size_t)lround(below / total * DISTRIBUTION_DEALT);
        distribution->items[i].dealt = upto - dealt;
        dealt = upto;
    }
}

int distribution_make(struct distribution *distribution, struct distribution_item *items,
                      size_t count, struct fault *fault)
{
    qsort(items, count, sizeof *items, compare_items);
    for (size_t i = 1; i < count; i++)
        if (items[i].bytes == items[i - 1].bytes) {
            size_t bytes = items[i].bytes;
            free(items);
            return fail(fault, EINVAL, "%zu bytes are given twice", bytes);
        }
    *distribution = (struct distribution){items, count};
    apportion(distribution);
    return 0;
}

void distribution_free(struct distribution *distribution)
{
    free(distribution->items);
    *distribution = (struct distribution){0};
}

static double weight_uniform(size_t bytes)
{
    (void)bytes;
    return 1;
}

static double weight_log_uniform(size_t bytes)
{
    return log1p(1 / (double)bytes);
}

static int make_range(struct distribution *distribution, size_t least, size_t most,
                      double (*weight)(size_t bytes), struct fault *fault)
{
    size_t count = most - least + 1;
    struct distribution_item *items = calloc(count, sizeof *items);
    if (!items)
        return fail(fault, ENOMEM, "no memory for a distribution of %zu sizes", count);
    for (size_t i = 0; i < count; i++)
        items[i] = (struct distribution_item){.bytes = least + i, .weight = weight(least + i)};
    return distribution_make(distribution, items, count, fault);
}

int distribution_uniform(struct distribution *distribution, size_t least, size_t most,
                         struct fault *fault)
{
    return make_range(distribution, least, most, weight_uniform, fault);
}

int distribution_log_uniform(struct distribution *distribution, size_t least, size_t most,
                             struct fault *fault)
{
    return make_range(distribution, least, most, weight_log_uniform, fault);
}

int distribution_imix(struct distribution *distribution, struct fault *fault)
{
    static const struct distribution_item mix[] = {{64, 7, 0}, {570, 4, 0}, {1518, 1, 0}};
    enum { SIZES = sizeof mix / sizeof *mix };
    struct distribution_item *items = calloc(SIZES, sizeof *items);
    if (!items)
        return fail(fault, ENOMEM, "no memory for a distribution of %d sizes", SIZES);
    for (size_t i = 0; i < SIZES; i++)
        items[i] = mix[i];
    return distribution_make(distribution, items, SIZES, fault);
}

double distribution_mean(const struct distribution *distribution)
{
    double sum = 0;
    for (size_t i = 0; i < distribution->count; i++)
        sum += (double)distribution->items[i].bytes * (double)distribution->items[i].dealt;
    return sum / DISTRIBUTION_DEALT;
}

size_t distribution_largest(const struct distribution *distribution)
{
    size_t largest = 0;
    for (size_t i = 0; i < distribution->count; i++)
        if (distribution->items[i].dealt)
            largest = distribution->items[i].bytes;
    return largest;
}

void distribution_deal(const struct distribution *distribution, struct random *random,
                       size_t *sizes)
{
    size_t dealt = 0;
    for (size_t i = 0; i < distribution->count; i++)
        for (size_t j = 0; j < distribution->items[i].dealt; j++)
            sizes[dealt++] = distribution->items[i].bytes;
    random_shuffle(random, sizes, dealt);
}
