/*
 * Proves a kernel against the reference, in the style of dav1d's checkasm.
 *
 * Sizes 0 to four granules and powers of two +- 1 granule, every src and dst offset modulo 64 that
 * the kernel's alignment allows, buffers flush against a PROT_NONE page at either end, canaries
 * around the destination, destination pre-filled with the inverted source, source unchanged, dst
 * returned. A SIGSEGV, SIGBUS, SIGILL or SIGTRAP inside the kernel is caught and reported with its
 * name.
 */
#ifndef COPYCOST_ARCH_CHECK_H
#define COPYCOST_ARCH_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "arch/kernel.h"

/*
 * Returns 0, -EILSEQ (wrong bytes), -EFAULT (a signal), -ENOMEM. The text names the kernel, the
 * failing case (bytes, offsets, which end was guarded, seed) and what was wrong. The content of
 * the buffers is drawn from `seed`. Not thread safe: it installs signal handlers while it runs.
 */
int kernel_check(const struct kernel *kernel, uint64_t seed, struct fault *fault);

/*
 * The same for a copy whose dst and src may overlap (memmove): sizes up to half of the largest
 * trial, dst before and after src by one byte to nearly all of them, the bytes around dst as they
 * were.
 */
int kernel_check_overlap(const struct kernel *kernel, uint64_t seed, struct fault *fault);

#endif
