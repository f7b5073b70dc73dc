#include "arch/cpu.h"
#include "harness/machine_parts.h"
#include "harness/system.h"

enum { LIST_BYTES = 512 };

static json_t *list_of(const struct topology *topology, topology_filter *wanted,
                       const void *argument)
{
    char text[LIST_BYTES];
    topology_list_text(topology, wanted, argument, text, sizeof text);
    return json_string(text);
}

/* Different values >= 0 among the CPUs; 0 where all are unknown. */
static uint64_t count_different(const struct topology *topology,
                                int (*value)(const struct topology_cpu *cpu))
{
    uint64_t count = 0;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        int here = value(&topology->cpus[i]);
        bool seen = here < 0;
        for (size_t j = 0; j < i && !seen; j++)
            seen = value(&topology->cpus[j]) == here;
        count += !seen;
    }
    return count;
}

static int package_of(const struct topology_cpu *cpu)
{
    return cpu->package;
}

static int core_of(const struct topology_cpu *cpu)
{
    return cpu->core;
}

static int thread_of(const struct topology_cpu *cpu)
{
    return cpu->smt;
}

static bool is_of_kind(const struct topology_cpu *cpu, const void *kind)
{
    return (unsigned)cpu->kind == *(const unsigned *)kind;
}

static json_t *describe_kinds(const struct topology *topology)
{
    json_t *kinds = json_array();
    for (unsigned kind = 0; kind < topology->kinds; kind++)
        json_array_append_new(kinds, json_pack("{s:i, s:o}", "kind", (int)kind, "cpus",
                                               list_of(topology, is_of_kind, &kind)));
    return kinds;
}

static json_t *describe_features(void)
{
    json_t *features = json_array();
    for (const char *const *feature = cpu_features; *feature; feature++)
        if (cpu_has(*feature))
            json_array_append_new(features, json_string(*feature));
    return features;
}

json_t *machine_cpu(const struct topology *topology)
{
    char model[MACHINE_TEXT_BYTES], vendor[MACHINE_TEXT_BYTES], microcode[64], allowed[LIST_BYTES];
    microcode[0] = '\0';
    if (machine_model(model, vendor))
        system_field(microcode, sizeof microcode, "/proc/cpuinfo", "microcode");
    topology_allowed_text(topology, allowed, sizeof allowed);
    return json_pack(
        "{s:o, s:o, s:s, s:o, s:o, s:I, s:s, s:o, s:o, s:I, s:o}", "model", known_text(model),
        "vendor", known_text(vendor), "isa", cpu_isa, "microcode", known_text(microcode),
        "features", describe_features(), "online", (json_int_t)topology->cpu_count, "allowed",
        allowed, "packages", known_number(count_different(topology, package_of)), "cores",
        known_number(count_different(topology, core_of)), "smt",
        (json_int_t)count_different(topology, thread_of), "kinds", describe_kinds(topology));
}

struct cache {
    size_t level;
    const struct topology_cpu *cpu; /* the first that has it */
};

static bool has_cache(const struct topology_cpu *cpu, const void *argument)
{
    const struct cache *cache = argument;
    if (!cpu->cache_bytes[cache->level])
        return false;
    return cpu == cache->cpu || (cpu->cache_id[cache->level] >= 0 &&
                                 cpu->cache_id[cache->level] == cache->cpu->cache_id[cache->level]);
}

json_t *machine_caches(const struct topology *topology)
{
    json_t *caches = json_array();
    for (size_t i = 0; i < TOPOLOGY_LEVELS * topology->cpu_count; i++) {
        struct cache cache = {i / topology->cpu_count, &topology->cpus[i % topology->cpu_count]};
        bool listed = !has_cache(cache.cpu, &cache);
        for (size_t j = 0; j < i % topology->cpu_count && !listed; j++)
            listed = has_cache(&topology->cpus[j], &cache);
        if (listed)
            continue;
        json_array_append_new(
            caches, json_pack("{s:I, s:I, s:o, s:o, s:o}", "level", (json_int_t)cache.level + 1,
                              "bytes", (json_int_t)cache.cpu->cache_bytes[cache.level],
                              "line_bytes", known_number(cache.cpu->line_bytes), "shared_cpus",
                              known_number(cache.cpu->cache_cpus[cache.level]), "cpus",
                              list_of(topology, has_cache, &cache)));
    }
    return caches;
}

json_t *machine_cache_curve(const struct cache_edges *edges)
{
    if (!edges->curve_count)
        return json_null();
    json_t *curve = json_array();
    for (size_t i = 0; i < edges->curve_count; i++)
        json_array_append_new(curve,
                              json_pack("{s:I, s:f}", "bytes", (json_int_t)edges->curve[i].bytes,
                                        "ns", edges->curve[i].ns));
    return curve;
}

json_t *machine_cache_plateaus(const struct cache_edges *edges)
{
    if (!edges->plateau_count)
        return json_null();
    json_t *plateaus = json_array();
    for (size_t i = 0; i < edges->plateau_count; i++)
        json_array_append_new(plateaus,
                              json_pack("{s:I, s:f}", "bytes", (json_int_t)edges->plateaus[i].bytes,
                                        "ns", edges->plateaus[i].ns));
    return plateaus;
}

json_t *machine_nodes(const struct topology *topology)
{
    json_t *nodes = json_array();
    for (size_t i = 0; i < topology->node_count; i++)
        json_array_append_new(nodes, json_pack("{s:i, s:I, s:I}", "node", topology->nodes[i].node,
                                               "bytes", (json_int_t)topology->nodes[i].bytes,
                                               "cpus", (json_int_t)topology->nodes[i].cpus));
    return nodes;
}

json_t *machine_distances(const struct topology *topology)
{
    if (!topology->distances)
        return json_null();
    json_t *rows = json_array();
    for (size_t from = 0; from < topology->node_count; from++) {
        json_t *row = json_array();
        for (size_t to = 0; to < topology->node_count; to++)
            json_array_append_new(
                row, json_integer(topology->distances[from * topology->node_count + to]));
        json_array_append_new(rows, row);
    }
    return rows;
}

json_t *machine_memory_attributes(const struct topology *topology)
{
    if (!topology->memory_attributes_count)
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; i < topology->memory_attributes_count; i++) {
        const struct memory_attributes *told = &topology->memory_attributes[i];
        json_array_append_new(
            list,
            json_pack("{s:i, s:i, s:o, s:o, s:o, s:o}", "initiator", told->initiator, "target",
                      told->target, "read_bandwidth_bytes_per_s",
                      known_number(told->read_bandwidth_bytes_per_s), "write_bandwidth_bytes_per_s",
                      known_number(told->write_bandwidth_bytes_per_s), "read_latency_ns",
                      known_number(told->read_latency_ns), "write_latency_ns",
                      known_number(told->write_latency_ns)));
    }
    return list;
}
