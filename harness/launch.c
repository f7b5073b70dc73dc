#include "harness/launch.h"

#include <errno.h>
#include <fcntl.h>
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

#include "harness/channel.h"
#include "harness/launch_variable.h"
#include "harness/region.h"

/* A visit takes its budget, some warming up and mapping memory; ten times that is a hang. */
enum { HANG_SECONDS_MIN = 60, POLL_MS = 100 };
/* That one look can take. What is beyond, this process was stopped for, and the launch with it. */
static const double look_most_s = 1;

static size_t samples_room(const struct launch *launch)
{
    size_t room = 1;
    for (size_t i = 0; i < launch->tour_count; i++) {
        size_t needs = measure_samples_max(&launch->cells[launch->tour[i].cell], launch->plan);
        room = needs > room ? needs : room;
    }
    return room;
}

struct results { /* of the latest visit */
    struct sample *samples;
    struct count *counts;
    struct histogram_bin *bins;
};

struct process { /* of a launch, seen from the run */
    pid_t pid;
    struct channel channel;
    size_t begun; /* the stop that began last, as far as the trace has been read */
    bool hangs;
};

/* Whether anything has begun since. */
static bool read_trace(struct process *process)
{
    uint32_t number;
    bool any = false;
    while (read(process->channel.trace, &number, sizeof number) == sizeof number) {
        process->begun = number;
        any = true;
    }
    return any;
}

static double monotonic_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int await_message(const struct launch *launch, struct process *process)
{
    double waited_s = 0, looked_s = monotonic_s(), hang_s = launch->plan->hang_s;
    if (!(hang_s > 0))
        hang_s = fmax(launch->plan->budget_ns * 10 / 1e9, HANG_SECONDS_MIN);
    for (;;) {
        if (launch->interrupted(launch->context))
            return -EINTR;
        struct pollfd ready = {.fd = process->channel.talk, .events = POLLIN};
        if (poll(&ready, 1, POLL_MS) > 0)
            return 0;
        double now_s = monotonic_s();
        waited_s = read_trace(process) ? 0 : waited_s + fmin(now_s - looked_s, look_most_s);
        looked_s = now_s;
        if (waited_s >= hang_s)
            return -ETIMEDOUT;
    }
}

/*
 * Reports to visited() until the process is gone or hangs. `next` is the stop after the last one
 * reported.
 */
static int hand_on(const struct launch *launch, struct process *process, struct results *results,
                   size_t *next)
{
    int fd = process->channel.talk;
    struct channel_message message;
    for (;;) {
        int error = await_message(launch, process);
        process->hangs = error == -ETIMEDOUT;
        if (error)
            return process->hangs ? 0 : error;
        do {
            const struct visit *visit = &message.visit;
            if (!channel_read(fd, &message, sizeof message) ||
                !channel_read(fd, results->samples,
                              channel_entries(visit) * sizeof *results->samples) ||
                !channel_read(fd, results->counts, visit->counts * sizeof *results->counts) ||
                !channel_read(fd, results->bins, visit->bins * sizeof *results->bins))
                return 0;
            *next = message.stop + 1;
            error = launch->visited(launch->context, &launch->tour[message.stop], visit,
                                    results->samples, results->counts, results->bins);
            if (error)
                return error;
        } while (!message.waits);
        read_trace(process); /* lest the pipe gets full */
        if (!channel_write(fd, "", 1))
            return 0; /* the next read tells that it died */
    }
}

static int report_death(const struct launch *launch, size_t stop, bool hangs, int status)
{
    struct visit visit = {.status = -EFAULT};
    int exited = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    int peer = region_death_signal(exited);
    if (hangs)
        visit.status = fail(&visit.fault, ETIMEDOUT,
                            "the process did not finish this cell in time, and was ended");
    else if (peer >= 0)
        fail(&visit.fault, EFAULT, "a member process of this cell died (%s)",
             peer ? strsignal(peer) : "it exited");
    else if (WIFSIGNALED(status))
        fail(&visit.fault, EFAULT, "the process died in this cell: %s",
             strsignal(WTERMSIG(status)));
    else
        fail(&visit.fault, EFAULT, "the process ended in this cell with status %d", exited);
    return launch->visited(launch->context, &launch->tour[stop], &visit, NULL, NULL, NULL);
}

static bool send_order(const struct launch *launch, size_t first, int fd)
{
    const struct environment *environment = launch->environment;
    struct channel_order order = {
        .number = launch->number,
        .seed = launch->seed,
        .plan = *launch->plan,
        .first = first,
        .tour_count = launch->tour_count,
        .cell_count = launch->cell_count,
        .cells_hash = channel_cells_hash(launch->cells, launch->cell_count),
        .circumstances = {.cpu = environment->cpu_order[0],
                          .clock = *environment->clock->chosen,
                          .core_clock_hz = environment->core_clock_hz},
    };
    if (environment->throttle)
        order.circumstances.throttle = *environment->throttle;
    const struct topology *topology = environment->topology;
    if (topology->cache_source == CACHE_MEASURED)
        memcpy(order.circumstances.cache_bytes,
               topology_cpu(topology, order.circumstances.cpu)->cache_bytes,
               sizeof order.circumstances.cache_bytes);
    if (launch->counters)
        order.counters = *launch->counters;
    snprintf(order.circumstances.clock_name, sizeof order.circumstances.clock_name, "%s",
             environment->clock->chosen->name);
    return channel_write(fd, &order, sizeof order) &&
           channel_write(fd, launch->tour, launch->tour_count * sizeof *launch->tour) &&
           channel_write(fd, launch->samplings, launch->cell_count * sizeof *launch->samplings);
}

/* In the child. */
static void become_launch(const struct launch *launch, size_t first, const struct channel *channel,
                          pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    /* What ends the run may reach its whole group. The run decides, and kills us. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (launch->command) {
        char numbers[32];
        snprintf(numbers, sizeof numbers, CHANNEL_FORMAT, channel->talk, channel->trace);
        setenv(LAUNCH_VARIABLE, numbers, 1);
        execv("/proc/self/exe", launch->command);
        struct channel_answer answer;
        answer.status =
            fail(&answer.fault, EAGAIN, "can't execute this program anew: %s", strerror(errno));
        channel_write(channel->talk, &answer, sizeof answer);
        _exit(1);
    }
    _exit(launch_serve_forked(launch, first, channel));
}

static void close_both(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static int start_process(const struct launch *launch, size_t first, struct process *process,
                         struct fault *fault)
{
    int talk[2], trace[2];
    if (pipe(trace) != 0)
        return fail(fault, EAGAIN, "can't make a pipe for a launch: %s", strerror(errno));
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, talk) != 0) {
        int error = errno;
        close_both(trace);
        return fail(fault, EAGAIN, "can't make a socket pair for a launch: %s", strerror(error));
    }
    fcntl(trace[0], F_SETFL, O_NONBLOCK);
    pid_t parent = getpid();
    *process = (struct process){.pid = fork(), .channel = {talk[0], trace[0]}, .begun = first};
    if (process->pid == 0) {
        close(talk[0]);
        close(trace[0]);
        become_launch(launch, first, &(struct channel){talk[1], trace[1]}, parent);
    }
    int error = errno;
    close(talk[1]);
    close(trace[1]);
    if (process->pid > 0)
        return 0;
    close(talk[0]);
    close(trace[0]);
    return fail(fault, EAGAIN, "can't start a process for a launch: %s", strerror(error));
}

/* Sends the order where it has to be sent, and waits until the process is ready to serve. */
static int agree(const struct launch *launch, size_t first, struct process *process,
                 struct fault *fault)
{
    struct channel_answer answer;
    if (launch->command && !send_order(launch, first, process->channel.talk))
        return fail(fault, EAGAIN, "a launch ended before it began");
    int error = await_message(launch, process);
    if (error)
        return fail(fault, -error, "a launch did not begin");
    if (!channel_read(process->channel.talk, &answer, sizeof answer))
        return fail(fault, EAGAIN, "a launch ended before it began");
    return answer.status ? fail(fault, EAGAIN, "%s", answer.fault.text) : 0;
}

/* Kills it if it is of no more use; returns its status, all of the trace being read. */
static int end_process(struct process *process, bool useless)
{
    int status = 0;
    if (useless)
        kill(process->pid, SIGKILL);
    while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
        ;
    read_trace(process);
    close(process->channel.talk);
    close(process->channel.trace);
    return status;
}

/*
 * One process from stop `*next` on; `*next` moves past what is done, a deadly stop included. What
 * was done since the last batch is lost with the process, and comes after the deadly one.
 */
static int run_process(const struct launch *launch, struct results *results, size_t *next,
                       struct fault *fault)
{
    struct process process = {.pid = -1};
    int error = start_process(launch, *next, &process, fault);
    if (error)
        return error;
    error = agree(launch, *next, &process, fault);
    if (!error)
        error = hand_on(launch, &process, results, next);
    int status = end_process(&process, error || process.hangs);
    if (error || *next == launch->tour_count)
        return error;
    size_t deadly = process.begun > *next ? process.begun : *next;
    struct launch_stop stop = launch->tour[deadly];
    launch->tour[deadly] = launch->tour[*next];
    launch->tour[*next] = stop;
    return report_death(launch, (*next)++, process.hangs, status);
}

int launch_run(const struct launch *launch, struct fault *fault)
{
    struct results results = {
        .samples = calloc(samples_room(launch), sizeof *results.samples),
        .counts = calloc(measure_counts_max(launch->plan), sizeof *results.counts),
        .bins = calloc(HISTOGRAM_BINS_MAX, sizeof *results.bins),
    };
    int error = 0;
    if (!results.samples || !results.counts || !results.bins)
        error = fail(fault, ENOMEM, "no memory for a launch's samples");
    for (size_t next = 0; !error && next < launch->tour_count;)
        error = run_process(launch, &results, &next, fault);
    free(results.samples);
    free(results.counts);
    free(results.bins);
    return error;
}
