#include "microbench/pages_chunks.h"

/*
 * An offset into source and destination, by a linear congruential generator (Knuth, The Art of
 * Computer Programming, volume 2, 3.3.4, table 1), whose multiplication hides behind the copy.
 */
static inline size_t next_place(uint64_t *place, uint64_t count, size_t bytes)
{
    *place = *place * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)((*place >> 32) * count >> 32) * bytes;
}

static void warm_caches(const struct chunks *chunks, const struct kernel *kernel,
                        uint64_t caches_bytes)
{
    const struct pair *pair = &chunks->pair;
    bool all = !caches_bytes || caches_bytes > pair->bytes;
    size_t last = (all ? pair->bytes : (size_t)caches_bytes) / chunks->bytes;
    for (size_t i = 0, at = 0; i < last; i++, at += chunks->bytes)
        kernel->run(pair->dst + at, pair->src + at, chunks->bytes);
}

void chunks_begin(struct chunks *chunks, const struct pair *pair, size_t chunk_bytes, uint64_t seed,
                  const struct kernel *kernel, uint64_t caches_bytes)
{
    *chunks = (struct chunks){
        .pair = *pair,
        .bytes = chunk_bytes,
        .count = pair->bytes / chunk_bytes,
        .first = seed,
        .place = seed,
    };
    warm_caches(chunks, kernel, caches_bytes);
    uint64_t place = seed;
    for (unsigned i = 0; i < CHUNKS_PROVEN; i++) {
        size_t at = next_place(&place, chunks->count, chunk_bytes);
        for (size_t byte = at; byte < at + chunk_bytes; byte++)
            pair->dst[byte] = (unsigned char)~pair->src[byte];
    }
}

void chunks_copy(struct chunks *chunks, kernel_function *function, uint64_t calls, bool empty)
{
    unsigned char *dst = chunks->pair.dst;
    const unsigned char *src = chunks->pair.src;
    uint64_t count = chunks->count, place = chunks->place;
    size_t bytes = chunks->bytes;
    for (uint64_t i = 0; i < calls; i++) {
        size_t at = next_place(&place, count, bytes);
        function(dst + at, src + at, bytes);
    }
    chunks->place = place;
    if (!empty)
        chunks->calls =
            calls < CHUNKS_PROVEN - chunks->calls ? chunks->calls + calls : CHUNKS_PROVEN;
}

int chunks_verify(const struct chunks *chunks, const struct kernel *kernel, struct fault *fault)
{
    uint64_t place = chunks->first;
    int error = 0;
    for (uint64_t i = 0; !error && i < chunks->calls; i++) {
        size_t at = next_place(&place, chunks->count, chunks->bytes);
        struct pair copied = {
            .src = chunks->pair.src + at, .dst = chunks->pair.dst + at, .bytes = chunks->bytes};
        error = pair_verify(&copied, kernel, fault);
    }
    return error;
}
