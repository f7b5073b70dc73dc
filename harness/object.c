#include "harness/object.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

bool object_parts(const void *address, struct object_parts *parts)
{
    Dl_info info;
    struct link_map *map = NULL;
    if (!dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) || !map ||
        memcmp(info.dli_fbase, ELFMAG, SELFMAG) != 0)
        return false;
    const ElfW(Ehdr) *header = info.dli_fbase;
    *parts = (struct object_parts){
        .bias = map->l_addr,
        .parts = (const void *)((const char *)info.dli_fbase + header->e_phoff),
        .count = header->e_phnum,
    };
    return true;
}

static bool find_parts(const struct object *object, struct object_parts *parts)
{
    struct link_map *map = NULL;
    return object->handle && dlinfo(object->handle, RTLD_DI_LINKMAP, &map) == 0 &&
           object_parts(map->l_ld, parts);
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

bool object_parts(const void *address, struct object_parts *parts)
{
    (void)address;
    (void)parts;
    return false;
}

static bool find_parts(const struct object *object, struct object_parts *parts)
{
    (void)object;
    (void)parts;
    return false;
}

#endif

/* Writing to a private page of a file makes it one of this process. */
static int own_part(const struct object_parts *parts, const ElfW(Phdr) * part)
{
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = parts->bias + part->p_vaddr, end = begin + part->p_memsz;
    begin -= begin % page_bytes;
    end += -end % page_bytes;
    if (mprotect((void *)begin, end - begin, PROT_READ | PROT_WRITE) != 0)
        return -errno;
    for (uintptr_t page = begin; page < end; page += page_bytes) {
        volatile unsigned char *byte = (void *)page;
        unsigned char same = *byte;
        *byte = same;
    }
    int protection = PROT_READ | (part->p_flags & PF_X ? PROT_EXEC : 0);
    if (mprotect((void *)begin, end - begin, protection) != 0)
        return -errno;
    __builtin___clear_cache((char *)begin, (char *)end);
    return 0;
}

static int own_pages(const struct object *object)
{
    struct object_parts parts;
    int error = find_parts(object, &parts) ? 0 : -ENOTSUP;
    for (size_t i = 0; !error && i < parts.count; i++)
        if (parts.parts[i].p_type == PT_LOAD && !(parts.parts[i].p_flags & PF_W))
            error = own_part(&parts, &parts.parts[i]);
    return error;
}

static int load(struct object *object, struct fault *fault)
{
    /* A name without a folder would be looked for among the system's libraries. */
    char *whole = realpath(object->path, NULL);
    object->handle = whole ? load_anew(whole) : NULL;
    free(whole);
    return object->handle
               ? 0
               : fail(fault, ENOENT,
                      "can't load '%s' beside other libraries: %s; a C library has to be "
                      "of the version that this program runs with",
                      object->path, dlerror());
}

int object_open(struct object *object, const char *path, struct fault *fault)
{
    *object = (struct object){.path = path};
    int error = check_namespaces(fault);
    if (error || (error = check_header(path, fault)) || (error = load(object, fault)))
        return error;
    int shared = own_pages(object);
    if (!shared)
        return 0;
    /* Some systems let nothing be executed that could be written to. What was loaded stays then, as
       it can't even be ended, and the object is loaded anew. */
    fail(&object->shared, -shared, "%s", strerror(-shared));
    return load(object, fault);
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
