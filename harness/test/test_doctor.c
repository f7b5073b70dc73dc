#include "harness/test/made_up.h"

static void a_numa_server_with_too_helpful_a_kernel(void **state)
{
    (void)state;
    make_topology(8, 2);
    tree_write("/proc/sys/kernel/numa_balancing", "1\n");
    tree_write("/proc/sys/kernel/perf_event_paranoid", "4\n");
    tree_write("/sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
    tree_write("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    assert_true(doctor_finds("NUMA balancing"));
    assert_true(doctor_finds("boost"));
    assert_true(geteuid() == 0 || doctor_finds("perf_event_paranoid is 4"));
    assert_false(doctor_finds("transparent"));
    tree_write("/proc/sys/kernel/numa_balancing", "0\n");
    tree_write("/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
    tree_write("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
    assert_false(doctor_finds("NUMA balancing"));
    assert_false(doctor_finds("boost"));
    assert_true(doctor_finds("transparent"));
    /* With one node there is nothing to balance. */
    make_topology(8, 1);
    tree_write("/proc/sys/kernel/numa_balancing", "1\n");
    assert_false(doctor_finds("NUMA balancing"));
}

static void a_board_that_scales_its_clock(void **state)
{
    (void)state;
    make_topology(4, 1);
    topology.kinds = 2;
    cpus[2].kind = cpus[3].kind = 1;
    /* The fast cores are measured, so that theirs is the clock that counts. */
    tree_write("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
    tree_write("/sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "schedutil\n");
    tree_write("/sys/devices/system/cpu/cpu2/cpufreq/cpuinfo_max_freq", "2400000\n");
    tree_write("/sys/devices/system/cpu/cpu2/cpufreq/scaling_max_freq", "1200000\n");
    assert_true(doctor_finds("governor is schedutil"));
    assert_false(doctor_finds("powersave"));
    assert_true(doctor_finds("limited to 1200 of 2400 MHz"));
}

static void a_throttled_raspberry_pi(void **state)
{
    (void)state;
    TREE_STRINGS("/proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4");
    tree_write("/sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n");
    tree_write("/sys/class/thermal/cooling_device0/type", "gpio-fan\n");
    tree_write("/sys/class/thermal/cooling_device0/cur_state", "3\n");
    make_topology(4, 1);
    watch_throttling();
    assert_true(doctor_finds("began: Raspberry Pi firmware: under-voltage, throttled"));
    tree_write("/sys/devices/platform/soc/soc:firmware/get_throttled", "50000\n");
    assert_false(doctor_finds("since this program began"));
    assert_true(doctor_finds("slowed down since boot: Raspberry Pi firmware: under-voltage"));
    tree_write("/sys/devices/platform/soc/soc:firmware/get_throttled", "0\n");
    assert_false(doctor_finds("slowed down"));
    assert_false(doctor_finds("can't be seen"));
}

static void a_board_that_gets_hot(void **state)
{
    (void)state;
    tree_write("/sys/class/thermal/cooling_device0/type", "thermal-cpufreq-0\n");
    tree_write("/sys/class/thermal/cooling_device0/cur_state", "0\n");
    tree_write("/sys/class/thermal/thermal_zone0/type", "cpu_thermal\n");
    tree_write("/sys/class/thermal/thermal_zone0/temp", "60000\n");
    tree_write("/sys/class/thermal/thermal_zone0/trip_point_0_type", "passive\n");
    tree_write("/sys/class/thermal/thermal_zone0/trip_point_0_temp", "75000\n");
    tree_write("/sys/class/thermal/thermal_zone0/cdev0/type", "thermal-cpufreq-0\n");
    tree_write("/sys/class/thermal/thermal_zone0/cdev0_trip_point", "0\n");
    make_topology(1, 1);
    assert_false(doctor_finds("can't be seen")); /* nobody has looked what there is */
    watch_throttling();
    assert_false(doctor_finds("slowed down") || doctor_finds("too hot"));
    tree_write("/sys/class/thermal/thermal_zone0/temp", "71000\n");
    assert_true(doctor_finds("nearly too hot: thermal zone cpu_thermal, passive trip 75 C: it is"));
    tree_write("/sys/class/thermal/cooling_device0/cur_state", "2\n");
    assert_true(doctor_finds("this program began: cooling device thermal-cpufreq-0 at step 2"));
    assert_false(doctor_finds("too hot")); /* once is enough */
}

static void throttling_that_cannot_be_seen(void **state)
{
    (void)state;
    make_topology(2, 1);
    watch_throttling();
    assert_true(doctor_finds("throttling can't be seen here"));
    json_t *machine = describe(), *found;
    found = json_object_get(json_object_get(machine, "frequency"), "throttle_sources");
    assert_true(json_is_array(found) && json_array_size(found) == 0);
    json_decref(machine);
}

static void what_else_the_doctor_finds(void **state)
{
    (void)state;
    static const struct {
        const char *path, *ill, *well, *finding;
    } cases[] = {
        {"/proc/loadavg", "1.25 1.0 1.0 2/100 4242\n", "0.20 9.0 9.0 1/100 4242\n", "load average"},
        {"/proc/stat", "cpu 9 9 9 9 9 9 9 9\ncpu0 90 0 0 0 0 0 0 10 0 0\n",
         "cpu0 100 0 0 0 0 0 0 0 0 0\n", "took 10.00 % of CPU 0"},
        {"/sys/devices/system/cpu/cpufreq/boost", "1\n", "0\n", "boost"},
        {"/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n", "performance\n",
         "governor is powersave"},
        {"/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "17\n", "0\n",
         "17 times"},
        {"/sys/class/power_supply/BAT0/status", "Discharging\n", "Charging\n", "battery"},
        {"/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n", "tsc\n",
         "clock source is hpet"},
        {"/sys/class/dmi/id/sys_vendor", "VMware, Inc.\n", "ASRock\n", "VMware"},
        {"/proc/meminfo", "SwapTotal: 2048 kB\nSwapFree: 1024 kB\n",
         "SwapTotal: 2048 kB\nSwapFree: 2048 kB\n", "1 MiB of swap"},
        {"/proc/meminfo", "MemAvailable: 16384 kB\n", "MemAvailable: 1638400 kB\n",
         "16 MiB of memory"},
        {"/sys/fs/cgroup/cpu.max", "150000 100000\n", "max 100000\n", "1.50 of 2 CPUs"},
    };
    make_topology(2, 1);
    tree_write("/proc/self/cgroup", "0::/\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tree_write(cases[i].path, cases[i].ill);
        watch_throttling();
        if (!doctor_finds(cases[i].finding))
            fail_msg("not found: %s", cases[i].finding);
        tree_write(cases[i].path, cases[i].well);
        if (doctor_finds(cases[i].finding))
            fail_msg("found though absent: %s", cases[i].finding);
    }
}

static void what_the_topology_tells_the_doctor(void **state)
{
    (void)state;
    make_topology(4, 1);
    assert_false(doctor_finds("shares its core"));
    assert_false(doctor_finds("interrupts"));
    cpus[1].core = 0;
    cpus[1].smt = 1;
    assert_true(doctor_finds("CPU 0 shares its core with CPU 1"));
    cpus[0].interrupts = 900;
    cpus[3].interrupts = 100;
    /* With a choice, CPU 2 is taken; without one, CPU 0 has to be. */
    assert_false(doctor_finds("interrupts"));
    cpus[1].allowed = cpus[2].allowed = cpus[3].allowed = false;
    assert_true(doctor_finds("CPU 0 serves 90 % of the device interrupts"));
    assert_true(doctor_finds("one CPU"));
}

static void a_coarse_clock_is_a_finding(void **state)
{
    (void)state;
    static struct clock clock = {.candidate_count = 1};
    clock.candidates[0] = (struct clock_candidate){
        .name = "clock_monotonic_raw", .ns_per_tick = 1, .cost_ns = 900, .step_ns = 19000};
    clock.chosen = &clock.candidates[0];
    make_topology(2, 1);
    sources.clock = &clock;
    assert_true(doctor_finds("steps by 19.0 us"));
    json_t *machine = describe();
    assert_string_equal(text_at(machine, "clock", "name"), "clock_monotonic_raw");
    json_decref(machine);
    clock.candidates[0].step_ns = 20;
    assert_false(doctor_finds("steps by"));
}

static void counters_that_do_not_count_are_a_finding(void **state)
{
    (void)state;
    static struct counters counters = {.count = 1};
    snprintf(counters.counter[0].name, sizeof counters.counter[0].name, "cycles");
    snprintf(counters.counter[0].reason, sizeof counters.counter[0].reason, "there is no PMU");
    make_topology(2, 1);
    sources.counters = &counters;
    assert_true(doctor_finds("no performance events"));
    tree_write("/proc/sys/kernel/perf_event_paranoid", "1\n");
    assert_true(doctor_finds("nothing can be counted"));
    json_t *machine = describe();
    const json_t *entry = json_array_get(json_object_get(machine, "counters"), 0);
    assert_string_equal(text_at(entry, NULL, "reason"), "there is no PMU");
    json_decref(machine);
    counters.passes = 1;
    counters.counter[0].reason[0] = '\0';
    assert_false(doctor_finds("nothing can be counted"));
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(a_numa_server_with_too_helpful_a_kernel),
        IN_TREE(a_board_that_scales_its_clock),
        IN_TREE(a_throttled_raspberry_pi),
        IN_TREE(a_board_that_gets_hot),
        IN_TREE(throttling_that_cannot_be_seen),
        IN_TREE(what_else_the_doctor_finds),
        IN_TREE(what_the_topology_tells_the_doctor),
        IN_TREE(a_coarse_clock_is_a_finding),
        IN_TREE(counters_that_do_not_count_are_a_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
