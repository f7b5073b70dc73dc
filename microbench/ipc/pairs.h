/*
 * Pairs of CPUs by how near they are.
 */
#ifndef COPYCOST_MICROBENCH_IPC_PAIRS_H
#define COPYCOST_MICROBENCH_IPC_PAIRS_H

#include "harness/environment.h"
#include "harness/nearness.h"

enum { PAIR_NEAR = NEARNESSES, PAIR_FAR, PAIR_WORDS };

/* Those of enum nearness, then near: the nearest other core, and far: the farthest. */
extern const char *const pair_words[PAIR_WORDS + 1]; /* NULL-terminated */

/*
 * The class that the word means for that CPU: itself, or what near and far are here. NEARNESSES:
 * there is no other CPU that may be used.
 */
unsigned pair_class(const struct environment *environment, int cpu, unsigned word);

/* The first CPU of the environment's order that is so near to that one; -1: none. */
int pair_cpu(const struct environment *environment, int cpu, enum nearness nearness);

/*
 * A CPU for a third member, beside `cpu` and the one that is so near to it: another one of those;
 * else the first one that is neither; else that same one.
 */
int pair_third_cpu(const struct environment *environment, int cpu, enum nearness nearness);

/* The node that local memory of that CPU is on, of a machine that has several; else as asked. */
int pair_node(const struct environment *environment, int cpu, int asked);

#endif
