/*
 * Whose malloc this is. The object depends on how the test was linked; what is told of it does not.
 */
#include "harness/test/made_up.h"

#include "harness/machine_parts.h"

static int forget(void **state)
{
    (void)state;
    return unsetenv("LD_PRELOAD");
}

static void nothing_is_preloaded(void **state)
{
    (void)state;
    json_t *allocator = machine_allocator();
    assert_int_equal(json_array_size(json_object_get(allocator, "preloaded")), 0);
    const char *object = text_at(allocator, NULL, "object");
    assert_true(!object || (object[0] && !strchr(object, '/')));
    if (!object)
        assert_null(text_at(allocator, NULL, "version"));
    json_decref(allocator);
}

static void what_is_preloaded_is_named_without_its_folder(void **state)
{
    (void)state;
    setenv("LD_PRELOAD", ":/home/somebody/libone.so.2 libtwo.so::./libthree.so/ ", 1);
    json_t *allocator = machine_allocator();
    json_t *list = json_object_get(allocator, "preloaded");
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_string_value(json_array_get(list, 0)), "libone.so.2");
    assert_string_equal(json_string_value(json_array_get(list, 1)), "libtwo.so");
    char *text = json_dumps(allocator, 0);
    assert_null(strstr(text, "somebody"));
    free(text);
    json_decref(allocator);
}

static void it_is_part_of_the_machine(void **state)
{
    (void)state;
    make_topology(1, 1);
    json_t *machine = describe();
    assert_true(json_is_array(json_object_get(json_object_get(machine, "allocator"), "preloaded")));
    json_decref(machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_preloaded, forget),
        cmocka_unit_test_setup(what_is_preloaded_is_named_without_its_folder, forget),
        cmocka_unit_test_setup_teardown(it_is_part_of_the_machine, tree_make, tree_remove),
    };
    return cmocka_run_group_tests_name("machine_allocator", tests, NULL, forget);
}
