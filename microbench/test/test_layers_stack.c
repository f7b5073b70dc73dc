/*
 * Stacks that do what they should are believed, and each way of going wrong is found.
 */
#include "microbench/layers_stack.h"
#include "microbench/test/wrong_copies.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PACKETS = 5, DEPTH_MOST = 17, BYTES = 1500, STRIDE = 1536, PAGE = 4096, BUFFERS = 4 };
enum { PAGES = (PACKETS * STRIDE + PAGE - 1) / PAGE };

static unsigned char ring_memory[PAGES * PAGE], consumer_memory[PAGES * PAGE];
static unsigned char buffers[BUFFERS][STRIDE];
static unsigned char *slots[BUFFERS], *grants[PAGES + 1];
static struct packet ring[PACKETS];
static struct header headers[PACKETS * DEPTH_MOST];
static struct handle handles[PACKETS];
static struct stack stack;
static struct fault fault;

static void build(enum passing passing, size_t depth, enum touch touch)
{
    bool handled = passing == PASSING_HANDLE || passing == PASSING_ATOMIC;
    for (size_t i = 0; i < sizeof ring_memory; i++)
        ring_memory[i] = consumer_memory[i] = (unsigned char)(i % 251 + 1);
    for (size_t i = 0; i < BUFFERS; i++)
        slots[i] = buffers[i];
    for (size_t i = 0; i <= PAGES; i++)
        grants[i] = consumer_memory + i * PAGE;
    stack = (struct stack){
        .passing = passing,
        .touch = touch,
        .depth = depth,
        .payload_bytes = BYTES,
        .stride = STRIDE,
        .packets = PACKETS,
        .payloads = ring_memory,
        .ring = ring,
        .headers = headers,
        .handles = handled ? handles : NULL,
        .grants = passing == PASSING_GRANT ? grants : NULL,
        .page_bytes = PAGE,
        .pool = {.slots = slots, .count = passing_copies(passing) ? BUFFERS : 0},
        .copy = copy_right,
    };
    stack_build(&stack);
}

static void expect_found(const char *told)
{
    assert_int_equal(stack_prove(&stack, &fault), -EILSEQ);
    if (!strstr(fault.text, told))
        fail_msg("'%s' was told, not '%s'", fault.text, told);
}

static void every_stack_is_believed(void **state)
{
    (void)state;
    for (enum passing passing = 0; passing < PASSINGS; passing++)
        for (size_t depth = passing_copies(passing); depth <= DEPTH_MOST; depth++)
            for (enum touch touch = 0; touch < TOUCHES; touch++) {
                build(passing, depth, touch);
                stack_deliver(&stack, 2 * PACKETS + 1);
                assert_int_equal(stack.next, 1);
                if (stack_prove(&stack, &fault))
                    fail_msg("%s, %zu layers: %s", passing_names[passing], depth, fault.text);
                assert_int_equal(stack.delivered, 2 * PACKETS + 3);
                assert_int_equal(stack.consumed, stack.delivered);
            }
}

static void a_copy_that_does_not_copy_is_found(void **state)
{
    (void)state;
    for (enum passing passing = PASSING_COPY; passing <= PASSING_TWO_PASS; passing++) {
        build(passing, 3, TOUCH_NONE);
        stack_deliver(&stack, PACKETS); /* what is right in the buffers can't pass for it */
        stack.copy = copy_nothing;
        expect_found("wrong byte at 0 of 1500");
        build(passing, 3, TOUCH_NONE);
        stack.copy = copy_short;
        expect_found("wrong byte at 1499 of 1500");
    }
}

static void a_wrong_checksum_is_found(void **state)
{
    (void)state;
    for (enum passing passing = PASSING_TWO_PASS; passing <= PASSING_FUSED; passing++) {
        build(passing, 3, TOUCH_NONE);
        headers[1].checksum ^= 1;
        expect_found("layer 1 of 3 found 1 wrong headers or checksums");
        build(passing, 2, TOUCH_NONE);
        stack.payloads[700] ^= 4; /* after the checksums were made */
        expect_found("layer 0 of 2 found");
    }
}

static void a_wrong_header_is_found(void **state)
{
    (void)state;
    for (enum passing passing = 0; passing < PASSINGS; passing++) {
        build(passing, 3, TOUCH_NONE);
        headers[2].layer = 1;
        expect_found("layer 2 of 3 found 1 wrong");
        build(passing, 3, TOUCH_NONE);
        headers[0].length = BYTES + 1;
        assert_int_equal(stack_prove(&stack, &fault), -EILSEQ);
        build(passing, 3, TOUCH_NONE);
        ring[0].headers_left = 2;
        expect_found("layer 2 of 3 found");
    }
}

static void a_layer_that_is_left_out_is_found(void **state)
{
    (void)state;
    for (enum passing passing = PASSING_VIEW; passing < PASSINGS; passing++) {
        build(passing, 3, TOUCH_NONE);
        stack.layers[0].above = &stack.layers[2];
        expect_found("went through layer 1 of 3");
    }
}

static void a_reference_that_is_kept_is_found(void **state)
{
    (void)state;
    for (enum passing passing = PASSING_HANDLE; passing <= PASSING_ATOMIC; passing++) {
        build(passing, 3, TOUCH_NONE);
        handles[2].references = 2;
        expect_found("packet 2 was left with 2 references");
        build(passing, 3, TOUCH_NONE);
        handles[0].references = 0; /* a layer puts the last one */
        expect_found("layer 0 of 3 found 1 wrong");
    }
}

static void a_buffer_that_is_lost_is_found(void **state)
{
    (void)state;
    build(PASSING_COPY, 3, TOUCH_NONE);
    slots[1] = slots[0];
    expect_found("1 of the pool's 4 buffers are in it twice");
    build(PASSING_COPY, 3, TOUCH_NONE);
    stack.pool.last = 1;
    expect_found("not all of the pool's 4 buffers came back");
}

static void the_consumer_reads_where_it_has_to(void **state)
{
    (void)state;
    build(PASSING_VIEW, 2, TOUCH_ALL);
    ring[0].base = (uintptr_t)consumer_memory;
    expect_found("packet 0 of 5 in the wrong memory");
    build(PASSING_GRANT, 2, TOUCH_ALL);
    consumer_memory[5] ^= 1;
    expect_found("wrong byte at 5 of 1500");
    build(PASSING_GRANT, 2, TOUCH_ALL);
    ring[PACKETS - 1].offset += 64;
    expect_found("packet 4 of 5 in the wrong memory");
}

static void a_grant_that_is_not_whole_is_found(void **state)
{
    (void)state;
    build(PASSING_GRANT, 2, TOUCH_NONE);
    stack.page_bytes = 1024; /* packets of two pages, and a table in the wrong order */
    unsigned char *pages[PAGES * PAGE / 1024 + 1];
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        pages[i] = consumer_memory + i * 1024;
    stack.grants = pages;
    stack_build(&stack);
    assert_int_equal(stack_prove(&stack, &fault), 0);
    pages[1] = consumer_memory;
    expect_found("layer 2 of 2 found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stack_is_believed),
        cmocka_unit_test(a_copy_that_does_not_copy_is_found),
        cmocka_unit_test(a_wrong_checksum_is_found),
        cmocka_unit_test(a_wrong_header_is_found),
        cmocka_unit_test(a_layer_that_is_left_out_is_found),
        cmocka_unit_test(a_reference_that_is_kept_is_found),
        cmocka_unit_test(a_buffer_that_is_lost_is_found),
        cmocka_unit_test(the_consumer_reads_where_it_has_to),
        cmocka_unit_test(a_grant_that_is_not_whole_is_found),
    };
    return cmocka_run_group_tests_name("layers_stack", tests, NULL, NULL);
}
