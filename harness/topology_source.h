/*
 * What a back end of harness/topology.h provides: topology_hwloc.c (the only file that includes
 * hwloc.h), or topology_sysfs.c where hwloc is missing.
 */
#ifndef COPYCOST_HARNESS_TOPOLOGY_SOURCE_H
#define COPYCOST_HARNESS_TOPOLOGY_SOURCE_H

#include "harness/topology.h"

struct topology_source {
    /*
     * Fills in backend, cpus, nodes, distances, kinds, cache_source and handle of an empty
     * topology; a node's `cpus` and all that is the same with every back end is done by
     * topology_open(). What was allocated before a failure stays for topology_close().
     * `this_machine` is set unless it fails: false where it was given the description of another.
     * Errors: ENOMEM, and what the system says.
     */
    int (*read)(struct topology *topology, bool *this_machine, struct fault *fault);

    /* Called once where read() has set the handle. */
    void (*close)(void *handle);

    /* As topology_export(). */
    int (*export)(const struct topology *topology, const char *path, struct fault *fault);
};

extern const struct topology_source topology_hwloc;
extern const struct topology_source topology_sysfs;

/* topology_open() with a back end of the caller's choice. */
int topology_open_from(const struct topology_source *source, struct topology *topology,
                       struct fault *fault);

/*
 * topology_clusters.c: `cluster` of every CPU of this machine, by the kernel's own files
 * (Linux 5.16; Documentation/admin-guide/cputopology.rst), since hwloc may merge a cluster with
 * what else has the same CPUs. Their identifiers are unique within a package.
 */
void topology_read_clusters(struct topology *topology);

/* topology_memory_attributes.c: of the machine's memory, once nodes are known. Errors: ENOMEM. */
int topology_read_memory_attributes(struct topology *topology, struct fault *fault);

#endif
