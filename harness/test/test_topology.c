#include "harness/test/made_up.h"

#include <errno.h>
#include <sched.h>

static void open_this_machine(void)
{
    struct fault fault = {""};
    if (topology_open(&topology, &fault))
        fail_msg("topology_open: %s", fault.text);
}

static void this_machine_is_read(void **state)
{
    (void)state;
    open_this_machine();
    assert_true(topology.cpu_count >= 1);
    assert_true(topology.node_count >= 1);
    assert_true(topology.kinds >= 1);
    assert_int_equal(topology.page_bytes, sysconf(_SC_PAGESIZE));
    assert_non_null(topology.backend);
    for (size_t i = 1; i < topology.cpu_count; i++)
        assert_true(topology.cpus[i].cpu > topology.cpus[i - 1].cpu);
    char why[256];
    int cpu = topology_default_cpu(&topology, why, sizeof why);
    assert_non_null(topology_cpu(&topology, cpu));
    assert_true(topology_cpu(&topology, cpu)->allowed);
    topology_close(&topology);
    assert_null(topology.cpus);
}

static void caches_can_be_given(void **state)
{
    (void)state;
    struct fault fault = {""};
    make_topology(2, 1);
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
}

static void measured_caches_are_those_of_one_cpu(void **state)
{
    (void)state;
    make_topology(2, 1);
    for (size_t i = 0; i < topology.cpu_count; i++)
        for (size_t level = 0; level < TOPOLOGY_LEVELS; level++)
            cpus[i].cache_bytes[level] = 0;
    topology_take_measured(&topology, 1, (const size_t[TOPOLOGY_LEVELS]){32768, 262144});
    assert_int_equal(topology.cache_source, CACHE_MEASURED);
    assert_int_equal(topology_cache_bytes(&topology, 1, 1), 32768);
    assert_int_equal(topology_last_level_bytes(&topology, 1), 262144);
    assert_int_equal(topology_last_level_bytes(&topology, 0), 0);
    assert_int_equal(topology_cpu(&topology, 1)->cache_id[0], -1);
    assert_int_equal(topology_cpu(&topology, 1)->cache_cpus[0], 0);
}

static void the_default_cpu_serves_few_interrupts(void **state)
{
    (void)state;
    char why[256];
    make_topology(6, 1);
    for (size_t i = 0; i < topology.cpu_count; i++) {
        cpus[i].core = (int)i / 2;
        cpus[i].smt = (int)i % 2;
    }
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
}

static void broken_interrupts_are_no_interrupts(void **state)
{
    (void)state;
    static const char *const broken[] = {"", "\n", "CPU0 CPU1", "garbage\n 1: x y z\n",
                                         "CPU0 CPU77 CPU-3\n 1: 0\n 2:\n:::\n 3"};
    make_topology(2, 1);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        tree_write("/proc/interrupts", broken[i]);
        topology_read_interrupts(&topology);
        assert_int_equal(topology.cpus[0].interrupts, 0);
    }
}

static void allowed_cpus_are_ranges(void **state)
{
    (void)state;
    char text[64];
    char small[6];
    make_topology(8, 1);
    topology_allowed_text(&topology, text, sizeof text);
    assert_string_equal(text, "0-7");
    topology.cpus[2].allowed = topology.cpus[4].allowed = topology.cpus[5].allowed = false;
    topology_allowed_text(&topology, text, sizeof text);
    assert_string_equal(text, "0-1,3,6-7");
    topology_allowed_text(&topology, small, sizeof small);
    assert_string_equal(small, "0-1,3");
}

static void binding_is_read_back(void **state)
{
    (void)state;
    struct fault fault = {""};
    cpu_set_t before;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    open_this_machine();
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
    open_this_machine();
    char why[128];
    size_t allowed = 0;
    for (size_t i = 0; i < topology.cpu_count; i++)
        allowed += topology.cpus[i].allowed;
    assert_int_equal(allowed, 1);
    assert_int_equal(topology_default_cpu(&topology, why, sizeof why), last);
    topology_close(&topology);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_machine_is_read),
        IN_TREE(caches_can_be_given),
        IN_TREE(measured_caches_are_those_of_one_cpu),
        IN_TREE(the_default_cpu_serves_few_interrupts),
        IN_TREE(broken_interrupts_are_no_interrupts),
        IN_TREE(allowed_cpus_are_ranges),
        cmocka_unit_test(binding_is_read_back),
        cmocka_unit_test(taskset_is_respected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
