#include <stdio.h>
#include <string.h>
#include <time.h>

#include "harness/system.h"
#include "harness/throttle.h"

/* Devices are numbered, with gaps where one has gone. */
enum { DEVICES_MAX = 512 };

static const char cpu_folder[] = "/sys/devices/system/cpu";
static const char thermal_folder[] = "/sys/class/thermal";

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static struct throttle_source *add_source(struct throttle *throttle, enum throttle_kind kind,
                                          const char *path, const char *name)
{
    struct throttle_source source = {.kind = kind};
    char text[32];
    snprintf(source.path, sizeof source.path, "%s", path);
    snprintf(source.name, sizeof source.name, "%s", name);
    if (throttle->count == THROTTLE_SOURCES_MAX ||
        !system_line(text, sizeof text, "%s", source.path))
        return NULL;
    throttle->sources[throttle->count] = source;
    return &throttle->sources[throttle->count++];
}

static void find_firmware(struct throttle *throttle, int cpu)
{
    char path[128], driver[32];
    (void)cpu;
    if (system_match(path, sizeof path, 0, "/sys/devices/platform/soc*/*firmware/get_throttled") &&
        add_source(throttle, THROTTLE_FIRMWARE, path, "Raspberry Pi firmware"))
        return;
    for (int i = 0; i < DEVICES_MAX; i++) {
        if (!system_line(driver, sizeof driver, "/sys/class/hwmon/hwmon%d/name", i) ||
            strcmp(driver, "rpi_volt") != 0)
            continue;
        snprintf(path, sizeof path, "/sys/class/hwmon/hwmon%d/in0_lcrit_alarm", i);
        add_source(throttle, THROTTLE_VOLTAGE, path, "Raspberry Pi under-voltage alarm");
        return;
    }
}

static void find_counts(struct throttle *throttle, int cpu)
{
    static const struct {
        const char *file, *what;
    } counts[] = {
        {"core_throttle_count", "core throttled by heat"},
        {"package_throttle_count", "package throttled by heat"},
        {"core_power_limit_count", "core limited in power"},
        {"package_power_limit_count", "package limited in power"},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char path[128], name[64];
        snprintf(path, sizeof path, "%s/cpu%d/thermal_throttle/%s", cpu_folder, cpu,
                 counts[i].file);
        snprintf(name, sizeof name, "CPU %d: %s", cpu, counts[i].what);
        add_source(throttle, THROTTLE_COUNT, path, name);
    }
}

static bool share_clock(int cpu, int other)
{
    char here[256], there[256];
    return cpu == other ||
           (system_line(here, sizeof here, "%s/cpu%d/cpufreq/related_cpus", cpu_folder, cpu) &&
            system_line(there, sizeof there, "%s/cpu%d/cpufreq/related_cpus", cpu_folder, other) &&
            strcmp(here, there) == 0);
}

/*
 * By the names that the drivers give: cpufreq_cooling.c and cpuidle_cooling.c (they name the CPU;
 * in older kernels there is a running number), intel_powerclamp.c, ACPI's processor_thermal.c.
 */
static bool slows_cpu(const char *type, int cpu)
{
    static const char *const any_cpu[] = {"thermal-cpufreq-", "thermal-idle-", "intel_powerclamp",
                                          "Processor"};
    int other;
    if (sscanf(type, "cpufreq-cpu%d", &other) == 1 || sscanf(type, "idle-cpu%d", &other) == 1)
        return share_clock(cpu, other);
    for (size_t i = 0; i < sizeof any_cpu / sizeof *any_cpu; i++)
        if (strncmp(type, any_cpu[i], strlen(any_cpu[i])) == 0)
            return true;
    return false;
}

/* The trip point, if it is set, at which the zone slows the CPU; its type goes to trip_type. */
static bool find_trip(int zone, int cpu, char *trip_type, size_t trip_type_bytes, uint64_t *trip)
{
    char device[64];
    uint64_t number;
    for (int i = 0; i < DEVICES_MAX; i++) {
        if (!system_line(device, sizeof device, "%s/thermal_zone%d/cdev%d/type", thermal_folder,
                         zone, i))
            return false;
        if (slows_cpu(device, cpu) &&
            system_number(&number, "%s/thermal_zone%d/cdev%d_trip_point", thermal_folder, zone,
                          i) &&
            system_line(trip_type, trip_type_bytes, "%s/thermal_zone%d/trip_point_%d_type",
                        thermal_folder, zone, (int)number) &&
            (strcmp(trip_type, "passive") == 0 || strcmp(trip_type, "hot") == 0) &&
            system_number(trip, "%s/thermal_zone%d/trip_point_%d_temp", thermal_folder, zone,
                          (int)number) &&
            *trip > 0)
            return true;
    }
    return false;
}

static void find_zones(struct throttle *throttle, int cpu)
{
    for (int i = 0; i < DEVICES_MAX; i++) {
        char path[128], name[64], type[24], mode[16], trip_type[8];
        uint64_t trip;
        if (!system_line(type, sizeof type, "%s/thermal_zone%d/type", thermal_folder, i) ||
            (system_line(mode, sizeof mode, "%s/thermal_zone%d/mode", thermal_folder, i) &&
             strcmp(mode, "disabled") == 0) ||
            !find_trip(i, cpu, trip_type, sizeof trip_type, &trip))
            continue;
        snprintf(path, sizeof path, "%s/thermal_zone%d/temp", thermal_folder, i);
        snprintf(name, sizeof name, "thermal zone %s, %s trip %u C", type, trip_type,
                 (unsigned)(trip / 1000));
        struct throttle_source *source = add_source(throttle, THROTTLE_ZONE, path, name);
        if (source)
            source->trip = trip;
    }
}

static void find_cooling(struct throttle *throttle, int cpu)
{
    char path[128], name[64], type[32];
    /* One a CPU, and their types do not tell them apart. */
    snprintf(path, sizeof path, "%s/cpu%d/firmware_node/thermal_cooling/cur_state", cpu_folder,
             cpu);
    add_source(throttle, THROTTLE_COOLING, path, "cooling device Processor");
    for (int i = 0; i < DEVICES_MAX; i++) {
        if (!system_line(type, sizeof type, "%s/cooling_device%d/type", thermal_folder, i) ||
            strcmp(type, "Processor") == 0 || !slows_cpu(type, cpu))
            continue;
        snprintf(path, sizeof path, "%s/cooling_device%d/cur_state", thermal_folder, i);
        snprintf(name, sizeof name, "cooling device %s", type);
        add_source(throttle, THROTTLE_COOLING, path, name);
    }
}

static void find_limit(struct throttle *throttle, int cpu)
{
    char path[128], name[64];
    snprintf(path, sizeof path, "%s/cpu%d/cpufreq/scaling_max_freq", cpu_folder, cpu);
    snprintf(name, sizeof name, "clock limit of CPU %d", cpu);
    add_source(throttle, THROTTLE_LIMIT, path, name);
}

void throttle_open(struct throttle *throttle, int cpu)
{
    *throttle = (struct throttle){.count = 0};
    find_firmware(throttle, cpu);
    find_counts(throttle, cpu);
    find_zones(throttle, cpu);
    find_cooling(throttle, cpu);
    find_limit(throttle, cpu);
    uint64_t begun_ns = now_ns();
    throttle_begin(throttle);
    throttle->cost_ns = now_ns() - begun_ns;
    for (size_t i = 0; i < throttle->count; i++)
        throttle->sources[i].first = throttle->sources[i].last;
}
