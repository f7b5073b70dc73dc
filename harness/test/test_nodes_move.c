/* Pages that move between the nodes that this machine has. */
#include "harness/test/this_machine.h"

#include "harness/memory.h"
#include "harness/nodes.h"

#include <errno.h>
#include <string.h>

static void pages_are_moved_from_node_to_node(void **state)
{
    (void)state;
    enum { PAGES = 700 }; /* more than the kernel is asked to move at a time */
    struct mapping mapping;
    struct mapping_request request = {.bytes = PAGES * machine.page_bytes, .node = NODE_LOCAL};
    assert_int_equal(mapping_make(&mapping, &request, &machine, &fault), 0);
    size_t there = 0;
    for (size_t i = 0; i < machine.node_count; i++) {
        int node = machine.nodes[i].node;
        if (!machine.nodes[i].allowed)
            continue;
        memset(mapping.base, (int)i + 1, mapping.bytes);
        int error = nodes_move(mapping.base, PAGES, machine.page_bytes, node, &there, &fault);
        assert_true(!error || fault.text[0] != '\0');
        mapping_read_back(&mapping);
        if (!error && there == PAGES)
            assert_int_equal(mapping.node, node);
        for (size_t at = 0; at < mapping.bytes; at += machine.page_bytes)
            assert_int_equal(mapping.base[at], i + 1);
    }
    int error = nodes_move(mapping.base, 1, machine.page_bytes, 4000, &there, &fault);
    assert_true(error == -EINVAL || error == -ENOTSUP || error == -EPERM);
    assert_non_null(strstr(fault.text, "4000"));
    assert_int_equal(there, 0);
    mapping_free(&mapping);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_moved_from_node_to_node),
    };
    return cmocka_run_group_tests_name("nodes_move", tests, open_machine, close_machine);
}
