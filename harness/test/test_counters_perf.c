/*
 * perf_event_open as a back end: what the kernel counts without a PMU, and what it is made to
 * refuse.
 */
#include "harness/counter_source.h"
#include "harness/test/tree.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

REGISTRY_DECLARE(counter_source, counter_source);

enum { PAGES = 64 };

/* Other back ends may know the same names. */
static struct counter_sources perf_alone(void)
{
    for (size_t i = 0; i < REGISTRY_COUNT(counter_source); i++)
        if (strcmp(REGISTRY_BEGIN(counter_source)[i]->name, "perf_event_open") == 0)
            return (struct counter_sources){REGISTRY_BEGIN(counter_source) + i, 1};
    fail_msg("perf_event_open is not built in");
    return (struct counter_sources){NULL, 0};
}

static struct counters open_perf(const char *events)
{
    struct counters counters;
    struct fault fault;
    struct counter_sources sources = perf_alone();
    if (counters_open_from(&sources, &counters, events, &fault) != 0)
        fail_msg("%s", fault.text);
    return counters;
}

/* Counts what writing to so many fresh pages takes. */
static void count_pages(struct counters *counters, size_t pages, long long *values)
{
    struct fault fault;
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE), bytes = PAGES * page_bytes;
    volatile unsigned char *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    madvise((void *)memory, bytes, MADV_NOHUGEPAGE);
    assert_int_equal(counters_start(counters, 0, &fault), 0);
    for (size_t page = 0; page < pages; page++)
        memory[page * page_bytes] = 1;
    assert_int_equal(counters_stop(counters, 0, values, &fault), 0);
    munmap((void *)memory, bytes);
}

static void software_events_count_what_is_known(void **state)
{
    (void)state;
    struct counters counters = open_perf("page-faults,task-clock");
    long long values[COUNTERS_MAX];
    if (counters.passes == 0) {
        print_message("# %s\n", counters.counter[0].reason);
        counters_close(&counters);
        skip();
    }
    assert_int_equal(counters.passes, 1);
    assert_string_equal(counters.counter[0].name, "perf_page_faults");
    assert_string_equal(counters.counter[0].backend, "perf_event_open");
    for (int i = 0; i < 2; i++) {
        count_pages(&counters, PAGES, values);
        assert_true(values[0] >= PAGES && values[1] > 0);
        /* Since the start, not since it was opened. */
        count_pages(&counters, 0, values);
        assert_true(values[0] < PAGES);
    }
    counters_close(&counters);
}

/* What happens in the kernel only is counted there: in user mode it would always be 0. */
static void context_switches_are_counted(void **state)
{
    (void)state;
    struct counters counters = open_perf("context-switches");
    long long switches;
    struct fault fault;
    cpu_set_t before, one;
    if (counters.passes == 0) {
        print_message("# %s\n", counters.counter[0].reason);
        counters_close(&counters);
        skip();
    }
    /* On one CPU the child only runs when this thread does not. */
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(counters_start(&counters, 0, &fault), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    assert_int_equal(counters_stop(&counters, 0, &switches, &fault), 0);
    sched_setaffinity(0, sizeof before, &before);
    assert_true(switches > 0);
    counters_close(&counters);
}

static void hardware_counts_or_has_a_reason(void **state)
{
    (void)state;
    struct counters counters = open_perf(NULL);
    for (size_t i = 0; i < counters.count; i++) {
        const struct counter *counter = &counters.counter[i];
        bool counts = counter->reason[0] == '\0';
        assert_int_equal(counts, strcmp(counter->backend, "perf_event_open") == 0);
        assert_int_equal(counts, counter->event[0] != '\0');
    }
    counters_close(&counters);
}

static void names_are_those_of_perf(void **state)
{
    (void)state;
    static const char *const known[] = {"cycles:ukh", "instructions:u", "rc0", "r1A8:k",
                                        "cpu-migrations"};
    static const char *const unknown[] = {"cycles:", "cycles:x",       "cycle",       "r",
                                          "rc0g",    "r1000000000000", "PAPI_TOT_INS"};
    struct counter_sources sources = perf_alone();
    struct fault fault;
    uint64_t codes[sizeof known / sizeof *known];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_int_equal(sources.source[0]->find(known[i], &codes[i], &fault), 0);
        for (size_t j = 0; j < i; j++)
            assert_true(codes[i] != codes[j]);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_int_equal(sources.source[0]->find(unknown[i], &codes[0], &fault), -EINVAL);
        assert_non_null(strstr(fault.text, "page-faults, "));
    }
}

/* In a process of its own, where the system call fails like that. Exits with 77 if it can't be. */
static void open_forbidden(int error, int answers)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(77);
    struct counter_sources sources = perf_alone();
    struct counters counters;
    struct fault fault;
    if (counters_open_from(&sources, &counters, "page-faults", &fault) != 0)
        _exit(1);
    const char *reason = counters.counter[0].reason;
    _exit(write(answers, reason, strlen(reason) + 1) < 0);
}

static void assert_forbidden(int error, const char *paranoid, const char *why)
{
    int answers[2], status = 0;
    char reason[512] = "";
    tree_write("/proc/sys/kernel/perf_event_paranoid", paranoid);
    assert_int_equal(pipe(answers), 0);
    pid_t child = fork();
    if (child == 0)
        open_forbidden(error, answers[1]);
    waitpid(child, &status, 0);
    close(answers[1]);
    ssize_t length = read(answers[0], reason, sizeof reason - 1);
    close(answers[0]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_true(length > 0);
    if (strstr(reason, why) == NULL)
        fail_msg("'%s' instead of '%s'", reason, why);
}

static void a_kernel_that_refuses_is_a_reason(void **state)
{
    (void)state;
    assert_forbidden(ENOSYS, "2\n", "perf_event_open: this kernel is built without it");
    assert_forbidden(EACCES, "3\n", "lower /proc/sys/kernel/perf_event_paranoid from 3 to 2");
    assert_forbidden(EPERM, "4\n", "from 4 to 2, or grant CAP_PERFMON");
    assert_forbidden(EPERM, "-1\n", "a container's filter (seccomp) forbids it");
    assert_forbidden(EMFILE, "2\n", strerror(EMFILE));
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(software_events_count_what_is_known),
        cmocka_unit_test(context_switches_are_counted),
        cmocka_unit_test(hardware_counts_or_has_a_reason),
        cmocka_unit_test(names_are_those_of_perf),
        IN_TREE(a_kernel_that_refuses_is_a_reason),
    };
    return cmocka_run_group_tests_name("counters perf", tests, NULL, NULL);
}
