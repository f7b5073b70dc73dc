/* The machine word, allowed to alias whatever lies in the buffers. */
#ifndef COPYCOST_ARCH_GENERIC_WORD_H
#define COPYCOST_ARCH_GENERIC_WORD_H

typedef unsigned long __attribute__((may_alias)) machine_word;

/* This many bytes, each the same as `byte`. */
static inline machine_word word_repeat(unsigned char byte)
{
    return (machine_word)-1 / 0xff * byte;
}

#endif
