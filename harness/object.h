/*
 * Shared objects side by side, each in a namespace of its own (dlmopen), so that two builds of one
 * library, or one twice, do not see each other. What an object depends on is loaded beside it, a C
 * library too; the dynamic linker has room for some 15 namespaces.
 */
#ifndef COPYCOST_HARNESS_OBJECT_H
#define COPYCOST_HARNESS_OBJECT_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

#include "arch/kernel.h"

struct object {
    const char *path; /* as given; the caller's */
    void *handle;     /* NULL: not open */
    struct fault
        shared; /* why its code lies in pages that all processes have; empty: it does not */
};

/* What an object consists of in memory, by its program headers. */
struct object_parts {
    uintptr_t bias; /* of their addresses */
    const ElfW(Phdr) * parts;
    size_t count;
};

/*
 * Loads the file anew, even if it is loaded already, into pages of this process alone, where the
 * system allows that. In those of the file, which stay where they are in memory from process to
 * process, two files of the same content differ lastingly by what else lies in the same sets of the
 * caches: 1.1 % for 256 KiB from DRAM on a Zen 4, in six of six runs of 40 processes, 0.25 % with
 * pages of their own. Errors: ENOTSUP (this program has no
 * namespaces: it is linked statically, or with another C library than glibc), EINVAL (no ELF shared
 * object, or one for another CPU), ENOENT (no such file, or what it depends on is missing), each
 * saying what is there.
 */
int object_open(struct object *object, const char *path, struct fault *fault);

/* What the symbol resolves to (an ifunc to what it chooses here). Error: ENOENT, also where only
 * something that the object depends on has it. */
int object_function(const struct object *object, const char *symbol, kernel_function **function,
                    struct fault *fault);

/* Those of the object around the address; false: there is none, or it is not known. */
bool object_parts(const void *address, struct object_parts *parts);

void object_close(struct object *object);

#endif
