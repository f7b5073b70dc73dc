/*
 * Heads of HTTP requests to parse: those built in (microbench/corpus/) or a file of that form.
 */
#ifndef COPYCOST_MICROBENCH_VECTOR_CORPUS_H
#define COPYCOST_MICROBENCH_VECTOR_CORPUS_H

#include <stddef.h>

#include "arch/fault.h"

struct corpus {
    char *text; /* head after head, each line ended by CR LF, as on the wire */
    size_t bytes;
    size_t *starts; /* of the heads */
    size_t count;
};

/*
 * Reads the heads of that file, NULL: those built in; lines may end in LF. The caller ends with
 * corpus_close(). Errors: those of open(2) and read(2); EINVAL (no head, one that is cut off, a NUL
 * byte), EFBIG (more than 16 MiB), ENOMEM; each names the file.
 */
int corpus_open(struct corpus *corpus, const char *path, struct fault *fault);
void corpus_close(struct corpus *corpus);

/* Writes `bytes` bytes of the heads one after another from that head on, again and again. */
void corpus_copy(const struct corpus *corpus, size_t head, char *text, size_t bytes);

#endif
