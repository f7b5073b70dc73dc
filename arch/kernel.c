#include "arch/kernel.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/cpu.h"

REGISTRY_DECLARE(kernel, kernel);

/* Kernels from shared objects; they live until the process ends. */
static const struct kernel **loaded;
static size_t loaded_count;

size_t kernel_count(void)
{
    return REGISTRY_COUNT(kernel) + loaded_count;
}

const struct kernel *kernel_at(size_t index)
{
    size_t linked = REGISTRY_COUNT(kernel);
    return index < linked ? REGISTRY_BEGIN(kernel)[index] : loaded[index - linked];
}

const struct kernel *kernel_find(const char *name)
{
    for (size_t i = 0; i < kernel_count(); i++) {
        if (strcmp(kernel_at(i)->name, name) == 0) {
            return kernel_at(i);
        }
    }
    return NULL;
}

/* The entry of cpu_features[] that `word` starts with; a misspelt feature is one that no CPU has.
 */
static const char *feature_find(const char *word, size_t length)
{
    for (const char *const *feature = cpu_features; *feature; feature++) {
        if (strlen(*feature) == length && memcmp(*feature, word, length) == 0) {
            return *feature;
        }
    }
    return NULL;
}

const char *kernel_missing(const struct kernel *kernel)
{
    const char *word = kernel->needs + strspn(kernel->needs, " ");
    while (*word) {
        size_t length = strcspn(word, " ");
        const char *feature = feature_find(word, length);
        if (!feature) {
            return word;
        }
        if (!cpu_has(feature)) {
            return feature;
        }
        word += length;
        word += strspn(word, " ");
    }
    return NULL;
}

const char *kernel_operation_name(enum kernel_operation operation)
{
    static const char *const names[] = {
        [KERNEL_COPY] = "copy",
        [KERNEL_FILL] = "fill",
        [KERNEL_ZERO] = "zero",
        [KERNEL_READ] = "read",
    };
    return names[operation];
}

/* As glibc's include/ifunc-impl-list.h declares it; exported for glibc's own tests. */
struct libc_ifunc_impl {
    const char *name;
    void (*function)(void);
    bool usable;
};
typedef size_t libc_ifunc_impl_list(const char *name, struct libc_ifunc_impl *list, size_t count);

/* The kernels behind which the C library's string functions stand. */
static const struct {
    const char *kernel, *function;
    void (*address)(void);
} library[] = {
    {"copy_libc_memcpy", "memcpy", (void (*)(void))memcpy},
    {"copy_libc_memmove", "memmove", (void (*)(void))memmove},
    {"fill_libc_memset", "memset", (void (*)(void))memset},
};

static const char *resolved_name(const char *function, void (*address)(void))
{
    void *symbol = dlsym(RTLD_DEFAULT, "__libc_ifunc_impl_list");
    if (!symbol) {
        return NULL;
    }
    struct libc_ifunc_impl choices[64];
    size_t count =
        ((libc_ifunc_impl_list *)symbol)(function, choices, sizeof choices / sizeof choices[0]);
    for (size_t i = 0; i < count; i++) {
        if (choices[i].function == address) {
            return choices[i].name;
        }
    }
    return NULL;
}

const char *kernel_resolved(const struct kernel *kernel)
{
    for (size_t i = 0; i < sizeof library / sizeof library[0]; i++) {
        if (strcmp(kernel->name, library[i].kernel) == 0) {
            return resolved_name(library[i].function, library[i].address);
        }
    }
    return NULL;
}

static uint64_t hash_bytes(const unsigned char *start, size_t bytes)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < bytes; i++) {
        hash = (hash ^ start[i]) * 0x100000001b3U;
    }
    return hash;
}

/* The size of the function that starts exactly at `run`, by its dynamic symbol; 0 if unknown. */
static size_t symbol_bytes(const void *run)
{
#ifdef __GLIBC__
    Dl_info info;
    void *entry = NULL;
    if (dladdr1(run, &info, &entry, RTLD_DL_SYMENT) && entry && info.dli_saddr == run) {
        const ElfW(Sym) *symbol = entry;
        /* An ifunc's symbol has the size of its resolver. */
        return ELF64_ST_TYPE(symbol->st_info) == STT_FUNC ? (size_t)symbol->st_size : 0;
    }
#else
    (void)run;
#endif
    return 0;
}

uint64_t kernel_code_hash(const struct kernel *kernel)
{
    if (kernel->code) {
        return hash_bytes(kernel->code, (size_t)(kernel->code_end - kernel->code));
    }
    uintptr_t start = (uintptr_t)kernel->run;
#ifdef __arm__
    start &= ~(uintptr_t)1; /* the bit that says Thumb is no part of the address */
#endif
    size_t bytes = symbol_bytes((const void *)kernel->run);
    return bytes ? hash_bytes((const unsigned char *)start, bytes) : 0;
}

/* Opens the object and finds the function. */
static int function_open(const char *path, const char *symbol, kernel_function **function,
                         struct fault *fault)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        return fail(fault, ENOENT,
                    "can't load a kernel: %s; name a shared object for this CPU, with its "
                    "folder (./copy.so)",
                    dlerror());
    }
    void *address = dlsym(object, symbol);
    if (!address) {
        int result = fail(fault, ENOENT, "'%s' has no function '%s'; nm -D '%s' lists what it has",
                          path, symbol, path);
        dlclose(object);
        return result;
    }
    *function = (kernel_function *)address;
    return 0;
}

/* Takes over `name`. */
static int kernel_append(char *name, kernel_function *function, struct fault *fault)
{
    struct kernel *kernel = malloc(sizeof *kernel);
    const struct kernel **longer = realloc(loaded, (loaded_count + 1) * sizeof(*loaded));
    if (longer) {
        loaded = longer;
    }
    if (!kernel || !longer) {
        free(kernel);
        free(name);
        return fail(fault, ENOMEM, "no memory for another kernel");
    }
    *kernel = (struct kernel){
        .name = name,
        .summary = "loaded from a shared object",
        .operation = KERNEL_COPY,
        .needs = "",
        .granule = 1,
        .alignment = 1,
        .run = function,
    };
    loaded[loaded_count++] = kernel;
    return 0;
}

int kernel_load(const char *path_symbol_name, struct fault *fault)
{
    char *path = NULL;
    char *symbol = NULL;
    char *name = NULL;
    int parts = sscanf(path_symbol_name, "%m[^:]:%m[^:]:%ms", &path, &symbol, &name);
    int result = 0;
    kernel_function *function = NULL;
    if (parts < 2) {
        result =
            fail(fault, EINVAL, "'%s' is not of the form path.so:symbol[:name]", path_symbol_name);
    } else if (!name && asprintf(&name, "copy_%s", symbol) < 0) {
        name = NULL;
        result = fail(fault, ENOMEM, "no memory for another kernel");
    } else if (kernel_find(name)) {
        result = fail(fault, EINVAL,
                      "there is a kernel '%s' already; name this one otherwise: "
                      "%s:%s:name",
                      name, path, symbol);
    } else {
        result = function_open(path, symbol, &function, fault);
    }
    if (result == 0) {
        result = kernel_append(name, function, fault);
        name = NULL;
    }
    free(path);
    free(symbol);
    free(name);
    return result;
}
