/*
 * Shared objects side by side, each in a namespace of its own (dlmopen), so that two builds of one
 * library, or one twice, do not see each other. What an object depends on is loaded beside it, a C
 * library too; the dynamic linker has room for some 15 namespaces.
 */
#ifndef COPYCOST_HARNESS_OBJECT_H
#define COPYCOST_HARNESS_OBJECT_H

#include "arch/kernel.h"

struct object {
    const char *path; /* as given; the caller's */
    void *handle;     /* NULL: not open */
};

/*
 * Loads the file anew, even if it is loaded already. Errors: ENOTSUP (this program has no
 * namespaces: it is linked statically, or with another C library than glibc), EINVAL (no ELF shared
 * object, or one for another CPU), ENOENT (no such file, or what it depends on is missing), each
 * saying what is there.
 */
int object_open(struct object *object, const char *path, struct fault *fault);

/* What the symbol resolves to (an ifunc to what it chooses here). Error: ENOENT, also where only
 * something that the object depends on has it. */
int object_function(const struct object *object, const char *symbol, kernel_function **function,
                    struct fault *fault);

void object_close(struct object *object);

#endif
