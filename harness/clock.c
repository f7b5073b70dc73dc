#include "harness/clock.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "arch/cpu.h"
#include "harness/statistics.h"

enum {
    STILL_READINGS = 1000000, /* that many without a change: the clock stands still */
    MONOTONIC_READINGS = 20000,
    STEPS = 100, /* looked at for the smallest one */
    COST_BATCHES = 15,
    COST_BATCH_STEPS = 50, /* length of a batch, in steps of the clock */
    RATE_WINDOWS = 5,
    RATE_WINDOW_NS = 8000000,  /* at least */
    RATE_WINDOW_ERRORS = 2000, /* at least, in errors of reading its ends */
    RATE_MOMENT_TRIES = 5,
};

static const double rate_spread_limit = 1e-3;

/* A later candidate has to be that much better, or the choice would differ from run to run. */
static const double better_share = 0.75;

static const double sample_ns_least = 15e3;
static const double sample_costs = 500;

static uint64_t read_monotonic_raw(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* Spins until the clock changes. Returns what it changed to, or `from` if it stands still. */
static uint64_t clock_edge(uint64_t (*read)(void), uint64_t from)
{
    uint64_t now = from;
    for (long i = 0; i < STILL_READINGS && now == from; i++)
        now = read();
    return now;
}

/* The smallest difference, in ticks; 0 if the clock stands still or runs backwards. */
static uint64_t find_step(struct clock_candidate *candidate)
{
    uint64_t smallest = UINT64_MAX;
    uint64_t before = candidate->read();
    for (int i = 0; i < STEPS; i++) {
        uint64_t after = clock_edge(candidate->read, before);
        if (after <= before) {
            snprintf(candidate->rejected, sizeof candidate->rejected,
                     after == before ? "stands still over %d readings" : "runs backwards",
                     STILL_READINGS);
            return 0;
        }
        smallest = after - before < smallest ? after - before : smallest;
        before = after;
    }
    return smallest;
}

static bool is_monotonic(struct clock_candidate *candidate)
{
    uint64_t before = candidate->read();
    for (int i = 0; i < MONOTONIC_READINGS; i++) {
        uint64_t now = candidate->read();
        if (now < before) {
            snprintf(candidate->rejected, sizeof candidate->rejected,
                     "runs backwards: by %llu ticks at reading %d",
                     (unsigned long long)(before - now), i);
            return false;
        }
        before = now;
    }
    return true;
}

/* Ticks that one reading costs: the median of batches that are long enough for coarse clocks. */
static double find_cost(const struct clock_candidate *candidate, uint64_t step)
{
    double costs[COST_BATCHES];
    for (size_t i = 0; i < COST_BATCHES; i++) {
        uint64_t start = clock_edge(candidate->read, candidate->read());
        uint64_t end = start + COST_BATCH_STEPS * step;
        uint64_t now;
        long readings = 0;
        do {
            now = candidate->read();
            readings++;
        } while (now < end && readings < STILL_READINGS);
        costs[i] = (double)(now - start) / (double)readings;
    }
    sort_doubles(costs, COST_BATCHES);
    return quantile_sorted(costs, COST_BATCHES, 0.5);
}

/* What both clocks show at one moment, and how far the two readings may lie apart. */
struct moment {
    uint64_t reference_ns, ticks, error_ns;
};

/* Reads the candidate right behind an edge of the reference; the least disturbed of some tries. */
static struct moment read_moment(const struct clock_candidate *candidate,
                                 uint64_t (*reference)(void))
{
    struct moment best = {0, 0, UINT64_MAX};
    for (int i = 0; i < RATE_MOMENT_TRIES; i++) {
        uint64_t before = reference();
        uint64_t edge = clock_edge(reference, before);
        uint64_t ticks = candidate->read();
        uint64_t after = reference();
        if (after - before < best.error_ns)
            best = (struct moment){edge, ticks, after - before};
    }
    return best;
}

/* Spins until the reference shows `end`; less if it does not get there. */
static void reference_spin(uint64_t (*reference)(void), uint64_t end)
{
    uint64_t now = reference();
    for (uint64_t before = 0; now > before && now < end;) {
        before = now;
        now = clock_edge(reference, before);
    }
}

/* ns per tick between two moments; 0 if either clock did not advance. */
static double rate_between(const struct moment *from, const struct moment *to)
{
    if (to->ticks <= from->ticks || to->reference_ns <= from->reference_ns)
        return 0;
    return (double)(to->reference_ns - from->reference_ns) / (double)(to->ticks - from->ticks);
}

/* Writes ns_per_tick and rate_spread. Returns false, with a reason, if the rate is not steady. */
static bool find_rate(struct clock_candidate *candidate, uint64_t (*reference)(void), uint64_t step)
{
    /* The first window does not count, it only tells how long the others have to be. */
    struct moment first = read_moment(candidate, reference);
    reference_spin(reference, first.reference_ns + RATE_WINDOW_NS);
    struct moment last = read_moment(candidate, reference);
    double step_ns = rate_between(&first, &last) * (double)step;
    double window_ns = fmax(RATE_WINDOW_NS, RATE_WINDOW_ERRORS * ((double)last.error_ns + step_ns));
    double least = INFINITY;
    double most = 0;
    first = last;
    for (int i = 0; i < RATE_WINDOWS; i++) {
        struct moment begin = last;
        reference_spin(reference, begin.reference_ns + (uint64_t)window_ns);
        last = read_moment(candidate, reference);
        double rate = rate_between(&begin, &last);
        least = fmin(least, rate);
        most = fmax(most, rate);
    }
    candidate->ns_per_tick = rate_between(&first, &last);
    if (candidate->ns_per_tick > 0)
        candidate->rate_spread = (most - least) / candidate->ns_per_tick;
    if (least > 0 && candidate->rate_spread <= rate_spread_limit)
        return true;
    snprintf(candidate->rejected, sizeof candidate->rejected,
             "its rate spreads by %.3g %% over %d windows, more than %.3g %%",
             100 * candidate->rate_spread, RATE_WINDOWS, 100 * rate_spread_limit);
    return false;
}

void clock_candidate_validate(struct clock_candidate *candidate, uint64_t (*reference)(void))
{
    *candidate = (struct clock_candidate){.name = candidate->name, .read = candidate->read};
    uint64_t step = find_step(candidate);
    if (step == 0 || !is_monotonic(candidate))
        return;
    if (candidate->read == reference)
        candidate->ns_per_tick = 1;
    else if (!find_rate(candidate, reference, step))
        return;
    candidate->step_ns = (double)step * candidate->ns_per_tick;
    candidate->cost_ns = find_cost(candidate, step) * candidate->ns_per_tick;
}

static double error_ns(const struct clock_candidate *candidate)
{
    return candidate->cost_ns + candidate->step_ns;
}

static void list_candidates(struct clock *clock)
{
    *clock = (struct clock){.candidate_count = 0};
    if (cpu_ticks_name != NULL)
        clock->candidates[clock->candidate_count++] =
            (struct clock_candidate){.name = cpu_ticks_name, .read = cpu_ticks};
    clock->candidates[clock->candidate_count++] =
        (struct clock_candidate){.name = "clock_monotonic_raw", .read = read_monotonic_raw};
}

int clock_adopt(struct clock *clock, const struct clock_candidate *found, struct fault *fault)
{
    list_candidates(clock);
    for (size_t i = 0; i < clock->candidate_count; i++) {
        struct clock_candidate *candidate = &clock->candidates[i];
        if (strcmp(candidate->name, found->name) != 0)
            continue;
        candidate->ns_per_tick = found->ns_per_tick;
        candidate->cost_ns = found->cost_ns;
        candidate->step_ns = found->step_ns;
        candidate->rate_spread = found->rate_spread;
        clock->chosen = candidate;
        return 0;
    }
    return fail(fault, ENOTSUP, "there is no clock '%s' here to go on with", found->name);
}

int clock_open(struct clock *clock, struct fault *fault)
{
    list_candidates(clock);
    char reasons[CLOCK_CANDIDATES * 160] = "";
    size_t length = 0;
    for (size_t i = 0; i < clock->candidate_count; i++) {
        struct clock_candidate *candidate = &clock->candidates[i];
        clock_candidate_validate(candidate, read_monotonic_raw);
        if (candidate->rejected[0] != '\0') {
            length += (size_t)snprintf(reasons + length, sizeof reasons - length, "; %s: %s",
                                       candidate->name, candidate->rejected);
            continue;
        }
        if (clock->chosen == NULL || error_ns(candidate) < better_share * error_ns(clock->chosen))
            clock->chosen = candidate;
    }
    if (clock->chosen == NULL)
        return fail(fault, ENOTSUP, "no clock here can time anything%s", reasons);
    return 0;
}

uint64_t clock_ticks(const struct clock *clock)
{
    return clock->chosen->read();
}

double clock_ns(const struct clock *clock, uint64_t ticks)
{
    return (double)ticks * clock->chosen->ns_per_tick;
}

double clock_sample_ns(const struct clock *clock)
{
    double dearer = fmax(clock->chosen->cost_ns, clock->chosen->step_ns);
    return fmax(sample_ns_least, sample_costs * dearer);
}
