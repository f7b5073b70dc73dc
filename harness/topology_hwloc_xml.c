#include "harness/topology_hwloc_xml.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const published[] = {
    "Architecture",     "Backend",          "CPUFamilyNumber", "CPUModel",         "CPUModelNumber",
    "CPURevision",      "CPUStepping",      "CPUVendor",       "ClusterMode",      "CoreType",
    "DAXType",          "DMIBoardName",     "DMIBoardVendor",  "DMIProductName",   "DMISysVendor",
    "FrequencyBaseMHz", "FrequencyMaxMHz",  "HardwareName",    "HardwareRevision", "Inclusive",
    "LinuxCapacity",    "MemoryMode",       "MemoryTier",      "OSName",           "OSRelease",
    "OSVersion",        "PCIDevice",        "PCIVendor",       "PlatformBoardID",  "PlatformModel",
    "PlatformName",     "PlatformRevision", "SoCID",           "hwlocVersion",
};

static bool is_published(const char *element, const char *end)
{
    static const char attribute[] = "name=\"";
    const char *name = strstr(element, attribute);
    if (!name || name >= end)
        return false;
    name += strlen(attribute);
    size_t length = strcspn(name, "\"");
    for (size_t i = 0; i < sizeof published / sizeof *published; i++)
        if (strlen(published[i]) == length && !strncmp(published[i], name, length))
            return true;
    return false;
}

static bool write_published(const char *xml, FILE *file)
{
    static const char open[] = "<info ";
    for (const char *element; (element = strstr(xml, open));) {
        const char *end = strstr(element, "/>");
        if (!end)
            return false;
        end += strlen("/>");
        bool keep = is_published(element, end);
        const char *stop = keep ? end : element;
        /* The indentation before an element and the newline after it go with it. */
        while (!keep && stop > xml && stop[-1] == ' ')
            stop--;
        if (fwrite(xml, 1, (size_t)(stop - xml), file) != (size_t)(stop - xml))
            return false;
        xml = !keep && *end == '\n' ? end + 1 : end;
    }
    return fputs(xml, file) >= 0;
}

int topology_hwloc_xml_write(const char *xml, const char *path, struct fault *fault)
{
    errno = EIO;
    FILE *file = fopen(path, "we");
    if (!file)
        return fail(fault, errno, "can't write to '%s': %s; make room or choose another --out",
                    path, strerror(errno));
    bool written = write_published(xml, file);
    int error = errno;
    if (fclose(file)) {
        written = false;
        error = errno;
    }
    if (written)
        return 0;
    unlink(path);
    return fail(fault, error, "can't write to '%s': %s; make room or choose another --out", path,
                strerror(error));
}
