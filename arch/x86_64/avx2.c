/*
 * AVX2: vectors of 32 bytes, four a step. The loops stand in arch/x86_64/vector.h, the kernels and
 * their strategies in arch/x86_64/vector_kernels.h. The wide
 * registers are left clean (vzeroupper).
 */
#define VECTOR "ymm"
#define WIDTH 32
#define LOAD "vmovdqu"
#define STORE "vmovdqu"
#define LEAVE "vzeroupper\n\t"
#define SPREAD                                                                                     \
    "vmovq %[word], %%xmm0\n\t"                                                                    \
    "vpbroadcastq %%xmm0, %%ymm0\n\t"                                                              \
    "vmovdqa %%ymm0, %%ymm1\n\t"                                                                   \
    "vmovdqa %%ymm0, %%ymm2\n\t"                                                                   \
    "vmovdqa %%ymm0, %%ymm3\n\t"
#define CLEAR(index) "vpxor %%ymm" #index ", %%ymm" #index ", %%ymm" #index "\n\t"
#define FOLD(index) "vpxor " #index "*32(%[source]), %%ymm" #index ", %%ymm" #index "\n\t"
#define JOIN(index) "vpxor %%ymm" #index ", %%ymm0, %%ymm0\n\t"
#include "arch/x86_64/vector.h"

#define PREFETCHT0                                                                                 \
    "prefetcht0 512(%[from])\n\t"                                                                  \
    "prefetcht0 576(%[from])\n\t"
#define PREFETCHNTA                                                                                \
    "prefetchnta 512(%[from])\n\t"                                                                 \
    "prefetchnta 576(%[from])\n\t"

#define FAMILY avx2
#define TITLE "AVX2"
#define NEEDS "avx2"
#define LOAD_ALIGNED "vmovdqa"
#define STORE_ALIGNED "vmovdqa"
#define STORE_NONTEMPORAL "vmovntdq"
#include "arch/x86_64/vector_kernels.h"
