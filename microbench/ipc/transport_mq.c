/*
 * A POSIX message queue: a chunk is a message. Its name is taken back at once, so that no queue is
 * left behind however this process ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/system.h"
#include "microbench/ipc/transport.h"

enum { MESSAGES = 10 }; /* the kernel's own default for what anybody may have */

static char reason[160];

static const char *missing(size_t chunk_bytes, size_t offset, size_t page_bytes)
{
    (void)offset;
    (void)page_bytes;
    uint64_t most;
    if (!system_number(&most, "/proc/sys/fs/mqueue/msgsize_max"))
        return "this kernel has no POSIX message queues";
    if (chunk_bytes <= most)
        return NULL;
    snprintf(reason, sizeof reason, "a message has at most %llu B: /proc/sys/fs/mqueue/msgsize_max",
             (unsigned long long)most);
    return reason;
}

static int fail_open(int error, size_t chunk_bytes, long messages, struct fault *fault)
{
    if (error == EMFILE)
        return fail(fault, ENOTSUP,
                    "a queue of %ld messages of %zu B is more than this user may have: ulimit -q",
                    messages, chunk_bytes);
    return fail(fault, error == ENOSYS || error == EACCES ? ENOTSUP : error,
                "can't make a message queue: %s", strerror(error));
}

static int open_one(struct lane *lane, struct fault *fault)
{
    static unsigned number;
    char name[64];
    uint64_t most;
    sigset_t all, before;
    struct mq_attr attributes = {.mq_maxmsg = MESSAGES, .mq_msgsize = (long)lane->chunk_bytes};
    if (system_number(&most, "/proc/sys/fs/mqueue/msg_max") && most < MESSAGES)
        attributes.mq_maxmsg = (long)most;
    snprintf(name, sizeof name, "/copycost-%ld-%u", (long)getpid(), number++);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attributes);
    int error = errno;
    if (queue != (mqd_t)-1)
        mq_unlink(name);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (queue == (mqd_t)-1)
        return fail_open(error, lane->chunk_bytes, attributes.mq_maxmsg, fault);
    lane->producer_fd = (int)queue;
    lane->capacity_bytes = (uint64_t)attributes.mq_maxmsg * lane->chunk_bytes;
    return 0;
}

static int open_queues(struct lane *there, struct lane *back, struct fault *fault)
{
    int error = open_one(there, fault);
    return error || !back ? error : open_one(back, fault);
}

/* Only who has abandoned the queue makes it return EAGAIN, or sends an empty message. */
static int ended(int error)
{
    return error == EAGAIN ? -EPIPE : -error;
}

static int commit(struct lane *lane)
{
    while (mq_send((mqd_t)lane->producer_fd, (const char *)lane->produced, lane->chunk_bytes, 0) <
           0)
        if (errno != EINTR)
            return ended(errno);
    return 0;
}

static int get_chunk(struct lane *lane, const unsigned char **chunk)
{
    *chunk = lane->consumed;
    for (;;) {
        ssize_t count =
            mq_receive((mqd_t)lane->producer_fd, (char *)lane->consumed, lane->chunk_bytes, NULL);
        if (count >= 0)
            return (size_t)count == lane->chunk_bytes ? 0 : -EPIPE;
        if (errno != EINTR)
            return ended(errno);
    }
}

/* From now on nobody waits; who waits already gets an empty message, or the room for one. */
static void abandon(struct lane *lane, enum lane_end end)
{
    const struct mq_attr attributes = {.mq_flags = O_NONBLOCK};
    mq_setattr((mqd_t)lane->producer_fd, &attributes, NULL);
    if (end == LANE_PRODUCER)
        mq_send((mqd_t)lane->producer_fd, "", 0, 0);
    else
        mq_receive((mqd_t)lane->producer_fd, (char *)lane->consumed, lane->chunk_bytes, NULL);
}

static const struct transport mq = {
    .name = "mq",
    .kernel_copies = 2,
    .missing = missing,
    .open = open_queues,
    .commit = commit,
    .get_chunk = get_chunk,
    .abandon = abandon,
};
TRANSPORT(&mq);
