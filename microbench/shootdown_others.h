/*
 * The other threads of `shootdown`: each on a CPU of its own, in the same address space.
 *
 * Before each sample all of them load from every page, so that the kernel has to think that their
 * TLBs hold them. Then a busy one spins in user code, and an idle one sleeps in the kernel, which
 * leaves the address space in place on its CPU but need not keep its TLB true (lazy TLB). They are
 * no members of the timed region, because a member waits spinning and so can't be idle.
 */
#ifndef COPYCOST_MICROBENCH_SHOOTDOWN_OTHERS_H
#define COPYCOST_MICROBENCH_SHOOTDOWN_OTHERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/environment.h"
#include "microbench/shootdown_regions.h"

struct other;

struct others {
    const struct topology *topology;
    const struct regions *regions; /* that they load from */
    bool idle;
    unsigned count; /* that have been started */
    struct other *others;
    _Alignas(256) _Atomic uint32_t round; /* of loading; also what idle ones sleep on */
    _Atomic bool closing;
    _Alignas(256) _Atomic uint32_t ready; /* threads that have begun, or have loaded */
};

/*
 * Starts so many, on the CPUs of the environment's order from the second on, and waits until they
 * are there. The caller closes, also after an error. Errors: ENOMEM, EAGAIN (a thread can't be
 * started), those of topology_bind().
 */
int others_open(struct others *others, const struct environment *environment,
                const struct regions *regions, unsigned count, bool idle, struct fault *fault);
void others_close(struct others *others);

/*
 * Lets all load from every page, and waits until they spin or sleep. Errors: ENOTSUP (without /proc
 * it can't be seen that they sleep), EILSEQ (one of them did not find what was written).
 */
int others_touch(struct others *others, struct fault *fault);

/* A topology_filter: whether one of them is on that CPU. `others` is a struct others. */
bool others_have(const struct topology_cpu *cpu, const void *others);

#endif
