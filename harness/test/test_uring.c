/*
 * Requests through pipes, socket pairs and a TCP connection over loopback. Where io_uring is not to
 * be had, it has to say why, and the rest is skipped.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/uring.h"

#include <cmocka.h>

enum { REQUESTS = 4, BYTES = 1 << 16, INTERVAL_US = 300, TURNS = 200, STUCK_S = 60 };

static struct uring *ring;
static struct fault fault;
static unsigned char sent[BYTES], received[BYTES];

static int open_ring(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (unsigned char)(i % 251 + 1);
    memset(received, 0, sizeof received);
    return uring_open(&ring, REQUESTS, &fault) && !fault.text[0]; /* else the test is skipped */
}

static int close_ring(void **state)
{
    (void)state;
    uring_close(ring);
    ring = NULL;
    return 0;
}

static void need(bool there)
{
    if (!there)
        skip();
}

static void need_operation(enum uring_operation operation)
{
    need(ring);
    int error = uring_can(ring, operation, &fault);
    assert_true(error == 0 || error == -ENOTSUP);
    need(!error);
}

static void queue(enum uring_operation operation, int fd, void *memory, size_t bytes, uint64_t tag)
{
    const struct uring_request request = {.operation = operation,
                                          .fd = fd,
                                          .memory = memory,
                                          .bytes = bytes,
                                          .buffer = memory == received,
                                          .tag = tag};
    assert_true(uring_queue(ring, &request));
}

static struct uring_completion await(void)
{
    struct uring_completion completion;
    while (!uring_next(ring, &completion)) {
        int error = uring_submit(ring, 1);
        assert_true(error == 0 || error == -EINTR);
    }
    return completion;
}

static void what_is_missing_is_said(void **state)
{
    (void)state;
    assert_non_null(uring_backend());
    assert_true(ring || fault.text[0]);
    if (!ring)
        assert_non_null(strstr(fault.text, "io_uring"));
    uring_close(NULL);
}

/* A queue takes so many requests and no more, and takes them again when they were submitted. */
static void a_full_queue_is_told(void **state)
{
    (void)state;
    need_operation(URING_READ);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct uring_request request = {.operation = URING_READ, .fd = ends[0], .memory = received};
    request.bytes = 1;
    for (request.tag = 0; request.tag < REQUESTS; request.tag++)
        assert_true(uring_queue(ring, &request));
    assert_false(uring_queue(ring, &request));
    assert_int_equal(uring_submit(ring, 0), 0);
    assert_int_equal(write(ends[1], sent, REQUESTS), REQUESTS);
    unsigned tags = 0;
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct uring_completion completion = await();
        assert_int_equal(completion.result, 1);
        tags |= 1u << completion.tag;
    }
    assert_int_equal(tags, (1u << REQUESTS) - 1);
    close(ends[0]);
    close(ends[1]);
}

/* Both ends by requests that are under way at once, until all has come, in parts. */
static void hand_over(int giving, int taking, enum uring_operation write_by,
                      enum uring_operation read_by)
{
    size_t given = 0, taken = 0;
    bool writes = false, reads = false;
    while (taken < BYTES) {
        if (!writes && given < BYTES) {
            queue(write_by, giving, sent + given, BYTES - given, 0);
            writes = true;
        }
        if (!reads) {
            queue(read_by, taking, received, BYTES - taken, 1);
            reads = true;
        }
        struct uring_completion completion = await();
        assert_true(completion.result > 0);
        if (completion.tag == 0) {
            writes = false;
            given += (size_t)completion.result;
        } else {
            reads = false;
            assert_memory_equal(received, sent + taken, (size_t)completion.result);
            taken += (size_t)completion.result;
        }
    }
    if (writes)
        await();
}

static void register_both(void)
{
    const struct iovec buffers[] = {{sent, sizeof sent}, {received, sizeof received}};
    int error = uring_register(ring, buffers, 2, &fault);
    assert_true(error == 0 || error == -ENOMEM);
    need(!error);
}

static void bytes_go_through(int (*open_ends)(int ends[2]), bool fixed)
{
    int ends[2];
    enum uring_operation write_by = fixed ? URING_WRITE_FIXED : URING_WRITE;
    enum uring_operation read_by = fixed ? URING_READ_FIXED : URING_READ;
    need_operation(write_by);
    need_operation(read_by);
    if (fixed)
        register_both();
    assert_int_equal(open_ends(ends), 0);
    for (unsigned i = 0; i < 4; i++)
        hand_over(ends[1], ends[0], write_by, read_by);
    close(ends[1]);
    queue(read_by, ends[0], received, 1, 0);
    assert_int_equal(await().result, 0); /* the end */
    close(ends[0]);
}

static int open_sockets(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

static void through_a_pipe(void **state)
{
    (void)state;
    bytes_go_through(pipe, false);
}

static void through_sockets(void **state)
{
    (void)state;
    bytes_go_through(open_sockets, false);
}

static void registered_through_a_pipe(void **state)
{
    (void)state;
    bytes_go_through(pipe, true);
}

static void registered_through_sockets(void **state)
{
    (void)state;
    bytes_go_through(open_sockets, true);
}

static void memory_that_was_not_registered_is_refused(void **state)
{
    (void)state;
    need_operation(URING_WRITE_FIXED);
    register_both();
    unsigned char elsewhere[64] = {0};
    int ends[2];
    assert_int_equal(open_sockets(ends), 0);
    queue(URING_WRITE_FIXED, ends[0], elsewhere, sizeof elsewhere, 0);
    assert_int_equal(await().result, -EFAULT);
    close(ends[0]);
    close(ends[1]);
}

static void what_can_not_be_registered_is_said(void **state)
{
    (void)state;
    need(ring);
    void *closed = mmap(NULL, BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(closed, MAP_FAILED);
    const struct iovec buffer = {closed, BYTES};
    assert_true(uring_register(ring, &buffer, 1, &fault) < 0);
    assert_non_null(strstr(fault.text, "registering 1 buffers"));
    munmap(closed, BYTES);
}

static void a_peer_that_is_gone_is_an_error(void **state)
{
    (void)state;
    need_operation(URING_WRITE);
    int ends[2];
    assert_int_equal(open_sockets(ends), 0);
    close(ends[0]);
    queue(URING_WRITE, ends[1], sent, 1, 0);
    assert_int_equal(await().result, -EPIPE);
    close(ends[1]);
}

static void on_alarm(int number)
{
    (void)number;
}

/* A wait that a signal ends is gone on with, and nothing is lost or done twice. */
static void signals_do_no_harm(void **state)
{
    (void)state;
    need_operation(URING_READ);
    const struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval often = {{0, INTERVAL_US}, {0, INTERVAL_US}}, never = {{0, 0}, {0, 0}};
    int ends[2];
    assert_int_equal(open_sockets(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        for (unsigned i = 0; i < TURNS * BYTES / 4096; i++)
            for (size_t at = 0; at < 4096;) {
                ssize_t written = write(ends[1], sent + i % 16 * 4096 + at, 4096 - at);
                at += written > 0 ? (size_t)written : 0;
            }
        _exit(0);
    }
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (size_t taken = 0; taken < (size_t)TURNS * BYTES;) {
        queue(URING_READ, ends[0], received, BYTES - taken % BYTES, 0);
        struct uring_completion completion = await();
        if (completion.result == -EINTR)
            continue;
        assert_true(completion.result > 0);
        assert_memory_equal(received, sent + taken % BYTES, (size_t)completion.result);
        taken += (size_t)completion.result;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_DFL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ends[0]);
    close(ends[1]);
}

static int open_connection(int ends[2])
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof name;
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    ends[1] = socket(AF_INET, SOCK_STREAM, 0);
    ends[0] = -1;
    if (bind(listening, (struct sockaddr *)&name, sizeof name) == 0 && listen(listening, 1) == 0 &&
        getsockname(listening, (struct sockaddr *)&name, &length) == 0 &&
        connect(ends[1], (struct sockaddr *)&name, sizeof name) == 0)
        ends[0] = accept(listening, NULL, NULL);
    close(listening);
    return ends[0] < 0 ? -1 : 0;
}

/* Over loopback the kernel copies what it was to send without, and says so where it can (6.2). */
static void a_zero_copy_send_is_notified(void **state)
{
    (void)state;
    int ends[2];
    need_operation(URING_SEND_ZC);
    need(open_connection(ends) == 0);
    queue(URING_SEND_ZC, ends[1], sent, 4096, 5);
    struct uring_completion done = await();
    assert_int_equal(done.tag, 5);
    if (done.result == -EINVAL) { /* a kernel before 6.2 that does not know the report */
        close(ends[0]);
        close(ends[1]);
        skip();
    }
    assert_int_equal(done.result, 4096);
    assert_true(done.more);
    assert_false(done.notification);
    assert_int_equal(recv(ends[0], received, 4096, MSG_WAITALL), 4096);
    assert_memory_equal(received, sent, 4096);
    struct uring_completion free_again = await();
    assert_int_equal(free_again.tag, 5);
    assert_true(free_again.notification);
    assert_false(free_again.more);
    assert_true(free_again.copied);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
#define WITH_RING(test) cmocka_unit_test_setup_teardown(test, open_ring, close_ring)
    const struct CMUnitTest tests[] = {
        WITH_RING(what_is_missing_is_said),
        WITH_RING(a_full_queue_is_told),
        WITH_RING(through_a_pipe),
        WITH_RING(through_sockets),
        WITH_RING(registered_through_a_pipe),
        WITH_RING(registered_through_sockets),
        WITH_RING(memory_that_was_not_registered_is_refused),
        WITH_RING(what_can_not_be_registered_is_said),
        WITH_RING(a_peer_that_is_gone_is_an_error),
        WITH_RING(signals_do_no_harm),
        WITH_RING(a_zero_copy_send_is_notified),
    };
    signal(SIGPIPE, SIG_IGN);
    alarm(STUCK_S); /* who waits for ever is a failure, too */
    return cmocka_run_group_tests_name("uring", tests, NULL, NULL);
}
