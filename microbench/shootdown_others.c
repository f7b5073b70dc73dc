#include "microbench/shootdown_others.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch/cpu.h"
#include "harness/system.h"

struct other {
    struct others *others;
    pthread_t thread;
    int cpu;
    long number;  /* the kernel's, of the thread */
    int error;    /* of binding */
    size_t pages; /* that it has loaded from, and that held what was written */
    struct fault fault;
};

static void await_round(struct others *others, uint32_t seen)
{
    while (atomic_load_explicit(&others->round, memory_order_acquire) == seen) {
        if (others->idle)
            syscall(SYS_futex, &others->round, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
        else
            cpu_relax();
    }
}

static void begin_round(struct others *others)
{
    atomic_store(&others->ready, 0);
    atomic_fetch_add(&others->round, 1);
    if (others->idle)
        syscall(SYS_futex, &others->round, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

static void await_ready(const struct others *others)
{
    while (atomic_load_explicit(&others->ready, memory_order_acquire) < others->count)
        sched_yield(); /* one of them may have to leave this CPU first */
}

static void *other_run(void *argument)
{
    struct other *self = argument;
    struct others *others = self->others;
    uint32_t round = 0;
    self->number = syscall(SYS_gettid);
    self->error = topology_bind(others->topology, self->cpu, &self->fault);
    for (;;) {
        atomic_fetch_add(&others->ready, 1);
        await_round(others, round++);
        if (atomic_load(&others->closing))
            return NULL;
        self->pages = regions_touch(others->regions);
    }
}

int others_open(struct others *others, const struct environment *environment,
                const struct regions *regions, unsigned count, bool idle, struct fault *fault)
{
    memset(others, 0, sizeof *others);
    others->topology = environment->topology;
    others->regions = regions;
    others->idle = idle;
    others->others = calloc((size_t)count + 1, sizeof *others->others);
    if (!others->others)
        return fail(fault, ENOMEM, "no memory for %u threads", count);
    for (unsigned i = 0; i < count; i++) {
        struct other *other = &others->others[i];
        *other = (struct other){.others = others, .cpu = environment->cpu_order[i + 1]};
        int error = pthread_create(&other->thread, NULL, other_run, other);
        if (error)
            return fail(fault, EAGAIN, "can't start thread %u of %u: %s", i + 1, count,
                        strerror(error));
        others->count++;
    }
    await_ready(others);
    for (unsigned i = 0; i < count; i++)
        if (others->others[i].error)
            return fail(fault, -others->others[i].error, "%s", others->others[i].fault.text);
    return 0;
}

void others_close(struct others *others)
{
    atomic_store(&others->closing, true);
    begin_round(others);
    for (unsigned i = 0; i < others->count; i++)
        pthread_join(others->others[i].thread, NULL);
    free(others->others);
    others->others = NULL;
    others->count = 0;
}

/* The letter that the kernel gives for what a thread does; 0 unknown. */
static char thread_state(long number)
{
    char text[64]; /* "123 (copycost) S ..." */
    bool read = system_line(text, sizeof text, "/proc/self/task/%ld/stat", number);
    const char *name_end = read ? strrchr(text, ')') : NULL;
    return name_end && name_end[1] == ' ' ? name_end[2] : '\0';
}

int others_touch(struct others *others, struct fault *fault)
{
    begin_round(others);
    await_ready(others);
    size_t pages = others->regions->count * others->regions->pages;
    for (unsigned i = 0; i < others->count; i++) {
        const struct other *other = &others->others[i];
        if (other->pages != pages)
            return fail(fault, EILSEQ, "the thread on CPU %d found %zu of %zu pages as written",
                        other->cpu, other->pages, pages);
        char state;
        while (others->idle && (state = thread_state(other->number)) != 'S')
            if (!state)
                return fail(fault, ENOTSUP,
                            "that other threads are idle can't be seen without /proc/self/task");
    }
    return 0;
}

bool others_have(const struct topology_cpu *cpu, const void *argument)
{
    const struct others *others = argument;
    for (unsigned i = 0; i < others->count; i++)
        if (others->others[i].cpu == cpu->cpu)
            return true;
    return false;
}
