/*
 * Copy, fill, zero and read by ld/sd of X registers.
 *
 * Strategy: one word a step, as the plainest loop in assembly, or eight words, all loads before the
 * stores. Aligned buffers are asked for (see arch/riscv64/words.h).
 */
#include "arch/kernel.h"
#include "arch/riscv64/words.h"

KERNEL_FUNCTION(copy_ld)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    size_t rest = bytes % 8;
    const unsigned char *end = from + (bytes - rest);
    if (from != end) {
        machine_word word;
        __asm__ volatile("1: ld      %[word], 0(%[from])\n"
                         "   addi    %[from], %[from], 8\n"
                         "   sd      %[word], 0(%[to])\n"
                         "   addi    %[to], %[to], 8\n"
                         "   bne     %[from], %[end], 1b\n"
                         : [to] "+r"(to), [from] "+r"(from), [word] "=&r"(word)
                         : [end] "r"(end)
                         : "memory");
    }
    copy_rest(to, from, rest);
    return dst;
}
KERNEL(copy_ld, KERNEL_COPY, "", 1, 8, "ld/sd of one word a step");

KERNEL_FUNCTION(copy_ld_unrolled)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    size_t rest = bytes % BLOCK_BYTES;
    const unsigned char *end = from + (bytes - rest);
    if (from != end) {
        machine_word a, b, c, d, e, f, g, h;
        __asm__ volatile(
            "1: ld      %[a], 0(%[from])\n"
            "   ld      %[b], 8(%[from])\n"
            "   ld      %[c], 16(%[from])\n"
            "   ld      %[d], 24(%[from])\n"
            "   ld      %[e], 32(%[from])\n"
            "   ld      %[f], 40(%[from])\n"
            "   ld      %[g], 48(%[from])\n"
            "   ld      %[h], 56(%[from])\n"
            "   addi    %[from], %[from], 64\n"
            "   sd      %[a], 0(%[to])\n"
            "   sd      %[b], 8(%[to])\n"
            "   sd      %[c], 16(%[to])\n"
            "   sd      %[d], 24(%[to])\n"
            "   sd      %[e], 32(%[to])\n"
            "   sd      %[f], 40(%[to])\n"
            "   sd      %[g], 48(%[to])\n"
            "   sd      %[h], 56(%[to])\n"
            "   addi    %[to], %[to], 64\n"
            "   bne     %[from], %[end], 1b\n"
            : [to] "+r"(to), [from] "+r"(from), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c),
              [d] "=&r"(d), [e] "=&r"(e), [f] "=&r"(f), [g] "=&r"(g), [h] "=&r"(h)
            : [end] "r"(end)
            : "memory");
    }
    copy_rest(to, from, rest);
    return dst;
}
KERNEL(copy_ld_unrolled, KERNEL_COPY, "", 1, 8, "ld/sd of eight words a step");

KERNEL_FUNCTION(fill_sd)
{
    fill_words(dst, word_repeat(*(const unsigned char *)src), bytes);
    return dst;
}
KERNEL(fill_sd, KERNEL_FILL, "", 1, 8, "sd of eight words a step");

KERNEL_FUNCTION(zero_sd)
{
    (void)src;
    fill_words(dst, 0, bytes);
    return dst;
}
KERNEL(zero_sd, KERNEL_ZERO, "", 1, 8, "sd of eight zeros a step");

/* A multiple of BLOCK_BYTES, at least one. Two accumulators: no XOR waits for the one before. */
INLINED machine_word read_blocks(const unsigned char *src, size_t bytes)
{
    const unsigned char *end = src + bytes;
    machine_word sum0 = 0, sum1 = 0;
    machine_word a, b, c, d;
    __asm__ volatile("1: ld      %[a], 0(%[src])\n"
                     "   ld      %[b], 8(%[src])\n"
                     "   ld      %[c], 16(%[src])\n"
                     "   ld      %[d], 24(%[src])\n"
                     "   xor     %[sum0], %[sum0], %[a]\n"
                     "   xor     %[sum1], %[sum1], %[b]\n"
                     "   xor     %[sum0], %[sum0], %[c]\n"
                     "   xor     %[sum1], %[sum1], %[d]\n"
                     "   ld      %[a], 32(%[src])\n"
                     "   ld      %[b], 40(%[src])\n"
                     "   ld      %[c], 48(%[src])\n"
                     "   ld      %[d], 56(%[src])\n"
                     "   addi    %[src], %[src], 64\n"
                     "   xor     %[sum0], %[sum0], %[a]\n"
                     "   xor     %[sum1], %[sum1], %[b]\n"
                     "   xor     %[sum0], %[sum0], %[c]\n"
                     "   xor     %[sum1], %[sum1], %[d]\n"
                     "   bne     %[src], %[end], 1b\n"
                     : [src] "+r"(src), [sum0] "+r"(sum0), [sum1] "+r"(sum1), [a] "=&r"(a),
                       [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d)
                     : [end] "r"(end)
                     : "memory");
    return sum0 ^ sum1;
}

KERNEL_FUNCTION(read_ld)
{
    const unsigned char *from = src;
    size_t rest = bytes % BLOCK_BYTES;
    machine_word sum = bytes > rest ? read_blocks(from, bytes - rest) : 0;
    from += bytes - rest;
    for (; rest >= 8; rest -= 8, from += 8) {
        sum ^= *(const machine_word *)from;
    }
    for (; rest > 0; rest--) {
        sum ^= *from++;
    }
    sum ^= sum >> 32;
    sum ^= sum >> 16;
    sum ^= sum >> 8;
    *(unsigned char *)dst = (unsigned char)sum;
    return dst;
}
KERNEL(read_ld, KERNEL_READ, "", 1, 8, "ld of eight words a step");
