/* copycost machine: the facts that travel with a dataset, and the doctor's list. */
#include "harness/machine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/environment.h"
#include "microbench/command/command.h"

struct settings {
    bool json;
};

static int set_json(void *settings, const struct option_row *row, const char *value,
                    struct fault *fault)
{
    (void)row;
    (void)value;
    (void)fault;
    ((struct settings *)settings)->json = true;
    return 0;
}

static const struct option_row rows[] = {
    {"json", NULL, "everything, as in a dataset's machine.json", set_json},
};

static struct option_rows machine_options(void)
{
    return (struct option_rows){rows, sizeof rows / sizeof *rows};
}

static void print_value(const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
    if (json_is_null(value))
        puts("-");
    else
        puts(json_is_string(value) ? json_string_value(value) : text ? text : "-");
    free(text);
}

static void print_member(const char *name, const json_t *value)
{
    const char *key;
    json_t *member;
    if (!json_is_object(value)) {
        printf("%-28s ", name);
        print_value(value);
        return;
    }
    json_object_foreach((json_t *)value, key, member)
    {
        char path[64];
        snprintf(path, sizeof path, "%s.%s", name, key);
        print_member(path, member);
    }
}

static void print_doctor(const json_t *findings)
{
    size_t index;
    json_t *finding;
    puts(json_array_size(findings) ? "\nWhat here will spoil a measurement, and how to change it:"
                                   : "\nNothing found that would spoil a measurement.");
    json_array_foreach((json_t *)findings, index, finding)
    {
        printf("- %s\n", json_string_value(json_object_get(finding, "finding")));
        printf("    effect: %s\n", json_string_value(json_object_get(finding, "effect")));
        printf("    remedy: %s\n", json_string_value(json_object_get(finding, "remedy")));
    }
}

static void print_machine(const json_t *machine, bool json)
{
    const char *key;
    json_t *value;
    if (json) {
        json_dumpf(machine, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        putchar('\n');
        return;
    }
    json_object_foreach((json_t *)machine, key, value)
    {
        /* `copycost list` shows these in a form made for reading. */
        if (strcmp(key, "doctor") != 0 && strcmp(key, "kernels") != 0 &&
            strcmp(key, "counters") != 0 && strcmp(key, "cache_curve") != 0)
            print_member(key, value);
    }
    print_doctor(json_object_get(machine, "doctor"));
}

static int describe(const struct settings *settings, struct fault *fault)
{
    struct topology topology;
    struct cache_edges caches;
    struct clock clock;
    struct counters counters;
    struct throttle throttle;
    char why[200];
    int error = topology_open(&topology, fault);
    if (error)
        return error;
    struct environment environment = {
        .asked = {.cpu = topology_default_cpu(&topology, why, sizeof why)}};
    throttle_open(&throttle, environment.asked.cpu);
    if (!(error = clock_open(&clock, fault)))
        cache_edges_supply(&caches, &topology, environment.asked.cpu, &clock);
    if (!error && !(error = environment_open(&environment, &topology, &clock, fault))) {
        if (!(error = counters_open(&counters, NULL, fault))) {
            struct machine_sources sources = {.topology = &topology,
                                              .clock = &clock,
                                              .counters = &counters,
                                              .core_clock_hz = environment.core_clock_hz,
                                              .throttle = &throttle,
                                              .cache_edges = &caches};
            json_t *machine = machine_describe(&sources);
            if (machine)
                print_machine(machine, settings->json);
            else
                error = fail(fault, ENOMEM, "no memory to describe the machine");
            json_decref(machine);
        }
        counters_close(&counters);
    }
    environment_close(&environment);
    topology_close(&topology);
    return error;
}

static int run_machine(int argc, char **argv)
{
    struct settings settings = {false};
    struct fault fault;
    int operands,
        error = options_parse(machine_options(), argc, argv, &settings, &operands, &fault);
    if (!error && operands)
        error = fail(&fault, EINVAL, "machine takes no operand, and '%s' is one", argv[1]);
    if (!error)
        error = describe(&settings, &fault);
    return error ? command_complain(error, &fault) : EXIT_FINE;
}

static const struct command machine = {"machine", "",
                                       "this machine's facts, and what will spoil a measurement",
                                       machine_options, run_machine};
COMMAND(&machine);
