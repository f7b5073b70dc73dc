/*
 * The C library's own functions. memcpy and memmove are called as they are, without a wrapper:
 * the pointer is what the dynamic linker (and the library's ifunc) resolved the name to.
 */
#include <string.h>

#include "arch/kernel.h"

KERNEL_FOREIGN(copy_libc_memcpy, memcpy, KERNEL_COPY, "memcpy of the C library, as linked");

KERNEL_FOREIGN(copy_libc_memmove, memmove, KERNEL_COPY, "memmove of the C library, as linked");

/* memset has another signature: this adds the load of the byte and one call. */
KERNEL_FUNCTION(fill_libc_memset)
{
    return memset(dst, *(const unsigned char *)src, bytes);
}
KERNEL(fill_libc_memset, KERNEL_FILL, "", 1, 1, "memset of the C library, behind one more call");
