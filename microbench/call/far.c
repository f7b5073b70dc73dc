#include "microbench/call/boundary.h"

kernel_function *boundary_copy;

__attribute__((aligned(64), noinline)) void *boundary_far(void *restrict dst,
                                                          const void *restrict src, size_t bytes)
{
    return boundary_copy(dst, src, bytes);
}
