/*
 * What the compiler makes of a copy whose size it doesn't know: mostly a jump to memcpy, at some
 * -march or -Os settings an inline loop or rep movs. It differs from copy_libc_memcpy by that.
 */
#include "arch/kernel.h"

KERNEL_FUNCTION(copy_builtin)
{
    return __builtin_memcpy(dst, src, bytes);
}
KERNEL(copy_builtin, KERNEL_COPY, "", 1, 1,
       "the compiler's __builtin_memcpy of a run-time size: its own code or a jump to memcpy");
