/*
 * Boundaries: how a loop reaches the function that copies.
 *
 * On the far side of each is the same code: a jump to the cell's kernel through `boundary_copy`. So
 * neither the copy nor its place in memory differs between boundaries, only the way to it. Some
 * boundaries are copies themselves, since without a call, or in another language, there is no far
 * side.
 */
#ifndef COPYCOST_MICROBENCH_CALL_BOUNDARY_H
#define COPYCOST_MICROBENCH_CALL_BOUNDARY_H

#include <stddef.h>
#include <stdint.h>

#include "arch/kernel.h"
#include "harness/pair.h"

/* What the far side calls; set before a loop is run. */
extern kernel_function *boundary_copy;

/* The far side. In a file of its own, so that no caller's compiler sees into it. */
kernel_function boundary_far;

/* So many copies of the pair, each across the boundary. Must not fail. */
typedef void boundary_loop(struct pair pair, uint64_t calls);

boundary_loop boundary_constant; /* no call at all: the compiler knows the size */
boundary_loop boundary_inlined;  /* the kernel is called from the loop */
boundary_loop boundary_direct;   /* a call of boundary_far() */
boundary_loop boundary_plt;      /* the same through an entry of the procedure linkage table */
boundary_loop boundary_pointer;  /* the same through a pointer */

/* The sizes that boundary_constant() knows, ascending; -1 ends them. */
extern const long boundary_constant_sizes[];

/* Why boundary_plt() is not to be had in this program; NULL if it is. */
extern const char *const boundary_plt_missing;

#endif
