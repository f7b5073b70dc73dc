#include "harness/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How far a CPU is from the first one, as a member: fewer is taken earlier. */
static unsigned remoteness(const struct topology *topology, int first, int cpu)
{
    const struct topology_cpu *from = topology_cpu(topology, first);
    const struct topology_cpu *to = topology_cpu(topology, cpu);
    unsigned far = 0;
    far = far * 2 + (to->smt > 0);
    far = far * 2 + (to->kind != from->kind);
    far = far * 2 + (to->package != from->package);
    far = far * 2 + (to->node != from->node);
    return far;
}

static void order_cpus(struct environment *environment)
{
    const struct topology *topology = environment->topology;
    int first = environment->asked.cpu;
    environment->cpu_order[environment->cpu_count++] = first;
    for (unsigned far = 0; far < 16; far++)
        for (size_t i = 0; i < topology->cpu_count; i++) {
            const struct topology_cpu *cpu = &topology->cpus[i];
            if (cpu->allowed && cpu->cpu != first && remoteness(topology, first, cpu->cpu) == far)
                environment->cpu_order[environment->cpu_count++] = cpu->cpu;
        }
}

int environment_open(struct environment *environment, const struct topology *topology,
                     const struct clock *clock, struct fault *fault)
{
    environment->topology = topology;
    environment->clock = clock;
    environment->cpu_count = 0;
    int error = topology_bind(topology, environment->asked.cpu, fault);
    if (error)
        return error;
    environment->cpu_order = calloc(topology->cpu_count, sizeof *environment->cpu_order);
    if (!environment->cpu_order)
        return fail(fault, ENOMEM, "no memory for the order of %zu CPUs", topology->cpu_count);
    order_cpus(environment);
    if (!(environment->core_clock_hz > 0))
        environment->core_clock_hz = core_clock_estimate(clock);
    for (unsigned level = 1; level <= TOPOLOGY_LEVELS; level++)
        environment->known.level_bytes[level - 1] =
            topology_cache_bytes(topology, environment->asked.cpu, level);
    environment->known.last_level_bytes =
        topology_last_level_bytes(topology, environment->asked.cpu);
    environment->known.memory_bytes = topology->memory_bytes;
    environment->known.cpus = environment->cpu_count;
    return 0;
}

void environment_close(struct environment *environment)
{
    free(environment->cpu_order);
    environment->cpu_order = NULL;
    environment->cpu_count = 0;
}

const char *environment_parameter(const struct environment *environment, const char *experiment,
                                  const char *name)
{
    for (size_t i = 0; i < environment->parameter_count; i++) {
        const struct parameter_value *given = &environment->parameters[i];
        if (strcmp(given->experiment, experiment) == 0 && strcmp(given->name, name) == 0)
            return given->value;
    }
    return NULL;
}
