/*
 * A text file that is compressed (gzip) as it is written.
 */
#ifndef COPYCOST_HARNESS_COMPRESSED_H
#define COPYCOST_HARNESS_COMPRESSED_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "arch/fault.h"

struct gzFile_s;

struct compressed {
    char path[PATH_MAX];   /* "": there is none */
    struct gzFile_s *file; /* NULL: none, or closed */
    const char *option;    /* by which the user chose its place, for what is said of errors */
};

/* `plain`: the text as it is, not compressed. Errors: what the file system says. */
int compressed_open(struct compressed *file, const char *path, const char *option, bool plain,
                    struct fault *fault);

/* Less than 8 KiB at a time. False: not written, and compressed_check() tells why. */
__attribute__((format(printf, 2, 3))) bool compressed_print(struct compressed *file,
                                                            const char *format, ...);
bool compressed_write(struct compressed *file, const char *text, size_t bytes);

/* Says why if not `written`. Errors: EIO, what the file system says. */
int compressed_check(struct compressed *file, bool written, struct fault *fault);

/* Takes one that is not open, too. Errors: EIO. */
int compressed_close(struct compressed *file, struct fault *fault);

#endif
