/*
 * String instructions: the microcode of the CPU chooses how to copy or fill. rep movsb and stosb
 * are fast where the CPU has erms (and for short copies where it has fsrm), but run everywhere.
 * rep movsq moves words of eight bytes; the last word is flush with the end and overlaps.
 *
 * Assumes the direction flag is clear, as the ABI demands.
 */
#include "arch/kernel.h"
#include "arch/x86_64/short.h"

KERNEL_FUNCTION(copy_rep_movsb)
{
    void *to = dst;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(src), "+c"(bytes) : : "memory");
    return dst;
}
KERNEL(copy_rep_movsb, KERNEL_COPY, "", 1, 1, "rep movsb (fast with erms, fsrm)");

KERNEL_FUNCTION(copy_rep_movsq)
{
    if (bytes < 8) {
        return copy_short(dst, src, bytes);
    }
    unsigned char *last_to = (unsigned char *)dst + bytes - 8;
    const unsigned char *last_from = (const unsigned char *)src + bytes - 8;
    void *to = dst;
    size_t words = bytes / 8;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(src), "+c"(words) : : "memory");
    *(struct unaligned_64 *)last_to = *(const struct unaligned_64 *)last_from;
    return dst;
}
KERNEL(copy_rep_movsq, KERNEL_COPY, "", 1, 1, "rep movsq, the last word overlapping");

KERNEL_FUNCTION(fill_rep_stosb)
{
    void *to = dst;
    __asm__ volatile("rep stosb"
                     : "+D"(to), "+c"(bytes)
                     : "a"(*(const unsigned char *)src)
                     : "memory");
    return dst;
}
KERNEL(fill_rep_stosb, KERNEL_FILL, "", 1, 1, "rep stosb (fast with erms)");
