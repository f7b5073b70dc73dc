/*
 * What does each way of handing data to another process cost?
 *
 * Two processes, on a pair of CPUs that are as near as is asked for, and a lane between them
 * (ipc/transport.h: the ways, and what the switches mean for each).
 *
 * throughput: one makes chunks and gives them, the other takes and touches them, each as fast as it
 * can. A call is a chunk. A region has so many of them that what the first one takes alone is lost.
 * latency: a chunk goes there, and one like it comes back, over the lane in the other direction. A
 * call is one way, half of a round trip; each round trip is timed by itself, too, with one reading
 * of the clock more, and kept but for a region's first, which has the waking in it.
 *
 * What the consumer touches of a chunk the producer has made anew. CPU time is that of the threads,
 * in the kernel and outside. What the kernel does for them elsewhere (in interrupts, on other CPUs)
 * is not in it.
 *
 * Two processes that share a CPU take turns, which the scheduler decides; where they spin, each
 * spins until its turn ends.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/benchmark.h"
#include "microbench/ipc/meeting.h"
#include "microbench/ipc/pairs.h"

enum { AXIS_TRANSPORT, AXIS_CHUNK, AXIS_PAIR, AXIS_PRODUCER, AXIS_CONSUMER, AXIS_TOUCH, AXIS_MODE };
enum { IN_PLACE, COPIES };
enum { THROUGHPUT, LATENCY };
enum { REPORT_CPU_PER_BYTE, REPORT_PRODUCER, REPORT_CONSUMER, REPORT_COPIES, REPORT_CAPACITY };
enum { REGION_BYTES = 4 << 20, CALLS_LEAST = 16, CALLS_MOST = 512 };
enum { LATENCY_BYTES = 64 << 10 };

static const char *const producers[] = {"in_place", "copy_in", NULL};
static const char *const consumers[] = {"in_place", "copy_out", NULL};
static const char *const modes[] = {"throughput", "latency", NULL};

static const struct axis axes[] = {
    {"transport",
     "",
     "the way from one process to the other",
     AXIS_WORD,
     transport_names,
     0,
     {transport_list, transport_list}},
    {"chunk",
     "bytes",
     "bytes handed over at a time",
     AXIS_BYTES,
     NULL,
     0,
     {"64Ki;64,4096,1Mi", "64,4096,64Ki,1Mi"}},
    {"pair",
     "",
     "what the two CPUs share at the innermost; near, far: the nearest other core, the farthest",
     AXIS_WORD,
     pair_words,
     0,
     {"near;cpu,far", "near;cpu,core,far"}},
    {"producer",
     "",
     "in_place: makes chunks where the transport takes them; copy_in: elsewhere, and copies",
     AXIS_WORD,
     producers,
     0,
     {"in_place;copy_in", "in_place,copy_in"}},
    {"consumer",
     "",
     "in_place: touches chunks where the transport puts them; copy_out: copies them first",
     AXIS_WORD,
     consumers,
     0,
     {"in_place;copy_out", "in_place,copy_out"}},
    {"touch",
     "",
     "what is made and read of a chunk: nothing, 64 bytes, a byte of each line, all",
     AXIS_WORD,
     touch_names,
     0,
     {"all;none", "all;none,header,lines"}},
    {"mode",
     "",
     "throughput: one way, as fast as can be; latency: there and back, a call is one way",
     AXIS_WORD,
     modes,
     0,
     {"throughput,latency", "throughput,latency"}},
};

static const struct report reports[] = {
    {"cpu_ns_per_byte", "ns", "CPU time of both processes per byte of payload"},
    {"producer_cpu_ns", "ns", "CPU time of the first process per call"},
    {"consumer_cpu_ns", "ns", "CPU time of the second process per call"},
    {"kernel_copies", "1", "copies of the payload that the kernel makes on its way"},
    {"capacity_bytes", "bytes", "what the transport holds before the producer has to wait"},
};
static const struct report trips = {"one_way_ns", "ns", "half of a round trip"};

struct state {
    struct meeting meeting;
    bool entered;        /* in this process */
    struct trips *trips; /* NULL: throughput */
};

static bool is_latency(const struct cell *cell)
{
    return cell->point[AXIS_MODE].number == LATENCY;
}

static const struct transport *transport_of(const struct cell *cell)
{
    return transport_at((size_t)cell->point[AXIS_TRANSPORT].number);
}

/* Each of few turns takes milliseconds then. */
static bool takes_turns(const struct cell *cell)
{
    return cell->cpus_shared && transport_of(cell)->spins;
}

/* So many that the pipe between them fills. */
static uint64_t region_calls(const struct cell *cell)
{
    uint64_t chunk = cell->payload_bytes, calls = REGION_BYTES / chunk;
    if (takes_turns(cell))
        return is_latency(cell) ? 2 : 4 * ring_slots((size_t)chunk);
    if (is_latency(cell))
        return chunk > LATENCY_BYTES ? 8 : 32;
    return calls < CALLS_LEAST ? CALLS_LEAST : calls > CALLS_MOST ? CALLS_MOST : calls;
}

static void plan_pair(struct cell *cell, const struct environment *environment)
{
    struct value *pair = &cell->point[AXIS_PAIR];
    int cpu = cell->asked.cpu;
    unsigned class = pair_class(environment, cpu, (unsigned)pair->number);
    if (class == NEARNESSES) {
        snprintf(cell->skip, sizeof cell->skip, "CPU %d is the only one that may be used", cpu);
        return;
    }
    pair->number = class;
    cell->cpus_shared = class == NEAR_CPU;
    if (pair_cpu(environment, cpu, (enum nearness) class) < 0)
        snprintf(cell->skip, sizeof cell->skip,
                 "no CPU that may be used shares the %s, and nothing nearer, with CPU %d",
                 nearness_names[class], cpu);
}

static int ipc_member_cpu(const struct cell *cell, const struct environment *environment,
                          unsigned member)
{
    return member == 0 ? cell->asked.cpu
                       : pair_cpu(environment, cell->asked.cpu,
                                  (enum nearness)cell->point[AXIS_PAIR].number);
}

/* The producer's memory is near the first process, the consumer's near the second. */
static int node_of(const struct cell *cell, const struct environment *environment, unsigned member)
{
    int asked = member == 0 ? cell->asked.src_node : cell->asked.dst_node;
    return pair_node(environment, ipc_member_cpu(cell, environment, member), asked);
}

static struct meeting_request request_of(const struct cell *cell,
                                         const struct environment *environment)
{
    const struct value *point = cell->point;
    return (struct meeting_request){
        .transport = transport_of(cell),
        .chunk_bytes = (size_t)cell->payload_bytes,
        .both_ways = is_latency(cell),
        .copies_in = point[AXIS_PRODUCER].number == COPIES,
        .copies_out = point[AXIS_CONSUMER].number == COPIES,
        .touch = (enum touch)point[AXIS_TOUCH].number,
        .nodes = {node_of(cell, environment, 0), node_of(cell, environment, 1)},
        .page = cell->asked.page,
        .produced_offset = cell->asked.src_offset,
        .consumed_offset = cell->asked.dst_offset,
        .topology = environment->topology,
    };
}

static void ipc_plan(struct cell *cell, const struct environment *environment)
{
    size_t page_bytes = environment->topology->page_bytes;
    uint64_t chunk = cell->point[AXIS_CHUNK].number;
    cell->region = REGION_PROCESSES;
    cell->members = MEETING_PARTIES;
    cell->payload_bytes = chunk;
    plan_pair(cell, environment);
    if (chunk == 0 || chunk > SIZE_MAX / 1024)
        snprintf(cell->skip, sizeof cell->skip, "a chunk has from 1 to %zu B", SIZE_MAX / 1024);
    if (cell->skip[0])
        return;
    const struct transport *transport = transport_of(cell);
    struct meeting_request request = request_of(cell, environment);
    cell->memory_bytes =
        MEETING_PARTIES * (uint64_t)meeting_bytes(&request) * (1 + transport->maps_pages);
    cell->calls_step = region_calls(cell);
    cell->sample_ns = takes_turns(cell) ? 0 : MEETING_SAMPLE_NS;
    const char *missing =
        transport->missing
            ? transport->missing((size_t)chunk, cell->asked.src_offset % page_bytes, page_bytes)
            : NULL;
    if (missing)
        snprintf(cell->skip, sizeof cell->skip, "%s", missing);
}

static void ipc_release(struct trial *trial)
{
    struct state *state = trial->state;
    meeting_close(&state->meeting);
    trips_close(state->trips);
    free(state);
}

static int ipc_prepare(struct trial *trial, struct fault *fault)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of ipc");
    struct meeting_request request = request_of(trial->cell, trial->environment);
    int error = 0;
    if (request.both_ways) {
        state->trips = trips_open();
        if (!state->trips)
            error = fail(fault, ENOMEM, "no memory for the times of %d round trips", TRIPS_MOST);
    }
    if (!error)
        error = meeting_open(&state->meeting, &request, fault);
    if (error) {
        trips_close(state->trips);
        free(state);
        return error;
    }
    trial->state = state;
    meeting_tell(&state->meeting, &trial->got);
    return 0;
}

/* Once in each process: what goes on between them before the first sample. */
static int ipc_arrange(struct trial *trial, const struct member *member, uint64_t calls,
                       struct fault *fault)
{
    (void)calls;
    struct state *state = trial->state;
    struct party *party = &state->meeting.parties[member->index];
    if (state->entered)
        return 0;
    state->entered = true;
    int error = party_enter(party, trial->seed, fault);
    const struct mapping *pages = &state->meeting.lanes[0].pages;
    if (member->index == 0 && pages->base) {
        trial->got.src_node = pages->node;
        trial->got.huge_share = pages->huge_share;
    }
    return error == -EPIPE ? 0 : error; /* the other one says why */
}

static void ipc_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    struct state *state = trial->state;
    party_play(&state->meeting.parties[member->index], state->trips ? calls / 2 : calls,
               member->index == 0 ? state->trips : NULL, trial->environment->clock);
}

static int ipc_verify(struct trial *trial, struct fault *fault)
{
    const struct state *state = trial->state;
    double calls = (double)trial->timed_calls;
    int error = meeting_prove(&state->meeting, fault);
    if (error)
        return error;
    const struct lane *lane = &state->meeting.lanes[0];
    trial->reports[REPORT_COPIES] = lane->transport->kernel_copies;
    if (lane->capacity_bytes)
        trial->reports[REPORT_CAPACITY] = (double)lane->capacity_bytes;
    if (calls > 0) {
        double producer = (double)trial->cpu_ns[0] / calls;
        double consumer = (double)trial->cpu_ns[1] / calls;
        trial->reports[REPORT_PRODUCER] = producer;
        trial->reports[REPORT_CONSUMER] = consumer;
        trial->reports[REPORT_CPU_PER_BYTE] =
            (producer + consumer) / (double)trial->cell->payload_bytes;
    }
    return state->trips && trial->histogram ? trips_tell(state->trips, trial, fault) : 0;
}

static const struct benchmark ipc = {
    .name = "ipc",
    .summary = "What does each way of handing data to another process cost?",
    .claim = "Behind a zero-copy API the mechanism may still be a copy; proxies gain from zero "
             "copy.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .reports = reports,
    .report_count = sizeof reports / sizeof *reports,
    .histogram = &trips,
    .wants_cpu_time = true,
    .plan = ipc_plan,
    .member_cpu = ipc_member_cpu,
    .prepare = ipc_prepare,
    .arrange = ipc_arrange,
    .run = ipc_run,
    .verify = ipc_verify,
    .release = ipc_release,
};
BENCHMARK(&ipc);
