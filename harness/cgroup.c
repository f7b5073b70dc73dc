#include "harness/cgroup.h"

#include <stdlib.h>
#include <string.h>

#include "harness/system.h"

enum { GROUP_BYTES = 768 };

/* The process's group in the version 1 hierarchy of `controller`, or in version 2's (""). */
static bool find_group(char *group, const char *controller)
{
    FILE *file = system_open("/proc/self/cgroup");
    if (!file)
        return false;
    char line[1024];
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        for (char *name = controllers + 1, *next; !found && name; name = next) {
            next = strchr(name, ',');
            if (next)
                *next++ = '\0';
            found = !strcmp(name, controller);
        }
        if (found)
            snprintf(group, GROUP_BYTES, "%s", path);
    }
    fclose(file);
    return found;
}

/*
 * Visits the group and its parents. Inside a container the path may be the host's and not exist
 * here; its parents then lead to the mount's root, which is the container's own group.
 */
static uint64_t narrowest(const char *controller, const char *mount,
                          uint64_t (*value)(const char *folder))
{
    char group[GROUP_BYTES];
    uint64_t least = UINT64_MAX;
    if (!find_group(group, controller))
        return least;
    for (;;) {
        size_t length = strlen(group);
        if (length && group[length - 1] == '/')
            group[length - 1] = '\0';
        char folder[GROUP_BYTES + 64];
        snprintf(folder, sizeof folder, "%s%s", mount, group);
        uint64_t here = value(folder);
        if (here < least)
            least = here;
        char *slash = strrchr(group, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

static uint64_t limit_v2(const char *folder)
{
    uint64_t limit;
    return system_number(&limit, "%s/memory.max", folder) ? limit : UINT64_MAX;
}

static uint64_t limit_v1(const char *folder)
{
    uint64_t limit;
    /* "No limit" is the largest page-aligned number there. */
    if (!system_number(&limit, "%s/memory.limit_in_bytes", folder) || limit > UINT64_MAX / 4)
        return UINT64_MAX;
    return limit;
}

static uint64_t available(uint64_t limit, const char *folder, const char *usage_file,
                          const char *cache_key)
{
    uint64_t usage;
    if (limit == UINT64_MAX || !system_number(&usage, "%s/%s", folder, usage_file))
        return limit;
    char path[GROUP_BYTES + 96];
    char text[32];
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    if (system_field(text, sizeof text, path, cache_key)) {
        uint64_t cache = strtoull(text, NULL, 10);
        usage -= cache < usage ? cache : usage;
    }
    return usage < limit ? limit - usage : 0;
}

static uint64_t available_v2(const char *folder)
{
    return available(limit_v2(folder), folder, "memory.current", "inactive_file");
}

static uint64_t available_v1(const char *folder)
{
    return available(limit_v1(folder), folder, "memory.usage_in_bytes", "total_inactive_file");
}

/* In thousandths of a CPU. */
static uint64_t quota_v2(const char *folder)
{
    char text[64];
    if (!system_line(text, sizeof text, "%s/cpu.max", folder))
        return UINT64_MAX;
    char *end;
    unsigned long long quota = strtoull(text, &end, 10);
    unsigned long long period = end == text ? 0 : strtoull(end, NULL, 10);
    return period ? quota * 1000 / period : UINT64_MAX;
}

static uint64_t quota_v1(const char *folder)
{
    uint64_t quota, period;
    if (!system_number(&quota, "%s/cpu.cfs_quota_us", folder) ||
        !system_number(&period, "%s/cpu.cfs_period_us", folder) || !period)
        return UINT64_MAX;
    return quota * 1000 / period;
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t cgroup_memory_limit(void)
{
    return lesser(narrowest("", "/sys/fs/cgroup", limit_v2),
                  narrowest("memory", "/sys/fs/cgroup/memory", limit_v1));
}

uint64_t cgroup_memory_available(void)
{
    return lesser(narrowest("", "/sys/fs/cgroup", available_v2),
                  narrowest("memory", "/sys/fs/cgroup/memory", available_v1));
}

double cgroup_cpu_quota(void)
{
    uint64_t thousandths = lesser(narrowest("", "/sys/fs/cgroup", quota_v2),
                                  narrowest("cpu", "/sys/fs/cgroup/cpu", quota_v1));
    return thousandths == UINT64_MAX ? 0 : (double)thousandths / 1000;
}
