/*
 * One call of a kernel, judged: what kernel_check() is made of.
 */
#ifndef COPYCOST_ARCH_TRIAL_H
#define COPYCOST_ARCH_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/guard.h"
#include "arch/kernel.h"

enum { TRIAL_LARGEST = 65536 }; /* bytes; a trial may have one granule more */

struct trial {
    size_t bytes;
    size_t src_offset, dst_offset; /* modulo the bed's modulus */
    bool high;                     /* flush with the guard page after, not before */
};

/* Where trials take place. */
struct trial_bed {
    const struct kernel *kernel;
    uint64_t seed, random; /* the drawn seed, and the generator's state since */
    size_t modulus;        /* of the offsets: 64 or, where larger, the kernel's alignment */
    struct guard src, dst;
    /* Arrays like src.area, but with a canary's length more before and after. */
    unsigned char *original;          /* what src.area holds */
    unsigned char *inverted;          /* its complement: no byte of dst is right before the call */
    unsigned char *wanted, *unwanted; /* the same for operations whose result isn't src */
    struct trial trial;               /* the latest, and what the kernel was given */
    ptrdiff_t apart;                  /* its dst - src, where they overlap; 0: they do not */
    const unsigned char *latest_src, *latest_dst;
    struct fault *fault;
    int result; /* 0, or the first trial's that failed: -EILSEQ, -EFAULT */
};

/* Returns 0 or -ENOMEM; trial_bed_close() is due in either case. */
int trial_bed_open(struct trial_bed *bed, const struct kernel *kernel, uint64_t seed,
                   struct fault *fault);
void trial_bed_close(struct trial_bed *bed);

/* Runs the kernel once and judges it; does nothing once a trial failed. */
void trial_run(struct trial_bed *bed, struct trial trial);

/*
 * The same for a copy within one area: dst lies that many bytes, 1 or more, before or after src,
 * and both at drawn offsets from the page before. Twice the bytes and the modulus fit a trial's
 * area.
 */
void trial_run_overlapping(struct trial_bed *bed, size_t bytes, size_t apart, bool dst_after);

/* Says that the latest trial ended by a signal about this address. */
void trial_report_signal(struct trial_bed *bed, int signal, const void *address);

/* The bytes of src and dst that an operation on `bytes` has to do with. */
size_t trial_src_bytes(enum kernel_operation operation, size_t bytes);
size_t trial_dst_bytes(enum kernel_operation operation, size_t bytes);

/* The next 64 random bits. */
uint64_t trial_random(struct trial_bed *bed);

#endif
