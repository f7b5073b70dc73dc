/*
 * Copies that are wrong, each in its way, for tests of what finds them; and one that is right.
 */
#ifndef COPYCOST_MICROBENCH_TEST_WRONG_COPIES_H
#define COPYCOST_MICROBENCH_TEST_WRONG_COPIES_H

#include <stddef.h>
#include <string.h>

static inline void *copy_right(void *restrict dst, const void *restrict src, size_t bytes)
{
    return memcpy(dst, src, bytes);
}

static inline void *copy_nothing(void *restrict dst, const void *restrict src, size_t bytes)
{
    (void)src;
    (void)bytes;
    return dst;
}

static inline void *copy_short(void *restrict dst, const void *restrict src, size_t bytes)
{
    return memcpy(dst, src, bytes - 1);
}

static inline void *copy_late(void *restrict dst, const void *restrict src, size_t bytes)
{
    size_t first = bytes / 2;
    memcpy((char *)dst + first, (const char *)src + first, bytes - first);
    return dst;
}

static inline void *copy_shifted(void *restrict dst, const void *restrict src, size_t bytes)
{
    memcpy(dst, (const char *)src + 1, bytes);
    return dst;
}

#endif
