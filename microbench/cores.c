/*
 * How far apart are cores?
 *
 * Every pair of CPUs hands one cache line back and forth (how: microbench/cores_line.h). A call is
 * one handover, one way: half of a round trip, since no clock that both CPUs read is exact enough
 * to time one way alone. Both directions are cells of their own, in which the other CPU begins and
 * the region is timed from either; the line moves the same way in both, so they agree where nothing
 * is wrong. Who touches the line's page first is drawn anew in every visit, and which line it is
 * before every sample.
 *
 * Members start a region as far apart as a line takes from one to the other, so it may last one
 * handover longer than it has, of a hundred or more: less than 1 %.
 */
#include <errno.h>
#include <stdio.h>

#include "harness/benchmark.h"
#include "harness/nearness.h"
#include "microbench/cores_line.h"
#include "microbench/cores_pairs.h"

enum { AXIS_FROM, AXIS_TO, AXIS_NEARNESS };

static const struct axis axes[] = {
    {"from", "1", "CPUs that begin", AXIS_CPU, NULL, 0, {"all", "all"}},
    {"to", "1", "CPUs that answer", AXIS_CPU, NULL, 0, {"all", "all"}},
    {"nearness",
     "",
     "the innermost thing that both share: a core (its hardware threads), an L2, a cluster, an L3, "
     "a NUMA node, a package, or only the machine",
     AXIS_WORD,
     nearness_names,
     0,
     {"core,l2,cluster,l3,node,package,machine", "core,l2,cluster,l3,node,package,machine"}},
};

static const struct parameter parameters[] = {
    {"all-pairs", NULL,
     "cores: every pair of CPUs, even of more than 64, of which some of each nearness are taken"},
};

static struct pairs pairs;

static int cores_open(const struct environment *environment, struct fault *fault)
{
    pairs_free(&pairs);
    bool all = environment_parameter(environment, "cores", "all-pairs");
    return pairs_take(&pairs, environment->topology, all, fault);
}

static bool is_usable(const struct environment *environment, int cpu)
{
    const struct topology_cpu *entry = topology_cpu(environment->topology, cpu);
    return entry && entry->allowed;
}

/* A CPU and itself: what is said instead of pairs where there are none. */
static void plan_alone(struct cell *cell, const struct environment *environment)
{
    struct value *nearness = &cell->point[AXIS_NEARNESS];
    if (environment->cpu_count < 2) {
        snprintf(cell->skip, sizeof cell->skip, "a pair needs two CPUs, and one may be used");
        nearness->number = NEAR_CPU;
    } else if (cell->given & 1u << AXIS_NEARNESS && pairs.there[nearness->number] == 0) {
        snprintf(cell->skip, sizeof cell->skip, "no two CPUs that may be used are that near: %s",
                 nearness_names[nearness->number]);
        cell->point[AXIS_FROM] = cell->point[AXIS_TO] = (struct value){.absent = true};
    } else {
        cell->outside = true;
    }
}

static void plan_pair(struct cell *cell, const struct environment *environment, int from, int to)
{
    bool given = cell->given & (1u << AXIS_FROM | 1u << AXIS_TO);
    enum nearness nearness = nearness_of(environment->topology, from, to);
    cell->outside = cell->point[AXIS_NEARNESS].number != (uint64_t)nearness ||
                    (!given && !pairs_have(&pairs, from, to));
    int src = cell->asked.src_node, dst = cell->asked.dst_node;
    if (src != NODE_LOCAL && dst != NODE_LOCAL && src != dst)
        snprintf(cell->skip, sizeof cell->skip,
                 "a line that goes back and forth is on one node, not on %d and %d", src, dst);
    if (cell->asked.src_offset || cell->asked.dst_offset)
        snprintf(
            cell->skip, sizeof cell->skip,
            "which line it is, is drawn anew for every sample: it has no offset to be asked for");
}

static void cores_plan(struct cell *cell, const struct environment *environment)
{
    int from = (int)cell->point[AXIS_FROM].number, to = (int)cell->point[AXIS_TO].number;
    cell->region = REGION_TEAM;
    cell->members = LINE_MEMBERS;
    cell->calls_step = LINE_MEMBERS;
    cell->memory_bytes = LINE_ROOM_BYTES;
    cell->asked.cpu = from;
    if (!is_usable(environment, from) || !is_usable(environment, to))
        cell->point[AXIS_NEARNESS] = (struct value){.absent = true};
    else if (from == to)
        plan_alone(cell, environment);
    else
        plan_pair(cell, environment, from, to);
}

static int cores_member_cpu(const struct cell *cell, const struct environment *environment,
                            unsigned member)
{
    (void)environment;
    (void)member;
    return (int)cell->point[AXIS_TO].number;
}

static int cores_prepare(struct trial *trial, struct fault *fault)
{
    struct shared_line *line;
    int error = shared_line_make(&line, trial->seed, fault);
    trial->state = line;
    return error;
}

static int cores_enter(struct trial *trial, const struct member *member, struct fault *fault)
{
    struct shared_line *line = trial->state;
    const struct placement *asked = &trial->cell->asked;
    struct mapping_request request = {
        .bytes = LINE_ROOM_BYTES,
        .node = asked->src_node != NODE_LOCAL ? asked->src_node : asked->dst_node,
        .page = asked->page,
    };
    int error =
        shared_line_enter(line, member->index, &request, trial->environment->topology, fault);
    if (error || member->index != line->toucher)
        return error;
    trial->got.src_node = trial->got.dst_node = line->mapping.node;
    trial->got.huge_share = line->mapping.huge_share;
    return 0;
}

static int cores_restore(struct trial *trial, uint64_t calls, struct fault *fault)
{
    (void)calls;
    (void)fault;
    shared_line_draw(trial->state);
    return 0;
}

static void cores_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    shared_line_run(trial->state, member->index, calls);
}

static int cores_verify(struct trial *trial, struct fault *fault)
{
    return shared_line_verify(trial->state, fault);
}

static void cores_release(struct trial *trial)
{
    shared_line_free(trial->state);
}

static const struct benchmark cores = {
    .name = "cores",
    .summary = "How far apart are cores?",
    .claim = "When the scheduler crosses a domain, latency rises suddenly.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof *parameters,
    .open = cores_open,
    .plan = cores_plan,
    .member_cpu = cores_member_cpu,
    .prepare = cores_prepare,
    .enter = cores_enter,
    .restore = cores_restore,
    .run = cores_run,
    .verify = cores_verify,
    .release = cores_release,
};
BENCHMARK(&cores);
