#include "harness/digest.h"

#include <errno.h>
#include <sha2.h>
#include <string.h>
#include <sys/types.h>

_Static_assert(DIGEST_BYTES == SHA256_DIGEST_STRING_LENGTH, "room for the digits");

int digest_file(const char *path, char digest[DIGEST_BYTES], struct fault *fault)
{
    return SHA256File(path, digest)
               ? 0
               : fail(fault, EIO, "can't read '%s' for its SHA-256: %s", path, strerror(errno));
}
