/*
 * What is made of the nodes on which pages are found, and memory that is spread over them.
 */
#include "harness/test/engine.h"

#include <errno.h>
#include <string.h>

#include "harness/nodes.h"

static int verdict_of(const int *nodes, size_t count, size_t allowed, size_t unit_pages)
{
    static struct nodes_seen seen;
    memset(&seen, 0, sizeof seen);
    for (size_t i = 0; i < count; i++)
        assert_true(nodes_see(&seen, nodes[i]));
    return nodes_verdict(&seen, allowed, unit_pages);
}

#define VERDICT(allowed, unit_pages, ...)                                                          \
    verdict_of((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int),       \
               allowed, unit_pages)

static void one_node_or_several(void **state)
{
    (void)state;
    assert_int_equal(VERDICT(2, 0, 3, 3, 3), 3);
    assert_int_equal(VERDICT(2, 0, 0, 1, 0, 1), NODE_MIXED);
    assert_int_equal(verdict_of(NULL, 0, 2, 0), NODE_UNKNOWN);
}

static void pages_by_turns_are_interleaved(void **state)
{
    (void)state;
    assert_int_equal(VERDICT(2, 1, 0, 1, 0, 1), NODE_INTERLEAVED);
    assert_int_equal(VERDICT(3, 1, 2, 5, 7, 2, 5, 7, 2), NODE_INTERLEAVED);
    assert_int_equal(VERDICT(2, 1, 0, 1, 0), NODE_INTERLEAVED);
    assert_int_equal(VERDICT(2, 4, 1, 1, 1), NODE_INTERLEAVED);
    /* By units of two pages, of which the last is not whole. */
    assert_int_equal(VERDICT(2, 2, 0, 0, 1, 1, 0), NODE_INTERLEAVED);
}

static void other_ways_to_spread_are_found(void **state)
{
    (void)state;
    assert_int_equal(VERDICT(2, 1, 0, 0, 1, 1), NODE_MIXED);
    assert_int_equal(VERDICT(2, 1, 0, 1, 0, 0), NODE_MIXED);
    assert_int_equal(VERDICT(2, 2, 0, 0, 0, 0, 0, 1), NODE_MIXED);
    assert_int_equal(VERDICT(2, 1, 1, 1, 1, 1), 1);
    assert_int_equal(VERDICT(2, 2, 1, 1, 1, 1), 1);
    /* A third node got nothing. */
    assert_int_equal(VERDICT(3, 1, 0, 1, 0, 1), NODE_MIXED);
}

static void a_page_without_a_node_is_refused(void **state)
{
    (void)state;
    static struct nodes_seen seen;
    assert_false(nodes_see(&seen, -ENOENT));
    assert_false(nodes_see(&seen, NODES_MAX));
    assert_int_equal(seen.count, 0);
}

static void memory_is_interleaved_where_there_are_nodes(void **state)
{
    (void)state;
    struct mapping mapping;
    struct mapping_request request = {.bytes = 64 * machine.page_bytes, .node = NODE_INTERLEAVED};
    int status = mapping_make(&mapping, &request, &machine, &fault);
    if (status) {
        assert_true(status == -ENOTSUP || status == -EPERM);
        assert_non_null(strstr(fault.text, "interleaved"));
        assert_null(mapping.whole);
        return;
    }
    assert_true(mapping.node == NODE_INTERLEAVED || mapping.node == NODE_UNKNOWN);
    mapping_free(&mapping);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_node_or_several),
        cmocka_unit_test(pages_by_turns_are_interleaved),
        cmocka_unit_test(other_ways_to_spread_are_found),
        cmocka_unit_test(a_page_without_a_node_is_refused),
        cmocka_unit_test(memory_is_interleaved_where_there_are_nodes),
    };
    return cmocka_run_group_tests_name("nodes", tests, engine_open, engine_close);
}
