/*
 * Copies by pairs of registers (ldp/stp) or by four vectors at once (ld1/st1).
 *
 * Strategy: 64 bytes an iteration, all loads before the stores; dst and src are taken as they come,
 * without aligning either. What differs is named in each summary. The two-pass copy fills a buffer
 * that stays in L1 and then empties it, so that DRAM sees a run of reads and then a run of writes
 * instead of both mixed.
 */
#include "arch/aarch64/blocks.h"
#include "arch/kernel.h"

#define PASS_BYTES 4096

INLINED void copy_blocks_x(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    __asm__ volatile("1: ldp     x9, x10, [%[src]]\n"
                     "   ldp     x11, x12, [%[src], #16]\n"
                     "   ldp     x13, x14, [%[src], #32]\n"
                     "   ldp     x15, x16, [%[src], #48]\n"
                     "   add     %[src], %[src], #64\n"
                     "   subs    %[bytes], %[bytes], #64\n"
                     "   stp     x9, x10, [%[dst]]\n"
                     "   stp     x11, x12, [%[dst], #16]\n"
                     "   stp     x13, x14, [%[dst], #32]\n"
                     "   stp     x15, x16, [%[dst], #48]\n"
                     "   add     %[dst], %[dst], #64\n"
                     "   b.ne    1b\n"
                     : [dst] "+r"(dst), [src] "+r"(src), [bytes] "+r"(bytes)
                     :
                     : "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "cc", "memory");
}

KERNEL_FUNCTION(copy_x)
{
    return copy_in_blocks(dst, src, bytes, copy_blocks_x);
}
KERNEL(copy_x, KERNEL_COPY, "asimd", 1, 1, "ldp/stp of X registers");

/* The loop of Q registers, whose loads, stores and prefetch are the caller's choice. */
#define COPY_BLOCKS_Q(load, store, prefetch)                                                       \
    __asm__ volatile("1: " prefetch "\n"                                                           \
                     "   " load "    q0, q1, [%[src]]\n"                                           \
                     "   " load "    q2, q3, [%[src], #32]\n"                                      \
                     "   add     %[src], %[src], #64\n"                                            \
                     "   subs    %[bytes], %[bytes], #64\n"                                        \
                     "   " store "    q0, q1, [%[dst]]\n"                                          \
                     "   " store "    q2, q3, [%[dst], #32]\n"                                     \
                     "   add     %[dst], %[dst], #64\n"                                            \
                     "   b.ne    1b\n"                                                             \
                     : [dst] "+r"(dst), [src] "+r"(src), [bytes] "+r"(bytes)                       \
                     :                                                                             \
                     : "v0", "v1", "v2", "v3", "cc", "memory")

INLINED void copy_blocks_q(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    COPY_BLOCKS_Q("ldp", "stp", "");
}

KERNEL_FUNCTION(copy_q)
{
    return copy_in_blocks(dst, src, bytes, copy_blocks_q);
}
KERNEL(copy_q, KERNEL_COPY, "asimd", 1, 1, "ldp/stp of Q registers");

INLINED void copy_blocks_nontemporal(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    COPY_BLOCKS_Q("ldnp", "stnp", "");
}

KERNEL_FUNCTION(copy_q_nontemporal)
{
    return copy_in_blocks(dst, src, bytes, copy_blocks_nontemporal);
}
KERNEL(copy_q_nontemporal, KERNEL_COPY, "asimd", 1, 1, "ldnp/stnp of Q registers");

INLINED void copy_blocks_prefetch(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    COPY_BLOCKS_Q("ldp", "stp", "prfm pldl1strm, [%[src], #512]");
}

KERNEL_FUNCTION(copy_q_prefetch)
{
    return copy_in_blocks(dst, src, bytes, copy_blocks_prefetch);
}
KERNEL(copy_q_prefetch, KERNEL_COPY, "asimd", 1, 1,
       "ldp/stp of Q registers, prfm pldl1strm 512 bytes ahead");

INLINED void copy_blocks_ld1(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    __asm__ volatile("1: ld1     {v0.16b-v3.16b}, [%[src]], #64\n"
                     "   subs    %[bytes], %[bytes], #64\n"
                     "   st1     {v0.16b-v3.16b}, [%[dst]], #64\n"
                     "   b.ne    1b\n"
                     : [dst] "+r"(dst), [src] "+r"(src), [bytes] "+r"(bytes)
                     :
                     : "v0", "v1", "v2", "v3", "cc", "memory");
}

KERNEL_FUNCTION(copy_ld1)
{
    return copy_in_blocks(dst, src, bytes, copy_blocks_ld1);
}
KERNEL(copy_ld1, KERNEL_COPY, "asimd", 1, 1, "ld1/st1 of four vectors");

INLINED void copy_blocks_twopass(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    unsigned char pass[PASS_BYTES] __attribute__((aligned(64)));
    for (size_t done = 0; done < bytes; done += PASS_BYTES) {
        size_t left = bytes - done;
        size_t pass_bytes = left < PASS_BYTES ? left : PASS_BYTES;
        copy_blocks_q(pass, src + done, pass_bytes);
        copy_blocks_q(dst + done, pass, pass_bytes);
    }
}

KERNEL_FUNCTION(copy_q_twopass)
{
    return copy_in_blocks(dst, src, bytes, copy_blocks_twopass);
}
KERNEL(copy_q_twopass, KERNEL_COPY, "asimd", 1, 1,
       "ldp/stp of Q registers through a buffer of 4 KiB");

/* Takes the ends of the ranges. */
INLINED void copy_blocks_backward(unsigned char *dst, const unsigned char *src, size_t bytes)
{
    __asm__ volatile("1: ldp     q0, q1, [%[src], #-32]\n"
                     "   ldp     q2, q3, [%[src], #-64]!\n"
                     "   subs    %[bytes], %[bytes], #64\n"
                     "   stp     q0, q1, [%[dst], #-32]\n"
                     "   stp     q2, q3, [%[dst], #-64]!\n"
                     "   b.ne    1b\n"
                     : [dst] "+r"(dst), [src] "+r"(src), [bytes] "+r"(bytes)
                     :
                     : "v0", "v1", "v2", "v3", "cc", "memory");
}

KERNEL_FUNCTION(copy_q_backward)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    if (bytes < BLOCK_BYTES) {
        copy_short(to, from, bytes);
        return dst;
    }
    size_t rest = bytes % BLOCK_BYTES;
    copy_blocks_backward(to + bytes, from + bytes, bytes - rest);
    if (rest > 0) {
        copy_blocks_backward(to + BLOCK_BYTES, from + BLOCK_BYTES, BLOCK_BYTES);
    }
    return dst;
}
KERNEL(copy_q_backward, KERNEL_COPY, "asimd", 1, 1,
       "ldp/stp of Q registers from the end to the start");
