/*
 * What goes over a pair of veth interfaces arrives and is counted, and nothing of them stays; what
 * goes elsewhere is found.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/veth.h"

#include <cmocka.h>

enum { BYTES = 1000, LOOPBACK = 1, NO_SUCH = 1000, DESCRIPTORS = 64 };

static struct fault fault;
static unsigned char sent[BYTES], got[BYTES];

static struct veth_request request_of(enum veth_protocol protocol, bool discards)
{
    return (struct veth_request){.protocol = protocol, .mtu = VETH_MTU_USUAL, .discards = discards};
}

static void open_or_skip(struct veth *veth, struct veth_request request)
{
    int error = veth_open(veth, &request, &fault);
    if (error == -EPERM || error == -ENOTSUP) {
        assert_true(strlen(fault.text) > 20);
        skip();
    }
    if (error)
        fail_msg("%s", fault.text);
}

static unsigned descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        int again = dup(fd);
        count += again >= 0;
        if (again >= 0)
            close(again);
    }
    return count;
}

static void expect_delivery(enum veth_protocol protocol)
{
    struct veth veth;
    struct veth_count before;
    open_or_skip(&veth, request_of(protocol, false));
    for (size_t i = 0; i < BYTES; i++)
        sent[i] = (unsigned char)(i * 7 + protocol);
    assert_int_equal(veth_sent(&veth, &before, &fault), 0);
    assert_int_equal(veth_prove(&veth, &before, 1, &fault), -EILSEQ);
    assert_int_equal(send(veth.sender, sent, BYTES, 0), BYTES);
    assert_int_equal(recv(veth.receiver, got, BYTES, MSG_WAITALL), BYTES);
    assert_memory_equal(got, sent, BYTES);
    assert_int_equal(veth_prove(&veth, &before, BYTES, &fault), 0);
    assert_int_equal(veth_prove(&veth, &before, 2 * BYTES, &fault), -EILSEQ);
    veth_close(&veth);
}

static void datagrams_arrive_and_are_counted(void **state)
{
    (void)state;
    expect_delivery(VETH_UDP);
}

static void a_connection_carries_bytes_and_is_counted(void **state)
{
    (void)state;
    expect_delivery(VETH_TCP);
}

static void what_is_discarded_is_counted_too(void **state)
{
    (void)state;
    struct veth veth;
    struct veth_count before, after;
    open_or_skip(&veth, request_of(VETH_UDP, true));
    assert_int_equal(veth.receiver, -1);
    assert_int_equal(veth_sent(&veth, &before, &fault), 0);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(send(veth.sender, sent, BYTES, 0), BYTES);
    assert_int_equal(veth_prove(&veth, &before, 10 * BYTES, &fault), 0);
    assert_int_equal(veth_sent(&veth, &after, &fault), 0);
    assert_true(after.packets - before.packets >= 10);
    veth_close(&veth);
}

/* A socket of this process's own namespace in the place of the sender's. */
static void what_goes_another_way_is_found(void **state)
{
    (void)state;
    struct veth veth;
    struct veth_count before;
    int local[2];
    open_or_skip(&veth, request_of(VETH_UDP, false));
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, local), 0);
    assert_int_equal(veth_sent(&veth, &before, &fault), 0);
    assert_int_equal(send(local[0], sent, BYTES, 0), BYTES);
    assert_int_equal(veth_prove(&veth, &before, BYTES, &fault), -EILSEQ);
    assert_non_null(strstr(fault.text, "no more than 0 left"));
    close(local[0]);
    close(local[1]);
    veth_close(&veth);
}

static void only_a_veth_counts(void **state)
{
    (void)state;
    struct veth veth;
    struct veth_count count;
    open_or_skip(&veth, request_of(VETH_UDP, true));
    struct veth other = veth;
    other.index = LOOPBACK;
    assert_int_equal(veth_sent(&other, &count, &fault), -ENODEV);
    assert_non_null(strstr(fault.text, "is no veth"));
    other.index = NO_SUCH;
    assert_int_equal(veth_sent(&other, &count, &fault), -ENODEV);
    veth_close(&veth);
}

static void nothing_of_them_stays(void **state)
{
    (void)state;
    struct veth veth;
    char before[64] = "", after[64] = "";
    unsigned open = descriptors();
    bool known = readlink("/proc/self/ns/net", before, sizeof before - 1) > 0;
    for (unsigned i = 0; i < 3; i++) {
        open_or_skip(&veth, request_of(i == 0 ? VETH_TCP : VETH_UDP, i == 1));
        veth_close(&veth);
        veth_close(&veth);
    }
    assert_int_equal(descriptors(), open);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    if (known)
        assert_true(readlink("/proc/self/ns/net", after, sizeof after - 1) > 0);
    assert_string_equal(before, after);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct veth veth;
    struct veth_request request = request_of(VETH_TCP, true);
    assert_int_equal(veth_open(&veth, &request, &fault), -EINVAL);
    request = request_of(VETH_UDP, true);
    request.mtu = VETH_MTU_MOST + 1;
    assert_true(veth_open(&veth, &request, &fault) < 0);
    assert_true(strlen(fault.text) > 10);
    assert_int_equal(veth.sender, -1);
    assert_true(strlen(veth_backend()) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_arrive_and_are_counted),
        cmocka_unit_test(a_connection_carries_bytes_and_is_counted),
        cmocka_unit_test(what_is_discarded_is_counted_too),
        cmocka_unit_test(what_goes_another_way_is_found),
        cmocka_unit_test(only_a_veth_counts),
        cmocka_unit_test(nothing_of_them_stays),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests_name("veth", tests, NULL, NULL);
}
