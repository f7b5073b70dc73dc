/* What memory there is, in made-up trees of the kernel's files. */
#include <errno.h>

#include "harness/test/this_machine.h"
#include "harness/test/tree.h"

#include "harness/cgroup.h"
#include "harness/memory.h"

static void more_than_there_is_is_refused(void **state)
{
    (void)state;
    struct mapping mapping;
    struct mapping_request request = {.bytes = 2 << 20, .node = NODE_LOCAL};
    tree_write("/proc/meminfo", "MemTotal: 9999999 kB\nMemAvailable:    1024 kB\n");
    assert_int_equal(memory_available(), 1 << 20);
    assert_int_equal(mapping_make(&mapping, &request, &machine, &fault), -ENOMEM);
    assert_non_null(strstr(fault.text, "2 MiB"));
    assert_non_null(strstr(fault.text, "1 MiB"));
    request.bytes = 512 << 10;
    assert_int_equal(mapping_make(&mapping, &request, &machine, &fault), 0);
    /* No smaps in the tree. */
    assert_true(mapping.huge_share == -1.0);
    mapping_free(&mapping);
    static const size_t absurd[] = {0, SIZE_MAX, SIZE_MAX - 4096, SIZE_MAX / 2};
    for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++) {
        request.bytes = absurd[i];
        assert_int_equal(mapping_make(&mapping, &request, &machine, &fault), -ENOMEM);
    }
}

static void what_is_available_is_read(void **state)
{
    (void)state;
    assert_true(memory_available() == UINT64_MAX);
    tree_write("/proc/meminfo", "MemFree:    100 kB\nCached:    28 kB\n");
    assert_int_equal(memory_available(), 128 << 10);
    tree_write("/proc/meminfo", "MemAvailable: lots\n");
    assert_true(memory_available() == UINT64_MAX);
}

static void the_narrowest_control_group_counts(void **state)
{
    (void)state;
    assert_true(cgroup_memory_limit() == UINT64_MAX);
    assert_true(cgroup_cpu_quota() == 0);
    tree_write("/proc/meminfo", "MemAvailable:    1024000 kB\n");
    tree_write("/proc/self/cgroup", "0::/user/job\n");
    tree_write("/sys/fs/cgroup/user/job/memory.max", "max\n");
    tree_write("/sys/fs/cgroup/user/job/cpu.max", "max 100000\n");
    assert_true(cgroup_memory_limit() == UINT64_MAX);
    assert_true(cgroup_cpu_quota() == 0);
    tree_write("/sys/fs/cgroup/user/memory.max", "1048576\n");
    tree_write("/sys/fs/cgroup/user/cpu.max", "150000 100000\n");
    assert_int_equal(cgroup_memory_limit(), 1 << 20);
    assert_true(cgroup_cpu_quota() == 1.5);
    assert_int_equal(memory_available(), 1 << 20);
    tree_write("/sys/fs/cgroup/user/memory.current", "1000000\n");
    tree_write("/sys/fs/cgroup/user/memory.stat", "anon 1\ninactive_file 800000\n");
    assert_int_equal(memory_available(), (1 << 20) - 200000);
    tree_write("/sys/fs/cgroup/user/memory.current", "9000000\n");
    assert_int_equal(memory_available(), 0);
}

static void version_1_control_groups_count_too(void **state)
{
    (void)state;
    tree_write("/proc/self/cgroup", "12:cpu,cpuacct:/host/only\n4:memory:/host/only\n0::/\n");
    tree_write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_true(cgroup_memory_limit() == UINT64_MAX);
    tree_write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
    tree_write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    tree_write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    assert_int_equal(cgroup_memory_limit(), 512 << 20);
    assert_true(cgroup_cpu_quota() == 0);
    tree_write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
    assert_true(cgroup_cpu_quota() == 0.5);
}

static void broken_control_groups_are_no_limit(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "", "\n", "0", "0:", "0::", "garbage::::", "::::\n4:memory"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        tree_write("/proc/self/cgroup", broken[i]);
        tree_write("/sys/fs/cgroup/memory.max", "garbage");
        tree_write("/sys/fs/cgroup/cpu.max", "");
        assert_true(cgroup_memory_limit() == UINT64_MAX);
        assert_true(cgroup_cpu_quota() == 0);
    }
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(more_than_there_is_is_refused),      IN_TREE(what_is_available_is_read),
        IN_TREE(the_narrowest_control_group_counts), IN_TREE(version_1_control_groups_count_too),
        IN_TREE(broken_control_groups_are_no_limit),
    };
    return cmocka_run_group_tests(tests, open_machine, close_machine);
}
