/*
 * What is done with a message in fragments. Each parser takes a vector and accepts any cut, so that
 * a flattened message is a vector of one fragment, parsed by the same code.
 */
#ifndef COPYCOST_MICROBENCH_VECTOR_PARSERS_H
#define COPYCOST_MICROBENCH_VECTOR_PARSERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "harness/heads.h"

enum parser { PARSER_HTTP, PARSER_CHECKSUM, PARSER_SEARCH };
extern const char *const parser_names[]; /* NULL-terminated */

/*
 * Returns a number that follows from the message's bytes alone, not from where it is cut. `heads`
 * is for PARSER_HTTP: what it found, with pieces and room set by the caller.
 */
typedef uint64_t parser_function(const struct iovec *vector, size_t count, struct heads *heads);
extern parser_function *const parser_functions[];

/* Makes a text that the parser has to go through to its end: what is searched for comes last. */
void parser_finish(enum parser parser, char *text, size_t bytes);

/* What the parser has to return, found in another way; for HTTP in one piece, pieces in `heads`. */
uint64_t parser_expected(enum parser parser, char *text, size_t bytes, struct heads *heads);

/* Whether the same parts of heads were found, however they are cut into pieces. */
bool parser_same_parts(const struct heads *one, const struct heads *other);

#endif
