#include "microbench/ipc/meeting.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/buffers.h"

enum { OFFSET_PAGE = 4096 };

struct meeting_share {
    struct ring rings[MEETING_PARTIES];
    struct seat seats[MEETING_PARTIES];
};

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

/* A party's memory is what it produces, what it consumes, and two chunks of its own. */
static size_t produced_bytes(const struct lane *lane, size_t offset)
{
    return round_up(offset + lane->produced_count * lane->stride, lane->page_bytes);
}

static size_t consumed_bytes(const struct lane *lane, size_t offset)
{
    return round_up(offset + lane->consumed_count * lane->stride, lane->page_bytes);
}

static struct lane make_lane(const struct meeting_request *request)
{
    struct lane lane = {
        .transport = request->transport,
        .chunk_bytes = request->chunk_bytes,
        .page_bytes = request->topology->page_bytes,
        .topology = request->topology,
    };
    lane_count_buffers(&lane);
    lane_clear(&lane);
    return lane;
}

size_t meeting_bytes(const struct meeting_request *request)
{
    struct lane lane = make_lane(request);
    return produced_bytes(&lane, request->produced_offset) +
           consumed_bytes(&lane, request->consumed_offset) + 2 * lane.stride;
}

static int lay_out(struct meeting *meeting, const struct meeting_request *request, unsigned index,
                   struct fault *fault)
{
    struct lane *out = &meeting->lanes[index], *in = &meeting->lanes[!index];
    struct mapping_request memory = {
        .bytes = meeting_bytes(request),
        .node = request->nodes[index],
        .page = request->page,
        .shared = true,
    };
    int error =
        buffer_take(index, BUFFER_OWN, &memory, request->topology, &meeting->memory[index], fault);
    if (error)
        return error;
    unsigned char *at = meeting->memory[index]->base;
    out->produced = at + request->produced_offset;
    at += produced_bytes(out, request->produced_offset);
    in->consumed = at + request->consumed_offset;
    at += consumed_bytes(in, request->consumed_offset);
    meeting->parties[index].made = at;
    meeting->parties[index].kept = at + out->stride;
    return 0;
}

static void seat_party(struct meeting *meeting, const struct meeting_request *request,
                       unsigned index)
{
    meeting->lanes[index].ring = &meeting->share->rings[index];
    meeting->lanes[index].node = request->nodes[index];
    meeting->parties[index] = (struct party){
        .out = request->both_ways || index == 0 ? &meeting->lanes[index] : NULL,
        .in = request->both_ways || index == 1 ? &meeting->lanes[!index] : NULL,
        .begins = index == 0,
        .copies_in = request->copies_in,
        .copies_out = request->copies_out,
        .touch = request->touch,
        .seat = &meeting->share->seats[index],
    };
}

int meeting_open(struct meeting *meeting, const struct meeting_request *request,
                 struct fault *fault)
{
    *meeting = (struct meeting){.lanes = {make_lane(request), make_lane(request)}};
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignored, &meeting->before);
    meeting->share = mmap(NULL, sizeof *meeting->share, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (meeting->share == MAP_FAILED) {
        meeting->share = NULL;
        meeting_close(meeting);
        return fail(fault, ENOMEM, "no memory for two processes to meet in");
    }
    int error = 0;
    for (unsigned i = 0; !error && i < MEETING_PARTIES; i++) {
        seat_party(meeting, request, i);
        error = lay_out(meeting, request, i, fault);
    }
    struct lane *back = request->both_ways ? &meeting->lanes[1] : NULL;
    if (!error)
        error = request->transport->open(&meeting->lanes[0], back, fault);
    if (error)
        meeting_close(meeting);
    return error;
}

void meeting_close(struct meeting *meeting)
{
    for (unsigned i = 0; i < MEETING_PARTIES; i++)
        lane_close(&meeting->lanes[i]);
    if (meeting->share)
        munmap(meeting->share, sizeof *meeting->share);
    sigaction(SIGPIPE, &meeting->before, NULL);
    *meeting = (struct meeting){0};
}

void meeting_tell(const struct meeting *meeting, struct placement *got)
{
    const struct lane *lane = &meeting->lanes[0];
    got->src_node = meeting->memory[0]->node;
    got->dst_node = meeting->memory[1]->node;
    got->huge_share = meeting->memory[0]->huge_share;
    got->src_offset = (uintptr_t)lane->produced % OFFSET_PAGE;
    got->dst_offset = (uintptr_t)lane->consumed % OFFSET_PAGE;
}

static const char *const party_words[MEETING_PARTIES] = {"first", "second"};

/* What went wrong, but that the other one had gone, which follows from that. */
static int prove_errors(const struct meeting *meeting, struct fault *fault)
{
    int worst = 0;
    unsigned whose = 0;
    for (unsigned i = 0; i < MEETING_PARTIES; i++) {
        int error = meeting->parties[i].seat->error;
        if (error && (!worst || worst == -EPIPE)) {
            worst = error;
            whose = i;
        }
    }
    return worst ? fail(fault, -worst, "%s fails in the %s process: %s",
                        meeting->lanes[0].transport->name, party_words[whose], strerror(-worst))
                 : 0;
}

int meeting_prove(const struct meeting *meeting, struct fault *fault)
{
    int error = prove_errors(meeting, fault);
    unsigned char *scratch = meeting->parties[0].made;
    for (unsigned i = 0; !error && i < MEETING_PARTIES; i++) {
        const struct party *taker = &meeting->parties[i], *giver = &meeting->parties[!i];
        if (!taker->in)
            continue;
        uint64_t given = giver->seat->given, taken = taker->seat->taken;
        if (given != taken)
            return fail(fault, EILSEQ, "%s: %llu chunks were given, %llu taken",
                        taker->in->transport->name, (unsigned long long)given,
                        (unsigned long long)taken);
        if (taker->seat->touched !=
            party_touched(taker->touch, taker->touch, scratch, taker->in->chunk_bytes, taken))
            error = fail(fault, EILSEQ,
                         "%s: of %llu chunks the %s process did not read what was "
                         "written",
                         taker->in->transport->name, (unsigned long long)taken, party_words[i]);
    }
    return error;
}
