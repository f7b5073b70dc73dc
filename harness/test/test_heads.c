/*
 * Heads of requests: the same is found however they are cut, and what is no head is refused.
 */
#include "harness/heads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

static const char text[] = "GET /a?b=c HTTP/1.1\r\n"
                           "Host: one.example\r\n"
                           "Empty:\r\n"
                           "Accept: text/html\r\n"
                           "\r\n"
                           "POST /d HTTP/1.1\r\n"
                           "Host: two.example\r\n"
                           "Content-Length: 12\r\n"
                           "\r\n";
enum { BYTES = sizeof text - 1, ROOM = 64 };

static struct head_piece pieces[ROOM];
static struct heads heads;
static struct fault fault;

static int begin(void **state)
{
    (void)state;
    heads = (struct heads){.pieces = pieces, .room = ROOM};
    memset(pieces, 0, sizeof pieces);
    if (!heads_available()) {
        struct iovec whole = {(char *)text, BYTES};
        assert_int_equal(heads_parse(&whole, 1, &heads), 0);
        assert_int_equal(heads_check(text, BYTES, &fault), -ENOTSUP);
        skip();
    }
    return 0;
}

/* The pieces of each part put together, each part after a letter for its kind. */
static void put_together(char *found)
{
    for (size_t i = 0; i < heads.piece_count; i++) {
        if (i == 0 || pieces[i - 1].part != pieces[i].part)
            *found++ = "-ufv"[pieces[i].part];
        memcpy(found, pieces[i].text, pieces[i].bytes);
        found += pieces[i].bytes;
    }
    *found = '\0';
}

static const char parts[] = "u/a?b=cfHostvone.examplefEmptyvfAcceptvtext/html"
                            "u/dfHostvtwo.examplefContent-Lengthv12";

static void parts_are_found(void **state)
{
    (void)state;
    char found[2 * BYTES];
    struct iovec whole = {(char *)text, BYTES};
    assert_int_equal(heads_parse(&whole, 1, &heads), BYTES);
    put_together(found);
    assert_string_equal(found, parts);
    assert_int_equal(heads.head_count, 2);
    assert_int_equal(heads.part_count, 12);
    assert_int_equal(heads.part_count + heads.part_bytes, strlen(parts));
    assert_int_equal(heads.piece_count, heads.part_count);
}

static void wherever_they_are_cut(void **state)
{
    (void)state;
    char found[2 * BYTES];
    for (size_t first = 1; first < BYTES; first++)
        for (size_t second = first + 1; second < BYTES; second++) {
            struct iovec vector[] = {{(char *)text, first},
                                     {(char *)text + first, second - first},
                                     {(char *)text + second, BYTES - second}};
            assert_int_equal(heads_parse(vector, 3, &heads), BYTES);
            put_together(found);
            assert_string_equal(found, parts);
            assert_int_equal(heads.part_count, 12);
            assert_int_equal(heads.part_count + heads.part_bytes, strlen(parts));
            assert_in_range(heads.piece_count, heads.part_count, heads.part_count + 2);
        }
}

static void what_is_cut_off_is_parsed_as_far_as_it_goes(void **state)
{
    (void)state;
    for (size_t bytes = 1; bytes < BYTES; bytes++) {
        struct iovec whole = {(char *)text, bytes};
        assert_int_equal(heads_parse(&whole, 1, &heads), bytes);
        assert_int_equal(heads.head_count, bytes >= (size_t)(strstr(text, "POST") - text));
    }
}

static void pieces_stay_in_their_room(void **state)
{
    (void)state;
    struct iovec whole = {(char *)text, BYTES};
    heads.room = 3;
    assert_true(heads_parse(&whole, 1, &heads) < BYTES);
    assert_int_equal(heads.piece_count, 3);
    assert_int_equal(pieces[3].part, HEAD_NONE);
}

static void what_is_no_head_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *told;
    } wrong[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost\x01: a\r\n\r\n", "head 2: "},
        {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "head 1: nothing may"},
        {"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\n\r\n", "head 2: nothing may"},
        {"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
         "head 1: nothing may"},
        {"no head\r\n\r\n", "head 1: "},
    };
    assert_int_equal(heads_check(text, BYTES, &fault), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(heads_check(wrong[i].text, strlen(wrong[i].text), &fault), -EINVAL);
        if (!strstr(fault.text, wrong[i].told))
            fail_msg("%s", fault.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(parts_are_found, begin),
        cmocka_unit_test_setup(wherever_they_are_cut, begin),
        cmocka_unit_test_setup(what_is_cut_off_is_parsed_as_far_as_it_goes, begin),
        cmocka_unit_test_setup(pieces_stay_in_their_room, begin),
        cmocka_unit_test_setup(what_is_no_head_is_refused, begin),
    };
    return cmocka_run_group_tests_name("heads", tests, NULL, NULL);
}
