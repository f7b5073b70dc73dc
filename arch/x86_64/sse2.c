/*
 * SSE2: vectors of 16 bytes, four a step. The loops stand in arch/x86_64/vector.h, the kernels and
 * their strategies in arch/x86_64/vector_kernels.h.
 */
#define VECTOR "xmm"
#define WIDTH 16
#define LOAD "movdqu"
#define STORE "movdqu"
#define LEAVE ""
#define SPREAD                                                                                     \
    "movq %[word], %%xmm0\n\t"                                                                     \
    "punpcklqdq %%xmm0, %%xmm0\n\t"                                                                \
    "movdqa %%xmm0, %%xmm1\n\t"                                                                    \
    "movdqa %%xmm0, %%xmm2\n\t"                                                                    \
    "movdqa %%xmm0, %%xmm3\n\t"
#define CLEAR(index) "pxor %%xmm" #index ", %%xmm" #index "\n\t"
#define FOLD(index) "movdqu " #index "*16(%[source]), %%xmm4\n\tpxor %%xmm4, %%xmm" #index "\n\t"
#define JOIN(index) "pxor %%xmm" #index ", %%xmm0\n\t"
#include "arch/x86_64/vector.h"

#define PREFETCHT0 "prefetcht0 512(%[from])\n\t"
#define PREFETCHNTA "prefetchnta 512(%[from])\n\t"

#define FAMILY sse2
#define TITLE "SSE2"
#define NEEDS "sse2"
#define LOAD_ALIGNED "movdqa"
#define STORE_ALIGNED "movdqa"
#define STORE_NONTEMPORAL "movntdq"
#include "arch/x86_64/vector_kernels.h"
