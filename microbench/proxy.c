/*
 * What does a proxy gain by not touching the payload?
 *
 * A client sends messages, a proxy passes them on (proxy/relay.h: the methods), a server takes
 * them: three processes, with a connection between each two. Client and server do the same whatever
 * the proxy does: the client writes a byte of each line of a message and sends it, the server
 * receives it into a buffer of its own and reads a byte of each line. `direct` has no proxy, and
 * the same client and server on the same CPUs.
 *
 * throughput: messages go one way, each as fast as can be; a call is a message. latency: a message
 * goes there and one like it comes back, through the proxy both times; a call is one way, half of a
 * round trip, and each trip is timed by itself, too.
 *
 * What the proxy costs is its own CPU time, in the kernel and outside, and so in the first place
 * what its own calls of the kernel take. Of TCP over loopback the kernel does a part in interrupts
 * that follow from sending: what a sender sets going is charged to it, delivery to the receiver's
 * socket included (unless the kernel is built with IRQ_TIME_ACCOUNTING, which charges nobody). So a
 * part of what the proxy sends may be sent by the server's acknowledgments, in the server's time.
 * CPU times of client and server are therefore columns, too: what all three use more than two do
 * without a proxy is what the proxy costs the machine.
 *
 * The proxy has a CPU of its own; so have client and server where there are three. Where there are
 * two, they share the other one, and on a single CPU all take turns.
 *
 * A file as the source is in the page cache, and in the CPU's as far as it fits.
 */
#include <errno.h>
#include <stdlib.h>

#include "harness/benchmark.h"
#include "microbench/proxy/points.h"

enum {
    REPORT_CPU_PER_BYTE,
    REPORT_PROXY,
    REPORT_CLIENT,
    REPORT_SERVER,
    REPORT_SYSTEM_CALLS,
    REPORT_PIPE
};
static const struct report reports[] = {
    {"cpu_ns_per_byte", "ns", "CPU time of the proxy per byte of payload"},
    {"proxy_cpu_ns", "ns", "CPU time of the proxy per call"},
    {"client_cpu_ns", "ns", "CPU time of the client per call"},
    {"server_cpu_ns", "ns", "CPU time of the server per call"},
    {"system_calls", "1", "calls of the kernel by the proxy per call"},
    {"pipe_bytes", "bytes", "what the pipe holds that the proxy splices through"},
};
static const struct report trips = {"one_way_ns", "ns", "half of a round trip"};

struct state {
    struct chain chain;
    bool entered;        /* in this process */
    struct trips *trips; /* NULL: throughput */
};

static void proxy_release(struct trial *trial)
{
    struct state *state = trial->state;
    chain_close(&state->chain);
    trips_close(state->trips);
    free(state);
}

static int proxy_prepare(struct trial *trial, struct fault *fault)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of proxy");
    struct chain_request request = point_request(trial->cell, trial->environment);
    int error = 0;
    if (request.meeting.both_ways) {
        state->trips = trips_open();
        if (!state->trips)
            error = fail(fault, ENOMEM, "no memory for the times of %d round trips", TRIPS_MOST);
    }
    if (!error)
        error = chain_open(&state->chain, &request, fault);
    if (error) {
        trips_close(state->trips);
        free(state);
        return error;
    }
    trial->state = state;
    meeting_tell(&state->chain.meeting, &trial->got);
    return 0;
}

/* Once in each process: what goes on between them before the first sample. */
static int proxy_arrange(struct trial *trial, const struct member *member, uint64_t calls,
                         struct fault *fault)
{
    (void)calls;
    struct state *state = trial->state;
    if (state->entered)
        return 0;
    state->entered = true;
    int error = chain_enter(&state->chain, member->index, trial->seed, fault);
    return error == -EPIPE ? 0 : error; /* another one says why */
}

static void proxy_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    struct state *state = trial->state;
    chain_play(&state->chain, member->index, state->trips ? calls / 2 : calls, state->trips,
               trial->environment->clock);
}

static void tell_costs(struct trial *trial, const struct relay *relay)
{
    double calls = (double)trial->timed_calls;
    if (calls <= 0)
        return;
    trial->reports[REPORT_CLIENT] = (double)trial->cpu_ns[CHAIN_CLIENT] / calls;
    trial->reports[REPORT_SERVER] = (double)trial->cpu_ns[CHAIN_SERVER] / calls;
    if (!relay->method)
        return;
    double proxy = (double)trial->cpu_ns[CHAIN_PROXY] / calls;
    trial->reports[REPORT_PROXY] = proxy;
    trial->reports[REPORT_CPU_PER_BYTE] = proxy / (double)trial->cell->payload_bytes;
    if (relay->messages)
        trial->reports[REPORT_SYSTEM_CALLS] = (double)relay->system_calls / (double)relay->messages;
    if (relay->pipe_bytes)
        trial->reports[REPORT_PIPE] = (double)relay->pipe_bytes;
}

static int proxy_verify(struct trial *trial, struct fault *fault)
{
    const struct state *state = trial->state;
    int error = chain_prove(&state->chain, fault);
    if (error)
        return error;
    tell_costs(trial, &state->chain.relay);
    return state->trips && trial->histogram ? trips_tell(state->trips, trial, fault) : 0;
}

static const struct benchmark proxy = {
    .name = "proxy",
    .summary = "What does a proxy gain by not touching the payload?",
    .claim = "Proxies gain from zero copy: most of the data passes through untouched.",
    .axes = point_axes,
    .axis_count = POINT_AXES,
    .reports = reports,
    .report_count = sizeof reports / sizeof *reports,
    .histogram = &trips,
    .wants_cpu_time = true,
    .plan = point_plan,
    .member_cpu = point_cpu,
    .prepare = proxy_prepare,
    .arrange = proxy_arrange,
    .run = proxy_run,
    .verify = proxy_verify,
    .release = proxy_release,
};
BENCHMARK(&proxy);
