/*
 * NUMA memory policy. Back ends: nodes_numa.c (libnuma; the only file that includes numa.h) or
 * nodes_single.c where libnuma is missing: one node, and binding to any other fails.
 */
#ifndef COPYCOST_HARNESS_NODES_H
#define COPYCOST_HARNESS_NODES_H

#include <stdbool.h>
#include <stddef.h>

#include "arch/fault.h"

extern const char *const nodes_backend; /* "libnuma", or "none: built without libnuma" */

/* Whether the kernel knows no node but 0. What is on a node is certain then, without asking. */
bool nodes_single(void);

/*
 * Binds the not yet touched pages strictly to that node. Errors: ENOTSUP (no way to bind here),
 * EINVAL (no such node), EPERM (not allowed).
 */
int nodes_bind(void *start, size_t bytes, int node, struct fault *fault);

/*
 * Spreads the not yet touched pages over all nodes that this process may take memory from, one page
 * after the other. Errors: ENOTSUP (one node only, or no way to spread here).
 */
int nodes_interleave(void *start, size_t bytes, struct fault *fault);

/*
 * The node of all pages of the range: a node number, NODE_MIXED, or NODE_UNKNOWN where the kernel
 * can't say. Every page is asked for (move_pages without a target).
 */
int nodes_of(const void *start, size_t bytes, size_t page_bytes);

/* The same, but NODE_INTERLEAVED if they are spread as asked for, that many bytes at a time. */
int nodes_of_interleaved(const void *start, size_t bytes, size_t page_bytes, size_t unit_bytes);

enum { NODES_MAX = 1024 }; /* the kernel's own limit (MAX_NUMNODES) */

/* On which nodes the pages of a range are, seen one after the other. All zero: none seen. */
struct nodes_seen {
    size_t pages[NODES_MAX];
    size_t count;    /* of pages */
    size_t repeated; /* pages on the node of the one before */
    int last;
};

/* Takes a node's number, or a negative errno for a page without one; false: there is no telling. */
bool nodes_see(struct nodes_seen *seen, int node);

/*
 * As nodes_of(), or as nodes_of_interleaved() if unit_pages, by which they were to be spread, is
 * not 0. Interleaved are pages whose shares of `allowed` nodes differ by no more than the unit;
 * where that is one page, no neighbours share a node.
 */
int nodes_verdict(const struct nodes_seen *seen, size_t allowed, size_t unit_pages);

/*
 * Moves the caller's pages, from the one that holds `start` on, to that node (move_pages), and
 * writes how many of them are there afterwards: pages that are in use otherwise stay. Errors:
 * ENOTSUP (no way to move here), EINVAL (no such node), EPERM (not allowed).
 */
int nodes_move(const void *start, size_t pages, size_t page_bytes, int node, size_t *there,
               struct fault *fault);

#endif
