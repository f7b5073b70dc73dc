#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/checksum.h"

#include <cmocka.h>

enum { MOST = 300, ALIGNMENTS = 9 };

/* As RFC 1071 defines it: 16-bit words in the network's order, one after the other. */
static void reference(const unsigned char *bytes, size_t count, unsigned char checksum[2])
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    checksum[0] = (unsigned char)~(sum >> 8);
    checksum[1] = (unsigned char)~sum;
}

static void expect(uint32_t sum, const unsigned char *bytes, size_t count)
{
    unsigned char right[2];
    reference(bytes, count, right);
    uint16_t found = checksum_finish(sum);
    assert_memory_equal(&found, right, 2);
}

/* Bytes high enough that every way of adding them has to carry. */
static void fill(unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)(255 - i * i % 7 - i % 31);
}

static void the_example_of_the_rfc(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    static const unsigned char right[] = {0x22, 0x0d};
    uint16_t found = checksum_finish(checksum_add(0, bytes, sizeof bytes, false));
    assert_memory_equal(&found, right, 2);
}

static void every_length_and_alignment(void **state)
{
    (void)state;
    unsigned char from[MOST + ALIGNMENTS], to[MOST + ALIGNMENTS + 1];
    fill(from, sizeof from);
    for (size_t src = 0; src < ALIGNMENTS; src++)
        for (size_t count = 0; count <= MOST; count++) {
            expect(checksum_add(0, from + src, count, false), from + src, count);
            for (size_t dst = 0; dst < ALIGNMENTS; dst++) {
                memset(to, 0x5a, sizeof to);
                expect(checksum_copy(0, to + dst, from + src, count, false), from + src, count);
                assert_memory_equal(to + dst, from + src, count);
                assert_int_equal(to[dst + count], 0x5a);
                assert_true(dst == 0 || to[dst - 1] == 0x5a);
            }
        }
}

static void fragments_of_any_length(void **state)
{
    (void)state;
    unsigned char bytes[MOST], copy[MOST];
    fill(bytes, sizeof bytes);
    for (size_t first = 0; first <= 70; first++)
        for (size_t second = 0; second <= 70; second++) {
            const size_t at[] = {0, first, first + second, MOST};
            uint32_t added = 0, copied = 0;
            for (size_t i = 0; i < 3; i++) {
                size_t count = at[i + 1] - at[i];
                added = checksum_add(added, bytes + at[i], count, at[i] % 2);
                copied = checksum_copy(copied, copy + at[i], bytes + at[i], count, at[i] % 2);
            }
            expect(added, bytes, MOST);
            expect(copied, bytes, MOST);
        }
}

/* The carries of a long run, and that a message which holds its checksum comes out as 0. */
static void a_long_message_holds_its_checksum(void **state)
{
    (void)state;
    enum { LONG = 1 << 20 };
    unsigned char *bytes = malloc(LONG);
    assert_non_null(bytes);
    memset(bytes, 0xff, LONG);
    memset(bytes, 0, 2);
    bytes[2] = 0x12;
    uint16_t checksum = checksum_finish(checksum_add(0, bytes, LONG, false));
    memcpy(bytes, &checksum, 2);
    assert_int_equal(checksum_finish(checksum_add(0, bytes, LONG, false)), 0);
    bytes[LONG - 1] ^= 1;
    assert_int_not_equal(checksum_finish(checksum_add(0, bytes, LONG, false)), 0);
    free(bytes);
}

/* The specimen: without the parity of what lies before it an odd fragment comes out wrong. */
static void a_forgotten_parity_shows(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {1, 2, 3, 4};
    uint32_t sum = checksum_add(checksum_add(0, bytes, 1, false), bytes + 1, 3, false);
    uint32_t right = checksum_add(0, bytes, 4, false);
    assert_int_not_equal(checksum_finish(sum), checksum_finish(right));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_rfc),
        cmocka_unit_test(every_length_and_alignment),
        cmocka_unit_test(fragments_of_any_length),
        cmocka_unit_test(a_long_message_holds_its_checksum),
        cmocka_unit_test(a_forgotten_parity_shows),
    };
    return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}
