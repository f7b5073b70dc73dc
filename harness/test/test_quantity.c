/*
 * The grammar of quantities, on machines made up here.
 */
#include "harness/quantity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { ITEMS_SHOWN = 16 };

/* A machine with two levels of cache, and one that tells nothing but its CPUs. */
static const struct quantities full = {
    .level_bytes = {32768, 1048576},
    .last_level_bytes = 1048576,
    .memory_bytes = UINT64_C(8) << 30,
    .cpus = 4,
};
static const struct quantities bare = {.cpus = 1};

struct reading {
    const char *text;
    size_t count;
    uint64_t items[ITEMS_SHOWN];
    size_t unknown;
};

static void assert_reading(const struct reading *expected, const struct quantities *known)
{
    struct quantity_list list;
    struct fault fault;
    if (quantity_list_parse(expected->text, known, &list, &fault))
        fail_msg("%s", fault.text);
    if (list.count != expected->count)
        fail_msg("'%s': %zu items", expected->text, list.count);
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i] != expected->items[i])
            fail_msg("'%s': item %zu is %" PRIu64, expected->text, i, list.items[i]);
    if (list.unknown != expected->unknown)
        fail_msg("'%s': %zu unknown", expected->text, list.unknown);
    quantity_list_free(&list);
    assert_null(list.items);
    assert_int_equal(list.count, 0);
}

#define ASSERT_READINGS(readings, known)                                                           \
    for (size_t i = 0; i < sizeof(readings) / sizeof *(readings); i++)                             \
    assert_reading(&(readings)[i], known)

static void lists_are_sorted_and_without_repetitions(void **state)
{
    (void)state;
    static const struct reading readings[] = {
        {"7", 1, {7}, 0},
        {"0", 1, {0}, 0},
        {"3,1,2", 3, {1, 2, 3}, 0},
        {"5,5,5", 1, {5}, 0},
        {"64,1..64", 7, {1, 2, 4, 8, 16, 32, 64}, 0},
        {"1024,1Ki", 1, {1024}, 0},
    };
    ASSERT_READINGS(readings, &full);
}

static void ranges_include_both_ends(void **state)
{
    (void)state;
    static const struct reading readings[] = {
        {"1..16", 5, {1, 2, 4, 8, 16}, 0},
        {"1..20", 6, {1, 2, 4, 8, 16, 20}, 0},
        {"3..3", 1, {3}, 0},
        {"0..8+4", 3, {0, 4, 8}, 0},
        {"0..10+4", 4, {0, 4, 8, 10}, 0},
        {"0..1+9", 2, {0, 1}, 0},
        {"1..1000*10", 4, {1, 10, 100, 1000}, 0},
        {"1..64*4", 4, {1, 4, 16, 64}, 0},
        {"0,1..4", 4, {0, 1, 2, 4}, 0},
        {"0..0+1", 1, {0}, 0},
        {"1Ki..1Mi*32", 3, {1024, 32768, 1048576}, 0},
    };
    ASSERT_READINGS(readings, &full);
}

static void names_stand_for_what_the_machine_has(void **state)
{
    (void)state;
    static const struct reading readings[] = {
        {"L1", 1, {32768}, 0},
        {"L1/2,L2", 2, {16384, 1048576}, 0},
        {"LLC*2", 1, {2097152}, 0},
        {"memory/4", 1, {UINT64_C(2) << 30}, 0},
        {"1..cpus", 3, {1, 2, 4}, 0},
        {"0,1,others", 3, {0, 1, 3}, 0},
        {"others/2,others*2", 2, {1, 6}, 0},
        /* The first factor is the name's, the second the step. */
        {"L1..LLC*2*8", 3, {32768, 262144, 2097152}, 0},
        {"L3|L2", 1, {1048576}, 0},
        {"L1|L2", 1, {32768}, 0},
        {"L3*2|16Mi", 1, {16777216}, 0},
        {"3Gi", 1, {UINT64_C(3) << 30}, 0},
    };
    ASSERT_READINGS(readings, &full);
}

static void unknown_names_are_left_out_and_counted(void **state)
{
    (void)state;
    static const struct reading readings[] = {
        {"L1", 0, {0}, 1},         {"64,L1,LLC/2,128", 2, {64, 128}, 2},
        {"1..LLC", 0, {0}, 1},     {"L1..64", 0, {0}, 1},
        {"L3|L4", 0, {0}, 1},      {"1..LLC*2|4", 3, {1, 2, 4}, 0},
        {"memory/4,1", 1, {1}, 1}, {"1..cpus", 1, {1}, 0},
    };
    ASSERT_READINGS(readings, &bare);
}

static void of_one_cpu_there_are_no_others(void **state)
{
    (void)state;
    static const struct reading alone[] = {
        {"others", 1, {0}, 0},
        {"0,1,others/2,others", 2, {0, 1}, 0},
    };
    ASSERT_READINGS(alone, &bare);
    static const struct reading untold[] = {{"others|7", 1, {7}, 0}, {"0,others", 1, {0}, 1}};
    static const struct quantities nothing = {.cpus = 0};
    ASSERT_READINGS(untold, &nothing);
}

static void sizes_above_32_bits_are_kept(void **state)
{
    (void)state;
    static const struct reading readings[] = {
        {"4294967296", 1, {UINT64_C(1) << 32}, 0},
        {"4Gi..16Gi", 3, {UINT64_C(1) << 32, UINT64_C(1) << 33, UINT64_C(1) << 34}, 0},
        {"18446744073709551615", 1, {UINT64_MAX}, 0},
        /* A step that does not fit ends the range, which keeps its end. */
        {"6148914691236517205..18446744073709551615*3",
         2,
         {UINT64_C(6148914691236517205), UINT64_MAX},
         0},
        {"18446744073709551613..18446744073709551615+10", 2, {UINT64_MAX - 2, UINT64_MAX}, 0},
        {"9223372036854775808..18446744073709551615",
         2,
         {UINT64_C(9223372036854775808), UINT64_MAX},
         0},
    };
    ASSERT_READINGS(readings, &full);
}

static void wrong_texts_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int error;
        const char *told; /* what the message has to contain, beside the text itself */
    } wrong[] = {
        {"", EINVAL, "a number"},
        {"abc", EINVAL, "at 'abc'"},
        {"-1", EINVAL, "at '-1'"},
        {" 1", EINVAL, "a number"},
        {"1 ", EINVAL, "the end"},
        {"1,,2", EINVAL, "at ',2'"},
        {"1,", EINVAL, "a number"},
        {"1.5", EINVAL, "at '.5'"},
        {"1..", EINVAL, "a number"},
        {"..4", EINVAL, "at '..4'"},
        {"64K", EINVAL, "Ki, Mi or Gi"},
        {"64KB", EINVAL, "Ki, Mi or Gi"},
        {"64Kib", EINVAL, "Ki, Mi or Gi"},
        {"L12", EINVAL, "at 'L12'"},
        {"L5", EINVAL, "at 'L5'"},
        {"L1/0", EINVAL, "other than 0"},
        {"L1/", EINVAL, "a number"},
        {"L1|", EINVAL, "a number"},
        {"L3|x", EINVAL, "at 'x'"},
        {"0..8", EINVAL, "0,1..8"},
        {"1..8+0", EINVAL, "a step"},
        {"1..8*1", EINVAL, "a step"},
        {"8..1", EINVAL, "8..1 runs backwards"},
        {"LLC..64", EINVAL, "1048576..64 runs backwards"},
        {"18446744073709551616", ERANGE, "too large"},
        {"17179869184Gi", ERANGE, "too large"},
        {"LLC*18446744073709551615", ERANGE, "too large"},
        {"0..100000+1", ERANGE, "more than 100000 items"},
        {"1..60000+1,1..60000+1", ERANGE, "more than 100000 items"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct quantity_list list;
        struct fault fault;
        int error = quantity_list_parse(wrong[i].text, &full, &list, &fault);
        if (error != -wrong[i].error)
            fail_msg("'%s' gave %d", wrong[i].text, error);
        if (!strstr(fault.text, wrong[i].text) || !strstr(fault.text, wrong[i].told))
            fail_msg("'%s' told only: %s", wrong[i].text, fault.text);
        assert_null(list.items);
        assert_int_equal(list.count, 0);
    }
}

static void the_most_items_are_allowed(void **state)
{
    (void)state;
    struct quantity_list list;
    struct fault fault;
    assert_int_equal(quantity_list_parse("1..100000+1", &full, &list, &fault), 0);
    assert_int_equal(list.count, 100000);
    assert_int_equal(list.items[99999], 100000);
    quantity_list_free(&list);
}

static void bytes_are_shown_in_iec_units(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } known[] = {
        {0, "0 B"},
        {1, "1 B"},
        {1023, "1023 B"},
        {1024, "1 KiB"},
        {1500, "1500 B"},
        {1536, "1.5 KiB"},
        {65536, "64 KiB"},
        {1572864, "1.5 MiB"},
        {UINT64_C(1) << 30, "1 GiB"},
        {UINT64_C(5) << 40, "5 TiB"},
        {UINT64_C(1) << 52, "4096 TiB"},
        {UINT64_MAX, "18446744073709551615 B"},
    };
    char text[32];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        quantity_bytes_text(known[i].bytes, text, sizeof text);
        assert_string_equal(text, known[i].text);
    }
    quantity_bytes_text(65536, text, 4);
    assert_string_equal(text, "64 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_sorted_and_without_repetitions),
        cmocka_unit_test(ranges_include_both_ends),
        cmocka_unit_test(names_stand_for_what_the_machine_has),
        cmocka_unit_test(unknown_names_are_left_out_and_counted),
        cmocka_unit_test(of_one_cpu_there_are_no_others),
        cmocka_unit_test(sizes_above_32_bits_are_kept),
        cmocka_unit_test(wrong_texts_are_refused),
        cmocka_unit_test(the_most_items_are_allowed),
        cmocka_unit_test(bytes_are_shown_in_iec_units),
    };
    return cmocka_run_group_tests_name("quantity", tests, NULL, NULL);
}
