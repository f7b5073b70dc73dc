/*
 * Counters by perf_event_open(2), with no library between: the kernel's generic events by the names
 * that perf(1) has for them, and raw ones as rNNN. Modifiers as there: :u user mode, :k kernel, :h
 * hypervisor; without one, user mode, but events that only happen in the kernel are counted there.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/counter_source.h"
#include "harness/system.h"

enum mode { MODE_USER = 1, MODE_KERNEL = 2, MODE_HYPERVISOR = 4 };

#define CACHE_READ_MISSES(cache)                                                                   \
    (PERF_COUNT_HW_CACHE_##cache | PERF_COUNT_HW_CACHE_OP_READ << 8 |                              \
     PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

static const struct event {
    const char *name;
    uint32_t type;
    uint64_t config;
    unsigned modes; /* where no modifier says */
} events[] = {
    {"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, MODE_USER},
    {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, MODE_USER},
    {"branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, MODE_USER},
    {"L1-dcache-load-misses", PERF_TYPE_HW_CACHE, CACHE_READ_MISSES(L1D), MODE_USER},
    {"LLC-load-misses", PERF_TYPE_HW_CACHE, CACHE_READ_MISSES(LL), MODE_USER},
    {"dTLB-load-misses", PERF_TYPE_HW_CACHE, CACHE_READ_MISSES(DTLB), MODE_USER},
    {"task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, MODE_USER},
    {"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, MODE_USER},
    {"context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES,
     MODE_USER | MODE_KERNEL},
    {"cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, MODE_USER | MODE_KERNEL},
};
enum { EVENTS = sizeof events / sizeof *events };

/* An event's code: its type, modes and config. */
enum { MODES_SHIFT = 48, TYPE_SHIFT = 56 };
static const uint64_t config_most = (UINT64_C(1) << MODES_SHIFT) - 1;

static uint64_t code_of(uint32_t type, unsigned modes, uint64_t config)
{
    return (uint64_t)type << TYPE_SHIFT | (uint64_t)modes << MODES_SHIFT | config;
}

static unsigned modes_of(uint64_t code)
{
    return code >> MODES_SHIFT & 0xff;
}

/* What a read of a group gives (PERF_FORMAT_GROUP). */
struct reading {
    uint64_t count, enabled_ns, running_ns;
    uint64_t values[COUNTERS_MAX];
};

struct set {
    int count;
    int fd[COUNTERS_MAX]; /* the first leads the group */
    struct reading last;  /* all so far: the kernel only ever adds */
};

static int open_event(uint64_t code, int leader)
{
    unsigned modes = modes_of(code);
    struct perf_event_attr attributes = {
        .size = sizeof attributes,
        .type = (uint32_t)(code >> TYPE_SHIFT),
        .config = code & config_most,
        .disabled = leader < 0, /* the others run when it does */
        .exclude_user = !(modes & MODE_USER),
        .exclude_kernel = !(modes & MODE_KERNEL),
        .exclude_hv = !(modes & MODE_HYPERVISOR),
        .read_format =
            PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
    };
    return (int)syscall(SYS_perf_event_open, &attributes, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);
}

/* Whether perf_event_paranoid forbids to count in these modes. Says what to do about it. */
static bool is_paranoid(unsigned modes, struct fault *fault)
{
    char level[16];
    int most = modes & (MODE_KERNEL | MODE_HYPERVISOR) ? 1 : 2;
    if (!system_line(level, sizeof level, "/proc/sys/kernel/perf_event_paranoid") ||
        atoi(level) <= most)
        return false;
    fail(fault, ENOTSUP,
         "not permitted: lower /proc/sys/kernel/perf_event_paranoid from %s to %d, or grant "
         "CAP_PERFMON",
         level, most);
    return true;
}

static int perf_open(struct fault *fault)
{
    int fd = open_event(code_of(PERF_TYPE_SOFTWARE, MODE_USER, PERF_COUNT_SW_TASK_CLOCK), -1);
    int error = errno;
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    if (error == ENOSYS)
        return fail(fault, ENOTSUP, "this kernel is built without it");
    if (error != EACCES && error != EPERM)
        return fail(fault, ENOTSUP, "%s", strerror(error));
    if (is_paranoid(MODE_USER, fault))
        return -ENOTSUP;
    return fail(
        fault, ENOTSUP,
        "not permitted, though perf_event_paranoid allows it: allow the system call where a "
        "container's filter (seccomp) forbids it");
}

/* The event's name ends at `length`. */
static bool find_event(const char *name, size_t length, struct event *found)
{
    for (size_t i = 0; i < EVENTS; i++) {
        if (strlen(events[i].name) == length && strncmp(events[i].name, name, length) == 0) {
            *found = events[i];
            return true;
        }
    }
    if (name[0] != 'r' || length < 2 || strspn(name + 1, "0123456789abcdefABCDEF") != length - 1)
        return false;
    *found = (struct event){NULL, PERF_TYPE_RAW, strtoull(name + 1, NULL, 16), MODE_USER};
    return found->config <= config_most;
}

/* ":uk" and the like. False if it is none. */
static bool find_modes(const char *modifiers, unsigned *modes)
{
    static const char letters[] = "ukh"; /* in the order of the modes' bits */
    *modes = 0;
    for (modifiers++; *modifiers != '\0'; modifiers++) {
        const char *letter = strchr(letters, *modifiers);
        if (letter == NULL)
            return false;
        *modes |= 1U << (letter - letters);
    }
    return *modes != 0;
}

static int perf_find(const char *name, uint64_t *code, struct fault *fault)
{
    struct event event;
    size_t length = strcspn(name, ":");
    if (find_event(name, length, &event) &&
        (name[length] == '\0' || find_modes(name + length, &event.modes))) {
        *code = code_of(event.type, event.modes, event.config);
        return 0;
    }
    char list[256] = "";
    for (size_t i = 0; i < EVENTS; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s, ", events[i].name);
    }
    return fail(fault, EINVAL, "it has %sand raw events as rNNN, with :u :k :h as in perf(1)",
                list);
}

static int perf_set_open(intptr_t *handle, struct fault *fault)
{
    struct set *set = calloc(1, sizeof *set);
    if (set == NULL)
        return fail(fault, ENOMEM, "no memory for a group of events");
    *handle = (intptr_t)set;
    return 0;
}

static void perf_set_close(intptr_t handle)
{
    struct set *set = (struct set *)handle;
    while (set->count > 0)
        close(set->fd[--set->count]);
    free(set);
}

static int perf_set_add(intptr_t handle, uint64_t code, struct fault *fault)
{
    struct set *set = (struct set *)handle;
    if (set->count == COUNTERS_MAX)
        return fail(fault, ENOTSUP, "%d events are the most in a group", COUNTERS_MAX);
    int fd = open_event(code, set->count > 0 ? set->fd[0] : -1);
    int error = errno;
    if (fd >= 0) {
        set->fd[set->count++] = fd;
        return 0;
    }
    if ((error == EACCES || error == EPERM) && is_paranoid(modes_of(code), fault))
        return -ENOTSUP;
    if (error == ENOENT || error == ENODEV || error == EOPNOTSUPP)
        return fail(fault, ENOTSUP, "no PMU here counts it");
    if (error == EINVAL && set->count > 0)
        return fail(fault, ENOTSUP, "it does not fit in beside the others");
    if (error == EINVAL || error == EPERM)
        return fail(fault, ENOTSUP, "the PMU does not count it, or not in that mode alone");
    return fail(fault, ENOTSUP, "%s", strerror(error));
}

static int perf_set_start(intptr_t handle, struct fault *fault)
{
    const struct set *set = (const struct set *)handle;
    if (ioctl(set->fd[0], PERF_EVENT_IOC_ENABLE, 0) != 0)
        return fail(fault, errno, "it does not start to count: %s", strerror(errno));
    return 0;
}

static int perf_set_stop(intptr_t handle, long long *values, struct fault *fault)
{
    struct set *set = (struct set *)handle;
    struct reading now;
    size_t bytes = (3 + (size_t)set->count) * sizeof now.count;
    if (ioctl(set->fd[0], PERF_EVENT_IOC_DISABLE, 0) != 0)
        return fail(fault, errno, "it does not stop counting: %s", strerror(errno));
    if (read(set->fd[0], &now, sizeof now) != (ssize_t)bytes)
        return fail(fault, EIO, "its counters can't be read");
    uint64_t enabled_ns = now.enabled_ns - set->last.enabled_ns;
    uint64_t running_ns = now.running_ns - set->last.running_ns;
    for (int i = 0; i < set->count; i++)
        values[i] = (long long)(now.values[i] - set->last.values[i]);
    set->last = now;
    if (running_ns != enabled_ns)
        return fail(fault, EBUSY,
                    "counted for %llu of %llu ns only: another program, the NMI watchdog or a core "
                    "of another kind had the PMU",
                    (unsigned long long)running_ns, (unsigned long long)enabled_ns);
    return 0;
}

static const struct counter_source perf = {
    .name = "perf_event_open",
    .open = perf_open,
    .find = perf_find,
    .set_open = perf_set_open,
    .set_close = perf_set_close,
    .set_add = perf_set_add,
    .set_start = perf_set_start,
    .set_stop = perf_set_stop,
};

COUNTER_SOURCE(&perf);
