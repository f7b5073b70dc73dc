#include "harness/object.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The part of the header that is the same for all CPUs. */
struct header {
    unsigned char ident[EI_NIDENT];
    uint16_t type, machine;
};

static int read_header(const char *path, struct header *header)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -errno;
    ssize_t got = read(file, header, sizeof *header);
    int error = got < 0 ? -errno : got == sizeof *header ? 0 : -ENOEXEC;
    close(file);
    return error;
}

static const char *machine_of(const struct header *header)
{
    static const struct {
        uint16_t machine;
        const char *name;
    } names[] = {{EM_X86_64, "x86-64"},
                 {EM_386, "32-bit x86"},
                 {EM_AARCH64, "AArch64"},
                 {EM_ARM, "32-bit ARM"},
                 {EM_RISCV, "RISC-V"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].machine == header->machine)
            return names[i].name;
    return "another CPU";
}

static int check_header(const char *path, struct fault *fault)
{
    struct header header = {.type = ET_NONE}, own = header;
    int error = read_header(path, &header);
    if (error && error != -ENOEXEC)
        return fail(fault, ENOENT, "can't read '%s': %s; name a shared object", path,
                    strerror(-error));
    if (error || memcmp(header.ident, ELFMAG, SELFMAG) != 0 || header.type != ET_DYN)
        return fail(fault, EINVAL, "'%s' is no shared object; build one with cc -shared -fPIC",
                    path);
    error = read_header("/proc/self/exe", &own);
    if (!error && (header.machine != own.machine || header.ident[EI_CLASS] != own.ident[EI_CLASS] ||
                   header.ident[EI_DATA] != own.ident[EI_DATA]))
        return fail(fault, EINVAL, "'%s' is for %s, and this program for %s; build it for this CPU",
                    path, machine_of(&header), machine_of(&own));
    return 0;
}

#ifdef __GLIBC__

/* Whether a dynamic linker is there. The program itself is the first that is told of. */
static int find_interpreter(struct dl_phdr_info *info, size_t bytes, void *found)
{
    (void)bytes;
    for (size_t i = 0; i < info->dlpi_phnum; i++)
        *(bool *)found |= info->dlpi_phdr[i].p_type == PT_INTERP;
    return 1;
}

static int check_namespaces(struct fault *fault)
{
    bool linked = false;
    dl_iterate_phdr(find_interpreter, &linked);
    return linked ? 0
                  : fail(fault, ENOTSUP,
                         "this program is linked statically and can't load two builds side by "
                         "side; use one that is not");
}

static void *load_anew(const char *path)
{
    return dlmopen(LM_ID_NEWLM, path, RTLD_NOW | RTLD_LOCAL);
}

/* Whether the address lies in the object itself. */
static bool is_own(const struct object *object, const void *address)
{
    struct link_map *map = NULL, *of_address = NULL;
    Dl_info info;
    return dlinfo(object->handle, RTLD_DI_LINKMAP, &map) == 0 &&
           dladdr1(address, &info, (void **)&of_address, RTLD_DL_LINKMAP) && map == of_address;
}

#else

static int check_namespaces(struct fault *fault)
{
    return fail(fault, ENOTSUP,
                "this program's C library has no dlmopen to load two builds side by side with; use "
                "one that is linked with glibc");
}

static void *load_anew(const char *path)
{
    (void)path;
    return NULL;
}

static bool is_own(const struct object *object, const void *address)
{
    (void)object;
    (void)address;
    return false;
}

#endif

int object_open(struct object *object, const char *path, struct fault *fault)
{
    *object = (struct object){.path = path};
    int error = check_namespaces(fault);
    if (error || (error = check_header(path, fault)))
        return error;
    /* A name without a folder would be looked for among the system's libraries. */
    char *whole = realpath(path, NULL);
    object->handle = whole ? load_anew(whole) : NULL;
    free(whole);
    return object->handle
               ? 0
               : fail(fault, ENOENT,
                      "can't load '%s' beside other libraries: %s; a C library has to be "
                      "of the version that this program runs with",
                      path, dlerror());
}

int object_function(const struct object *object, const char *symbol, kernel_function **function,
                    struct fault *fault)
{
    void *address = dlsym(object->handle, symbol);
    if (!address || !is_own(object, address))
        return fail(fault, ENOENT, "'%s' has no function '%s'%s; nm -D '%s' lists what it has",
                    object->path, symbol, address ? " of its own" : "", object->path);
    *function = (kernel_function *)address;
    return 0;
}

void object_close(struct object *object)
{
    if (object->handle)
        dlclose(object->handle);
    object->handle = NULL;
}
