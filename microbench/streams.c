/*
 * How many lines of bandwidth are there?
 *
 * The model of a network card with several queues. Each queue has a ring of packet buffers that a
 * device fills (DMA in), a CPU that copies each packet into a transmit buffer, and a device that
 * drains those (DMA out); see microbench/streams_queue.h. A queue takes two CPUs: its worker, and
 * one that is the device, which fills and drains by turns.
 *
 *   feed core  the device fills with ordinary stores (memcpy), so packets arrive in its caches
 *   feed dma   it fills with non-temporal stores, which stand for DMA: packets arrive in memory.
 *              (DMA of some servers goes into the last cache level; that is between the two.)
 *   feed none  no device: each worker copies the packets of its ring lap by lap. That is plain
 *              copying by N threads, whose working set is both buffers of each slot.
 *
 * Both kinds drain by loading each line once. A core does that with its caches, which DMA does not.
 *
 * Where things are, as seen from a queue's worker (microbench/streams_seats.h says on which CPUs):
 *
 *   local            buffers and device are on the worker's node
 *   buffer_remote    buffers are on another node, the device is on the worker's
 *   consumer_remote  the device, which consumes the copies, is on the other node; buffers are not
 *   both_remote      buffers and device are on the other node: the worker crossed over
 *   interleaved      buffers are spread over all nodes page by page, the device is on the worker's
 *
 * A call is one packet of every queue. All queues do as many; the region ends with the slowest
 * member, device or worker. What a packet's copy costs its worker is clocked packet by packet in a
 * pass of its own before each sample, with all members at work: reading the clock twice a packet
 * would distort the samples. A clock that steps by more than 100 ns can't do that.
 */
#include <stdio.h>

#include "harness/packet.h"
#include "harness/pair.h"
#include "microbench/streams.h"

static const char *const placements[] = {"local",       "buffer_remote", "consumer_remote",
                                         "both_remote", "interleaved",   NULL};
static const char *const feeds[] = {"none", "core", "dma", NULL};

static const struct axis axes[] = {
    COPY_KERNELS_AXIS("copy_libc_memcpy", "copy_libc_memcpy"),
    {"queues",
     "1",
     "queues at work; each takes a CPU, with a feed another one for its device",
     AXIS_COUNT,
     NULL,
     0,
     {"1..cpus", "1..cpus+1"}},
    {"size",
     "bytes",
     "bytes of a packet",
     AXIS_BYTES,
     NULL,
     0,
     {"1500;64,256,9000", "1500;64,256,9000"}},
    {"ring",
     "1",
     "slots of a queue's ring, each with a receive and a transmit buffer",
     AXIS_COUNT,
     NULL,
     0,
     {"256;1,1024", "256;1,64,1024,4096"}},
    {"placement",
     "",
     "of buffers and device, as seen from the CPU that copies: local; buffer_remote, "
     "consumer_remote (the device), both_remote: on another node; interleaved: buffers on all",
     AXIS_WORD,
     placements,
     0,
     {"local;buffer_remote,consumer_remote,both_remote,interleaved",
      "local;buffer_remote,consumer_remote,both_remote,interleaved"}},
    {"feed",
     "",
     "how packets arrive: core: another core's stores; dma: its non-temporal stores; none: not, "
     "the same ones are copied again",
     AXIS_WORD,
     feeds,
     0,
     {"none,core,dma", "none,core,dma"}},
};

static const struct report reports[] = {
    {"nodes_used", "1", "nodes that the CPUs of the queues' workers are on"},
    {"working_set_bytes", "bytes", "receive and transmit buffers of one queue"},
};

static const struct report clocked = {
    "packet_ns", "ns", "time of one packet's copy, with one reading of the clock in it"};

static struct streams_seating seatings[DEVICES];

static int streams_open(const struct environment *environment, struct fault *fault)
{
    int error = 0;
    for (unsigned i = 0; !error && i < DEVICES; i++) {
        streams_seating_free(&seatings[i]);
        error = streams_seating_make(&seatings[i], (enum streams_device)i, environment, fault);
    }
    return error;
}

unsigned streams_queues(const struct cell *cell)
{
    return (unsigned)cell->point[AXIS_QUEUES].number;
}

const struct streams_seating *streams_seating_of(const struct cell *cell)
{
    uint64_t placement = cell->point[AXIS_PLACEMENT].number;
    if (cell->point[AXIS_FEED].number == NONE)
        return &seatings[DEVICE_NONE];
    return placement == CONSUMER_REMOTE || placement == BOTH_REMOTE ? &seatings[DEVICE_REMOTE]
                                                                    : &seatings[DEVICE_NEAR];
}

/* The node of a queue's buffers. */
int streams_buffer_node(const struct cell *cell, const struct streams_seat *seat)
{
    switch (cell->point[AXIS_PLACEMENT].number) {
    case INTERLEAVED:
        return NODE_INTERLEAVED;
    case BUFFER_REMOTE:
    case BOTH_REMOTE:
        return seat->remote;
    default:
        return seat->node;
    }
}

/* What the cell says of all its queues' buffers: a node where it is the same for all. */
static void plan_nodes(struct cell *cell)
{
    const struct streams_seating *seating = streams_seating_of(cell);
    int node = streams_buffer_node(cell, &seating->seats[0]);
    for (unsigned i = 1; i < streams_queues(cell); i++)
        if (streams_buffer_node(cell, &seating->seats[i]) != node)
            node = NODE_MIXED;
    if (cell->point[AXIS_PLACEMENT].number == LOCAL ||
        cell->point[AXIS_PLACEMENT].number == CONSUMER_REMOTE)
        node = NODE_LOCAL;
    cell->asked.src_node = cell->asked.dst_node = node;
}

static size_t nodes_allowed(const struct topology *topology)
{
    size_t count = 0;
    for (size_t i = 0; i < topology->node_count; i++)
        count += topology->nodes[i].allowed && topology->nodes[i].bytes;
    return count;
}

static void judge_places(struct cell *cell, const struct environment *environment)
{
    const struct streams_seating *seating = streams_seating_of(cell);
    uint64_t placement = cell->point[AXIS_PLACEMENT].number;
    if (cell->asked.src_node != NODE_LOCAL || cell->asked.dst_node != NODE_LOCAL)
        snprintf(cell->skip, sizeof cell->skip,
                 "streams places its buffers by --placement, not by --src-node and --dst-node");
    else if (placement != LOCAL && nodes_allowed(environment->topology) < 2) {
        snprintf(cell->skip, sizeof cell->skip,
                 "one node may be used, and nothing is remote on it");
        cell->point[AXIS_QUEUES] = (struct value){.absent = true}; /* one row for any number */
    } else if (cell->members > environment->cpu_count)
        return; /* which the engine says */
    else if (seating->count < streams_queues(cell))
        snprintf(cell->skip, sizeof cell->skip,
                 "workers and devices of %zu queues have CPUs where they need them, not of %u",
                 seating->count, streams_queues(cell));
    else if (streams_buffer_node(cell, &seating->seats[0]) == -1)
        snprintf(cell->skip, sizeof cell->skip, "no other node has CPUs that may be used");
    else {
        cell->asked.cpu = seating->seats[0].worker;
        plan_nodes(cell);
    }
}

static void streams_plan(struct cell *cell, const struct environment *environment)
{
    uint64_t bytes = cell->point[AXIS_SIZE].number, queues = cell->point[AXIS_QUEUES].number;
    uint64_t ring = cell->point[AXIS_RING].number, placement = cell->point[AXIS_PLACEMENT].number;
    bool none = cell->point[AXIS_FEED].number == NONE;
    bool fits =
        bytes < UINT64_C(1) << 32 && ring < UINT64_C(1) << 24 && queues <= REGION_MEMBERS_MAX / 2;
    cell->outside = none && (placement == CONSUMER_REMOTE || placement == BOTH_REMOTE);
    pair_plan(cell, cell->point[AXIS_KERNEL_NAME].kernel, bytes,
              fits ? packet_stride(bytes) * ring : UINT64_MAX);
    if (cell->skip[0])
        return;
    if (!bytes || !ring || !queues || !fits) {
        snprintf(cell->skip, sizeof cell->skip,
                 "1 to %d queues, rings of 1 to 16777215 packets and packets of 1 B or more are "
                 "possible",
                 REGION_MEMBERS_MAX / 2);
        return;
    }
    if (!streams_store(cell))
        snprintf(cell->skip, sizeof cell->skip,
                 "this CPU has no stores that go round its caches, which stand for DMA");
    cell->members = (unsigned)queues * (none ? 1 : 2);
    if (!cell->skip[0])
        judge_places(cell, environment);
    if (cell->point[AXIS_QUEUES].absent)
        cell->members = 1;
    else
        cell->payload_bytes *= queues;
    cell->memory_bytes =
        cell->memory_bytes < UINT64_MAX / queues ? cell->memory_bytes * queues : UINT64_MAX;
    cell->region = cell->members > 1 ? REGION_TEAM : REGION_THREAD;
}

/* Workers come first, then their devices. */
static int streams_member_cpu(const struct cell *cell, const struct environment *environment,
                              unsigned member)
{
    (void)environment;
    const struct streams_seat *seats = streams_seating_of(cell)->seats;
    unsigned queues = streams_queues(cell);
    return member < queues ? seats[member].worker : seats[member - queues].device;
}

static const struct benchmark streams = {
    .name = "streams",
    .summary = "How many lines of bandwidth are there?",
    .claim = "On a NUMA machine one needs lines of parallel bandwidth.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .reports = reports,
    .report_count = sizeof reports / sizeof *reports,
    .histogram = &clocked,
    .open = streams_open,
    .plan = streams_plan,
    .member_cpu = streams_member_cpu,
    .prepare = streams_prepare,
    .enter = streams_enter,
    .arrange = streams_arrange,
    .run = streams_run,
    .verify = streams_verify,
    .release = streams_release,
};
BENCHMARK(&streams);
