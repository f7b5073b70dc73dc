/*
 * The parts that machine_describe() is made of. All functions return a new reference, JSON null
 * where the machine does not tell, and NULL when out of memory.
 */
#ifndef COPYCOST_HARNESS_MACHINE_PARTS_H
#define COPYCOST_HARNESS_MACHINE_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/machine.h"

enum { MACHINE_TEXT_BYTES = 160 }; /* room for names of boards, CPUs and their makers */

/* The text, or null if it is NULL, empty or not UTF-8; the number, or null if it is 0. */
json_t *known_text(const char *text);
json_t *known_number(uint64_t number);

/* machine_cpu.c */
json_t *machine_cpu(const struct topology *topology);
json_t *machine_caches(const struct topology *topology);
json_t *machine_cache_curve(const struct cache_edges *edges);
json_t *machine_cache_plateaus(const struct cache_edges *edges);
json_t *machine_nodes(const struct topology *topology);
json_t *machine_distances(const struct topology *topology);
json_t *machine_memory_attributes(const struct topology *topology);

/*
 * machine_model.c: the CPU's name from /proc/cpuinfo, on ARM decoded from the main ID registers
 * (big and little cores both: "ARM Cortex-A55 + ARM Cortex-A76"). False (texts "") if unknown.
 */
bool machine_model(char *model, char *vendor);

/* machine_firmware.c */
/* The device tree's model, else what DMI says. False (text "") if neither does. */
bool machine_board(char *board, bool device_tree_only);
/* "KVM", "Xen", "QEMU", ...: NULL if nothing says that there is one. */
const char *machine_hypervisor(void);
/*
 * The evidence that instructions are emulated (all timing is worthless then); NULL if none. Whoever
 * boots an emulator that leaves no trace says so by the kernel parameter copycost.emulated.
 */
const char *machine_emulation(void);
/* Whether qemu-user runs this program: /proc and /sys show the host then, which is another CPU. */
bool machine_is_user_emulated(void);

/* machine_memory.c */
json_t *machine_memory(const struct topology *topology);

/* machine_system.c */
json_t *machine_kernel(void);
json_t *machine_mitigations(void);
json_t *machine_frequency(int cpu, const struct throttle *throttle);
json_t *machine_numa_balancing(void);
json_t *machine_libc(void);
/* The object whose malloc this is, and what was preloaded; names of files, never their folders. */
json_t *machine_allocator(void);
/* 1 on, 0 off, -1 unknown. */
int machine_boost(void);

#endif
