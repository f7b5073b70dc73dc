#include "harness/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch/cpu.h"
#include "harness/machine_parts.h"
#include "harness/system.h"

void doctor_find(const struct doctor *doctor, const char *effect, const char *remedy,
                 const char *format, ...)
{
    char finding[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding, sizeof finding, format, arguments);
    va_end(arguments);
    json_array_append_new(doctor->list, json_pack("{s:o, s:s, s:s}", "finding", known_text(finding),
                                                  "effect", effect, "remedy", remedy));
}

/* Set by the compiler's options; clang tells sanitizers by __has_feature only. */
#if defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

static void check_build(const struct doctor *doctor)
{
#ifdef SANITIZED
    doctor_find(doctor, "everything is slower, and not evenly",
                "measure with a build without SANITIZE", "built with a sanitizer");
#endif
#ifndef __OPTIMIZE__
    doctor_find(doctor, "kernels in C measure the compiler's worst code",
                "build with CFLAGS=-O2, as is the default", "built without optimisation");
#endif
    (void)doctor;
}

static void check_emulation(const struct doctor *doctor)
{
    const char *evidence = machine_emulation();
    if (evidence)
        doctor_find(doctor, "no time measured here says anything about a real machine",
                    "use it to prove function; measure on hardware", "the machine is emulated: %s",
                    evidence);
}

static void check_hypervisor(const struct doctor *doctor)
{
    const char *hypervisor = machine_hypervisor();
    if (hypervisor && !machine_emulation())
        doctor_find(doctor,
                    "neighbours on the host share caches, memory and clock; figures vary with them",
                    "repeat runs at other times, or measure on a machine of one's own",
                    "runs in a virtual machine (hypervisor: %s)", hypervisor);
}

/* The share of time since boot in which this CPU had work and the host ran something else. */
static void check_steal(const struct doctor *doctor)
{
    enum { FIELDS = 8, STEAL = 7 };
    char key[32], text[256];
    double total = 0, field[FIELDS] = {0};
    snprintf(key, sizeof key, "cpu%d", doctor->cpu);
    if (!system_field(text, sizeof text, "/proc/stat", key))
        return;
    char *rest = text;
    for (size_t i = 0; i < FIELDS; i++) {
        char *end;
        field[i] = (double)strtoull(rest, &end, 10);
        total += field[i];
        rest = end;
    }
    double percent = total > 0 ? 100 * field[STEAL] / total : 0;
    if (percent >= 0.01)
        doctor_find(doctor, "samples that were interrupted so are longer",
                    "the record's steal_ns shows which; ask for a dedicated CPU",
                    "the host took %.2f %% of CPU %d's time since boot", percent, doctor->cpu);
}

static void check_load(const struct doctor *doctor)
{
    char text[64];
    if (!system_line(text, sizeof text, "/proc/loadavg"))
        return;
    double load = strtod(text, NULL);
    if (load > 0.5)
        doctor_find(doctor, "other programs take time, caches and memory bandwidth",
                    "stop them, or wait until the machine is idle",
                    "load average is %.2f over the last minute", load);
}

static void check_perf(const struct doctor *doctor)
{
    static const char effect[] =
        "no cycles or misses are counted; cycles per byte are an estimate from the clock";
    const struct counters *counters = doctor->sources->counters;
    char text[32], reason[200];
    if (!system_line(text, sizeof text, "/proc/sys/kernel/perf_event_paranoid"))
        doctor_find(doctor, effect, "use a kernel with CONFIG_PERF_EVENTS",
                    "the kernel has no performance events");
    else if (strtol(text, NULL, 10) > 2 && geteuid() != 0)
        doctor_find(doctor, effect, "sysctl kernel.perf_event_paranoid=2",
                    "kernel.perf_event_paranoid is %s: counting needs root", text);
    else if (counters && counters->passes == 0) {
        counters_reason(counters, reason, sizeof reason);
        doctor_find(doctor, effect,
                    "on real hardware, check that the kernel has the CPU's PMU driver; in a "
                    "virtual machine, have the host pass the PMU through",
                    "nothing can be counted: %s", reason);
    }
}

static void check_clock_source(const struct doctor *doctor)
{
    static const char folder[] = "/sys/devices/system/clocksource/clocksource0";
    char current[64], available[256];
    if (!system_line(current, sizeof current, "%s/current_clocksource", folder))
        return;
    system_line(available, sizeof available, "%s/available_clocksource", folder);
    if (!strcmp(current, "hpet") || !strcmp(current, "acpi_pm") || strstr(current, "jiffies"))
        doctor_find(doctor, "each reading of the system's clock takes about a microsecond or more",
                    "find out in the kernel's log why it gave up the CPU's own counter",
                    "the kernel's clock source is %s", current);
    if (cpu_ticks_name && !strcmp(cpu_ticks_name, "tsc") && !strstr(available, "tsc"))
        doctor_find(doctor, "the CPU's time stamp counter may jump or change its rate",
                    "see the kernel's log; the boot parameter tsc=reliable only hides it",
                    "the kernel does not trust the time stamp counter");
}

static void check_clock_step(const struct doctor *doctor)
{
    const struct clock *clock = doctor->sources->clock;
    if (clock && clock->chosen && clock->chosen->step_ns > 1000)
        doctor_find(doctor, "samples have to be long, so that a run takes longer",
                    "none needed: the length of samples follows the clock",
                    "the best clock (%s) steps by %.1f us", clock->chosen->name,
                    clock->chosen->step_ns / 1000);
}

static doctor_check *const own_checks[] = {
    check_build, check_emulation,    check_hypervisor, check_steal, check_load,
    check_perf,  check_clock_source, check_clock_step, NULL,
};

json_t *machine_doctor(const struct machine_sources *sources)
{
    doctor_check *const *const groups[] = {own_checks, doctor_cpu_checks, doctor_memory_checks};
    char why[160];
    struct doctor doctor = {.sources = sources, .list = json_array()};
    doctor.cpu = topology_default_cpu(sources->topology, why, sizeof why);
    for (size_t i = 0; i < sources->topology->cpu_count; i++)
        doctor.allowed_cpus += sources->topology->cpus[i].allowed;
    for (size_t group = 0; group < sizeof groups / sizeof *groups; group++)
        for (doctor_check *const *check = groups[group]; *check; check++)
            (*check)(&doctor);
    return doctor.list;
}
