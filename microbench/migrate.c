/*
 * What happens when the scheduler crosses a domain?
 *
 * A thread copies block after block. At a set time its affinity moves it, or the peer whose blocks
 * it copies, to another CPU, and later back. Pages stay where they are, or are moved after it
 * (move_pages). One call is one such course, which lasts a set time however much is copied in it;
 * what is kept is how many copies ended in each millisecond, visit by visit.
 *
 * mover thread  the copying thread moves; its source and destination are its own
 * mover peer    the thread moves that writes each block of the source and hands it over by a
 *               counter; the copying thread stays. It begins on the CPU next to that thread's
 *
 * The kernel's own moving of pages (NUMA balancing) is neither asked for nor hindered.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/benchmark.h"
#include "harness/buffers.h"
#include "harness/nearness.h"
#include "harness/pair.h"
#include "microbench/migrate_job.h"

enum { AXIS_WHERE, AXIS_MOVER, AXIS_PAGES, AXIS_SIZE, AXIS_KERNEL_NAME };
enum { THREAD, PEER };
enum { STAY, FOLLOW };
enum { LINE = 64, BLOCK_MOST = 64 << 10, RING_LEAST = 2 };

/*
 * How long the phases last: until caches are warm and the rate has been steady for a while; then
 * twice that for what may have to settle. Pages that follow get as long as it takes to move them at
 * this rate, but no longer than the bins reach. move_pages moves some 1 GB/s (measured by its
 * authors at 0.6 to 1: Goglin and Furmento, "Enabling high-performance memory migration for
 * multithreaded applications on Linux", 2009).
 */
static const unsigned phases_ms[PHASES] = {15, 25, 15};
enum { FOLLOW_BYTES_PER_MS = 500000, FOLLOW_MS_MOST = 200 };

static const char *const movers[] = {"thread", "peer", NULL};
static const char *const pages[] = {"stay", "follow", NULL};

static const struct axis axes[] = {
    {"where",
     "",
     "where it moves to: what that CPU shares with the one that copies, and nothing nearer",
     AXIS_WORD,
     nearness_names + NEAR_CORE,
     0,
     {"core,l2,cluster,l3,node,package,machine", "core,l2,cluster,l3,node,package,machine"}},
    {"mover",
     "",
     "thread: the one that copies; peer: the one that writes what is copied",
     AXIS_WORD,
     movers,
     0,
     {"thread,peer", "thread,peer"}},
    {"pages",
     "",
     "stay: where they are; follow: moved to the thread's node after it, and back",
     AXIS_WORD,
     pages,
     0,
     {"stay,follow", "stay,follow"}},
    {"size",
     "bytes",
     "working set: half source, half destination",
     AXIS_BYTES,
     NULL,
     0,
     {"L2/2|128Ki,LLC*2|16Mi", "L2/2|128Ki,L3/2|1Mi,LLC*2|16Mi"}},
    COPY_KERNELS_AXIS("copy_libc_memcpy", "copy_libc_memcpy"),
};

enum {
    COURSE,
    COPY_BYTES,
    AWAY_CPU,
    AWAY_AT,
    BACK_AT,
    MOVE,
    FOLLOW_TIME,
    FOLLOWED_SHARE,
    BEFORE_RATE,
    AWAY_RATE,
    BACK_RATE
};

static const struct report reports[] = {
    [COURSE] = {"course_ns", "ns", "that a course is to last"},
    [COPY_BYTES] = {"copy_bytes", "bytes", "of a copy, as the histogram counts them"},
    [AWAY_CPU] = {"away_cpu", "1", "CPU to which it moved"},
    [AWAY_AT] = {"away_at_ns", "ns", "from the course's begin until it set out"},
    [BACK_AT] = {"back_at_ns", "ns", "from the course's begin until it set out for home"},
    [MOVE] = {"move_ns", "ns", "from setting out until it ran there"},
    [FOLLOW_TIME] = {"follow_ns", "ns", "from then until the pages had followed"},
    [FOLLOWED_SHARE] = {"followed_share", "1", "of the pages, as read back"},
    [BEFORE_RATE] = {"before_gb_per_s", "GB/s", "copied in the later half of the time before"},
    [AWAY_RATE] = {"away_gb_per_s", "GB/s", "copied in the later half of the time away"},
    [BACK_RATE] = {"back_gb_per_s", "GB/s", "copied in the later half of the time back home"},
};
static const struct report milliseconds = {
    "ms", "ms", "when a copy ended, in whole milliseconds since the course began"};

/* Bytes of a copy: so that two fit each buffer at least. */
static uint64_t block_bytes(const struct cell *cell)
{
    uint64_t bytes = cell->point[AXIS_SIZE].number / 2 / RING_LEAST;
    bytes = bytes < BLOCK_MOST ? bytes : BLOCK_MOST;
    return bytes - bytes % LINE;
}

static void phases_of(const struct cell *cell, unsigned ms[PHASES])
{
    uint64_t more = 0;
    if (cell->point[AXIS_PAGES].number == FOLLOW)
        more = cell->point[AXIS_SIZE].number / FOLLOW_BYTES_PER_MS + 1;
    more = more < FOLLOW_MS_MOST ? more : FOLLOW_MS_MOST;
    for (unsigned phase = 0; phase < PHASES; phase++)
        ms[phase] = phases_ms[phase] + (phase == PHASE_BEFORE ? 0 : (unsigned)more);
}

/*
 * The nearest CPU in the members' order that is as near to the one that copies as the cell says,
 * the first `taken` of the order left out; -1 if there is none.
 */
static int find_away(const struct cell *cell, const struct environment *environment, size_t taken)
{
    enum nearness where = NEAR_CORE + (enum nearness)cell->point[AXIS_WHERE].number;
    for (size_t i = taken; i < environment->cpu_count; i++)
        if (nearness_of(environment->topology, environment->cpu_order[0],
                        environment->cpu_order[i]) == where)
            return environment->cpu_order[i];
    return -1;
}

static int node_of(const struct environment *environment, int cpu)
{
    return topology_cpu(environment->topology, cpu)->node;
}

/* One row says why, whatever the axes from that one on. */
static void skip_all(struct cell *cell, unsigned from, const struct environment *environment)
{
    const char *where = axes[AXIS_WHERE].words[cell->point[AXIS_WHERE].number];
    int first = environment->cpu_order[0];
    for (unsigned axis = from; axis <= AXIS_SIZE; axis++)
        cell->point[axis] = (struct value){.absent = true};
    if (environment->cpu_count < 2)
        snprintf(cell->skip, sizeof cell->skip, "moving needs 2 CPUs, and 1 may be used");
    else if (from == AXIS_MOVER)
        snprintf(cell->skip, sizeof cell->skip,
                 "no CPU that may be used shares the %s with CPU %d, and nothing nearer", where,
                 first);
    else
        snprintf(cell->skip, sizeof cell->skip,
                 "the peer needs a second CPU that shares the %s with CPU %d, and nothing nearer, "
                 "to move to",
                 where, first);
}

/* Whether there is somewhere to go, for the pages, too. */
static void judge_move(struct cell *cell, const struct environment *environment)
{
    bool peer = cell->point[AXIS_MOVER].number == PEER;
    bool follow = cell->point[AXIS_PAGES].number == FOLLOW;
    int any = find_away(cell, environment, 1), away = find_away(cell, environment, cell->members);
    if (any < 0)
        skip_all(cell, AXIS_MOVER, environment);
    else if (follow && (peer || node_of(environment, cell->asked.cpu) == node_of(environment, any)))
        cell->outside = true; /* the pages are the copying thread's; on its node they stay */
    else if (away < 0)
        skip_all(cell, AXIS_PAGES, environment);
    else if (follow && (cell->asked.src_node != NODE_LOCAL || cell->asked.dst_node != NODE_LOCAL))
        snprintf(cell->skip, sizeof cell->skip,
                 "pages can't follow the thread and be on a node that is asked for");
}

static void migrate_plan(struct cell *cell, const struct environment *environment)
{
    uint64_t block = block_bytes(cell), size = cell->point[AXIS_SIZE].number;
    unsigned ms[PHASES];
    phases_of(cell, ms);
    pair_plan(cell, cell->point[AXIS_KERNEL_NAME].kernel, block, size / 2);
    cell->payload_bytes = 0; /* as many as there is time for */
    cell->lasts_ns = (double)(ms[0] + ms[1] + ms[2]) * TIMELINE_BIN_NS;
    if (cell->point[AXIS_MOVER].number == PEER) {
        cell->region = REGION_TEAM;
        cell->members = 2;
    }
    if (block == 0)
        snprintf(cell->skip, sizeof cell->skip, "a working set has %d B at least",
                 2 * RING_LEAST * LINE);
    judge_move(cell, environment);
}

/* What the peer writes into: not the source of others, whose pattern they rely on. */
static int take_ring(struct trial *trial, struct job *job, size_t bytes, struct fault *fault)
{
    const struct placement *asked = &trial->cell->asked;
    const struct mapping *ring;
    struct mapping_request request = {
        .bytes = bytes + asked->src_offset, .node = asked->src_node, .page = asked->page};
    int error = buffer_take(0, BUFFER_OWN, &request, trial->environment->topology, &ring, fault);
    if (error)
        return error;
    job->src = ring->base + asked->src_offset;
    trial->got.src_node = ring->node;
    if (ring->huge_share < trial->got.huge_share)
        trial->got.huge_share = ring->huge_share;
    return 0;
}

static int take_buffers(struct trial *trial, struct job *job, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    struct pair pair;
    job->block = (size_t)block_bytes(cell);
    job->blocks = (size_t)(cell->point[AXIS_SIZE].number / 2) / job->block;
    int error = pair_take(&pair, trial, 0, job->block * job->blocks, fault);
    if (error)
        return error;
    pair_spoil(&pair, cell->kernel);
    job->src = pair.src;
    job->dst = pair.dst;
    const struct placement *asked = &cell->asked;
    job->mover.buffers[0] =
        (struct mover_pages){pair.src - asked->src_offset, pair.bytes + asked->src_offset};
    job->mover.buffers[1] =
        (struct mover_pages){pair.dst - asked->dst_offset, pair.bytes + asked->dst_offset};
    return job->has_peer ? take_ring(trial, job, pair.bytes, fault) : 0;
}

/* There and back, before it counts: whether pages can be moved at all. */
static int try_following(const struct mover *mover, struct fault *fault)
{
    double share;
    struct mover one = *mover;
    for (unsigned i = 0; i < MOVER_BUFFERS; i++)
        one.buffers[i].bytes = 1;
    int error = mover_bring(&one, mover->away, &share, fault);
    return error ? error : mover_bring(&one, mover->home, &share, fault);
}

static int migrate_prepare(struct trial *trial, struct fault *fault)
{
    const struct cell *cell = trial->cell;
    const struct environment *environment = trial->environment;
    struct job *job = aligned_alloc(alignof(struct job), sizeof *job);
    if (!job)
        return fail(fault, ENOMEM, "no memory for a cell of migrate");
    bool peer = cell->members > 1;
    *job = (struct job){
        .has_peer = peer,
        .peer_moves = peer,
        .mover = {.topology = environment->topology,
                  .home = environment->cpu_order[peer],
                  .away = find_away(cell, environment, cell->members),
                  .follow = cell->point[AXIS_PAGES].number == FOLLOW},
    };
    unsigned ms[PHASES];
    phases_of(cell, ms);
    timeline_make(&job->timeline, environment->clock, ms);
    job->peer_timeline = job->timeline;
    int error = take_buffers(trial, job, fault);
    if (!error && job->mover.follow)
        error = try_following(&job->mover, fault);
    trial->state = job;
    if (error)
        free(job);
    return error;
}

static int migrate_restore(struct trial *trial, uint64_t calls, struct fault *fault)
{
    (void)calls;
    struct job *job = trial->state;
    double share;
    job_reset(job);
    return job->mover.follow ? mover_bring(&job->mover, job->mover.home, &share, fault) : 0;
}

static void migrate_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    for (uint64_t i = 0; i < calls; i++) {
        if (member->index == 0)
            job_copy(trial->state, trial->function);
        else
            job_fill(trial->state);
    }
}

static double ns_of(const struct trial *trial, uint64_t ticks)
{
    return clock_ns(trial->environment->clock, ticks);
}

static void write_reports(struct trial *trial, const struct job *job)
{
    const struct mover *mover = &job->mover;
    double *to = trial->reports;
    to[COURSE] = trial->cell->lasts_ns;
    to[COPY_BYTES] = (double)job->block;
    to[AWAY_CPU] = mover->away;
    to[AWAY_AT] = ns_of(trial, mover->set_out[PHASE_AWAY]);
    to[BACK_AT] = ns_of(trial, mover->set_out[PHASE_BACK]);
    to[MOVE] = ns_of(trial, mover->arrived[PHASE_AWAY] - mover->set_out[PHASE_AWAY]);
    if (mover->follow) {
        to[FOLLOW_TIME] = ns_of(trial, mover->followed[PHASE_AWAY] - mover->arrived[PHASE_AWAY]);
        to[FOLLOWED_SHARE] = mover->followed_share[PHASE_AWAY];
    }
    for (enum phase phase = PHASE_BEFORE; phase < PHASES; phase++)
        to[BEFORE_RATE + phase] = timeline_rate(&job->timeline, phase) * (double)job->block;
}

static int migrate_verify(struct trial *trial, struct fault *fault)
{
    const struct job *job = trial->state;
    if (job->mover.error)
        return fail(fault, -job->mover.error, "%s", job->mover.fault.text);
    int error = job_verify(job, trial->cell->kernel, fault);
    for (unsigned bin = 0; !error && bin < job->timeline.bins; bin++)
        error = histogram_add(trial->histogram, bin, job->timeline.counts[bin], fault);
    write_reports(trial, job);
    return error;
}

/* Others find pages where they left them. */
static void migrate_release(struct trial *trial)
{
    struct job *job = trial->state;
    struct fault ignored; /* whoever takes the buffers next reads back where they are */
    double share;
    if (job->mover.follow)
        mover_bring(&job->mover, job->mover.home, &share, &ignored);
    free(job);
}

static const struct benchmark migrate = {
    .name = "migrate",
    .summary = "What happens when the scheduler crosses a domain?",
    .claim = "When the scheduler crosses a NUMA domain, latency rises and throughput drops "
             "suddenly.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .reports = reports,
    .report_count = sizeof reports / sizeof *reports,
    .histogram = &milliseconds,
    .histogram_by_visit = true,
    .plan = migrate_plan,
    .prepare = migrate_prepare,
    .restore = migrate_restore,
    .run = migrate_run,
    .verify = migrate_verify,
    .release = migrate_release,
};
BENCHMARK(&migrate);
