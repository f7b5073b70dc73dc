/*
 * The parts of the experiment residency: slots that do not meet, making them ready with another
 * core's help, and a proof that finds wrong copies.
 */
#include "harness/test/engine.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "microbench/residency_ready.h"
#include "microbench/residency_room.h"

enum { KERNEL, SRC, DST, SIZE };

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void slots_are_apart(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 64, 65, 1500, 4096, 70000};
    for (int residence = 0; residence < RESIDENCES; residence++)
        for (size_t i = 0; i < COUNT(sizes); i++) {
            struct slots slots = {(enum residence)residence, sizes[i], 64, 57};
            struct side side;
            assert_int_equal(side_open(&side, &slots, 3, &fault), 0);
            size_t extent = (size_t)slots_extent(&slots);
            unsigned char *taken = calloc(extent, 1);
            assert_non_null(taken);
            for (size_t slot = 0; slot < slots.count; slot++) {
                size_t at = side_step(&side);
                assert_int_equal(at % 64, 0);
                assert_true(at + sizes[i] <= extent);
                for (size_t byte = 0; byte < sizes[i]; byte++)
                    assert_int_equal(taken[at + byte]++, 0);
            }
            assert_int_equal(side.next, 0);
            free(taken);
            side_close(&side);
        }
}

static void nothing_of_a_neighbour_is_fetched_beside_a_far_slot(void **state)
{
    (void)state;
    for (size_t bytes = 64; bytes <= 5000; bytes += 1234) {
        struct slots slots = {AT_DRAM, bytes, 64, 50};
        struct side side;
        assert_int_equal(side_open(&side, &slots, 3, &fault), 0);
        size_t apart = bytes == 64 ? 128 : 4096, halves[2] = {0};
        for (size_t i = 0; i < slots.count; i++)
            for (size_t j = i + 1; j < slots.count; j++) {
                size_t one = side.order[i] * (size_t)SIDE_UNIT_BYTES;
                size_t other = side.order[j] * (size_t)SIDE_UNIT_BYTES;
                if (bytes == 64)
                    assert_int_not_equal(one / apart, other / apart);
                else
                    assert_true(one > other ? one - other >= bytes + apart - bytes % apart
                                            : other - one >= bytes + apart - bytes % apart);
            }
        for (size_t i = 0; i < slots.count; i++)
            halves[side.order[i] % 2]++;
        assert_true(bytes > 64 || (halves[0] && halves[1]));
        side_close(&side);
    }
}

static void seeds_decide_the_order(void **state)
{
    (void)state;
    struct slots slots = {AT_L2, 64, 64, 100};
    struct side sides[3];
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(side_open(&sides[i], &slots, i / 2, &fault), 0);
    size_t bytes = slots.count * sizeof *sides[0].order;
    assert_memory_equal(sides[0].order, sides[1].order, bytes);
    assert_memory_not_equal(sides[0].order, sides[2].order, bytes);
    for (int i = 0; i < 3; i++)
        side_close(&sides[i]);
}

/* On its own core, since both spin. */
static void *serve(void *ready)
{
    struct fault none;
    topology_bind(&machine, room_neighbour(&environment), &none);
    ready_serve(ready);
    return NULL;
}

/* In every state all bytes stay as they were, and what is used once begins at its first slot. */
static void making_ready_changes_no_byte(void **state)
{
    (void)state;
    static unsigned char sweep[64 << 10];
    const struct mapping displacing = {.base = sweep, .bytes = sizeof sweep};
    for (int residence = 0; residence < RESIDENCES; residence++) {
        bool core = residence_is_core((enum residence)residence);
        if (core && room_neighbour(&environment) < 0)
            continue;
        struct slots slots = {(enum residence)residence, 200, 64, 20};
        struct ready ready = {.topology = &machine};
        size_t extent = (size_t)slots_extent(&slots);
        unsigned char *memory = malloc(2 * extent), *before = malloc(2 * extent);
        assert_true(memory && before);
        for (size_t i = 0; i < 2 * extent; i++)
            memory[i] = before[i] = (unsigned char)(i * 7);
        for (int i = 0; i < SIDES; i++) {
            assert_int_equal(side_open(&ready.sides[i], &slots, 1, &fault), 0);
            ready.sides[i].base = memory + (size_t)i * extent;
        }
        ready.displacing = residence == AT_L3 ? &displacing : NULL;
        pthread_t other;
        assert_true(!core || !pthread_create(&other, NULL, serve, &ready));
        for (size_t count = 1; count <= slots.count; count += 19) {
            assert_int_equal(ready_make(&ready, count, &fault), 0);
            side_latency_ns(&ready.sides[SIDE_SRC], 7, environment.clock);
            bool lasts = residence_lasts((enum residence)residence);
            assert_int_equal(ready.sides[SIDE_SRC].next, lasts && count > 1 ? 14 : 7);
        }
        if (core) {
            ready_release(&ready);
            pthread_join(other, NULL);
        }
        assert_memory_equal(memory, before, 2 * extent);
        for (int i = 0; i < SIDES; i++)
            side_close(&ready.sides[i]);
        free(memory);
        free(before);
    }
}

struct arranging {
    struct trial *trial;
    uint64_t calls;
};

static void *arrange_other(void *argument)
{
    const struct arranging *arranging = argument;
    struct fault none;
    topology_bind(&machine, room_neighbour(&environment), &none);
    struct member member = {.index = 1, .count = 2};
    arranging->trial->cell->benchmark->arrange(arranging->trial, &member, arranging->calls, &none);
    return NULL;
}

/* What verify() says after samples with that function in place of the kernel. 1: not here. */
static int prove(enum residence src, enum residence dst, size_t bytes, kernel_function *function)
{
    struct cell cell = made_up_cell(benchmark_find("residency"), 0);
    cell.point[KERNEL].kernel = kernel_find("copy_libc_memcpy");
    cell.point[SRC].number = src;
    cell.point[DST].number = dst;
    cell.point[SIZE].number = bytes;
    cell.benchmark->plan(&cell, &environment);
    if (cell.skip[0])
        return 1;
    assert_int_equal(cell.payload_bytes, bytes);
    struct trial trial = {
        .cell = &cell, .environment = &environment, .function = function, .seed = 1};
    struct member member = {.count = cell.members};
    if (cell.benchmark->prepare(&trial, &fault))
        fail_msg("%s", fault.text);
    uint64_t most = cell.calls_max ? cell.calls_max : 300;
    for (uint64_t calls = 1; calls <= most; calls += most / 2) {
        struct arranging arranging = {&trial, calls};
        pthread_t other;
        assert_true(cell.members < 2 || !pthread_create(&other, NULL, arrange_other, &arranging));
        assert_int_equal(cell.benchmark->arrange(&trial, &member, calls, &fault), 0);
        if (cell.members > 1)
            pthread_join(other, NULL);
        cell.benchmark->run(&trial, &member, calls);
        cell.benchmark->run(&trial, &(struct member){.index = 1, .count = 2}, calls);
    }
    int error = cell.benchmark->verify(&trial, &fault);
    assert_true(trial.reports[0] > 0 && trial.reports[1] > 0);
    cell.benchmark->release(&trial);
    return error;
}

static void *copy_right(void *restrict dst, const void *restrict src, size_t bytes)
{
    return memcpy(dst, src, bytes);
}

static void *copy_nothing(void *restrict dst, const void *restrict src, size_t bytes)
{
    (void)src;
    (void)bytes;
    return dst;
}

static void *copy_short(void *restrict dst, const void *restrict src, size_t bytes)
{
    return memcpy(dst, src, bytes - 1);
}

static void *copy_shifted(void *restrict dst, const void *restrict src, size_t bytes)
{
    memcpy((char *)dst + 1, src, bytes - 1);
    return dst;
}

static void right_copies_pass_and_wrong_ones_are_found(void **state)
{
    (void)state;
    kernel_function *const wrong[] = {copy_nothing, copy_short, copy_shifted};
    static const size_t sizes[] = {2, 64, 1500};
    for (size_t i = 0; i < RESIDENCES * RESIDENCES; i++) {
        enum residence src = (enum residence)(i / RESIDENCES);
        enum residence dst = (enum residence)(i % RESIDENCES);
        size_t bytes = sizes[i % COUNT(sizes)];
        if (src != dst && src != AT_L1 && dst != AT_L1)
            continue;
        int said = prove(src, dst, bytes, copy_right);
        if (said < 0)
            fail_msg("%d to %d: %s", src, dst, fault.text);
        if (said == 0 && prove(src, dst, bytes, wrong[(i / 2) % COUNT(wrong)]) != -EILSEQ)
            fail_msg("%d to %d: %zu wrong bytes pass", src, dst, bytes);
    }
}

static void same_is_where_the_source_is(void **state)
{
    (void)state;
    struct cell cell = made_up_cell(benchmark_find("residency"), 0);
    cell.point[KERNEL].kernel = kernel_find("copy_libc_memcpy");
    cell.point[SRC].number = AT_DRAM;
    cell.point[DST].number = RESIDENCES;
    cell.point[SIZE].number = 0;
    cell.benchmark->plan(&cell, &environment);
    assert_int_equal(cell.point[DST].number, AT_DRAM);
    assert_string_equal(cell.skip, "nothing to copy");
    cell.skip[0] = '\0';
    cell.point[SIZE].number = UINT64_MAX;
    cell.benchmark->plan(&cell, &environment);
    assert_string_equal(cell.skip, "more than an eighth of the memory");
    assert_true(cell.memory_bytes > UINT64_MAX / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_apart),
        cmocka_unit_test(nothing_of_a_neighbour_is_fetched_beside_a_far_slot),
        cmocka_unit_test(seeds_decide_the_order),
        cmocka_unit_test(making_ready_changes_no_byte),
        cmocka_unit_test(right_copies_pass_and_wrong_ones_are_found),
        cmocka_unit_test(same_is_where_the_source_is),
    };
    return cmocka_run_group_tests_name("residency", tests, engine_open, engine_close);
}
