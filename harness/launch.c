#include "harness/launch.h"

#include <alloca.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/random.h"
#include "harness/region.h"

/* A visit takes its budget, some warming up and mapping memory; ten times that is a hang. */
enum { HANG_SECONDS_MIN = 60, POLL_MS = 100, STACK_SHIFT_MAX = 4096 };

struct message {
    size_t stop; /* index into the tour */
    bool begun;  /* the visit begins; else it is done and `samples` entries follow */
    struct visit visit;
};

static bool write_all(int fd, const void *data, size_t bytes)
{
    for (const char *at = data; bytes;) {
        ssize_t written = send(fd, at, bytes, MSG_NOSIGNAL);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        bytes -= (size_t)written;
    }
    return true;
}

static bool read_all(int fd, void *data, size_t bytes)
{
    for (char *at = data; bytes;) {
        ssize_t got = read(fd, at, bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        bytes -= (size_t)got;
    }
    return true;
}

static size_t sample_entries(const struct visit *visit)
{
    return (size_t)visit->samples * visit->members;
}

static size_t samples_room(const struct launch *launch)
{
    size_t room = 1;
    for (size_t i = 0; i < launch->tour_count; i++) {
        size_t needs = measure_samples_max(&launch->cells[launch->tour[i].cell], launch->plan);
        room = needs > room ? needs : room;
    }
    return room;
}

struct launched { /* the process's own */
    const struct launch *launch;
    struct sampling *samplings;
    struct sample *samples;
    struct counters counters;
    struct message message;
};

static void visit_stop(struct launched *self, size_t index)
{
    const struct launch *launch = self->launch;
    size_t cell = launch->tour[index].cell;
    struct visit *visit = &self->message.visit;
    struct random random = {launch->seed + (uint64_t)launch->number * 1000003 + index};
    uint64_t seed = random_next(&random);
    if (launch->counting)
        measure_count(&launch->cells[cell], launch->environment, &self->counters, seed,
                      self->samplings[cell], visit);
    else
        measure_visit(&launch->cells[cell], launch->environment, launch->plan, seed,
                      self->samplings[cell], visit, self->samples);
    if (!visit->status)
        self->samplings[cell] = visit->sampling;
}

static int launched_open(struct launched *self, const struct launch *launch)
{
    size_t cells = 0;
    for (size_t i = 0; i < launch->tour_count; i++)
        if (launch->tour[i].cell >= cells)
            cells = launch->tour[i].cell + 1;
    *self = (struct launched){.launch = launch};
    self->samplings = calloc(cells, sizeof *self->samplings);
    self->samples = calloc(samples_room(launch), sizeof *self->samples);
    if (!self->samplings || !self->samples)
        return -ENOMEM;
    memcpy(self->samplings, launch->samplings, cells * sizeof *self->samplings);
    struct fault fault;
    return launch->counting ? counters_open(&self->counters, launch->events, &fault) : 0;
}

static int launched_main(const struct launch *launch, size_t first, int fd)
{
    struct launched self;
    if (launched_open(&self, launch))
        return 1;
    for (size_t i = first; i < launch->tour_count; i++) {
        memset(&self.message, 0, sizeof self.message);
        self.message.stop = i;
        self.message.begun = true;
        if (!write_all(fd, &self.message, sizeof self.message))
            return 1;
        self.message.begun = false;
        visit_stop(&self, i);
        if (!write_all(fd, &self.message, sizeof self.message) ||
            !write_all(fd, self.samples,
                       sample_entries(&self.message.visit) * sizeof *self.samples))
            return 1;
        /* The parent works between visits only, so that it never takes the CPU from a sample. */
        char go;
        if (!read_all(fd, &go, 1))
            return 1;
    }
    return 0;
}

/* Where the stack lies decides which of its lines collide with the buffers; so it is drawn. */
__attribute__((noinline)) static int launched_main_shifted(const struct launch *launch,
                                                           size_t first, int fd)
{
    struct random random = {launch->seed ^ launch->number};
    char *shift = alloca(16 + (size_t)random_below(&random, STACK_SHIFT_MAX));
    __asm__ volatile("" : : "r"(shift) : "memory");
    return launched_main(launch, first, fd);
}

static int await_message(const struct launch *launch, int fd)
{
    struct timespec begun, now;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    double hang_s = launch->plan->budget_ns * 10 / 1e9;
    if (hang_s < HANG_SECONDS_MIN)
        hang_s = HANG_SECONDS_MIN;
    for (;;) {
        if (launch->interrupted(launch->context))
            return -EINTR;
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, POLL_MS) > 0)
            return 0;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((double)(now.tv_sec - begun.tv_sec) > hang_s)
            return -ETIMEDOUT;
    }
}

/* Reports to visited() until the pipe closes. `next` is the stop after the last one finished. */
static int hand_on(const struct launch *launch, int fd, struct sample *samples, size_t *next)
{
    struct message message;
    for (;;) {
        int error = await_message(launch, fd);
        if (error)
            return error;
        if (!read_all(fd, &message, sizeof message))
            return 0;
        if (message.begun)
            continue;
        if (!read_all(fd, samples, sample_entries(&message.visit) * sizeof *samples))
            return 0;
        *next = message.stop + 1;
        error =
            launch->visited(launch->context, &launch->tour[message.stop], &message.visit, samples);
        if (error)
            return error;
        if (!write_all(fd, "", 1))
            return 0; /* the next read tells that it died */
    }
}

static int report_death(const struct launch *launch, size_t stop, int error, int status)
{
    struct visit visit = {.status = -EFAULT};
    int exited = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    int peer = region_death_signal(exited);
    if (error == -ETIMEDOUT)
        visit.status = fail(&visit.fault, ETIMEDOUT,
                            "the process did not finish this cell in ten times its budget");
    else if (peer >= 0)
        fail(&visit.fault, EFAULT, "a member process of this cell died (%s)",
             peer ? strsignal(peer) : "it exited");
    else if (WIFSIGNALED(status))
        fail(&visit.fault, EFAULT, "the process died in this cell: %s",
             strsignal(WTERMSIG(status)));
    else
        fail(&visit.fault, EFAULT, "the process ended in this cell with status %d", exited);
    return launch->visited(launch->context, &launch->tour[stop], &visit, NULL);
}

/* One process from stop `*next` on; `*next` moves past what is done, a deadly stop included. */
static int run_process(const struct launch *launch, struct sample *samples, size_t *next,
                       struct fault *fault)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(fault, errno, "can't make a socket pair for a launch: %s", strerror(errno));
    pid_t parent = getpid(), child = fork();
    if (child < 0) {
        int error = errno;
        close(ends[0]);
        close(ends[1]);
        return fail(fault, EAGAIN, "can't start a process for a launch: %s", strerror(error));
    }
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGINT, SIG_IGN); /* the parent decides; it kills us */
        close(ends[0]);
        _exit(getppid() == parent ? launched_main_shifted(launch, *next, ends[1]) : 1);
    }
    close(ends[1]);
    int error = hand_on(launch, ends[0], samples, next);
    close(ends[0]);
    int status = 0;
    if (error)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (error && error != -ETIMEDOUT)
        return error;
    if (*next < launch->tour_count)
        return report_death(launch, (*next)++, error, status);
    return 0;
}

int launch_run(const struct launch *launch, struct fault *fault)
{
    struct sample *samples = calloc(samples_room(launch), sizeof *samples);
    if (!samples)
        return fail(fault, ENOMEM, "no memory for a launch's samples");
    int error = 0;
    for (size_t next = 0; !error && next < launch->tour_count;)
        error = run_process(launch, samples, &next, fault);
    free(samples);
    return error;
}
