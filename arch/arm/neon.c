/*
 * Copy, fill and read by NEON: vld1/vst1 of four doubles.
 *
 * Strategy: 64 bytes an iteration at any alignment (.8 elements). In-order cores such as Cortex-A8
 * and -A7 prefetch little by themselves, so the copy comes with several pld distances; pld never
 * faults. The two-pass copy fills a buffer that stays in L1 and then empties it, so that DRAM sees
 * a run of reads and then a run of writes instead of both mixed.
 */
#include "arch/arm/blocks.h"
#include "arch/kernel.h"

#define PASS_BYTES 2048

/* Compiled for the base architecture: the assembler alone has to know the extension. */
#define NEON ".fpu neon\n"

#define COPY_BLOCKS_NEON(prefetch)                                                                 \
    __asm__ volatile(NEON "1: " prefetch "\n"                                                      \
                          "   vld1.8  {d0-d3}, [%[src]]!\n"                                        \
                          "   vld1.8  {d4-d7}, [%[src]]!\n"                                        \
                          "   subs    %[bytes], %[bytes], #64\n"                                   \
                          "   vst1.8  {d0-d3}, [%[dst]]!\n"                                        \
                          "   vst1.8  {d4-d7}, [%[dst]]!\n"                                        \
                          "   bne     1b\n"                                                        \
                     : [dst] "+r"(dst), [src] "+r"(src), [bytes] "+r"(bytes)                       \
                     :                                                                             \
                     : "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "cc", "memory")

INLINED void copy_blocks_neon(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    COPY_BLOCKS_NEON("");
}

KERNEL_FUNCTION(copy_neon)
{
    return copy_in_blocks(dst, src, bytes, copy_blocks_neon);
}
KERNEL(copy_neon, KERNEL_COPY, "neon", 1, 1, "vld1/vst1 of four doubles");

#define COPY_NEON_PLD(distance)                                                                    \
    INLINED void copy_blocks_pld##distance(unsigned char *dst, const unsigned char *src,           \
                                           size_t bytes)                                           \
    {                                                                                              \
        COPY_BLOCKS_NEON("pld [%[src], #" #distance "]");                                          \
    }                                                                                              \
    KERNEL_FUNCTION(copy_neon_pld##distance)                                                       \
    {                                                                                              \
        return copy_in_blocks(dst, src, bytes, copy_blocks_pld##distance);                         \
    }                                                                                              \
    KERNEL(copy_neon_pld##distance, KERNEL_COPY, "neon", 1, 1,                                     \
           "vld1/vst1 of four doubles, pld " #distance " bytes ahead")

COPY_NEON_PLD(64);
COPY_NEON_PLD(128);
COPY_NEON_PLD(256);
COPY_NEON_PLD(512);

INLINED void copy_blocks_twopass(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    unsigned char pass[PASS_BYTES] __attribute__((aligned(64)));
    for (size_t done = 0; done < bytes; done += PASS_BYTES) {
        size_t left = bytes - done;
        size_t pass_bytes = left < PASS_BYTES ? left : PASS_BYTES;
        copy_blocks_neon(pass, src + done, pass_bytes);
        copy_blocks_neon(dst + done, pass, pass_bytes);
    }
}

KERNEL_FUNCTION(copy_neon_twopass)
{
    return copy_in_blocks(dst, src, bytes, copy_blocks_twopass);
}
KERNEL(copy_neon_twopass, KERNEL_COPY, "neon", 1, 1,
       "vld1/vst1 of four doubles through a buffer of 2 KiB");

INLINED void copy_blocks_backward(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    const unsigned char *from = src + bytes - 32;
    unsigned char *to = dst + bytes - 32;
    __asm__ volatile(NEON "1: vld1.8  {d0-d3}, [%[from]], %[step]\n"
                          "   vld1.8  {d4-d7}, [%[from]], %[step]\n"
                          "   subs    %[bytes], %[bytes], #64\n"
                          "   vst1.8  {d0-d3}, [%[to]], %[step]\n"
                          "   vst1.8  {d4-d7}, [%[to]], %[step]\n"
                          "   bne     1b\n"
                     : [to] "+r"(to), [from] "+r"(from), [bytes] "+r"(bytes)
                     : [step] "r"(-32)
                     : "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "cc", "memory");
}

KERNEL_FUNCTION(copy_neon_backward)
{
    size_t rest = bytes % BLOCK_BYTES;
    if (bytes > rest) {
        copy_blocks_backward((unsigned char *)dst + rest, (const unsigned char *)src + rest,
                             bytes - rest);
    }
    copy_short(dst, src, rest);
    return dst;
}
KERNEL(copy_neon_backward, KERNEL_COPY, "neon", 1, 1,
       "vld1/vst1 of four doubles from the end to the start");

INLINED void fill_blocks_neon(unsigned char *dst, uint32_t pattern, size_t bytes)
{
    __asm__ volatile(NEON "   vdup.32 q0, %[pattern]\n"
                          "   vmov    q1, q0\n"
                          "1: vst1.8  {d0-d3}, [%[dst]]!\n"
                          "   subs    %[bytes], %[bytes], #64\n"
                          "   vst1.8  {d0-d3}, [%[dst]]!\n"
                          "   bne     1b\n"
                     : [dst] "+r"(dst), [bytes] "+r"(bytes)
                     : [pattern] "r"(pattern)
                     : "d0", "d1", "d2", "d3", "cc", "memory");
}

KERNEL_FUNCTION(fill_neon)
{
    return fill_in_blocks(dst, fill_pattern(src), bytes, fill_blocks_neon);
}
KERNEL(fill_neon, KERNEL_FILL, "neon", 1, 1, "vst1 of four doubles");

INLINED uint32_t read_blocks_neon(const unsigned char *src, size_t bytes)
{
    uint32_t sum;
    uint32_t other;
    __asm__ volatile(NEON "   vmov.i8 q4, #0\n"
                          "   vmov.i8 q5, #0\n"
                          "   vmov.i8 q6, #0\n"
                          "   vmov.i8 q7, #0\n"
                          "1: vld1.8  {d0-d3}, [%[src]]!\n"
                          "   vld1.8  {d4-d7}, [%[src]]!\n"
                          "   veor    q4, q4, q0\n"
                          "   veor    q5, q5, q1\n"
                          "   veor    q6, q6, q2\n"
                          "   veor    q7, q7, q3\n"
                          "   subs    %[bytes], %[bytes], #64\n"
                          "   bne     1b\n"
                          "   veor    q4, q4, q5\n"
                          "   veor    q6, q6, q7\n"
                          "   veor    q4, q4, q6\n"
                          "   veor    d8, d8, d9\n"
                          "   vmov    %[sum], %[other], d8\n"
                     : [src] "+r"(src), [bytes] "+r"(bytes), [sum] "=r"(sum), [other] "=r"(other)
                     :
                     : "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9", "d10", "d11",
                       "d12", "d13", "d14", "d15", "cc", "memory");
    return sum ^ other;
}

KERNEL_FUNCTION(read_neon)
{
    size_t rest = bytes % BLOCK_BYTES;
    const unsigned char *from = src;
    uint32_t sum = bytes > rest ? read_blocks_neon(from, bytes - rest) : 0;
    *(unsigned char *)dst = read_rest(sum, from + bytes - rest, rest);
    return dst;
}
KERNEL(read_neon, KERNEL_READ, "neon", 1, 1, "vld1 of four doubles");
