/*
 * From which size is MSG_ZEROCOPY worth it?
 *
 * One process sends messages over a pair of veth interfaces between two network namespaces
 * (harness/veth.h), by one of three methods (microbench/send/sender.h). Over loopback the kernel
 * always copies, so it is refused: there is no way to ask for it, the sender's interface has to be
 * a veth, and its counters have to tell that every byte left.
 *
 * receiver says who is at the far end:
 *   discard  nobody: frames are freed as they come, as if a network card had sent them. Only here
 *            do pages stay uncopied, so that zero copy is what it says. UDP, in one piece per
 *            message that a card would cut into packets (UDP_SEGMENT), since TCP wants
 *            acknowledgements
 *   socket   another process, on a CPU of its own. What is delivered to a socket of the same
 *            machine the kernel copies all the same (skb_orphan_frags_rx()), which notices then
 *            say: this is what containers of one host see
 *
 * A call is one message, with what becomes of its notice: a region ends when all memory is free
 * again. What it costs is the sender's CPU time; where the kernel counts the time of soft
 * interrupts by itself (CONFIG_IRQ_TIME_ACCOUNTING), what follows on the sender's CPU is not in it,
 * which shows where CPU time and elapsed time differ though nothing is waited for (discard). The
 * payload is written once and stays: it lies in the slots of microbench/send/sender.h.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/benchmark.h"
#include "harness/buffers.h"
#include "microbench/send/receiver.h"
#include "microbench/send/sender.h"

enum { AXIS_SENDING, AXIS_SIZE, AXIS_RECEIVER, AXIS_PROTOCOL };
enum { DISCARD, SOCKET };
enum { SENDER, RECEIVER, MEMBERS };
enum { CPU_PER_BYTE, SENDER_CPU, RECEIVER_CPU, NOTICES, COPIED, REAP, REFUSED, LEFT, SLOTS };
enum { REGION_BYTES = 2 << 20, CALLS_LEAST = 4, CALLS_MOST = 256 };
enum { MESSAGE_MOST = 1 << 28 };

static const char *const receivers[] = {"discard", "socket", NULL};
static const char *const protocols[] = {[VETH_UDP] = "udp", [VETH_TCP] = "tcp", NULL};

static const struct axis axes[] = {
    {"sending",
     "",
     "copy: send; zerocopy: send with MSG_ZEROCOPY; send_zc: io_uring's zero-copy send",
     AXIS_WORD,
     send_method_names,
     0,
     {"copy,zerocopy,send_zc", "copy,zerocopy,send_zc"}},
    {"size",
     "bytes",
     "bytes of a message",
     AXIS_BYTES,
     NULL,
     0,
     {"1Ki,4Ki,8Ki,16Ki,32Ki,60Ki,256Ki,1Mi", "256..4Mi,1500,12Ki,24Ki,48Ki,60Ki"}},
    {"receiver",
     "",
     "discard: frames are freed as they come, as by a network card; socket: a process gets them",
     AXIS_WORD,
     receivers,
     0,
     {"discard,socket", "discard,socket"}},
    {"protocol",
     "",
     "udp: messages of up to 65507 B, segmented; tcp: only to a socket",
     AXIS_WORD,
     protocols,
     0,
     {"udp,tcp", "udp,tcp"}},
};

static const struct report reports[] = {
    {"cpu_ns_per_byte", "ns", "CPU time of the sender per byte of payload"},
    {"sender_cpu_ns", "ns", "CPU time of the sender per message"},
    {"receiver_cpu_ns", "ns", "CPU time of the receiver per message; empty where there is none"},
    {"notices", "1", "times per message that the kernel told that memory is free"},
    {"copied_share", "1", "of the notices, those that say that the kernel copied all the same"},
    {"reap_ns", "ns", "time of reading one notice from the error queue"},
    {"refused", "1", "sends per message that were put off, for notices or locked pages"},
    {"left_share", "1", "bytes that left over the veth interface per byte of payload"},
    {"slots", "1", "messages whose memory takes turns"},
};

static const struct parameter parameters[] = {
    {"mtu", "BYTES", "send: the interfaces' maximum transmission unit, 1500 unless given"},
};

struct share { /* of both processes */
    struct ring credits;
    uint64_t received;
    int errors[MEMBERS];
};

struct state {
    struct link *link;
    struct share *share;
    struct sender sender;
    struct receiver receiver;
    struct veth_count before;
    bool proved; /* in this process */
};

static unsigned mtu_of(const struct environment *environment)
{
    const char *given = environment_parameter(environment, "send", "mtu");
    return given ? (unsigned)strtoul(given, NULL, 10) : VETH_MTU_USUAL;
}

static int send_open(const struct environment *environment, struct fault *fault)
{
    const char *given = environment_parameter(environment, "send", "mtu");
    unsigned mtu = mtu_of(environment);
    char again[16];
    snprintf(again, sizeof again, "%u", mtu);
    if (!given || (strcmp(given, again) == 0 && mtu >= VETH_MTU_LEAST && mtu <= VETH_MTU_MOST))
        return 0;
    return fail(fault, EINVAL, "--mtu=%s: a number of bytes from %d to %d", given, VETH_MTU_LEAST,
                VETH_MTU_MOST);
}

static bool discards(const struct cell *cell)
{
    return cell->point[AXIS_RECEIVER].number == DISCARD;
}

static enum veth_protocol protocol_of(const struct cell *cell)
{
    return (enum veth_protocol)cell->point[AXIS_PROTOCOL].number;
}

static void judge(struct cell *cell)
{
    const unsigned ends = 1u << AXIS_RECEIVER | 1u << AXIS_PROTOCOL;
    const unsigned datagram = 1u << AXIS_SIZE | 1u << AXIS_PROTOCOL;
    uint64_t bytes = cell->payload_bytes;
    bool udp = protocol_of(cell) == VETH_UDP;
    if (!udp && discards(cell)) {
        cell->outside = (cell->given & ends) != ends;
        snprintf(cell->skip, sizeof cell->skip,
                 "TCP sends no more where nobody acknowledges what has come");
    } else if (udp && bytes > VETH_MTU_MOST - VETH_UDP_HEADERS) {
        cell->outside = (cell->given & datagram) != datagram;
        snprintf(cell->skip, sizeof cell->skip, "a datagram has %d B at most",
                 VETH_MTU_MOST - VETH_UDP_HEADERS);
    } else if (bytes == 0 || bytes > MESSAGE_MOST) {
        snprintf(cell->skip, sizeof cell->skip, "a message has from 1 to %d B", MESSAGE_MOST);
    } else if (cell->asked.src_offset || cell->asked.dst_offset) {
        snprintf(cell->skip, sizeof cell->skip, "messages begin with a page, without offsets");
    }
}

static uint64_t region_calls(uint64_t bytes)
{
    uint64_t calls = REGION_BYTES / bytes;
    return calls < CALLS_LEAST ? CALLS_LEAST : calls > CALLS_MOST ? CALLS_MOST : calls;
}

static void send_plan(struct cell *cell, const struct environment *environment)
{
    cell->payload_bytes = cell->point[AXIS_SIZE].number;
    if (!discards(cell)) {
        cell->region = REGION_PROCESSES;
        cell->members = MEMBERS;
    }
    judge(cell);
    if (cell->skip[0])
        return;
    size_t bytes = (size_t)cell->payload_bytes;
    cell->calls_step = region_calls(bytes);
    cell->memory_bytes =
        (uint64_t)sender_slots(bytes) * sender_stride(bytes, environment->topology->page_bytes);
}

static void send_release(struct trial *trial)
{
    struct state *state = trial->state;
    sender_close(&state->sender);
    if (state->share) {
        /* What failed may have left something under way. */
        if (state->share->errors[SENDER] || state->share->errors[RECEIVER])
            link_drop(state->link);
        munmap(state->share, sizeof *state->share);
    }
    free(state);
}

static int take_payload(struct trial *trial, struct fault *fault)
{
    struct sender *sender = &((struct state *)trial->state)->sender;
    const struct mapping *mapping;
    struct mapping_request request = {.bytes = (size_t)trial->cell->memory_bytes,
                                      .node = trial->cell->asked.src_node,
                                      .page = trial->cell->asked.page};
    int error =
        buffer_take(SENDER, BUFFER_OWN, &request, trial->environment->topology, &mapping, fault);
    if (error)
        return error;
    sender->payload = mapping->base;
    for (unsigned slot = 0; slot < sender->slots; slot++)
        message_make(sender->payload + slot * sender->stride, sender->bytes, trial->seed, slot);
    trial->got.src_node = mapping->node;
    trial->got.huge_share = mapping->huge_share;
    return 0;
}

static int open_link(struct trial *trial, struct state *state, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    struct veth_request request = {.protocol = protocol_of(cell),
                                   .mtu = mtu_of(trial->environment),
                                   .discards = discards(cell)};
    int error = link_take(&state->link, &request, fault);
    if (!error)
        error = link_set_message(state->link, (size_t)cell->payload_bytes, fault);
    return error ? error : veth_sent(&state->link->veth, &state->before, fault);
}

/* Who sends and who takes, of messages of that size. */
static void seat(struct trial *trial, struct state *state)
{
    size_t bytes = (size_t)trial->cell->payload_bytes;
    struct ring *credits = discards(trial->cell) ? NULL : &state->share->credits;
    state->sender = (struct sender){
        .link = state->link,
        .clock = trial->environment->clock,
        .method = (enum send_method)trial->cell->point[AXIS_SENDING].number,
        .bytes = bytes,
        .stride = sender_stride(bytes, trial->environment->topology->page_bytes),
        .slots = sender_slots(bytes),
        .credits = protocol_of(trial->cell) == VETH_UDP ? credits : NULL,
        .window = link_window(state->link, bytes),
    };
    state->receiver = (struct receiver){
        .link = state->link, .credits = credits, .bytes = bytes, .slots = state->sender.slots};
}

static int send_prepare(struct trial *trial, struct fault *fault)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return fail(fault, ENOMEM, "no memory for a cell of send");
    trial->state = state;
    state->share =
        mmap(NULL, sizeof *state->share, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (state->share == MAP_FAILED)
        state->share = NULL;
    int error = state->share ? open_link(trial, state, fault)
                             : fail(fault, ENOMEM, "no memory for two processes to meet in");
    if (!error) {
        seat(trial, state);
        error = take_payload(trial, fault);
    }
    if (!error)
        error = sender_open(&state->sender, fault);
    if (error)
        send_release(trial);
    return error;
}

static void give_up(struct state *state, unsigned member, int error)
{
    state->share->errors[member] = error;
    link_abandon(state->link, &state->share->credits);
}

static int send_all(struct sender *sender, uint64_t messages)
{
    int error = 0;
    for (uint64_t i = 0; !error && i < messages; i++)
        error = sender_send(sender);
    return error ? error : sender_settle(sender);
}

/* Once in each process, before the first sample: every slot, every byte. */
static int send_arrange(struct trial *trial, const struct member *member, uint64_t calls,
                        struct fault *fault)
{
    (void)calls;
    struct state *state = trial->state;
    if (state->proved)
        return 0;
    state->proved = true;
    int error;
    if (member->index == SENDER) {
        error = send_all(&state->sender, state->sender.slots);
        if (error && error != -EPIPE)
            error = sender_fail(&state->sender, error, fault);
    } else {
        error = receiver_compare(&state->receiver, state->receiver.slots, trial->seed, fault);
    }
    if (error)
        give_up(state, member->index, error);
    return error == -EPIPE ? 0 : error; /* the other one says why */
}

static void send_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    struct state *state = trial->state;
    int error = state->share->errors[member->index];
    if (!error)
        error = member->index == SENDER ? send_all(&state->sender, calls)
                                        : receiver_drain(&state->receiver, calls);
    if (error)
        give_up(state, member->index, error);
    else if (member->index == RECEIVER)
        state->share->received = state->receiver.messages;
}

/* What went wrong, but that the other one had gone, which follows from that. */
static int prove_errors(const struct state *state, struct fault *fault)
{
    int sent = state->share->errors[SENDER], got = state->share->errors[RECEIVER];
    if (sent && (sent != -EPIPE || !got))
        return sender_fail(&state->sender, sent, fault);
    return got ? fail(fault, -got, "the receiver of messages of %zu B fails: %s",
                      state->receiver.bytes, strerror(-got))
               : 0;
}

static int prove(const struct trial *trial, const struct state *state, struct fault *fault)
{
    uint64_t sent = state->sender.messages, received = state->share->received;
    int error = prove_errors(state, fault);
    if (error)
        return error;
    if (!discards(trial->cell) && received != sent)
        return fail(fault, EILSEQ, "%llu messages were sent, %llu received",
                    (unsigned long long)sent, (unsigned long long)received);
    return veth_prove(&state->link->veth, &state->before, sent * state->sender.bytes, fault);
}

static int send_verify(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    const struct sender *sender = &state->sender;
    const struct tally *tally = &sender->tally;
    struct veth_count now;
    double *told = trial->reports, calls = (double)trial->timed_calls;
    double messages = (double)sender->messages, notices = (double)tally->notices;
    int error = prove(trial, state, fault);
    if (!error)
        error = veth_sent(&state->link->veth, &now, fault);
    if (error)
        return error;
    told[SLOTS] = sender->slots;
    told[LEFT] = (double)(now.bytes - state->before.bytes) / (messages * (double)sender->bytes);
    if (sender->method != SEND_COPY) {
        told[NOTICES] = notices / messages;
        told[REFUSED] = (double)tally->refused / messages;
        told[COPIED] = notices > 0 ? (double)tally->copied / notices : NAN;
    }
    if (sender->method == SEND_ZEROCOPY && notices > 0)
        told[REAP] = clock_ns(trial->environment->clock, tally->ticks) / notices;
    if (!(calls > 0))
        return 0;
    told[SENDER_CPU] = (double)trial->cpu_ns[SENDER] / calls;
    told[CPU_PER_BYTE] = told[SENDER_CPU] / (double)sender->bytes;
    if (!discards(trial->cell))
        told[RECEIVER_CPU] = (double)trial->cpu_ns[RECEIVER] / calls;
    return 0;
}

static const struct benchmark send_benchmark = {
    .name = "send",
    .summary = "From which size is MSG_ZEROCOPY worth it?",
    .claim = "Proxies gain from zero copy; behind a zero-copy API the mechanism may still be a "
             "copy.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .reports = reports,
    .report_count = sizeof reports / sizeof *reports,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof *parameters,
    .wants_cpu_time = true,
    .open = send_open,
    .plan = send_plan,
    .prepare = send_prepare,
    .arrange = send_arrange,
    .run = send_run,
    .verify = send_verify,
    .release = send_release,
};
BENCHMARK(&send_benchmark);
