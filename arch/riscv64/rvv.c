/*
 * Copy, fill and read by the V extension, for any vector length.
 *
 * Strategy: vsetvli says how many of the remaining bytes a step takes; the last is no different.
 * One vector register a step (m1) or a group of eight (m8). Assumes nothing about alignment: the
 * elements are bytes.
 *
 * The vector registers are not listed as clobbered, because gcc 12 does not know their names. That
 * is safe: the calling convention keeps none of them across a call, nor vl and vtype, no kernel is
 * inlined, and around the assembly there are scalars only.
 */
#include "arch/kernel.h"

/* Compiled for the base architecture: the assembler alone has to know the extension. */
#if defined __clang__ && __clang_major__ < 17
#define ARCH_V ".attribute arch, \"rv64gcv\"\n"
#else
#define ARCH_V ".option arch, +v\n"
#endif
#define RVV(code) ".option push\n" ARCH_V code ".option pop\n"

#define COPY_RVV(group, registers)                                                                 \
    KERNEL_FUNCTION(copy_rvv_##group)                                                              \
    {                                                                                              \
        void *to = dst;                                                                            \
        size_t step;                                                                               \
        __asm__ volatile(RVV("1: vsetvli %[step], %[bytes], e8, " #group ", ta, ma\n"              \
                             "   vle8.v  v0, (%[src])\n"                                           \
                             "   add     %[src], %[src], %[step]\n"                                \
                             "   sub     %[bytes], %[bytes], %[step]\n"                            \
                             "   vse8.v  v0, (%[to])\n"                                            \
                             "   add     %[to], %[to], %[step]\n"                                  \
                             "   bnez    %[bytes], 1b\n")                                          \
                         : [to] "+r"(to), [src] "+r"(src), [bytes] "+r"(bytes), [step] "=&r"(step) \
                         :                                                                         \
                         : "memory");                                                              \
        return dst;                                                                                \
    }                                                                                              \
    KERNEL(copy_rvv_##group, KERNEL_COPY, "v", 1, 1, "vle8/vse8 of " registers)

COPY_RVV(m1, "one vector register");
COPY_RVV(m8, "eight vector registers");

#define FILL_RVV(group, registers)                                                                 \
    KERNEL_FUNCTION(fill_rvv_##group)                                                              \
    {                                                                                              \
        void *to = dst;                                                                            \
        size_t value = *(const unsigned char *)src;                                                \
        size_t step;                                                                               \
        __asm__ volatile(RVV("   vsetvli %[step], zero, e8, " #group ", ta, ma\n"                  \
                             "   vmv.v.x v0, %[value]\n"                                           \
                             "1: vsetvli %[step], %[bytes], e8, " #group ", ta, ma\n"              \
                             "   sub     %[bytes], %[bytes], %[step]\n"                            \
                             "   vse8.v  v0, (%[to])\n"                                            \
                             "   add     %[to], %[to], %[step]\n"                                  \
                             "   bnez    %[bytes], 1b\n")                                          \
                         : [to] "+r"(to), [bytes] "+r"(bytes), [step] "=&r"(step)                  \
                         : [value] "r"(value)                                                      \
                         : "memory");                                                              \
        return dst;                                                                                \
    }                                                                                              \
    KERNEL(fill_rvv_##group, KERNEL_FILL, "v", 1, 1, "vse8 of " registers)

FILL_RVV(m1, "one vector register");
FILL_RVV(m8, "eight vector registers");

/* Tail undisturbed: a short step must not touch the sum's other bytes. */
#define READ_RVV(group, registers)                                                                 \
    KERNEL_FUNCTION(read_rvv_##group)                                                              \
    {                                                                                              \
        size_t sum, step;                                                                          \
        __asm__ volatile(                                                                          \
            RVV("   vsetvli %[step], zero, e8, " #group ", ta, ma\n"                               \
                "   vmv.v.i v8, 0\n"                                                               \
                "1: vsetvli %[step], %[bytes], e8, " #group ", tu, ma\n"                           \
                "   vle8.v  v0, (%[src])\n"                                                        \
                "   add     %[src], %[src], %[step]\n"                                             \
                "   sub     %[bytes], %[bytes], %[step]\n"                                         \
                "   vxor.vv v8, v8, v0\n"                                                          \
                "   bnez    %[bytes], 1b\n"                                                        \
                "   vsetvli %[step], zero, e8, " #group ", ta, ma\n"                               \
                "   vmv.s.x v16, zero\n"                                                           \
                "   vredxor.vs v16, v8, v16\n"                                                     \
                "   vmv.x.s %[sum], v16\n")                                                        \
            : [src] "+r"(src), [bytes] "+r"(bytes), [step] "=&r"(step), [sum] "=r"(sum)            \
            :                                                                                      \
            : "memory");                                                                           \
        *(unsigned char *)dst = (unsigned char)sum;                                                \
        return dst;                                                                                \
    }                                                                                              \
    KERNEL(read_rvv_##group, KERNEL_READ, "v", 1, 1, "vle8 of " registers)

READ_RVV(m1, "one vector register");
READ_RVV(m8, "eight vector registers");
