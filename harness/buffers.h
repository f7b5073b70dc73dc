/*
 * The mappings that a launch keeps from cell to cell, so that time goes into measuring instead of
 * page faults, and a launch stays one draw of page placement.
 */
#ifndef COPYCOST_HARNESS_BUFFERS_H
#define COPYCOST_HARNESS_BUFFERS_H

#include "harness/memory.h"

/* OWN: for what an experiment writes itself; src keeps its pattern. */
enum buffer_side { BUFFER_SRC, BUFFER_DST, BUFFER_OWN, BUFFER_SIDES };

/*
 * A mapping of at least those bytes, placed as asked and touched by the caller, filled at first
 * with a pattern (src) or its inverse (dst, own); later cells find what earlier ones left. One a
 * member, side, node and page kind if shared and one if not; it belongs to the process until it
 * ends or that one is asked for otherwise, as local memory is by a CPU of another node, or its
 * pages were moved elsewhere. Members may call at the same time. Errors: those of mapping_make().
 */
int buffer_take(unsigned member, enum buffer_side side, const struct mapping_request *request,
                const struct topology *topology, const struct mapping **mapping,
                struct fault *fault);

/* The byte that src holds at that offset of its mapping; it repeats with a prime period, so that
 * no page or line equals its neighbour. */
enum { BUFFER_PATTERN_PERIOD = 251 };
unsigned char buffer_pattern(size_t offset);

#endif
