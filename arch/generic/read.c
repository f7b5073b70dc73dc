/*
 * Loads only, in plain C, by bytes and by machine words; the XOR of what was loaded keeps the
 * loads alive. Four accumulators in the word loop: one would make each step wait for the last.
 * They assume what arch/generic/copy.c assumes.
 */
#include "arch/generic/word.h"
#include "arch/kernel.h"

KERNEL_FUNCTION(read_byte)
{
    const unsigned char *from = src;
    unsigned char sum = 0;
    for (size_t i = 0; i < bytes; i++) {
        sum ^= from[i];
    }
    *(unsigned char *)dst = sum;
    return dst;
}
KERNEL(read_byte, KERNEL_READ, "", 1, 1, "byte loop in C, XOR of all bytes");

KERNEL_FUNCTION(read_word)
{
    const machine_word *from = src;
    size_t words = bytes / sizeof *from;
    machine_word a = 0, b = 0, c = 0, d = 0;
    size_t i = 0;
    for (; i + 4 <= words; i += 4) {
        a ^= from[i];
        b ^= from[i + 1];
        c ^= from[i + 2];
        d ^= from[i + 3];
    }
    for (; i < words; i++) {
        a ^= from[i];
    }
    a ^= b ^ c ^ d;
    unsigned char sum = 0;
    for (size_t shift = 0; shift < 8 * sizeof a; shift += 8) {
        sum ^= (unsigned char)(a >> shift);
    }
    for (i = words * sizeof *from; i < bytes; i++) {
        sum ^= ((const unsigned char *)src)[i];
    }
    *(unsigned char *)dst = sum;
    return dst;
}
KERNEL(read_word, KERNEL_READ, "", 1, sizeof(machine_word),
       "word loop in C, four accumulators, XOR of all bytes");
