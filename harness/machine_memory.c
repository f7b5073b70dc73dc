#include <stdlib.h>
#include <string.h>

#include "harness/machine_parts.h"
#include "harness/system.h"

/* SMBIOS type 17, Memory Device (DMTF DSP0134): offsets and codes. */
enum {
    DEVICE_SIZE = 0x0c,
    DEVICE_TYPE = 0x12,
    DEVICE_SPEED = 0x15,
    DEVICE_CONFIGURED = 0x20,
    DEVICE_BYTES = 0x22,
};

static const char *memory_type_name(unsigned char code)
{
    switch (code) {
    case 0x12:
        return "DDR";
    case 0x13:
        return "DDR2";
    case 0x18:
        return "DDR3";
    case 0x1a:
        return "DDR4";
    case 0x1b:
        return "LPDDR";
    case 0x1c:
        return "LPDDR2";
    case 0x1d:
        return "LPDDR3";
    case 0x1e:
        return "LPDDR4";
    case 0x20:
        return "HBM";
    case 0x21:
        return "HBM2";
    case 0x22:
        return "DDR5";
    case 0x23:
        return "LPDDR5";
    default:
        return "DRAM";
    }
}

static unsigned word_at(const unsigned char *entry, size_t offset)
{
    return entry[offset] | (unsigned)entry[offset + 1] << 8;
}

/* The first populated module's kind and speed, and how many there are. Readable by root only. */
static bool dram_by_dmi(char *text, size_t text_bytes)
{
    char path[256];
    unsigned modules = 0;
    for (size_t i = 0; system_match(path, sizeof path, i, "/sys/firmware/dmi/entries/17-*/raw");
         i++) {
        unsigned char entry[256] = {0};
        size_t bytes = system_bytes(entry, sizeof entry, "%s", path);
        if (bytes < DEVICE_SPEED + 2 || !word_at(entry, DEVICE_SIZE) || modules++)
            continue;
        unsigned speed = bytes >= DEVICE_BYTES ? word_at(entry, DEVICE_CONFIGURED) : 0;
        if (!speed)
            speed = word_at(entry, DEVICE_SPEED);
        int used = snprintf(text, text_bytes, "%s", memory_type_name(entry[DEVICE_TYPE]));
        if (speed)
            snprintf(text + used, text_bytes - (size_t)used, "-%u", speed);
    }
    size_t used = strlen(text);
    if (modules)
        snprintf(text + used, text_bytes - used, ", %u module%s", modules, modules > 1 ? "s" : "");
    return modules > 0;
}

/* The memory controller's clock on boards whose kernel scales it. */
static bool dram_by_devfreq(char *text, size_t text_bytes)
{
    static const char *const patterns[] = {"/sys/class/devfreq/*dmc*/cur_freq",
                                           "/sys/class/devfreq/*mbus*/cur_freq",
                                           "/sys/class/devfreq/*ddr*/cur_freq"};
    char path[256];
    uint64_t hz;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        if (!system_match(path, sizeof path, 0, patterns[i]) || !system_number(&hz, "%s", path))
            continue;
        snprintf(text, text_bytes, "controller at %llu MHz", (unsigned long long)(hz / 1000000));
        return true;
    }
    return false;
}

/* Error-correcting controllers tell the kind of their modules, but no clock. */
static bool dram_by_edac(char *text, size_t text_bytes)
{
    char path[256];
    return system_match(path, sizeof path, 0,
                        "/sys/devices/system/edac/mc/mc*/dimm*/dimm_mem_type") &&
           system_line(text, text_bytes, "%s", path);
}

static bool find_dram(char *text, size_t text_bytes)
{
    text[0] = '\0';
    return dram_by_dmi(text, text_bytes) || dram_by_devfreq(text, text_bytes) ||
           dram_by_edac(text, text_bytes);
}

/* The chosen one of "always [madvise] never". */
static void read_thp(char *text, size_t text_bytes)
{
    char line[128];
    text[0] = '\0';
    if (!system_line(line, sizeof line, "/sys/kernel/mm/transparent_hugepage/enabled"))
        return;
    const char *open = strchr(line, '[');
    if (open)
        snprintf(text, text_bytes, "%.*s", (int)strcspn(open + 1, "]"), open + 1);
}

json_t *machine_memory(const struct topology *topology)
{
    char thp[32];
    char dram[96];
    char pages[32];
    read_thp(thp, sizeof thp);
    find_dram(dram, sizeof dram);
    bool pool = system_field(pages, sizeof pages, "/proc/meminfo", "HugePages_Free");
    return json_pack("{s:o, s:I, s:o, s:o, s:o, s:o}", "bytes",
                     known_number(topology->memory_bytes), "page_bytes",
                     (json_int_t)topology->page_bytes, "huge_page_bytes",
                     known_number(topology->huge_page_bytes), "hugetlb_pages_free",
                     pool ? json_integer(atoll(pages)) : json_null(), "thp", known_text(thp),
                     "dram", known_text(dram));
}
