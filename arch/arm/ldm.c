/*
 * Copy, fill and read by core registers: ldm/stm of eight, ldrd/strd of pairs.
 *
 * Strategy: 64 bytes an iteration. These instructions fault on an address that is no multiple of
 * four, so word-aligned buffers are asked for, except by the fill, which aligns dst itself.
 */
#include "arch/arm/blocks.h"
#include "arch/kernel.h"

/* All but those that may hold the frame pointer and those left for the operands. */
#define EIGHT "{r3, r4, r5, r6, r8, r9, r10, r12}"
#define CLOBBER_EIGHT "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12"

INLINED void copy_blocks_ldm(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    __asm__ volatile("1: ldmia   %[src]!, " EIGHT "\n"
                     "   stmia   %[dst]!, " EIGHT "\n"
                     "   ldmia   %[src]!, " EIGHT "\n"
                     "   subs    %[bytes], %[bytes], #64\n"
                     "   stmia   %[dst]!, " EIGHT "\n"
                     "   bne     1b\n"
                     : [dst] "+r"(dst), [src] "+r"(src), [bytes] "+r"(bytes)
                     :
                     : CLOBBER_EIGHT, "cc", "memory");
}

KERNEL_FUNCTION(copy_ldm)
{
    return copy_in_blocks(dst, src, bytes, copy_blocks_ldm);
}
KERNEL(copy_ldm, KERNEL_COPY, "", 1, 4, "ldm/stm of eight registers");

INLINED void copy_blocks_ldrd(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    __asm__ volatile("1: ldrd    r4, r5, [%[src]]\n"
                     "   ldrd    r8, r9, [%[src], #8]\n"
                     "   strd    r4, r5, [%[dst]]\n"
                     "   strd    r8, r9, [%[dst], #8]\n"
                     "   ldrd    r4, r5, [%[src], #16]\n"
                     "   ldrd    r8, r9, [%[src], #24]\n"
                     "   strd    r4, r5, [%[dst], #16]\n"
                     "   strd    r8, r9, [%[dst], #24]\n"
                     "   ldrd    r4, r5, [%[src], #32]\n"
                     "   ldrd    r8, r9, [%[src], #40]\n"
                     "   strd    r4, r5, [%[dst], #32]\n"
                     "   strd    r8, r9, [%[dst], #40]\n"
                     "   ldrd    r4, r5, [%[src], #48]\n"
                     "   ldrd    r8, r9, [%[src], #56]\n"
                     "   add     %[src], %[src], #64\n"
                     "   subs    %[bytes], %[bytes], #64\n"
                     "   strd    r4, r5, [%[dst], #48]\n"
                     "   strd    r8, r9, [%[dst], #56]\n"
                     "   add     %[dst], %[dst], #64\n"
                     "   bne     1b\n"
                     : [dst] "+r"(dst), [src] "+r"(src), [bytes] "+r"(bytes)
                     :
                     : "r4", "r5", "r8", "r9", "cc", "memory");
}

KERNEL_FUNCTION(copy_ldrd)
{
    return copy_in_blocks(dst, src, bytes, copy_blocks_ldrd);
}
KERNEL(copy_ldrd, KERNEL_COPY, "", 1, 4, "ldrd/strd of register pairs");

INLINED void fill_blocks_stm(unsigned char *dst, uint32_t pattern, size_t bytes)
{
    __asm__ volatile("   mov     r3, %[pattern]\n"
                     "   mov     r4, r3\n"
                     "   mov     r5, r3\n"
                     "   mov     r6, r3\n"
                     "   mov     r8, r3\n"
                     "   mov     r9, r3\n"
                     "   mov     r10, r3\n"
                     "   mov     r12, r3\n"
                     "1: stmia   %[dst]!, " EIGHT "\n"
                     "   subs    %[bytes], %[bytes], #64\n"
                     "   stmia   %[dst]!, " EIGHT "\n"
                     "   bne     1b\n"
                     : [dst] "+r"(dst), [bytes] "+r"(bytes)
                     : [pattern] "r"(pattern)
                     : CLOBBER_EIGHT, "cc", "memory");
}

KERNEL_FUNCTION(fill_stm)
{
    uint32_t pattern = fill_pattern(src);
    unsigned char *to = dst;
    for (; bytes > 0 && ((uintptr_t)to & 3) != 0; bytes--) {
        *to++ = (unsigned char)pattern;
    }
    fill_in_blocks(to, pattern, bytes, fill_blocks_stm);
    return dst;
}
KERNEL(fill_stm, KERNEL_FILL, "", 1, 1, "stm of eight registers");

INLINED uint32_t read_blocks_ldm(const unsigned char *src, size_t bytes)
{
    uint32_t sum = 0;
    __asm__ volatile("1: ldmia   %[src]!, " EIGHT "\n"
                     "   eor     r3, r3, r4\n"
                     "   eor     r5, r5, r6\n"
                     "   eor     r8, r8, r9\n"
                     "   eor     r10, r10, r12\n"
                     "   eor     r3, r3, r5\n"
                     "   eor     r8, r8, r10\n"
                     "   eor     r3, r3, r8\n"
                     "   eor     %[sum], %[sum], r3\n"
                     "   subs    %[bytes], %[bytes], #32\n"
                     "   bne     1b\n"
                     : [src] "+r"(src), [bytes] "+r"(bytes), [sum] "+r"(sum)
                     :
                     : CLOBBER_EIGHT, "cc", "memory");
    return sum;
}

KERNEL_FUNCTION(read_ldm)
{
    size_t rest = bytes % BLOCK_BYTES;
    const unsigned char *from = src;
    uint32_t sum = bytes > rest ? read_blocks_ldm(from, bytes - rest) : 0;
    *(unsigned char *)dst = read_rest(sum, from + bytes - rest, rest);
    return dst;
}
KERNEL(read_ldm, KERNEL_READ, "", 1, 4, "ldm of eight registers");
