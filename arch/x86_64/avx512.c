/*
 * AVX-512: vectors of 64 bytes, four a step. The loops stand in arch/x86_64/vector.h, the kernels
 * and their strategies in arch/x86_64/vector_kernels.h. Needs no more than AVX512F. The wide
 * registers are left clean (vzeroupper).
 */
#define VECTOR "zmm"
#define WIDTH 64
#define LOAD "vmovdqu64"
#define STORE "vmovdqu64"
#define LEAVE "vzeroupper\n\t"
#define SPREAD                                                                                     \
    "vpbroadcastq %[word], %%zmm0\n\t"                                                             \
    "vmovdqa64 %%zmm0, %%zmm1\n\t"                                                                 \
    "vmovdqa64 %%zmm0, %%zmm2\n\t"                                                                 \
    "vmovdqa64 %%zmm0, %%zmm3\n\t"
#define CLEAR(index) "vpxorq %%zmm" #index ", %%zmm" #index ", %%zmm" #index "\n\t"
#define FOLD(index) "vpxorq " #index "*64(%[source]), %%zmm" #index ", %%zmm" #index "\n\t"
#define JOIN(index) "vpxorq %%zmm" #index ", %%zmm0, %%zmm0\n\t"
#include "arch/x86_64/vector.h"

#define PREFETCHT0                                                                                 \
    "prefetcht0 512(%[from])\n\t"                                                                  \
    "prefetcht0 576(%[from])\n\t"                                                                  \
    "prefetcht0 640(%[from])\n\t"                                                                  \
    "prefetcht0 704(%[from])\n\t"
#define PREFETCHNTA                                                                                \
    "prefetchnta 512(%[from])\n\t"                                                                 \
    "prefetchnta 576(%[from])\n\t"                                                                 \
    "prefetchnta 640(%[from])\n\t"                                                                 \
    "prefetchnta 704(%[from])\n\t"

#define FAMILY avx512
#define TITLE "AVX-512"
#define NEEDS "avx512f"
#define LOAD_ALIGNED "vmovdqa64"
#define STORE_ALIGNED "vmovdqa64"
#define STORE_NONTEMPORAL "vmovntdq"
#include "arch/x86_64/vector_kernels.h"
