#include <math.h>

#include "harness/clock.h"

enum { CHAIN_UNROLLED = 64, CHAIN_RUNS = 20 };

static const double chain_run_ns = 75e3;

/* The compiler must neither fold additions nor keep x anywhere but in a register. */
#define ADD                                                                                        \
    x += y;                                                                                        \
    __asm__ volatile("" : "+r"(x) : "r"(y));
#define ADD_8 ADD ADD ADD ADD ADD ADD ADD ADD
#define ADD_64 ADD_8 ADD_8 ADD_8 ADD_8 ADD_8 ADD_8 ADD_8 ADD_8

uint64_t core_clock_chain(uint64_t additions)
{
    unsigned long turns =
        additions == 0 ? 1 : (unsigned long)((additions - 1) / CHAIN_UNROLLED + 1);
    uint64_t done = (uint64_t)turns * CHAIN_UNROLLED;
    /* As wide as a register: an addition of more would be two instructions. */
    unsigned long x = 1;
    unsigned long y = 3;
    __asm__ volatile("" : "+r"(y));
    do {
        ADD_64
    } while (--turns > 0);
    return done;
}

/* Ticks taken by the chain; writes the number of additions done. */
static uint64_t chain_ticks(const struct clock *clock, uint64_t *additions)
{
    uint64_t start = clock_ticks(clock);
    *additions = core_clock_chain(*additions);
    return clock_ticks(clock) - start;
}

double core_clock_estimate(const struct clock *clock)
{
    double run_ns = fmax(chain_run_ns, clock_sample_ns(clock));
    uint64_t additions = CHAIN_UNROLLED;
    while (clock_ns(clock, chain_ticks(clock, &additions)) < run_ns)
        additions *= 2;
    double hz = 0;
    for (int i = 0; i < CHAIN_RUNS; i++) {
        double ns = clock_ns(clock, chain_ticks(clock, &additions));
        hz = fmax(hz, (double)additions * 1e9 / ns);
    }
    return hz;
}
