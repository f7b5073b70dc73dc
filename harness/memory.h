/*
 * Memory where and how it was asked for, and what was got, as read back from the kernel.
 */
#ifndef COPYCOST_HARNESS_MEMORY_H
#define COPYCOST_HARNESS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/fault.h"
#include "harness/topology.h"

enum page_kind {
    PAGE_BASE,    /* base pages; transparent huge pages refused by madvise(MADV_NOHUGEPAGE) */
    PAGE_THP,     /* transparent huge pages asked for by madvise(MADV_HUGEPAGE) */
    PAGE_HUGETLB, /* from the hugetlb pool, which grows only if asked to: harness/hugetlb_pool.h */
    PAGE_KINDS
};

/* "base", "thp", "hugetlb". */
extern const char *const page_kind_names[PAGE_KINDS + 1]; /* NULL-terminated */

enum { NODE_LOCAL = -1, NODE_MIXED = -2, NODE_UNKNOWN = -3, NODE_INTERLEAVED = -4 };

/*
 * Where a cell's memory is asked to be and was found to be. Every experiment has these; the
 * record shows both.
 */
struct placement {
    int cpu;                /* the first member's CPU */
    int src_node, dst_node; /* asked: NODE_LOCAL, a node or NODE_INTERLEAVED, or NODE_MIXED where
                               the experiment asks for several. got: a node, NODE_INTERLEAVED,
                               NODE_MIXED or NODE_UNKNOWN */
    enum page_kind page;
    double huge_share; /* got only: share of the bytes on huge pages, 0..1; -1 unknown */
    size_t src_offset, dst_offset; /* bytes past a 4 KiB boundary */
};

struct mapping {
    unsigned char *base; /* aligned to the huge page size where there is one, else to a page */
    size_t bytes;        /* at least what was asked, a whole number of pages */
    void *whole;         /* what munmap gets */
    size_t whole_bytes;
    int node;          /* read back: node number, NODE_INTERLEAVED, NODE_MIXED, NODE_UNKNOWN */
    double huge_share; /* read back */
    size_t interleaved_bytes; /* asked for by that many at a time over the nodes; 0: not */
};

/*
 * Maps anonymous memory of that page kind on that node, touches every page from the calling CPU,
 * and reads back each page's node (move_pages) and the share on huge pages (smaps). NODE_LOCAL
 * leaves the node to first touch; NODE_INTERLEAVED spreads the pages over all nodes that may be
 * used, one after the other. A shared mapping is visible to processes forked later; any other is
 * not in them at all.
 * Nothing is replaced silently: what could not be had is an error, but for THP, which the kernel
 * may grant in part: huge_share tells.
 * Errors: ENOMEM (more than is there; says how much is), EINVAL (no such node), EPERM (node not
 * allowed), ENOTSUP (no hugetlb pool, or transparent huge pages never granted: says how to get
 * them; one node, or no way to interleave), EIO (pages came from another node).
 */
struct mapping_request {
    size_t bytes;
    int node;
    enum page_kind page;
    bool shared;
    bool untouched; /* whoever writes first gets the pages; nothing is read back yet */
};
int mapping_make(struct mapping *mapping, const struct mapping_request *request,
                 const struct topology *topology, struct fault *fault);
void mapping_free(struct mapping *mapping);

/*
 * Maps the pages of a shared mapping a second time, as another user of them would, and faults them
 * in. It is aligned as the first, so that what a TLB makes of neighbouring pages (Zen holds four in
 * an entry) is the same in both; node and huge_share are the first one's. mapping_free() ends it.
 * Errors: ENOMEM, ENOTSUP (a kernel that does not map such pages twice).
 */
int mapping_again(struct mapping *again, const struct mapping *shared,
                  const struct topology *topology, struct fault *fault);

/* The page that memory of that kind is made of, where it is granted. */
size_t mapping_page_bytes(enum page_kind page, const struct topology *topology);

/* Reads node and huge_share anew (pages may have moved since). */
void mapping_read_back(struct mapping *mapping);

/*
 * Whether all pages, when they were read back, were on the node that was asked for; unknown ones
 * pass, as placement then says. Error: EIO.
 */
int mapping_check(const struct mapping *mapping, int node, struct fault *fault);

/* Bytes that can be had now without swapping, by MemAvailable and the cgroup's limit. */
uint64_t memory_available(void);

/* Page faults that the calling thread has taken so far. */
uint64_t memory_faults(void);

/*
 * Drops [start, start + bytes) from the caches by cpu_evict(), or, where user space has no such
 * instruction, by reading through a buffer of twice the largest cache that is kept for that (of
 * 16 MiB at least where the caches are unknown or only measured, which covers every 32-bit ARM core
 * that the suite knows). Not in a process forked from one that did.
 */
int memory_evict(const void *start, size_t bytes, const struct topology *topology,
                 struct fault *fault);

#endif
