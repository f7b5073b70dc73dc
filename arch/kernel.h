/*
 * Kernels: the functions under measurement, and their registry.
 *
 * Every kernel has memcpy's own signature, so that a C library's memcpy, a user's function from a
 * shared object and a kernel of this folder are called in exactly the same way, without a wrapper.
 * What dst and src mean depends on the operation:
 *
 *   copy  src[0..bytes) to dst[0..bytes); the two do not overlap
 *   fill  dst[0..bytes) with the byte at src[0]
 *   zero  dst[0..bytes) with zero; src is not looked at
 *   read  loads all of src[0..bytes) and stores the XOR of its bytes at dst[0] (one byte), so that
 *         a test can prove that nothing was left out
 *
 * A kernel returns dst. It may be called only if kernel_missing() is NULL, with bytes a multiple
 * of its granule (0 included) and with dst and src both multiples of its alignment.
 */
#ifndef COPYCOST_ARCH_KERNEL_H
#define COPYCOST_ARCH_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "arch/fault.h"
#include "arch/registry.h"

enum kernel_operation { KERNEL_COPY, KERNEL_FILL, KERNEL_ZERO, KERNEL_READ };

typedef void *kernel_function(void *restrict dst, const void *restrict src, size_t bytes);

struct kernel {
    const char *name;    /* operation_instruction_variant, such as copy_avx2_nontemporal */
    const char *summary; /* one line, no full stop */
    enum kernel_operation operation;
    const char *needs; /* CPU features, space separated, as cpu_has() knows them; "" none */
    size_t granule;    /* bytes handled are a multiple of this; 1: any number */
    size_t alignment;  /* that dst and src must have, in bytes; 1: any */
    kernel_function *run;
    const unsigned char *code; /* its machine code, for the hash; NULL where it can't be told */
    const unsigned char *code_end;
};

/*
 * Opens the definition of a kernel's function: 64-byte aligned, in a section of its own, whose
 * bounds the linker provides. So the entry point's place in its cache line and the hash of exactly
 * its code can be recorded (code placement moves small copies by tens of percent: Mytkowicz et al.,
 * "Producing wrong data without doing anything obviously wrong!", ASPLOS 2009). The name may be a
 * macro, here and in KERNEL().
 */
#define KERNEL_FUNCTION(name) KERNEL_FUNCTION_(name)
#define KERNEL_FUNCTION_(name)                                                                     \
    extern const unsigned char __start_kernel_##name[] __attribute__((visibility("hidden")));      \
    extern const unsigned char __stop_kernel_##name[] __attribute__((visibility("hidden")));       \
    __attribute__((section("kernel_" #name), aligned(64), noinline, used)) static void *name(      \
        void *restrict dst, const void *restrict src, size_t bytes)

/* Registers the function of that name. One line a kernel. */
#define KERNEL(name, operation, needs, granule, alignment, summary)                                \
    KERNEL_(name, operation, needs, granule, alignment, summary)
#define KERNEL_(name, operation, needs, granule, alignment, summary)                               \
    static const struct kernel descriptor_##name = {                                               \
        #name,                                                                                     \
        summary,                                                                                   \
        operation,                                                                                 \
        needs,                                                                                     \
        granule,                                                                                   \
        alignment,                                                                                 \
        name,                                                                                      \
        __start_kernel_##name,                                                                     \
        __stop_kernel_##name,                                                                      \
    };                                                                                             \
    REGISTRY_ADD(kernel, kernel, &descriptor_##name)

/* Registers a function that lies elsewhere (the C library's own). */
#define KERNEL_FOREIGN(name, function, operation, summary)                                         \
    static const struct kernel descriptor_##name = {#name, summary,  operation, "",  1,            \
                                                    1,     function, NULL,      NULL};             \
    REGISTRY_ADD(kernel, kernel, &descriptor_##name)

/*
 * All kernels in link order (sorted by path: generic first; within a file as they stand there, if
 * the compiler keeps that order), then those loaded by kernel_load().
 */
size_t kernel_count(void);
const struct kernel *kernel_at(size_t index);
/* NULL if there is none of that name. */
const struct kernel *kernel_find(const char *name);

/* The first CPU feature that it needs and this CPU has not; NULL if it can run here. */
const char *kernel_missing(const struct kernel *kernel);

/* "copy", "fill", "zero", "read". */
const char *kernel_operation_name(enum kernel_operation operation);

/*
 * The name of what `run` resolves to where that is known: for the C library's string functions the
 * implementation that its ifunc chose here (glibc's __libc_ifunc_impl_list). NULL otherwise.
 */
const char *kernel_resolved(const struct kernel *kernel);

/*
 * 64-bit FNV-1a hash of the machine code, by the section's bounds or, for a foreign function, by
 * its ELF symbol's size (dladdr1). 0 where neither is known.
 */
uint64_t kernel_code_hash(const struct kernel *kernel);

/*
 * Adds a function with memcpy's signature from a shared object: "path.so:symbol[:name]"; the name
 * defaults to copy_<symbol>. It stays loaded until the process ends. Errors: EINVAL (form of the
 * text, name already taken), ENOENT (no such object or symbol), each saying what is there.
 */
int kernel_load(const char *path_symbol_name, struct fault *fault);

#endif
