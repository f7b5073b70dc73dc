/*
 * Where the queues of `streams` are: the CPU that copies, the CPU that stands for the device, and
 * the node that is remote from the first.
 *
 * Queues take CPUs in the environment's order, so whole cores near the first one come before far
 * ones and those before second hardware threads. A device is on the next CPU of that order which is
 * on the node that it has to be on. A remote node is the next one by number, after the last one the
 * first again, that has CPUs and memory which this process may use.
 */
#ifndef COPYCOST_MICROBENCH_STREAMS_SEATS_H
#define COPYCOST_MICROBENCH_STREAMS_SEATS_H

#include "harness/environment.h"

enum streams_device { DEVICE_NONE, DEVICE_NEAR, DEVICE_REMOTE, DEVICES }; /* from its worker */

struct streams_seat {   /* of a queue */
    int worker, device; /* CPUs; device -1: none */
    int node, remote;   /* the worker's node; remote -1: there is none */
};

struct streams_seating { /* the same for the first queues, however many there are */
    struct streams_seat *seats;
    size_t count; /* queues that there are CPUs for */
};

/* The caller frees it with streams_seating_free(). Error: ENOMEM. */
int streams_seating_make(struct streams_seating *seating, enum streams_device device,
                         const struct environment *environment, struct fault *fault);
void streams_seating_free(struct streams_seating *seating);

/* How many different nodes the workers of the first queues are on. */
size_t streams_seating_nodes(const struct streams_seating *seating, size_t queues);

#endif
