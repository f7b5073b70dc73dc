/* copycost list: what there is to measure, and with what. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arch/kernel.h"
#include "harness/benchmark.h"
#include "harness/counters.h"
#include "harness/writer.h"
#include "microbench/command/command.h"

static int list_experiments(struct fault *fault)
{
    (void)fault;
    puts("experiments:");
    for (size_t i = 0; i < benchmark_count(); i++) {
        const struct benchmark *benchmark = benchmark_at(i);
        printf("  %-12s %s\n", benchmark->name, benchmark->summary);
        for (size_t j = 0; j < benchmark->axis_count; j++) {
            const struct axis *axis = &benchmark->axes[j];
            char option[AXIS_OPTION_BYTES];
            axis_option(axis, option);
            printf("    --%-11s %s\n", option, axis->help);
            for (size_t profile = 0; profile < PROFILES; profile++)
                printf("      %-11s %s\n", profile_names[profile], axis->range[profile]);
        }
        for (size_t j = 0; j < benchmark->parameter_count; j++) {
            const struct parameter *parameter = &benchmark->parameters[j];
            bool takes = parameter->metavar;
            printf("    --%s%s%s %s\n", parameter->name, takes ? "=" : "",
                   takes ? parameter->metavar : "", parameter->help);
        }
    }
    return 0;
}

static int list_kernels(struct fault *fault)
{
    (void)fault;
    puts("kernels:");
    for (size_t i = 0; i < kernel_count(); i++) {
        const struct kernel *kernel = kernel_at(i);
        const char *missing = kernel_missing(kernel), *resolved = kernel_resolved(kernel);
        printf("  %-26s %s", kernel->name, kernel->summary);
        if (resolved)
            printf(" (here: %s)", resolved);
        if (missing)
            printf(" (not here: this CPU lacks %s)", missing);
        putchar('\n');
    }
    return 0;
}

static int list_counters(struct fault *fault)
{
    struct counters counters;
    int error = counters_open(&counters, NULL, fault);
    if (error)
        return error;
    char backends[128];
    counters_backends(backends, sizeof backends);
    printf("counters (%s):\n", backends);
    for (size_t i = 0; i < counters.count; i++) {
        const struct counter *counter = &counters.counter[i];
        if (counter->reason[0])
            printf("  %-14s %s\n", counter->name, counter->reason);
        else
            printf("  %-14s %s (%s)\n", counter->name, counter->event, counter->backend);
    }
    counters_close(&counters);
    return 0;
}

static int list_formats(struct fault *fault)
{
    (void)fault;
    puts("formats:");
    for (size_t i = 0; i < writer_count(); i++)
        printf("  %-12s %s\n", writer_at(i)->name, writer_at(i)->summary);
    return 0;
}

static const struct listing {
    const char *name;
    int (*print)(struct fault *fault);
} listings[] = {
    {"experiments", list_experiments},
    {"kernels", list_kernels},
    {"counters", list_counters},
    {"formats", list_formats},
};

enum { LISTINGS = sizeof listings / sizeof *listings };

static int list_one(const char *name, struct fault *fault)
{
    for (size_t i = 0; i < LISTINGS; i++)
        if (!name || strcmp(listings[i].name, name) == 0) {
            int error = listings[i].print(fault);
            if (error || name)
                return error;
        }
    return name ? fail(fault, EINVAL,
                       "no list of '%s'; there are: experiments, kernels, counters, formats", name)
                : 0;
}

static int set_load(void *settings, const struct option_row *row, const char *value,
                    struct fault *fault)
{
    (void)settings;
    (void)row;
    return kernel_load(value, fault);
}

static const struct option_row rows[] = {
    {"load", "PATH:SYMBOL[:NAME]", "adds a copy kernel from a shared object", set_load},
};

static struct option_rows list_options(void)
{
    return (struct option_rows){rows, sizeof rows / sizeof *rows};
}

static int run_list(int argc, char **argv)
{
    struct fault fault;
    int operands, error = options_parse(list_options(), argc, argv, NULL, &operands, &fault);
    if (!error && operands == 0)
        error = list_one(NULL, &fault);
    for (int i = 1; !error && i <= operands; i++)
        error = list_one(argv[i], &fault);
    return error ? command_complain(error, &fault) : EXIT_FINE;
}

static const struct command list = {"list", "[experiments|kernels|counters|formats]",
                                    "what there is to measure, and with what", list_options,
                                    run_list};
COMMAND(&list);
