#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "harness/test/this_machine.h"
#include "harness/test/tree.h"

#include "harness/buffers.h"
#include "harness/memory.h"
#include "harness/nodes.h"

static bool is_zero(const struct mapping *mapping)
{
    for (size_t i = 0; i < mapping->bytes; i++)
        if (mapping->base[i] != 0)
            return false;
    return true;
}

static void base_pages_are_what_was_asked(void **state)
{
    (void)state;
    struct mapping mapping;
    struct mapping_request request = {.bytes = 3 * machine.page_bytes + 1, .node = NODE_LOCAL};
    if (mapping_make(&mapping, &request, &machine, &fault))
        fail_msg("%s", fault.text);
    assert_int_equal(mapping.bytes, 4 * machine.page_bytes);
    size_t alignment = machine.huge_page_bytes ? machine.huge_page_bytes : machine.page_bytes;
    assert_int_equal((uintptr_t)mapping.base % alignment, 0);
    assert_true(is_zero(&mapping));
    memset(mapping.base, 0x5a, mapping.bytes);
    /* Not under an emulator that shows no smaps. */
    if (mapping.huge_share >= 0)
        assert_true(mapping.huge_share == 0.0);
    if (nodes_single())
        assert_int_equal(mapping.node, 0);
    mapping_free(&mapping);
    assert_null(mapping.base);
    mapping_free(&mapping);
}

static void shared_pages_are_mapped_again(void **state)
{
    (void)state;
    struct mapping mapping, again;
    struct mapping_request request = {
        .bytes = 5 * machine.page_bytes, .node = NODE_LOCAL, .shared = true};
    assert_int_equal(mapping_make(&mapping, &request, &machine, &fault), 0);
    if (mapping_again(&again, &mapping, &machine, &fault))
        fail_msg("%s", fault.text);
    assert_ptr_not_equal(again.base, mapping.base);
    assert_int_equal(again.bytes, mapping.bytes);
    size_t alignment = machine.huge_page_bytes ? machine.huge_page_bytes : machine.page_bytes;
    assert_int_equal((uintptr_t)again.base % alignment, 0);
    mapping.base[mapping.bytes - 1] = 0x5a;
    again.base[0] = 0x33;
    assert_int_equal(again.base[mapping.bytes - 1], 0x5a);
    assert_int_equal(mapping.base[0], 0x33);
    mapping_free(&again);
    assert_null(again.base);
    assert_int_equal(mapping.base[0], 0x33);
    mapping_free(&mapping);
    /* What is private can't be shared. */
    request.shared = false;
    assert_int_equal(mapping_make(&mapping, &request, &machine, &fault), 0);
    assert_int_equal(mapping_again(&again, &mapping, &machine, &fault), -ENOTSUP);
    assert_null(again.base);
    mapping_free(&mapping);
}

static void the_node_is_asked_for_and_read_back(void **state)
{
    (void)state;
    struct mapping mapping;
    for (size_t i = 0; i < machine.node_count; i++) {
        struct mapping_request request = {.bytes = 1 << 20, .node = machine.nodes[i].node};
        int status = mapping_make(&mapping, &request, &machine, &fault);
        if (!machine.nodes[i].allowed) {
            assert_int_equal(status, -EPERM);
        } else if (!status) {
            assert_true(mapping.node == request.node || mapping.node == NODE_UNKNOWN);
            mapping_free(&mapping);
        } else {
            assert_true(fault.text[0] != '\0');
        }
    }
    struct mapping_request nowhere = {.bytes = 1 << 20, .node = 4000};
    assert_int_equal(mapping_make(&mapping, &nowhere, &machine, &fault), -EINVAL);
    assert_non_null(strstr(fault.text, "4000"));
    assert_null(mapping.whole);
}

/* What the kernel put elsewhere is an error; what it does not tell is not. */
static void pages_on_another_node_are_an_error(void **state)
{
    (void)state;
    static const struct {
        int asked, got, error;
    } cases[] = {{NODE_LOCAL, 3, 0}, {NODE_LOCAL, NODE_MIXED, 0}, {2, 2, 0},   {2, NODE_UNKNOWN, 0},
                 {2, 3, -EIO},       {2, NODE_MIXED, -EIO},       {0, 1, -EIO}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct mapping mapping = {.node = cases[i].got};
        assert_int_equal(mapping_check(&mapping, cases[i].asked, &fault), cases[i].error);
    }
    assert_string_equal(fault.text, "node 0 asked for, but pages are on node 1");
}

static unsigned char *take(int node)
{
    enum { MEMBER = 9 };
    const struct mapping_request request = {.bytes = machine.page_bytes, .node = node};
    const struct mapping *mapping;
    int error = buffer_take(MEMBER, BUFFER_DST, &request, &machine, &mapping, &fault);
    return error ? NULL : mapping->base;
}

/* Cells of several nodes come by turns, and nothing is mapped anew. */
static void each_node_has_buffers_of_its_own(void **state)
{
    (void)state;
    unsigned char *local = take(NODE_LOCAL);
    assert_non_null(local);
    local[0] = 0x77;
    assert_true(take(0) == local || !machine.nodes[0].allowed);
    tree_write("/sys/devices/system/node/online", "0-1\n");
    unsigned char *bound = take(0);
    if (!bound)
        skip(); /* memory can't be bound here */
    assert_ptr_not_equal(bound, local);
    assert_ptr_equal(take(NODE_LOCAL), local);
    assert_ptr_equal(take(0), bound);
    assert_null(take(4000));
    assert_ptr_equal(take(NODE_LOCAL), local);
    assert_int_equal(local[0], 0x77);
}

static void a_node_that_is_not_allowed_is_refused(void **state)
{
    (void)state;
    struct mapping mapping;
    struct topology closed = machine;
    struct topology_node node = {.node = 0, .allowed = false};
    closed.nodes = &node;
    closed.node_count = 1;
    struct mapping_request request = {.bytes = 4096, .node = 0};
    assert_int_equal(mapping_make(&mapping, &request, &closed, &fault), -EPERM);
}

static void transparent_huge_pages_are_counted(void **state)
{
    (void)state;
    struct mapping huge, base;
    uint64_t page;
    if (!system_number(&page, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size") ||
        page > 4 << 20)
        skip();
    struct mapping_request request = {
        .bytes = 2 * (size_t)page, .node = NODE_LOCAL, .page = PAGE_THP};
    if (mapping_make(&huge, &request, &machine, &fault))
        fail_msg("%s", fault.text);
    assert_int_equal((uintptr_t)huge.base % page, 0);
    assert_true(huge.huge_share >= -1 && huge.huge_share <= 1);
    double before = huge.huge_share;
    /* Base pages next to it do not count as its own. */
    request.page = PAGE_BASE;
    assert_int_equal(mapping_make(&base, &request, &machine, &fault), 0);
    assert_true(base.huge_share <= 0);
    /* Broken specimen: where huge pages were granted, splitting them shows in the share. */
    if (before == 1.0) {
        assert_int_equal(madvise(huge.base, (size_t)page, MADV_NOHUGEPAGE), 0);
        assert_int_equal(madvise(huge.base, (size_t)page, MADV_DONTNEED), 0);
        memset(huge.base, 1, (size_t)page);
        mapping_read_back(&huge);
        assert_true(huge.huge_share == 0.5);
    }
    mapping_free(&huge);
    mapping_free(&base);
}

static void an_absent_huge_page_pool_is_an_error(void **state)
{
    (void)state;
    struct mapping mapping;
    struct mapping_request request = {.bytes = 1, .node = NODE_LOCAL, .page = PAGE_HUGETLB};
    struct topology without = machine;
    without.huge_page_bytes = 0;
    assert_int_equal(mapping_make(&mapping, &request, &without, &fault), -ENOTSUP);
    struct topology with = machine;
    with.huge_page_bytes = 2 << 20;
    tree_write("/proc/meminfo", "HugePages_Total: 4\nHugePages_Free: 0\nHugePages_Rsvd: 0\n");
    assert_int_equal(mapping_make(&mapping, &request, &with, &fault), -ENOTSUP);
    assert_non_null(strstr(fault.text, "vm.nr_hugepages"));
    tree_write("/proc/meminfo", "HugePages_Total: 4\nHugePages_Free: 3\nHugePages_Rsvd: 2\n");
    request.bytes = 4 << 20;
    assert_int_equal(mapping_make(&mapping, &request, &with, &fault), -ENOMEM);
    assert_non_null(strstr(fault.text, "1 are free"));
    tree_write("/proc/meminfo", "HugePages_Free: 1\nHugePages_Rsvd: 9\n");
    assert_int_equal(mapping_make(&mapping, &request, &with, &fault), -ENOTSUP);
}

/* The kernel would take madvise() and give base pages. */
static void transparent_pages_that_are_never_granted_are_refused(void **state)
{
    (void)state;
    struct mapping mapping;
    struct mapping_request request = {.bytes = 1, .node = NODE_LOCAL, .page = PAGE_THP};
    tree_write("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
    assert_int_equal(mapping_make(&mapping, &request, &machine, &fault), -ENOTSUP);
    assert_non_null(strstr(fault.text, "never grants them"));
    request.page = PAGE_BASE;
    assert_int_equal(mapping_make(&mapping, &request, &machine, &fault), 0);
    mapping_free(&mapping);
}

static long faults_so_far(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt;
}

static void what_is_left_untouched_is_touched_by_its_user(void **state)
{
    (void)state;
    struct mapping mapping;
    size_t page = machine.page_bytes;
    struct mapping_request request = {.bytes = 64 * page, .node = NODE_LOCAL, .untouched = true};
    assert_int_equal(mapping_make(&mapping, &request, &machine, &fault), 0);
    assert_int_equal(mapping.node, NODE_UNKNOWN);
    assert_true(mapping.huge_share == -1.0);
    long before = faults_so_far();
    for (size_t offset = 0; offset < mapping.bytes; offset += page)
        *(volatile unsigned char *)(mapping.base + offset) = 1;
    assert_true(faults_so_far() - before >= 64);
    mapping_read_back(&mapping);
    assert_int_not_equal(mapping.node, NODE_UNKNOWN);
    mapping_free(&mapping);
    request.untouched = false;
    assert_int_equal(mapping_make(&mapping, &request, &machine, &fault), 0);
    before = faults_so_far();
    for (size_t offset = 0; offset < mapping.bytes; offset += page)
        *(volatile unsigned char *)(mapping.base + offset) = 1;
    assert_true(faults_so_far() - before < 64);
    mapping_free(&mapping);
}

static void hugetlb_pages_are_read_back(void **state)
{
    (void)state;
    struct mapping mapping;
    struct mapping_request request = {.bytes = 1, .node = NODE_LOCAL, .page = PAGE_HUGETLB};
    if (mapping_make(&mapping, &request, &machine, &fault))
        skip();
    assert_int_equal(mapping.bytes, machine.huge_page_bytes);
    assert_true(mapping.huge_share == 1.0);
    mapping_free(&mapping);
}

static void only_a_shared_mapping_is_seen_by_a_child(void **state)
{
    (void)state;
    enum { PAGES = 64 };
    struct mapping shared, private;
    struct mapping_request request = {
        .bytes = PAGES * machine.page_bytes, .node = NODE_LOCAL, .shared = true};
    assert_int_equal(mapping_make(&shared, &request, &machine, &fault), 0);
    request.shared = false;
    assert_int_equal(mapping_make(&private, &request, &machine, &fault), 0);
    pid_t child = fork();
    if (child == 0) {
        unsigned char resident[PAGES];
        shared.base[0] = 7;
        _exit(mincore(private.base, private.bytes, resident) == 0);
    }
    /* Written again after a fork, pages that a child shares would each fault. */
    uint64_t faults = memory_faults();
    for (size_t i = 0; i < PAGES; i++)
        *(volatile unsigned char *)(private.base + i * machine.page_bytes) = 1;
    assert_true(memory_faults() - faults < PAGES / 2);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(shared.base[0], 7);
    mapping_free(&shared);
    mapping_free(&private);
}

static void the_pages_around_are_closed(void **state)
{
    (void)state;
    struct mapping mapping;
    struct mapping_request request = {.bytes = 1, .node = NODE_LOCAL};
    assert_int_equal(mapping_make(&mapping, &request, &machine, &fault), 0);
    const unsigned char *places[] = {mapping.base - 1, mapping.base + mapping.bytes};
    for (size_t i = 0; i < 2; i++) {
        pid_t child = fork();
        if (child == 0) {
            signal(SIGSEGV, SIG_DFL);
            _exit(*(const volatile unsigned char *)places[i] & 0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
    mapping_free(&mapping);
}

static void eviction_leaves_the_content(void **state)
{
    (void)state;
    unsigned char bytes[4096];
    memset(bytes, 0xc3, sizeof bytes);
    assert_int_equal(memory_evict(bytes, sizeof bytes, &machine, &fault), 0);
    assert_int_equal(memory_evict(bytes + 1, 1, &machine, &fault), 0);
    assert_int_equal(memory_evict(bytes, 0, &machine, &fault), 0);
    for (size_t i = 0; i < sizeof bytes; i++)
        assert_int_equal(bytes[i], 0xc3);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_pages_are_what_was_asked),
        cmocka_unit_test(shared_pages_are_mapped_again),
        cmocka_unit_test(the_node_is_asked_for_and_read_back),
        cmocka_unit_test(pages_on_another_node_are_an_error),
        IN_TREE(each_node_has_buffers_of_its_own),
        cmocka_unit_test(a_node_that_is_not_allowed_is_refused),
        cmocka_unit_test(transparent_huge_pages_are_counted),
        IN_TREE(an_absent_huge_page_pool_is_an_error),
        IN_TREE(transparent_pages_that_are_never_granted_are_refused),
        cmocka_unit_test(what_is_left_untouched_is_touched_by_its_user),
        cmocka_unit_test(hugetlb_pages_are_read_back),
        cmocka_unit_test(only_a_shared_mapping_is_seen_by_a_child),
        cmocka_unit_test(the_pages_around_are_closed),
        cmocka_unit_test(eviction_leaves_the_content),
    };
    return cmocka_run_group_tests(tests, open_machine, close_machine);
}
