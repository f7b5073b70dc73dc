#include "microbench/send/receiver.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/random.h"

enum { READ_BYTES = 1 << 18 }; /* more than a datagram, or what is made of several, has */

void message_make(unsigned char *message, size_t bytes, uint64_t seed, unsigned slot)
{
    struct random random = {seed + slot};
    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        uint64_t word = random_next(&random);
        memcpy(message + i, &word, bytes - i < sizeof word ? bytes - i : sizeof word);
    }
}

/* How many bytes there are, at most `most`, which go to `into` unless they are dropped. */
static ssize_t take(const struct receiver *receiver, void *into, size_t most, bool drop)
{
    const int now = 1;
    bool tcp = receiver->link->request.protocol == VETH_TCP;
    int fd = receiver->link->veth.receiver;
    for (;;) {
        ssize_t length = recv(fd, into, drop && !tcp ? 1 : most, drop ? MSG_TRUNC : 0);
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            return length < 0 ? -errno : -EPIPE;
        if (tcp)
            setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &now, sizeof now);
        return length;
    }
}

static void count(struct receiver *receiver, size_t bytes)
{
    receiver->part += bytes;
    for (; receiver->part >= receiver->bytes; receiver->part -= receiver->bytes) {
        receiver->messages++;
        ring_take(receiver->credits, false);
    }
}

static size_t wanted(const struct receiver *receiver, uint64_t target)
{
    uint64_t bytes = (target - receiver->messages) * receiver->bytes - receiver->part;
    return bytes < READ_BYTES ? (size_t)bytes : READ_BYTES;
}

int receiver_drain(struct receiver *receiver, uint64_t messages)
{
    /* Nothing is written to it, but sanitizers believe in what recv() returns. */
    static unsigned char dropped[READ_BYTES];
    uint64_t target = receiver->messages + messages;
    while (receiver->messages < target) {
        ssize_t length = take(receiver, dropped, wanted(receiver, target), true);
        if (length < 0)
            return (int)length;
        count(receiver, (size_t)length);
    }
    return 0;
}

static int compare(struct receiver *receiver, const unsigned char *at, size_t bytes,
                   unsigned char *expected, uint64_t seed, struct fault *fault)
{
    while (bytes) {
        size_t left = receiver->bytes - receiver->part, some = bytes < left ? bytes : left;
        unsigned slot = (unsigned)(receiver->messages % receiver->slots);
        message_make(expected, receiver->bytes, seed, slot);
        if (memcmp(at, expected + receiver->part, some) != 0)
            return fail(fault, EILSEQ, "message %llu of %zu B arrived otherwise than it was sent",
                        (unsigned long long)receiver->messages, receiver->bytes);
        count(receiver, some);
        at += some;
        bytes -= some;
    }
    return 0;
}

static int compare_all(struct receiver *receiver, uint64_t target, unsigned char *read,
                       unsigned char *expected, uint64_t seed, struct fault *fault)
{
    bool tcp = receiver->link->request.protocol == VETH_TCP;
    int error = 0;
    while (!error && receiver->messages < target) {
        size_t most = tcp ? wanted(receiver, target) : READ_BYTES;
        ssize_t length = take(receiver, read, most, false);
        int missing = length < 0 ? (int)-length : 0;
        error = missing ? fail(fault, missing, "no message comes: %s", strerror(missing))
                        : compare(receiver, read, (size_t)length, expected, seed, fault);
    }
    return error;
}

int receiver_compare(struct receiver *receiver, uint64_t messages, uint64_t seed,
                     struct fault *fault)
{
    uint64_t target = receiver->messages + messages;
    unsigned char *read = malloc(READ_BYTES), *expected = malloc(receiver->bytes);
    int error = read && expected ? compare_all(receiver, target, read, expected, seed, fault)
                                 : fail(fault, ENOMEM, "no memory to compare messages in");
    free(read);
    free(expected);
    return error;
}
