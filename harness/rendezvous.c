#include "harness/rendezvous.h"

#include "arch/cpu.h"

void rendezvous_open(struct rendezvous *rendezvous, unsigned members, bool sleeping)
{
    rendezvous->members = members;
    rendezvous->sleeping = sleeping;
    if (!sleeping)
        return;
    pthread_mutexattr_t mutex;
    pthread_condattr_t changed;
    pthread_mutexattr_init(&mutex);
    pthread_condattr_init(&changed);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_condattr_setpshared(&changed, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&rendezvous->mutex, &mutex);
    pthread_cond_init(&rendezvous->changed, &changed);
}

/* After a change: whoever slept looks again. */
static void wake(struct rendezvous *rendezvous)
{
    if (!rendezvous->sleeping)
        return;
    pthread_mutex_lock(&rendezvous->mutex);
    pthread_cond_broadcast(&rendezvous->changed);
    pthread_mutex_unlock(&rendezvous->mutex);
}

static bool reached(struct rendezvous *rendezvous, _Atomic uint32_t *count, uint32_t wanted)
{
    return atomic_load_explicit(count, memory_order_acquire) >= wanted ||
           atomic_load_explicit(&rendezvous->closing, memory_order_relaxed);
}

static void await(struct rendezvous *rendezvous, _Atomic uint32_t *count, uint32_t wanted)
{
    if (!rendezvous->sleeping) {
        while (!reached(rendezvous, count, wanted))
            cpu_relax();
        return;
    }
    pthread_mutex_lock(&rendezvous->mutex);
    while (!reached(rendezvous, count, wanted))
        pthread_cond_wait(&rendezvous->changed, &rendezvous->mutex);
    pthread_mutex_unlock(&rendezvous->mutex);
}

uint32_t rendezvous_begin(struct rendezvous *rendezvous)
{
    uint32_t round = atomic_fetch_add(&rendezvous->round, 1) + 1;
    wake(rendezvous);
    return round;
}

void rendezvous_close(struct rendezvous *rendezvous)
{
    atomic_store(&rendezvous->closing, true);
    wake(rendezvous);
}

bool rendezvous_join(struct rendezvous *rendezvous, uint32_t round)
{
    await(rendezvous, &rendezvous->round, round);
    return !atomic_load(&rendezvous->closing);
}

void rendezvous_arrive(struct rendezvous *rendezvous)
{
    atomic_fetch_add(&rendezvous->arrived, 1);
    wake(rendezvous);
}

void rendezvous_meet(struct rendezvous *rendezvous, uint32_t round)
{
    await(rendezvous, &rendezvous->arrived, rendezvous->members * round);
}

void rendezvous_finish(struct rendezvous *rendezvous)
{
    atomic_fetch_add(&rendezvous->finished, 1);
    wake(rendezvous);
}

void rendezvous_await(struct rendezvous *rendezvous, uint32_t round)
{
    await(rendezvous, &rendezvous->finished, rendezvous->members * round);
}
