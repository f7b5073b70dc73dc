/*
 * What `shootdown` operates on: regions of so many base pages, each a mapping of its own, in
 * reserved address space.
 *
 * A page without access lies before and behind each region, so that neighbours stay apart, and keep
 * the page tables that they share with it when it goes. Every page is written before the operation
 * and carries a number, by which it is known afterwards. Regions are moved (mremap) to reserved
 * address space as well, which the kernel unmaps first; nothing is mapped there, so that costs no
 * flush. They are not moved by whole page tables, because both ends are aligned differently: each
 * page has its entry moved.
 */
#ifndef COPYCOST_MICROBENCH_SHOOTDOWN_REGIONS_H
#define COPYCOST_MICROBENCH_SHOOTDOWN_REGIONS_H

#include <stddef.h>
#include <stdint.h>

#include "harness/memory.h"

enum operation {
    OPERATION_MUNMAP,
    OPERATION_MPROTECT, /* to read-only */
    OPERATION_MREMAP,   /* to another address */
    OPERATION_MADVISE,  /* MADV_DONTNEED */
    OPERATIONS
};

/* "munmap", "mprotect", "mremap", "madvise". */
extern const char *const operation_names[OPERATIONS + 1]; /* NULL-terminated */

struct regions;

/* Operates on that region. Returns 0 or -1 with errno, as the system calls do. */
typedef int region_operation(const struct regions *regions, size_t index);

struct regions {
    enum operation operation;
    region_operation *operate;
    size_t page_bytes, pages; /* of a region */
    size_t room, count;       /* regions that there is room for, and that are mapped */
    unsigned char *arena;     /* all of it: where regions are, then where they are moved to */
    size_t arena_bytes, moved_offset;
    int node;
    uint64_t failed; /* operations that did, so far, and the errno of the last */
    int error;
};

/* Bytes of address space that so many regions take; SIZE_MAX: more than there is. */
size_t regions_bytes(enum operation operation, size_t pages, size_t room, size_t page_bytes);

/* Reserves address space. The caller closes. Errors: ENOMEM. */
int regions_open(struct regions *regions, enum operation operation, size_t pages, size_t room,
                 int node, const struct topology *topology, struct fault *fault);
void regions_close(struct regions *regions);

/*
 * Maps so many regions, those that the operation took away anew, and writes every page. Errors:
 * ENOMEM, those of nodes_bind().
 */
int regions_map(struct regions *regions, size_t count, struct fault *fault);

unsigned char *region_start(const struct regions *regions, size_t index);

/*
 * Loads from every page, so that the TLB of this CPU holds what it can of them. Returns how many
 * held their number.
 */
size_t regions_touch(const struct regions *regions);

/* Operates on the first `calls` regions. */
void regions_operate(struct regions *regions, uint64_t calls);

/*
 * Whether all regions are as the operation should have left them: gone, read-only, elsewhere, or
 * empty. Errors: EILSEQ (what is not), ENOTSUP (/proc/self/maps can't be read), ENOMEM.
 */
int regions_verify(const struct regions *regions, struct fault *fault);

#endif
