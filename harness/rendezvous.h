/*
 * Where the members of a region meet, in memory that all of them share.
 *
 * Members with CPUs of their own wait spinning, so no wake-up lies in a sample. Members that share
 * a CPU sleep instead: one that spun would take the time of the one that is measured.
 */
#ifndef COPYCOST_HARNESS_RENDEZVOUS_H
#define COPYCOST_HARNESS_RENDEZVOUS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { CACHE_LINE_MAX = 256 };

/* Counts rise for ever: in round r each member adds one to `arrived` and to `finished`. */
struct rendezvous {
    _Alignas(CACHE_LINE_MAX) _Atomic uint32_t round;
    _Atomic bool closing;
    bool sleeping;
    uint32_t members;
    _Alignas(CACHE_LINE_MAX) _Atomic uint32_t arrived;
    _Alignas(CACHE_LINE_MAX) _Atomic uint32_t finished;
    pthread_mutex_t mutex; /* for those that sleep, as is `changed` */
    pthread_cond_t changed;
};

/* `rendezvous` is zeroed memory that all members will see. Nothing has to be closed. */
void rendezvous_open(struct rendezvous *rendezvous, unsigned members, bool sleeping);

/* The first member begins the next round, whose number is returned, or ends it all. */
uint32_t rendezvous_begin(struct rendezvous *rendezvous);
void rendezvous_close(struct rendezvous *rendezvous);

/* Another member waits for that round. Returns false if it is all over instead. */
bool rendezvous_join(struct rendezvous *rendezvous, uint32_t round);

/* Every member, in this order: has come, waits until all have (or not), is done. */
void rendezvous_arrive(struct rendezvous *rendezvous);
void rendezvous_meet(struct rendezvous *rendezvous, uint32_t round);
void rendezvous_finish(struct rendezvous *rendezvous);

/* Waits until all are done with that round. */
void rendezvous_await(struct rendezvous *rendezvous, uint32_t round);

#endif
