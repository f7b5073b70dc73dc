/*
 * Counts the instructions that each kernel executes in user mode, for the kernels that can run on
 * this CPU: the least of many calls, less that of a call which does nothing. Prints CSV: kernel,
 * bytes, instructions. Under an emulator that counts instructions exactly (QEMU's -icount) a line
 * changes only if the kernel or the compiler does.
 *
 * Exit status: 0; 1 for an error; 77, with the reason on stderr, where instructions can't be
 * counted. Some machines open the counter and read 0: it has to count a loop of known length first.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch/kernel.h"

enum { RUNS = 50, LARGEST = 65536, SKIPPED = 77 };

static const size_t sizes[] = {64, 256, 1500, 4096, LARGEST};

/* A loop that executes at least two instructions a round, `bytes` times. */
static void *call_loop(void *restrict dst, const void *restrict src, size_t bytes)
{
    (void)src;
    for (volatile size_t i = 0; i < bytes; i++) {
    }
    return dst;
}

static void *call_nothing(void *restrict dst, const void *restrict src, size_t bytes)
{
    (void)src;
    (void)bytes;
    return dst;
}

/*
 * Returns a file descriptor or -1 with errno. Pinned: it counts always, or reads as ended. Some
 * PMUs (Cortex-A8) can't leave the kernel out; what it does between start and stop is the same
 * around the call which does nothing, unless it is interrupted, and so is taken off.
 */
static int counter_open(void)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof attributes,
        .config = PERF_COUNT_HW_INSTRUCTIONS,
        .disabled = 1,
        .pinned = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    long counter = syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0UL);
    if (counter < 0 && (errno == EINVAL || errno == EOPNOTSUPP)) {
        fprintf(stderr, "the counter can't leave the kernel out: it is counted, and taken off\n");
        attributes.exclude_kernel = 0;
        attributes.exclude_hv = 0;
        counter = syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0UL);
    }
    return (int)counter;
}

/* The least of RUNS calls; -1 if the counter can't be read. */
static int64_t count_calls(int counter, kernel_function *run, void *dst, const void *src,
                           size_t bytes)
{
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < RUNS; i++) {
        uint64_t count;
        ioctl(counter, PERF_EVENT_IOC_RESET, 0);
        ioctl(counter, PERF_EVENT_IOC_ENABLE, 0);
        run(dst, src, bytes);
        ioctl(counter, PERF_EVENT_IOC_DISABLE, 0);
        if (read(counter, &count, sizeof count) != sizeof count) {
            return -1;
        }
        least = count < least ? count : least;
    }
    return (int64_t)least;
}

/* Whether a loop's count grows by what the loop does. */
static int counter_counts(int counter, unsigned char *dst, const unsigned char *src)
{
    int64_t less = count_calls(counter, call_loop, dst, src, 1000);
    int64_t more = count_calls(counter, call_loop, dst, src, 2000);
    if (less < 0 || more < 0) {
        fprintf(stderr, "the counter of instructions can't be read: is there one in hardware?\n");
        return 0;
    }
    if (more - less < 2000) {
        fprintf(stderr,
                "1000 rounds of a loop count as %lld instructions, 2000 rounds as %lld: not a "
                "counter that works\n",
                (long long)less, (long long)more);
        return 0;
    }
    return 1;
}

/* Returns 0, or -1 if the counter can't be read. */
static int kernels_count(int counter, unsigned char *dst, const unsigned char *src)
{
    int64_t nothing = count_calls(counter, call_nothing, dst, src, 0);
    printf("kernel,bytes,instructions\n");
    for (size_t i = 0; i < kernel_count(); i++) {
        const struct kernel *kernel = kernel_at(i);
        for (size_t size = 0; size < sizeof sizes / sizeof sizes[0]; size++) {
            if (kernel_missing(kernel) || sizes[size] % kernel->granule != 0) {
                continue;
            }
            int64_t count = count_calls(counter, kernel->run, dst, src, sizes[size]);
            if (count < 0 || nothing < 0) {
                return -1;
            }
            printf("%s,%zu,%lld\n", kernel->name, sizes[size], (long long)(count - nothing));
        }
    }
    return 0;
}

int main(void)
{
    int counter = counter_open();
    if (counter < 0) {
        fprintf(stderr, "instructions can't be counted: perf_event_open: %s\n", strerror(errno));
        return SKIPPED;
    }
    /* One mapping: which of the two lies lower may decide what a kernel does. */
    unsigned char *src = mmap(NULL, 2 * LARGEST, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (src == MAP_FAILED) {
        fprintf(stderr, "no memory for %d bytes: %s\n", 2 * LARGEST, strerror(errno));
        return 1;
    }
    unsigned char *dst = src + LARGEST;
    memset(src, 0x5a, LARGEST);
    if (!counter_counts(counter, dst, src)) {
        return SKIPPED;
    }
    if (kernels_count(counter, dst, src) != 0) {
        fprintf(stderr, "the counter can't be read any more\n");
        return 1;
    }
    if (fflush(stdout) != 0) {
        fprintf(stderr, "the table can't be written: %s\n", strerror(errno));
        return 1;
    }
    return 0;
}
