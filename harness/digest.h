/* What a file holds, as a number that tells it from any other. */
#ifndef COPYCOST_HARNESS_DIGEST_H
#define COPYCOST_HARNESS_DIGEST_H

#include "arch/fault.h"

enum { DIGEST_BYTES = 65 }; /* of the text, with its end */

/* The SHA-256 of a file's bytes, in hexadecimal digits. Error: EIO. */
int digest_file(const char *path, char digest[DIGEST_BYTES], struct fault *fault);

#endif
