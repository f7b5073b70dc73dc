/*
 * Copies and fills by FEAT_MOPS (Armv8.8-A): prologue, main and epilogue instructions that between
 * them do the whole of it, in steps that the CPU chooses.
 *
 * Assumes nothing about alignment or size. cpyp and its kin allow overlap and choose the direction
 * themselves; cpyfp and its kin go forward only.
 */
#include "arch/kernel.h"

/* Compiled for the base architecture: the assembler alone has to know the extension. */
#define MOPS ".arch_extension mops\n"

KERNEL_FUNCTION(copy_mops)
{
    void *to = dst;
    __asm__ volatile(MOPS "   cpyp    [%[to]]!, [%[src]]!, %[bytes]!\n"
                          "   cpym    [%[to]]!, [%[src]]!, %[bytes]!\n"
                          "   cpye    [%[to]]!, [%[src]]!, %[bytes]!\n"
                     : [to] "+r"(to), [src] "+r"(src), [bytes] "+r"(bytes)
                     :
                     : "cc", "memory");
    return dst;
}
KERNEL(copy_mops, KERNEL_COPY, "mops", 1, 1, "cpyp, cpym, cpye (the CPU chooses the direction)");

KERNEL_FUNCTION(copy_mops_forward)
{
    void *to = dst;
    __asm__ volatile(MOPS "   cpyfp   [%[to]]!, [%[src]]!, %[bytes]!\n"
                          "   cpyfm   [%[to]]!, [%[src]]!, %[bytes]!\n"
                          "   cpyfe   [%[to]]!, [%[src]]!, %[bytes]!\n"
                     : [to] "+r"(to), [src] "+r"(src), [bytes] "+r"(bytes)
                     :
                     : "cc", "memory");
    return dst;
}
KERNEL(copy_mops_forward, KERNEL_COPY, "mops", 1, 1, "cpyfp, cpyfm, cpyfe");

KERNEL_FUNCTION(fill_mops)
{
    void *to = dst;
    uint64_t value = *(const unsigned char *)src;
    __asm__ volatile(MOPS "   setp    [%[to]]!, %[bytes]!, %[value]\n"
                          "   setm    [%[to]]!, %[bytes]!, %[value]\n"
                          "   sete    [%[to]]!, %[bytes]!, %[value]\n"
                     : [to] "+r"(to), [bytes] "+r"(bytes)
                     : [value] "r"(value)
                     : "cc", "memory");
    return dst;
}
KERNEL(fill_mops, KERNEL_FILL, "mops", 1, 1, "setp, setm, sete");
