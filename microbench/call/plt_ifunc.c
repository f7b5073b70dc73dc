/*
 * A function of this program that the dynamic linker resolves (an ifunc) is called through an entry
 * of the procedure linkage table, as a shared library's is, in a static program, too. Bound at the
 * program's start, so the first call costs no more than the others.
 *
 * Assumes: compiler and C library have ifuncs (the build looks), and -fplt (the Makefile gives it).
 */
#include <features.h>

#include "microbench/call/boundary.h"

#ifndef __GLIBC__
#error "compilers take ifuncs for other C libraries, too, whose dynamic linkers refuse them"
#endif

const char *const boundary_plt_missing = NULL;

__attribute__((used)) static kernel_function *resolve(void)
{
    return boundary_far;
}

__attribute__((visibility("hidden"), ifunc("resolve"))) kernel_function boundary_far_ifunc;

void boundary_plt(struct pair pair, uint64_t calls)
{
    for (uint64_t i = 0; i < calls; i++)
        boundary_far_ifunc(pair.dst, pair.src, pair.bytes);
}
