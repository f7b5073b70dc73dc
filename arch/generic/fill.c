/*
 * Fills in plain C, by bytes and by machine words: stores without loads. They assume what
 * arch/generic/copy.c assumes.
 */
#include "arch/generic/word.h"
#include "arch/kernel.h"

KERNEL_FUNCTION(fill_byte)
{
    unsigned char *to = dst;
    unsigned char byte = *(const unsigned char *)src;
    for (size_t i = 0; i < bytes; i++) {
        to[i] = byte;
    }
    return dst;
}
KERNEL(fill_byte, KERNEL_FILL, "", 1, 1, "byte loop in C");

KERNEL_FUNCTION(fill_word)
{
    machine_word *to = dst;
    unsigned char byte = *(const unsigned char *)src;
    machine_word word = word_repeat(byte);
    size_t words = bytes / sizeof *to;
    for (size_t i = 0; i < words; i++) {
        to[i] = word;
    }
    for (size_t i = words * sizeof *to; i < bytes; i++) {
        ((unsigned char *)dst)[i] = byte;
    }
    return dst;
}
KERNEL(fill_word, KERNEL_FILL, "", 1, sizeof(machine_word), "word loop in C");
