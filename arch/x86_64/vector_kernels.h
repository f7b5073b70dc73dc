/*
 * The kernels that every vector family has. Include once in a family's file, after vector.h and:
 *   FAMILY             the word in the kernels' names, such as avx2
 *   TITLE, NEEDS       its name for people and its CPU feature, as strings
 *   LOAD_ALIGNED, STORE_ALIGNED, STORE_NONTEMPORAL    instructions
 *   PREFETCHT0, PREFETCHNTA                           a block's lines, 512 bytes ahead of `from`
 *
 *   aligned               aligned loads and stores; wants dst and src at multiples of the vector
 *   unaligned             the same loop for any alignment
 *   backward              from the end, any alignment
 *   prefetch              unaligned, with prefetcht0 512 bytes ahead
 *   nontemporal           stores that go round the caches, on line boundaries of dst, then sfence
 *   nontemporal_prefetch  the same, with prefetchnta 512 bytes ahead
 *   twopass               by chunks of 4 KiB through a buffer in L1, so that reading and writing
 *                         come in bursts instead of alternating
 *
 * Assumes lines of 64 bytes. What is shorter than a block of four vectors takes the paths of
 * arch/x86_64/short.h, the same in every family.
 */
#define KERNEL_NAME_JOIN(operation, family, variant) operation##_##family##variant
#define KERNEL_NAME_EXPAND(operation, family, variant) KERNEL_NAME_JOIN(operation, family, variant)
#define KERNEL_NAME(operation, variant) KERNEL_NAME_EXPAND(operation, FAMILY, variant)

KERNEL_FUNCTION(KERNEL_NAME(copy, _aligned))
{
    if (bytes < BLOCK) {
        return copy_short(dst, src, bytes);
    }
    COPY_UP(dst, src, bytes, 0, LOAD_ALIGNED, STORE_ALIGNED, "");
    return dst;
}
KERNEL(KERNEL_NAME(copy, _aligned), KERNEL_COPY, NEEDS, 1, WIDTH,
       TITLE " loop, aligned loads and stores");

KERNEL_FUNCTION(KERNEL_NAME(copy, _unaligned))
{
    if (bytes < BLOCK) {
        return copy_short(dst, src, bytes);
    }
    COPY_UP(dst, src, bytes, 0, LOAD, STORE, "");
    return dst;
}
KERNEL(KERNEL_NAME(copy, _unaligned), KERNEL_COPY, NEEDS, 1, 1, TITLE " loop, any alignment");

KERNEL_FUNCTION(KERNEL_NAME(copy, _backward))
{
    if (bytes < BLOCK) {
        return copy_short(dst, src, bytes);
    }
    COPY_DOWN(dst, src, bytes);
    return dst;
}
KERNEL(KERNEL_NAME(copy, _backward), KERNEL_COPY, NEEDS, 1, 1, TITLE " loop, from the end");

KERNEL_FUNCTION(KERNEL_NAME(copy, _prefetch))
{
    if (bytes < BLOCK) {
        return copy_short(dst, src, bytes);
    }
    COPY_UP(dst, src, bytes, 0, LOAD, STORE, PREFETCHT0);
    return dst;
}
KERNEL(KERNEL_NAME(copy, _prefetch), KERNEL_COPY, NEEDS, 1, 1,
       TITLE " loop, prefetcht0 512 bytes ahead");

KERNEL_FUNCTION(KERNEL_NAME(copy, _nontemporal))
{
    if (bytes < BLOCK) {
        return copy_short(dst, src, bytes);
    }
    size_t head = copy_head(dst, src);
    COPY_UP(dst, src, bytes, head, LOAD, STORE_NONTEMPORAL, "");
    _mm_sfence();
    return dst;
}
KERNEL(KERNEL_NAME(copy, _nontemporal), KERNEL_COPY, NEEDS, 1, 1,
       TITLE " loop, non-temporal stores");

KERNEL_FUNCTION(KERNEL_NAME(copy, _nontemporal_prefetch))
{
    if (bytes < BLOCK) {
        return copy_short(dst, src, bytes);
    }
    size_t head = copy_head(dst, src);
    COPY_UP(dst, src, bytes, head, LOAD, STORE_NONTEMPORAL, PREFETCHNTA);
    _mm_sfence();
    return dst;
}
KERNEL(KERNEL_NAME(copy, _nontemporal_prefetch), KERNEL_COPY, NEEDS, 1, 1,
       TITLE " loop, non-temporal stores, prefetchnta 512 bytes ahead");

KERNEL_FUNCTION(KERNEL_NAME(copy, _twopass))
{
    _Alignas(64) unsigned char buffer[4096];
    char *out = dst;
    const char *in = src;
    while (bytes >= BLOCK) {
        size_t chunk = bytes < sizeof buffer ? bytes : sizeof buffer;
        COPY_UP(buffer, in, chunk, 0, LOAD, STORE, "");
        COPY_UP(out, buffer, chunk, 0, LOAD, STORE, "");
        out += chunk;
        in += chunk;
        bytes -= chunk;
    }
    copy_short(out, in, bytes);
    return dst;
}
KERNEL(KERNEL_NAME(copy, _twopass), KERNEL_COPY, NEEDS, 1, 1,
       TITLE " loop, two passes through 4 KiB in L1");

KERNEL_FUNCTION(KERNEL_NAME(fill, ))
{
    uint64_t pattern = repeat_byte(src);
    if (bytes < BLOCK) {
        return fill_short(dst, pattern, bytes);
    }
    FILL_UP(dst, bytes, 0, pattern, STORE);
    return dst;
}
KERNEL(KERNEL_NAME(fill, ), KERNEL_FILL, NEEDS, 1, 1, TITLE " stores, any alignment");

KERNEL_FUNCTION(KERNEL_NAME(fill, _nontemporal))
{
    uint64_t pattern = repeat_byte(src);
    if (bytes < BLOCK) {
        return fill_short(dst, pattern, bytes);
    }
    size_t head = fill_head(dst, pattern);
    FILL_UP(dst, bytes, head, pattern, STORE_NONTEMPORAL);
    _mm_sfence();
    return dst;
}
KERNEL(KERNEL_NAME(fill, _nontemporal), KERNEL_FILL, NEEDS, 1, 1, TITLE " non-temporal stores");

KERNEL_FUNCTION(KERNEL_NAME(read, ))
{
    uint64_t lanes[WIDTH / 8];
    const unsigned char *from = src;
    READ_UP(from, from + bytes / BLOCK * BLOCK, lanes);
    *(unsigned char *)dst = read_short(lanes, WIDTH / 8, from, bytes % BLOCK);
    return dst;
}
KERNEL(KERNEL_NAME(read, ), KERNEL_READ, NEEDS, 1, 1,
       TITLE " loads, four accumulators, XOR of all bytes");
