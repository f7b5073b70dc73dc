#include "microbench/residency_room.h"

#include <stdarg.h>
#include <stdio.h>

#include "harness/nearness.h"
#include "harness/quantity.h"

enum {
    LEVELS_APART = 4, /* a level holds this many times the one before it, or is not told from it */
    L1_SWEEPS = 4,    /* L1s that pass between two uses of what is in the L2 */
    MEMORY_SHARE = 32,
    SLOWEST_NS = 200, /* of a copy of one line out of a cache */
    BYTES_PER_NS_MOST = 20,
    SHORTEST_SHARE = 4 /* a sample may be shorter than it should by that */
};

/* The least that a copy out of there takes on any machine, ns. */
static const double fastest_ns[RESIDENCES] = {
    [AT_L1] = 3,          [AT_L2] = 4,          [AT_L3] = 10,   [AT_DRAM] = 40,
    [AT_CORE_CLEAN] = 20, [AT_CORE_DIRTY] = 20, [AT_NODE] = 40,
};

struct ask {
    const struct environment *environment;
    struct room *room;
    enum residence side, other, src;
    uint64_t bytes;
    size_t pitch;
};

/* The first reason is kept. */
__attribute__((format(printf, 2, 3))) static uint64_t refuse(const struct ask *ask,
                                                             const char *format, ...)
{
    struct room *room = ask->room;
    if (room->reason[0])
        return 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(room->reason, sizeof room->reason, format, arguments);
    va_end(arguments);
    return 0;
}

static uint64_t level_bytes(const struct ask *ask, unsigned level)
{
    return ask->environment->known.level_bytes[level - 1];
}

static uint64_t padded(const struct ask *ask)
{
    return (ask->bytes + ask->pitch - 1) / ask->pitch * ask->pitch;
}

static uint64_t refuse_size(const struct ask *ask, const char *cache, uint64_t cache_bytes)
{
    char bytes[32], room[32];
    quantity_bytes_text(ask->bytes, bytes, sizeof bytes);
    quantity_bytes_text(cache_bytes, room, sizeof room);
    return refuse(ask, "source and destination of %s do not fit half of %s (%s)", bytes, cache,
                  room);
}

static uint64_t refuse_level(const struct ask *ask, unsigned level)
{
    enum cache_source source = ask->environment->topology->cache_source;
    bool told = source == CACHE_TOPOLOGY || source == CACHE_GIVEN;
    return refuse(ask, told ? "this CPU has no L%u" : "the size of the L%u is not known", level);
}

static uint64_t count_l1(const struct ask *ask)
{
    uint64_t l1 = level_bytes(ask, 1);
    if (!l1)
        return refuse_level(ask, 1);
    uint64_t count = l1 / 2 / (2 * padded(ask));
    return count ? count : refuse_size(ask, "the L1", l1);
}

/* Whether that level can be told from the one before it, and holds the slots of a copy. */
static bool is_level(const struct ask *ask, unsigned level)
{
    uint64_t before = level_bytes(ask, level - 1), bytes = level_bytes(ask, level);
    char name[8], has[32], least[32];
    snprintf(name, sizeof name, "the L%u", level);
    quantity_bytes_text(bytes, has, sizeof has);
    quantity_bytes_text(before, least, sizeof least);
    if (!before || !bytes)
        return refuse_level(ask, bytes ? level - 1 : level);
    if (bytes < LEVELS_APART * before)
        return refuse(ask, "%s (%s) is less than %d times the L%u (%s): neither can be told", name,
                      has, LEVELS_APART, level - 1, least);
    return 2 * padded(ask) <= bytes / 2 || refuse_size(ask, name, bytes);
}

/* What passes through the caches from one use of a slot to the next leaves the L1, not the L2. */
static uint64_t count_l2(const struct ask *ask)
{
    if (!is_level(ask, 2))
        return 0;
    uint64_t half = level_bytes(ask, 2) / 2, sweeps = L1_SWEEPS * level_bytes(ask, 1);
    uint64_t passing = ask->other == AT_L1 ? padded(ask) : 2 * padded(ask);
    uint64_t count = (half < sweeps ? half : sweeps) / passing;
    return count ? count : 1;
}

/* Slots for a sample as long as the clock needs, however fast copies are. */
static uint64_t count_wanted(const struct ask *ask)
{
    double copy_ns = fastest_ns[ask->src] + (double)ask->bytes / BYTES_PER_NS_MOST;
    return (uint64_t)(clock_sample_ns(ask->environment->clock) / copy_ns) + 1;
}

/* Of slots that are used once and may take that much of a cache. */
static uint64_t count_in(const struct ask *ask, const char *cache, uint64_t room)
{
    uint64_t count = room / padded(ask), wanted = count_wanted(ask);
    if (!count)
        return refuse_size(ask, cache, room * 2);
    double sample_ns = clock_sample_ns(ask->environment->clock);
    if ((double)count * (SLOWEST_NS + (double)ask->bytes) < sample_ns / SHORTEST_SHARE)
        return refuse(ask, "this clock needs samples of %.3g ms, for which %s holds too little",
                      sample_ns / 1e6, cache);
    return wanted < count ? wanted : count;
}

static uint64_t count_l3(const struct ask *ask)
{
    if (!is_level(ask, 3))
        return 0;
    return count_in(ask, "the L3", level_bytes(ask, 3) / 4);
}

/* In memory that nobody has in a cache. */
static uint64_t count_memory(const struct ask *ask)
{
    struct slots one = {.residence = ask->side, .bytes = (size_t)ask->bytes, .pitch = ask->pitch};
    uint64_t room = ask->environment->known.memory_bytes / MEMORY_SHARE / slots_stride(&one);
    uint64_t wanted = count_wanted(ask);
    return wanted < room ? wanted : room > 1 ? room : 1;
}

/*
 * Of the neighbour's caches the largest that is not the CPU's own, too. Where caches were measured,
 * on this CPU alone, a like one's L1 is taken to be as large.
 */
static size_t neighbour_cache_bytes(const struct ask *ask)
{
    const struct topology *topology = ask->environment->topology;
    const struct topology_cpu *own = topology_cpu(topology, ask->environment->asked.cpu);
    const struct topology_cpu *its = topology_cpu(topology, ask->room->neighbour);
    bool private_l2 =
        its->cache_bytes[1] && its->cache_id[1] >= 0 && its->cache_id[1] != own->cache_id[1];
    size_t bytes = its->cache_bytes[private_l2];
    return bytes || its->kind != own->kind ? bytes : own->cache_bytes[0];
}

static uint64_t count_core(const struct ask *ask)
{
    if (ask->room->neighbour < 0)
        return refuse(ask, "needs a CPU of another core, and none may be used");
    size_t cache = neighbour_cache_bytes(ask);
    if (!cache)
        return refuse(ask, "the caches of CPU %d are not known", ask->room->neighbour);
    bool both = residence_is_core(ask->other);
    return count_in(ask, "another core's cache", cache / 2 / (1 + both));
}

static uint64_t count_slots(const struct ask *ask)
{
    static uint64_t (*const counts[RESIDENCES])(const struct ask *ask) = {
        [AT_L1] = count_l1,       [AT_L2] = count_l2,           [AT_L3] = count_l3,
        [AT_DRAM] = count_memory, [AT_CORE_CLEAN] = count_core, [AT_CORE_DIRTY] = count_core,
        [AT_NODE] = count_memory,
    };
    return counts[ask->side](ask);
}

/* Another node that has memory: the nearest as firmware says. -1: there is none. */
static int far_node(const struct environment *environment, int own)
{
    const struct topology *topology = environment->topology;
    size_t row = 0, found = topology->node_count;
    while (row < topology->node_count && topology->nodes[row].node != own)
        row++;
    const unsigned *distances = topology->distances && row < topology->node_count
                                    ? topology->distances + row * topology->node_count
                                    : NULL;
    for (size_t i = 0; i < topology->node_count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        if (node->node == own || !node->allowed || !node->bytes)
            continue;
        if (found == topology->node_count || (distances && distances[i] < distances[found]))
            found = i;
    }
    return found < topology->node_count ? topology->nodes[found].node : -1;
}

/* The node of a side: as asked for by option unless its residence says another. */
static int choose_node(const struct ask *ask, int asked)
{
    const struct environment *environment = ask->environment;
    const struct topology_cpu *cpu = topology_cpu(environment->topology, environment->asked.cpu);
    int own = cpu ? cpu->node : 0;
    if (ask->side != AT_NODE)
        return asked;
    if (asked == own)
        refuse(ask, "node %d, as asked for, is that of CPU %d", own, environment->asked.cpu);
    if (asked != NODE_LOCAL)
        return asked;
    int far = far_node(environment, own);
    if (far < 0)
        refuse(ask, "no other node has memory that may be used");
    return far;
}

int room_neighbour(const struct environment *environment)
{
    int cpu = environment->asked.cpu, found = -1;
    enum nearness nearest = NEAR_MACHINE;
    for (size_t i = 0; i < environment->cpu_count; i++) {
        int other = environment->cpu_order[i];
        enum nearness nearness = nearness_of(environment->topology, cpu, other);
        if (nearness > NEAR_CORE && (found < 0 || nearness < nearest)) {
            found = other;
            nearest = nearness;
        }
    }
    return found;
}

void room_plan(struct room *room, const struct environment *environment, enum residence src,
               enum residence dst, uint64_t bytes)
{
    bool core = residence_is_core(src) || residence_is_core(dst);
    struct ask ask = {
        .environment = environment,
        .room = room,
        .side = src,
        .other = dst,
        .src = src,
        .bytes = bytes,
        .pitch = slots_pitch(environment->topology, environment->asked.cpu),
    };
    struct slots slots = {.residence = src, .bytes = (size_t)bytes, .pitch = ask.pitch};
    *room = (struct room){.src = slots, .dst = slots, .neighbour = -1};
    if (core)
        room->neighbour = room_neighbour(environment);
    room->src_node = choose_node(&ask, environment->asked.src_node);
    room->src.count = (size_t)count_slots(&ask);
    ask.side = room->dst.residence = dst;
    ask.other = src;
    room->dst_node = choose_node(&ask, environment->asked.dst_node);
    room->dst.count = (size_t)count_slots(&ask);
    uint64_t most = UINT64_MAX;
    if (!residence_lasts(src))
        most = room->src.count;
    if (!residence_lasts(dst) && room->dst.count < most)
        most = room->dst.count;
    room->copies_max = most == UINT64_MAX ? 0 : most;
}
