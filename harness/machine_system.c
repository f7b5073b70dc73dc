#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "arch/kernel.h"
#include "harness/machine_parts.h"
#include "harness/system.h"

/* The parameters that change how fast the machine is; others may name disks, hosts and people. */
static bool is_relevant(const char *token)
{
    static const char *const names[] = {
        "amd_pstate",
        "clocksource",
        "cma",
        "cpufreq.",
        "cpuidle",
        "default_hugepagesz",
        "highres",
        "hugepages",
        "hugepagesz",
        "idle",
        "intel_idle.",
        "intel_pstate",
        "iommu",
        "irqaffinity",
        "isolcpus",
        "kpti",
        "l1tf",
        "maxcpus",
        "mds",
        "mem",
        "mitigations",
        "nohz",
        "nohz_full",
        "nokaslr",
        "nopti",
        "nosmp",
        "nosmt",
        "nospectre_v1",
        "nospectre_v2",
        "nr_cpus",
        "numa",
        "numa_balancing",
        "preempt",
        "processor.",
        "pti",
        "rcu_nocbs",
        "retbleed",
        "skew_tick",
        "spec_store_bypass_disable",
        "spectre_v2",
        "swiotlb",
        "threadirqs",
        "transparent_hugepage",
        "tsc",
        "tsx",
    };
    size_t length = strcspn(token, "=");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t known = strlen(names[i]);
        bool prefix = names[i][known - 1] == '.';
        if ((prefix ? length > known : length == known) && !strncmp(token, names[i], known))
            return true;
    }
    return false;
}

static json_t *relevant_command_line(void)
{
    char line[4096];
    char kept[1024] = "";
    size_t used = 0;
    system_line(line, sizeof line, "/proc/cmdline");
    char *rest = line;
    for (char *token; used < sizeof kept && (token = strsep(&rest, " "));) {
        /* After this come the arguments of the first program. */
        if (!strcmp(token, "--"))
            break;
        if (is_relevant(token))
            used +=
                (size_t)snprintf(kept + used, sizeof kept - used, "%s%s", used ? " " : "", token);
    }
    return known_text(kept);
}

json_t *machine_kernel(void)
{
    char release[128], version[256];
    system_line(release, sizeof release, "/proc/sys/kernel/osrelease");
    system_line(version, sizeof version, "/proc/sys/kernel/version");
    return json_pack("{s:o, s:o, s:o}", "release", known_text(release), "version",
                     known_text(version), "command_line", relevant_command_line());
}

json_t *machine_mitigations(void)
{
    static const char pattern[] = "/sys/devices/system/cpu/vulnerabilities/*";
    json_t *mitigations = json_object();
    char path[256], text[256];
    for (size_t i = 0; system_match(path, sizeof path, i, pattern); i++)
        if (system_line(text, sizeof text, "%s", path))
            json_object_set_new(mitigations, strrchr(path, '/') + 1, known_text(text));
    return mitigations;
}

int machine_boost(void)
{
    uint64_t value;
    if (system_number(&value, "/sys/devices/system/cpu/intel_pstate/no_turbo"))
        return value == 0;
    if (system_number(&value, "/sys/devices/system/cpu/cpufreq/boost"))
        return value != 0;
    return -1;
}

static json_t *frequency_hz(int cpu, const char *file)
{
    uint64_t khz;
    if (!system_number(&khz, "/sys/devices/system/cpu/cpu%d/cpufreq/%s", cpu, file))
        return json_null();
    return known_number(khz * 1000);
}

static json_t *throttle_sources(const struct throttle *throttle)
{
    if (!throttle)
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; i < throttle->count; i++)
        json_array_append_new(list, known_text(throttle->sources[i].name));
    return list;
}

json_t *machine_frequency(int cpu, const struct throttle *throttle)
{
    char governor[64], driver[64];
    int boost = machine_boost();
    system_line(governor, sizeof governor, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor",
                cpu);
    system_line(driver, sizeof driver, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_driver", cpu);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "governor", known_text(governor), "driver",
                     known_text(driver), "min_hz", frequency_hz(cpu, "cpuinfo_min_freq"), "max_hz",
                     frequency_hz(cpu, "cpuinfo_max_freq"), "boost",
                     boost < 0 ? json_null() : json_boolean(boost), "throttle_sources",
                     throttle_sources(throttle));
}

json_t *machine_numa_balancing(void)
{
    uint64_t value;
    if (!system_number(&value, "/proc/sys/kernel/numa_balancing"))
        return json_null();
    return json_boolean(value != 0);
}

static const char *libc_version(void)
{
#ifdef __GLIBC__
    return gnu_get_libc_version();
#else
    return NULL;
#endif
}

json_t *machine_libc(void)
{
#ifdef __GLIBC__
    const char *name = "glibc";
#else
    const char *name = NULL;
#endif
    const struct kernel *memcpy_kernel = kernel_find("copy_libc_memcpy");
    return json_pack("{s:o, s:o, s:o}", "name", known_text(name), "version",
                     known_text(libc_version()), "memcpy",
                     known_text(memcpy_kernel ? kernel_resolved(memcpy_kernel) : NULL));
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static json_t *preloaded(void)
{
    json_t *list = json_array();
    const char *given = getenv("LD_PRELOAD");
    char *copy = strdup(given ? given : ""), *rest = copy;
    for (char *path; (path = strsep(&rest, " :"));)
        if (file_name(path)[0])
            json_array_append_new(list, json_string(file_name(path)));
    free(copy);
    return list;
}

/* The object that the dynamic linker finds the function in; false in a static program. */
static bool object_of(const char *function, Dl_info *info)
{
    void *address = dlsym(RTLD_DEFAULT, function);
    return address && dladdr(address, info) && info->dli_fname;
}

json_t *machine_allocator(void)
{
    Dl_info libc, allocator;
    bool known = object_of("malloc", &allocator);
    bool own = known && object_of("getpid", &libc) && libc.dli_fbase == allocator.dli_fbase;
    return json_pack("{s:o, s:o, s:o}", "object",
                     known_text(known ? file_name(allocator.dli_fname) : NULL), "version",
                     known_text(own ? libc_version() : NULL), "preloaded", preloaded());
}
