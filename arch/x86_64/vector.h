/*
 * The loops of the vector kernels, written once for SSE2, AVX2 and AVX-512. Each is one block of
 * inline assembly, so that every compiler makes the same machine code of it. A file that includes
 * this says before:
 *
 *   VECTOR             "xmm", "ymm" or "zmm"
 *   WIDTH              bytes of one vector, a plain number
 *   LOAD, STORE        the unaligned instructions
 *   LEAVE              what ends the use of wide registers: "vzeroupper\n\t" or ""
 *   SPREAD             see FILL_UP
 *   CLEAR, FOLD, JOIN  see READ_UP
 *
 * A step handles a block of four vectors: all four are loaded before the first is stored. Sizes
 * that are no multiple end in a block that is flush with the buffer's end and overlaps the one
 * before; so every loop wants BLOCK bytes at least.
 */
#ifndef COPYCOST_ARCH_X86_64_VECTOR_H
#define COPYCOST_ARCH_X86_64_VECTOR_H

#include "arch/kernel.h"
#include "arch/x86_64/short.h"

#define BLOCK ((size_t)4 * WIDTH)

#define TEXT_(text) #text
#define TEXT(text) TEXT_(text)
#define AT(index, base) #index "*" TEXT(WIDTH) "(%[" #base "])"
#define LOAD_ONE(load, index, base) load " " AT(index, base) ", %%" VECTOR #index "\n\t"
#define STORE_ONE(store, index, base) store " %%" VECTOR #index ", " AT(index, base) "\n\t"

/* Assembly reads by the line, which the formatter doesn't know. */
/* clang-format off */
#define LOAD_UP(load, base)                                                                        \
    LOAD_ONE(load, 0, base)                                                                        \
    LOAD_ONE(load, 1, base)                                                                        \
    LOAD_ONE(load, 2, base)                                                                        \
    LOAD_ONE(load, 3, base)
#define STORE_UP(store, base)                                                                      \
    STORE_ONE(store, 0, base)                                                                      \
    STORE_ONE(store, 1, base)                                                                      \
    STORE_ONE(store, 2, base)                                                                      \
    STORE_ONE(store, 3, base)
#define LOAD_DOWN(base)                                                                            \
    LOAD_ONE(LOAD, 3, base)                                                                        \
    LOAD_ONE(LOAD, 2, base)                                                                        \
    LOAD_ONE(LOAD, 1, base)                                                                        \
    LOAD_ONE(LOAD, 0, base)
#define STORE_DOWN(base)                                                                           \
    STORE_ONE(STORE, 3, base)                                                                      \
    STORE_ONE(STORE, 2, base)                                                                      \
    STORE_ONE(STORE, 1, base)                                                                      \
    STORE_ONE(STORE, 0, base)

#define REGISTERS "xmm0", "xmm1", "xmm2", "xmm3", "cc", "memory"

/*
 * Copies blocks upwards from byte `start` on, then the last block of the buffer. `load` and `store`
 * are the loop's instructions, `hint` what precedes each block.
 */
#define COPY_UP(dst, src, bytes, start, load, store, hint)                                         \
    do {                                                                                           \
        char *to = (char *)(dst) + (start);                                                        \
        const char *from = (const char *)(src) + (start);                                          \
        __asm__ volatile(                                                                          \
            "jmp 2f\n\t"                                                                           \
            ".p2align 5\n"                                                                         \
            "1:\n\t"                                                                               \
            hint                                                                                   \
            LOAD_UP(load, from)                                                                    \
            STORE_UP(store, to)                                                                    \
            "add %[block], %[from]\n\t"                                                            \
            "add %[block], %[to]\n"                                                                \
            "2:\n\t"                                                                               \
            "cmp %[last_to], %[to]\n\t"                                                            \
            "jb 1b\n\t"                                                                            \
            LOAD_UP(LOAD, last_from)                                                               \
            STORE_UP(STORE, last_to)                                                               \
            LEAVE                                                                                  \
            : [to] "+r"(to), [from] "+r"(from)                                                     \
            : [last_to] "r"((char *)(dst) + (bytes) - BLOCK),                                      \
              [last_from] "r"((const char *)(src) + (bytes) - BLOCK),                              \
              [block] "i"(BLOCK)                                                                   \
            : REGISTERS);                                                                          \
    } while (0)

/* Copies blocks downwards from the end, then the first block. */
#define COPY_DOWN(dst, src, bytes)                                                                 \
    do {                                                                                           \
        char *to = (char *)(dst) + (bytes) - BLOCK;                                                \
        const char *from = (const char *)(src) + (bytes) - BLOCK;                                  \
        __asm__ volatile(                                                                          \
            "jmp 2f\n\t"                                                                           \
            ".p2align 5\n"                                                                         \
            "1:\n\t"                                                                               \
            LOAD_DOWN(from)                                                                        \
            STORE_DOWN(to)                                                                         \
            "sub %[block], %[from]\n\t"                                                            \
            "sub %[block], %[to]\n"                                                                \
            "2:\n\t"                                                                               \
            "cmp %[first_to], %[to]\n\t"                                                           \
            "ja 1b\n\t"                                                                            \
            LOAD_DOWN(first_from)                                                                  \
            STORE_DOWN(first_to)                                                                   \
            LEAVE                                                                                  \
            : [to] "+r"(to), [from] "+r"(from)                                                     \
            : [first_to] "r"(dst), [first_from] "r"(src), [block] "i"(BLOCK)                       \
            : REGISTERS);                                                                          \
    } while (0)

/* Stores `pattern`, upwards like COPY_UP; SPREAD, of the family, brings it into vectors 0 to 3. */
#define FILL_UP(dst, bytes, start, pattern, store)                                                 \
    do {                                                                                           \
        char *to = (char *)(dst) + (start);                                                        \
        __asm__ volatile(                                                                          \
            SPREAD                                                                                 \
            "jmp 2f\n\t"                                                                           \
            ".p2align 5\n"                                                                         \
            "1:\n\t"                                                                               \
            STORE_UP(store, to)                                                                    \
            "add %[block], %[to]\n"                                                                \
            "2:\n\t"                                                                               \
            "cmp %[last_to], %[to]\n\t"                                                            \
            "jb 1b\n\t"                                                                            \
            STORE_UP(STORE, last_to)                                                               \
            LEAVE                                                                                  \
            : [to] "+r"(to)                                                                        \
            : [last_to] "r"((char *)(dst) + (bytes) - BLOCK), [word] "r"(pattern),                 \
              [block] "i"(BLOCK)                                                                   \
            : REGISTERS);                                                                          \
    } while (0)

/*
 * Folds the blocks in [from, end) into four accumulators (a single one would make each load wait
 * for the XOR before it) and those into `lanes`, WIDTH bytes; leaves `from` at `end`. CLEAR, FOLD
 * and JOIN, of the family, zero accumulator `index`, XOR memory into it, and XOR it into the first.
 */
#define READ_UP(from, end, lanes)                                                                  \
    __asm__ volatile(                                                                              \
        CLEAR(0) CLEAR(1) CLEAR(2) CLEAR(3)                                                        \
        "jmp 2f\n\t"                                                                               \
        ".p2align 5\n"                                                                             \
        "1:\n\t"                                                                                   \
        FOLD(0) FOLD(1) FOLD(2) FOLD(3)                                                            \
        "add %[block], %[source]\n"                                                                \
        "2:\n\t"                                                                                   \
        "cmp %[source_end], %[source]\n\t"                                                         \
        "jb 1b\n\t"                                                                                \
        JOIN(1) JOIN(2) JOIN(3)                                                                    \
        STORE " %%" VECTOR "0, %[sum]\n\t"                                                         \
        LEAVE                                                                                      \
        : [source] "+r"(from), [sum] "=m"(lanes)                                                   \
        : [source_end] "r"(end), [block] "i"(BLOCK)                                                \
        : REGISTERS, "xmm4")
/* clang-format on */

/* Non-temporal stores fill whole lines: the bytes up to dst's first line boundary go before. */
static ALWAYS_INLINE size_t copy_head(void *dst, const void *src)
{
    size_t head = -(uintptr_t)dst & 63;
    if (head) {
        copy_short(dst, src, 64);
    }
    return head;
}

static ALWAYS_INLINE size_t fill_head(void *dst, uint64_t pattern)
{
    size_t head = -(uintptr_t)dst & 63;
    if (head) {
        fill_short(dst, pattern, 64);
    }
    return head;
}

#endif
