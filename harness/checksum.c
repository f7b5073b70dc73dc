#include "harness/checksum.h"

#include <string.h>

#include "arch/generic/word.h"

enum { WORD = sizeof(machine_word) };

/* To 32 bits, by carrying around; a sum in 32 bits stays one in 16. */
static uint32_t fold(uint64_t sum)
{
    sum = (sum & UINT32_MAX) + (sum >> 32);
    return (uint32_t)((sum & UINT32_MAX) + (sum >> 32));
}

/* Of bytes that start at the other byte of a 16-bit word. */
static uint32_t swap_parity(uint32_t sum)
{
    return sum << 8 | sum >> 24;
}

/* A few bytes, less than a machine word. */
static uint32_t sum_bytes(const unsigned char *bytes, size_t count)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i += 2) {
        unsigned char both[2] = {bytes[i], i + 1 < count ? bytes[i + 1] : 0};
        uint16_t word;
        memcpy(&word, both, sizeof word);
        sum += word;
    }
    return sum;
}

/* 2^32 words can be added before the halves overflow. */
static uint32_t sum_words(const unsigned char *bytes, size_t count)
{
    const machine_word *words = (const machine_word *)(const void *)bytes;
    uint64_t low = 0, high = 0;
#pragma GCC unroll 4
    for (size_t i = 0; i < count; i++) {
        low += (uint32_t)words[i];
        high += (uint64_t)words[i] >> 32;
    }
    return fold((uint64_t)fold(low) + fold(high));
}

/* dst as aligned as it is known to be: where unaligned stores are dear, that is what matters. */
static inline __attribute__((always_inline)) uint32_t
move_words(unsigned char *restrict dst, const unsigned char *restrict src, size_t count)
{
    const machine_word *words = (const machine_word *)(const void *)src;
    uint64_t low = 0, high = 0;
#pragma GCC unroll 4
    for (size_t i = 0; i < count; i++) {
        machine_word word = words[i];
        memcpy(dst + i * WORD, &word, WORD);
        low += (uint32_t)word;
        high += (uint64_t)word >> 32;
    }
    return fold((uint64_t)fold(low) + fold(high));
}

struct parts { /* of a run: bytes up to the first aligned word, words, the bytes that are left */
    size_t head, words, body, tail;
};

static struct parts split(const unsigned char *bytes, size_t count)
{
    struct parts parts = {.head = -(uintptr_t)bytes % WORD};
    if (parts.head > count)
        parts.head = count;
    parts.words = (count - parts.head) / WORD;
    parts.body = parts.words * WORD;
    parts.tail = count - parts.head - parts.body;
    return parts;
}

/* Puts the parts' sums together. */
static uint32_t join(uint32_t sum, uint32_t head, size_t head_bytes, uint32_t body, uint32_t tail,
                     bool odd)
{
    uint32_t rest = fold((uint64_t)body + tail);
    uint32_t run = fold((uint64_t)head + (head_bytes % 2 ? swap_parity(rest) : rest));
    return fold((uint64_t)sum + (odd ? swap_parity(run) : run));
}

uint32_t checksum_add(uint32_t sum, const void *bytes, size_t count, bool odd)
{
    const unsigned char *from = bytes;
    struct parts parts = split(from, count);
    uint32_t head = sum_bytes(from, parts.head);
    uint32_t body = sum_words(from + parts.head, parts.words);
    uint32_t tail = sum_bytes(from + parts.head + parts.body, parts.tail);
    return join(sum, head, parts.head, body, tail, odd);
}

uint32_t checksum_copy(uint32_t sum, void *restrict dst, const void *restrict src, size_t count,
                       bool odd)
{
    const unsigned char *from = src;
    unsigned char *to = dst;
    struct parts parts = split(from, count);
    uint32_t head = sum_bytes(from, parts.head);
    memcpy(to, from, parts.head);
    from += parts.head;
    to += parts.head;
    uint32_t body = (uintptr_t)to % WORD == 0
                        ? move_words(__builtin_assume_aligned(to, WORD), from, parts.words)
                        : move_words(to, from, parts.words);
    from += parts.body;
    to += parts.body;
    uint32_t tail = sum_bytes(from, parts.tail);
    memcpy(to, from, parts.tail);
    return join(sum, head, parts.head, body, tail, odd);
}

uint16_t checksum_finish(uint32_t sum)
{
    sum = (sum & UINT16_MAX) + (sum >> 16);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    return (uint16_t)~sum;
}
