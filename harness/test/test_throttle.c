/*
 * Throttling, told from made-up files of machines that are hot, ill supplied or well.
 */
#include "harness/test/tree.h"

#include "harness/throttle.h"

static struct throttle throttle;
static char text[THROTTLE_TEXT_BYTES];
static uint64_t now_ns;

static void write_zone(int zone, const char *file, const char *content)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/class/thermal/thermal_zone%d/%s", zone, file);
    tree_write(path, content);
}

static void write_cooling(int device, const char *type, const char *state)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/class/thermal/cooling_device%d/type", device);
    tree_write(path, type);
    snprintf(path, sizeof path, "/sys/class/thermal/cooling_device%d/cur_state", device);
    tree_write(path, state);
}

/* A zone with a critical trip point and, as number 1, another one, to which that device is bound.
 */
static void write_bound_zone(int zone, const char *type, const char *trip_type, const char *trip,
                             const char *device)
{
    write_zone(zone, "type", type);
    write_zone(zone, "temp", "45000\n");
    write_zone(zone, "trip_point_0_type", "critical\n");
    write_zone(zone, "trip_point_0_temp", "40000\n");
    write_zone(zone, "trip_point_1_type", trip_type);
    write_zone(zone, "trip_point_1_temp", trip);
    write_zone(zone, "cdev0/type", device);
    write_zone(zone, "cdev0_trip_point", "1\n");
}

/* As throttle_open(), but looks cost nothing, so that each is taken. */
static void watch(int cpu)
{
    throttle_open(&throttle, cpu);
    throttle.cost_ns = 0;
}

static void assert_struck(const char *said)
{
    int found = throttle_look(&throttle, ++now_ns, text);
    if (found != 1 || !strstr(text, said))
        fail_msg("%d, '%s' and not '%s'", found, text, said);
}

static void assert_well(void)
{
    int found = throttle_look(&throttle, ++now_ns, text);
    if (found != 0 || text[0])
        fail_msg("%d, '%s'", found, text);
}

static void a_machine_that_does_not_tell(void **state)
{
    (void)state;
    watch(0);
    assert_int_equal(throttle.count, 0);
    assert_int_equal(throttle_look(&throttle, ++now_ns, text), -1);
    assert_int_equal(throttle_look(NULL, ++now_ns, text), -1);
    assert_string_equal(text, "");
    /* Fans, devices of others and zones that only tell are no sources. */
    write_cooling(0, "gpio-fan\n", "3\n");
    write_cooling(1, "thermal-devfreq-0\n", "2\n");
    write_bound_zone(0, "gpu-thermal\n", "passive\n", "40000\n", "thermal-devfreq-0\n");
    write_zone(1, "type", "x86_pkg_temp\n");
    write_zone(1, "temp", "45000\n");
    write_zone(1, "trip_point_0_type", "passive\n");
    write_zone(1, "trip_point_0_temp", "0\n");
    tree_write("/sys/class/hwmon/hwmon0/name", "k10temp\n");
    watch(0);
    assert_int_equal(throttle_look(&throttle, ++now_ns, text), -1);
}

static void a_raspberry_pi(void **state)
{
    (void)state;
    static const char file[] = "/sys/devices/platform/soc/soc:firmware/get_throttled";
    tree_write("/sys/class/hwmon/hwmon1/name", "rpi_volt\n");
    tree_write("/sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n");
    tree_write(file, "50000\n");
    watch(0);
    assert_int_equal(throttle.count, 1); /* the alarm is bit 16 */
    /* What was before the run is not the run's. */
    assert_well();
    assert_true(throttle_ask(&throttle, THROTTLE_SINCE_BOOT, text));
    assert_string_equal(text, "Raspberry Pi firmware: under-voltage, throttled (0x50000)");
    tree_write(file, "50005\n");
    assert_struck("Raspberry Pi firmware: under-voltage, throttled (0x50005)");
    assert_struck("0x50005"); /* it still is */
    tree_write(file, "50008\n");
    assert_struck("firmware: soft temperature limit (");
    /* It came and went between two looks. */
    tree_write(file, "70000\n");
    assert_struck("firmware: clock capped (");
    assert_well();
    tree_write(file, "throttled\n");
    assert_well();
    tree_write(file, "0\n");
    assert_well();
    tree_write(file, "10000\n");
    assert_struck("under-voltage");
}

static void a_raspberry_pi_with_another_kernel(void **state)
{
    (void)state;
    tree_write("/sys/class/hwmon/hwmon0/name", "cpu_thermal\n");
    tree_write("/sys/class/hwmon/hwmon2/name", "rpi_volt\n");
    tree_write("/sys/class/hwmon/hwmon2/in0_lcrit_alarm", "0\n");
    watch(0);
    assert_well();
    tree_write("/sys/class/hwmon/hwmon2/in0_lcrit_alarm", "1\n");
    assert_struck("Raspberry Pi under-voltage alarm");
}

static void x86_counts_that_grow(void **state)
{
    (void)state;
    static const char core[] = "/sys/devices/system/cpu/cpu3/thermal_throttle/core_throttle_count";
    static const char power[] =
        "/sys/devices/system/cpu/cpu3/thermal_throttle/package_power_limit_count";
    tree_write(core, "17\n");
    tree_write(power, "0\n");
    tree_write("/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "5\n");
    watch(3);
    assert_int_equal(throttle.count, 2);
    assert_well();
    tree_write(core, "19\n");
    tree_write(power, "1\n");
    assert_struck("CPU 3: core throttled by heat 2 times");
    assert_well(); /* of both: each look takes note of all sources */
    tree_write(power, "2\n");
    assert_struck("CPU 3: package limited in power 1 times");
    assert_true(throttle_ask(&throttle, THROTTLE_SINCE_BOOT, text));
    assert_string_equal(text, "CPU 3: core throttled by heat 19 times");
}

/* Four little cores, two pairs of big ones; each cluster has its zone, clock and cooling device. */
static void make_rk3588(void)
{
    static const char *const related[] = {"0 1 2 3\n", "0 1 2 3\n", "0 1 2 3\n", "0 1 2 3\n",
                                          "4 5\n",     "4 5\n",     "6 7\n",     "6 7\n"};
    for (int i = 0; i < 8; i++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/related_cpus", i);
        tree_write(path, related[i]);
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_max_freq", i);
        tree_write(path, i < 4 ? "1800000\n" : "2400000\n");
    }
    write_bound_zone(0, "package-thermal\n", "passive\n", "-274000\n", "cpufreq-cpu4\n");
    write_bound_zone(1, "bigcore0-thermal\n", "passive\n", "85000\n", "cpufreq-cpu4\n");
    write_bound_zone(2, "bigcore2-thermal\n", "passive\n", "85000\n", "cpufreq-cpu6\n");
    write_bound_zone(3, "littlecore-thermal\n", "passive\n", "85000\n", "cpufreq-cpu0\n");
    write_bound_zone(4, "center-thermal\n", "passive\n", "0\n", "cpufreq-cpu4\n");
    write_bound_zone(5, "gpu-thermal\n", "passive\n", "85000\n", "thermal-devfreq-0\n");
    write_cooling(0, "cpufreq-cpu0\n", "0\n");
    write_cooling(1, "cpufreq-cpu4\n", "0\n");
    write_cooling(3, "cpufreq-cpu6\n", "0\n");
    write_cooling(4, "thermal-devfreq-0\n", "1\n");
    write_cooling(5, "pwm-fan\n", "4\n");
}

static void rk3588_clusters(void **state)
{
    (void)state;
    make_rk3588();
    watch(5);
    assert_int_equal(throttle.count, 3); /* a zone, a device and a limit of the middle cluster */
    assert_well();
    write_cooling(0, "cpufreq-cpu0\n", "3\n");
    write_zone(2, "temp", "90000\n");
    tree_write("/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq", "1200000\n");
    assert_well(); /* others' */
    write_zone(1, "temp", "84999\n");
    assert_well();
    assert_true(throttle_ask(&throttle, THROTTLE_NEAR, text));
    write_zone(1, "temp", "85000\n");
    assert_struck("thermal zone bigcore0-thermal, passive trip 85 C: it is at 85 C");
    assert_false(throttle_ask(&throttle, THROTTLE_NEAR, text));
    write_zone(1, "temp", "-1000\n"); /* unreadable for once */
    write_cooling(1, "cpufreq-cpu4\n", "2\n");
    assert_struck("cooling device cpufreq-cpu4 at step 2");
    write_cooling(1, "cpufreq-cpu4\n", "0\n");
    tree_write("/sys/devices/system/cpu/cpu5/cpufreq/scaling_max_freq", "2208000\n");
    assert_struck("clock limit of CPU 5 is 2208 MHz and was 2400 MHz");
    assert_struck("was 2400 MHz"); /* as long as it lasts */
    tree_write("/sys/devices/system/cpu/cpu5/cpufreq/scaling_max_freq", "2400000\n");
    assert_well();
}

static void acpi_and_older_kernels(void **state)
{
    (void)state;
    /* An ACPI machine has a device for each CPU, all of one name. */
    write_cooling(0, "Processor\n", "0\n");
    write_cooling(1, "Processor\n", "7\n");
    write_cooling(2, "intel_powerclamp\n", "-1\n");
    tree_write("/sys/devices/system/cpu/cpu0/firmware_node/thermal_cooling/cur_state", "0\n");
    write_bound_zone(0, "acpitz\n", "hot\n", "100000\n", "Processor\n");
    write_zone(0, "mode", "enabled\n");
    watch(0);
    assert_int_equal(throttle.count, 3);
    assert_well();
    write_cooling(2, "intel_powerclamp\n", "25\n");
    assert_struck("cooling device intel_powerclamp at step 25");
    write_zone(0, "temp", "101000\n");
    assert_struck("thermal zone acpitz, hot trip 100 C: it is at 101 C");
    /* The kernel leaves a disabled zone to others. */
    write_zone(0, "mode", "disabled\n");
    watch(0);
    assert_int_equal(throttle.count, 2);
    write_cooling(2, "thermal-cpufreq-0\n", "0\n");
    tree_write("/sys/devices/system/cpu/cpu0/firmware_node/thermal_cooling/cur_state", "1\n");
    watch(0);
    assert_struck("cooling device Processor at step 1");
}

static void more_sources_than_are_watched(void **state)
{
    (void)state;
    for (int i = 0; i < THROTTLE_SOURCES_MAX + 4; i++) {
        char type[32];
        snprintf(type, sizeof type, "thermal-cpufreq-%d\n", i);
        write_cooling(i, type, "0\n");
    }
    watch(0);
    assert_int_equal(throttle.count, THROTTLE_SOURCES_MAX);
    assert_well();
}

static void looks_that_cost(void **state)
{
    (void)state;
    write_cooling(0, "thermal-cpufreq-0\n", "1\n");
    watch(0);
    throttle.cost_ns = 1000;
    assert_int_equal(throttle_look(&throttle, 100000, text), 1);
    write_cooling(0, "thermal-cpufreq-0\n", "0\n");
    assert_int_equal(throttle_look(&throttle, 119999, text), 1);
    assert_string_equal(text, "cooling device thermal-cpufreq-0 at step 1");
    assert_int_equal(throttle_look(&throttle, 120000, text), 0);
    write_cooling(0, "thermal-cpufreq-0\n", "2\n");
    assert_int_equal(throttle_look(&throttle, 130000, text), 0);
    throttle_begin(&throttle); /* a launch's first look is its own */
    assert_int_equal(throttle_look(&throttle, 130001, text), 1);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(a_machine_that_does_not_tell),
        IN_TREE(a_raspberry_pi),
        IN_TREE(a_raspberry_pi_with_another_kernel),
        IN_TREE(x86_counts_that_grow),
        IN_TREE(rk3588_clusters),
        IN_TREE(acpi_and_older_kernels),
        IN_TREE(more_sources_than_are_watched),
        IN_TREE(looks_that_cost),
    };
    return cmocka_run_group_tests_name("throttle", tests, NULL, NULL);
}
