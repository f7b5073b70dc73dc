#include "microbench/command/run_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/writer.h"
#include "microbench/command/option_values.h"

#define SETTER(name)                                                                               \
    static int set_##name(void *settings_, const struct option_row *row, const char *value,        \
                          struct fault *fault)
#define SETTINGS struct run_settings *settings = settings_

#define TEXT_SETTER(name)                                                                          \
    SETTER(name)                                                                                   \
    {                                                                                              \
        SETTINGS;                                                                                  \
        (void)row;                                                                                 \
        (void)fault;                                                                               \
        settings->name = value;                                                                    \
        return 0;                                                                                  \
    }
#define NUMBER_SETTER(field, least, most)                                                          \
    SETTER(field)                                                                                  \
    {                                                                                              \
        SETTINGS;                                                                                  \
        return option_number(row->name, value, least, most, &settings->field, fault);              \
    }
#define SWITCH_SETTER(name)                                                                        \
    SETTER(name)                                                                                   \
    {                                                                                              \
        SETTINGS;                                                                                  \
        (void)row;                                                                                 \
        (void)value;                                                                               \
        (void)fault;                                                                               \
        settings->name = true;                                                                     \
        return 0;                                                                                  \
    }

TEXT_SETTER(caches)
TEXT_SETTER(counters)
TEXT_SETTER(out)
TEXT_SETTER(machine)
NUMBER_SETTER(launches, 1, 10000)
NUMBER_SETTER(sweeps, 1, 1000)
NUMBER_SETTER(samples, 2, 10000)
NUMBER_SETTER(seed, 0, UINT64_MAX)
SWITCH_SETTER(dry_run)
SWITCH_SETTER(quiet)

SETTER(profile)
{
    SETTINGS;
    unsigned word = 0;
    int error = option_word(row->name, value, profile_names, &word, fault);
    if (!error)
        settings->profile = (enum profile)word;
    return error;
}

SETTER(format)
{
    SETTINGS;
    char formats[128] = "";
    (void)row;
    for (size_t i = 0; i < writer_count(); i++) {
        size_t used = strlen(formats);
        snprintf(formats + used, sizeof formats - used, "%s, ", writer_at(i)->name);
    }
    if (!writer_find(value) && strcmp(value, "none") != 0)
        return fail(fault, EINVAL, "no format '%s'; there are: %snone", value, formats);
    settings->format = value;
    return 0;
}

SETTER(hugetlb_pool)
{
    SETTINGS;
    static const char *const words[] = {"keep", "grow", NULL};
    unsigned word = 0;
    int error = option_word(row->name, value, words, &word, fault);
    settings->grow_hugetlb_pool = word;
    return error;
}

SETTER(cpu)
{
    SETTINGS;
    uint64_t number = 0;
    int error = option_number(row->name, value, 0, 65535, &number, fault);
    settings->cpu = (int)number;
    return error;
}

static int parse_offset(const struct option_row *row, const char *value, size_t *offset,
                        struct fault *fault)
{
    uint64_t number = 0;
    int error = option_number(row->name, value, 0, 4095, &number, fault);
    *offset = (size_t)number;
    return error;
}

SETTER(src_offset)
{
    SETTINGS;
    return parse_offset(row, value, &settings->asked.src_offset, fault);
}

SETTER(dst_offset)
{
    SETTINGS;
    return parse_offset(row, value, &settings->asked.dst_offset, fault);
}

SETTER(precision)
{
    SETTINGS;
    int error = option_real(row->name, value, &settings->precision, fault);
    settings->precision /= 100;
    return error;
}

SETTER(budget)
{
    SETTINGS;
    return option_real(row->name, value, &settings->budget_ms, fault);
}

SETTER(time)
{
    SETTINGS;
    return option_real(row->name, value, &settings->time_s, fault);
}

SETTER(load)
{
    (void)settings_;
    (void)row;
    return kernel_load(value, fault);
}

SETTER(axis)
{
    SETTINGS;
    if (settings->choice_count == CHOICES_MAX)
        return fail(fault, EINVAL, "more than %d axis options are given", CHOICES_MAX);
    settings->choices[settings->choice_count++] = (struct axis_choice){row->name, value};
    return 0;
}

SETTER(parameter)
{
    SETTINGS;
    for (size_t i = 0; i < settings->parameter_count; i++)
        if (strcmp(settings->parameters[i].name, row->name) == 0)
            return fail(fault, EINVAL, "--%s is given twice; give it once", row->name);
    if (settings->parameter_count == PARAMETERS_MAX)
        return fail(fault, EINVAL, "more than %d options of experiments are given", PARAMETERS_MAX);
    settings->parameters[settings->parameter_count++] =
        (struct parameter_choice){row->name, value ? value : "yes"};
    return 0;
}

static const struct option_row fixed_rows[] = {
    {"profile", "quick|full", "how much to measure: default ranges of all axes, and how often",
     set_profile},
    {"cpu", "NUMBER", "CPU to measure on; default: of the fastest kind, few interrupts", set_cpu},
    {"src-node", "NUMBER", "NUMA node of the source; default: first touch", set_axis},
    {"dst-node", "NUMBER", "NUMA node of the destination; default: first touch", set_axis},
    {"page", "base|thp|hugetlb", "page kind of the buffers; default: base", set_axis},
    {"hugetlb-pool", "keep|grow",
     "grow: as root, adds the huge pages that cells on hugetlb pages lack, and takes them away at "
     "the end; default: keep",
     set_hugetlb_pool},
    {"src-offset", "BYTES", "source, past a 4 KiB boundary", set_src_offset},
    {"dst-offset", "BYTES", "destination, past a 4 KiB boundary", set_dst_offset},
    {"cache", "L1:32Ki,...", "cache sizes, which are measured where the machine does not tell them",
     set_caches},
    {"load", "PATH:SYMBOL[:NAME]", "adds a copy kernel from a shared object", set_load},
    {"counters", "EVENTS",
     "events to count instead of the default set, comma-separated: PAPI's or perf's names",
     set_counters},
    {"out", "FOLDER", "the dataset's folder; none: no dataset; default: results/local/...",
     set_out},
    {"format", "NAME",
     "what to print of the rows: one of 'copycost list formats', or none; default: table",
     set_format},
    {"machine", "NAME", "the machine's name in the dataset's path; default: made from its facts",
     set_machine},
    {"launches", "NUMBER", "fresh processes that measure each cell, at most", set_launches},
    {"sweeps", "NUMBER", "visits of each cell in a launch", set_sweeps},
    {"samples", "NUMBER", "samples in a visit, at most", set_samples},
    {"precision", "PERCENT", "half the interval over the median at which a cell is done",
     set_precision},
    {"budget", "MILLISECONDS", "time for one cell, over all its visits", set_budget},
    {"time", "SECONDS",
     "time for the whole run; what is not measured then is skipped; default: 270 for quick, 170 on "
     "one CPU, "
     "unless launches, samples or the like are given",
     set_time},
    {"seed", "NUMBER", "of everything that is drawn; default: drawn, and recorded", set_seed},
    {"dry-run", NULL, "print the cells and the expected time, measure nothing", set_dry_run},
    {"quiet", NULL, "no progress on stderr", set_quiet},
};

enum {
    FIXED = sizeof fixed_rows / sizeof *fixed_rows,
    ROWS_MAX = FIXED + CHOICES_MAX + PARAMETERS_MAX,
};

static bool rows_have(const struct option_row *rows, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

static const char *axis_argument(const struct axis *axis)
{
    static const char *const arguments[] = {
        [AXIS_KERNEL] = "NAMES",  [AXIS_BYTES] = "SIZES", [AXIS_COUNT] = "NUMBERS",
        [AXIS_WORD] = "WORDS",    [AXIS_CPU] = "CPUS",    [AXIS_NODE] = "NODES",
        [AXIS_CPU_NODE] = "NODES"};
    return arguments[axis->kind];
}

static size_t add_row(struct option_row *rows, size_t count, struct option_row row)
{
    if (count < ROWS_MAX && !rows_have(rows, count, row.name))
        rows[count++] = row;
    return count;
}

struct option_row run_option(const char *name)
{
    for (size_t i = 0; i < FIXED; i++)
        if (strcmp(fixed_rows[i].name, name) == 0)
            return fixed_rows[i];
    return (struct option_row){.name = NULL};
}

struct option_row axis_row(const struct axis *axis, char option[AXIS_OPTION_BYTES])
{
    axis_option(axis, option);
    return (struct option_row){option, axis_argument(axis), axis->help, set_axis};
}

struct option_rows run_options(void)
{
    static struct option_row rows[ROWS_MAX];
    static char names[ROWS_MAX][AXIS_OPTION_BYTES];
    static size_t count;
    if (count)
        return (struct option_rows){rows, count};
    memcpy(rows, fixed_rows, sizeof fixed_rows);
    count = FIXED;
    for (size_t i = 0; i < benchmark_count(); i++) {
        const struct benchmark *benchmark = benchmark_at(i);
        for (size_t j = 0; j < benchmark->axis_count && count < ROWS_MAX; j++)
            count = add_row(rows, count, axis_row(&benchmark->axes[j], names[count]));
        for (size_t j = 0; j < benchmark->parameter_count; j++) {
            const struct parameter *parameter = &benchmark->parameters[j];
            count = add_row(rows, count,
                            (struct option_row){parameter->name, parameter->metavar,
                                                parameter->help, set_parameter});
        }
    }
    return (struct option_rows){rows, count};
}
