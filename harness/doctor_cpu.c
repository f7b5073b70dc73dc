#include <stdlib.h>
#include <string.h>

#include "harness/cgroup.h"
#include "harness/doctor.h"
#include "harness/machine_parts.h"
#include "harness/system.h"

static void check_governor(const struct doctor *doctor)
{
    char governor[64];
    if (system_line(governor, sizeof governor,
                    "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", doctor->cpu) &&
        strcmp(governor, "performance"))
        doctor_find(
            doctor, "the clock follows the load: what runs first or briefly runs slower",
            "cpupower frequency-set -g performance, or cpufreq-set -g performance, or without "
            "either: echo performance | tee "
            "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
            "the frequency governor is %s", governor);
}

static void check_boost(const struct doctor *doctor)
{
    if (machine_boost() == 1)
        doctor_find(doctor,
                    "the clock depends on temperature and on what other cores do: runs differ",
                    "echo 0 > /sys/devices/system/cpu/cpufreq/boost, or with the intel_pstate "
                    "driver: echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo",
                    "frequency boost is on");
}

static void check_cap(const struct doctor *doctor)
{
    uint64_t allowed, highest;
    if (system_number(&allowed, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_max_freq",
                      doctor->cpu) &&
        system_number(&highest, "/sys/devices/system/cpu/cpu%d/cpufreq/cpuinfo_max_freq",
                      doctor->cpu) &&
        allowed < highest)
        doctor_find(doctor, "the CPU is slower than it could be",
                    "cpupower frequency-set -u MAX, or find out who set the limit (heat, power)",
                    "CPU %d is limited to %.0f of %.0f MHz", doctor->cpu, (double)allowed / 1000,
                    (double)highest / 1000);
}

static void check_throttling(const struct doctor *doctor)
{
    static const struct {
        enum throttle_question question;
        const char *finding, *effect;
    } checks[] = {
        {THROTTLE_SINCE_LOOK, "the CPU is slowed down, or was since this program began",
         "figures are those of a slower machine, and change as it cools down"},
        {THROTTLE_SINCE_BOOT, "the CPU was slowed down since boot",
         "it may be again; the column throttled shows when"},
        {THROTTLE_NEAR, "the CPU is nearly too hot",
         "a run will slow it down; the column throttled shows when"},
    };
    const struct throttle *throttle = doctor->sources->throttle;
    char text[THROTTLE_TEXT_BYTES];
    for (size_t i = 0; throttle && i < sizeof checks / sizeof *checks; i++)
        if (throttle_ask(throttle, checks[i].question, text)) {
            doctor_find(doctor, checks[i].effect,
                        "against heat, a heat sink and a fan, and time to cool down; against low "
                        "voltage, a supply of the board's rating (5 V, 3 A or more) and a short, "
                        "thick cable",
                        "%s: %s", checks[i].finding, text);
            return;
        }
    if (throttle && !throttle->count)
        doctor_find(doctor, "a CPU that heat slows down in the middle of a run looks like noise",
                    "on a board, a kernel with thermal zones and cpufreq; in a virtual machine, "
                    "only the host can tell",
                    "throttling can't be seen here");
}

static void check_smt(const struct doctor *doctor)
{
    const struct topology *topology = doctor->sources->topology;
    const struct topology_cpu *measured = topology_cpu(topology, doctor->cpu);
    for (size_t i = 0; measured && i < topology->cpu_count; i++) {
        const struct topology_cpu *cpu = &topology->cpus[i];
        if (cpu == measured || cpu->core < 0 || cpu->core != measured->core)
            continue;
        doctor_find(doctor, "work on the other thread takes a share of the core and its caches",
                    "echo off > /sys/devices/system/cpu/smt/control, or keep that CPU idle",
                    "CPU %d shares its core with CPU %d", doctor->cpu, cpu->cpu);
        return;
    }
}

static void check_cpu_count(const struct doctor *doctor)
{
    if (doctor->allowed_cpus == 1)
        doctor_find(doctor, "everything else that runs here interrupts the measurement",
                    "where the machine has more CPUs, allow them (taskset, the container's cpuset)",
                    "there is one CPU to run on");
}

static void check_interrupts(const struct doctor *doctor)
{
    const struct topology *topology = doctor->sources->topology;
    uint64_t all = 0, here = 0;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        all += topology->cpus[i].interrupts;
        if (topology->cpus[i].cpu == doctor->cpu)
            here = topology->cpus[i].interrupts;
    }
    if (topology->cpu_count > 1 && here > all / 2)
        doctor_find(doctor, "interrupt handlers lengthen samples and disturb the caches",
                    "choose another CPU, or move them: /proc/irq/*/smp_affinity (and stop "
                    "irqbalance)",
                    "CPU %d serves %.0f %% of the device interrupts", doctor->cpu,
                    100 * (double)here / (double)all);
}

static void check_quota(const struct doctor *doctor)
{
    double quota = cgroup_cpu_quota();
    if (quota > 0 && quota < (double)doctor->allowed_cpus)
        doctor_find(doctor, "the kernel stops the measurement whenever the quota is used up",
                    "lift the control group's CPU quota (docker --cpus, systemd CPUQuota)",
                    "the control group grants %.2f of %zu CPUs", quota, doctor->allowed_cpus);
}

static void check_battery(const struct doctor *doctor)
{
    char path[256], status[32];
    for (size_t i = 0; system_match(path, sizeof path, i, "/sys/class/power_supply/*/status"); i++)
        if (system_line(status, sizeof status, "%s", path) && !strcmp(status, "Discharging")) {
            doctor_find(doctor, "power saving lowers the clock", "plug it in",
                        "the machine runs on battery");
            return;
        }
}

doctor_check *const doctor_cpu_checks[] = {
    check_governor,  check_boost,      check_cap,   check_throttling, check_smt,
    check_cpu_count, check_interrupts, check_quota, check_battery,    NULL,
};
