/*
 * A made-up machine: its topology here, its files in the tree.
 */
#ifndef COPYCOST_HARNESS_TEST_MADE_UP_H
#define COPYCOST_HARNESS_TEST_MADE_UP_H

#include "harness/test/tree.h"

#include "harness/machine.h"

enum { CPUS_MAX = 8 };

static struct topology_cpu cpus[CPUS_MAX];
static struct topology_node nodes[2];
static struct topology topology;
static struct throttle throttle;
static struct cache_edges cache_edges;
static struct machine_sources sources;

/* A machine of that many CPUs, one kind, one thread a core, caches known. */
static void make_topology(size_t cpu_count, size_t node_count)
{
    memset(cpus, 0, sizeof cpus);
    memset(nodes, 0, sizeof nodes);
    for (size_t i = 0; i < cpu_count; i++) {
        cpus[i] = (struct topology_cpu){.cpu = (int)i,
                                        .allowed = true,
                                        .core = (int)i,
                                        .cluster = -1,
                                        .line_bytes = 64,
                                        .cache_bytes = {32768, 1 << 20},
                                        .cache_id = {(int)i, 0, -1, -1},
                                        .cache_cpus = {1, (unsigned)cpu_count}};
    }
    for (size_t i = 0; i < node_count; i++)
        nodes[i] = (struct topology_node){(int)i, true, 1 << 30, (unsigned)cpu_count};
    topology = (struct topology){.backend = "made up",
                                 .cpus = cpus,
                                 .cpu_count = cpu_count,
                                 .nodes = nodes,
                                 .node_count = node_count,
                                 .kinds = 1,
                                 .memory_bytes = node_count << 30,
                                 .page_bytes = 4096,
                                 .cache_source = CACHE_TOPOLOGY};
    cache_edges = (struct cache_edges){.curve_count = 0};
    sources = (struct machine_sources){.topology = &topology, .cache_edges = &cache_edges};
}

/* What there is in the tree now to see the measured CPU slowed. */
static inline void watch_throttling(void)
{
    char why[160];
    throttle_open(&throttle, topology_default_cpu(&topology, why, sizeof why));
    sources.throttle = &throttle;
}

/* Device-tree strings keep their NUL. */
#define TREE_STRINGS(path, text) tree_write_bytes(path, text, sizeof(text))

/* The caller's to json_decref(). */
static inline json_t *describe(void)
{
    json_t *machine = machine_describe(&sources);
    assert_non_null(machine);
    return machine;
}

/* The text at "a.b" of the object; NULL for null. Fails if there is no such key. */
static inline const char *text_at(const json_t *machine, const char *group, const char *key)
{
    const json_t *object = group ? json_object_get(machine, group) : machine;
    const json_t *value = json_object_get(object, key);
    if (!value)
        fail_msg("no %s %s", group ? group : "", key);
    return json_string_value(value);
}

/* Whether one of the doctor's findings contains the text. */
static inline bool doctor_finds(const char *text)
{
    json_t *list = machine_doctor(&sources);
    size_t i;
    json_t *entry;
    bool found = false;
    json_array_foreach(list, i, entry)
    {
        const char *finding = json_string_value(json_object_get(entry, "finding"));
        assert_non_null(finding);
        assert_non_null(json_string_value(json_object_get(entry, "effect")));
        assert_non_null(json_string_value(json_object_get(entry, "remedy")));
        found |= strstr(finding, text) != NULL;
    }
    json_decref(list);
    return found;
}

#endif
