#include "harness/benchmark.h"

#include <stdio.h>
#include <string.h>

REGISTRY_DECLARE(benchmark, benchmark);

const char *const profile_names[PROFILES + 1] = {"quick", "full", NULL};
const char *const region_kind_names[REGION_KINDS + 1] = {"thread", "team", "processes", NULL};

size_t benchmark_count(void)
{
    return REGISTRY_COUNT(benchmark);
}

const struct benchmark *benchmark_at(size_t index)
{
    return REGISTRY_BEGIN(benchmark)[index];
}

const struct benchmark *benchmark_find(const char *name)
{
    for (size_t i = 0; i < benchmark_count(); i++)
        if (strcmp(benchmark_at(i)->name, name) == 0)
            return benchmark_at(i);
    return NULL;
}

void axis_option(const struct axis *axis, char option[AXIS_OPTION_BYTES])
{
    snprintf(option, AXIS_OPTION_BYTES, "%s", axis->name);
    for (char *at = option; *at; at++)
        if (*at == '_')
            *at = '-';
}

static bool same_name(const char *axis, const char *option)
{
    while (*axis && (*axis == *option || (*axis == '_' && *option == '-'))) {
        axis++;
        option++;
    }
    return !*axis && !*option;
}

int benchmark_axis(const struct benchmark *benchmark, const char *name)
{
    for (size_t i = 0; i < benchmark->axis_count; i++)
        if (same_name(benchmark->axes[i].name, name))
            return (int)i;
    return -1;
}

bool benchmark_has_parameter(const struct benchmark *benchmark, const char *name)
{
    for (size_t i = 0; i < benchmark->parameter_count; i++)
        if (strcmp(benchmark->parameters[i].name, name) == 0)
            return true;
    return false;
}
