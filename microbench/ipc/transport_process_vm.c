/*
 * One process reads or writes the other's memory: process_vm_readv(2), process_vm_writev(2). A ring
 * whose counters are shared, and whose slots only one of them has, says what is there; waiting is
 * by futex(2).
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "harness/system.h"
#include "microbench/ipc/transport.h"

enum { CAPABILITY_PTRACE = 19, SCOPE_CHILDREN = 1, SCOPE_NOBODY = 3 };

typedef ssize_t transfer(pid_t, const struct iovec *, unsigned long, const struct iovec *,
                         unsigned long, unsigned long);

static char reason[160];

static size_t slots(size_t chunk_bytes, size_t page_bytes)
{
    (void)page_bytes;
    return ring_slots(chunk_bytes);
}

static bool may_trace(void)
{
    char capabilities[32];
    return system_field(capabilities, sizeof capabilities, "/proc/self/status", "CapEff") &&
           strtoull(capabilities, NULL, 16) & (UINT64_C(1) << CAPABILITY_PTRACE);
}

/* Yama (Documentation/admin-guide/LSM/Yama.rst): 2 asks for CAP_SYS_PTRACE, 3 refuses all. */
static const char *missing(size_t chunk_bytes, size_t offset, size_t page_bytes)
{
    (void)chunk_bytes;
    (void)offset;
    (void)page_bytes;
    uint64_t scope = 0;
    if (process_vm_readv(getpid(), NULL, 0, NULL, 0, 0) < 0) {
        snprintf(reason, sizeof reason, "process_vm_readv(2) is refused here: %s", strerror(errno));
        return reason;
    }
    if (!system_number(&scope, "/proc/sys/kernel/yama/ptrace_scope") || scope <= SCOPE_CHILDREN ||
        (scope < SCOPE_NOBODY && may_trace()))
        return NULL;
    snprintf(reason, sizeof reason,
             "/proc/sys/kernel/yama/ptrace_scope is %d, which lets nobody here read another's "
             "memory",
             (int)scope);
    return reason;
}

static int open(struct lane *there, struct lane *back, struct fault *fault)
{
    (void)fault;
    there->capacity_bytes =
        (there->produced_count > 1 ? there->produced_count : there->consumed_count) *
        there->chunk_bytes;
    (void)back;
    return 0;
}

/* Each tells the other who it is, and lets it in: without that Yama allows parents alone. */
static int enter(struct lane *lane, enum lane_end end, struct fault *fault)
{
    (void)fault;
    _Atomic int *process = lane->ring->process;
    atomic_store(&process[end], (int)getpid());
    while ((lane->peer = atomic_load(&process[!end])) == 0)
        sched_yield();
    prctl(PR_SET_PTRACER, (unsigned long)lane->peer, 0, 0, 0); /* EINVAL: there is no Yama */
    return 0;
}

/* A chunk between its own memory, `here`, and the peer's. */
static int move(const struct lane *lane, transfer *call, void *here, void *there)
{
    struct iovec own = {.iov_base = here, .iov_len = lane->chunk_bytes};
    struct iovec others = {.iov_base = there, .iov_len = lane->chunk_bytes};
    while (own.iov_len) {
        ssize_t count = call(lane->peer, &own, 1, &others, 1, 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno == ESRCH ? -EPIPE : -errno;
        own.iov_base = (unsigned char *)own.iov_base + count;
        others.iov_base = (unsigned char *)others.iov_base + count;
        own.iov_len = others.iov_len -= (size_t)count;
    }
    return 0;
}

static int read_get_space(struct lane *lane, unsigned char **space)
{
    *space = lane->produced + lane->given % lane->produced_count * lane->stride;
    return ring_await_space(lane->ring, lane->given, lane->produced_count, false);
}

static int read_commit(struct lane *lane)
{
    lane->given++;
    ring_give(lane->ring, false);
    return 0;
}

static int read_get_chunk(struct lane *lane, const unsigned char **chunk)
{
    unsigned char *slot = lane->produced + lane->taken % lane->produced_count * lane->stride;
    *chunk = lane->consumed;
    int error = ring_await_chunk(lane->ring, lane->taken, false);
    if (!error)
        error = move(lane, process_vm_readv, lane->consumed, slot);
    lane->taken++;
    ring_take(lane->ring, false); /* it is here now */
    return error;
}

static int write_commit(struct lane *lane)
{
    unsigned char *slot = lane->consumed + lane->given % lane->consumed_count * lane->stride;
    int error = ring_await_space(lane->ring, lane->given, lane->consumed_count, false);
    if (!error)
        error = move(lane, process_vm_writev, lane->produced, slot);
    lane->given++;
    if (!error)
        ring_give(lane->ring, false);
    return error;
}

static int write_get_chunk(struct lane *lane, const unsigned char **chunk)
{
    *chunk = lane->consumed + lane->taken % lane->consumed_count * lane->stride;
    return ring_await_chunk(lane->ring, lane->taken, false);
}

static int write_release(struct lane *lane)
{
    lane->taken++;
    ring_take(lane->ring, false);
    return 0;
}

static void abandon(struct lane *lane, enum lane_end end)
{
    (void)end;
    ring_abandon(lane->ring);
}

static void close_lane(struct lane *lane)
{
    if (lane->peer)
        prctl(PR_SET_PTRACER, 0, 0, 0, 0);
}

#define PROCESS_VM_PARTS                                                                           \
    .kernel_copies = 1, .missing = missing, .open = open, .enter = enter, .abandon = abandon,      \
    .close = close_lane

static const struct transport readv_transport = {
    .name = "process_vm_readv",
    PROCESS_VM_PARTS,
    .produced = slots,
    .get_space = read_get_space,
    .commit = read_commit,
    .get_chunk = read_get_chunk,
};
TRANSPORT(&readv_transport);

static const struct transport writev_transport = {
    .name = "process_vm_writev",
    PROCESS_VM_PARTS,
    .consumed = slots,
    .commit = write_commit,
    .get_chunk = write_get_chunk,
    .release = write_release,
};
TRANSPORT(&writev_transport);
