#include "harness/benchmark.h"

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

int benchmark_axis(const struct benchmark *benchmark, const char *name)
{
    for (size_t i = 0; i < benchmark->axis_count; i++)
        if (strcmp(benchmark->axes[i].name, name) == 0)
            return (int)i;
    return -1;
}
