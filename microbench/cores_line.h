/*
 * One cache line that two members hand back and forth.
 *
 * The line holds a number. Whoever waits polls it until it changes and stores what it read plus
 * one, so each handover moves the line once from a cache that has written it to the other one, and
 * then takes it for writing: a read and an upgrade, as for every flag, lock word or ring position
 * that one core writes and another polls. This is the transaction of Multichase's `pingpong -u -r
 * 0` (github.com/google/multichase), whose figure is that of one way, too, and of the "one cache
 * line ping pong" of libfipc (github.com/ksplit/libfipc). Tools that hand over by compare-and-swap
 * (core-to-core-latency) poll by taking the line for writing instead: waiting costs the other side
 * the line, and figures of the two kinds differ.
 *
 * Loads acquire and stores release, since a handover that does not order the data behind it is of
 * no use; on x86 that is free. Polling does not pause: a pause takes up to 140 cycles, which would
 * be in the figure. Only after some 4000 polls, longer than any handover takes, it does: the other
 * side is not running then, and hypervisors and emulators go by the pause to let it run.
 */
#ifndef COPYCOST_MICROBENCH_CORES_LINE_H
#define COPYCOST_MICROBENCH_CORES_LINE_H

#include <stdatomic.h>

#include "harness/benchmark.h"
#include "harness/random.h"

enum { LINE_MEMBERS = 2, LINE_ROOM_BYTES = 64 << 10 };

struct shared_line_side { /* of one member; lines are at most 256 bytes */
    _Alignas(256) uint32_t last;
    uint32_t wrong;  /* bits in which a number differed from the one that was due */
    uint64_t handed; /* over and taken */
};

struct shared_line {
    struct shared_line_side sides[LINE_MEMBERS];
    _Atomic uint32_t *word;
    struct mapping mapping;
    struct random random;
    unsigned toucher; /* the member that maps and touches the page */
};

/*
 * Draws by the seed which member shall touch the line's page first. The caller ends with
 * shared_line_free(). Error: ENOMEM.
 */
int shared_line_make(struct shared_line **line, uint64_t seed, struct fault *fault);
void shared_line_free(struct shared_line *line);

/*
 * In each member, on its CPU: the one that was drawn maps LINE_ROOM_BYTES as requested. Errors:
 * those of mapping_make().
 */
int shared_line_enter(struct shared_line *line, unsigned member,
                      const struct mapping_request *request, const struct topology *topology,
                      struct fault *fault);

/*
 * Goes on with another line, drawn from all that were mapped: its home (the slice or directory that
 * its physical address belongs to) is worth 20 % of a handover, so there are many homes in a
 * median. By member 0, while no other runs, before the first run at least.
 */
void shared_line_draw(struct shared_line *line);

/*
 * So many handovers, an even number, half of them by either member; member 0 begins. The other
 * member has to call this at the same time.
 */
void shared_line_run(struct shared_line *line, unsigned member, uint64_t handovers);

/* Whether every number arrived, in its turn. Error: EILSEQ. */
int shared_line_verify(const struct shared_line *line, struct fault *fault);

#endif
