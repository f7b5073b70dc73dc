/*
 * What the CPU can do, found at run time. One implementation an ISA (arch/<isa>/cpu.c), else
 * arch/generic/cpu.c, which knows no feature.
 */
#ifndef COPYCOST_ARCH_CPU_H
#define COPYCOST_ARCH_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ISA this program was built for: "x86_64", "aarch64", "arm", ... */
extern const char *const cpu_isa;

/* The features that cpu_has() can tell, NULL-terminated, named as /proc/cpuinfo names them. */
extern const char *const cpu_features[];

/*
 * Whether both the CPU and the operating system support the feature (AVX state enabled in XCR0,
 * HWCAP bits on ARM, riscv_hwprobe). An unknown name is false.
 */
bool cpu_has(const char *feature);

/*
 * A counter that ticks at a fixed rate and that user space can read, ordered so that neither
 * earlier nor later work crosses it; 0 always where the ISA has none (cpu_ticks_name is NULL then).
 */
uint64_t cpu_ticks(void);
extern const char *const cpu_ticks_name; /* "tsc", "cntvct", "rdtime", or NULL */

/*
 * Writes the lines of [start, start + bytes) back and drops them from every cache. Returns false
 * where user space can't do that (32-bit ARM, RISC-V); the caller then reads through a larger
 * buffer.
 */
bool cpu_evict(const void *start, size_t bytes);

/*
 * Copies by stores that go round the caches, in order before all later stores: on x86 all but the
 * last 0 to 3 bytes, on AArch64, where they are a hint, all but the last 0 to 7. Returns false, and
 * copies nothing, where the ISA has no such stores (32-bit ARM, RISC-V).
 */
bool cpu_store_around(void *dst, const void *src, size_t bytes);

/* The bits of a function's address that say how it is decoded, not where it lies: Thumb's. */
extern const uintptr_t cpu_code_mode;

/*
 * Whether code reaches its data by distance alone, so that both may be moved by any number of bytes
 * together; false where it goes by pages (AArch64's adrp), or is not known to.
 */
extern const bool cpu_code_moves;

/* Waits a moment inside a spin loop (pause, yield). */
void cpu_relax(void);

#endif
