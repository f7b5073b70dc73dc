#include "harness/machine.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "arch/cpu.h"
#include "arch/kernel.h"
#include "build.h"
#include "harness/heads.h"
#include "harness/machine_parts.h"
#include "harness/nodes.h"
#include "harness/uring.h"
#include "harness/version.h"

json_t *known_text(const char *text)
{
    json_t *known = text && text[0] ? json_string(text) : NULL;
    return known ? known : json_null();
}

json_t *known_number(uint64_t number)
{
    return number ? json_integer((json_int_t)number) : json_null();
}

static json_t *known_real(double number)
{
    return number > 0 ? json_real(number) : json_null();
}

/* Appends as letters, digits and single hyphens. */
static void append_slug(char *name, size_t name_bytes, const char *text)
{
    static const char *const noise[] = {"(r)", "(tm)", "cpu @", "processor"};
    size_t used = strlen(name);
    bool gap = used > 0;
    while (*text && used + 2 < name_bytes) {
        size_t skipped = 0;
        for (size_t i = 0; i < sizeof noise / sizeof *noise && !skipped; i++)
            if (!strncasecmp(text, noise[i], strlen(noise[i])))
                skipped = strlen(noise[i]);
        if (skipped || !isalnum((unsigned char)*text) || !isascii((unsigned char)*text)) {
            gap = used > 0;
            text += skipped ? skipped : 1;
            continue;
        }
        if (gap)
            name[used++] = '-';
        gap = false;
        name[used++] = (char)tolower((unsigned char)*text++);
    }
    name[used] = '\0';
}

void machine_name(const struct machine_sources *sources, char *name, size_t name_bytes)
{
    enum { TAIL_BYTES = 24 }; /* "-1024cpu-emulated" always fits */
    char text[MACHINE_TEXT_BYTES];
    char vendor[MACHINE_TEXT_BYTES];
    name[0] = '\0';
    if (sources->name)
        append_slug(name, name_bytes, sources->name);
    if (name[0])
        return;
    size_t head_bytes = name_bytes > 2 * TAIL_BYTES ? name_bytes - TAIL_BYTES : name_bytes;
    if (machine_board(text, true) || machine_model(text, vendor))
        append_slug(name, head_bytes, text);
    if (!name[0])
        append_slug(name, head_bytes, cpu_isa);
    snprintf(text, sizeof text, "%zucpu", sources->topology->cpu_count);
    append_slug(name, name_bytes, text);
    if (machine_emulation())
        append_slug(name, name_bytes, "emulated");
}

/* The flags without those that hold a path. */
static json_t *build_flags(void)
{
    char flags[] = BUILD_FLAGS;
    char kept[sizeof flags] = "";
    char *rest = flags;
    for (char *flag; (flag = strsep(&rest, " "));) {
        if (!flag[0] || strchr(flag, '/'))
            continue;
        size_t used = strlen(kept);
        snprintf(kept + used, sizeof kept - used, "%s%s", used ? " " : "", flag);
    }
    return known_text(kept);
}

static json_t *describe_build(void)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o}", "compiler", known_text(BUILD_COMPILER),
                     "flags", build_flags(), "commit", known_text(BUILD_COMMIT), "triplet",
                     known_text(BUILD_TRIPLET), "version", COPYCOST_VERSION, "ocaml",
                     known_text(BUILD_OCAML));
}

static json_t *describe_clock(const struct clock *clock)
{
    if (!clock || !clock->chosen)
        return json_null();
    json_t *candidates = json_array();
    for (size_t i = 0; i < clock->candidate_count; i++) {
        const struct clock_candidate *candidate = &clock->candidates[i];
        json_array_append_new(candidates,
                              json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "name", candidate->name,
                                        "ns_per_tick", known_real(candidate->ns_per_tick),
                                        "cost_ns", known_real(candidate->cost_ns), "step_ns",
                                        known_real(candidate->step_ns), "rate_spread",
                                        known_real(candidate->rate_spread), "rejected",
                                        known_text(candidate->rejected)));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", clock->chosen->name, "ns_per_tick",
                     known_real(clock->chosen->ns_per_tick), "cost_ns",
                     known_real(clock->chosen->cost_ns), "step_ns",
                     known_real(clock->chosen->step_ns), "candidates", candidates);
}

static json_t *describe_counters(const struct counters *counters)
{
    json_t *list = json_array();
    for (size_t i = 0; counters && i < counters->count; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:o, s:o, s:o}", "name", counters->counter[i].name,
                                        "event", known_text(counters->counter[i].event), "backend",
                                        known_text(counters->counter[i].backend), "reason",
                                        known_text(counters->counter[i].reason)));
    return list;
}

static json_t *describe_kernels(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < kernel_count(); i++) {
        const struct kernel *kernel = kernel_at(i);
        char hash[17] = "";
        uint64_t code = kernel_code_hash(kernel);
        if (code)
            snprintf(hash, sizeof hash, "%016llx", (unsigned long long)code);
        json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:o}", "name", kernel->name,
                      "operation", kernel_operation_name(kernel->operation), "summary",
                      kernel->summary, "needs", kernel->needs, "missing",
                      known_text(kernel_missing(kernel)), "resolved",
                      known_text(kernel_resolved(kernel)), "granule", (json_int_t)kernel->granule,
                      "alignment", (json_int_t)kernel->alignment, "code_mod_64",
                      (json_int_t)((uintptr_t)kernel->run % 64), "code_hash", known_text(hash)));
    }
    return list;
}

/* The board, the CPU and what is between this program and them. */
static json_t *describe_hardware(const struct machine_sources *sources)
{
    static const char *const cache_sources[] = {
        [CACHE_UNKNOWN] = "unknown",
        [CACHE_TOPOLOGY] = "topology",
        [CACHE_GIVEN] = "given",
        [CACHE_MEASURED] = "measured",
    };
    const struct topology *topology = sources->topology;
    const struct cache_edges *edges = sources->cache_edges;
    char name[96], board[MACHINE_TEXT_BYTES];
    machine_name(sources, name, sizeof name);
    machine_board(board, false);
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "format", "copycost-machine-1", "name", name, "board", known_text(board), "hypervisor",
        known_text(machine_hypervisor()), "emulated", machine_emulation() != NULL, "emulated_by",
        known_text(machine_emulation()), "cpu", machine_cpu(topology), "caches",
        machine_caches(topology), "cache_source", cache_sources[topology->cache_source],
        "cache_plateaus", machine_cache_plateaus(edges), "cache_reason", known_text(edges->reason),
        "cache_curve", machine_cache_curve(edges), "memory", machine_memory(topology), "nodes",
        machine_nodes(topology), "distances", machine_distances(topology), "memory_attributes",
        machine_memory_attributes(topology));
}

static json_t *describe_software(const struct machine_sources *sources)
{
    char why[160], counter_backends[128];
    counters_backends(counter_backends, sizeof counter_backends);
    int cpu = topology_default_cpu(sources->topology, why, sizeof why);
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:s, s:s, s:s, s:s, s:s}, s:o, s:{s:o, s:s}, s:o, "
        "s:o, "
        "s:o}",
        "kernel", machine_kernel(), "mitigations", machine_mitigations(), "frequency",
        machine_frequency(cpu, sources->throttle), "numa_balancing", machine_numa_balancing(),
        "libc", machine_libc(), "allocator", machine_allocator(), "build", describe_build(),
        "backends", "topology", sources->topology->backend, "nodes", nodes_backend, "counters",
        counter_backends, "heads", heads_backend(), "uring", uring_backend(), "clock",
        describe_clock(sources->clock), "core_clock", "hz", known_real(sources->core_clock_hz),
        "source", "estimate", "counters", describe_counters(sources->counters), "kernels",
        describe_kernels(), "doctor", machine_doctor(sources));
}

json_t *machine_describe(const struct machine_sources *sources)
{
    json_t *machine = describe_hardware(sources);
    json_t *software = describe_software(sources);
    if (!machine || !software || json_object_update(machine, software)) {
        json_decref(machine);
        machine = NULL;
    }
    json_decref(software);
    return machine;
}
