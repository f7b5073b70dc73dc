#include "microbench/proxy/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/buffers.h"
#include "microbench/ipc/files.h"

/* Among buffer_take()'s members: after the two parties. */
enum { PROXY_BUFFERS = MEETING_PARTIES };

static int append(struct lane *lane)
{
    return files_move(files_write, lane->producer_fd, POLLOUT, lane->produced, lane->chunk_bytes,
                      0);
}

static void leave_file(struct lane *lane, enum lane_end end)
{
    (void)lane;
    (void)end;
}

/* Not one of the registry: nobody takes from it. */
static const struct transport to_file = {
    .name = "a file in memory",
    .commit = append,
    .abandon = leave_file,
};

/* Messages of the file: those of the proof, then as many as there are different ones. */
enum { FILE_MESSAGES = PARTY_PROOFS + PARTY_STAMPS };

static size_t buffers_bytes(const struct chain_request *request)
{
    return RELAY_BUFFERS *
           lane_stride(request->buffer_bytes, request->meeting.topology->page_bytes);
}

uint64_t chain_bytes(const struct chain_request *request)
{
    uint64_t file = request->from_file ? FILE_MESSAGES * request->meeting.chunk_bytes : 0;
    return MEETING_PARTIES * (uint64_t)meeting_bytes(&request->meeting) + buffers_bytes(request) +
           file;
}

static int open_relay(struct chain *chain, const struct chain_request *request, struct fault *fault)
{
    const struct topology *topology = request->meeting.topology;
    struct relay *relay = &chain->relay;
    *relay = (struct relay){
        .method = request->method,
        .message_bytes = request->meeting.chunk_bytes,
        .buffer_bytes = request->buffer_bytes,
        .inspect = request->inspect,
        .file = {.fd = -1},
        .in = -1,
        .out = -1,
        .pipe = {-1, -1},
    };
    const struct mapping_request memory = {
        .bytes = buffers_bytes(request),
        .node = request->node,
        .page = request->meeting.page,
    };
    const struct mapping *mapping;
    int error = buffer_take(PROXY_BUFFERS, BUFFER_OWN, &memory, topology, &mapping, fault);
    for (unsigned i = 0; !error && i < RELAY_BUFFERS; i++)
        relay->buffers[i] =
            mapping->base + i * lane_stride(request->buffer_bytes, topology->page_bytes);
    return error;
}

/*
 * A second connection, so that either side has one with the proxy: what the first one's consumer
 * was to take is the proxy's, and the consumer takes from the second one.
 */
static int open_middle(struct chain *chain, struct fault *fault)
{
    struct lane *there = &chain->meeting.lanes[0], *back = &chain->meeting.lanes[1];
    int error = there->transport->open(&chain->middle, NULL, fault);
    if (error)
        return error;
    int kept = there->consumer_fd;
    there->consumer_fd = chain->middle.consumer_fd;
    chain->middle.consumer_fd = kept;
    if (back->borrows)
        back->producer_fd = there->consumer_fd;
    return 0;
}

static int open_file(struct chain *chain, struct fault *fault)
{
    struct relay_file *file = &chain->relay.file;
    size_t bytes = chain->relay.message_bytes;
    file->fd = memfd_create("copycost-proxy", MFD_CLOEXEC);
    if (file->fd < 0)
        return fail(fault, errno == ENOSYS ? ENOTSUP : errno, "can't make a file in memory: %s",
                    strerror(errno));
    file->again = PARTY_PROOFS * bytes;
    file->end = FILE_MESSAGES * bytes;
    chain->file.transport = &to_file;
    chain->file.producer_fd = file->fd;
    chain->meeting.parties[0].out = &chain->file;
    return 0;
}

int chain_open(struct chain *chain, const struct chain_request *request, struct fault *fault)
{
    *chain = (struct chain){.relay = {.file = {.fd = -1}}};
    int error = meeting_open(&chain->meeting, &request->meeting, fault);
    if (error)
        return error;
    chain->middle = chain->file = chain->meeting.lanes[0];
    lane_clear(&chain->middle);
    lane_clear(&chain->file);
    error = open_relay(chain, request, fault);
    if (!error && request->from_file)
        error = open_file(chain, fault);
    else if (!error && request->method)
        error = open_middle(chain, fault);
    if (error)
        chain_close(chain);
    return error;
}

void chain_close(struct chain *chain)
{
    struct relay_file *file = &chain->relay.file;
    if (chain->relay.method)
        relay_close(&chain->relay);
    if (file->mapped)
        munmap((void *)(uintptr_t)file->mapped, file->end);
    files_close(&file->fd);
    lane_close(&chain->middle);
    meeting_close(&chain->meeting);
}

/* The proxy's lane: with the client as well, or with the server alone. */
static struct lane *proxy_lane(struct chain *chain)
{
    return chain->relay.file.fd < 0 ? &chain->middle : &chain->meeting.lanes[0];
}

/* So many there, or one there and one back so many times. */
static int pass(struct chain *chain, uint64_t turns)
{
    const struct lane *lane = proxy_lane(chain);
    struct relay *relay = &chain->relay;
    bool back = chain->meeting.parties[0].in;
    int error = 0;
    relay->in = lane->consumer_fd;
    relay->out = lane->producer_fd;
    if (!back)
        return relay->method->pass(relay, turns);
    for (uint64_t i = 0; !error && i < 2 * turns; i++) {
        error = relay->method->pass(relay, 1);
        int in = relay->in;
        relay->in = relay->out;
        relay->out = in;
    }
    return error;
}

static void abandon(struct chain *chain, int error)
{
    struct lane *lane = proxy_lane(chain);
    if (!chain->error)
        chain->error = error;
    lane->transport->abandon(lane, LANE_PRODUCER);
}

/* What the client would have sent, which the client's lane writes there. */
static int fill_file(struct chain *chain, uint64_t seed, struct fault *fault)
{
    struct relay_file *file = &chain->relay.file;
    struct party *client = &chain->meeting.parties[0];
    int error = party_enter(client, seed, fault);
    if (error)
        return error;
    memset(client->out->produced, 0, client->out->chunk_bytes);
    for (unsigned i = 0; !error && i < PARTY_STAMPS; i++)
        error = party_turn(client);
    client->seat->given = 0;
    if (error)
        return fail(fault, -error, "can't write %zu B to a file in memory: %s", file->end,
                    strerror(-error));
    void *mapped = mmap(NULL, file->end, PROT_READ, MAP_SHARED | MAP_POPULATE, file->fd, 0);
    if (mapped == MAP_FAILED)
        return fail(fault, ENOMEM, "can't map %zu B of a file in memory", file->end);
    file->mapped = mapped;
    return 0;
}

/* What it has seen of the random messages of both sides. */
static int prove_looked(struct chain *chain, uint64_t seed, struct fault *fault)
{
    struct relay *relay = &chain->relay;
    unsigned char *scratch = chain->meeting.parties[0].made;
    uint64_t expected = party_proven(relay->inspect, scratch, relay->message_bytes, seed, true);
    if (chain->meeting.parties[0].in)
        expected += party_proven(relay->inspect, scratch, relay->message_bytes, seed, false);
    if (relay->looked != expected)
        return fail(fault, EILSEQ, "%s: the proxy saw other bytes than were sent",
                    relay->method->name);
    relay->looked = relay->messages = relay->system_calls = 0;
    return 0;
}

static int enter_proxy(struct chain *chain, uint64_t seed, struct fault *fault)
{
    struct relay *relay = &chain->relay;
    if (!relay->method)
        return 0;
    fault->text[0] = '\0';
    int error = relay_open(relay, fault);
    if (!error && relay->file.fd >= 0)
        error = fill_file(chain, seed, fault);
    if (!error)
        error = pass(chain, PARTY_PROOFS);
    if (!error)
        error = prove_looked(chain, seed, fault);
    if (!error)
        return 0;
    abandon(chain, error);
    if (error != -EPIPE && !fault->text[0])
        fail(fault, -error, "%s fails: %s", relay->method->name, strerror(-error));
    return error;
}

static bool is_idle(const struct chain *chain, unsigned member)
{
    return member == CHAIN_CLIENT && chain->relay.file.fd >= 0;
}

int chain_enter(struct chain *chain, unsigned member, uint64_t seed, struct fault *fault)
{
    if (member == CHAIN_PROXY)
        return enter_proxy(chain, seed, fault);
    struct party *party = &chain->meeting.parties[member - CHAIN_CLIENT];
    if (is_idle(chain, member))
        return 0;
    int error = party_enter(party, seed, fault);
    if (!error && party->out)
        memset(party->out->produced, 0, party->out->chunk_bytes);
    return error;
}

void chain_play(struct chain *chain, unsigned member, uint64_t turns, struct trips *trips,
                const struct clock *clock)
{
    if (member != CHAIN_PROXY) {
        struct party *party = &chain->meeting.parties[member - CHAIN_CLIENT];
        if (!is_idle(chain, member))
            party_play(party, turns, member == CHAIN_CLIENT ? trips : NULL, clock);
        return;
    }
    if (!chain->relay.method || chain->error)
        return;
    if (is_idle(chain, CHAIN_CLIENT)) /* what is in the file counts as given by it */
        chain->meeting.parties[0].seat->given += turns;
    int error = pass(chain, turns);
    if (error)
        abandon(chain, error);
}

int chain_prove(const struct chain *chain, struct fault *fault)
{
    const struct relay *relay = &chain->relay;
    const struct party *client = &chain->meeting.parties[0], *server = &chain->meeting.parties[1];
    const char *name = relay->method ? relay->method->name : "";
    if (chain->error && chain->error != -EPIPE)
        return fail(fault, -chain->error, "%s fails in the proxy: %s", name,
                    strerror(-chain->error));
    int error = meeting_prove(&chain->meeting, fault);
    if (error || !relay->method)
        return error;
    if (chain->error)
        return fail(fault, EPIPE, "%s: a side of the proxy was closed too early", name);
    uint64_t there = server->seat->taken, back = client->seat->taken, all = there + back;
    if (relay->messages != all)
        return fail(fault, EILSEQ, "%s: the proxy passed %llu messages, and %llu arrived", name,
                    (unsigned long long)relay->messages, (unsigned long long)all);
    uint64_t expected = 0;
    for (unsigned i = 0; i < MEETING_PARTIES; i++)
        expected += party_touched(server->touch, relay->inspect, client->made, relay->message_bytes,
                                  i ? back : there);
    return relay->looked == expected
               ? 0
               : fail(fault, EILSEQ, "%s: of %llu messages the proxy did not see what was sent",
                      name, (unsigned long long)all);
}
