/*
 * Captures, written byte by byte in the format of tcpdump's files.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/capture.h"

#include <cmocka.h>

enum { SNAPSHOT_BYTES = 96, ETHERNET = 1 };
#define MAGIC UINT32_C(0xa1b2c3d4)

static struct histogram lengths;
static struct fault fault;
static char path[] = "/tmp/copycost-capture-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int file = mkstemp(path);
    return file < 0 || close(file);
}

static int remove_file(void **state)
{
    (void)state;
    return remove(path);
}

static int forget(void **state)
{
    (void)state;
    histogram_free(&lengths);
    return 0;
}

static void put(FILE *file, uint32_t word)
{
    fwrite(&word, sizeof word, 1, file);
}

/* Packets of those lengths, of which no more than the first 96 bytes were kept. */
static void write_capture(const uint32_t *wire, size_t count, uint32_t magic)
{
    static const char kept[SNAPSHOT_BYTES];
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    put(file, magic);
    put(file, 2 | 4 << 16); /* version 2.4 */
    put(file, 0);
    put(file, 0);
    put(file, SNAPSHOT_BYTES);
    put(file, ETHERNET);
    for (size_t i = 0; i < count; i++) {
        uint32_t bytes = wire[i] < SNAPSHOT_BYTES ? wire[i] : SNAPSHOT_BYTES;
        put(file, 0);
        put(file, 0);
        put(file, bytes);
        put(file, wire[i]);
        fwrite(kept, 1, bytes, file);
    }
    fclose(file);
}

/* Whether this was built without the library: then that is said of whatever file. */
static bool is_missing(void)
{
    if (!capture_missing())
        return false;
    assert_int_equal(capture_read(&lengths, path, &fault), -ENOTSUP);
    assert_non_null(strstr(fault.text, capture_missing()));
    return true;
}

static void lengths_are_those_on_the_wire(void **state)
{
    (void)state;
    static const uint32_t wire[] = {1514, 60, 60, 9014, 66, 1514, 60};
    static const struct histogram_bin expected[] = {{60, 3}, {66, 1}, {1514, 2}, {9014, 1}};
    write_capture(wire, sizeof wire / sizeof *wire, MAGIC);
    if (is_missing())
        return;
    if (capture_read(&lengths, path, &fault))
        fail_msg("%s", fault.text);
    assert_int_equal(lengths.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(lengths.bins[i].key, expected[i].key);
        assert_int_equal(lengths.bins[i].count, expected[i].count);
    }
}

static void what_is_no_capture_is_refused(void **state)
{
    (void)state;
    static const uint32_t wire[] = {1514, 60};
    if (is_missing())
        return;
    write_capture(wire, 2, MAGIC + 1);
    assert_int_equal(capture_read(&lengths, path, &fault), -EINVAL);
    assert_non_null(strstr(fault.text, path));
    write_capture(wire, 2, MAGIC);
    assert_int_equal(truncate(path, 24 + 16 + SNAPSHOT_BYTES + 16 + 7), 0);
    assert_int_equal(capture_read(&lengths, path, &fault), -EINVAL);
    assert_non_null(strstr(fault.text, path));
    assert_int_equal(capture_read(&lengths, "/nowhere/packets.pcap", &fault), -EINVAL);
    assert_non_null(strstr(fault.text, "/nowhere/packets.pcap"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(lengths_are_those_on_the_wire, forget),
        cmocka_unit_test_teardown(what_is_no_capture_is_refused, forget),
    };
    return cmocka_run_group_tests_name("capture", tests, make_file, remove_file);
}
