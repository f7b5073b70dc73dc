/*
 * Measured caches in a machine's description, and where they are not measured.
 */
#include "harness/test/made_up.h"

static void make_silent(void)
{
    make_topology(1, 1);
    topology.cache_source = CACHE_UNKNOWN;
    memset(cpus[0].cache_bytes, 0, sizeof cpus[0].cache_bytes);
}

static void measured_caches(void **state)
{
    (void)state;
    make_silent();
    json_t *machine = describe();
    assert_true(json_is_null(json_object_get(machine, "cache_plateaus")));
    assert_true(json_is_null(json_object_get(machine, "cache_reason")));
    assert_true(json_is_null(json_object_get(machine, "cache_curve")));
    json_decref(machine);

    cache_edges = (struct cache_edges){
        .curve = {{1024, 3}, {2048, 3}, {4096, 80}},
        .curve_count = 3,
        .plateaus = {{2048, 3}, {4096, 80}},
        .plateau_count = 2,
    };
    topology_take_measured(&topology, 0, (const size_t[TOPOLOGY_LEVELS]){2048});
    machine = describe();
    assert_string_equal(text_at(machine, NULL, "cache_source"), "measured");
    json_t *caches = json_object_get(machine, "caches");
    assert_int_equal(json_array_size(caches), 1);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(caches, 0), "bytes")), 2048);
    const json_t *plateaus = json_object_get(machine, "cache_plateaus");
    const json_t *curve = json_object_get(machine, "cache_curve");
    assert_int_equal(json_array_size(plateaus), 2);
    assert_int_equal(json_array_size(curve), 3);
    const json_t *last = json_array_get(curve, 2);
    assert_int_equal(json_integer_value(json_object_get(last, "bytes")), 4096);
    assert_true(json_real_value(json_object_get(last, "ns")) == 80);
    assert_true(json_equal(last, json_array_get(plateaus, 1)));
    assert_true(json_is_null(json_object_get(machine, "cache_reason")));
    json_decref(machine);
    assert_false(doctor_finds("cache sizes"));
}

static void caches_that_measuring_does_not_find(void **state)
{
    (void)state;
    make_silent();
    cache_edges =
        (struct cache_edges){.curve = {{1024, 3}}, .curve_count = 1, .reason = "it is flat"};
    json_t *machine = describe();
    assert_string_equal(text_at(machine, NULL, "cache_source"), "unknown");
    assert_string_equal(text_at(machine, NULL, "cache_reason"), "it is flat");
    assert_int_equal(json_array_size(json_object_get(machine, "cache_curve")), 1);
    assert_true(json_is_null(json_object_get(machine, "cache_plateaus")));
    json_decref(machine);
    assert_true(doctor_finds("its cache sizes (it is flat)"));
}

static void caches_of_emulators_are_not_measured(void **state)
{
    (void)state;
    make_silent();
    tree_write("/proc/cmdline", "console=ttyS0 copycost.emulated=qemu quiet\n");
    cache_edges_supply(&cache_edges, &topology, 0, NULL);
    assert_int_equal(topology.cache_source, CACHE_UNKNOWN);
    assert_int_equal(cache_edges.curve_count, 0);
    assert_non_null(strstr(cache_edges.reason, "emulated"));
}

static void caches_that_are_told_are_not_measured(void **state)
{
    (void)state;
    make_topology(1, 1);
    cache_edges.curve_count = 1;
    cache_edges_supply(&cache_edges, &topology, 0, NULL);
    assert_int_equal(topology.cache_source, CACHE_TOPOLOGY);
    assert_int_equal(topology_cache_bytes(&topology, 0, 1), 32768);
    assert_int_equal(cache_edges.curve_count, 0);
    assert_string_equal(cache_edges.reason, "");
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(measured_caches),
        IN_TREE(caches_that_measuring_does_not_find),
        IN_TREE(caches_of_emulators_are_not_measured),
        IN_TREE(caches_that_are_told_are_not_measured),
    };
    return cmocka_run_group_tests_name("machine_caches", tests, NULL, NULL);
}
