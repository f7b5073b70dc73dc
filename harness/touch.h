/*
 * What a consumer does with a payload once it has it. A way of handing data over that nobody looks
 * at measures nothing, so both sides of a comparison end in the same touch.
 */
#ifndef COPYCOST_HARNESS_TOUCH_H
#define COPYCOST_HARNESS_TOUCH_H

#include <stddef.h>
#include <stdint.h>

enum touch {
    TOUCH_NONE,
    TOUCH_HEADER, /* the first 64 bytes */
    TOUCH_LINES,  /* the last byte and one in every 64: each line of a cache once */
    TOUCH_ALL,    /* every byte */
    TOUCHES
};

enum { TOUCH_HEADER_BYTES = 64, TOUCH_LINE_BYTES = 64 };

/* "none", "header", "lines", "all". */
extern const char *const touch_names[TOUCHES + 1]; /* NULL-terminated */

/*
 * Loads what the touch asks for. The value depends on those bytes and nothing else, so a proof can
 * compare it with that of the same bytes elsewhere: of header and all the Internet checksum, of
 * lines the sum of the bytes, of none 0.
 */
uint32_t touch_payload(enum touch touch, const unsigned char *payload, size_t bytes);

#endif
