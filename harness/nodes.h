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
 * The node of all pages of the range: a node number, NODE_MIXED, or NODE_UNKNOWN where the kernel
 * can't say. Every page is asked for (move_pages without a target).
 */
int nodes_of(const void *start, size_t bytes, size_t page_bytes);

#endif
