/*
 * Copies in plain C: one byte or one machine word per step, forward and backward, as one would
 * write them by hand. They show what the compiler and the core make of a simple loop.
 *
 * Assumes: built without loop-to-memcpy conversion and without auto-vectorisation (see the
 * Makefile), else these are other kernels than their names say. The word loops ask for aligned
 * buffers, because only then a word access is legal and cheap on every ISA; bytes past the last
 * whole word go one at a time.
 */
#include "arch/generic/word.h"
#include "arch/kernel.h"

KERNEL_FUNCTION(copy_byte_forward)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    for (size_t i = 0; i < bytes; i++) {
        to[i] = from[i];
    }
    return dst;
}
KERNEL(copy_byte_forward, KERNEL_COPY, "", 1, 1, "byte loop in C, the reference");

KERNEL_FUNCTION(copy_byte_backward)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    for (size_t i = bytes; i > 0; i--) {
        to[i - 1] = from[i - 1];
    }
    return dst;
}
KERNEL(copy_byte_backward, KERNEL_COPY, "", 1, 1, "byte loop in C, from the end");

KERNEL_FUNCTION(copy_word_forward)
{
    machine_word *to = dst;
    const machine_word *from = src;
    size_t words = bytes / sizeof *to;
    for (size_t i = 0; i < words; i++) {
        to[i] = from[i];
    }
    for (size_t i = words * sizeof *to; i < bytes; i++) {
        ((unsigned char *)dst)[i] = ((const unsigned char *)src)[i];
    }
    return dst;
}
KERNEL(copy_word_forward, KERNEL_COPY, "", 1, sizeof(machine_word), "word loop in C");

KERNEL_FUNCTION(copy_word_backward)
{
    machine_word *to = dst;
    const machine_word *from = src;
    size_t words = bytes / sizeof *to;
    for (size_t i = bytes; i > words * sizeof *to; i--) {
        ((unsigned char *)dst)[i - 1] = ((const unsigned char *)src)[i - 1];
    }
    for (size_t i = words; i > 0; i--) {
        to[i - 1] = from[i - 1];
    }
    return dst;
}
KERNEL(copy_word_backward, KERNEL_COPY, "", 1, sizeof(machine_word),
       "word loop in C, from the end");

/* Eight words are all loaded before the first is stored, so that the loads can overlap. */
KERNEL_FUNCTION(copy_word_unrolled)
{
    machine_word *to = dst;
    const machine_word *from = src;
    size_t words = bytes / sizeof *to;
    size_t i = 0;
    for (; i + 8 <= words; i += 8) {
        machine_word a = from[i], b = from[i + 1], c = from[i + 2], d = from[i + 3];
        machine_word e = from[i + 4], f = from[i + 5], g = from[i + 6], h = from[i + 7];
        to[i] = a;
        to[i + 1] = b;
        to[i + 2] = c;
        to[i + 3] = d;
        to[i + 4] = e;
        to[i + 5] = f;
        to[i + 6] = g;
        to[i + 7] = h;
    }
    for (; i < words; i++) {
        to[i] = from[i];
    }
    for (i = words * sizeof *to; i < bytes; i++) {
        ((unsigned char *)dst)[i] = ((const unsigned char *)src)[i];
    }
    return dst;
}
KERNEL(copy_word_unrolled, KERNEL_COPY, "", 1, sizeof(machine_word),
       "word loop in C, eight words a step");
