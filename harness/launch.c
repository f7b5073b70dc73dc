#include "harness/launch.h"

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

#include "harness/channel.h"
#include "harness/launch_variable.h"
#include "harness/region.h"

/* A visit takes its budget, some warming up and mapping memory; ten times that is a hang. */
enum { HANG_SECONDS_MIN = 60, POLL_MS = 100 };

static size_t samples_room(const struct launch *launch)
{
    size_t room = 1;
    for (size_t i = 0; i < launch->tour_count; i++) {
        size_t needs = measure_samples_max(&launch->cells[launch->tour[i].cell], launch->plan);
        room = needs > room ? needs : room;
    }
    return room;
}

static int await_message(const struct launch *launch, int fd)
{
    struct timespec begun, now;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    double hang_s = launch->plan->hang_s;
    if (!(hang_s > 0))
        hang_s = fmax(launch->plan->budget_ns * 10 / 1e9, HANG_SECONDS_MIN);
    for (;;) {
        if (launch->interrupted(launch->context))
            return -EINTR;
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, POLL_MS) > 0)
            return 0;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((double)(now.tv_sec - begun.tv_sec) >= hang_s)
            return -ETIMEDOUT;
    }
}

/*
 * Reports to visited() until the process is gone or hangs. `next` is the stop after the last one
 * finished.
 */
static int hand_on(const struct launch *launch, int fd, struct sample *samples, size_t *next,
                   bool *hangs)
{
    struct channel_message message;
    for (;;) {
        int error = await_message(launch, fd);
        *hangs = error == -ETIMEDOUT;
        if (error)
            return *hangs ? 0 : error;
        if (!channel_read(fd, &message, sizeof message))
            return 0;
        if (message.begun)
            continue;
        if (!channel_read(fd, samples, channel_entries(&message.visit) * sizeof *samples))
            return 0;
        *next = message.stop + 1;
        error =
            launch->visited(launch->context, &launch->tour[message.stop], &message.visit, samples);
        if (error)
            return error;
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
    return launch->visited(launch->context, &launch->tour[stop], &visit, NULL);
}

static bool send_order(const struct launch *launch, size_t first, int fd)
{
    const struct environment *environment = launch->environment;
    struct channel_order order = {
        .number = launch->number,
        .seed = launch->seed,
        .counting = launch->counting,
        .plan = *launch->plan,
        .first = first,
        .tour_count = launch->tour_count,
        .cell_count = launch->cell_count,
        .cells_hash = channel_cells_hash(launch->cells, launch->cell_count),
        .circumstances = {.cpu = environment->cpu_order[0],
                          .clock = *environment->clock->chosen,
                          .core_clock_hz = environment->core_clock_hz},
    };
    snprintf(order.circumstances.clock_name, sizeof order.circumstances.clock_name, "%s",
             environment->clock->chosen->name);
    return channel_write(fd, &order, sizeof order) &&
           channel_write(fd, launch->tour, launch->tour_count * sizeof *launch->tour) &&
           channel_write(fd, launch->samplings, launch->cell_count * sizeof *launch->samplings);
}

/* In the child. */
static void become_launch(const struct launch *launch, size_t first, int fd, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    /* What ends the run may reach its whole group. The run decides, and kills us. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (launch->command) {
        char number[16];
        snprintf(number, sizeof number, "%d", fd);
        setenv(LAUNCH_VARIABLE, number, 1);
        execv("/proc/self/exe", launch->command);
        struct channel_answer answer;
        answer.status =
            fail(&answer.fault, EAGAIN, "can't execute this program anew: %s", strerror(errno));
        channel_write(fd, &answer, sizeof answer);
        _exit(1);
    }
    _exit(launch_serve_forked(launch, first, fd));
}

static int start_process(const struct launch *launch, size_t first, int *fd, pid_t *child,
                         struct fault *fault)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return fail(fault, EAGAIN, "can't make a socket pair for a launch: %s", strerror(errno));
    pid_t parent = getpid();
    *child = fork();
    if (*child == 0) {
        close(ends[0]);
        become_launch(launch, first, ends[1], parent);
    }
    int error = errno;
    close(ends[1]);
    if (*child > 0) {
        *fd = ends[0];
        return 0;
    }
    close(ends[0]);
    return fail(fault, EAGAIN, "can't start a process for a launch: %s", strerror(error));
}

/* Sends the order where it has to be sent, and waits until the process is ready to serve. */
static int agree(const struct launch *launch, size_t first, int fd, struct fault *fault)
{
    struct channel_answer answer;
    if (launch->command && !send_order(launch, first, fd))
        return fail(fault, EAGAIN, "a launch ended before it began");
    int error = await_message(launch, fd);
    if (error)
        return fail(fault, -error, "a launch did not begin");
    if (!channel_read(fd, &answer, sizeof answer))
        return fail(fault, EAGAIN, "a launch ended before it began");
    return answer.status ? fail(fault, EAGAIN, "%s", answer.fault.text) : 0;
}

/* One process from stop `*next` on; `*next` moves past what is done, a deadly stop included. */
static int run_process(const struct launch *launch, struct sample *samples, size_t *next,
                       struct fault *fault)
{
    int fd = -1, status = 0;
    pid_t child = -1;
    bool hangs = false;
    int error = start_process(launch, *next, &fd, &child, fault);
    if (error)
        return error;
    error = agree(launch, *next, fd, fault);
    if (!error)
        error = hand_on(launch, fd, samples, next, &hangs);
    close(fd);
    if (error || hangs)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (error)
        return error;
    if (*next < launch->tour_count)
        return report_death(launch, (*next)++, hangs, status);
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
