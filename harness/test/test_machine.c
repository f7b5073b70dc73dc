#include "harness/test/made_up.h"

#include "arch/cpu.h"
#include "harness/machine_parts.h"

static void write_cubieboard(void)
{
    TREE_STRINGS("/proc/device-tree/model", "Cubietech Cubieboard");
    TREE_STRINGS("/proc/device-tree/compatible", "cubietech,a10-cubieboard\0allwinner,sun4i-a10");
    tree_write("/proc/cpuinfo", "processor\t: 0\nmodel name\t: ARMv7 Processor rev 2 (v7l)\n"
                                "CPU implementer\t: 0x41\nCPU architecture: 7\n"
                                "CPU variant\t: 0x3\nCPU part\t: 0xc08\nCPU revision\t: 2\n"
                                "\nHardware\t: Allwinner sun4i\nSerial\t\t: 165166c280834853\n");
    tree_write("/proc/meminfo", "MemTotal: 505000 kB\nMemAvailable: 400000 kB\n");
    make_topology(1, 1);
    topology.cache_source = CACHE_UNKNOWN;
    memset(cpus[0].cache_bytes, 0, sizeof cpus[0].cache_bytes);
}

static void a_cubieboard(void **state)
{
    (void)state;
    write_cubieboard();
    json_t *machine = describe();
    assert_string_equal(text_at(machine, NULL, "name"), "cubietech-cubieboard-1cpu");
    assert_string_equal(text_at(machine, NULL, "board"), "Cubietech Cubieboard");
    assert_string_equal(text_at(machine, "cpu", "model"), "ARM Cortex-A8");
    assert_string_equal(text_at(machine, "cpu", "vendor"), "ARM");
    assert_string_equal(text_at(machine, NULL, "cache_source"), "unknown");
    assert_null(text_at(machine, NULL, "hypervisor"));
    assert_null(text_at(machine, "frequency", "governor"));
    assert_null(text_at(machine, "cpu", "microcode"));
    assert_int_equal(json_array_size(json_object_get(machine, "caches")), 0);
    assert_true(json_is_null(json_object_get(machine, "memory_attributes")));
    assert_true(json_is_false(json_object_get(machine, "emulated")));
    char *text = json_dumps(machine, 0);
    assert_null(strstr(text, "165166c280834853"));
    free(text);
    json_decref(machine);
    assert_true(doctor_finds("one CPU"));
    assert_true(doctor_finds("cache sizes"));
    assert_false(doctor_finds("emulated"));
    assert_false(doctor_finds("hypervisor"));
}

static void an_emulated_cubieboard(void **state)
{
    (void)state;
    write_cubieboard();
    tree_write("/proc/cpuinfo", "CPU implementer\t: 0x41\nCPU variant\t: 0x0\nCPU part\t: 0xc08\n"
                                "CPU revision\t: 0\n");
    json_t *machine = describe();
    assert_true(json_is_true(json_object_get(machine, "emulated")));
    assert_non_null(strstr(text_at(machine, NULL, "emulated_by"), "r0p0"));
    assert_string_equal(text_at(machine, NULL, "name"), "cubietech-cubieboard-1cpu-emulated");
    json_decref(machine);
    assert_true(doctor_finds("emulated"));
}

static void evidence_of_emulation(void **state)
{
    (void)state;
    static const char clock[] =
        "/sys/devices/system/clocksource/clocksource0/available_clocksource";
    assert_null(machine_emulation());
    tree_write("/proc/cmdline", "console=ttyS0 copycost.emulated=qemu quiet\n");
    assert_non_null(machine_emulation());
    tree_write("/proc/cmdline", "console=ttyS0\n");
    assert_null(machine_emulation());
    tree_write("/proc/cpuinfo", "model name : QEMU Virtual CPU version 2.5+\n");
    assert_non_null(machine_emulation());
    tree_write(clock, "tsc kvm-clock\n");
    assert_null(machine_emulation());
    tree_write("/proc/cpuinfo", "model name : QEMU TCG CPU version 2.5+\n");
    assert_non_null(machine_emulation());
    tree_write("/proc/cpuinfo", "CPU implementer : 0x00\nCPU part : 0x051\n");
    assert_non_null(machine_emulation());
    /* The same board with the host's CPU is a virtual machine, not an emulation. */
    tree_write("/proc/cpuinfo", "CPU implementer : 0x41\nCPU part : 0xd0c\n");
    TREE_STRINGS("/proc/device-tree/compatible", "linux,dummy-virt");
    TREE_STRINGS("/proc/device-tree/cpus/cpu@0/compatible", "arm,armv8");
    assert_null(machine_emulation());
    TREE_STRINGS("/proc/device-tree/cpus/cpu@0/compatible", "arm,cortex-a57");
    assert_non_null(machine_emulation());
}

static void qemu_user_hides_the_cpu(void **state)
{
    (void)state;
    char link[128], name[64], model[MACHINE_TEXT_BYTES], vendor[MACHINE_TEXT_BYTES];
    make_topology(2, 1);
    tree_write("/proc/cpuinfo", "vendor_id : AuthenticAMD\nmodel name : AMD EPYC\n");
    tree_write("/proc/thread-self/comm", "test");
    assert_true(machine_model(model, vendor));
    snprintf(link, sizeof link, "%s/proc/thread-self/exe", tree_root);
    assert_int_equal(symlink("/usr/bin/qemu-aarch64-static", link), 0);
    assert_true(machine_is_user_emulated());
    assert_false(machine_model(model, vendor));
    machine_name(&sources, name, sizeof name);
    char expected[64];
    snprintf(expected, sizeof expected, "%s-2cpu-emulated", cpu_isa);
    for (char *letter = expected; *letter; letter++)
        if (*letter == '_')
            *letter = '-';
    assert_string_equal(name, expected);
}

static void a_board_of_big_and_little_cores(void **state)
{
    (void)state;
    TREE_STRINGS("/proc/device-tree/model", "Radxa ROCK 5B");
    tree_write("/proc/cpuinfo", "processor : 0\nCPU implementer : 0x41\nCPU part : 0xd05\n\n"
                                "processor : 1\nCPU implementer : 0x41\nCPU part : 0xd05\n\n"
                                "processor : 2\nCPU implementer : 0x41\nCPU part : 0xd0b\n\n"
                                "processor : 3\nCPU implementer : 0x41\nCPU part : 0xd0b\n");
    tree_write("/sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "schedutil\n");
    tree_write("/sys/devices/system/cpu/cpu2/cpufreq/cpuinfo_max_freq", "2400000\n");
    tree_write("/sys/class/devfreq/dmc/cur_freq", "2112000000\n");
    make_topology(4, 1);
    topology.kinds = 2;
    cpus[2].kind = cpus[3].kind = 1;
    json_t *machine = describe();
    assert_string_equal(text_at(machine, "cpu", "model"), "ARM Cortex-A55 + ARM Cortex-A76");
    assert_string_equal(text_at(machine, "frequency", "governor"), "schedutil");
    assert_string_equal(text_at(machine, "memory", "dram"), "controller at 2112 MHz");
    const json_t *kinds = json_object_get(json_object_get(machine, "cpu"), "kinds");
    assert_int_equal(json_array_size(kinds), 2);
    assert_string_equal(text_at(json_array_get(kinds, 1), NULL, "cpus"), "2-3");
    const json_t *max = json_object_get(json_object_get(machine, "frequency"), "max_hz");
    assert_true(json_integer_value(max) == 2400000000);
    json_decref(machine);
}

/* SMBIOS type 17: 16 GiB of DDR4, 3200 MT/s able, 2933 configured; the serial number's text too. */
static void write_memory_module(const char *path, unsigned mebibytes)
{
    unsigned char entry[64] = {17, 40};
    entry[0x0c] = (unsigned char)(mebibytes & 255);
    entry[0x0d] = (unsigned char)(mebibytes >> 8);
    entry[0x12] = 0x1a;
    entry[0x15] = 3200 & 255;
    entry[0x16] = 3200 >> 8;
    entry[0x20] = 2933 & 255;
    entry[0x21] = 2933 >> 8;
    snprintf((char *)entry + 40, sizeof entry - 40, "SECRETSERIAL");
    tree_write_bytes(path, entry, sizeof entry);
}

static void a_numa_server(void **state)
{
    (void)state;
    static unsigned distances[] = {10, 21, 21, 10};
    tree_write("/proc/cpuinfo",
               "processor : 0\nvendor_id : GenuineIntel\nmodel name : "
               "Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz\nmicrocode : 0x2006e05\n");
    tree_write("/sys/class/dmi/id/sys_vendor", "Dell Inc.\n");
    tree_write("/sys/class/dmi/id/product_name", "PowerEdge R740\n");
    tree_write("/sys/class/dmi/id/product_serial", "SECRETSERIAL\n");
    tree_write("/proc/sys/kernel/numa_balancing", "1\n");
    tree_write("/proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz root=UUID=1234 isolcpus=2,3 hostname=me "
                                "intel_idle.max_cstate=1 mitigations=off -- nosmt\n");
    tree_write("/sys/devices/system/cpu/vulnerabilities/meltdown", "Mitigation: PTI\n");
    tree_write("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    write_memory_module("/sys/firmware/dmi/entries/17-0/raw", 16384);
    write_memory_module("/sys/firmware/dmi/entries/17-1/raw", 0);
    write_memory_module("/sys/firmware/dmi/entries/17-2/raw", 16384);
    make_topology(8, 2);
    topology.distances = distances;
    static struct memory_attributes told = {.initiator = 1, .read_bandwidth_bytes_per_s = 5000000};
    topology.memory_attributes = &told;
    topology.memory_attributes_count = 1;
    json_t *machine = describe();
    assert_string_equal(text_at(machine, NULL, "name"), "intel-xeon-gold-6148-2-40ghz-8cpu");
    assert_string_equal(text_at(machine, NULL, "board"), "Dell Inc. PowerEdge R740");
    assert_string_equal(text_at(machine, "cpu", "microcode"), "0x2006e05");
    assert_string_equal(text_at(machine, "memory", "dram"), "DDR4-2933, 2 modules");
    assert_string_equal(text_at(machine, "memory", "thp"), "madvise");
    assert_string_equal(text_at(machine, "mitigations", "meltdown"), "Mitigation: PTI");
    assert_string_equal(text_at(machine, "kernel", "command_line"),
                        "isolcpus=2,3 intel_idle.max_cstate=1 mitigations=off");
    assert_true(json_is_true(json_object_get(machine, "numa_balancing")));
    const json_t *row = json_array_get(json_object_get(machine, "distances"), 0);
    assert_int_equal(json_integer_value(json_array_get(row, 1)), 21);
    const json_t *memory = json_array_get(json_object_get(machine, "memory_attributes"), 0);
    assert_int_equal(json_integer_value(json_object_get(memory, "initiator")), 1);
    assert_int_equal(json_integer_value(json_object_get(memory, "read_bandwidth_bytes_per_s")),
                     5000000);
    assert_true(json_is_null(json_object_get(memory, "write_latency_ns")));
    assert_int_equal(json_array_size(json_object_get(machine, "caches")), 8 + 1);
    char *text = json_dumps(machine, 0);
    assert_null(strstr(text, "SECRET"));
    assert_null(strstr(text, "1234"));
    assert_null(strstr(text, "hostname"));
    free(text);
    json_decref(machine);
}

/* Whatever is in the files, the description keeps its form and the doctor its calm. */
static void broken_files_are_unknown(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/stat",
        "/proc/loadavg",
        "/proc/cmdline",
        "/proc/self/cgroup",
        "/proc/interrupts",
        "/proc/device-tree/model",
        "/proc/device-tree/compatible",
        "/proc/sys/kernel/numa_balancing",
        "/proc/sys/kernel/perf_event_paranoid",
        "/sys/class/dmi/id/sys_vendor",
        "/sys/class/dmi/id/product_name",
        "/sys/devices/system/cpu/cpufreq/boost",
        "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
        "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq",
        "/sys/devices/system/cpu/vulnerabilities/meltdown",
        "/sys/firmware/dmi/entries/17-0/raw",
        "/sys/class/thermal/cooling_device0/type",
        "/sys/class/power_supply/BAT0/status",
        "/sys/kernel/mm/transparent_hugepage/enabled",
        "/sys/hypervisor/type",
        "/sys/devices/system/clocksource/clocksource0/current_clocksource"};
    static const char long_line[9000] = {[0 ... 8998] = 'x'};
    const struct {
        const char *content;
        size_t bytes;
    } broken[] = {{"", 0},
                  {"\n\n", 2},
                  {"\0\0\0", 3},
                  {"\xff\xfe\x80 \xc3", 5},
                  {":::::", 5},
                  {"CPU part\t:\nCPU implementer\nflags\nmodel name:\n[", 46},
                  {"-99999999999999999999999999", 27},
                  {long_line, sizeof long_line}};
    make_topology(2, 1);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        for (size_t j = 0; j < sizeof paths / sizeof *paths; j++)
            tree_write_bytes(paths[j], broken[i].content, broken[i].bytes);
        json_t *machine = describe();
        char *text = json_dumps(machine, 0);
        assert_non_null(text);
        free(text);
        json_decref(machine);
        char name[64];
        machine_name(&sources, name, sizeof name);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(name));
        assert_true(name[0] != '\0');
    }
}

static void nothing_known_is_null(void **state)
{
    (void)state;
    make_topology(1, 1);
    json_t *machine = describe();
    static const char *const unknown[] = {"board",     "hypervisor", "emulated_by",
                                          "distances", "clock",      "numa_balancing"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_true(json_is_null(json_object_get(machine, unknown[i])));
    assert_null(text_at(machine, "cpu", "model"));
    assert_true(json_is_null(json_object_get(json_object_get(machine, "frequency"), "boost")));
    assert_true(json_array_size(json_object_get(machine, "kernels")) > 0);
    json_decref(machine);
}

static void names_are_folder_names(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"My Box", "my-box"},  {"--a__b--", "a-b"},    {"../../etc", "etc"},
        {"Übung 7", "bung-7"}, {"CPU(TM) x", "cpu-x"}, {"...", "made-up-2cpu"},
        {"", "made-up-2cpu"},
    };
    char name[64], small[8];
    make_topology(2, 1);
    tree_write("/proc/cpuinfo", "model name : Made Up\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sources.name = cases[i][0];
        machine_name(&sources, name, sizeof name);
        assert_string_equal(name, cases[i][1]);
    }
    sources.name = "a long name that is cut";
    machine_name(&sources, small, sizeof small);
    assert_true(strlen(small) < sizeof small && small[strlen(small) - 1] != '-');
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(a_cubieboard),
        IN_TREE(an_emulated_cubieboard),
        IN_TREE(evidence_of_emulation),
        IN_TREE(qemu_user_hides_the_cpu),
        IN_TREE(a_board_of_big_and_little_cores),
        IN_TREE(a_numa_server),
        IN_TREE(broken_files_are_unknown),
        IN_TREE(nothing_known_is_null),
        IN_TREE(names_are_folder_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
