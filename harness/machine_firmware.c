#include <string.h>
#include <strings.h>

#include "arch/cpu.h"
#include "harness/machine_parts.h"
#include "harness/system.h"

/* A DMI text that somebody filled in. */
static bool read_dmi(char *text, size_t text_bytes, const char *name)
{
    static const char *const fillers[] = {"filled by", "default string", "system manufacturer",
                                          "system product name", "not specified"};
    if (!system_line(text, text_bytes, "/sys/class/dmi/id/%s", name))
        return false;
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
        if (strcasestr(text, fillers[i]))
            text[0] = '\0';
    return text[0] != '\0';
}

bool machine_board(char *board, bool device_tree_only)
{
    char vendor[MACHINE_TEXT_BYTES / 2];
    char product[MACHINE_TEXT_BYTES / 2];
    if (system_line(board, MACHINE_TEXT_BYTES, "/proc/device-tree/model") || device_tree_only)
        return board[0] != '\0';
    if (!read_dmi(vendor, sizeof vendor, "sys_vendor"))
        read_dmi(vendor, sizeof vendor, "board_vendor");
    if (!read_dmi(product, sizeof product, "product_name"))
        read_dmi(product, sizeof product, "board_name");
    snprintf(board, MACHINE_TEXT_BYTES, "%s%s%s", vendor, vendor[0] && product[0] ? " " : "",
             product);
    return board[0] != '\0';
}

/* Whether one of the NUL-separated strings of a device-tree property contains `part`. */
static bool device_tree_has(const char *property, const char *part)
{
    char content[512];
    size_t bytes = system_bytes(content, sizeof content, "/proc/device-tree/%s", property);
    return memmem(content, bytes, part, strlen(part)) != NULL;
}

struct mark {
    const char *text, *hypervisor;
};

static const char *find_mark(const struct mark *marks, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcasestr(text, marks[i].text))
            return marks[i].hypervisor;
    return NULL;
}

/* The clock sources that a kernel offers only to that hypervisor's guests. */
static const char *hypervisor_by_clock(void)
{
    static const struct mark marks[] = {
        {"kvm-clock", "KVM"}, {"xen", "Xen"}, {"hyperv", "Hyper-V"}};
    char sources[256];
    system_line(sources, sizeof sources,
                "/sys/devices/system/clocksource/clocksource0/available_clocksource");
    return find_mark(marks, sizeof marks / sizeof *marks, sources);
}

static const char *hypervisor_by_dmi(void)
{
    static const struct mark marks[] = {
        {"firecracker", "Firecracker"},
        {"vmware", "VMware"},
        {"virtualbox", "VirtualBox"},
        {"innotek", "VirtualBox"},
        {"xen", "Xen"},
        {"amazon ec2", "Amazon EC2"},
        {"google compute", "KVM"},
        {"kvm", "KVM"},
        {"openstack", "KVM"},
        {"virtual machine", "Hyper-V"},
        {"parallels", "Parallels"},
        {"bhyve", "bhyve"},
        {"qemu", "QEMU"},
    };
    char vendor[MACHINE_TEXT_BYTES];
    char product[MACHINE_TEXT_BYTES];
    read_dmi(vendor, sizeof vendor, "sys_vendor");
    read_dmi(product, sizeof product, "product_name");
    /* Amazon's machines without a hypervisor bear that name as well. */
    if (strcasestr(vendor, "amazon ec2") || strcasestr(product, "amazon ec2"))
        return strcasestr(product, "metal") ? NULL : "Amazon EC2";
    const char *found = find_mark(marks, sizeof marks / sizeof *marks, product);
    return found ? found : find_mark(marks, sizeof marks / sizeof *marks, vendor);
}

static bool cpu_says_hypervisor(void)
{
    char flags[8192];
    if (!system_field(flags, sizeof flags, "/proc/cpuinfo", "flags"))
        return false;
    char *rest = flags;
    for (char *flag; (flag = strsep(&rest, " "));)
        if (!strcmp(flag, "hypervisor"))
            return true;
    return false;
}

const char *machine_hypervisor(void)
{
    char type[64];
    const char *found = hypervisor_by_clock();
    if (found)
        return found;
    if (system_line(type, sizeof type, "/sys/hypervisor/type") && !strcmp(type, "xen"))
        return "Xen";
    found = hypervisor_by_dmi();
    if (found)
        return found;
    if (device_tree_has("hypervisor/compatible", "xen"))
        return "Xen";
    if (device_tree_has("hypervisor/compatible", "kvm"))
        return "KVM";
    if (device_tree_has("compatible", "linux,dummy-virt"))
        return "QEMU";
    return cpu_says_hypervisor() ? "unknown" : NULL;
}

/* Field by field in /proc/cpuinfo: the Cortex-A8's first revision, which no board was sold with. */
static bool is_first_cortex_a8(void)
{
    char part[16], variant[16], revision[16];
    return system_field(part, sizeof part, "/proc/cpuinfo", "CPU part") && !strcmp(part, "0xc08") &&
           system_field(variant, sizeof variant, "/proc/cpuinfo", "CPU variant") &&
           !strcmp(variant, "0x0") &&
           system_field(revision, sizeof revision, "/proc/cpuinfo", "CPU revision") &&
           !strcmp(revision, "0");
}

/* qemu-user passes /proc/self through, but not /proc/thread-self: it shows the emulator itself. */
bool machine_is_user_emulated(void)
{
    char program[256];
    if (!system_link(program, sizeof program, "/proc/thread-self/exe"))
        return false;
    const char *name = strrchr(program, '/');
    return !strncmp(name ? name + 1 : program, "qemu-", strlen("qemu-"));
}

const char *machine_emulation(void)
{
    char model[MACHINE_TEXT_BYTES];
    char value[32];
    char line[4096];
    if (machine_is_user_emulated())
        return "this program is run by qemu-user";
    if (system_line(line, sizeof line, "/proc/cmdline") && strstr(line, "copycost.emulated"))
        return "the kernel parameter copycost.emulated says so";
    system_field(model, sizeof model, "/proc/cpuinfo", "model name");
    if (strstr(model, "QEMU TCG"))
        return "the CPU calls itself a QEMU TCG CPU";
    /* The same CPU model is offered under KVM, but that shows its clock then. */
    if (strstr(model, "QEMU Virtual CPU") && !hypervisor_by_clock())
        return "the CPU calls itself a QEMU Virtual CPU and no hypervisor offers a clock";
    if (system_field(value, sizeof value, "/proc/cpuinfo", "CPU implementer") &&
        !strcmp(value, "0x00"))
        return "the CPU has no implementer, as QEMU's own model 'max'";
    /* KVM has a guest see the host's CPU, which its device tree names by architecture only. */
    if (device_tree_has("compatible", "linux,dummy-virt") &&
        device_tree_has("cpus/cpu@0/compatible", "arm,cortex"))
        return "QEMU's virt board with a CPU model of QEMU's own";
    if (is_first_cortex_a8())
        return "the CPU is a Cortex-A8 r0p0, which QEMU has and boards have not";
    return NULL;
}
