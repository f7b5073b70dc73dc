#include "microbench/proxy/points.h"

#include <stdio.h>

#include "microbench/ipc/pairs.h"

enum {
    AXIS_RELAY,
    AXIS_MESSAGE,
    AXIS_INSPECT,
    AXIS_TRANSPORT,
    AXIS_BUFFER,
    AXIS_SOURCE,
    AXIS_PAIR,
    AXIS_MODE
};
enum { FROM_SOCKET, FROM_FILE };
enum { THROUGHPUT, LATENCY };
enum { MESSAGE_MOST = 1 << 28, BUFFER_USUAL = 64 << 10, LATENCY_BYTES = 16 << 10 };
enum { REGION_BYTES = 2 << 20, CALLS_LEAST = 4, CALLS_MOST = 256, LATENCY_CALLS = 32 };

static const struct method *const methods[] = {
    NULL, /* direct */
    &method_read_write,
    &method_readv_writev,
    &method_splice,
    &method_sendfile,
    &method_io_uring,
    &method_io_uring_fixed,
};
static const char *const relay_names[] = {"direct",   "read_write", "readv_writev",   "splice",
                                          "sendfile", "io_uring",   "io_uring_fixed", NULL};
static const char *const inspections[] = {"none", "header", "all", NULL};
static const enum touch touches[] = {TOUCH_NONE, TOUCH_HEADER, TOUCH_ALL};
static const char *const transports[] = {"tcp", "unix", NULL};
static const char *const transport_of[] = {"tcp_nodelay", "unix_stream"};
static const char *const sources[] = {"socket", "file", NULL};
static const char *const modes[] = {"throughput", "latency", NULL};

const struct axis point_axes[POINT_AXES] = {
    {"relay",
     "",
     "how the proxy passes messages on; direct: there is none",
     AXIS_WORD,
     relay_names,
     0,
     {"read_write,splice,io_uring,direct;readv_writev,io_uring_fixed,sendfile",
      "direct,read_write,readv_writev,splice,sendfile,io_uring,io_uring_fixed"}},
    {"message",
     "bytes",
     "bytes of a message",
     AXIS_BYTES,
     NULL,
     0,
     {"64,1500,16Ki,256Ki,1Mi", "64..1Mi*4,1500"}},
    {"inspect",
     "",
     "what the proxy looks at of a message: nothing, its first 64 bytes, all",
     AXIS_WORD,
     inspections,
     0,
     {"none;header,all", "none,header,all"}},
    {"transport",
     "",
     "connections: TCP over loopback without Nagle's delay, or UNIX stream sockets",
     AXIS_WORD,
     transports,
     0,
     {"tcp;unix", "tcp,unix"}},
    {"buffer",
     "bytes",
     "what the proxy takes at a time, at most; empty where it has no buffer",
     AXIS_BYTES,
     NULL,
     0,
     {"64Ki;4Ki,256Ki", "64Ki;4Ki,256Ki,1Mi"}},
    {"source",
     "",
     "where the proxy has messages from: the client's socket, or a file in the page cache",
     AXIS_WORD,
     sources,
     0,
     {"socket;file", "socket,file"}},
    {"pair",
     "",
     "what the proxy's CPU and the client's share; near, far: the nearest other core, the farthest",
     AXIS_WORD,
     pair_words,
     0,
     {"near", "near;cpu,far"}},
    {"mode",
     "",
     "throughput: one way, as fast as can be; latency: there and back, a call is one way",
     AXIS_WORD,
     modes,
     0,
     {"throughput;latency", "throughput;latency"}},
};

static uint64_t word_of(const struct cell *cell, unsigned axis)
{
    return cell->point[axis].number;
}

static bool is_latency(const struct cell *cell)
{
    return word_of(cell, AXIS_MODE) == LATENCY;
}

/* So many that what the first ones take alone, before the others are at work, is lost. */
static uint64_t region_calls(const struct cell *cell)
{
    uint64_t calls = REGION_BYTES / cell->payload_bytes;
    if (is_latency(cell))
        return LATENCY_CALLS;
    return calls < CALLS_LEAST ? CALLS_LEAST : calls > CALLS_MOST ? CALLS_MOST : calls;
}

int point_cpu(const struct cell *cell, const struct environment *environment, unsigned member)
{
    int own = cell->asked.cpu;
    enum nearness class = (enum nearness)word_of(cell, AXIS_PAIR);
    if (member == CHAIN_SERVER && class != NEAR_CPU)
        return pair_third_cpu(environment, own, class);
    return member == CHAIN_PROXY ? own : pair_cpu(environment, own, class);
}

/* On a single CPU what is near is that one: all three take turns there. */
static void plan_pair(struct cell *cell, const struct environment *environment)
{
    struct value *pair = &cell->point[AXIS_PAIR];
    unsigned class = pair_class(environment, cell->asked.cpu, (unsigned)pair->number);
    pair->number = class == NEARNESSES ? NEAR_CPU : class;
    int client = point_cpu(cell, environment, CHAIN_CLIENT);
    cell->cpus_shared =
        client == cell->asked.cpu || client == point_cpu(cell, environment, CHAIN_SERVER);
    if (client < 0)
        snprintf(cell->skip, sizeof cell->skip,
                 "no CPU that may be used shares the %s, and nothing nearer, with CPU %d",
                 nearness_names[class], cell->asked.cpu);
}

/* A point that makes no sense is a row only if the user asked for its value on that axis. */
static void leave_out(struct cell *cell, unsigned axis, const char *why)
{
    if (cell->given & 1u << axis)
        snprintf(cell->skip, sizeof cell->skip, "%s", why);
    else
        cell->outside = true;
}

static void plan_source(struct cell *cell, const struct method *method)
{
    struct value *source = &cell->point[AXIS_SOURCE];
    if (!method->from_socket && !(cell->given & 1u << AXIS_SOURCE))
        source->number = FROM_FILE;
    if (source->number == FROM_FILE ? !method->from_file : !method->from_socket)
        leave_out(cell, AXIS_SOURCE,
                  source->number == FROM_FILE ? "passes on what comes from a socket only"
                                              : "passes on what comes from a file only");
    else if (source->number == FROM_FILE && is_latency(cell))
        leave_out(cell, AXIS_SOURCE, "a file sends no answers back");
}

/* A buffer larger than the message is one of its length, whatever its own. */
static void plan_buffer(struct cell *cell, const struct method *method)
{
    struct value *buffer = &cell->point[AXIS_BUFFER];
    uint64_t message = cell->payload_bytes;
    bool looks = method && method->from_socket && word_of(cell, AXIS_INSPECT);
    if (!method || (!method->has_buffer && !looks)) {
        *buffer = (struct value){.absent = true};
        return;
    }
    if (buffer->number < RELAY_PIECE || buffer->number > MESSAGE_MOST)
        snprintf(cell->skip, sizeof cell->skip, "a buffer has from %d to %d B", RELAY_PIECE,
                 MESSAGE_MOST);
    else if (buffer->number != BUFFER_USUAL && buffer->number >= message && BUFFER_USUAL >= message)
        leave_out(cell, AXIS_BUFFER, "");
}

struct chain_request point_request(const struct cell *cell, const struct environment *environment)
{
    const struct value *point = cell->point, *buffer = &point[AXIS_BUFFER];
    int client = point_cpu(cell, environment, CHAIN_CLIENT);
    int server = point_cpu(cell, environment, CHAIN_SERVER);
    return (struct chain_request){
        .meeting =
            {
                .transport = transport_find(transport_of[point[AXIS_TRANSPORT].number]),
                .chunk_bytes = (size_t)cell->payload_bytes,
                .both_ways = is_latency(cell),
                .touch = TOUCH_LINES,
                .nodes = {pair_node(environment, client, cell->asked.src_node),
                          pair_node(environment, server, cell->asked.dst_node)},
                .page = cell->asked.page,
                .produced_offset = cell->asked.src_offset,
                .consumed_offset = cell->asked.dst_offset,
                .topology = environment->topology,
            },
        .method = methods[point[AXIS_RELAY].number],
        .inspect = touches[point[AXIS_INSPECT].number],
        .buffer_bytes = buffer->absent ? RELAY_PIECE : (size_t)buffer->number,
        .from_file = point[AXIS_SOURCE].number == FROM_FILE,
        .node = pair_node(environment, cell->asked.cpu, NODE_LOCAL),
    };
}

void point_plan(struct cell *cell, const struct environment *environment)
{
    const struct method *method = methods[word_of(cell, AXIS_RELAY)];
    uint64_t message = word_of(cell, AXIS_MESSAGE);
    cell->region = REGION_PROCESSES;
    cell->members = CHAIN_MEMBERS;
    cell->payload_bytes = message;
    plan_pair(cell, environment);
    if (message == 0 || message > MESSAGE_MOST)
        snprintf(cell->skip, sizeof cell->skip, "a message has from 1 to %d B", MESSAGE_MOST);
    if (!method && word_of(cell, AXIS_INSPECT))
        leave_out(cell, AXIS_INSPECT, "without a proxy nobody looks at messages");
    if (!method && word_of(cell, AXIS_SOURCE) == FROM_FILE)
        leave_out(cell, AXIS_SOURCE, "without a proxy nobody passes a file on");
    if (method)
        plan_source(cell, method);
    plan_buffer(cell, method);
    if (is_latency(cell) && message > LATENCY_BYTES && !(cell->given & 1u << AXIS_MESSAGE))
        cell->outside = true;
    if (cell->skip[0] || cell->outside)
        return;
    struct chain_request request = point_request(cell, environment);
    cell->memory_bytes = chain_bytes(&request);
    cell->calls_step = region_calls(cell);
    cell->sample_ns = cell->cpus_shared ? 0 : MEETING_SAMPLE_NS;
}
