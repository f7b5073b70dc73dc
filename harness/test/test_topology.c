#include <errno.h>
#include <sched.h>

#include "harness/test/tree.h"
#include "harness/topology.h"

/* A machine described by hwloc's synthetic text, by XML, or (both NULL) this one. */
static struct topology open_described(const char *synthetic, const char *xml)
{
    struct fault fault = {""};
    struct topology topology;
    char path[128];
    if (synthetic)
        setenv("HWLOC_SYNTHETIC", synthetic, 1);
    if (xml) {
        tree_write("/topology.xml", xml);
        snprintf(path, sizeof path, "%s/topology.xml", tree_root);
        setenv("HWLOC_XMLFILE", path, 1);
    }
    int status = topology_open(&topology, &fault);
    unsetenv("HWLOC_SYNTHETIC");
    unsetenv("HWLOC_XMLFILE");
    if (status)
        fail_msg("topology_open: %s", fault.text);
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

static void this_machine_is_read(void **state)
{
    (void)state;
    struct topology topology = open_described(NULL, NULL);
    assert_true(topology.cpu_count >= 1);
    assert_true(topology.node_count >= 1);
    assert_true(topology.kinds >= 1);
    assert_int_equal(topology.page_bytes, sysconf(_SC_PAGESIZE));
    assert_non_null(strstr(topology.backend, "hwloc 2."));
    for (size_t i = 1; i < topology.cpu_count; i++)
        assert_true(topology.cpus[i].cpu > topology.cpus[i - 1].cpu);
    char why[256];
    int cpu = topology_default_cpu(&topology, why, sizeof why);
    assert_non_null(topology_cpu(&topology, cpu));
    assert_true(topology_cpu(&topology, cpu)->allowed);
    topology_close(&topology);
    assert_null(topology.cpus);
}

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

static void caches_can_be_given(void **state)
{
    (void)state;
    struct fault fault = {""};
    struct topology topology = open_described("pack:1 l2:2(size=262144) core:1 pu:1", NULL);
    assert_int_equal(topology_give_caches(&topology, "L1:32Ki,L3:3Mi", &fault), 0);
    assert_int_equal(topology.cache_source, CACHE_GIVEN);
    assert_int_equal(topology_cache_bytes(&topology, 1, 1), 32768);
    assert_int_equal(topology_cache_bytes(&topology, 1, 2), 0);
    assert_int_equal(topology_last_level_bytes(&topology, 1), 3 << 20);
    assert_int_equal(topology_cpu(&topology, 0)->cache_id[1], -1);

    static const char *const broken[] = {"",       "L1",         "L1:",         "L0:32Ki",
                                         "L5:1Ki", "32Ki",       "L1:32Ki,",    "L1:0",
                                         "l1:4Ki", "L1:32Kibob", "L1:1Ki..8Ki", "L9999999999999:1"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        fault.text[0] = '\0';
        if (topology_give_caches(&topology, broken[i], &fault) != -EINVAL || !fault.text[0])
            fail_msg("'%s' was taken", broken[i]);
    }
    assert_int_equal(topology_cache_bytes(&topology, 0, 1), 32768);
    topology_close(&topology);
}

static void measured_caches_are_those_of_one_cpu(void **state)
{
    (void)state;
    struct topology topology = open_described("pack:1 core:2 pu:1", NULL);
    assert_int_equal(topology.cache_source, CACHE_UNKNOWN);
    topology_take_measured(&topology, 1, (const size_t[TOPOLOGY_LEVELS]){32768, 262144});
    assert_int_equal(topology.cache_source, CACHE_MEASURED);
    assert_int_equal(topology_cache_bytes(&topology, 1, 1), 32768);
    assert_int_equal(topology_last_level_bytes(&topology, 1), 262144);
    assert_int_equal(topology_last_level_bytes(&topology, 0), 0);
    assert_int_equal(topology_cpu(&topology, 1)->cache_id[0], -1);
    assert_int_equal(topology_cpu(&topology, 1)->cache_cpus[0], 0);
    topology_close(&topology);
}

static void the_default_cpu_serves_few_interrupts(void **state)
{
    (void)state;
    char why[256];
    struct topology topology = open_described("pack:1 core:3 pu:2", NULL);
    assert_int_equal(topology_default_cpu(&topology, why, sizeof why), 0);
    tree_write("/proc/interrupts",
               "            CPU0       CPU1       CPU2       CPU3       CPU4       CPU5\n"
               "  0:          9          9     999999          9          9          9  timer\n"
               " 24:       5000          0         10          0          0          0  PCI eth0\n"
               " 25:          1          2          3\n"
               "LOC:          0          0    9999999          0          0          0  Local\n"
               "ERR:          0\n");
    topology_read_interrupts(&topology);
    assert_int_equal(topology_cpu(&topology, 0)->interrupts, 5001);
    assert_int_equal(topology_cpu(&topology, 2)->interrupts, 13);
    assert_int_equal(topology_cpu(&topology, 5)->interrupts, 0);
    assert_int_equal(topology_default_cpu(&topology, why, sizeof why), 2);
    assert_non_null(strstr(why, "not CPU 0"));
    topology.cpus[2].allowed = false;
    assert_int_equal(topology_default_cpu(&topology, why, sizeof why), 4);
    /* A second thread of a core is better than nothing. */
    for (size_t i = 0; i < topology.cpu_count; i++)
        topology.cpus[i].allowed = i == 3;
    assert_int_equal(topology_default_cpu(&topology, why, sizeof why), 3);
    topology.cpus[3].allowed = false;
    assert_int_equal(topology_default_cpu(&topology, why, sizeof why), -1);
    topology_close(&topology);
}

static void broken_interrupts_are_no_interrupts(void **state)
{
    (void)state;
    static const char *const broken[] = {"", "\n", "CPU0 CPU1", "garbage\n 1: x y z\n",
                                         "CPU0 CPU77 CPU-3\n 1: 0\n 2:\n:::\n 3"};
    struct topology topology = open_described("pu:2", NULL);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        tree_write("/proc/interrupts", broken[i]);
        topology_read_interrupts(&topology);
        assert_int_equal(topology.cpus[0].interrupts, 0);
    }
    topology_close(&topology);
}

static void allowed_cpus_are_ranges(void **state)
{
    (void)state;
    char text[64];
    char small[6];
    struct topology topology = open_described("pu:8", NULL);
    topology_allowed_text(&topology, text, sizeof text);
    assert_string_equal(text, "0-7");
    topology.cpus[2].allowed = topology.cpus[4].allowed = topology.cpus[5].allowed = false;
    topology_allowed_text(&topology, text, sizeof text);
    assert_string_equal(text, "0-1,3,6-7");
    topology_allowed_text(&topology, small, sizeof small);
    assert_string_equal(small, "0-1,3");
    topology_close(&topology);
}

static void binding_is_read_back(void **state)
{
    (void)state;
    struct fault fault = {""};
    cpu_set_t before;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    struct topology topology = open_described(NULL, NULL);
    for (size_t i = 0; i < topology.cpu_count; i++) {
        if (!topology.cpus[i].allowed)
            continue;
        assert_int_equal(topology_bind(&topology, topology.cpus[i].cpu, &fault), 0);
        assert_int_equal(sched_getcpu(), topology.cpus[i].cpu);
    }
    assert_int_equal(topology_bind(&topology, 100000, &fault), -EINVAL);
    assert_non_null(strstr(fault.text, "100000"));
    assert_int_equal(topology_bind(&topology, -1, &fault), -EINVAL);
    topology_close(&topology);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

static void taskset_is_respected(void **state)
{
    (void)state;
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    int last = CPU_SETSIZE - 1;
    while (!CPU_ISSET((size_t)last, &before))
        last--;
    CPU_ZERO(&one);
    CPU_SET((size_t)last, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    struct topology topology = open_described(NULL, NULL);
    char why[128];
    size_t allowed = 0;
    for (size_t i = 0; i < topology.cpu_count; i++)
        allowed += topology.cpus[i].allowed;
    assert_int_equal(allowed, 1);
    assert_int_equal(topology_default_cpu(&topology, why, sizeof why), last);
    topology_close(&topology);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
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

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_machine_is_read),
        IN_TREE(caches_and_threads_are_told_apart),
        IN_TREE(kinds_nodes_and_what_is_allowed),
        IN_TREE(caches_can_be_given),
        IN_TREE(measured_caches_are_those_of_one_cpu),
        IN_TREE(the_default_cpu_serves_few_interrupts),
        IN_TREE(broken_interrupts_are_no_interrupts),
        IN_TREE(allowed_cpus_are_ranges),
        cmocka_unit_test(binding_is_read_back),
        cmocka_unit_test(taskset_is_respected),
        IN_TREE(an_export_names_no_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
