/*
 * What the ARM kernels share: the walk in blocks of 64 bytes and what is left over after it.
 *
 * Written for A32 and T32 alike: r7 and r11 are frame pointers there and so stay out of the inline
 * assembly. Single words may lie at any address (Linux user space on ARMv7), while ldm, ldrd and
 * vldm want word alignment. All of it is inlined: a kernel's section holds all of its code.
 */
#ifndef COPYCOST_ARCH_ARM_BLOCKS_H
#define COPYCOST_ARCH_ARM_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#define INLINED static inline __attribute__((always_inline))
#define BLOCK_BYTES 64

typedef uint32_t unaligned32 __attribute__((aligned(1), may_alias));

/* Handle a multiple of BLOCK_BYTES, at least one. */
typedef void block_copy(unsigned char *dst, const unsigned char *src, size_t bytes);
typedef void block_fill(unsigned char *dst, uint32_t pattern, size_t bytes);

/* Fewer than BLOCK_BYTES: words, the last of which overlaps the one before. */
INLINED void copy_short(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    if (bytes >= 4) {
        for (size_t done = 0; done < bytes - 4; done += 4) {
            *(unaligned32 *)(dst + done) = *(const unaligned32 *)(src + done);
        }
        *(unaligned32 *)(dst + bytes - 4) = *(const unaligned32 *)(src + bytes - 4);
        return;
    }
    for (size_t done = 0; done < bytes; done++) {
        dst[done] = src[done];
    }
}

INLINED void *copy_in_blocks(void *dst, const void *src, size_t bytes, block_copy *copy_blocks)
{
    size_t rest = bytes % BLOCK_BYTES;
    size_t whole = bytes - rest;
    if (whole > 0) {
        copy_blocks(dst, src, whole);
    }
    copy_short((unsigned char *)dst + whole, (const unsigned char *)src + whole, rest);
    return dst;
}

/* Fewer than BLOCK_BYTES. */
INLINED void fill_short(unsigned char *dst, uint32_t pattern, size_t bytes)
{
    if (bytes >= 4) {
        for (size_t done = 0; done < bytes - 4; done += 4) {
            *(unaligned32 *)(dst + done) = pattern;
        }
        *(unaligned32 *)(dst + bytes - 4) = pattern;
        return;
    }
    for (size_t done = 0; done < bytes; done++) {
        dst[done] = (unsigned char)pattern;
    }
}

INLINED void *fill_in_blocks(void *dst, uint32_t pattern, size_t bytes, block_fill *fill_blocks)
{
    size_t rest = bytes % BLOCK_BYTES;
    size_t whole = bytes - rest;
    if (whole > 0) {
        fill_blocks(dst, pattern, whole);
    }
    fill_short((unsigned char *)dst + whole, pattern, rest);
    return dst;
}

/* The byte at src[0], four times. */
INLINED uint32_t fill_pattern(const void *src)
{
    return *(const unsigned char *)src * UINT32_C(0x01010101);
}

/* XORs the bytes of `sum` and of the rest, fewer than BLOCK_BYTES, into one byte. */
INLINED unsigned char read_rest(uint32_t sum, const unsigned char *src, size_t bytes)
{
    for (; bytes >= 4; bytes -= 4, src += 4) {
        sum ^= *(const unaligned32 *)src;
    }
    for (; bytes > 0; bytes--, src++) {
        sum ^= *src;
    }
    sum ^= sum >> 16;
    sum ^= sum >> 8;
    return (unsigned char)sum;
}

#endif
