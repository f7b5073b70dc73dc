/*
 * Copy by VFP registers: vldm/vstm of eight doubles.
 *
 * Strategy: 64 bytes an iteration by one load and one store. Assumes word-aligned buffers, as vldm
 * does, and d0 to d7 only, which even the smallest VFP has.
 */
#include "arch/arm/blocks.h"
#include "arch/kernel.h"

INLINED void copy_blocks_vfp(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    __asm__ volatile("1: vldmia  %[src]!, {d0-d7}\n"
                     "   subs    %[bytes], %[bytes], #64\n"
                     "   vstmia  %[dst]!, {d0-d7}\n"
                     "   bne     1b\n"
                     : [dst] "+r"(dst), [src] "+r"(src), [bytes] "+r"(bytes)
                     :
                     : "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "cc", "memory");
}

KERNEL_FUNCTION(copy_vfp)
{
    return copy_in_blocks(dst, src, bytes, copy_blocks_vfp);
}
KERNEL(copy_vfp, KERNEL_COPY, "vfp", 1, 4, "vldm/vstm of eight doubles");
