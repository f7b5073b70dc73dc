#include <stdlib.h>
#include <string.h>

#include "harness/machine_parts.h"
#include "harness/system.h"

/* Numbers as in the main ID register: Arm's and the makers' technical reference manuals. */
struct maker {
    unsigned implementer;
    const char *name;
};
static const struct maker makers[] = {
    {0x41, "ARM"},       {0x42, "Broadcom"}, {0x43, "Cavium"}, {0x46, "Fujitsu"},
    {0x48, "HiSilicon"}, {0x4e, "NVIDIA"},   {0x50, "APM"},    {0x51, "Qualcomm"},
    {0x53, "Samsung"},   {0x56, "Marvell"},  {0x61, "Apple"},  {0xc0, "Ampere"},
};

struct core {
    unsigned implementer, part;
    const char *name;
};
static const struct core cores[] = {
    {0x41, 0xb76, "ARM1176"},      {0x41, 0xc05, "Cortex-A5"},   {0x41, 0xc07, "Cortex-A7"},
    {0x41, 0xc08, "Cortex-A8"},    {0x41, 0xc09, "Cortex-A9"},   {0x41, 0xc0d, "Cortex-A12"},
    {0x41, 0xc0e, "Cortex-A17"},   {0x41, 0xc0f, "Cortex-A15"},  {0x41, 0xd03, "Cortex-A53"},
    {0x41, 0xd04, "Cortex-A35"},   {0x41, 0xd05, "Cortex-A55"},  {0x41, 0xd07, "Cortex-A57"},
    {0x41, 0xd08, "Cortex-A72"},   {0x41, 0xd09, "Cortex-A73"},  {0x41, 0xd0a, "Cortex-A75"},
    {0x41, 0xd0b, "Cortex-A76"},   {0x41, 0xd0c, "Neoverse-N1"}, {0x41, 0xd0d, "Cortex-A77"},
    {0x41, 0xd40, "Neoverse-V1"},  {0x41, 0xd41, "Cortex-A78"},  {0x41, 0xd44, "Cortex-X1"},
    {0x41, 0xd46, "Cortex-A510"},  {0x41, 0xd47, "Cortex-A710"}, {0x41, 0xd48, "Cortex-X2"},
    {0x41, 0xd49, "Neoverse-N2"},  {0x41, 0xd4d, "Cortex-A715"}, {0x41, 0xd4e, "Cortex-X3"},
    {0x41, 0xd4f, "Neoverse-V2"},  {0x41, 0xd80, "Cortex-A520"}, {0x41, 0xd81, "Cortex-A720"},
    {0x46, 0x001, "A64FX"},        {0x48, 0xd01, "Kunpeng 920"}, {0x61, 0x022, "M1 Icestorm"},
    {0x61, 0x023, "M1 Firestorm"}, {0xc0, 0xac3, "Ampere-1"},
};

static void decode_core(unsigned implementer, unsigned part, char *name, size_t name_bytes,
                        char *vendor)
{
    char maker[32];
    snprintf(maker, sizeof maker, "implementer 0x%02x", implementer);
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        if (makers[i].implementer == implementer)
            snprintf(maker, sizeof maker, "%s", makers[i].name);
    snprintf(vendor, MACHINE_TEXT_BYTES, "%s", maker);
    snprintf(name, name_bytes, "%s part 0x%03x", maker, part);
    for (size_t i = 0; i < sizeof cores / sizeof *cores; i++)
        if (cores[i].implementer == implementer && cores[i].part == part)
            snprintf(name, name_bytes, "%s %s", maker, cores[i].name);
}

/* Adds a name that is not there yet. */
static void add_name(char *model, const char *name)
{
    size_t used = strlen(model);
    size_t length = strlen(name);
    for (const char *at = model; (at = strstr(at, name)); at++)
        if (at[length] == '\0' || at[length] == ' ')
            return;
    snprintf(model + used, MACHINE_TEXT_BYTES - used, "%s%s", used ? " + " : "", name);
}

static void read_arm_cores(char *model, char *vendor)
{
    FILE *file = system_open("/proc/cpuinfo");
    if (!file)
        return;
    static const char implementer_key[] = "CPU implementer", part_key[] = "CPU part";
    char line[256];
    char name[64];
    unsigned implementer = 0;
    while (fgets(line, sizeof line, file)) {
        const char *value = strchr(line, ':');
        if (!value)
            continue;
        unsigned number = (unsigned)strtoul(value + 1, NULL, 0);
        if (!strncmp(line, implementer_key, strlen(implementer_key)))
            implementer = number;
        if (strncmp(line, part_key, strlen(part_key)))
            continue;
        decode_core(implementer, number, name, sizeof name, vendor);
        add_name(model, name);
    }
    fclose(file);
}

bool machine_model(char *model, char *vendor)
{
    static const char *const keys[] = {"model name", "cpu model", "uarch", "cpu"};
    model[0] = vendor[0] = '\0';
    if (machine_is_user_emulated())
        return false;
    /* 32-bit ARM kernels have a "model name", too, which tells the architecture only. */
    read_arm_cores(model, vendor);
    if (model[0])
        return true;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && !model[0]; i++)
        system_field(model, MACHINE_TEXT_BYTES, "/proc/cpuinfo", keys[i]);
    system_field(vendor, MACHINE_TEXT_BYTES, "/proc/cpuinfo", "vendor_id");
    return model[0] != '\0';
}
