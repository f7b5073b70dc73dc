/* The loops of the boundaries within C. */
#include "microbench/call/boundary.h"

#define SIZES(each)                                                                                \
    each(0) each(1) each(2) each(4) each(8) each(16) each(32) each(64) each(128) each(256)         \
        each(512) each(1024) each(1500) each(2048) each(4096)

#define ITEM(size) size,
const long boundary_constant_sizes[] = {SIZES(ITEM) - 1};

/* Each copy is looked at, lest the compiler make one of many. */
#define COPY(size)                                                                                 \
    case size:                                                                                     \
        for (uint64_t i = 0; i < calls; i++) {                                                     \
            __builtin_memcpy(pair.dst, pair.src, size);                                            \
            __asm__ volatile("" : : "r"(pair.dst), "r"(pair.src) : "memory");                      \
        }                                                                                          \
        break;

void boundary_constant(struct pair pair, uint64_t calls)
{
    switch (pair.bytes) {
        SIZES(COPY)
    default:
        break;
    }
}

void boundary_inlined(struct pair pair, uint64_t calls)
{
    for (uint64_t i = 0; i < calls; i++)
        boundary_copy(pair.dst, pair.src, pair.bytes);
}

void boundary_direct(struct pair pair, uint64_t calls)
{
    for (uint64_t i = 0; i < calls; i++)
        boundary_far(pair.dst, pair.src, pair.bytes);
}

void boundary_pointer(struct pair pair, uint64_t calls)
{
    kernel_function *far = boundary_far;
    __asm__("" : "+r"(far)); /* the compiler must not know where it points */
    for (uint64_t i = 0; i < calls; i++)
        far(pair.dst, pair.src, pair.bytes);
}
