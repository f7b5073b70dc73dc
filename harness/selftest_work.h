/*
 * Work of known length, as experiments that only the self-test knows.
 */
#ifndef COPYCOST_HARNESS_SELFTEST_WORK_H
#define COPYCOST_HARNESS_SELFTEST_WORK_H

#include "harness/benchmark.h"

enum { WORK_AMOUNT }; /* the only axis of each: point[WORK_AMOUNT].number */

/* A call lasts `amount` ns by the clock itself; calls follow one another without drift. */
extern const struct benchmark work_spin;
/* A call is a chain of `amount` dependent additions. */
extern const struct benchmark work_chain;
/* A call copies `amount` bytes with the cell's kernel, between buffers kept warm. */
extern const struct benchmark work_copy;

/* A copy kernel that keeps count of the sizes it is called with. */
extern const struct kernel work_tally_kernel;
/* How many calls of that size it has had since work_tally_reset(), and of any other size. */
uint64_t work_tally_of(size_t bytes);
uint64_t work_tally_others(size_t bytes);
void work_tally_reset(void);

/* A copy kernel that does not copy. */
extern const struct kernel work_idle_kernel;

/* A cell of that work on the environment's first CPU; kernel NULL but for work_copy. */
struct cell work_cell(const struct benchmark *work, const struct kernel *kernel, uint64_t amount,
                      const struct environment *environment);

#endif
