#include <errno.h>
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/system.h"
#include "harness/topology_hwloc_xml.h"
#include "harness/topology_source.h"

#if HWLOC_API_VERSION < 0x00020000
#error "hwloc 2.0 or later is needed"
#endif

/* hwloc writes its release into every topology; the API's number may be an earlier one. */
static const char *backend_text(hwloc_topology_t handle)
{
    static char text[64];
    const char *release = hwloc_obj_get_info_by_name(hwloc_get_root_obj(handle), "hwlocVersion");
    snprintf(text, sizeof text, "hwloc %s", release ? release : "of unknown release");
    return text;
}

static int load(hwloc_topology_t *handle, struct fault *fault)
{
    if (hwloc_topology_init(handle))
        return fail(fault, ENOMEM, "hwloc can't be initialised: out of memory");
    hwloc_topology_set_flags(*handle, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    /* PCI devices tell which node a network card is near to; operating-system devices carry
       addresses and serial numbers, which must not get into a dataset. */
    hwloc_topology_set_io_types_filter(*handle, HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
    hwloc_topology_set_type_filter(*handle, HWLOC_OBJ_OS_DEVICE, HWLOC_TYPE_FILTER_KEEP_NONE);
    if (!hwloc_topology_load(*handle))
        return 0;
    int error = errno ? errno : EIO;
    hwloc_topology_destroy(*handle);
    return fail(fault, error, "hwloc can't read this machine's topology: %s", strerror(error));
}

/* CPUs that this thread may run on: those of the cpuset, and of taskset's mask where it applies. */
static hwloc_bitmap_t allowed_cpus(hwloc_topology_t handle)
{
    hwloc_bitmap_t allowed = hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(handle));
    hwloc_bitmap_t bound = hwloc_bitmap_alloc();
    if (allowed && bound && hwloc_topology_is_thissystem(handle) &&
        !hwloc_get_cpubind(handle, bound, HWLOC_CPUBIND_THREAD))
        hwloc_bitmap_and(allowed, allowed, bound);
    hwloc_bitmap_free(bound);
    return allowed;
}

static void read_caches(struct topology_cpu *cpu, hwloc_obj_t pu, bool *known)
{
    for (size_t level = 0; level < TOPOLOGY_LEVELS; level++)
        cpu->cache_id[level] = -1;
    for (hwloc_obj_t object = pu->parent; object; object = object->parent) {
        if (!hwloc_obj_type_is_dcache(object->type))
            continue;
        unsigned level = object->attr->cache.depth;
        if (level < 1 || level > TOPOLOGY_LEVELS || !object->attr->cache.size)
            continue;
        cpu->cache_bytes[level - 1] = (size_t)object->attr->cache.size;
        cpu->cache_id[level - 1] = (int)object->logical_index;
        cpu->cache_cpus[level - 1] = (unsigned)hwloc_bitmap_weight(object->cpuset);
        if (object->attr->cache.linesize)
            cpu->line_bytes = object->attr->cache.linesize;
        *known = true;
    }
}

static int logical_index(hwloc_topology_t handle, hwloc_obj_type_t type, hwloc_obj_t pu)
{
    hwloc_obj_t object = hwloc_get_ancestor_obj_by_type(handle, type, pu);
    return object ? (int)object->logical_index : -1;
}

static int rank_in_core(hwloc_topology_t handle, hwloc_obj_t pu)
{
    hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(handle, HWLOC_OBJ_CORE, pu);
    if (!core)
        return 0;
    hwloc_obj_t first =
        hwloc_get_next_obj_inside_cpuset_by_type(handle, core->cpuset, HWLOC_OBJ_PU, NULL);
    return first ? (int)(pu->logical_index - first->logical_index) : 0;
}

/* hwloc places memory-only nodes beside CPUs, too; the kernel says which have CPUs of their own. */
static bool node_has_cpus(hwloc_topology_t handle, hwloc_obj_t node)
{
    char cpus[16];
    FILE *file = hwloc_topology_is_thissystem(handle)
                     ? system_open("/sys/devices/system/node/node%u/cpulist", node->os_index)
                     : NULL;
    if (!file)
        return true;
    bool some = fgets(cpus, sizeof cpus, file) && cpus[0] != '\n';
    fclose(file);
    return some;
}

/* The tightest node around the CPU; of several as tight (DRAM and HBM), the first. */
static int node_of_cpu(hwloc_topology_t handle, unsigned cpu)
{
    int found = 0;
    int found_weight = 0;
    hwloc_obj_t node = NULL;
    while ((node = hwloc_get_next_obj_by_type(handle, HWLOC_OBJ_NUMANODE, node))) {
        int weight = hwloc_bitmap_weight(node->cpuset);
        if (!hwloc_bitmap_isset(node->cpuset, cpu) || !node_has_cpus(handle, node))
            continue;
        if (found_weight &&
            (weight > found_weight || (weight == found_weight && (int)node->os_index > found)))
            continue;
        found = (int)node->os_index;
        found_weight = weight;
    }
    return found;
}

/*
 * Numbers the CPU's kind as hwloc ranks them. Kinds that hwloc can't rank (efficiency -1) are not
 * told apart, because nobody could say which is the faster.
 */
static int kind_of_cpu(hwloc_topology_t handle, hwloc_obj_t pu, unsigned *kinds)
{
#if HWLOC_API_VERSION >= 0x00020400
    int kind = hwloc_cpukinds_get_by_cpuset(handle, pu->cpuset, 0);
    int efficiency = -1;
    if (kind >= 0 &&
        !hwloc_cpukinds_get_info(handle, (unsigned)kind, NULL, &efficiency, NULL, NULL, 0) &&
        efficiency >= 0) {
        *kinds = (unsigned)hwloc_cpukinds_get_nr(handle, 0);
        return kind;
    }
#else
    (void)handle;
    (void)pu;
#endif
    *kinds = 1;
    return 0;
}

static int read_cpus(struct topology *topology, hwloc_topology_t handle, struct fault *fault)
{
    hwloc_bitmap_t allowed = allowed_cpus(handle);
    hwloc_const_bitmap_t online = hwloc_topology_get_topology_cpuset(handle);
    topology->cpu_count = (size_t)hwloc_bitmap_weight(online);
    topology->cpus = calloc(topology->cpu_count, sizeof *topology->cpus);
    if (!allowed || !topology->cpus) {
        hwloc_bitmap_free(allowed);
        return fail(fault, ENOMEM, "out of memory while reading the topology");
    }
    bool caches_known = false;
    size_t count = 0;
    for (int number = hwloc_bitmap_first(online); number >= 0;
         number = hwloc_bitmap_next(online, number)) {
        hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(handle, (unsigned)number);
        if (!pu)
            continue;
        struct topology_cpu *cpu = &topology->cpus[count++];
        cpu->cpu = number;
        cpu->allowed = hwloc_bitmap_isset(allowed, (unsigned)number);
        cpu->node = node_of_cpu(handle, (unsigned)number);
        cpu->package = logical_index(handle, HWLOC_OBJ_PACKAGE, pu);
        cpu->core = logical_index(handle, HWLOC_OBJ_CORE, pu);
        cpu->cluster = -1;
        cpu->smt = rank_in_core(handle, pu);
        cpu->kind = kind_of_cpu(handle, pu, &topology->kinds);
        read_caches(cpu, pu, &caches_known);
    }
    topology->cpu_count = count;
    topology->cache_source = caches_known ? CACHE_TOPOLOGY : CACHE_UNKNOWN;
    hwloc_bitmap_free(allowed);
    return 0;
}

static int read_nodes(struct topology *topology, hwloc_topology_t handle, struct fault *fault)
{
    hwloc_const_bitmap_t all = hwloc_topology_get_topology_nodeset(handle);
    hwloc_const_bitmap_t allowed = hwloc_topology_get_allowed_nodeset(handle);
    topology->nodes = calloc((size_t)hwloc_bitmap_weight(all), sizeof *topology->nodes);
    if (!topology->nodes)
        return fail(fault, ENOMEM, "out of memory while reading the topology");
    for (int number = hwloc_bitmap_first(all); number >= 0;
         number = hwloc_bitmap_next(all, number)) {
        hwloc_obj_t object = hwloc_get_numanode_obj_by_os_index(handle, (unsigned)number);
        if (!object)
            continue;
        struct topology_node *node = &topology->nodes[topology->node_count++];
        node->node = number;
        node->allowed = hwloc_bitmap_isset(allowed, (unsigned)number);
        node->bytes = object->attr->numanode.local_memory;
    }
    return 0;
}

static size_t node_place(const struct topology *topology, hwloc_obj_t object)
{
    size_t place = 0;
    while (object && place < topology->node_count &&
           topology->nodes[place].node != (int)object->os_index)
        place++;
    return object ? place : topology->node_count;
}

static int read_distances(struct topology *topology, hwloc_topology_t handle, struct fault *fault)
{
    struct hwloc_distances_s *distances = NULL;
    unsigned found = 1;
    size_t count = topology->node_count;
    if (hwloc_distances_get_by_type(
            handle, HWLOC_OBJ_NUMANODE, &found, &distances,
            HWLOC_DISTANCES_KIND_FROM_OS | HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0) ||
        !found || !distances)
        return 0;
    unsigned *matrix = distances->nbobjs == count ? calloc(count * count, sizeof *matrix) : NULL;
    bool out_of_memory = distances->nbobjs == count && !matrix;
    for (size_t i = 0; matrix && i < count; i++)
        for (size_t j = 0; j < count; j++) {
            size_t from = node_place(topology, distances->objs[i]);
            size_t to = node_place(topology, distances->objs[j]);
            if (from < count && to < count)
                matrix[from * count + to] = (unsigned)distances->values[i * count + j];
        }
    hwloc_distances_release(handle, distances);
    topology->distances = matrix;
    return out_of_memory ? fail(fault, ENOMEM, "out of memory while reading the topology") : 0;
}

static int read_all(struct topology *topology, bool *this_machine, struct fault *fault)
{
    hwloc_topology_t handle;
    int status = load(&handle, fault);
    if (status)
        return status;
    topology->handle = handle;
    topology->backend = backend_text(handle);
    *this_machine = hwloc_topology_is_thissystem(handle);
    status = read_cpus(topology, handle, fault);
    if (!status)
        status = read_nodes(topology, handle, fault);
    if (!status)
        status = read_distances(topology, handle, fault);
    return status;
}

static void destroy(void *handle)
{
    hwloc_topology_destroy(handle);
}

static int export_xml(const struct topology *topology, const char *path, struct fault *fault)
{
    char *xml = NULL;
    int bytes = 0;
    if (hwloc_topology_export_xmlbuffer(topology->handle, &xml, &bytes, 0))
        return fail(fault, EIO, "hwloc can't write the topology as XML: %s", strerror(errno));
    int status = topology_hwloc_xml_write(xml, path, fault);
    hwloc_free_xmlbuffer(topology->handle, xml);
    return status;
}

const struct topology_source topology_hwloc = {read_all, destroy, export_xml};
