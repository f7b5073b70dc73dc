#include "harness/histogram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LEADING_BITS = 8, ROOM_FIRST = 16 };

static uint64_t bucket(uint64_t key)
{
    unsigned dropped = 0;
    while (key >> dropped >> LEADING_BITS)
        dropped++;
    return key >> dropped << dropped;
}

/* The first bin whose key is not below. */
static size_t find_bin(const struct histogram *histogram, uint64_t key)
{
    size_t low = 0, high = histogram->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (histogram->bins[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Buckets are in the order of their keys. */
static void coarsen(struct histogram *histogram)
{
    size_t kept = 0;
    for (size_t i = 0; i < histogram->count; i++) {
        struct histogram_bin bin = {bucket(histogram->bins[i].key), histogram->bins[i].count};
        if (kept && histogram->bins[kept - 1].key == bin.key)
            histogram->bins[kept - 1].count += bin.count;
        else
            histogram->bins[kept++] = bin;
    }
    histogram->count = kept;
    histogram->coarse = true;
}

static int make_room(struct histogram *histogram, struct fault *fault)
{
    if (histogram->count < histogram->room)
        return 0;
    size_t room = histogram->room ? histogram->room * 2 : ROOM_FIRST;
    struct histogram_bin *bins = realloc(histogram->bins, room * sizeof *bins);
    if (!bins)
        return fail(fault, ENOMEM, "no memory for a histogram of %zu bins", room);
    histogram->bins = bins;
    histogram->room = room;
    return 0;
}

int histogram_add(struct histogram *histogram, uint64_t key, uint64_t count, struct fault *fault)
{
    if (count == 0)
        return 0;
    if (histogram->coarse)
        key = bucket(key);
    size_t at = find_bin(histogram, key);
    if (at < histogram->count && histogram->bins[at].key == key) {
        histogram->bins[at].count += count;
        return 0;
    }
    if (histogram->count == HISTOGRAM_BINS_MAX) {
        coarsen(histogram);
        return histogram_add(histogram, key, count, fault);
    }
    int error = make_room(histogram, fault);
    if (error)
        return error;
    struct histogram_bin *bin = &histogram->bins[at];
    memmove(bin + 1, bin, (histogram->count - at) * sizeof *bin);
    *bin = (struct histogram_bin){key, count};
    histogram->count++;
    return 0;
}

int histogram_merge(struct histogram *histogram, const struct histogram_bin *bins, size_t count,
                    struct fault *fault)
{
    int error = 0;
    for (size_t i = 0; !error && i < count; i++)
        error = histogram_add(histogram, bins[i].key, bins[i].count, fault);
    return error;
}

void histogram_clear(struct histogram *histogram)
{
    histogram->count = 0;
    histogram->coarse = false;
}

void histogram_free(struct histogram *histogram)
{
    free(histogram->bins);
    *histogram = (struct histogram){0};
}
