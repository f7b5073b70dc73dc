/*
 * What the scalar RISC-V kernels share: fills by sd, and what is left over after the last block.
 *
 * Words lie at multiples of eight: a misaligned load or store may be emulated by a trap. All of it
 * is inlined: a kernel's section holds all of its code.
 */
#ifndef COPYCOST_ARCH_RISCV64_WORDS_H
#define COPYCOST_ARCH_RISCV64_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "arch/generic/word.h"

#define INLINED static inline __attribute__((always_inline))
#define BLOCK_BYTES 64 /* eight words a step */

/* Fewer than BLOCK_BYTES. */
INLINED void copy_rest(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    for (; bytes >= 8; bytes -= 8, dst += 8, src += 8) {
        *(machine_word *)dst = *(const machine_word *)src;
    }
    for (; bytes > 0; bytes--) {
        *dst++ = *src++;
    }
}

INLINED void fill_words(unsigned char *dst, machine_word word, size_t bytes)
{
    size_t rest = bytes % BLOCK_BYTES;
    unsigned char *end = dst + (bytes - rest);
    if (dst != end) {
        __asm__ volatile("1: sd      %[word], 0(%[dst])\n"
                         "   sd      %[word], 8(%[dst])\n"
                         "   sd      %[word], 16(%[dst])\n"
                         "   sd      %[word], 24(%[dst])\n"
                         "   sd      %[word], 32(%[dst])\n"
                         "   sd      %[word], 40(%[dst])\n"
                         "   sd      %[word], 48(%[dst])\n"
                         "   sd      %[word], 56(%[dst])\n"
                         "   addi    %[dst], %[dst], 64\n"
                         "   bne     %[dst], %[end], 1b\n"
                         : [dst] "+r"(dst)
                         : [word] "r"(word), [end] "r"(end)
                         : "memory");
    }
    for (; rest >= 8; rest -= 8, dst += 8) {
        *(machine_word *)dst = word;
    }
    for (; rest > 0; rest--) {
        *dst++ = (unsigned char)word;
    }
}

#endif
