/*
 * Every method passes every byte on, whatever the message's length and however the kernel cuts it
 * into pieces; the proxy sees what it is to see; and what goes wrong is found, by whomever.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/test/open_files.h"
#include "harness/test/this_machine.h"
#include "microbench/proxy/chain.h"

#include <cmocka.h>

enum { SEED = 7, INTERVAL_US = 200, STUCK_S = 600, NOBODY = CHAIN_MEMBERS };

static struct fault other_fault;
static struct method twisted; /* as one of the others, but for a part */
static const struct method *straight;
static int calls;

static const struct method *const methods[] = {&method_read_write, &method_readv_writev,
                                               &method_splice,     &method_sendfile,
                                               &method_io_uring,   &method_io_uring_fixed};
static const char *const transports[] = {"tcp_nodelay", "unix_stream"};
static const enum touch inspections[] = {TOUCH_NONE, TOUCH_HEADER, TOUCH_ALL};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct chain_request request_of(const struct method *method, const char *transport,
                                       size_t message_bytes)
{
    return (struct chain_request){
        .meeting = {.transport = transport_find(transport),
                    .chunk_bytes = message_bytes,
                    .touch = TOUCH_LINES,
                    .nodes = {NODE_LOCAL, NODE_LOCAL},
                    .topology = &machine},
        .method = method,
        .buffer_bytes = 64 << 10,
        .from_file = method && !method->from_socket,
        .node = NODE_LOCAL,
    };
}

/* What a member does until the end; `leaver` leaves after the proofs. */
static int play(struct chain *chain, unsigned member, unsigned turns, unsigned leaver,
                struct fault *told)
{
    int error = chain_enter(chain, member, SEED, told);
    if (error)
        return error;
    if (member != leaver) {
        chain_play(chain, member, turns, NULL, NULL);
        return member == CHAIN_PROXY ? chain->error
                                     : chain->meeting.parties[member - CHAIN_CLIENT].seat->error;
    }
    struct lane *lane = member == CHAIN_PROXY ? &chain->middle : &chain->meeting.lanes[0];
    lane->transport->abandon(lane, LANE_PRODUCER);
    return -ECANCELED;
}

/* All members, each in a process; what each comes to goes to results. */
static void hold(struct chain *chain, unsigned turns, unsigned leaver, int results[CHAIN_MEMBERS])
{
    int end[2]; /* of the proxy's part, until which the others have to be there */
    char nothing;
    pid_t children[CHAIN_MEMBERS];
    assert_int_equal(pipe(end), 0);
    for (unsigned member = CHAIN_CLIENT; member < CHAIN_MEMBERS; member++) {
        children[member] = fork();
        if (children[member] == 0) {
            close(end[1]);
            int played = play(chain, member, turns, leaver, &other_fault);
            while (read(end[0], &nothing, 1) < 0 && errno == EINTR) {
            }
            _exit(-played);
        }
        assert_true(children[member] > 0);
    }
    results[CHAIN_PROXY] = play(chain, CHAIN_PROXY, turns, leaver, &fault);
    close(end[1]);
    close(end[0]);
    for (unsigned member = CHAIN_CLIENT; member < CHAIN_MEMBERS; member++) {
        int status;
        while (waitpid(children[member], &status, 0) < 0)
            assert_int_equal(errno, EINTR);
        assert_true(WIFEXITED(status));
        results[member] = -WEXITSTATUS(status);
    }
}

static bool is_refused(int error)
{
    return error == -ENOTSUP || error == -EPERM || error == -ENOMEM;
}

/* False where this machine can't. */
static bool open_or_leave(struct chain *chain, const struct chain_request *request)
{
    int error = chain_open(chain, request, &fault);
    if (error && !is_refused(error))
        fail_msg("%s", fault.text);
    return !error;
}

static void expect_whole(const struct chain_request *request, unsigned turns)
{
    const char *name = request->method ? request->method->name : "direct";
    size_t bytes = request->meeting.chunk_bytes;
    struct chain chain;
    int results[CHAIN_MEMBERS];
    if (!open_or_leave(&chain, request))
        return;
    hold(&chain, turns, NOBODY, results);
    if (!is_refused(results[CHAIN_PROXY])) {
        for (size_t member = 0; member < COUNT(results); member++)
            if (results[member])
                fail_msg("%s, %zu B, member %zu: %d (%s)", name, bytes, member, results[member],
                         fault.text);
        if (chain_prove(&chain, &fault))
            fail_msg("%s, %zu B: %s", name, bytes, fault.text);
        bool back = request->meeting.both_ways;
        assert_int_equal(chain.meeting.parties[1].seat->taken, turns);
        if (request->method) {
            assert_true(chain.relay.messages == (back ? 2 : 1) * turns);
            assert_true(chain.relay.system_calls >= chain.relay.messages);
        }
    }
    chain_close(&chain);
}

static void every_method_passes_every_byte(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 7, 63, 64, 65, 1500, 4097, 65537, 300001, 1 << 20};
    for (size_t transport = 0; transport < COUNT(transports); transport++)
        for (size_t size = 0; size < COUNT(sizes); size++)
            for (size_t method = 0; method < COUNT(methods); method++)
                for (size_t inspect = 0; inspect < COUNT(inspections); inspect++) {
                    struct chain_request request =
                        request_of(methods[method], transports[transport], sizes[size]);
                    request.inspect = inspections[inspect];
                    expect_whole(&request, sizes[size] > 100000 ? 4 : 30);
                }
}

static void there_and_back(void **state)
{
    (void)state;
    for (size_t transport = 0; transport < COUNT(transports); transport++)
        for (size_t method = 0; method < COUNT(methods); method++) {
            struct chain_request request = request_of(methods[method], transports[transport], 5000);
            request.meeting.both_ways = true;
            request.inspect = TOUCH_ALL;
            if (!request.from_file)
                expect_whole(&request, 40);
        }
}

static void without_a_proxy(void **state)
{
    (void)state;
    for (size_t transport = 0; transport < COUNT(transports); transport++)
        for (unsigned both_ways = 0; both_ways < 2; both_ways++) {
            struct chain_request request = request_of(NULL, transports[transport], 5000);
            request.meeting.both_ways = both_ways;
            expect_whole(&request, 40);
        }
}

/* Out of a file by read and by writev, too; and buffers that cut messages oddly. */
static void from_a_file_and_by_small_buffers(void **state)
{
    (void)state;
    for (size_t method = 0; method < COUNT(methods); method++)
        for (unsigned from_file = 0; from_file < 2; from_file++) {
            struct chain_request request = request_of(methods[method], "tcp_nodelay", 30001);
            if (from_file ? !methods[method]->from_file : !methods[method]->from_socket)
                continue;
            request.from_file = from_file;
            request.inspect = TOUCH_ALL;
            request.buffer_bytes = 4099;
            expect_whole(&request, 30);
        }
}

static void on_alarm(int number)
{
    (void)number;
}

/* Calls of the kernel end early then, with EINTR or with a part; and sockets that do not wait. */
static void signals_and_sockets_that_do_not_wait_do_no_harm(void **state)
{
    (void)state;
    const struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval often = {{0, INTERVAL_US}, {0, INTERVAL_US}};
    sigaction(SIGALRM, &action, NULL);
    for (size_t method = 0; method < COUNT(methods); method++)
        for (size_t inspect = 0; inspect < COUNT(inspections); inspect++)
            for (unsigned waits = 0; waits < 2; waits++) {
                struct chain_request request = request_of(methods[method], "tcp_nodelay", 300001);
                struct chain chain;
                int results[CHAIN_MEMBERS];
                request.inspect = inspections[inspect];
                if (!open_or_leave(&chain, &request))
                    continue;
                const struct lane *lane =
                    request.from_file ? &chain.meeting.lanes[0] : &chain.middle;
                if (!waits) {
                    fcntl(lane->producer_fd, F_SETFL, O_NONBLOCK);
                    fcntl(lane->consumer_fd, F_SETFL, O_NONBLOCK);
                }
                setitimer(ITIMER_REAL, &often, NULL);
                hold(&chain, 20, NOBODY, results);
                setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
                if (!is_refused(results[CHAIN_PROXY])) {
                    for (size_t member = 0; member < COUNT(results); member++)
                        assert_int_equal(results[member], 0);
                    assert_int_equal(chain_prove(&chain, &fault), 0);
                }
                chain_close(&chain);
            }
    signal(SIGALRM, SIG_DFL);
}

/* One that changes a byte, in the proofs or after them. */
static int pass_wrong(struct relay *relay, uint64_t messages)
{
    for (; messages; messages--) {
        for (size_t left = relay->message_bytes; left;) {
            ssize_t got = recv(relay->in, relay->buffers[0], left, 0);
            if (got <= 0)
                return -EPIPE;
            relay_look(relay, relay->buffers[0], (size_t)got);
            if (calls-- == 0)
                relay->buffers[0][0] ^= 1;
            if (send(relay->out, relay->buffers[0], (size_t)got, 0) != got)
                return -EPIPE;
            left -= (size_t)got;
        }
        relay_finish(relay);
    }
    return 0;
}

/* One that looks at a message too many, or says so. */
static int pass_blindly(struct relay *relay, uint64_t messages)
{
    int error = straight->pass(relay, messages);
    if (calls-- <= 0)
        relay->looked++;
    return error;
}

static int pass_half(struct relay *relay, uint64_t messages)
{
    int error = straight->pass(relay, messages);
    relay->messages += calls-- <= 0;
    return error;
}

/* What is found of such a pass, wrong from that call on. */
static int found_of(int (*pass)(struct relay *, uint64_t), int from, int results[CHAIN_MEMBERS])
{
    straight = &method_read_write;
    twisted = *straight;
    twisted.pass = pass;
    calls = from;
    struct chain_request request = request_of(&twisted, "unix_stream", 4096);
    request.inspect = TOUCH_ALL;
    struct chain chain;
    assert_int_equal(chain_open(&chain, &request, &fault), 0);
    hold(&chain, 10, NOBODY, results);
    int proven = chain_prove(&chain, &fault);
    chain_close(&chain);
    return proven;
}

static void what_is_wrong_is_found(void **state)
{
    (void)state;
    int results[CHAIN_MEMBERS];
    assert_int_equal(found_of(pass_wrong, 0, results), -EILSEQ);
    assert_int_equal(results[CHAIN_SERVER], -EILSEQ);
    assert_int_equal(found_of(pass_wrong, PARTY_PROOFS + 5, results), -EILSEQ);
    assert_int_equal(results[CHAIN_SERVER], 0);
    assert_non_null(strstr(fault.text, "did not read what was"));
    found_of(pass_blindly, 0, results);
    assert_int_equal(results[CHAIN_PROXY], -EILSEQ);
    assert_int_equal(found_of(pass_blindly, 1, results), -EILSEQ);
    assert_non_null(strstr(fault.text, "did not see"));
    assert_int_equal(found_of(pass_half, 1, results), -EILSEQ);
    assert_non_null(strstr(fault.text, "passed 11 messages, and 10 arrived"));
}

/* Whichever leaves: the other ones do not wait for ever. */
static void who_is_left_alone_goes_on(void **state)
{
    (void)state;
    for (size_t transport = 0; transport < COUNT(transports); transport++)
        for (size_t method = 0; method < COUNT(methods); method++)
            for (unsigned leaver = CHAIN_PROXY; leaver < CHAIN_MEMBERS; leaver++)
                for (unsigned both_ways = 0; both_ways < 2; both_ways++) {
                    struct chain_request request =
                        request_of(methods[method], transports[transport], 5000);
                    struct chain chain;
                    int results[CHAIN_MEMBERS];
                    request.meeting.both_ways = both_ways;
                    if (request.from_file || !open_or_leave(&chain, &request))
                        continue;
                    hold(&chain, 100000, leaver, results);
                    if (!is_refused(results[CHAIN_PROXY]))
                        for (size_t member = 0; member < COUNT(results); member++)
                            assert_true(results[member] < 0);
                    chain_close(&chain);
                }
}

static void nothing_stays_open(void **state)
{
    (void)state;
    size_t before = open_files();
    for (size_t method = 0; method < COUNT(methods); method++) {
        struct chain_request request = request_of(methods[method], "tcp_nodelay", 4096);
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
        cmocka_unit_test(every_method_passes_every_byte),
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(without_a_proxy),
        cmocka_unit_test(from_a_file_and_by_small_buffers),
        cmocka_unit_test(signals_and_sockets_that_do_not_wait_do_no_harm),
        cmocka_unit_test(what_is_wrong_is_found),
        cmocka_unit_test(who_is_left_alone_goes_on),
        cmocka_unit_test(nothing_stays_open),
    };
    alarm(STUCK_S); /* who waits for ever is a failure, too */
    return cmocka_run_group_tests_name("proxy", tests, open_machine, close_machine);
}
