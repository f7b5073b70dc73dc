/* The back end that reads the kernel's files, on machines that do not exist. */
#include "harness/test/made_up_sysfs.h"

#include <errno.h>

#include "harness/topology_source.h"
#include "harness/topology_sysfs_parts.h"

static struct topology topology;
static struct fault fault;

static void open_tree(void)
{
    if (topology_open_from(&topology_sysfs, &topology, &fault))
        fail_msg("%s", fault.text);
}

static void lists_are_read(void **state)
{
    (void)state;
    assert_int_equal(number_list_count("0-3,8,10-11"), 7);
    assert_true(number_list_has("0-3,8,10-11", 10));
    assert_false(number_list_has("0-3,8,10-11", 9));
    assert_int_equal(number_list_count("5"), 1);
    /* What is no list ends it. */
    static const char *const broken[] = {"", "x", "-1", ",", "0-", "3-1", "70000", "0-70000", " 1"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        if (number_list_count(broken[i]) != 0)
            fail_msg("'%s' was taken", broken[i]);
    assert_int_equal(number_list_count("0-1,1-5"), 2);
    assert_int_equal(number_list_count("0-1,4-"), 2);
    assert_int_equal(number_list_count("0-1 4"), 2);
    assert_int_equal(number_list_count("99999999999999999999"), 0);
}

static void a_board_of_one_cpu(void **state)
{
    (void)state;
    sysfs_online(1);
    tree_write("/proc/meminfo", "MemTotal: 505000 kB\n");
    open_tree();
    assert_string_equal(topology.backend, "sysfs: built without hwloc");
    assert_int_equal(topology.cpu_count, 1);
    assert_true(topology.cpus[0].allowed);
    assert_int_equal(topology.cpus[0].core, -1);
    assert_int_equal(topology.cpus[0].package, -1);
    assert_int_equal(topology.cpus[0].smt, 0);
    assert_int_equal(topology.cpus[0].line_bytes, 0);
    assert_int_equal(topology.cache_source, CACHE_UNKNOWN);
    assert_int_equal(topology.kinds, 1);
    assert_int_equal(topology.node_count, 1);
    assert_int_equal(topology.nodes[0].node, 0);
    assert_int_equal(topology.nodes[0].cpus, 1);
    assert_true(topology.nodes[0].allowed);
    assert_true(topology.nodes[0].bytes == 505000 * 1024ull);
    assert_true(topology.memory_bytes == 505000 * 1024ull);
    assert_null(topology.distances);
    assert_int_equal(topology.memory_attributes_count, 0);
    char path[128];
    snprintf(path, sizeof path, "%s/topology.xml", tree_root);
    assert_int_equal(topology_export(&topology, path, &fault), -ENOTSUP);
    assert_int_equal(access(path, F_OK), -1);
    topology_close(&topology);
}

static void a_board_of_three_clusters(void **state)
{
    (void)state;
    sysfs_rk3588();
    open_tree();
    static const int kinds[] = {0, 0, 0, 0, 1, 1, 2, 2};
    assert_int_equal(topology.cpu_count, 8);
    assert_int_equal(topology.kinds, 3);
    for (int cpu = 0; cpu < 8; cpu++) {
        const struct topology_cpu *entry = topology_cpu(&topology, cpu);
        assert_int_equal(entry->kind, kinds[cpu]);
        assert_int_equal(entry->core, cpu);
        assert_int_equal(entry->smt, 0);
        assert_int_equal(entry->package, 0);
        assert_int_equal(entry->cluster, cpu < 4 ? 0 : cpu < 6 ? 4 : 6);
        assert_int_equal(entry->line_bytes, 64);
        assert_int_equal(entry->cache_bytes[0], cpu < 4 ? 32 << 10 : 64 << 10);
        assert_int_equal(entry->cache_cpus[0], 1);
        assert_int_equal(entry->cache_bytes[1], cpu < 4 ? 128 << 10 : 512 << 10);
        assert_int_equal(entry->cache_bytes[2], 3 << 20);
        assert_int_equal(entry->cache_cpus[2], 8);
        assert_int_equal(entry->cache_id[2], topology.cpus[0].cache_id[2]);
        assert_int_equal(entry->cache_bytes[3], 0);
        assert_int_equal(entry->cache_id[3], -1);
    }
    assert_int_not_equal(topology.cpus[0].cache_id[1], topology.cpus[1].cache_id[1]);
    char why[128];
    assert_int_equal(topology_default_cpu(&topology, why, sizeof why), 6);
    topology_close(&topology);
}

static void a_server_of_two_nodes(void **state)
{
    (void)state;
    sysfs_memory_nodes();
    open_tree();
    for (int cpu = 0; cpu < 8; cpu++) {
        const struct topology_cpu *entry = topology_cpu(&topology, cpu);
        assert_int_equal(entry->smt, cpu / 4);
        assert_int_equal(entry->cluster, -1);
        assert_int_equal(entry->core, topology_cpu(&topology, cpu % 4)->core);
        assert_int_equal(entry->node, cpu % 4 / 2);
        assert_int_equal(entry->cache_cpus[1], 2);
        assert_int_equal(entry->cache_cpus[2], 4);
    }
    assert_int_not_equal(topology.cpus[0].core, topology.cpus[1].core);
    assert_int_not_equal(topology.cpus[1].package, topology.cpus[2].package);
    assert_int_equal(topology.node_count, 4);
    assert_int_equal(topology_node(&topology, 1)->cpus, 4);
    assert_int_equal(topology_node(&topology, 5)->cpus, 0);
    assert_true(topology_node(&topology, 5)->bytes == 8ull << 30);
    assert_true(topology.memory_bytes == 30ull << 30);
    assert_int_equal(topology.distances[0 * 4 + 3], 24);
    assert_int_equal(topology.distances[3 * 4 + 2], 28);
    topology_close(&topology);
}

/* Identifiers are a package's own, and there are several ways to say that there is none. */
static void clusters_are_within_a_package(void **state)
{
    (void)state;
    static const char *const ids[] = {"1\n", "1\n", "1\n", "-1\n", "1\n", "65535\n", "", "x\n"};
    static const int clusters[] = {0, 0, 2, -1, 0, -1, -1, -1};
    sysfs_two_nodes(); /* CPUs 2 and 3 are of the second package */
    for (int cpu = 0; cpu < 8; cpu++)
        sysfs_write(ids[cpu], SYSFS_CPU "cpu%d/topology/cluster_id", cpu);
    open_tree();
    for (int cpu = 0; cpu < 8; cpu++)
        assert_int_equal(topology_cpu(&topology, cpu)->cluster, clusters[cpu]);
    topology_close(&topology);
    /* One package, so that CPUs 0, 1, 2 and 4 are a cluster, of two nodes: that is none. */
    for (int cpu = 0; cpu < 8; cpu++)
        sysfs_cpu(cpu, cpu, 1u << cpu, 0, 0xff);
    sysfs_write("3\n", SYSFS_CPU "cpu5/topology/cluster_id");
    open_tree();
    for (int cpu = 0; cpu < 8; cpu++)
        assert_int_equal(topology_cpu(&topology, cpu)->cluster, cpu == 5 ? 5 : -1);
    topology_close(&topology);
}

static void older_kernels_name_siblings(void **state)
{
    (void)state;
    sysfs_online(3);
    for (int cpu = 0; cpu < 2; cpu++) {
        sysfs_write("0-1\n", SYSFS_CPU "cpu%d/topology/thread_siblings_list", cpu);
        sysfs_write("0-1\n", SYSFS_CPU "cpu%d/topology/core_siblings_list", cpu);
    }
    open_tree();
    assert_int_equal(topology.cpus[1].core, topology.cpus[0].core);
    assert_int_equal(topology.cpus[1].smt, 1);
    assert_int_equal(topology.cpus[1].package, 0);
    topology_close(&topology);
}

static void offline_cpus_are_left_out(void **state)
{
    (void)state;
    sysfs_two_nodes();
    sysfs_online(0xef); /* CPU 4 is off: the second thread of core 0 */
    open_tree();
    assert_int_equal(topology.cpu_count, 7);
    assert_null(topology_cpu(&topology, 4));
    assert_int_equal(topology.cpus[0].cache_cpus[0], 1);
    assert_int_equal(topology.cpus[0].cache_cpus[2], 3);
    assert_int_equal(topology_node(&topology, 0)->cpus, 3);
    topology_close(&topology);
}

static void a_cpuset_is_respected(void **state)
{
    (void)state;
    char text[64];
    sysfs_two_nodes();
    tree_write("/proc/thread-self/status",
               "Cpus_allowed:\tff\nCpus_allowed_list:\t2,6-31\nMems_allowed_list:\t1\n");
    open_tree();
    topology_allowed_text(&topology, text, sizeof text);
    assert_string_equal(text, "2,6-7");
    assert_int_equal(topology_default_cpu(&topology, text, sizeof text), 2);
    assert_false(topology_node(&topology, 0)->allowed);
    assert_true(topology_node(&topology, 1)->allowed);
    topology_close(&topology);
    /* Kernels before 3.17. */
    assert_int_equal(system_match(text, sizeof text, 0, "/proc/thread-self/status"), true);
    char path[128];
    snprintf(path, sizeof path, "%s/proc/thread-self/status", tree_root);
    assert_int_equal(remove(path), 0);
    tree_write("/proc/self/status", "Cpus_allowed_list:\t3\n");
    open_tree();
    topology_allowed_text(&topology, text, sizeof text);
    assert_string_equal(text, "3");
    topology_close(&topology);
}

static void without_sys_the_allowed_cpus_are_known(void **state)
{
    (void)state;
    assert_int_equal(topology_open_from(&topology_sysfs, &topology, &fault), -ENOENT);
    assert_non_null(strstr(fault.text, "mount /sys"));
    assert_null(topology.cpus);
    tree_write("/proc/self/status", "Cpus_allowed_list:\t1,3\n");
    open_tree();
    assert_int_equal(topology.cpu_count, 2);
    assert_int_equal(topology.cpus[1].cpu, 3);
    topology_close(&topology);
}

static void kinds_need_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *file, *slow, *fast;
        unsigned kinds;
    } told[] = {
        /* Favoured cores, and one capacity for all, are no kinds. */
        {"cpufreq/cpuinfo_max_freq", "5000000\n", "5500000\n", 1},
        {"cpu_capacity", "1024\n", "1024\n", 1},
        {"cpufreq/cpuinfo_max_freq", "1800000\n", "2208000\n", 2},
        {"acpi_cppc/nominal_freq", "3000\n", "3000\n", 1},
        {"acpi_cppc/nominal_freq", "0\n", "0\n", 2},
        {"acpi_cppc/nominal_freq", "2000\n", "3000\n", 2},
        {"cpufreq/cpuinfo_max_freq", "fast\n", "2208000\n", 2},
        {"cpu_capacity", "446\n", "1024\n", 2},
    };
    sysfs_online(0xf);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        for (int cpu = 0; cpu < 4; cpu++)
            sysfs_write(cpu == 2 ? told[i].fast : told[i].slow, SYSFS_CPU "cpu%d/%s", cpu,
                        told[i].file);
        open_tree();
        if (topology.kinds != told[i].kinds)
            fail_msg("%zu: %u kinds", i, topology.kinds);
        assert_int_equal(topology.cpus[1].kind, 0);
        assert_int_equal(topology.cpus[2].kind, told[i].kinds - 1);
        topology_close(&topology);
    }
    /* Intel's types go before everything. */
    tree_write("/sys/devices/cpu_core/cpus", "0-1\n");
    tree_write("/sys/devices/cpu_atom/cpus", "2-3\n");
    open_tree();
    assert_int_equal(topology.kinds, 2);
    assert_int_equal(topology.cpus[0].kind, 1);
    assert_int_equal(topology.cpus[2].kind, 0);
    topology_close(&topology);
}

static void garbage_is_unknown(void **state)
{
    (void)state;
    static const char *const broken[] = {"",     "\n",  "none\n", "-1\n",
                                         "32\n", "K\n", "0K\n",   "32M\n"};
    sysfs_two_nodes();
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        sysfs_write(broken[i], SYSFS_CPU "cpu0/cache/index0/size");
        sysfs_write(broken[i], SYSFS_CPU "cpu0/cache/index1/type");
        sysfs_write("9\n", SYSFS_CPU "cpu0/cache/index2/level");
        sysfs_write(broken[i], SYSFS_CPU "cpu1/cache/index0/shared_cpu_list");
        sysfs_write(i ? broken[i] : "7\n", SYSFS_CPU "cpu0/topology/core_cpus_list");
        sysfs_write(broken[i], SYSFS_NODE "node1/meminfo");
        sysfs_write(broken[i], SYSFS_NODE "node1/distance");
        open_tree();
        assert_int_equal(topology.cpus[0].cache_bytes[0], 0);
        assert_int_equal(topology.cpus[0].cache_bytes[1], 0);
        assert_int_equal(topology_last_level_bytes(&topology, 0), 0);
        assert_int_equal(topology.cpus[1].cache_bytes[0], 48 << 10);
        assert_int_equal(topology.cpus[1].cache_id[0], -1);
        assert_int_equal(topology.cpus[1].cache_cpus[0], 0);
        assert_true(topology.nodes[1].bytes == 0);
        assert_null(topology.distances);
        topology_close(&topology);
    }
    sysfs_write("garbage\n", SYSFS_CPU "online");
    sysfs_write("garbage\n", SYSFS_NODE "online");
    open_tree();
    assert_int_equal(topology.cpu_count, 8);
    assert_int_equal(topology.node_count, 1);
    topology_close(&topology);
}

static void write_attributes(int target, int class, const char *read_bandwidth, const char *link)
{
    char folder[96];
    snprintf(folder, sizeof folder, SYSFS_NODE "node%d/access%d/initiators", target, class);
    sysfs_write(read_bandwidth, "%s/read_bandwidth", folder);
    sysfs_write("10240\n", "%s/write_bandwidth", folder);
    sysfs_write("80\n", "%s/read_latency", folder);
    sysfs_write("0\n", "%s/write_latency", folder);
    sysfs_write("", "%s/%s/cpulist", folder, link);
}

static void firmware_tells_memory_attributes(void **state)
{
    (void)state;
    sysfs_memory_nodes();
    write_attributes(0, 0, "20480\n", "node0");
    write_attributes(2, 0, "99\n", "node5"); /* a device is nearer than any CPU */
    write_attributes(2, 1, "5120\n", "node0");
    write_attributes(2, 1, "5120\n", "node1");
    write_attributes(5, 1, "x\n", "node2"); /* no CPUs there */
    open_tree();
    static const struct memory_attributes expected[] = {
        {0, 0, 20480000000, 10240000000, 80, 0},
        {0, 2, 5120000000, 10240000000, 80, 0},
        {1, 2, 5120000000, 10240000000, 80, 0},
    };
    assert_int_equal(topology.memory_attributes_count, sizeof expected / sizeof *expected);
    assert_memory_equal(topology.memory_attributes, expected, sizeof expected);
    topology_close(&topology);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read),
        IN_TREE(a_board_of_one_cpu),
        IN_TREE(a_board_of_three_clusters),
        IN_TREE(a_server_of_two_nodes),
        IN_TREE(clusters_are_within_a_package),
        IN_TREE(older_kernels_name_siblings),
        IN_TREE(offline_cpus_are_left_out),
        IN_TREE(a_cpuset_is_respected),
        IN_TREE(without_sys_the_allowed_cpus_are_known),
        IN_TREE(kinds_need_a_reason),
        IN_TREE(garbage_is_unknown),
        IN_TREE(firmware_tells_memory_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
