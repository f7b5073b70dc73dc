/* The back end that reads by hwloc: by its texts for other machines, and beside the other one. */
#include "harness/test/made_up_sysfs.h"

#include <errno.h>

#include "harness/topology_source.h"

/* As the program does; the test is skipped where it was built without hwloc. */
static struct topology open_by_hwloc(void)
{
    struct fault fault = {""};
    struct topology topology;
    if (topology_open(&topology, &fault))
        fail_msg("topology_open: %s", fault.text);
    if (strncmp(topology.backend, "hwloc ", strlen("hwloc ")) != 0) {
        topology_close(&topology);
        skip();
    }
    return topology;
}

/* A machine described by hwloc's synthetic text, or by XML. */
static struct topology open_described(const char *synthetic, const char *xml)
{
    char path[128];
    if (synthetic)
        setenv("HWLOC_SYNTHETIC", synthetic, 1);
    if (xml) {
        tree_write("/topology.xml", xml);
        snprintf(path, sizeof path, "%s/topology.xml", tree_root);
        setenv("HWLOC_XMLFILE", path, 1);
    }
    sysfs_online(1);
    struct topology topology = open_by_hwloc();
    unsetenv("HWLOC_SYNTHETIC");
    unsetenv("HWLOC_XMLFILE");
    return topology;
}

static char *read_text(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* CPU 0 slow, 1 slow, 2 fast, 3 fast; CPU 3 and node 1 not allowed; a name and a serial number. */
static const char big_little_xml[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
    "<topology version=\"2.0\">\n"
    "<object type=\"Machine\" os_index=\"0\" cpuset=\"0xf\" complete_cpuset=\"0xf\""
    " allowed_cpuset=\"0x7\" nodeset=\"0x3\" complete_nodeset=\"0x3\" allowed_nodeset=\"0x1\""
    " gp_index=\"1\">\n"
    "<info name=\"HostName\" value=\"secret-host\"/>\n"
    "<info name=\"DMIProductSerial\" value=\"secret-serial\"/>\n"
    "<info name=\"CPUModel\" value=\"Made Up\"/>\n"
    "<object type=\"Package\" os_index=\"0\" cpuset=\"0x3\" complete_cpuset=\"0x3\" nodeset=\"0x1\""
    " complete_nodeset=\"0x1\" gp_index=\"6\">\n"
    "<object type=\"NUMANode\" os_index=\"0\" cpuset=\"0x3\" complete_cpuset=\"0x3\" "
    "nodeset=\"0x1\""
    " complete_nodeset=\"0x1\" gp_index=\"7\" local_memory=\"1073741824\"/>\n"
    "<object type=\"PU\" os_index=\"0\" cpuset=\"0x1\" complete_cpuset=\"0x1\" nodeset=\"0x1\""
    " complete_nodeset=\"0x1\" gp_index=\"2\"/>\n"
    "<object type=\"PU\" os_index=\"1\" cpuset=\"0x2\" complete_cpuset=\"0x2\" nodeset=\"0x1\""
    " complete_nodeset=\"0x1\" gp_index=\"4\"/>\n"
    "</object>\n"
    "<object type=\"Package\" os_index=\"1\" cpuset=\"0xc\" complete_cpuset=\"0xc\" nodeset=\"0x2\""
    " complete_nodeset=\"0x2\" gp_index=\"12\">\n"
    "<object type=\"NUMANode\" os_index=\"1\" cpuset=\"0xc\" complete_cpuset=\"0xc\" "
    "nodeset=\"0x2\""
    " complete_nodeset=\"0x2\" gp_index=\"13\" local_memory=\"536870912\"/>\n"
    "<object type=\"PU\" os_index=\"2\" cpuset=\"0x4\" complete_cpuset=\"0x4\" nodeset=\"0x2\""
    " complete_nodeset=\"0x2\" gp_index=\"8\"/>\n"
    "<object type=\"PU\" os_index=\"3\" cpuset=\"0x8\" complete_cpuset=\"0x8\" nodeset=\"0x2\""
    " complete_nodeset=\"0x2\" gp_index=\"10\"/>\n"
    "</object>\n"
    "</object>\n"
    "<distances2 type=\"NUMANode\" nbobjs=\"2\" kind=\"5\" name=\"NUMALatency\" indexing=\"os\">\n"
    "<indexes length=\"4\">0 1 </indexes>\n"
    "<u64values length=\"12\">10 21 22 10 </u64values>\n"
    "</distances2>\n"
    "<cpukind cpuset=\"0x3\" forced_efficiency=\"10\"/>\n"
    "<cpukind cpuset=\"0xc\" forced_efficiency=\"20\"/>\n"
    "</topology>\n";

static void caches_and_threads_are_told_apart(void **state)
{
    (void)state;
    struct topology topology = open_described(
        "pack:2 [numa(memory=1073741824)] l3:1(size=8388608) l2:2(size=262144) core:1 "
        "l1d:1(size=32768) pu:2",
        NULL);
    assert_int_equal(topology.cpu_count, 8);
    assert_int_equal(topology.node_count, 2);
    assert_int_equal(topology.memory_bytes, 2ull << 30);
    assert_int_equal(topology.cache_source, CACHE_TOPOLOGY);
    assert_int_equal(topology_cache_bytes(&topology, 0, 1), 32768);
    assert_int_equal(topology_cache_bytes(&topology, 0, 2), 262144);
    assert_int_equal(topology_last_level_bytes(&topology, 7), 8388608);
    assert_int_equal(topology_cache_bytes(&topology, 0, 4), 0);
    assert_int_equal(topology_cache_bytes(&topology, 0, 5), 0);
    assert_int_equal(topology_cache_bytes(&topology, 99, 1), 0);
    const struct topology_cpu *first = topology_cpu(&topology, 0);
    const struct topology_cpu *second = topology_cpu(&topology, 1);
    const struct topology_cpu *far = topology_cpu(&topology, 4);
    assert_int_equal(first->smt, 0);
    assert_int_equal(second->smt, 1);
    assert_int_equal(first->core, second->core);
    assert_int_equal(first->cache_cpus[0], 2);
    assert_int_equal(first->cache_cpus[2], 4);
    assert_int_equal(first->cache_id[1], second->cache_id[1]);
    assert_int_not_equal(first->cache_id[2], far->cache_id[2]);
    assert_int_equal(first->cache_id[3], -1);
    assert_int_equal(far->node, 1);
    assert_int_equal(far->package, 1);
    assert_int_equal(topology_node(&topology, 1)->cpus, 4);
    assert_null(topology_node(&topology, 2));
    assert_null(topology_cpu(&topology, 8));
    topology_close(&topology);
}

static void kinds_nodes_and_what_is_allowed(void **state)
{
    (void)state;
    struct topology topology = open_described(NULL, big_little_xml);
    char text[256];
    assert_int_equal(topology.kinds, 2);
    assert_int_equal(topology_cpu(&topology, 0)->kind, 0);
    assert_int_equal(topology_cpu(&topology, 2)->kind, 1);
    assert_int_equal(topology_default_cpu(&topology, text, sizeof text), 2);
    assert_non_null(strstr(text, "fastest of 2 kinds"));
    assert_false(topology_cpu(&topology, 3)->allowed);
    topology_allowed_text(&topology, text, sizeof text);
    assert_string_equal(text, "0-2");
    assert_true(topology_node(&topology, 0)->allowed);
    assert_false(topology_node(&topology, 1)->allowed);
    assert_int_equal(topology_node(&topology, 1)->bytes, 512 << 20);
    assert_non_null(topology.distances);
    assert_int_equal(topology.distances[1], 21);
    assert_int_equal(topology.distances[2], 22);
    /* No caches in the topology, as on many ARM boards. */
    assert_int_equal(topology.cache_source, CACHE_UNKNOWN);
    assert_int_equal(topology_last_level_bytes(&topology, 0), 0);
    struct fault fault = {""};
    assert_int_equal(topology_bind(&topology, 3, &fault), -EPERM);
    assert_non_null(strstr(fault.text, "0-2"));
    topology_close(&topology);
}

static void an_export_names_no_host(void **state)
{
    (void)state;
    struct fault fault = {""};
    struct topology topology = open_described(NULL, big_little_xml);
    char path[128];
    snprintf(path, sizeof path, "%s/exported.xml", tree_root);
    assert_int_equal(topology_export(&topology, path, &fault), 0);
    const char *exported = read_text(path);
    assert_non_null(strstr(exported, "Made Up"));
    assert_non_null(strstr(exported, "</topology>"));
    assert_null(strstr(exported, "secret"));
    assert_null(strstr(exported, "ProcessName"));
    topology_close(&topology);
    /* What was written is a topology again. */
    static char copy[65536];
    snprintf(copy, sizeof copy, "%s", exported);
    struct topology again = open_described(NULL, copy);
    assert_int_equal(again.cpu_count, 4);
    assert_int_equal(topology_export(&again, "/nowhere/there.xml", &fault), -ENOENT);
    assert_non_null(strstr(fault.text, "/nowhere/there.xml"));
    topology_close(&again);
}

static bool is_same_cpu(const struct topology_cpu *a, const struct topology_cpu *b)
{
    return a->cpu == b->cpu && a->allowed == b->allowed && a->node == b->node && a->smt == b->smt &&
           a->cluster == b->cluster && a->line_bytes == b->line_bytes &&
           !memcmp(a->cache_bytes, b->cache_bytes, sizeof a->cache_bytes) &&
           !memcmp(a->cache_cpus, b->cache_cpus, sizeof a->cache_cpus);
}

/* Whether two CPUs share the same things: core, package, caches. */
static bool share_alike(const struct topology *a, const struct topology *b, size_t i, size_t j)
{
    const struct topology_cpu *x = a->cpus, *y = b->cpus;
    bool alike = (x[i].core == x[j].core) == (y[i].core == y[j].core) &&
                 (x[i].package == x[j].package) == (y[i].package == y[j].package);
    for (size_t level = 0; alike && level < TOPOLOGY_LEVELS; level++)
        alike = (x[i].cache_id[level] == x[j].cache_id[level]) ==
                (y[i].cache_id[level] == y[j].cache_id[level]);
    return alike;
}

static bool are_same(const struct topology *a, const struct topology *b)
{
    bool same = a->cache_source == b->cache_source && a->cpu_count == b->cpu_count &&
                a->node_count == b->node_count && !a->distances == !b->distances;
    for (size_t i = 0; same && i < a->cpu_count; i++) {
        /* hwloc knows kinds since 2.4. */
        same = is_same_cpu(&a->cpus[i], &b->cpus[i]) &&
               (a->kinds == 1 || a->cpus[i].kind == b->cpus[i].kind);
        for (size_t j = 0; same && j < i; j++)
            same = share_alike(a, b, i, j);
    }
    size_t nodes = a->node_count;
    return same && !memcmp(a->nodes, b->nodes, nodes * sizeof *a->nodes) &&
           (!a->distances ||
            !memcmp(a->distances, b->distances, nodes * nodes * sizeof *a->distances));
}

static void both_back_ends_read_the_same(void **state)
{
    (void)state;
    static void (*const machines[])(void) = {sysfs_rk3588, sysfs_two_nodes, sysfs_memory_nodes};
    struct fault fault = {""};
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        machines[i]();
        setenv("HWLOC_FSROOT", tree_root, 1);
        setenv("HWLOC_COMPONENTS", "linux,stop", 1);
        struct topology by_hwloc = open_by_hwloc(), by_sysfs;
        unsetenv("HWLOC_FSROOT");
        unsetenv("HWLOC_COMPONENTS");
        if (topology_open_from(&topology_sysfs, &by_sysfs, &fault))
            fail_msg("%s", fault.text);
        /* It does not take the tree for this machine, whose files are read with any back end. */
        topology_read_clusters(&by_hwloc);
        assert_true(are_same(&by_hwloc, &by_sysfs));
        by_sysfs.cpus[7].cache_id[2] = 0x7fff;
        assert_false(are_same(&by_hwloc, &by_sysfs));
        topology_close(&by_hwloc);
        topology_close(&by_sysfs);
    }
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(caches_and_threads_are_told_apart),
        IN_TREE(kinds_nodes_and_what_is_allowed),
        IN_TREE(an_export_names_no_host),
        IN_TREE(both_back_ends_read_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
