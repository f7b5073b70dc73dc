/*
 * How many slots the sides of `residency` have, and why a side can't be had.
 */
#ifndef COPYCOST_MICROBENCH_RESIDENCY_ROOM_H
#define COPYCOST_MICROBENCH_RESIDENCY_ROOM_H

#include "harness/environment.h"
#include "microbench/residency_side.h"

struct room {
    struct slots src, dst;
    int neighbour;          /* the CPU of the other core; -1: none is needed, or there is none */
    int src_node, dst_node; /* what is to be asked for */
    uint64_t copies_max;    /* with slots made ready once; 0: any number */
    char reason[200];       /* why there is no such room; "" if there is */
};

/*
 * The room for copies of so many bytes, at least 1 and less than the memory's, by the CPU that the
 * environment asks for. Caches are those of the topology; of a level half is used at most, because
 * other things lie there, too.
 */
void room_plan(struct room *room, const struct environment *environment, enum residence src,
               enum residence dst, uint64_t bytes);

/* The nearest CPU of another core that may be used, or -1. */
int room_neighbour(const struct environment *environment);

#endif
