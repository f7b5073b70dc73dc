/*
 * Reads by pairs of registers: what loads alone can reach.
 *
 * Strategy: 64 bytes an iteration, XORed into four accumulators of X registers or four vectors, so
 * that no chain of dependent XORs is longer than one or two an iteration. The rest goes word by
 * word and byte by byte: an overlapping block would count bytes twice.
 */
#include "arch/aarch64/blocks.h"
#include "arch/kernel.h"

/* XORs the bytes of `sum` and of the rest, fewer than BLOCK_BYTES, into one byte. */
INLINED unsigned char read_rest(uint64_t sum, const unsigned char *src, size_t bytes)
{
    for (; bytes >= 8; bytes -= 8, src += 8) {
        sum ^= *(const unaligned64 *)src;
    }
    for (; bytes > 0; bytes--, src++) {
        sum ^= *src;
    }
    sum ^= sum >> 32;
    sum ^= sum >> 16;
    sum ^= sum >> 8;
    return (unsigned char)sum;
}

INLINED uint64_t read_blocks_x(const unsigned char *src, size_t bytes)
{
    uint64_t sums[4] = {0, 0, 0, 0};
    __asm__ volatile("1: ldp     x9, x10, [%[src]]\n"
                     "   ldp     x11, x12, [%[src], #16]\n"
                     "   ldp     x13, x14, [%[src], #32]\n"
                     "   ldp     x15, x16, [%[src], #48]\n"
                     "   add     %[src], %[src], #64\n"
                     "   subs    %[bytes], %[bytes], #64\n"
                     "   eor     %[sum0], %[sum0], x9\n"
                     "   eor     %[sum1], %[sum1], x10\n"
                     "   eor     %[sum2], %[sum2], x11\n"
                     "   eor     %[sum3], %[sum3], x12\n"
                     "   eor     %[sum0], %[sum0], x13\n"
                     "   eor     %[sum1], %[sum1], x14\n"
                     "   eor     %[sum2], %[sum2], x15\n"
                     "   eor     %[sum3], %[sum3], x16\n"
                     "   b.ne    1b\n"
                     : [src] "+r"(src), [bytes] "+r"(bytes), [sum0] "+r"(sums[0]),
                       [sum1] "+r"(sums[1]), [sum2] "+r"(sums[2]), [sum3] "+r"(sums[3])
                     :
                     : "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "cc", "memory");
    return sums[0] ^ sums[1] ^ sums[2] ^ sums[3];
}

KERNEL_FUNCTION(read_x)
{
    size_t rest = bytes % BLOCK_BYTES;
    const unsigned char *from = src;
    uint64_t sum = bytes > rest ? read_blocks_x(from, bytes - rest) : 0;
    *(unsigned char *)dst = read_rest(sum, from + bytes - rest, rest);
    return dst;
}
KERNEL(read_x, KERNEL_READ, "", 1, 1, "ldp of X registers");

INLINED uint64_t read_blocks_q(const unsigned char *src, size_t bytes)
{
    uint64_t sum;
    __asm__ volatile("   movi    v4.2d, #0\n"
                     "   movi    v5.2d, #0\n"
                     "   movi    v6.2d, #0\n"
                     "   movi    v7.2d, #0\n"
                     "1: ldp     q0, q1, [%[src]]\n"
                     "   ldp     q2, q3, [%[src], #32]\n"
                     "   add     %[src], %[src], #64\n"
                     "   subs    %[bytes], %[bytes], #64\n"
                     "   eor     v4.16b, v4.16b, v0.16b\n"
                     "   eor     v5.16b, v5.16b, v1.16b\n"
                     "   eor     v6.16b, v6.16b, v2.16b\n"
                     "   eor     v7.16b, v7.16b, v3.16b\n"
                     "   b.ne    1b\n"
                     "   eor     v4.16b, v4.16b, v5.16b\n"
                     "   eor     v6.16b, v6.16b, v7.16b\n"
                     "   eor     v4.16b, v4.16b, v6.16b\n"
                     "   ext     v5.16b, v4.16b, v4.16b, #8\n"
                     "   eor     v4.16b, v4.16b, v5.16b\n"
                     "   fmov    %[sum], d4\n"
                     : [src] "+r"(src), [bytes] "+r"(bytes), [sum] "=r"(sum)
                     :
                     : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "cc", "memory");
    return sum;
}

KERNEL_FUNCTION(read_q)
{
    size_t rest = bytes % BLOCK_BYTES;
    const unsigned char *from = src;
    uint64_t sum = bytes > rest ? read_blocks_q(from, bytes - rest) : 0;
    *(unsigned char *)dst = read_rest(sum, from + bytes - rest, rest);
    return dst;
}
KERNEL(read_q, KERNEL_READ, "asimd", 1, 1, "ldp of Q registers");
