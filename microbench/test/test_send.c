/*
 * Every method sends every byte, tells of each message once that its memory is free, and goes on
 * after signals; what goes wrong is found at both ends.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "microbench/send/receiver.h"
#include "microbench/send/sender.h"

#include <cmocka.h>

enum { SEED = 11, PAGE = 4096, INTERVAL_US = 300, ROUNDS = 3, NOBODY = 65534 };

static struct clock tester;
static struct fault fault;
static struct link *link_used;
static struct sender sender;
static struct receiver receiver;
static struct ring *credits;
static size_t payload_bytes;

static void open_link(struct veth_request request)
{
    int error = link_take(&link_used, &request, &fault);
    if (error == -EPERM || error == -ENOTSUP)
        skip();
    if (error)
        fail_msg("%s", fault.text);
}

static void close_all(void)
{
    sender_close(&sender);
    munmap(sender.payload, payload_bytes);
    munmap(credits, sizeof *credits);
    link_drop(link_used);
}

/* False where the kernel has no such method, or no such messages. */
static bool open_all(enum send_method method, enum veth_protocol protocol, bool discards,
                     size_t bytes)
{
    open_link(
        (struct veth_request){.protocol = protocol, .mtu = VETH_MTU_USUAL, .discards = discards});
    credits =
        mmap(NULL, sizeof *credits, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sender = (struct sender){.link = link_used,
                             .clock = &tester,
                             .method = method,
                             .bytes = bytes,
                             .stride = sender_stride(bytes, PAGE),
                             .slots = sender_slots(bytes),
                             .credits = protocol == VETH_UDP && !discards ? credits : NULL,
                             .window = link_window(link_used, bytes)};
    receiver = (struct receiver){
        .link = link_used, .credits = credits, .bytes = bytes, .slots = sender.slots};
    payload_bytes = sender.slots * sender.stride;
    sender.payload =
        mmap(NULL, payload_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(sender.payload != MAP_FAILED && credits != MAP_FAILED);
    for (unsigned slot = 0; slot < sender.slots; slot++)
        message_make(sender.payload + slot * sender.stride, bytes, SEED, slot);
    int error = link_set_message(link_used, bytes, &fault);
    if (!error)
        error = sender_open(&sender, &fault);
    bool lacks = error == -ENOTSUP || error == -EPERM || error == -ENOMEM;
    if (error && !lacks)
        fail_msg("%s", fault.text);
    if (error)
        close_all();
    return !error;
}

static void on_alarm(int signal)
{
    (void)signal;
}

static void set_alarms(long interval_us)
{
    struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval often = {{0, interval_us}, {0, interval_us}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
}

static int send_some(uint64_t messages)
{
    int error = 0;
    for (uint64_t i = 0; !error && i < messages; i++)
        error = sender_send(&sender);
    return error ? error : sender_settle(&sender);
}

static pid_t receive(uint64_t compared, uint64_t drained, uint64_t seed, bool alarms)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child)
        return child;
    if (alarms)
        set_alarms(INTERVAL_US);
    int error = receiver_compare(&receiver, compared, seed, &fault);
    if (!error)
        error = receiver_drain(&receiver, drained);
    if (error)
        link_abandon(link_used, credits);
    _exit(-error);
}

static int end_of(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    assert_true(WIFEXITED(status));
    return -WEXITSTATUS(status);
}

/* This user may not lock so many pages. */
static bool is_refused(int error)
{
    return sender.method != SEND_COPY && (error == -ENOBUFS || error == -ENOMEM);
}

static void expect_notices(uint64_t messages)
{
    bool tells = sender.method != SEND_COPY;
    assert_int_equal(sender.messages, messages);
    assert_int_equal(sender.held_all, 0);
    assert_true(sender.tally.notices >= (tells ? messages : 0));
    assert_true(sender.tally.notices == 0 || tells);
    assert_true(sender.tally.copied <= sender.tally.notices);
    for (unsigned slot = 0; slot < sender.slots; slot++)
        assert_int_equal(sender.held[slot], 0);
}

static void expect_delivery(enum send_method method, enum veth_protocol protocol, size_t bytes,
                            bool alarms)
{
    if (!open_all(method, protocol, false, bytes))
        return;
    uint64_t compared = ROUNDS * sender.slots, drained = 2 * sender.slots;
    pid_t child = receive(compared, drained, SEED, alarms);
    if (alarms)
        set_alarms(INTERVAL_US);
    int error = send_some(compared + drained);
    set_alarms(0);
    if (error)
        link_abandon(link_used, credits);
    int received = end_of(child);
    if (is_refused(error)) {
        close_all();
        return;
    }
    if (error || received)
        fail_msg("%s of %zu B: %d and %d", send_method_names[method], bytes, error, received);
    expect_notices(compared + drained);
    close_all();
}

static void every_method_delivers_every_byte(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 1000, 1472, 1473, 4096, 10000, 65507};
    for (unsigned method = 0; method < SEND_METHODS; method++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            expect_delivery((enum send_method)method, VETH_UDP, sizes[i], false);
            expect_delivery((enum send_method)method, VETH_TCP, sizes[i], false);
        }
}

static void messages_larger_than_any_buffer_arrive(void **state)
{
    (void)state;
    for (unsigned method = 0; method < SEND_METHODS; method++)
        expect_delivery((enum send_method)method, VETH_TCP, (3 << 20) + 1, false);
}

static void signals_disturb_nobody(void **state)
{
    (void)state;
    for (unsigned method = 0; method < SEND_METHODS; method++) {
        expect_delivery((enum send_method)method, VETH_TCP, 300000, true);
        expect_delivery((enum send_method)method, VETH_UDP, 20000, true);
    }
}

static void each_discarded_message_is_told_of(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 1000, 10000, 65507};
    struct veth_count before;
    for (unsigned method = 0; method < SEND_METHODS; method++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            if (!open_all((enum send_method)method, VETH_UDP, true, sizes[i]))
                continue;
            assert_int_equal(veth_sent(&link_used->veth, &before, &fault), 0);
            uint64_t messages = ROUNDS * sender.slots + 1;
            int error = send_some(messages);
            if (!is_refused(error)) {
                assert_int_equal(error, 0);
                expect_notices(messages);
                error = veth_prove(&link_used->veth, &before, messages * sizes[i], &fault);
                assert_int_equal(error, 0);
            }
            close_all();
        }
}

static void a_wrong_byte_is_found(void **state)
{
    (void)state;
    for (unsigned protocol = VETH_UDP; protocol <= VETH_TCP; protocol++) {
        if (!open_all(SEND_COPY, (enum veth_protocol)protocol, false, 5000))
            continue;
        sender.payload[sender.stride + 4999] ^= 1; /* the second message's last */
        pid_t child = receive(2, 0, SEED, false);
        send_some(2);
        assert_int_equal(end_of(child), -EILSEQ);
        close_all();
    }
}

static void who_gives_up_ends_the_others_wait(void **state)
{
    (void)state;
    for (unsigned method = 0; method < SEND_METHODS; method++)
        for (unsigned protocol = VETH_UDP; protocol <= VETH_TCP; protocol++) {
            if (!open_all((enum send_method)method, (enum veth_protocol)protocol, false, 60000))
                continue;
            pid_t child = receive(1, 0, SEED + 1, false); /* finds the first one wrong */
            int error = 0;
            for (unsigned i = 0; !error && i < 10000; i++)
                error = sender_send(&sender);
            assert_true(error < 0);
            link_abandon(link_used, credits);
            int received = end_of(child);
            assert_true(received == -EILSEQ || (is_refused(error) && received));
            close_all();
        }
}

/* As an ordinary user who may lock one page. */
static int send_locked(enum send_method method)
{
    const struct rlimit page = {PAGE, PAGE};
    if (geteuid() == 0 && (setgid(NOBODY) || setuid(NOBODY)))
        return -EACCES;
    if (setrlimit(RLIMIT_MEMLOCK, &page))
        return -EACCES;
    /* A forked child can't skip the test: where this user may make no link, it says so. */
    const struct veth_request request = {
        .protocol = VETH_UDP, .mtu = VETH_MTU_USUAL, .discards = true};
    if (link_take(&link_used, &request, &fault))
        return -ENOTSUP;
    link_drop(link_used);
    if (!open_all(method, VETH_UDP, true, 60000))
        return -ENOTSUP;
    int error = send_some(1);
    return error ? sender_fail(&sender, error, &fault) : 0;
}

static void pages_that_may_not_be_locked_are_a_reason(void **state)
{
    (void)state;
    for (unsigned method = SEND_ZEROCOPY; method < SEND_METHODS; method++) {
        pid_t child = fork();
        if (child == 0) {
            int error = send_locked((enum send_method)method);
            bool told = error == -ENOTSUP && strstr(fault.text, "ulimit -l");
            _exit(error == 0 || error == -EACCES ? 77 : told ? 1 : error == -ENOTSUP ? 77 : 2);
        }
        int status = -end_of(child);
        if (status != 77)
            assert_int_equal(status, 1);
    }
}

static void slots_are_some_and_windows_hold(void **state)
{
    (void)state;
    assert_int_equal(sender_slots(1), SLOTS_MOST);
    assert_int_equal(sender_slots(16 << 10), 32);
    assert_int_equal(sender_slots(1 << 20), SLOTS_LEAST);
    assert_int_equal(sender_stride(1, PAGE), PAGE);
    assert_int_equal(sender_stride(PAGE + 1, PAGE), 2 * PAGE);
    open_link((struct veth_request){.protocol = VETH_UDP, .mtu = VETH_MTU_USUAL});
    assert_true(link_window(link_used, 65507) >= 1);
    assert_true(link_window(link_used, 65507) <= link_window(link_used, 1));
    link_drop(link_used);
}

static int make_clock(void **state)
{
    (void)state;
    return clock_open(&tester, &fault) < 0;
}

/* Nothing is open: what a refusal means is told by what was asked for. */
static void what_older_kernels_refuse_is_a_reason(void **state)
{
    (void)state;
    struct link old = {.request = {.protocol = VETH_UDP, .mtu = VETH_MTU_LEAST}};
    const struct sender copying = {.link = &old, .method = SEND_COPY, .bytes = 60 << 10};
    assert_int_equal(link_datagrams(&old, copying.bytes), 113);
    assert_int_equal(sender_fail(&copying, -EINVAL, &fault), -ENOTSUP);
    assert_non_null(strstr(fault.text, "see --mtu"));
    old.request.mtu = VETH_MTU_USUAL;
    assert_int_equal(sender_fail(&copying, -EINVAL, &fault), -EINVAL);
    const struct sender ringing = {.link = &old, .method = SEND_URING, .bytes = 1024};
    assert_int_equal(sender_fail(&ringing, -EINVAL, &fault), -ENOTSUP);
    assert_non_null(strstr(fault.text, "kernel 6.2"));
    assert_int_equal(sender_fail(&ringing, -EPIPE, &fault), -EPIPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_delivers_every_byte),
        cmocka_unit_test(messages_larger_than_any_buffer_arrive),
        cmocka_unit_test(signals_disturb_nobody),
        cmocka_unit_test(each_discarded_message_is_told_of),
        cmocka_unit_test(a_wrong_byte_is_found),
        cmocka_unit_test(who_gives_up_ends_the_others_wait),
        cmocka_unit_test(pages_that_may_not_be_locked_are_a_reason),
        cmocka_unit_test(what_older_kernels_refuse_is_a_reason),
        cmocka_unit_test(slots_are_some_and_windows_hold),
    };
    return cmocka_run_group_tests_name("send", tests, make_clock, NULL);
}
