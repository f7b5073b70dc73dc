#include "harness/topology.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/interrupts.h"
#include "harness/quantity.h"
#include "harness/system.h"

static int compare_cpus(const void *number, const void *entry)
{
    int wanted = *(const int *)number, found = ((const struct topology_cpu *)entry)->cpu;
    return (wanted > found) - (wanted < found);
}

static struct topology_cpu *find_cpu(const struct topology *topology, int cpu)
{
    return bsearch(&cpu, topology->cpus, topology->cpu_count, sizeof *topology->cpus, compare_cpus);
}

const struct topology_cpu *topology_cpu(const struct topology *topology, int cpu)
{
    return find_cpu(topology, cpu);
}

const struct topology_node *topology_node(const struct topology *topology, int node)
{
    for (size_t i = 0; i < topology->node_count; i++)
        if (topology->nodes[i].node == node)
            return &topology->nodes[i];
    return NULL;
}

size_t topology_cache_bytes(const struct topology *topology, int cpu, unsigned level)
{
    const struct topology_cpu *entry = find_cpu(topology, cpu);
    return entry && level >= 1 && level <= TOPOLOGY_LEVELS ? entry->cache_bytes[level - 1] : 0;
}

size_t topology_last_level_bytes(const struct topology *topology, int cpu)
{
    for (unsigned level = TOPOLOGY_LEVELS; level > 0; level--) {
        size_t bytes = topology_cache_bytes(topology, cpu, level);
        if (bytes)
            return bytes;
    }
    return 0;
}

/* "L2:256Ki" into sizes[1]. */
static int parse_cache(const char *item, size_t *sizes, struct fault *fault)
{
    char *end = NULL;
    unsigned long level = item[0] == 'L' ? strtoul(item + 1, &end, 10) : 0;
    struct quantity_list list;
    if (level < 1 || level > TOPOLOGY_LEVELS || *end != ':')
        return fail(fault, EINVAL,
                    "cache '%s' asked for; write level and size as in L1:32Ki,L2:256Ki, levels 1 "
                    "to %d",
                    item, TOPOLOGY_LEVELS);
    int status =
        quantity_list_parse(end + 1, &(struct quantities){.memory_bytes = 0}, &list, fault);
    if (status)
        return status;
    bool usable = list.count == 1 && list.items[0] > 0 && list.items[0] <= SIZE_MAX;
    if (usable)
        sizes[level - 1] = (size_t)list.items[0];
    quantity_list_free(&list);
    if (usable)
        return 0;
    return fail(fault, EINVAL, "cache '%s' asked for; its size must be one number above 0", item);
}

/* Who shares a level that the topology did not know stays unknown. */
static void set_caches(struct topology_cpu *cpu, const size_t *sizes)
{
    for (size_t level = 0; level < TOPOLOGY_LEVELS; level++) {
        if (!sizes[level] || !cpu->cache_bytes[level]) {
            cpu->cache_id[level] = -1;
            cpu->cache_cpus[level] = 0;
        }
        cpu->cache_bytes[level] = sizes[level];
    }
}

int topology_give_caches(struct topology *topology, const char *text, struct fault *fault)
{
    size_t sizes[TOPOLOGY_LEVELS] = {0};
    char *copy = strdup(text);
    if (!copy)
        return fail(fault, ENOMEM, "out of memory while reading the cache sizes '%s'", text);
    int status = 0;
    char *rest = copy;
    for (char *item; !status && (item = strsep(&rest, ","));)
        status = parse_cache(item, sizes, fault);
    free(copy);
    if (status)
        return status;
    for (size_t i = 0; i < topology->cpu_count; i++)
        set_caches(&topology->cpus[i], sizes);
    topology->cache_source = CACHE_GIVEN;
    return 0;
}

void topology_take_measured(struct topology *topology, int cpu, const size_t bytes[TOPOLOGY_LEVELS])
{
    set_caches(find_cpu(topology, cpu), bytes);
    topology->cache_source = CACHE_MEASURED;
}

/* Whether `a` is the better CPU to measure on, interrupts aside. */
static bool is_better(const struct topology_cpu *a, const struct topology_cpu *b)
{
    return a->kind != b->kind ? a->kind > b->kind : a->smt < b->smt;
}

/* The first of the best allowed CPUs, without number `avoided` (-1: none). */
static const struct topology_cpu *best_cpu(const struct topology *topology, int avoided)
{
    const struct topology_cpu *best = NULL;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        const struct topology_cpu *cpu = &topology->cpus[i];
        if (cpu->allowed && cpu->cpu != avoided && (!best || is_better(cpu, best)))
            best = cpu;
    }
    return best;
}

/* Of the CPUs that are as good as `best`, the one that serves most interrupts; NULL: none does. */
static const struct topology_cpu *busiest_cpu(const struct topology *topology,
                                              const struct topology_cpu *best)
{
    const struct topology_cpu *busiest = NULL;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        const struct topology_cpu *cpu = &topology->cpus[i];
        if (cpu->allowed && cpu->interrupts && !is_better(best, cpu) &&
            (!busiest || cpu->interrupts > busiest->interrupts))
            busiest = cpu;
    }
    return busiest;
}

int topology_default_cpu(const struct topology *topology, char *why, size_t why_bytes)
{
    const struct topology_cpu *best = best_cpu(topology, -1);
    if (!best) {
        snprintf(why, why_bytes, "no CPU is allowed");
        return -1;
    }
    const struct topology_cpu *busiest = busiest_cpu(topology, best);
    const struct topology_cpu *other = busiest ? best_cpu(topology, busiest->cpu) : NULL;
    bool choice = other && !is_better(best, other);
    if (choice)
        best = other;
    char kind[64] = "";
    char interrupts[64] = "";
    if (topology->kinds > 1)
        snprintf(kind, sizeof kind, ", of the fastest of %u kinds", topology->kinds);
    if (choice)
        snprintf(interrupts, sizeof interrupts, ", not CPU %d, which serves most interrupts",
                 busiest->cpu);
    snprintf(why, why_bytes, "CPU %d: %s of its core%s%s", best->cpu,
             best->smt ? "a further thread" : "the first thread", kind, interrupts);
    return best->cpu;
}

void topology_list_text(const struct topology *topology, topology_filter *wanted,
                        const void *argument, char *text, size_t text_bytes)
{
    const struct topology_cpu *cpus = topology->cpus;
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < topology->cpu_count && used < text_bytes; i++) {
        if (!wanted(&cpus[i], argument))
            continue;
        size_t last = i;
        while (last + 1 < topology->cpu_count && wanted(&cpus[last + 1], argument) &&
               cpus[last + 1].cpu == cpus[last].cpu + 1)
            last++;
        used +=
            (size_t)snprintf(text + used, text_bytes - used, "%s%d", used ? "," : "", cpus[i].cpu);
        if (last > i && used < text_bytes)
            used += (size_t)snprintf(text + used, text_bytes - used, "-%d", cpus[last].cpu);
        i = last;
    }
}

static bool is_allowed(const struct topology_cpu *cpu, const void *argument)
{
    (void)argument;
    return cpu->allowed;
}

void topology_allowed_text(const struct topology *topology, char *text, size_t text_bytes)
{
    topology_list_text(topology, is_allowed, NULL, text, text_bytes);
}

/* Whether the thread may run on that CPU alone, and does. */
static bool is_bound(int cpu, cpu_set_t *set, size_t set_bytes)
{
    return !sched_getaffinity(0, set_bytes, set) && CPU_COUNT_S(set_bytes, set) == 1 &&
           CPU_ISSET_S((size_t)cpu, set_bytes, set) && sched_getcpu() == cpu;
}

int topology_bind(const struct topology *topology, int cpu, struct fault *fault)
{
    char allowed[128];
    topology_allowed_text(topology, allowed, sizeof allowed);
    const struct topology_cpu *entry = find_cpu(topology, cpu);
    if (!entry)
        return fail(fault, EINVAL, "CPU %d asked for, but there is none online; usable are %s", cpu,
                    allowed);
    if (!entry->allowed)
        return fail(fault, EPERM,
                    "CPU %d asked for, but this process may not run there; usable are %s (taskset "
                    "or the container's cpuset decide)",
                    cpu, allowed);
    int highest = topology->cpus[topology->cpu_count - 1].cpu;
    /* The kernel refuses to report into a mask that is smaller than its own. */
    size_t bits = highest < 8192 ? 8192 : (size_t)highest + 1;
    cpu_set_t *set = CPU_ALLOC(bits);
    size_t set_bytes = CPU_ALLOC_SIZE(bits);
    if (!set)
        return fail(fault, ENOMEM, "out of memory while binding to CPU %d", cpu);
    CPU_ZERO_S(set_bytes, set);
    CPU_SET_S((size_t)cpu, set_bytes, set);
    int error = sched_setaffinity(0, set_bytes, set) ? errno : 0;
    bool bound = !error && is_bound(cpu, set, set_bytes);
    CPU_FREE(set);
    if (error)
        return fail(fault, error, "CPU %d asked for, but binding to it failed: %s; usable are %s",
                    cpu, strerror(error), allowed);
    if (!bound)
        return fail(fault, EIO,
                    "CPU %d asked for and bound to without an error, but the thread is elsewhere",
                    cpu);
    return 0;
}

int topology_unbind(const struct topology *topology, struct fault *fault)
{
    size_t bits = (size_t)topology->cpus[topology->cpu_count - 1].cpu + 1;
    cpu_set_t *set = CPU_ALLOC(bits);
    size_t set_bytes = CPU_ALLOC_SIZE(bits);
    if (!set)
        return fail(fault, ENOMEM, "out of memory while binding to all usable CPUs");
    CPU_ZERO_S(set_bytes, set);
    for (size_t i = 0; i < topology->cpu_count; i++)
        if (topology->cpus[i].allowed)
            CPU_SET_S((size_t)topology->cpus[i].cpu, set_bytes, set);
    int error = sched_setaffinity(0, set_bytes, set) ? errno : 0;
    CPU_FREE(set);
    return error ? fail(fault, error, "binding to all usable CPUs failed: %s", strerror(error)) : 0;
}

/* A row of a device: "  24:  10  20  PCI-MSI ...". Per-CPU timers count time, not events. */
static bool is_device_row(const char *line)
{
    char *end;
    strtoul(line, &end, 10);
    return end != line && *end == ':' && !strstr(end, "timer") && !strstr(end, "twd");
}

void topology_read_interrupts(struct topology *topology)
{
    for (size_t i = 0; i < topology->cpu_count; i++)
        topology->cpus[i].interrupts = 0;
    FILE *file = system_open("/proc/interrupts");
    if (!file)
        return;
    char *header = NULL, *line = NULL;
    size_t header_room = 0, line_room = 0;
    bool readable = getline(&header, &header_room, file) > 0;
    while (readable && getline(&line, &line_room, file) > 0) {
        if (!is_device_row(line))
            continue;
        struct interrupts_walk walk = {header, strchr(line, ':') + 1};
        int number;
        uint64_t count;
        while (interrupts_next(&walk, &number, &count)) {
            struct topology_cpu *cpu = find_cpu(topology, number);
            if (cpu)
                cpu->interrupts += count;
        }
    }
    free(header);
    free(line);
    fclose(file);
}
