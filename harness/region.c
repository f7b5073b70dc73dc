#include "harness/region.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/cells.h"
#include "harness/rendezvous.h"

enum { DEATH_STATUS = 64 };

/* Members meet here; each writes to a line of its own. */
struct region_seat {
    _Alignas(CACHE_LINE_MAX) _Atomic uint64_t ticks;
    uint64_t cpu_ns;     /* of the last run; read when all have finished */
    _Atomic int entered; /* 1 pinned and ready, negative errno, 0 not yet */
    int arranged;        /* 0 or negative errno; read when all have finished */
    struct fault fault;
};

struct region_control {
    struct rendezvous rendezvous;
    bool arranging; /* what the round is: arranging, or a run */
    uint64_t calls;
    _Atomic uint64_t begun; /* ticks at which the first member began the run; 0: none has */
    struct region_seat seats[];
};

struct region_member {
    struct region *region;
    struct member member;
    pthread_t thread;
    pid_t process;
};

int region_death_status(int signal)
{
    return DEATH_STATUS + signal;
}

int region_death_signal(int status)
{
    return status >= DEATH_STATUS && status < DEATH_STATUS + NSIG ? status - DEATH_STATUS : -1;
}

static size_t control_bytes(unsigned count)
{
    return sizeof(struct region_control) + count * sizeof(struct region_seat);
}

/* Peers of a dead process may be blocked on it in the kernel, so the launch ends as a whole. */
static void member_death(int signal)
{
    (void)signal;
    int status;
    if (waitpid(-1, &status, WNOHANG) > 0)
        _exit(region_death_status(WIFSIGNALED(status) ? WTERMSIG(status) : 0));
}

static void watch_members(bool on)
{
    struct sigaction action = {.sa_flags = SA_NOCLDSTOP};
    sigemptyset(&action.sa_mask);
    action.sa_handler = on ? member_death : SIG_DFL;
    sigaction(SIGCHLD, &action, NULL);
}

static void member_arrange(struct region_member *self)
{
    struct region_control *control = self->region->control;
    struct region_seat *seat = &control->seats[self->member.index];
    struct trial *trial = self->region->trial;
    rendezvous_arrive(&control->rendezvous); /* as in a run, where all wait for it */
    seat->arranged =
        trial->cell->benchmark->arrange(trial, &self->member, control->calls, &seat->fault);
    rendezvous_finish(&control->rendezvous);
}

/* Of the calling thread, user and kernel. */
static uint64_t cpu_time_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/*
 * When the run began. Members that share a CPU begin one after another, so the time of each counts
 * from when the first did: otherwise nobody's would have all of the work in it.
 */
static uint64_t begin_run(struct region *region)
{
    uint64_t now = clock_ticks(region->trial->environment->clock), first = 0;
    if (!region->trial->cell->cpus_shared ||
        atomic_compare_exchange_strong(&region->control->begun, &first, now))
        return now;
    return first;
}

static uint64_t member_run(struct region_member *self, uint32_t round)
{
    struct region *region = self->region;
    struct region_control *control = region->control;
    struct trial *trial = region->trial;
    const struct clock *clock = trial->environment->clock;
    struct region_seat *seat = &control->seats[self->member.index];
    bool wants_cpu_time = trial->cell->benchmark->wants_cpu_time;
    uint64_t calls = control->calls;
    rendezvous_arrive(&control->rendezvous);
    rendezvous_meet(&control->rendezvous, round);
    uint64_t cpu_ns = wants_cpu_time ? cpu_time_ns() : 0;
    uint64_t start = begin_run(region);
    trial->cell->benchmark->run(trial, &self->member, calls);
    uint64_t ticks = clock_ticks(clock) - start;
    seat->cpu_ns = wants_cpu_time ? cpu_time_ns() - cpu_ns : 0;
    atomic_store(&seat->ticks, ticks);
    rendezvous_finish(&control->rendezvous);
    return ticks;
}

static void member_enter(struct region_member *self)
{
    struct trial *trial = self->region->trial;
    struct region_seat *seat = &self->region->control->seats[self->member.index];
    int error = topology_bind(trial->environment->topology, self->member.cpu, &seat->fault);
    if (!error && trial->cell->benchmark->enter)
        error = trial->cell->benchmark->enter(trial, &self->member, &seat->fault);
    atomic_store(&seat->entered, error ? error : 1);
}

static void member_serve(struct region_member *self)
{
    struct region_control *control = self->region->control;
    member_enter(self);
    for (uint32_t round = 1; rendezvous_join(&control->rendezvous, round); round++)
        if (control->arranging)
            member_arrange(self);
        else
            member_run(self, round);
}

static void *member_thread(void *argument)
{
    member_serve(argument);
    return NULL;
}

static int member_start(struct region_member *self, enum region_kind kind, struct fault *fault)
{
    if (kind == REGION_TEAM) {
        int error = pthread_create(&self->thread, NULL, member_thread, self);
        return error ? fail(fault, EAGAIN, "can't start thread %u of %u: %s", self->member.index,
                            self->member.count, strerror(error))
                     : 0;
    }
    pid_t parent = getpid();
    self->process = fork();
    if (self->process < 0)
        return fail(fault, EAGAIN, "can't start process %u of %u: %s", self->member.index,
                    self->member.count, strerror(errno));
    if (self->process > 0)
        return 0;
    signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent)
        member_serve(self);
    _exit(0);
}

static int await_members(struct region *region, struct fault *fault)
{
    for (unsigned i = 0; i < region->count; i++) {
        struct region_seat *seat = &region->control->seats[i];
        int state;
        while ((state = atomic_load(&seat->entered)) == 0)
            sched_yield(); /* it may have to run where this one does */
        if (state < 0)
            return fail(fault, -state, "%s", seat->fault.text);
    }
    return 0;
}

static int start_members(struct region *region, struct fault *fault)
{
    const struct environment *environment = region->trial->environment;
    enum region_kind kind = region->trial->cell->region;
    if (kind == REGION_PROCESSES)
        watch_members(true);
    for (unsigned i = 0; i < region->count; i++) {
        struct region_member *self = &region->members[i];
        *self = (struct region_member){
            .region = region,
            .member = {.index = i,
                       .count = region->count,
                       .cpu = cell_cpu(region->trial->cell, environment, i)},
        };
        if (i == 0) {
            member_enter(self);
            continue;
        }
        int error = member_start(self, kind, fault);
        if (error)
            return error;
        region->waiting = self + 1;
    }
    return await_members(region, fault);
}

int region_open(struct region *region, struct trial *trial, struct fault *fault)
{
    unsigned count = trial->cell->members;
    *region = (struct region){.trial = trial, .count = count};
    bool shared = trial->cell->cpus_shared;
    if ((!shared && count > trial->environment->cpu_count) || count > REGION_MEMBERS_MAX)
        return fail(fault, EINVAL, "%u members need as many CPUs, and %zu may be used", count,
                    trial->environment->cpu_count);
    region->members = calloc(count, sizeof *region->members);
    /* Threads have it anyway; a shared mapping is a file, which takes 10 us to make and to end. */
    int sharing = trial->cell->region == REGION_PROCESSES ? MAP_SHARED : MAP_PRIVATE;
    region->control =
        mmap(NULL, control_bytes(count), PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
    if (region->control == MAP_FAILED)
        region->control = NULL;
    if (!region->members || !region->control) {
        region_close(region);
        return fail(fault, ENOMEM, "no memory for %u members of a region", count);
    }
    rendezvous_open(&region->control->rendezvous, count, shared);
    region->waiting = region->members + 1;
    int error = start_members(region, fault);
    if (error)
        region_close(region);
    return error;
}

static uint32_t begin_round(struct region_control *control, uint64_t calls, bool arranging)
{
    control->calls = calls;
    control->arranging = arranging;
    atomic_store(&control->begun, 0);
    return rendezvous_begin(&control->rendezvous);
}

int region_arrange(struct region *region, uint64_t calls, struct fault *fault)
{
    struct region_control *control = region->control;
    if (!region->trial->cell->benchmark->arrange)
        return 0;
    uint32_t round = begin_round(control, calls, true);
    member_arrange(&region->members[0]);
    rendezvous_await(&control->rendezvous, round);
    for (unsigned i = 0; i < region->count; i++)
        if (control->seats[i].arranged)
            return fail(fault, -control->seats[i].arranged, "%s", control->seats[i].fault.text);
    return 0;
}

uint64_t region_cpu_ns(const struct region *region, unsigned member)
{
    return region->control->seats[member].cpu_ns;
}

uint64_t region_run(struct region *region, uint64_t calls, uint64_t *ticks)
{
    struct region_control *control = region->control;
    uint32_t round = begin_round(control, calls, false);
    uint64_t slowest = member_run(&region->members[0], round);
    rendezvous_await(&control->rendezvous, round);
    for (unsigned i = 0; i < region->count; i++) {
        ticks[i] = atomic_load(&control->seats[i].ticks);
        if (ticks[i] > slowest)
            slowest = ticks[i];
    }
    return slowest;
}

void region_close(struct region *region)
{
    if (region->control && region->members) {
        enum region_kind kind = region->trial->cell->region;
        if (kind == REGION_PROCESSES)
            watch_members(false);
        rendezvous_close(&region->control->rendezvous);
        for (struct region_member *self = region->members + 1; self < region->waiting; self++) {
            if (kind == REGION_TEAM)
                pthread_join(self->thread, NULL);
            else
                waitpid(self->process, NULL, 0);
        }
    }
    if (region->control)
        munmap(region->control, control_bytes(region->count));
    free(region->members);
    *region = (struct region){0};
}
