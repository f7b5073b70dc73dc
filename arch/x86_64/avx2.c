/*
 * AVX2: vectors of 32 bytes, four a step. The loops stand in arch/x86_64/vector.h.
 *
 *   aligned               aligned loads and stores; wants dst and src at multiples of 32
 *   unaligned             the same loop for any alignment
 *   backward              from the end, any alignment
 *   prefetch              unaligned, with prefetcht0 512 bytes ahead
 *   nontemporal           stores that go round the caches, on line boundaries of dst, then sfence
 *   nontemporal_prefetch  the same, with prefetchnta 512 bytes ahead
 *   twopass               by chunks of 4 KiB through a buffer in L1, so that reading and writing
 *                         come in bursts instead of alternating
 *
 * Assumes lines of 64 bytes. What is shorter than a block of 128 bytes takes the paths of
 * arch/x86_64/short.h, the same in every family. The wide registers are left clean (vzeroupper).
 */
#define VECTOR "ymm"
#define WIDTH 32
#define LOAD "vmovdqu"
#define STORE "vmovdqu"
#define LEAVE "vzeroupper\n\t"
#define SPREAD                                                                                     \
    "vmovq %[word], %%xmm0\n\t"                                                                    \
    "vpbroadcastq %%xmm0, %%ymm0\n\t"                                                              \
    "vmovdqa %%ymm0, %%ymm1\n\t"                                                                   \
    "vmovdqa %%ymm0, %%ymm2\n\t"                                                                   \
    "vmovdqa %%ymm0, %%ymm3\n\t"
#define CLEAR(index) "vpxor %%ymm" #index ", %%ymm" #index ", %%ymm" #index "\n\t"
#define FOLD(index) "vpxor " #index "*32(%[source]), %%ymm" #index ", %%ymm" #index "\n\t"
#define JOIN(index) "vpxor %%ymm" #index ", %%ymm0, %%ymm0\n\t"
#include "arch/x86_64/vector.h"

#define PREFETCHT0                                                                                 \
    "prefetcht0 512(%[from])\n\t"                                                                  \
    "prefetcht0 576(%[from])\n\t"
#define PREFETCHNTA                                                                                \
    "prefetchnta 512(%[from])\n\t"                                                                 \
    "prefetchnta 576(%[from])\n\t"

KERNEL_FUNCTION(copy_avx2_aligned)
{
    if (bytes < BLOCK) {
        return copy_short(dst, src, bytes);
    }
    COPY_UP(dst, src, bytes, 0, "vmovdqa", "vmovdqa", "");
    return dst;
}
KERNEL(copy_avx2_aligned, KERNEL_COPY, "avx2", 1, WIDTH, "AVX2 loop, aligned loads and stores");

KERNEL_FUNCTION(copy_avx2_unaligned)
{
    if (bytes < BLOCK) {
        return copy_short(dst, src, bytes);
    }
    COPY_UP(dst, src, bytes, 0, LOAD, STORE, "");
    return dst;
}
KERNEL(copy_avx2_unaligned, KERNEL_COPY, "avx2", 1, 1, "AVX2 loop, any alignment");

KERNEL_FUNCTION(copy_avx2_backward)
{
    if (bytes < BLOCK) {
        return copy_short(dst, src, bytes);
    }
    COPY_DOWN(dst, src, bytes);
    return dst;
}
KERNEL(copy_avx2_backward, KERNEL_COPY, "avx2", 1, 1, "AVX2 loop, from the end");

KERNEL_FUNCTION(copy_avx2_prefetch)
{
    if (bytes < BLOCK) {
        return copy_short(dst, src, bytes);
    }
    COPY_UP(dst, src, bytes, 0, LOAD, STORE, PREFETCHT0);
    return dst;
}
KERNEL(copy_avx2_prefetch, KERNEL_COPY, "avx2", 1, 1, "AVX2 loop, prefetcht0 512 bytes ahead");

KERNEL_FUNCTION(copy_avx2_nontemporal)
{
    if (bytes < BLOCK) {
        return copy_short(dst, src, bytes);
    }
    size_t head = copy_head(dst, src);
    COPY_UP(dst, src, bytes, head, LOAD, "vmovntdq", "");
    _mm_sfence();
    return dst;
}
KERNEL(copy_avx2_nontemporal, KERNEL_COPY, "avx2", 1, 1, "AVX2 loop, non-temporal stores");

KERNEL_FUNCTION(copy_avx2_nontemporal_prefetch)
{
    if (bytes < BLOCK) {
        return copy_short(dst, src, bytes);
    }
    size_t head = copy_head(dst, src);
    COPY_UP(dst, src, bytes, head, LOAD, "vmovntdq", PREFETCHNTA);
    _mm_sfence();
    return dst;
}
KERNEL(copy_avx2_nontemporal_prefetch, KERNEL_COPY, "avx2", 1, 1,
       "AVX2 loop, non-temporal stores, prefetchnta 512 bytes ahead");

KERNEL_FUNCTION(copy_avx2_twopass)
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
KERNEL(copy_avx2_twopass, KERNEL_COPY, "avx2", 1, 1, "AVX2 loop, two passes through 4 KiB in L1");

KERNEL_FUNCTION(fill_avx2)
{
    uint64_t pattern = repeat_byte(src);
    if (bytes < BLOCK) {
        return fill_short(dst, pattern, bytes);
    }
    FILL_UP(dst, bytes, 0, pattern, STORE);
    return dst;
}
KERNEL(fill_avx2, KERNEL_FILL, "avx2", 1, 1, "AVX2 stores, any alignment");

KERNEL_FUNCTION(fill_avx2_nontemporal)
{
    uint64_t pattern = repeat_byte(src);
    if (bytes < BLOCK) {
        return fill_short(dst, pattern, bytes);
    }
    size_t head = fill_head(dst, pattern);
    FILL_UP(dst, bytes, head, pattern, "vmovntdq");
    _mm_sfence();
    return dst;
}
KERNEL(fill_avx2_nontemporal, KERNEL_FILL, "avx2", 1, 1, "AVX2 non-temporal stores");

KERNEL_FUNCTION(read_avx2)
{
    uint64_t lanes[WIDTH / 8];
    const unsigned char *from = src;
    READ_UP(from, from + bytes / BLOCK * BLOCK, lanes);
    *(unsigned char *)dst = read_short(lanes, WIDTH / 8, from, bytes % BLOCK);
    return dst;
}
KERNEL(read_avx2, KERNEL_READ, "avx2", 1, 1, "AVX2 loads, four accumulators, XOR of all bytes");
