/*
 * Values of options, which are called `name` without the dashes in what is said of them. Error of
 * all: EINVAL, with what the option takes.
 */
#ifndef COPYCOST_MICROBENCH_OPTION_VALUES_H
#define COPYCOST_MICROBENCH_OPTION_VALUES_H

#include <stdint.h>

#include "arch/fault.h"

/* A whole number from least to most. */
int option_number(const char *name, const char *value, uint64_t least, uint64_t most,
                  uint64_t *number, struct fault *fault);

/* A number above 0; a percent sign may follow it. */
int option_real(const char *name, const char *value, double *number, struct fault *fault);

/* One of the words, whose index is written. */
int option_word(const char *name, const char *value, const char *const *words, unsigned *number,
                struct fault *fault);

#endif
