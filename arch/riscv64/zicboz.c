/*
 * Zeroes by whole blocks, mostly cache lines, without reading them first.
 *
 * Strategy: cbo.zero on every block that lies within dst, sd before and after. The block's size
 * comes from outside the kernel's section: user space can't read it from the CPU.
 */
#include "arch/riscv64/zicboz.h"

#include "arch/kernel.h"
#include "arch/riscv64/words.h"

KERNEL_FUNCTION(zero_cbo)
{
    (void)src;
    size_t block_bytes = zicboz_block_bytes();
    unsigned char *to = dst;
    size_t head = -(uintptr_t)to & (block_bytes - 1);
    if (head > bytes) {
        head = bytes;
    }
    fill_words(to, 0, head);
    to += head;
    bytes -= head;
    for (; bytes >= block_bytes; bytes -= block_bytes, to += block_bytes) {
        /* cbo.zero: older assemblers lack its name */
        __asm__ volatile(".insn i 0x0f, 2, x0, %[block], 0x004" : : [block] "r"(to) : "memory");
    }
    fill_words(to, 0, bytes);
    return dst;
}
KERNEL(zero_cbo, KERNEL_ZERO, "zicboz", 1, 8, "cbo.zero, sd at both ends");
