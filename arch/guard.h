/* Memory between two pages that may not be touched. */
#ifndef COPYCOST_ARCH_GUARD_H
#define COPYCOST_ARCH_GUARD_H

#include <stdbool.h>
#include <stddef.h>

struct guard {
    unsigned char *area; /* page-aligned; the page before it and the page after it are PROT_NONE */
    size_t bytes;        /* of the area: what was asked, rounded up to whole pages */
};

/* Returns 0 or -ENOMEM, then with area NULL. guard_close() frees it and takes a NULL area too. */
int guard_open(struct guard *guard, size_t bytes);
void guard_close(struct guard *guard);

/*
 * Where in the area a buffer of `bytes` goes whose address is `offset` modulo `modulus` (a power of
 * two): as near to the page after the area as that allows if `high`, else as near to the page
 * before.
 */
size_t guard_place(const struct guard *guard, size_t bytes, size_t offset, size_t modulus,
                   bool high);

/* Whether the address lies in the area or in one of its two guard pages. */
bool guard_contains(const struct guard *guard, const void *address);

#endif
