/*
 * Errors below the command line: a function returns 0, or -errno with one line of text in a
 * struct fault that the caller owns. The line says what was asked, what is there and what to do.
 * Only the command line prints it.
 */
#ifndef COPYCOST_ARCH_FAULT_H
#define COPYCOST_ARCH_FAULT_H

#include <stddef.h>

struct fault {
    char text[512];
};

/* Writes the line (cut at the buffer's end) and returns -error. `error` is a positive errno. */
__attribute__((format(printf, 3, 4))) int fail(struct fault *fault, int error, const char *format,
                                               ...);

#endif
