/*
 * The built-in back ends of counters together, as far as this machine has any.
 */
#include "harness/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Opens, counts every pass once and closes; whatever this machine has. */
static void count_here(const char *events)
{
    struct counters counters;
    struct fault fault = {""};
    if (counters_open(&counters, events, &fault) != 0)
        fail_msg("%s", fault.text);
    for (unsigned pass = 0; pass < counters.passes; pass++) {
        long long values[COUNTERS_MAX];
        for (size_t i = 0; i < counters.count; i++)
            values[i] = -1;
        assert_int_equal(counters_start(&counters, pass, &fault), 0);
        assert_int_equal(counters_stop(&counters, pass, values, &fault), 0);
        for (size_t i = 0; i < counters.count; i++) {
            const struct counter *counter = &counters.counter[i];
            bool counted = counter->reason[0] == '\0' && counter->pass == pass;
            assert_true(counted == (values[i] >= 0));
        }
    }
    char text[400];
    counters_reason(&counters, text, sizeof text);
    bool complete = true;
    for (size_t i = 0; i < counters.count; i++)
        complete = complete && counters.counter[i].reason[0] == '\0';
    assert_true(complete == (text[0] == '\0'));
    counters_close(&counters);
}

static void test_counters_of_this_machine(void **state)
{
    (void)state;
    FILE *noise = tmpfile();
    assert_non_null(noise);
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    dup2(fileno(noise), STDERR_FILENO);
    count_here(NULL);
    count_here("cycles:u,page-faults,task-clock");
    pid_t child = fork();
    if (child == 0) {
        count_here(NULL);
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    dup2(kept, STDERR_FILENO);
    close(kept);
    assert_int_equal(status, 0);
    assert_int_equal(lseek(fileno(noise), 0, SEEK_END), 0);
    fclose(noise);
}

static void test_unknown_event_here(void **state)
{
    (void)state;
    struct counters counters;
    struct fault fault = {""};
    int result = counters_open(&counters, "PAPI_NO_SUCH_EVENT", &fault);
    if (result == 0) { /* nobody can say: then there is a reason for that */
        assert_string_not_equal(counters.counter[0].reason, "");
        counters_close(&counters);
        return;
    }
    assert_int_equal(result, -EINVAL);
    assert_non_null(strstr(fault.text, "PAPI_NO_SUCH_EVENT"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_of_this_machine),
        cmocka_unit_test(test_unknown_event_here),
    };
    return cmocka_run_group_tests_name("counters here", tests, NULL, NULL);
}
