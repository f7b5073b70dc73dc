/*
 * Every transport hands over every byte, whatever the chunk's size and however often its buffers
 * come round again; and what goes wrong is found, by both processes.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/test/open_files.h"
#include "harness/test/this_machine.h"
#include "microbench/ipc/meeting.h"

#include <cmocka.h>

enum { SEED = 7, INTERVAL_US = 200, STUCK_S = 600 };
enum mishap { NONE, AT_ONCE, SECOND_LEAVES, FIRST_LEAVES };

static struct fault other_fault;
static struct transport twisted; /* as one of the registry, but for a part */
static const struct transport *straight;
static uint64_t commits;

static struct meeting_request request_of(const struct transport *transport, size_t chunk_bytes)
{
    return (struct meeting_request){
        .transport = transport,
        .chunk_bytes = chunk_bytes,
        .touch = TOUCH_ALL,
        .nodes = {NODE_LOCAL, NODE_LOCAL},
        .topology = &machine,
    };
}

static int take_turns(struct party *party, unsigned turns)
{
    int error = 0;
    for (unsigned i = 0; !error && i < turns; i++)
        error = party_turn(party);
    if (!error)
        error = party_flush(party);
    if (error)
        party_abandon(party, error);
    return error;
}

static int play(struct meeting *meeting, unsigned index, unsigned turns, enum mishap mishap,
                struct fault *told)
{
    struct party *party = &meeting->parties[index];
    commits = 0;
    int error = party_enter(party, SEED, told);
    if (error)
        return error;
    if (mishap == (index ? SECOND_LEAVES : FIRST_LEAVES)) {
        party_abandon(party, -ECANCELED);
        return -ECANCELED;
    }
    return take_turns(party, turns);
}

/* Both parties, each in a process; what the second returns goes to *second. */
static int hold(struct meeting *meeting, unsigned turns, enum mishap mishap, int *second)
{
    int end[2]; /* of the first one's part, until which the second has to be there */
    char nothing;
    assert_int_equal(pipe(end), 0);
    pid_t child = fork();
    if (child == 0) {
        close(end[1]);
        int played = play(meeting, 1, turns, mishap, &other_fault);
        while (read(end[0], &nothing, 1) < 0 && errno == EINTR) {
        }
        _exit(-played);
    }
    assert_true(child > 0);
    int status, error = play(meeting, 0, turns, mishap, &fault);
    close(end[1]);
    close(end[0]);
    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    assert_true(WIFEXITED(status));
    *second = -WEXITSTATUS(status);
    return error;
}

/* False where this machine can't. */
static bool open_or_leave(struct meeting *meeting, const struct meeting_request *request)
{
    const struct transport *transport = request->transport;
    size_t page = machine.page_bytes;
    if (transport->missing && transport->missing(request->chunk_bytes, 0, page))
        return false;
    int error = meeting_open(meeting, request, &fault);
    if (error && error != -ENOTSUP && error != -EPERM)
        fail_msg("%s: %s", transport->name, fault.text);
    return !error;
}

static bool is_refused(int error)
{
    return error == -ENOTSUP || error == -EPERM;
}

static void expect_whole(const struct meeting_request *request, unsigned turns)
{
    struct meeting meeting;
    int second;
    if (!open_or_leave(&meeting, request))
        return;
    int error = hold(&meeting, turns, NONE, &second);
    if (!is_refused(error) && !is_refused(second)) {
        if (error || second)
            fail_msg("%s, %zu B: %d (%s) and %d", request->transport->name, request->chunk_bytes,
                     error, fault.text, second);
        if (meeting_prove(&meeting, &fault))
            fail_msg("%s, %zu B: %s", request->transport->name, request->chunk_bytes, fault.text);
        assert_int_equal(meeting.parties[0].seat->given, turns);
        assert_int_equal(meeting.parties[1].seat->given, request->both_ways ? turns : 0);
    }
    meeting_close(&meeting);
}

static void every_transport_hands_over_every_byte(void **state)
{
    (void)state;
    static const size_t sizes[] = {1,    7,    64,    100,   4095,  4096,
                                   4097, 8192, 10000, 65536, 65537, 1 << 20};
    for (size_t i = 0; i < transport_count(); i++)
        for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++) {
            struct meeting_request request = request_of(transport_at(i), sizes[size]);
            /* Beyond what any of them has room for, so that buffers come round. */
            expect_whole(&request, sizes[size] > 100000 ? 12 : 3 * 64 + 1);
        }
}

static void every_switch_and_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < transport_count(); i++)
        for (unsigned switches = 0; switches < 8; switches++)
            for (enum touch touch = 0; touch < TOUCHES; touch++) {
                struct meeting_request request = request_of(transport_at(i), 4096);
                request.copies_in = switches & 1;
                request.copies_out = switches & 2;
                request.both_ways = switches & 4;
                request.touch = touch;
                expect_whole(&request, 20);
            }
}

static void offsets_are_those_asked_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < transport_count(); i++) {
        struct meeting_request request = request_of(transport_at(i), 1000);
        struct meeting meeting;
        request.produced_offset = 3;
        request.consumed_offset = 17;
        if (!open_or_leave(&meeting, &request))
            continue;
        assert_int_equal((uintptr_t)meeting.lanes[0].produced % machine.page_bytes, 3);
        assert_int_equal((uintptr_t)meeting.lanes[0].consumed % machine.page_bytes, 17);
        meeting_close(&meeting);
        expect_whole(&request, 100);
    }
}

static void on_alarm(int signal)
{
    (void)signal;
}

/* Calls of the kernel end early then, with EINTR or with a part of the chunk. */
static void signals_do_no_harm(void **state)
{
    (void)state;
    const struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval often = {{0, INTERVAL_US}, {0, INTERVAL_US}};
    sigaction(SIGALRM, &action, NULL);
    for (size_t i = 0; i < transport_count(); i++)
        for (size_t size = 5000; size < 1000000; size *= 10) {
            struct meeting_request request = request_of(transport_at(i), size);
            struct meeting meeting;
            int second;
            if (!open_or_leave(&meeting, &request))
                continue;
            setitimer(ITIMER_REAL, &often, NULL);
            int error = hold(&meeting, 100, NONE, &second);
            setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
            if (!is_refused(error) && !is_refused(second)) {
                assert_int_equal(error, 0);
                assert_int_equal(second, 0);
                assert_int_equal(meeting_prove(&meeting, &fault), 0);
            }
            meeting_close(&meeting);
        }
    signal(SIGALRM, SIG_DFL);
}

/* From the commit of that number on, which is beyond the proof with random bytes, or not. */
static uint64_t wrong_from;

static int commit_wrong(struct lane *lane)
{
    if (commits++ >= wrong_from) {
        unsigned char *space;
        lane_get_space(lane, &space);
        space[lane->chunk_bytes / 2] ^= 1;
    }
    return straight->commit(lane);
}

static const struct transport *twist(size_t index, uint64_t from)
{
    straight = transport_at(index);
    twisted = *straight;
    twisted.commit = commit_wrong;
    wrong_from = from;
    return &twisted;
}

static void a_wrong_byte_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < transport_count(); i++)
        for (unsigned late = 0; late < 2; late++) {
            struct meeting_request request = request_of(twist(i, late ? 8 : 0), 4096);
            struct meeting meeting;
            int second;
            if (!open_or_leave(&meeting, &request))
                continue;
            int error = hold(&meeting, 10, NONE, &second);
            if (!is_refused(error) && !is_refused(second)) {
                assert_int_equal(second, late ? 0 : -EILSEQ);
                assert_int_equal(meeting_prove(&meeting, &fault), -EILSEQ);
                assert_non_null(strstr(fault.text, straight->name));
            }
            meeting_close(&meeting);
        }
}

/* Space that is not what is handed over: the consumer gets what was there before. */
static unsigned char elsewhere[4096];

static int get_wrong_space(struct lane *lane, unsigned char **space)
{
    int error = straight->get_space(lane, space);
    if (commits > 4 * 64)
        *space = elsewhere;
    return error;
}

static void an_old_chunk_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < transport_count(); i++) {
        const struct transport *transport = twist(i, UINT64_MAX);
        if (!straight->get_space)
            continue;
        twisted.get_space = get_wrong_space;
        struct meeting_request request = request_of(transport, sizeof elsewhere);
        struct meeting meeting;
        int second;
        if (!open_or_leave(&meeting, &request))
            continue;
        int error = hold(&meeting, 6 * 64, NONE, &second);
        if (!is_refused(error) && !is_refused(second))
            assert_int_equal(meeting_prove(&meeting, &fault), -EILSEQ);
        meeting_close(&meeting);
    }
}

/* Whichever of the two leaves, and in the middle of what: the other one does not wait for ever. */
static void who_is_left_alone_goes_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < transport_count(); i++)
        for (enum mishap mishap = SECOND_LEAVES; mishap <= FIRST_LEAVES; mishap++)
            for (unsigned both_ways = 0; both_ways < 2; both_ways++) {
                struct meeting_request request = request_of(transport_at(i), 4096);
                struct meeting meeting;
                int second;
                request.both_ways = both_ways;
                if (!open_or_leave(&meeting, &request))
                    continue;
                int first = hold(&meeting, 100000, mishap, &second);
                if (!is_refused(first) && !is_refused(second)) {
                    assert_int_equal(mishap == FIRST_LEAVES ? first : second, -ECANCELED);
                    assert_true((mishap == FIRST_LEAVES ? second : first) < 0);
                    assert_int_equal(meeting_prove(&meeting, &fault), -ECANCELED);
                }
                meeting_close(&meeting);
            }
}

static void counters_may_overflow(void **state)
{
    (void)state;
    for (size_t i = 0; i < transport_count(); i++) {
        struct meeting_request request = request_of(transport_at(i), 4096);
        struct meeting meeting;
        int second;
        if (strncmp(transport_at(i)->name, "shm_", 4) != 0 || !open_or_leave(&meeting, &request))
            continue;
        struct lane *lane = &meeting.lanes[0];
        uint64_t before = UINT32_MAX - 40;
        lane->given = lane->taken = before;
        atomic_store(&lane->ring->given.count, (uint32_t)before);
        atomic_store(&lane->ring->taken.count, (uint32_t)before);
        assert_int_equal(hold(&meeting, 200, NONE, &second), 0);
        assert_int_equal(second, 0);
        assert_int_equal(meeting_prove(&meeting, &fault), 0);
        meeting_close(&meeting);
    }
}

static void nothing_stays_open(void **state)
{
    (void)state;
    size_t before = open_files();
    for (size_t i = 0; i < transport_count(); i++) {
        struct meeting_request request = request_of(transport_at(i), 4096);
        request.both_ways = true;
        expect_whole(&request, 3);
        assert_int_equal(open_files(), before);
    }
    struct sigaction action;
    sigaction(SIGPIPE, NULL, &action);
    assert_ptr_equal(action.sa_handler, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_transport_hands_over_every_byte),
        cmocka_unit_test(every_switch_and_both_ways),
        cmocka_unit_test(offsets_are_those_asked_for),
        cmocka_unit_test(signals_do_no_harm),
        cmocka_unit_test(a_wrong_byte_is_found),
        cmocka_unit_test(an_old_chunk_is_found),
        cmocka_unit_test(who_is_left_alone_goes_on),
        cmocka_unit_test(counters_may_overflow),
        cmocka_unit_test(nothing_stays_open),
    };
    alarm(STUCK_S); /* who waits for ever is a failure, too */
    return cmocka_run_group_tests_name("ipc", tests, open_machine, close_machine);
}
