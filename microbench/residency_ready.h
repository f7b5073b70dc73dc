/*
 * Making the slots of both sides ready: by the copying core and, where another core's caches are
 * asked for, by a member on that core, which serves the first one meanwhile.
 */
#ifndef COPYCOST_MICROBENCH_RESIDENCY_READY_H
#define COPYCOST_MICROBENCH_RESIDENCY_READY_H

#include "harness/memory.h"
#include "microbench/residency_side.h"

enum { SIDE_SRC, SIDE_DST, SIDES };

struct ready {
    struct side sides[SIDES];
    const struct topology *topology;
    const struct mapping *displacing; /* what is read to displace slots to the L3; NULL: none are */
    bool settled;                     /* slots in states that last are where they shall be */
    _Atomic int request;              /* to the other core */
    size_t wanted;                    /* slots that are asked for of it */
};

/*
 * Makes the next `count` slots of both sides ready, in so far as a use has ended their state; those
 * of states that do not last begin at the first again. The other member, if there is one, must be
 * in ready_serve(). Errors: those of side_evict().
 */
int ready_make(struct ready *ready, size_t count, struct fault *fault);

/* Does what the other member asks for until ready_release(). */
void ready_serve(struct ready *ready);
void ready_release(struct ready *ready);

#endif
