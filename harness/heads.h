/*
 * Heads of HTTP/1.1 requests, parsed where they lie: in one piece, or in fragments that end
 * anywhere. Back ends: heads_http_parser.c (libhttp-parser; the only file that includes
 * http_parser.h) or heads_none.c where it is missing.
 *
 * What a part of a head (its URL, a field's name, a field's value) consists of is noted, as a
 * server does that parses in place: pieces with their places in the text, of which a part has
 * several where a fragment ends in it.
 */
#ifndef COPYCOST_HARNESS_HEADS_H
#define COPYCOST_HARNESS_HEADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "arch/fault.h"

enum head_part { HEAD_NONE, HEAD_URL, HEAD_FIELD, HEAD_VALUE };

struct head_piece {
    const char *text;
    size_t bytes;
    enum head_part part;
};

struct heads {
    struct head_piece *pieces; /* the caller's room */
    size_t room;
    size_t piece_count;
    size_t part_count; /* the same however the text is cut */
    size_t part_bytes; /* of all parts, likewise */
    size_t head_count; /* heads that were seen to their end */
};

/* Whether there is a parser. */
bool heads_available(void);

/* "http-parser 2.9.4", or "none: built without libhttp-parser". Static. */
const char *heads_backend(void);

/*
 * Parses heads that follow one another without bodies (pipelined); the last one may be incomplete.
 * No fragment may be empty. Fills `heads` but for pieces and room. Returns the bytes parsed: fewer
 * than there are after an error, where there is no room for another piece, or without a parser.
 */
size_t heads_parse(const struct iovec *fragments, size_t count, struct heads *heads);

/*
 * Whether all heads of the text are parsed to their end and may be followed by another. Errors:
 * EINVAL (which head, and what the parser says), ENOTSUP (there is no parser).
 */
int heads_check(const char *text, size_t bytes, struct fault *fault);

#endif
