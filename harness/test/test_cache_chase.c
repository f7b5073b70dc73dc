/*
 * The chain: it goes through all lines of the set, once each, block by block.
 */
#include "harness/test/engine.h"

#include <stdlib.h>

#include "harness/cache_chase.h"

enum { MOST_BYTES = 1 << 20, LINES_MAX = MOST_BYTES / CACHE_CHASE_LINE_BYTES_MIN };

static struct cache_chase chase;

static struct mapping_request of_bytes(size_t bytes)
{
    return (struct mapping_request){.bytes = bytes, .node = NODE_LOCAL};
}

static int open_chase(void **state)
{
    (void)state;
    struct mapping_request request = of_bytes(MOST_BYTES);
    return cache_chase_open(&chase, &machine, environment.asked.cpu, &machine_clock, &request,
                            CACHE_CHASE_BLOCKWISE, &fault);
}

static int close_chase(void **state)
{
    (void)state;
    cache_chase_close(&chase);
    return 0;
}

/* Whether the chain is a circle through each line of the set, that enters blocks so many times. */
static bool is_circle(size_t bytes, size_t times)
{
    static bool seen[LINES_MAX];
    memset(seen, 0, sizeof seen);
    const unsigned char *at = chase.at;
    size_t lines = bytes / chase.line_bytes, entered = 0, block = SIZE_MAX;
    for (size_t i = 0; i < lines; i++) {
        size_t offset = (size_t)(at - chase.mapping.base);
        if (offset >= bytes || offset % chase.line_bytes || seen[offset / chase.line_bytes])
            return false;
        seen[offset / chase.line_bytes] = true;
        entered += offset / CACHE_CHASE_BLOCK_BYTES != block;
        block = offset / CACHE_CHASE_BLOCK_BYTES;
        at = *(void *const *)(const void *)at;
    }
    return at == chase.at && entered == times;
}

static bool is_whole(size_t bytes)
{
    return is_circle(bytes, (bytes - 1) / CACHE_CHASE_BLOCK_BYTES + 1);
}

static void every_line_comes_once(void **state)
{
    (void)state;
    /* Whole blocks and parts, growing and shrinking. */
    static const size_t sizes[] = {1024,      1280,  MOST_BYTES, 5120, 1792, 4096,
                                   64 * 1024, 14336, MOST_BYTES, 7168, 2048};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cache_chase_link(&chase, sizes[i]);
        if (!is_whole(sizes[i]))
            fail_msg("%zu bytes are no whole chain", sizes[i]);
        /* The broken specimens: a smaller set, a larger one, and a line that is passed over. */
        assert_false(is_whole(sizes[i] - chase.line_bytes));
        if (sizes[i] < MOST_BYTES)
            assert_false(is_whole(sizes[i] + chase.line_bytes));
        void **first = chase.at, **second = *first;
        *first = *second;
        assert_false(is_whole(sizes[i]));
        *first = second;
    }
}

static void apart_each_load_is_in_another_block(void **state)
{
    (void)state;
    struct mapping_request request = of_bytes(MOST_BYTES);
    assert_int_equal(cache_chase_open(&chase, &machine, environment.asked.cpu, &machine_clock,
                                      &request, CACHE_CHASE_APART, &fault),
                     0);
    static const size_t blocks[] = {2, 3, MOST_BYTES / CACHE_CHASE_BLOCK_BYTES, 5};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        size_t bytes = blocks[i] * CACHE_CHASE_BLOCK_BYTES;
        cache_chase_link(&chase, bytes);
        if (!is_circle(bytes, bytes / chase.line_bytes))
            fail_msg("%zu bytes are no whole chain whose loads are apart", bytes);
        void **first = chase.at, **second = *first;
        *first = *second;
        assert_false(is_circle(bytes, bytes / chase.line_bytes));
        *first = second;
    }
    cache_chase_close(&chase);
}

static void no_stride_describes_it(void **state)
{
    (void)state;
    cache_chase_link(&chase, MOST_BYTES);
    const unsigned char *at = chase.at;
    size_t lines = MOST_BYTES / chase.line_bytes, repeated = 0;
    ptrdiff_t before = 0;
    for (size_t i = 0; i < lines; i++) {
        const unsigned char *next = *(void *const *)(const void *)at;
        repeated += next - at == before;
        before = next - at;
        at = next;
    }
    assert_true(repeated < lines / 20);
}

static void each_chain_is_another(void **state)
{
    (void)state;
    cache_chase_link(&chase, MOST_BYTES);
    const void *first = chase.at;
    bool differs = false;
    for (int i = 0; i < 10; i++) {
        cache_chase_link(&chase, MOST_BYTES);
        differs |= chase.at != first;
    }
    assert_true(differs);
}

static void a_walk_ends_as_many_lines_on(void **state)
{
    (void)state;
    cache_chase_link(&chase, MOST_BYTES);
    size_t lines = MOST_BYTES / chase.line_bytes;
    const void *first = chase.at;
    cache_chase_walk(&chase, lines / 2);
    const void *halfway = chase.at;
    assert_ptr_not_equal(halfway, first);
    for (size_t i = 0; i < lines / 2; i++)
        halfway = *(void *const *)halfway;
    assert_ptr_equal(halfway, first);
    assert_true(cache_chase_walk_ns(&chase, lines / 2) > 0);
    assert_ptr_equal(chase.at, first);
}

static void a_latency_is_a_time(void **state)
{
    (void)state;
    assert_true(cache_chase_latency(&chase, 1024) > 0);
    assert_true(cache_chase_latency(&chase, MOST_BYTES) > 0);
}

static void lines_of_unknown_length_are_short_enough(void **state)
{
    (void)state;
    struct topology_cpu cpu = {.cpu = 0};
    struct topology unknown = machine;
    unknown.cpus = &cpu;
    unknown.cpu_count = 1;
    static const size_t told[] = {0, 16, 48, 64, 128, 1 << 20};
    static const size_t most[] = {256, 32, 32, 64, 128, 32};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        struct cache_chase other;
        struct mapping_request request = of_bytes(8192);
        cpu.line_bytes = told[i];
        assert_int_equal(cache_chase_open(&other, &unknown, 0, &machine_clock, &request,
                                          CACHE_CHASE_BLOCKWISE, &fault),
                         0);
        assert_int_equal(other.line_bytes, cache_chase_line_bytes(&unknown, 0));
        assert_true(other.line_bytes >= CACHE_CHASE_LINE_BYTES_MIN);
        assert_true(other.line_bytes <= most[i]);
        assert_int_equal(other.lines * other.line_bytes, CACHE_CHASE_BLOCK_BYTES);
        cache_chase_close(&other);
    }
}

static void memory_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct cache_chase other;
    struct mapping_request request = of_bytes(SIZE_MAX / 4);
    fault.text[0] = '\0';
    assert_int_not_equal(cache_chase_open(&other, &machine, 0, &machine_clock, &request,
                                          CACHE_CHASE_BLOCKWISE, &fault),
                         0);
    assert_true(fault.text[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_line_comes_once, open_chase, close_chase),
        cmocka_unit_test(apart_each_load_is_in_another_block),
        cmocka_unit_test_setup_teardown(no_stride_describes_it, open_chase, close_chase),
        cmocka_unit_test_setup_teardown(each_chain_is_another, open_chase, close_chase),
        cmocka_unit_test_setup_teardown(a_walk_ends_as_many_lines_on, open_chase, close_chase),
        cmocka_unit_test_setup_teardown(a_latency_is_a_time, open_chase, close_chase),
        cmocka_unit_test(lines_of_unknown_length_are_short_enough),
        cmocka_unit_test(memory_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests_name("cache_chase", tests, engine_open, engine_close);
}
