/*
 * The timed region: members on CPUs of their own that start together and stop together.
 *
 * One member is the calling thread itself; a team adds threads, processes adds forked processes.
 * How they wait for each other: harness/rendezvous.h. A member process that dies ends the
 * launch at once (see region_member_death()), because its peers may be blocked on it for ever.
 */
#ifndef COPYCOST_HARNESS_REGION_H
#define COPYCOST_HARNESS_REGION_H

#include <stdint.h>
#include <sys/types.h>

#include "harness/benchmark.h"

struct region_control;

struct region {
    struct trial *trial;
    unsigned count;
    struct region_control *control; /* shared by all members */
    struct region_member *members;
    struct region_member *waiting; /* those started so far beyond the caller itself */
};

/*
 * Pins the caller to the first CPU of the environment's order, starts the other members on the
 * next ones and waits until all are pinned and have entered. The trial must be prepared. Errors:
 * what topology_bind() or the experiment's enter() says of any member; EAGAIN (a member could not
 * be started); EINVAL (more members than CPUs that they do not share).
 */
int region_open(struct region *region, struct trial *trial, struct fault *fault);

/*
 * Before a run of so many calls: the experiment's arrange() in all members at once, if it has one.
 * Errors: what any member's says.
 */
int region_arrange(struct region *region, uint64_t calls, struct fault *fault);

/* Runs the region once; ticks[i] gets member i's time. Returns the slowest's. */
uint64_t region_run(struct region *region, uint64_t calls, uint64_t *ticks);

/* The CPU time of that member in the last run, if the experiment wants it. */
uint64_t region_cpu_ns(const struct region *region, unsigned member);

/* Ends and collects the members. */
void region_close(struct region *region);

/*
 * The exit status with which a launch process ends when one of its member processes died of that
 * signal (0: exited by itself), and the signal for such a status, or -1.
 */
int region_death_status(int signal);
int region_death_signal(int status);

#endif
