/*
 * The machine as this process may use it: CPUs, nodes, caches, kinds of core. Source: hwloc, or
 * the kernel's files alone where hwloc is missing (harness/topology_source.h). Facts that the
 * machine does not tell are 0 or -1, never guessed.
 */
#ifndef COPYCOST_HARNESS_TOPOLOGY_H
#define COPYCOST_HARNESS_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/fault.h"

enum { TOPOLOGY_LEVELS = 4 }; /* cache levels 1..4; index 0 is level 1 */

struct topology_cpu {
    int cpu;      /* the operating system's number */
    bool allowed; /* in this process's cpuset (taskset, cgroup) and online */
    int node;     /* NUMA node by the operating system's number; 0 on a machine without nodes */
    int package;  /* equal where two CPUs share it; -1 unknown */
    int core;     /* likewise */
    int cluster;  /* likewise: cores that the kernel says are close within a package */
    int smt;      /* rank among the hardware threads of its core, 0 first */
    int kind;     /* 0 is the least efficient-for-performance kind; all 0 if there is one kind */
    uint64_t interrupts; /* of devices, timers aside, by /proc/interrupts; 0 where unreadable */
    /* Data or unified caches by level. bytes 0: no such cache, or unknown. */
    size_t cache_bytes[TOPOLOGY_LEVELS];
    int cache_id[TOPOLOGY_LEVELS];        /* equal where two CPUs share it; -1 none, or unknown */
    unsigned cache_cpus[TOPOLOGY_LEVELS]; /* CPUs that share it; 0 unknown */
    size_t line_bytes;                    /* 0 unknown */
};

struct topology_node {
    int node;       /* the operating system's number */
    bool allowed;   /* memory may be taken from it (cgroup mems, mempolicy) */
    uint64_t bytes; /* its memory */
    unsigned cpus;  /* 0: memory only (CXL, HBM) */
};

/*
 * What the firmware (ACPI HMAT) claims of memory on node `target` accessed by the CPUs of node
 * `initiator`; 0: not told. The kernel tells it of the nearest initiators of each target alone.
 * Source: node<target>/access<class>/initiators/ in /sys/devices/system/node (Linux,
 * Documentation/ABI/stable/sysfs-devices-node), in ns and in MB/s, which is the unit of ACPI 6.4,
 * table 5.129, and 10^6 bytes/s here. hwloc reads the same files, but calls the unit MiB/s.
 */
struct memory_attributes {
    int initiator, target;
    uint64_t read_bandwidth_bytes_per_s, write_bandwidth_bytes_per_s;
    uint64_t read_latency_ns, write_latency_ns;
};

enum cache_source { CACHE_UNKNOWN, CACHE_TOPOLOGY, CACHE_GIVEN, CACHE_MEASURED };

struct topology_source;

struct topology {
    const struct topology_source *source;
    const char *backend;       /* "hwloc 2.9.0", "sysfs: built without hwloc" */
    struct topology_cpu *cpus; /* ascending by number, offline ones left out */
    size_t cpu_count;
    struct topology_node *nodes; /* ascending; at least one */
    size_t node_count;
    /* node_count x node_count as firmware says, row = from; NULL none, or one node */
    unsigned *distances;
    struct memory_attributes *memory_attributes; /* ascending by target, then by initiator */
    size_t memory_attributes_count;
    unsigned kinds;         /* kinds of core, at least 1 */
    uint64_t memory_bytes;  /* of the machine, or of the cgroup where that is less */
    size_t page_bytes;      /* base page */
    size_t huge_page_bytes; /* the default huge page; 0 none */
    enum cache_source cache_source;
    void *handle; /* the back end's */
};

/*
 * Caller closes with topology_close(). What is allowed is what the calling thread may use at that
 * moment: open before binding. Errors: whatever the back end fails with.
 */
int topology_open(struct topology *topology, struct fault *fault);
void topology_close(struct topology *topology);

/*
 * Replaces the cache sizes of every CPU by what the user gives: "L1:32Ki,L2:256Ki". Levels not
 * named are 0. cache_source becomes CACHE_GIVEN. Errors: EINVAL.
 */
int topology_give_caches(struct topology *topology, const char *text, struct fault *fault);

/*
 * Gives that CPU these cache sizes by level (0: none), as measured on it. Only that one: where the
 * topology tells no caches it seldom tells kinds of core apart either, and a little core's caches
 * are not a big one's. Who shares them stays unknown. cache_source becomes CACHE_MEASURED.
 */
void topology_take_measured(struct topology *topology, int cpu,
                            const size_t bytes[TOPOLOGY_LEVELS]);

/* NULL if there is no such online CPU / node. */
const struct topology_cpu *topology_cpu(const struct topology *topology, int cpu);
const struct topology_node *topology_node(const struct topology *topology, int node);

/* Size of the largest cache level known of that CPU, 0 if none is; and of a level 1..4. */
size_t topology_last_level_bytes(const struct topology *topology, int cpu);
size_t topology_cache_bytes(const struct topology *topology, int cpu, unsigned level);

/*
 * The CPU to measure on unless told otherwise: allowed, of the fastest kind, first hardware thread
 * of its core, and, among those, not the one that has served most interrupts. `why` gets one line
 * for the user (truncated to its size).
 */
int topology_default_cpu(const struct topology *topology, char *why, size_t why_bytes);

/*
 * Binds the calling thread to one CPU and reads back both the mask and the CPU it runs on.
 * Errors: EINVAL (no such CPU, with the CPUs there are), EPERM (not in the cpuset), EIO (the
 * read-back differs).
 */
int topology_bind(const struct topology *topology, int cpu, struct fault *fault);

/* Lets the calling thread run on all allowed CPUs again. Errors: ENOMEM, what the kernel says. */
int topology_unbind(const struct topology *topology, struct fault *fault);

/*
 * Writes the topology in hwloc's XML form, without what tells hosts apart (names, serial numbers,
 * addresses). Errors: ENOTSUP (only hwloc writes that form: there is none then), EIO and what the
 * back end says.
 */
int topology_export(const struct topology *topology, const char *path, struct fault *fault);

/* Reads anew how many interrupts each CPU has served. */
void topology_read_interrupts(struct topology *topology);

/* "0-3,8" of the CPUs that `wanted` is true of, or of those allowed; cut at the buffer's end. */
typedef bool topology_filter(const struct topology_cpu *cpu, const void *argument);
void topology_list_text(const struct topology *topology, topology_filter *wanted,
                        const void *argument, char *text, size_t text_bytes);
void topology_allowed_text(const struct topology *topology, char *text, size_t text_bytes);

#endif
