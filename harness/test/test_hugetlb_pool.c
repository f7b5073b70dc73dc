/*
 * Growing the pool of huge pages and putting it back, on made-up files of machines with one pool
 * and with a pool a node.
 */
#include "harness/test/tree.h"

#include "harness/hugetlb_pool.h"

#include <errno.h>

static const char machines_pool[] = "/sys/kernel/mm/hugepages/hugepages-2048kB";
static const char pool_of_node_0[] = "/sys/devices/system/node/node0/hugepages/hugepages-2048kB";
static const char pool_of_node_3[] = "/sys/devices/system/node/node3/hugepages/hugepages-2048kB";

static struct topology_cpu cpus[] = {{.cpu = 0, .allowed = true}};
static struct topology_node nodes[] = {{.node = 0, .allowed = true}, {.node = 3, .allowed = true}};
static struct topology topology = {.cpus = cpus,
                                   .cpu_count = 1,
                                   .nodes = nodes,
                                   .node_count = 1,
                                   .page_bytes = 4096,
                                   .huge_page_bytes = 2 << 20};
static struct hugetlb_pools pools;
static struct fault fault;

static void write_file(const char *pool, const char *file, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", pool, file);
    tree_write(path, text);
}

static void write_pool(const char *pool, const char *pages, const char *free_pages)
{
    write_file(pool, "nr_hugepages", pages);
    write_file(pool, "free_hugepages", free_pages);
}

static uint64_t pages_of(const char *pool)
{
    uint64_t pages = UINT64_MAX;
    system_number(&pages, "%s/nr_hugepages", pool);
    return pages;
}

/* In place of the pool's file: one that takes everything, or nothing, and does as it likes. */
static void link_pool(const char *pool, const char *target)
{
    char path[256];
    snprintf(path, sizeof path, "%s%s/nr_hugepages", tree_root, pool);
    unlink(path);
    assert_int_equal(symlink(target, path), 0);
}

static struct cell cell_of(enum page_kind page, uint64_t bytes)
{
    return (struct cell){
        .memory_bytes = bytes,
        .asked = {.page = page, .src_node = NODE_LOCAL, .dst_node = NODE_LOCAL},
    };
}

static void grow(const struct cell *cells, size_t count)
{
    tree_write("/proc/meminfo", "MemAvailable: 1048576 kB\n");
    hugetlb_pools_grow(&pools, cells, count, &topology);
}

static void grown_for_the_largest_cell_and_put_back(void **state)
{
    (void)state;
    struct cell cells[] = {cell_of(PAGE_HUGETLB, 1), cell_of(PAGE_HUGETLB, 8 << 20),
                           cell_of(PAGE_THP, 64 << 20), cell_of(PAGE_HUGETLB, 64 << 20)};
    snprintf(cells[3].skip, sizeof cells[3].skip, "more than there is");
    write_pool(machines_pool, "5\n", "3\n");
    write_file(machines_pool, "resv_hugepages", "2\n");
    grow(cells, 4);
    /* 12 are wanted, of which 1 is free. */
    assert_int_equal(pages_of(machines_pool), 5 + 11);
    assert_int_equal(pools.count, 1);
    assert_int_equal(pools.pools[0].node, NODE_LOCAL);
    assert_int_equal(pools.pools[0].before, 5);
    assert_int_equal(pools.pools[0].after, 16);
    assert_string_equal(pools.pools[0].reason, "");
    assert_int_equal(hugetlb_pools_put_back(&pools, &fault), 0);
    assert_int_equal(pages_of(machines_pool), 5);
}

static void a_large_enough_pool_is_left_alone(void **state)
{
    (void)state;
    struct cell cell = cell_of(PAGE_HUGETLB, 8 << 20);
    write_pool(machines_pool, "12\n", "12\n");
    grow(&cell, 1);
    assert_int_equal(pools.pools[0].after, 12);
    assert_string_equal(pools.pools[0].reason, "");
    write_pool(machines_pool, "7\n", "7\n");
    assert_int_equal(hugetlb_pools_put_back(&pools, &fault), 0);
    assert_int_equal(pages_of(machines_pool), 7);
}

static void nothing_to_grow_for(void **state)
{
    (void)state;
    struct cell cells[] = {cell_of(PAGE_BASE, 8 << 20), cell_of(PAGE_THP, 8 << 20)};
    write_pool(machines_pool, "0\n", "0\n");
    grow(cells, 2);
    assert_int_equal(pools.count, 0);
    assert_int_equal(hugetlb_pools_put_back(&pools, &fault), 0);
    assert_int_equal(pages_of(machines_pool), 0);
}

static void a_kernel_without_huge_pages(void **state)
{
    (void)state;
    struct cell cell = cell_of(PAGE_HUGETLB, 8 << 20);
    grow(&cell, 1); /* no such file */
    assert_int_equal(pools.count, 0);
    topology.huge_page_bytes = 0;
    grow(&cell, 1);
    assert_int_equal(pools.count, 0);
    topology.huge_page_bytes = 2 << 20;
}

static void each_node_has_a_pool_of_its_own(void **state)
{
    (void)state;
    struct cell cells[] = {cell_of(PAGE_HUGETLB, 2 << 20), cell_of(PAGE_HUGETLB, 4 << 20)};
    cells[1].asked.src_node = 3;
    topology.node_count = 2;
    write_pool(machines_pool, "1\n", "1\n");
    write_pool(pool_of_node_0, "0\n", "0\n");
    write_pool(pool_of_node_3, "1\n", "1\n");
    grow(cells, 2);
    assert_int_equal(pools.count, 2);
    assert_int_equal(pages_of(pool_of_node_0), 8);
    assert_int_equal(pages_of(pool_of_node_3), 8);
    assert_int_equal(pages_of(machines_pool), 1);
    assert_int_equal(hugetlb_pools_put_back(&pools, &fault), 0);
    assert_int_equal(pages_of(pool_of_node_0), 0);
    assert_int_equal(pages_of(pool_of_node_3), 1);
    topology.node_count = 1;
}

static void more_than_half_of_the_memory_is_not_taken(void **state)
{
    (void)state;
    struct cell cell = cell_of(PAGE_HUGETLB, 300 << 20);
    write_pool(machines_pool, "0\n", "0\n");
    grow(&cell, 1);
    assert_non_null(strstr(pools.pools[0].reason, "half of the available memory is 256"));
    assert_int_equal(pages_of(machines_pool), 0);
    assert_int_equal(hugetlb_pools_put_back(&pools, &fault), 0);
}

/* The kernel lets nobody write to this one, who may be root. */
static void what_is_not_permitted_is_said(void **state)
{
    (void)state;
    struct cell cell = cell_of(PAGE_HUGETLB, 8 << 20);
    write_pool(machines_pool, "0\n", "0\n");
    link_pool(machines_pool, "/proc/sys/kernel/ngroups_max");
    grow(&cell, 1);
    assert_int_equal(pools.count, 1);
    assert_int_equal(pools.pools[0].after, pools.pools[0].before);
    assert_non_null(strstr(pools.pools[0].reason, "the kernel refuses: "));
    assert_non_null(strstr(pools.pools[0].reason, "it takes root"));
    assert_int_equal(hugetlb_pools_put_back(&pools, &fault), 0);
}

static void what_cannot_be_put_back_is_said(void **state)
{
    (void)state;
    struct cell cell = cell_of(PAGE_HUGETLB, 8 << 20);
    write_pool(machines_pool, "3\n", "0\n");
    grow(&cell, 1);
    link_pool(machines_pool, "/dev/null"); /* takes the number, and nothing comes of it */
    assert_int_equal(hugetlb_pools_put_back(&pools, &fault), -EIO);
    assert_non_null(strstr(fault.text, "keeps 12 pages"));
    assert_non_null(strstr(fault.text, "echo 3 >/sys/kernel/mm/hugepages"));
}

static void pages_that_others_added_stay(void **state)
{
    (void)state;
    struct cell cell = cell_of(PAGE_HUGETLB, 8 << 20);
    write_pool(machines_pool, "0\n", "0\n");
    grow(&cell, 1);
    write_pool(machines_pool, "20\n", "20\n");
    assert_int_equal(hugetlb_pools_put_back(&pools, &fault), 0);
    assert_int_equal(pages_of(machines_pool), 8);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(grown_for_the_largest_cell_and_put_back),
        IN_TREE(a_large_enough_pool_is_left_alone),
        IN_TREE(nothing_to_grow_for),
        IN_TREE(a_kernel_without_huge_pages),
        IN_TREE(each_node_has_a_pool_of_its_own),
        IN_TREE(more_than_half_of_the_memory_is_not_taken),
        IN_TREE(what_is_not_permitted_is_said),
        IN_TREE(what_cannot_be_put_back_is_said),
        IN_TREE(pages_that_others_added_stay),
    };
    return cmocka_run_group_tests_name("hugetlb_pool", tests, NULL, NULL);
}
