/* Zicboz: cbo.zero writes zeros to a whole block of memory. */
#ifndef COPYCOST_ARCH_RISCV64_ZICBOZ_H
#define COPYCOST_ARCH_RISCV64_ZICBOZ_H

#include <stddef.h>

/* The block's size, a power of two; 0 where it is unknown. A system call the first time. */
size_t zicboz_block_bytes(void);

#endif
