/*
 * A second copy of a loaded shared object, as a whole, at another offset in its pages: so the same
 * code can be measured at another entry. Distances within it are kept, so that references relative
 * to the program counter stay right, and addresses of itself that its data hold move along. What
 * the code knows of its address beyond that it must not use: where it counts on aligned constants
 * or on pages (AArch64's adrp), the copy is wrong, so it has to be proven before it is used.
 */
#ifndef COPYCOST_HARNESS_IMAGE_H
#define COPYCOST_HARNESS_IMAGE_H

#include "arch/kernel.h"

/*
 * What a place is counted modulo. A cache line's 64 is not enough: a kernel at 0xb040 and the same
 * code at 0xaf80, both at the beginning of a line, differ by 10 % at 64 bytes on a Zen 4, wherever
 * that lies modulo 128, and not at all at the same place modulo 4096.
 */
enum { IMAGE_PLACE_BYTES = 4096 };

struct image {
    unsigned char *start; /* NULL: not there */
    size_t bytes;
};

/* The function's address modulo that. */
size_t image_entry(kernel_function *function);

/*
 * Copies the object that the function lies in so that its entry is that one, and writes
 * where it is now. No memory is writable and executable at the same time. Errors: ENOTSUP (its
 * object is not known; a page of it would have to be written and executed; the kernel forbids it),
 * ENOMEM.
 */
int image_move(struct image *image, kernel_function *function, size_t entry,
               kernel_function **moved, struct fault *fault);

void image_free(struct image *image);

#endif
