/*
 * What transports rest on: a ring that loses no wake, buffers that come round late enough, and the
 * words of the axes.
 */
#include "microbench/ipc/ring.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "harness/nearness.h"
#include "microbench/ipc/files.h"
#include "microbench/ipc/pairs.h"
#include "microbench/ipc/transport.h"

#include <cmocka.h>

enum { HANDOVERS = 200000, FEW_SLOTS = 2, STUCK_S = 600 };

static struct ring ring;

static void *take_all(void *unused)
{
    for (uint64_t taken = 0; taken < HANDOVERS; taken++) {
        ring_await_chunk(&ring, taken, false);
        ring_take(&ring, false);
    }
    return unused;
}

/*
 * Between a change and the look at who sleeps, the other one may have seen the change, and sleep
 * again: the wake for the older sleep must not take the mark of the newer one.
 */
static void who_sleeps_on_the_change_itself_is_left_alone(void **state)
{
    (void)state;
    ring = (struct ring){.given = {.count = 4, .sleeping = 5 << 1 | 1}};
    ring_give(&ring, false);
    assert_int_equal(atomic_load(&ring.given.count), 5);
    assert_int_equal(atomic_load(&ring.given.sleeping), 5 << 1 | 1);
    ring_give(&ring, false);
    assert_int_equal(atomic_load(&ring.given.sleeping), 0);
    ring = (struct ring){.abandoned = 0};
}

/* A wake that is lost, between looking and sleeping, would leave both waiting for ever. */
static void no_wake_is_lost(void **state)
{
    (void)state;
    pthread_t taker;
    assert_int_equal(pthread_create(&taker, NULL, take_all, NULL), 0);
    for (uint64_t given = 0; given < HANDOVERS; given++) {
        ring_await_space(&ring, given, FEW_SLOTS, false);
        ring_give(&ring, false);
    }
    assert_int_equal(pthread_join(taker, NULL), 0);
    assert_int_equal(atomic_load(&ring.taken.count), HANDOVERS);
}

static void laps_of_buffers(void **state)
{
    (void)state;
    assert_int_equal(ring_slots(64), 64);
    assert_int_equal(ring_slots(4096), 64);
    assert_int_equal(ring_slots(65536), 4);
    assert_int_equal(ring_slots(1 << 20), 4);
    assert_int_equal(lane_stride(1, 4096), 64);
    assert_int_equal(lane_stride(4095, 4096), 4096);
    assert_int_equal(lane_stride(4097, 4096), 8192);
    for (size_t i = 0; i < transport_count(); i++)
        if (strncmp(transport_at(i)->name, "vmsplice", 8) == 0 && transport_at(i)->produced)
            for (size_t chunk = 1; chunk <= 1 << 21; chunk = chunk * 3 + 1) {
                size_t pages = chunk < 4096 ? 1 : chunk / 4096;
                size_t others = transport_at(i)->produced(chunk, 4096) - 1;
                assert_true(others * pages > PIPE_BYTES / 4096);
            }
}

static void names_are_those_of_the_registry(void **state)
{
    (void)state;
    assert_true(transport_count() >= 13);
    for (size_t i = 0; i < transport_count(); i++) {
        assert_string_equal(transport_names[i], transport_at(i)->name);
        assert_non_null(strstr(transport_list, transport_at(i)->name));
    }
    assert_null(transport_names[transport_count()]);
    for (unsigned i = 0; i < NEARNESSES; i++)
        assert_string_equal(pair_words[i], nearness_names[i]);
}

/* A kernel that moves a byte, is interrupted, has no room, moves two more bytes, and so on. */
static size_t called, most_asked;

static ssize_t move_little(int fd, void *bytes, size_t count)
{
    (void)fd;
    static const int errors[] = {0, EINTR, EAGAIN};
    size_t turn = called++;
    most_asked = count > most_asked ? count : most_asked;
    if (errors[turn % 3]) {
        errno = errors[turn % 3];
        return -1;
    }
    size_t moved = count < 1 + turn / 3 ? count : 1 + turn / 3;
    memset(bytes, 'x', moved);
    return (ssize_t)moved;
}

static ssize_t move_nothing(int fd, void *bytes, size_t count)
{
    (void)fd;
    (void)bytes;
    (void)count;
    return 0;
}

static ssize_t refuse_to_move(int fd, void *bytes, size_t count)
{
    (void)fd;
    (void)bytes;
    (void)count;
    errno = ECONNRESET;
    return -1;
}

static void whole_chunks_however_many_calls(void **state)
{
    (void)state;
    char bytes[1000] = "";
    int ends[2];
    assert_int_equal(pipe(ends), 0); /* one that is always ready to be written to */
    for (size_t most = 0; most < 20; most += 5) {
        called = most_asked = 0;
        memset(bytes, 0, sizeof bytes);
        assert_int_equal(files_move(move_little, ends[1], POLLOUT, bytes, sizeof bytes - 1, most),
                         0);
        assert_int_equal(strspn(bytes, "x"), sizeof bytes - 1);
        assert_int_equal(most_asked, most ? most : sizeof bytes - 1);
    }
    assert_int_equal(files_move(move_nothing, ends[1], POLLOUT, bytes, 1, 0), -EPIPE);
    assert_int_equal(files_move(refuse_to_move, ends[1], POLLOUT, bytes, 1, 0), -ECONNRESET);
    files_close(&ends[0]);
    files_close(&ends[1]);
    assert_int_equal(ends[0], -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_sleeps_on_the_change_itself_is_left_alone),
        cmocka_unit_test(no_wake_is_lost),
        cmocka_unit_test(laps_of_buffers),
        cmocka_unit_test(whole_chunks_however_many_calls),
        cmocka_unit_test(names_are_those_of_the_registry),
    };
    alarm(STUCK_S); /* who waits for ever is a failure, too */
    return cmocka_run_group_tests_name("ipc_ring", tests, NULL, NULL);
}
