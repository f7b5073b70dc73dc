/*
 * Fills by pairs of Q registers and by the zeroing of whole cache blocks.
 *
 * Strategy: 64 bytes an iteration, dst as it comes. dc zva zeroes a block (64 bytes on most CPUs,
 * its size is read from DCZID_EL0) without reading it first, which needs an aligned address: the
 * blocks at both ends, which may be partly outside, are filled by stores.
 */
#include "arch/aarch64/blocks.h"
#include "arch/kernel.h"

KERNEL_FUNCTION(fill_q)
{
    return fill_in_blocks(dst, fill_pattern(src), bytes, fill_blocks_q);
}
KERNEL(fill_q, KERNEL_FILL, "asimd", 1, 1, "stp of Q registers");

INLINED void fill_blocks_nontemporal(unsigned char *dst, uint64_t pattern, size_t bytes)
{
    __asm__ volatile("   dup     v0.2d, %[pattern]\n"
                     "1: subs    %[bytes], %[bytes], #64\n"
                     "   stnp    q0, q0, [%[dst]]\n"
                     "   stnp    q0, q0, [%[dst], #32]\n"
                     "   add     %[dst], %[dst], #64\n"
                     "   b.ne    1b\n"
                     : [dst] "+r"(dst), [bytes] "+r"(bytes)
                     : [pattern] "r"(pattern)
                     : "v0", "cc", "memory");
}

KERNEL_FUNCTION(fill_q_nontemporal)
{
    return fill_in_blocks(dst, fill_pattern(src), bytes, fill_blocks_nontemporal);
}
KERNEL(fill_q_nontemporal, KERNEL_FILL, "asimd", 1, 1, "stnp of Q registers");

/* From `first` to `end`, both multiples of block_bytes. */
INLINED void zero_blocks(uintptr_t first, uintptr_t end, size_t block_bytes)
{
    for (uintptr_t block = first; block < end; block += block_bytes) {
        __asm__ volatile("dc zva, %0" : : "r"(block) : "memory");
    }
}

KERNEL_FUNCTION(zero_dczva)
{
    (void)src;
    uint64_t dczid;
    __asm__("mrs %0, dczid_el0" : "=r"(dczid));
    size_t block_bytes = (size_t)4 << (dczid & 15);
    size_t end_bytes = bytes < block_bytes ? bytes : block_bytes;
    fill_in_blocks(dst, 0, end_bytes, fill_blocks_q);
    if (bytes > block_bytes) {
        uintptr_t start = (uintptr_t)dst;
        uintptr_t mask = ~(uintptr_t)(block_bytes - 1);
        zero_blocks((start + block_bytes - 1) & mask, (start + bytes) & mask, block_bytes);
        fill_in_blocks((unsigned char *)dst + bytes - block_bytes, 0, block_bytes, fill_blocks_q);
    }
    return dst;
}
KERNEL(zero_dczva, KERNEL_ZERO, "asimd dczva", 1, 1, "dc zva, stp of Q registers at both ends");
