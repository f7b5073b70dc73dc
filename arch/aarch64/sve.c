/*
 * Copy, fill and read by SVE, for any vector length.
 *
 * Strategy: four whole vectors an iteration, then single vectors under a whilelo predicate, which
 * also serves sizes below one vector: no other tail, no short path. A load under a predicate gives
 * zero and never faults in the lanes that are off.
 */
#include "arch/kernel.h"

/* Compiled for the base architecture: the assembler alone has to know the extension. */
#define SVE ".arch_extension sve\n"

KERNEL_FUNCTION(copy_sve)
{
    void *to = dst;
    size_t step;
    __asm__ volatile(SVE "   cntb    %[step], all, mul #4\n"
                         "   ptrue   p0.b\n"
                         "   b       2f\n"
                         "1: ld1b    {z0.b}, p0/z, [%[src]]\n"
                         "   ld1b    {z1.b}, p0/z, [%[src], #1, mul vl]\n"
                         "   ld1b    {z2.b}, p0/z, [%[src], #2, mul vl]\n"
                         "   ld1b    {z3.b}, p0/z, [%[src], #3, mul vl]\n"
                         "   add     %[src], %[src], %[step]\n"
                         "   sub     %[bytes], %[bytes], %[step]\n"
                         "   st1b    {z0.b}, p0, [%[to]]\n"
                         "   st1b    {z1.b}, p0, [%[to], #1, mul vl]\n"
                         "   st1b    {z2.b}, p0, [%[to], #2, mul vl]\n"
                         "   st1b    {z3.b}, p0, [%[to], #3, mul vl]\n"
                         "   add     %[to], %[to], %[step]\n"
                         "2: cmp     %[bytes], %[step]\n"
                         "   b.hs    1b\n"
                         "3: whilelo p0.b, xzr, %[bytes]\n"
                         "   b.eq    4f\n"
                         "   ld1b    {z0.b}, p0/z, [%[src]]\n"
                         "   incb    %[src]\n"
                         "   st1b    {z0.b}, p0, [%[to]]\n"
                         "   incb    %[to]\n"
                         "   uqdecb  %[bytes]\n"
                         "   b       3b\n"
                         "4:\n"
                     : [to] "+r"(to), [src] "+r"(src), [bytes] "+r"(bytes), [step] "=&r"(step)
                     :
                     : "v0", "v1", "v2", "v3", "p0", "cc", "memory");
    return dst;
}
KERNEL(copy_sve, KERNEL_COPY, "sve", 1, 1, "ld1b/st1b of SVE vectors, predicated tail");

KERNEL_FUNCTION(fill_sve)
{
    void *to = dst;
    uint32_t value = *(const unsigned char *)src;
    size_t step;
    __asm__ volatile(SVE "   cntb    %[step], all, mul #4\n"
                         "   ptrue   p0.b\n"
                         "   mov     z0.b, %w[value]\n"
                         "   b       2f\n"
                         "1: sub     %[bytes], %[bytes], %[step]\n"
                         "   st1b    {z0.b}, p0, [%[to]]\n"
                         "   st1b    {z0.b}, p0, [%[to], #1, mul vl]\n"
                         "   st1b    {z0.b}, p0, [%[to], #2, mul vl]\n"
                         "   st1b    {z0.b}, p0, [%[to], #3, mul vl]\n"
                         "   add     %[to], %[to], %[step]\n"
                         "2: cmp     %[bytes], %[step]\n"
                         "   b.hs    1b\n"
                         "3: whilelo p0.b, xzr, %[bytes]\n"
                         "   b.eq    4f\n"
                         "   st1b    {z0.b}, p0, [%[to]]\n"
                         "   incb    %[to]\n"
                         "   uqdecb  %[bytes]\n"
                         "   b       3b\n"
                         "4:\n"
                     : [to] "+r"(to), [bytes] "+r"(bytes), [step] "=&r"(step)
                     : [value] "r"(value)
                     : "v0", "p0", "cc", "memory");
    return dst;
}
KERNEL(fill_sve, KERNEL_FILL, "sve", 1, 1, "st1b of SVE vectors, predicated tail");

KERNEL_FUNCTION(read_sve)
{
    uint32_t sum;
    size_t step;
    __asm__ volatile(SVE "   cntb    %[step], all, mul #4\n"
                         "   ptrue   p1.b\n"
                         "   mov     z4.b, #0\n"
                         "   mov     z5.b, #0\n"
                         "   mov     z6.b, #0\n"
                         "   mov     z7.b, #0\n"
                         "   b       2f\n"
                         "1: ld1b    {z0.b}, p1/z, [%[src]]\n"
                         "   ld1b    {z1.b}, p1/z, [%[src], #1, mul vl]\n"
                         "   ld1b    {z2.b}, p1/z, [%[src], #2, mul vl]\n"
                         "   ld1b    {z3.b}, p1/z, [%[src], #3, mul vl]\n"
                         "   add     %[src], %[src], %[step]\n"
                         "   sub     %[bytes], %[bytes], %[step]\n"
                         "   eor     z4.d, z4.d, z0.d\n"
                         "   eor     z5.d, z5.d, z1.d\n"
                         "   eor     z6.d, z6.d, z2.d\n"
                         "   eor     z7.d, z7.d, z3.d\n"
                         "2: cmp     %[bytes], %[step]\n"
                         "   b.hs    1b\n"
                         "3: whilelo p0.b, xzr, %[bytes]\n"
                         "   b.eq    4f\n"
                         "   ld1b    {z0.b}, p0/z, [%[src]]\n"
                         "   incb    %[src]\n"
                         "   eor     z4.d, z4.d, z0.d\n"
                         "   uqdecb  %[bytes]\n"
                         "   b       3b\n"
                         "4: eor     z4.d, z4.d, z5.d\n"
                         "   eor     z6.d, z6.d, z7.d\n"
                         "   eor     z4.d, z4.d, z6.d\n"
                         "   eorv    b0, p1, z4.b\n"
                         "   fmov    %w[sum], s0\n"
                     : [src] "+r"(src), [bytes] "+r"(bytes), [step] "=&r"(step), [sum] "=r"(sum)
                     :
                     : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "p0", "p1", "cc", "memory");
    *(unsigned char *)dst = (unsigned char)sum;
    return dst;
}
KERNEL(read_sve, KERNEL_READ, "sve", 1, 1, "ld1b of SVE vectors, predicated tail");
