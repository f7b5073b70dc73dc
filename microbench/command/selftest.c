/* copycost selftest: measures the measurer. */
#include "harness/selftest.h"

#include <errno.h>
#include <stdio.h>

#include "microbench/command/command.h"

struct settings {
    bool functional;
};

static int set_functional(void *settings, const struct option_row *row, const char *value,
                          struct fault *fault)
{
    (void)row;
    (void)value;
    (void)fault;
    ((struct settings *)settings)->functional = true;
    return 0;
}

static const struct option_row rows[] = {
    {"functional", NULL, "leave out what judges times (for emulated machines)", set_functional},
};

static struct option_rows selftest_options(void)
{
    return (struct option_rows){rows, sizeof rows / sizeof *rows};
}

static void print_result(void *context, const struct selftest_result *result)
{
    unsigned *failed = context;
    *failed += !result->passed;
    printf("%-6s %-6s %s\n              found: %s\n", result->passed ? "ok" : "FAILED",
           result->name, result->expected, result->found);
    fflush(stdout);
}

static int selftest(const struct settings *settings, unsigned *failed, struct fault *fault)
{
    struct topology topology;
    struct clock clock;
    char why[200];
    int error = topology_open(&topology, fault);
    if (error)
        return error;
    struct environment environment = {
        .asked = {.cpu = topology_default_cpu(&topology, why, sizeof why),
                  .src_node = NODE_LOCAL,
                  .dst_node = NODE_LOCAL}};
    if (!(error = clock_open(&clock, fault)) &&
        !(error = environment_open(&environment, &topology, &clock, fault)))
        error = selftest_run(&environment, settings->functional, print_result, failed, fault);
    environment_close(&environment);
    topology_close(&topology);
    return error;
}

static int run_selftest(int argc, char **argv)
{
    struct settings settings = {false};
    struct fault fault;
    unsigned failed = 0;
    int operands,
        error = options_parse(selftest_options(), argc, argv, &settings, &operands, &fault);
    if (!error && operands)
        error = fail(&fault, EINVAL, "selftest takes no operand, and '%s' is one", argv[1]);
    if (!error)
        error = selftest(&settings, &failed, &fault);
    if (error)
        return command_complain(error, &fault);
    if (failed)
        printf("%u failed: figures of this machine are not to be trusted now\n", failed);
    return failed ? EXIT_FAILED : EXIT_FINE;
}

static const struct command command_selftest = {
    "selftest", "", "measures the measurer: work of known length has to come out as long as it is",
    selftest_options, run_selftest};
COMMAND(&command_selftest);
