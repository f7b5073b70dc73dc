/*
 * The heap that `alloc` measures malloc on, in a state that a program which has run for a while
 * has, and the same in every launch.
 */
#ifndef COPYCOST_MICROBENCH_ALLOC_HEAP_H
#define COPYCOST_MICROBENCH_ALLOC_HEAP_H

#include <stddef.h>

#include "arch/fault.h"

/*
 * Has had room for `count` blocks of `bytes` at once, zeroed, all free again, below a block that
 * stays in use until the caller frees it: *guard. Without one, glibc gives the heap's top back to
 * the kernel when more than 128 KiB of it get free (M_TRIM_THRESHOLD), or does not, as the heap
 * happens to lie, and faults its pages in anew: ten times the cost of a copy of 64 KiB on a Zen 4.
 * The process has had a second thread, from which on a C library's malloc may have to lock (glibc's
 * then takes its arena's lock). Errors: ENOMEM, EAGAIN (no thread could be started).
 */
int heap_settle(size_t bytes, size_t count, void **guard, struct fault *fault);

#endif
