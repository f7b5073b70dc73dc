/*
 * Registration by presence: a macro emits a static descriptor and a pointer to it in an ELF
 * section named after the registry; the linker gathers the pointers of all objects, in link order.
 * Pointers, not descriptors, because alignment padding between objects would leave gaps in an
 * array of structs. Objects must be linked as such: an archive silently drops an object that
 * nothing refers to.
 */
#ifndef COPYCOST_ARCH_REGISTRY_H
#define COPYCOST_ARCH_REGISTRY_H

#define REGISTRY_JOIN_(a, b) a##b
#define REGISTRY_JOIN(a, b) REGISTRY_JOIN_(a, b)

/* `used` keeps the pointer through the compiler; nothing refers to it by name. */
#define REGISTRY_ADD(registry, type, entry)                                                        \
    __attribute__((used, section("registry_" #registry))) static const struct type *const          \
    REGISTRY_JOIN(registry_##registry##_, __COUNTER__) = (entry)

/*
 * Declares the bounds; once a registry, in the .c file that walks it. Weak: a program that links
 * no entry (a kernel test has no benchmarks) sees an empty registry instead of a link error.
 */
#define REGISTRY_DECLARE(registry, type)                                                           \
    extern const struct type *const __start_registry_##registry[] __attribute__((weak));           \
    extern const struct type *const __stop_registry_##registry[] __attribute__((weak))

#define REGISTRY_BEGIN(registry) (__start_registry_##registry)
#define REGISTRY_COUNT(registry)                                                                   \
    ((size_t)(__stop_registry_##registry - __start_registry_##registry))

#endif
