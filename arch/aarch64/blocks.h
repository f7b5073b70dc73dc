/*
 * What the AArch64 kernels share: short copies and fills, and the walk in blocks of 64 bytes.
 *
 * Assumes what Linux grants on ordinary memory: loads and stores at any address. Whatever is left
 * over after the last whole block is done by one more block that ends where the buffer ends and
 * overlaps the one before, so that there is no tail loop. All of it is inlined: a kernel's section
 * holds all of its code.
 */
#ifndef COPYCOST_ARCH_AARCH64_BLOCKS_H
#define COPYCOST_ARCH_AARCH64_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#define INLINED static inline __attribute__((always_inline))
#define BLOCK_BYTES 64

typedef uint32_t unaligned32 __attribute__((aligned(1), may_alias));
typedef uint64_t unaligned64 __attribute__((aligned(1), may_alias));
typedef uint8_t unaligned128 __attribute__((vector_size(16), aligned(1), may_alias));
typedef struct __attribute__((may_alias)) {
    unaligned128 half[2];
} unaligned256;

/* Handle a multiple of BLOCK_BYTES, at least one. */
typedef void block_copy(unsigned char *dst, const unsigned char *src, size_t bytes);
typedef void block_fill(unsigned char *dst, uint64_t pattern, size_t bytes);

/* One load and store at either end; for sizes of one to two times the type's. */
#define COPY_ENDS(type, dst, src, bytes)                                                           \
    do {                                                                                           \
        *(type *)(dst) = *(const type *)(src);                                                     \
        *(type *)((dst) + (bytes) - sizeof(type)) =                                                \
            *(const type *)((src) + (bytes) - sizeof(type));                                       \
    } while (0)

/* Fewer than BLOCK_BYTES. */
INLINED void copy_short(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    if (bytes >= 32) {
        COPY_ENDS(unaligned256, dst, src, bytes);
    } else if (bytes >= 16) {
        COPY_ENDS(unaligned128, dst, src, bytes);
    } else if (bytes >= 8) {
        COPY_ENDS(unaligned64, dst, src, bytes);
    } else if (bytes >= 4) {
        COPY_ENDS(unaligned32, dst, src, bytes);
    } else if (bytes > 0) {
        dst[0] = src[0];
        dst[bytes / 2] = src[bytes / 2];
        dst[bytes - 1] = src[bytes - 1];
    }
}

INLINED void *copy_in_blocks(void *dst, const void *src, size_t bytes, block_copy *copy_blocks)
{
    if (bytes < BLOCK_BYTES) {
        copy_short(dst, src, bytes);
        return dst;
    }
    size_t rest = bytes % BLOCK_BYTES;
    copy_blocks(dst, src, bytes - rest);
    if (rest > 0) {
        size_t last = bytes - BLOCK_BYTES;
        copy_blocks((unsigned char *)dst + last, (const unsigned char *)src + last, BLOCK_BYTES);
    }
    return dst;
}

/* Fewer than BLOCK_BYTES. */
INLINED void fill_short(unsigned char *dst, uint64_t pattern, size_t bytes)
{
    if (bytes >= 8) {
        for (size_t done = 0; done < bytes - 8; done += 8) {
            *(unaligned64 *)(dst + done) = pattern;
        }
        *(unaligned64 *)(dst + bytes - 8) = pattern;
        return;
    }
    for (size_t done = 0; done < bytes; done++) {
        dst[done] = (unsigned char)pattern;
    }
}

INLINED void *fill_in_blocks(void *dst, uint64_t pattern, size_t bytes, block_fill *fill_blocks)
{
    if (bytes < BLOCK_BYTES) {
        fill_short(dst, pattern, bytes);
        return dst;
    }
    size_t rest = bytes % BLOCK_BYTES;
    fill_blocks(dst, pattern, bytes - rest);
    if (rest > 0) {
        fill_blocks((unsigned char *)dst + bytes - BLOCK_BYTES, pattern, BLOCK_BYTES);
    }
    return dst;
}

/* The byte at src[0], eight times. */
INLINED uint64_t fill_pattern(const void *src)
{
    return *(const unsigned char *)src * UINT64_C(0x0101010101010101);
}

/* stp of Q registers. */
INLINED void fill_blocks_q(unsigned char *dst, uint64_t pattern, size_t bytes)
{
    __asm__ volatile("   dup     v0.2d, %[pattern]\n"
                     "1: subs    %[bytes], %[bytes], #64\n"
                     "   stp     q0, q0, [%[dst]]\n"
                     "   stp     q0, q0, [%[dst], #32]\n"
                     "   add     %[dst], %[dst], #64\n"
                     "   b.ne    1b\n"
                     : [dst] "+r"(dst), [bytes] "+r"(bytes)
                     : [pattern] "r"(pattern)
                     : "v0", "cc", "memory");
}

#endif
