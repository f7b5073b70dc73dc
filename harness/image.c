#include "harness/image.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch/cpu.h"
#include "harness/object.h"

size_t image_entry(kernel_function *function)
{
    return ((uintptr_t)function & ~cpu_code_mode) % IMAGE_PLACE_BYTES;
}

struct source {
    struct object_parts object;
    uintptr_t low, high; /* what it takes in memory */
};

static int find_source(struct source *source, kernel_function *function, struct fault *fault)
{
    *source = (struct source){.low = UINTPTR_MAX};
    if (!object_parts((const void *)function, &source->object))
        return fail(fault, ENOTSUP, "the object around %p is not known", (void *)function);
    for (size_t i = 0; i < source->object.count; i++) {
        const ElfW(Phdr) *part = &source->object.parts[i];
        if (part->p_type != PT_LOAD)
            continue;
        if (!(part->p_flags & PF_R))
            return fail(fault, ENOTSUP, "its code can't be read");
        uintptr_t begin = source->object.bias + part->p_vaddr, end = begin + part->p_memsz;
        source->low = begin < source->low ? begin : source->low;
        source->high = end > source->high ? end : source->high;
    }
    return 0;
}

/* Addresses of itself in what it may write, by the look of them: the copy is proven afterwards. */
static void shift_addresses(const struct source *source, unsigned char *from,
                            const unsigned char *to, uintptr_t shift)
{
    for (; from + sizeof(uintptr_t) <= to; from += sizeof(uintptr_t)) {
        uintptr_t word;
        memcpy(&word, from, sizeof word);
        if (word - source->low >= source->high - source->low)
            continue;
        word += shift;
        memcpy(from, &word, sizeof word);
    }
}

static void copy_parts(const struct source *source, uintptr_t shift)
{
    for (size_t i = 0; i < source->object.count; i++) {
        const ElfW(Phdr) *part = &source->object.parts[i];
        if (part->p_type != PT_LOAD)
            continue;
        uintptr_t from = source->object.bias + part->p_vaddr;
        unsigned char *to = (unsigned char *)(from + shift);
        memcpy(to, (const void *)from, part->p_memsz);
        if (part->p_flags & PF_W)
            shift_addresses(source, to + (-from & (sizeof(uintptr_t) - 1)), to + part->p_memsz,
                            shift);
    }
}

static int protection_of(const struct source *source, uintptr_t page, size_t page_bytes,
                         uintptr_t shift)
{
    int protection = PROT_READ;
    for (size_t i = 0; i < source->object.count; i++) {
        const ElfW(Phdr) *part = &source->object.parts[i];
        uintptr_t begin = source->object.bias + part->p_vaddr + shift;
        if (part->p_type != PT_LOAD || begin >= page + page_bytes || begin + part->p_memsz <= page)
            continue;
        protection |=
            (part->p_flags & PF_W ? PROT_WRITE : 0) | (part->p_flags & PF_X ? PROT_EXEC : 0);
    }
    return protection;
}

static int protect(const struct image *image, const struct source *source, uintptr_t shift,
                   struct fault *fault)
{
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t done = 0; done < image->bytes; done += page_bytes) {
        unsigned char *page = image->start + done;
        int protection = protection_of(source, (uintptr_t)page, page_bytes, shift);
        if ((protection & PROT_WRITE) && (protection & PROT_EXEC))
            return fail(fault, ENOTSUP,
                        "moved by so much, a page would have to be written and executed");
        if (mprotect(page, page_bytes, protection) != 0)
            return fail(fault, ENOTSUP, "memory can't be made executable here: %s",
                        strerror(errno));
    }
    __builtin___clear_cache((char *)image->start, (char *)image->start + image->bytes);
    return 0;
}

int image_move(struct image *image, kernel_function *function, size_t entry,
               kernel_function **moved, struct fault *fault)
{
    struct source source;
    *image = (struct image){.start = NULL};
    int error = find_source(&source, function, fault);
    if (error)
        return error;
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t aligned = source.low - source.low % page_bytes;
    size_t further = (entry - image_entry(function)) % IMAGE_PLACE_BYTES;
    size_t bytes = source.high - aligned + further;
    bytes += -bytes % page_bytes;
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return fail(fault, ENOMEM, "no memory for another copy of %zu B of code and data", bytes);
    *image = (struct image){start, bytes};
    uintptr_t shift = (uintptr_t)start + further - aligned;
    copy_parts(&source, shift);
    error = protect(image, &source, shift, fault);
    if (error)
        image_free(image);
    *moved = (kernel_function *)((uintptr_t)function + shift);
    return error;
}

void image_free(struct image *image)
{
    if (image->start)
        munmap(image->start, image->bytes);
    image->start = NULL;
}
