/*
 * What does the wrong node cost?
 *
 * For CPUs and memory of every NUMA node: what a copy takes whose source and destination are in
 * DRAM, and what a load waits that comes from there (nodes_chase.h). All memory is bound to its
 * node and read back page by page at every visit, so a cell whose pages are not where it says
 * fails. A node without CPUs (CXL, HBM) is a source and a destination like any other.
 *
 * copy   a call copies `size` bytes, by default so many that source and destination together are
 *        four times the last-level cache: what is written leaves the caches within the calls
 * chase  a call is a load of 8 bytes from src_node that depends on the one before; it has neither
 *        size, nor dst_node, nor kernel
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/benchmark.h"
#include "harness/buffers.h"
#include "harness/pair.h"
#include "microbench/nodes_chase.h"

enum { AXIS_CPUS_NODE, AXIS_SRC_NODE, AXIS_DST_NODE, AXIS_WORK, AXIS_SIZE, AXIS_KERNEL_NAME };
enum { COPY, CHASE };
enum { NODE_MOST = 65535 };

static const char *const works[] = {"copy", "chase", NULL};

static const struct axis axes[] = {
    {"cpu_node",
     "1",
     "NUMA node of the CPU at work; all: those that have CPUs",
     AXIS_CPU_NODE,
     NULL,
     0,
     {"all", "all"}},
    {"src_node", "1", "NUMA node of what is read", AXIS_NODE, NULL, 0, {"all", "all"}},
    {"dst_node", "1", "NUMA node that is copied to", AXIS_NODE, NULL, 0, {"all", "all"}},
    {"work",
     "",
     "copy: from node to node; chase: loads, each of which needs the one before",
     AXIS_WORD,
     works,
     0,
     {"chase,copy", "chase,copy"}},
    {"size",
     "bytes",
     "bytes that one call copies",
     AXIS_BYTES,
     NULL,
     0,
     {"LLC*2|16Mi", "64Ki,1Mi,LLC*2|16Mi"}},
    COPY_KERNELS_AXIS("copy_libc_memcpy",
                      "copy_libc_memcpy,copy_*_nontemporal,copy_rep_movsb,copy_q,copy_neon"),
};

/* The CPU to work on that node: the one that is asked for anyway, or the first whole core's. */
static int cpu_of_node(const struct environment *environment, int node)
{
    const struct topology *topology = environment->topology;
    const struct topology_cpu *usual = topology_cpu(topology, environment->asked.cpu);
    if (usual && usual->node == node)
        return usual->cpu;
    int found = -1;
    for (size_t i = topology->cpu_count; i-- > 0;) {
        const struct topology_cpu *cpu = &topology->cpus[i];
        const struct topology_cpu *best = topology_cpu(topology, found);
        if (cpu->allowed && cpu->node == node && (!best || cpu->smt <= best->smt))
            found = cpu->cpu;
    }
    return found;
}

static void judge_cpu(struct cell *cell, const struct environment *environment)
{
    uint64_t number = cell->point[AXIS_CPUS_NODE].number;
    const struct topology_node *node =
        number > NODE_MOST ? NULL : topology_node(environment->topology, (int)number);
    int cpu = node ? cpu_of_node(environment, node->node) : -1;
    if (cpu >= 0)
        cell->asked.cpu = cpu;
    else
        snprintf(cell->skip, sizeof cell->skip,
                 !node        ? "this machine has no node %llu"
                 : node->cpus ? "node %llu has CPUs, but none that this process may use"
                              : "node %llu has memory only, no CPU",
                 (unsigned long long)number);
}

/* The node of that axis's memory. */
static int judge_memory(struct cell *cell, const struct environment *environment, size_t axis)
{
    uint64_t number = cell->point[axis].number;
    const struct topology_node *node =
        number > NODE_MOST ? NULL : topology_node(environment->topology, (int)number);
    if (node && node->allowed && (node->bytes || environment->topology->node_count == 1))
        return node->node;
    snprintf(cell->skip, sizeof cell->skip,
             !node            ? "this machine has no node %llu"
             : !node->allowed ? "this process may not use memory of node %llu (numactl or the "
                                "container's cpuset decide)"
                              : "node %llu has no memory",
             (unsigned long long)number);
    return NODE_LOCAL;
}

static void nodes_plan(struct cell *cell, const struct environment *environment)
{
    if (cell->point[AXIS_WORK].number == CHASE) {
        const struct value absent = {.absent = true};
        cell->point[AXIS_DST_NODE] = cell->point[AXIS_SIZE] = absent;
        cell->point[AXIS_KERNEL_NAME] = absent;
        cell->memory_bytes = CHASE_BYTES;
        cell->calls_max = CHASE_LOADS;
        cell->calls_step = CACHE_CHASE_UNROLLED;
        cell->asked.dst_node = NODE_LOCAL;
        cell->asked.src_offset = cell->asked.dst_offset = 0;
    } else {
        uint64_t bytes = cell->point[AXIS_SIZE].number;
        pair_plan(cell, cell->point[AXIS_KERNEL_NAME].kernel, bytes, bytes);
        cell->asked.dst_node = judge_memory(cell, environment, AXIS_DST_NODE);
    }
    cell->asked.src_node = judge_memory(cell, environment, AXIS_SRC_NODE);
    judge_cpu(cell, environment);
}

struct state {
    struct pair pair;
    struct nodes_chase chase;
};

static bool chases(const struct trial *trial)
{
    return trial->cell->point[AXIS_WORK].number == CHASE;
}

static int link_chase(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    const struct placement *asked = &trial->cell->asked;
    const struct mapping_request request = {
        .bytes = CHASE_BYTES, .node = asked->src_node, .page = asked->page};
    const struct mapping *mapping;
    int error = buffer_take(0, BUFFER_OWN, &request, trial->environment->topology, &mapping, fault);
    if (error)
        return error;
    trial->got.src_node = mapping->node;
    trial->got.huge_share = mapping->huge_share;
    return nodes_chase_open(&state->chase, mapping->base, trial->seed, fault);
}

static int take_pair(struct trial *trial, struct fault *fault)
{
    struct state *state = trial->state;
    int error = pair_take(&state->pair, trial, 0, (size_t)trial->cell->payload_bytes, fault);
    if (!error)
        pair_spoil(&state->pair, trial->cell->kernel);
    return error;
}

static int nodes_prepare(struct trial *trial, struct fault *fault)
{
    trial->state = calloc(1, sizeof(struct state));
    if (!trial->state)
        return fail(fault, ENOMEM, "no memory for a cell of nodes");
    int error = chases(trial) ? link_chase(trial, fault) : take_pair(trial, fault);
    if (error)
        free(trial->state);
    return error;
}

static int nodes_restore(struct trial *trial, uint64_t calls, struct fault *fault)
{
    struct state *state = trial->state;
    if (!chases(trial))
        return 0;
    return nodes_chase_evict(&state->chase, calls, trial->environment->topology, fault);
}

static void nodes_run(struct trial *trial, const struct member *member, uint64_t calls)
{
    (void)member;
    struct state *state = trial->state;
    kernel_function *function = trial->function;
    if (!function) {
        nodes_chase_walk(&state->chase, calls);
        return;
    }
    for (uint64_t i = 0; i < calls; i++)
        function(state->pair.dst, state->pair.src, state->pair.bytes);
}

static int nodes_verify(struct trial *trial, struct fault *fault)
{
    const struct state *state = trial->state;
    return chases(trial) ? nodes_chase_verify(&state->chase, fault)
                         : pair_verify(&state->pair, trial->cell->kernel, fault);
}

static void nodes_release(struct trial *trial)
{
    struct state *state = trial->state;
    nodes_chase_close(&state->chase);
    free(state);
}

static const struct benchmark nodes = {
    .name = "nodes",
    .summary = "What does the wrong node cost?",
    .claim = "When the scheduler crosses a NUMA domain, latency rises and throughput drops.",
    .axes = axes,
    .axis_count = sizeof axes / sizeof *axes,
    .plan = nodes_plan,
    .prepare = nodes_prepare,
    .restore = nodes_restore,
    .run = nodes_run,
    .verify = nodes_verify,
    .release = nodes_release,
};
BENCHMARK(&nodes);
