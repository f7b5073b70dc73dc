/*
 * What is shorter than one block of a vector loop. All loops share these paths, so that kernels
 * differ in their loops only. Two accesses, one at either end, meet or overlap in the middle; so a
 * size takes a handful of branches and no byte loop.
 */
#ifndef COPYCOST_ARCH_X86_64_SHORT_H
#define COPYCOST_ARCH_X86_64_SHORT_H

#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* Unaligned integers: legal in C this way, one plain mov in machine code. */
struct unaligned_16 {
    uint16_t value;
} __attribute__((packed, may_alias));
struct unaligned_32 {
    uint32_t value;
} __attribute__((packed, may_alias));
struct unaligned_64 {
    uint64_t value;
} __attribute__((packed, may_alias));

static ALWAYS_INLINE void copy_16(unsigned char *to, const unsigned char *from)
{
    _mm_storeu_si128((__m128i *)to, _mm_loadu_si128((const __m128i *)from));
}

static ALWAYS_INLINE void *copy_short(void *dst, const void *src, size_t bytes)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    if (bytes >= 16) {
        for (size_t i = 0; 2 * i < bytes; i += 16) {
            copy_16(to + i, from + i);
            copy_16(to + bytes - 16 - i, from + bytes - 16 - i);
        }
    } else if (bytes >= 8) {
        *(struct unaligned_64 *)to = *(const struct unaligned_64 *)from;
        *(struct unaligned_64 *)(to + bytes - 8) = *(const struct unaligned_64 *)(from + bytes - 8);
    } else if (bytes >= 4) {
        *(struct unaligned_32 *)to = *(const struct unaligned_32 *)from;
        *(struct unaligned_32 *)(to + bytes - 4) = *(const struct unaligned_32 *)(from + bytes - 4);
    } else if (bytes >= 2) {
        *(struct unaligned_16 *)to = *(const struct unaligned_16 *)from;
        *(struct unaligned_16 *)(to + bytes - 2) = *(const struct unaligned_16 *)(from + bytes - 2);
    } else if (bytes) {
        *to = *from;
    }
    return dst;
}

/* Eight times the byte at src. */
static ALWAYS_INLINE uint64_t repeat_byte(const void *src)
{
    return UINT64_C(0x0101010101010101) * *(const unsigned char *)src;
}

static ALWAYS_INLINE void *fill_short(void *dst, uint64_t pattern, size_t bytes)
{
    unsigned char *to = dst;
    if (bytes >= 16) {
        __m128i vector = _mm_set1_epi64x((long long)pattern);
        for (size_t i = 0; 2 * i < bytes; i += 16) {
            _mm_storeu_si128((__m128i *)(to + i), vector);
            _mm_storeu_si128((__m128i *)(to + bytes - 16 - i), vector);
        }
    } else if (bytes >= 8) {
        ((struct unaligned_64 *)to)->value = pattern;
        ((struct unaligned_64 *)(to + bytes - 8))->value = pattern;
    } else if (bytes >= 4) {
        ((struct unaligned_32 *)to)->value = (uint32_t)pattern;
        ((struct unaligned_32 *)(to + bytes - 4))->value = (uint32_t)pattern;
    } else if (bytes >= 2) {
        ((struct unaligned_16 *)to)->value = (uint16_t)pattern;
        ((struct unaligned_16 *)(to + bytes - 2))->value = (uint16_t)pattern;
    } else if (bytes) {
        *to = (unsigned char)pattern;
    }
    return dst;
}

/* XOR of the bytes of `lanes` and of [from, from + bytes): what a vector loop left over. */
static ALWAYS_INLINE unsigned char read_short(const uint64_t *lanes, size_t count,
                                              const unsigned char *from, size_t bytes)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum ^= lanes[i];
    }
    for (; bytes >= 8; bytes -= 8, from += 8) {
        sum ^= ((const struct unaligned_64 *)from)->value;
    }
    for (; bytes; bytes--, from++) {
        sum ^= *from;
    }
    sum ^= sum >> 32;
    sum ^= sum >> 16;
    return (unsigned char)(sum ^ sum >> 8);
}

#endif
